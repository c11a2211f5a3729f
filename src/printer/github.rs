//! Workflow commands of GitHub Actions: an annotation for each finding and each error.
//!
//! Invariant: one line, one command; no name or value starts another, or another property of its own.

use std::io::{self, Write};

use super::escape::escape_controls;
use super::message::{help, message};
use super::path::slash_path;
use super::summary;
use crate::linter::{Located, Problem, Report, Run, Verdict};
use crate::rule::{self, Finding};

pub(super) fn print(run: &Run, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    for report in &run.reports {
        let file = property(&slash_path(&report.path));
        for finding in &report.findings {
            print_finding(&file, finding, out)?;
        }
        for problem in &report.problems {
            print_problem(&file, report, problem, out)?;
        }
    }
    if quiet || run.verdict() == Verdict::Clean {
        return Ok(());
    }
    // GitHub shows ten annotations of a kind for a step; this one is of another kind
    writeln!(out, "::notice title=ecr-lint::{}", data(&summary(run)))
}

fn print_finding(file: &str, finding: &Located<Finding>, out: &mut dyn Write) -> io::Result<()> {
    let (start, end) = (finding.start, finding.end);
    let (line, end_line) = (start.line, end.line);
    write!(out, "::warning file={file},line={line},endLine={end_line}")?;
    if line == end_line && start.column <= end.column {
        // GitHub takes columns only within one line
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    let (title, item) = (property(rule::ID), &finding.item);
    writeln!(out, ",title={title}::{}", data(&format!("{}; {}", message(item), help(item))))
}

fn print_problem(file: &str, report: &Report, problem: &Problem, out: &mut dyn Write) -> io::Result<()> {
    let place = problem.position.map(|at| format!(",line={},col={}", at.line, at.column)).unwrap_or_default();
    let message = format!("{} {}", slash_path(&report.path), problem.message);
    writeln!(out, "::error file={file}{place},title=ecr-lint::{}", data(&message))
}

/// A message: escaped, so that it stays one line, and escaped by GitHub's rules.
fn data(text: &str) -> String {
    escape_controls(text).replace('%', "%25")
}

/// The value of a property: escaped by GitHub's rules, so that a file keeps its name, and visible.
fn property(text: &str) -> String {
    let rules = [('%', "%25"), ('\r', "%0D"), ('\n', "%0A"), (':', "%3A"), (',', "%2C")];
    let escaped = rules.iter().fold(text.to_owned(), |text, (c, escape)| text.replace(*c, escape));
    escape_controls(&escaped)
}
