//! One line a finding: `path:line:column: severity: message [rule id]`.
//!
//! Invariant: the parts in front of the message never change their order, so that grep, cut and the
//! error formats of editors can rely on them.

use std::io::{self, Write};

use colored::Colorize;

use super::message::message;
use super::path::display_path;
use crate::linter::Run;
use crate::rule;

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for report in &run.reports {
        let path = display_path(&report.path);
        for finding in &report.findings {
            let (path, severity) = (path.bold(), rule::SEVERITY.yellow().bold());
            let rule = format!("[{}]", rule::ID);
            let (line, column) = (finding.start.line, finding.start.column);
            let message = message(&finding.item);
            writeln!(out, "{path}:{line}:{column}: {severity}: {message} {}", rule.dimmed())?;
        }
    }
    Ok(())
}
