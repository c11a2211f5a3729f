//! One line a finding, in the form of gcc's warnings: `path:line:column: warning: message [rule id]`.
//!
//! Invariant: the parts in front of the message never change their order, so that grep, cut, the
//! error formats of editors and the problem matchers of CI services can rely on them.

use std::io::{self, Write};

use colored::Colorize;

use super::fixes::not_fixed_label;
use super::message::message;
use super::notice::Severity;
use super::path::{display_path, location};
use crate::apply::FixSummary;
use crate::report::{Located, Report, Run};
use crate::rule::{self, Finding};

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for report in &run.reports {
        for finding in &report.findings {
            writeln!(out, "{}", line(report, finding))?;
        }
    }
    Ok(())
}

/// Prints the findings that are not fixed, with the reasons.
pub(super) fn print_not_fixed(run: &Run, fixed: &FixSummary, out: &mut dyn Write) -> io::Result<()> {
    for report in &run.reports {
        for (finding, fix) in report.findings_with_fixes() {
            match fix {
                None => writeln!(out, "{}", line(report, finding))?,
                Some(Err(reason)) => {
                    writeln!(out, "{}; {}: {reason}", line(report, finding), not_fixed_label(fixed))?;
                }
                Some(Ok(_)) => {}
            }
        }
    }
    Ok(())
}

fn line(report: &Report, finding: &Located<Finding>) -> String {
    let path = display_path(&report.path).bold().to_string();
    let location = location(&path, Some(finding.start));
    let (level, message) = (Severity::Warning.colored(), message(&finding.item));
    format!("{location}: {level}: {message} {}", format!("[{}]", rule::ID).dimmed())
}
