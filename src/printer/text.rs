//! One line a finding, in the form of gcc's warnings: `path:line:column: warning: message [rule id]`.
//!
//! Invariant: the parts in front of the message never change their order, so that grep, cut, the error formats of
//! editors and the problem matchers of CI services can rely on them. A finding takes at most 130 columns behind its
//! location if the task's name has 40 characters at most.

use std::io::{self, Write};

use colored::Colorize;

use super::message::line;
use super::row::{Row, Severity};
use crate::apply::FixSummary;
use crate::report::Status;
use crate::rule;

/// Writes a row. After an attempt to fix it, a finding is followed by why that was not possible.
pub(super) fn print(row: &Row<'_>, fixed: Option<&FixSummary>, out: &mut dyn Write) -> io::Result<()> {
    let location = row.location(&row.report.shown.bold().to_string());
    let severity = match row.severity() {
        Severity::Error => "error".red(),
        Severity::Warning => "warning".yellow(),
        Severity::Note => "note".cyan(),
    };
    let message = row.record.finding.as_ref().map_or_else(|| row.message(), line);
    write!(out, "{location}: {}: {message}", severity.bold())?;
    if row.record.status == Status::Open {
        write!(out, " {}", format!("[{}]", rule::ID).dimmed())?;
    }
    if let (Some(fixed), Some(reason)) = (fixed, row.record.not_fixed()) {
        let label = if fixed.are_ignores { "not ignored" } else { "not fixed" };
        write!(out, "; {}: {reason}", label.yellow().bold())?;
    }
    writeln!(out)
}
