//! One line a finding, in the form of gcc's warnings: `path:line:column: warning: message [rule id]`.
//!
//! Invariant: the parts in front of the message never change their order, so that grep, cut, the
//! error formats of editors and the problem matchers of CI services can rely on them.

use std::io::{self, Write};

use colored::Colorize;

use super::message::message;
use super::notice::Severity;
use super::path::{display_path, location};
use crate::fix::Fix;
use crate::linter::Run;
use crate::rule;

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    print_if(run, |_| true, out)
}

/// Prints the findings that are not fixed; those with a reason only if `quiet`, else `fixes` prints them with it.
pub(super) fn print_not_fixed(run: &Run, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let is_listed = |fix: Option<&Fix>| match fix {
        None => true,
        Some(Fix::NotFixed(_)) => quiet,
        Some(Fix::Edit(_)) => false,
    };
    print_if(run, is_listed, out)
}

fn print_if(run: &Run, is_listed: impl Fn(Option<&Fix>) -> bool, out: &mut dyn Write) -> io::Result<()> {
    for report in &run.reports {
        let path = display_path(&report.path).bold().to_string();
        for (finding, _) in report.findings_with_fixes().filter(|(_, fix)| is_listed(*fix)) {
            let location = location(&path, Some(finding.start));
            let (level, message) = (Severity::Warning.colored(), message(&finding.item));
            writeln!(out, "{location}: {level}: {message} {}", format!("[{}]", rule::ID).dimmed())?;
        }
    }
    Ok(())
}
