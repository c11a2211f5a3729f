//! Workflow commands of GitHub Actions: an annotation for each finding, error and warning.
//!
//! Invariant: one line, one command; no name or value starts another, or another property of its own.

use std::io::{self, Write};

use super::escape::escape_controls;
use super::message::message_with_help;
use super::notice::{Notice, Severity, notices, notices_of};
use super::path::{display_path, location, slash_path};
use super::summary;
use crate::linter::{Located, Run, Verdict};
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
        for notice in notices_of(report) {
            print_notice(&path, &file, notice, out)?;
        }
    }
    if quiet || run.verdict() == Verdict::Clean {
        return Ok(());
    }
    // of another kind than all above, of which GitHub shows only some
    let of_kind = |severity| notices(run).filter(|notice| notice.severity == severity).count();
    let findings: usize = run.reports.iter().map(|report| report.findings.len()).sum();
    let others =
        if findings + of_kind(Severity::Warning) > MOST_SHOWN || of_kind(Severity::Error) > MOST_SHOWN {
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
    let message = format!("{}: {}", location(path, Some(start)), message_with_help(&finding.item));
    writeln!(out, ",title={}::{}", property(rule::ID), data(&message))
}

fn print_notice(path: &str, file: &str, notice: Notice<'_>, out: &mut dyn Write) -> io::Result<()> {
    let position = notice.problem.position;
    let property = position.map(|at| format!(",line={},col={}", at.line, at.column)).unwrap_or_default();
    let message = format!("{}: {}", location(path, position), notice.problem.message);
    writeln!(out, "::{} file={file}{property},title=ecr-lint::{}", notice.severity.name(), data(&message))
}

/// A message, which starts with its location, since the log shows no properties: escaped, so that it stays one line, also
/// by GitHub's rules.
fn data(text: &str) -> String {
    escape_controls(text).replace('%', "%25")
}

/// The value of a property: escaped by GitHub's rules, so that a file keeps its name, and visible.
fn property(text: &str) -> String {
    let rules = [('%', "%25"), ('\r', "%0D"), ('\n', "%0A"), (':', "%3A"), (',', "%2C")];
    let escaped = rules.iter().fold(text.to_owned(), |text, (c, escape)| text.replace(*c, escape));
    escape_controls(&escaped)
}
