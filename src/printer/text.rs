//! One line a finding, in the form of gcc's warnings: `path:line:column: warning: message [rule id]`.
//!
//! Invariant: the parts in front of the message never change their order, so that grep, cut, the error formats of editors
//! and the problem matchers of CI services can rely on them.

use std::io::{self, Write};

use colored::Colorize;

use super::path::display_path;
use super::row::{Row, Subjects};

pub(super) fn print(subjects: &Subjects<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut open = subjects.rows().filter(|row| row.record.is_open());
    open.try_for_each(|row| writeln!(out, "{}", line(&row)))
}

/// The line of a finding, an error or a warning.
pub(super) fn line(row: &Row<'_>) -> String {
    let location = row.location(&display_path(&row.subject.report.path).bold().to_string());
    let id = row.record.finding().map(|_| format!(" {}", format!("[{}]", row.id()).dimmed()));
    format!("{location}: {}: {}{}", row.severity().colored(), row.message(), id.unwrap_or_default())
}
