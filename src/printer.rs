//! Reports to bytes: one file a format, and what goes to standard error beside it.
//!
//! Invariant: whatever a file holds or is called, the output stays one line a finding, and neither a
//! terminal nor a CI runner finds a command in it.

mod escape;
mod fixes;
mod json;
mod message;
mod text;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use clap::ValueEnum;
use colored::Colorize;

use crate::apply::Outcome;
use crate::linter::{Report, Run};

pub use escape::{visible, visible_lines};

/// How findings are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line a finding, for grep
    Text,
    /// One JSON object
    Json,
}

/// Writes the findings to standard output, and errors, warnings and the summary to standard error;
/// `quiet` keeps the last two back. Where mends were carried out, their `outcome` says what goes where.
///
/// # Errors
/// What writing the findings says, unless their reader has closed the pipe because it has read enough.
/// Where standard error cannot be written to, there is no one left to tell.
pub fn report(run: &Run, outcome: Option<&Outcome>, format: Format, quiet: bool) -> io::Result<()> {
    to_stdout(|out| match outcome.filter(|outcome| outcome.takes_stdout()) {
        Some(outcome) => fixes::print(run, outcome, out),
        None => print(run, format, out),
    })?;
    let mut stderr = BufWriter::new(io::stderr().lock());
    let beside = match outcome {
        Some(outcome) => fixes::print_beside(run, outcome, quiet, &mut stderr),
        None => print_problems(run, quiet, &mut stderr)
            .and_then(|()| if quiet { Ok(()) } else { print_summary(run, &mut stderr) }),
    };
    let _ = beside.and_then(|()| stderr.flush());
    Ok(())
}

fn to_stdout(print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    match print(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes the findings of a run.
///
/// # Errors
/// What writing says.
pub fn print(run: &Run, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::print(run, out),
        Format::Json => json::print(run, out),
    }
}

/// Writes what could not be checked and what the user should know, one line each.
fn print_problems(run: &Run, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    for report in &run.reports {
        let path = path(&report.path);
        for problem in &report.problems {
            let place = problem.position.map(|at| format!(":{}:{}", at.line, at.column)).unwrap_or_default();
            let error = "error".red().bold();
            writeln!(out, "{}{place}: {error}: {}", path.bold(), visible(&problem.message))?;
        }
        for warning in report.warnings.iter().filter(|_| !quiet) {
            writeln!(out, "{}: {}: {}", path.bold(), "warning".yellow().bold(), visible(warning))?;
        }
    }
    Ok(())
}

/// Writes the closing line, and a warning where there was nothing to check.
fn print_summary(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let totals = run.totals;
    if totals.files + totals.skipped == 0 && run.reports.is_empty() {
        return writeln!(out, "{}: no YAML files found{}", "warning".yellow().bold(), left_out(run));
    }
    let findings: usize = run.reports.iter().map(|report| report.findings.len()).sum();
    let flagged = run.reports.iter().filter(|report| !report.findings.is_empty()).count();
    let found = match findings {
        0 => "no findings".to_owned(),
        _ => format!("{} in {}", count(findings as u64, "finding"), count(flagged as u64, "file")),
    };
    print_totals(run, &found, out)
}

/// Writes the closing line: what was found, and in how much.
fn print_totals(run: &Run, found: &str, out: &mut dyn Write) -> io::Result<()> {
    let totals = run.totals;
    let problems: usize = run.reports.iter().map(|report: &Report| report.problems.len()).sum();
    let errors = if problems == 0 { String::new() } else { format!(", {}", count(problems as u64, "error")) };
    let (files, tasks) = (count(totals.files, "file"), count(totals.tasks, "ECR task"));
    writeln!(out, "{found}; {files} checked, {tasks}{}{errors}", left_out(run))
}

fn left_out(run: &Run) -> String {
    let totals = run.totals;
    let parts =
        [(totals.skipped, "vault skipped"), (totals.ignored, "ignored"), (totals.excluded, "excluded")];
    let said = parts.into_iter().filter(|(number, _)| *number > 0);
    let said: Vec<_> = said.map(|(number, what)| format!(", {number} {what}")).collect();
    said.concat()
}

fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A path, for a line that starts with it.
fn path(path: &Path) -> String {
    let shown = visible(&path.to_string_lossy());
    // a runner would read `::…` at the start of a line as a command
    if shown.trim_start().starts_with("::") { format!("./{shown}") } else { shown }
}
