//! Workflow commands of GitHub Actions: an annotation for each finding, error and warning.
//!
//! Invariant: one line, one command; no name or value starts another, or another property of its own.

use std::io::{self, Write};

use super::row::{Row, Severity, rows_of};
use crate::escape::escape_controls;
use crate::paths::{display_path, slash_path};
use crate::report::{Location, RunReport, Status};
use crate::rule;

pub(super) fn print(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let is_shown = |row: &Row<'_>| row.record.status != Status::Suppressed;
    for report in &run.reports {
        let (file, path) = (property(&slash_path(&report.name)), display_path(&report.name));
        rows_of(run, report).filter(is_shown).try_for_each(|row| annotation(&row, &file, &path, out))?;
    }
    Ok(())
}

/// Writes the command for a row of a file, which is a property of it and stands in front of its message.
fn annotation(row: &Row<'_>, file: &str, path: &str, out: &mut dyn Write) -> io::Result<()> {
    let command = if row.severity() == Severity::Note { "notice" } else { row.severity().name() };
    write!(out, "::{command} file={file}")?;
    if let Some(Location { start, end, .. }) = row.record.location {
        write!(out, ",line={},endLine={}", start.line, end.line)?;
        if start.line == end.line && start.column <= end.column {
            // GitHub takes columns only within one line
            write!(out, ",col={},endColumn={}", start.column, end.column)?;
        }
    }
    let title = if row.record.status == Status::Open { rule::ID } else { env!("CARGO_PKG_NAME") };
    // the log shows no properties, so the message starts with the location
    let message = format!("{}: {}", row.location(path), row.message_with_help());
    writeln!(out, ",title={title}::{}", data(&message))
}

/// A message, escaped so that it stays one line, also by GitHub's rules.
fn data(text: &str) -> String {
    escape_controls(text).replace('%', "%25")
}

/// The value of a property: escaped by GitHub's rules, so that a file keeps its name, and visible.
fn property(text: &str) -> String {
    let rules = [('%', "%25"), ('\r', "%0D"), ('\n', "%0A"), (':', "%3A"), (',', "%2C")];
    escape_controls(&rules.iter().fold(text.to_owned(), |text, (c, escape)| text.replace(*c, escape)))
}
