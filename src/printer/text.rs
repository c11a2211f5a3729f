//! One line a finding, in the form of gcc's warnings: `path:line:column: warning: message [rule id]`.
//!
//! Invariant: the parts in front of the message never change their order, so that grep, cut, the
//! error formats of editors and the problem matchers of CI services can rely on them.

use std::io::{self, Write};

use colored::Colorize;

use super::WARNING;
use super::message::message;
use super::path::display_path;
use crate::linter::Run;
use crate::rule;

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for report in &run.reports {
        let path = display_path(&report.path);
        for finding in &report.findings {
            let (path, level) = (path.bold(), WARNING.yellow().bold());
            let rule = format!("[{}]", rule::ID);
            let (line, column) = (finding.start.line, finding.start.column);
            let message = message(&finding.item);
            writeln!(out, "{path}:{line}:{column}: {level}: {message} {}", rule.dimmed())?;
        }
    }
    Ok(())
}
