//! Workflow commands of GitHub Actions: an annotation for each finding, error and warning.
//!
//! Invariant: one line, one command; no name or value starts another, or another property of its own.

use std::io::{self, Write};

use super::escape::escape_controls;
use super::message::{help, message};
use super::path::{display_path, slash_path};
use super::{ERROR, WARNING, notices, summary};
use crate::linter::{Located, Problem, Run, Verdict};
use crate::rule::{self, Finding};

/// How many annotations of a kind GitHub shows for a step.
const MOST_SHOWN: usize = 10;

pub(super) fn print(run: &Run, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    for report in &run.reports {
        let path = run.base.from_root(&report.path);
        let (path, file) = (display_path(&path), property(&slash_path(&path)));
        for finding in &report.findings {
            print_finding(&path, &file, finding, out)?;
        }
        for (level, problem) in notices(report) {
            print_notice(&path, &file, level, problem, out)?;
        }
    }
    if quiet || run.verdict() == Verdict::Clean {
        return Ok(());
    }
    // of another kind than all above, of which GitHub shows only some
    let of_kind = |level| {
        let notices = |report| notices(report).filter(|(other, _)| *other == level).count();
        run.reports.iter().map(notices).sum::<usize>()
    };
    let findings: usize = run.reports.iter().map(|report| report.findings.len()).sum();
    let others = if findings + of_kind(WARNING) > MOST_SHOWN || of_kind(ERROR) > MOST_SHOWN {
        "; GitHub shows ten annotations of each kind, and all of them in the log of this step"
    } else {
        ""
    };
    writeln!(out, "::notice title=ecr-lint::{}{others}", data(&summary(run)))
}

fn print_finding(path: &str, file: &str, finding: &Located<Finding>, out: &mut dyn Write) -> io::Result<()> {
    let (start, end) = (finding.start, finding.end);
    let (line, end_line) = (start.line, end.line);
    write!(out, "::warning file={file},line={line},endLine={end_line}")?;
    if line == end_line && start.column <= end.column {
        // GitHub takes columns only within one line
        write!(out, ",col={},endColumn={}", start.column, end.column)?;
    }
    let (title, item) = (property(rule::ID), &finding.item);
    let (message, help) = (message(item), help(item));
    writeln!(out, ",title={title}::{}", data(&format!("{path}:{line}:{}: {message}; {help}", start.column)))
}

fn print_notice(
    path: &str,
    file: &str,
    level: &str,
    problem: &Problem,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (mut property, mut place) = (String::new(), String::new());
    if let Some(at) = problem.position {
        property = format!(",line={},col={}", at.line, at.column);
        place = format!(":{}:{}", at.line, at.column);
    }
    let message = format!("{path}{place}: {}", problem.message);
    writeln!(out, "::{level} file={file}{property},title=ecr-lint::{}", data(&message))
}

/// A message, which starts with its place, since the log shows no properties: escaped, so that it stays one line, and escaped by GitHub's rules.
fn data(text: &str) -> String {
    escape_controls(text).replace('%', "%25")
}

/// The value of a property: escaped by GitHub's rules, so that a file keeps its name, and visible.
fn property(text: &str) -> String {
    let rules = [('%', "%25"), ('\r', "%0D"), ('\n', "%0A"), (':', "%3A"), (',', "%2C")];
    let escaped = rules.iter().fold(text.to_owned(), |text, (c, escape)| text.replace(*c, escape));
    escape_controls(&escaped)
}
