//! Reports to bytes: one file a format, and what goes to standard error beside it.
//!
//! Invariant: whatever a file holds or is called, no finding can be mistaken for another, and neither a
//! terminal nor a CI runner finds a command in the output but those that a format itself is made of. Programs read
//! diffs and lists for `--files-from` back: these are byte for byte.

mod ascii_json;
mod escape;
mod excerpt;
mod fingerprint;
mod fixes;
mod full;
mod github;
mod gitlab;
mod json;
mod junit;
mod message;
mod path;
mod sarif;
mod text;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use colored::Colorize;

use crate::apply::FixSummary;
use crate::report::{Report, Run};

pub use escape::{escape_controls, escape_lines};

/// How findings are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// `full` on a terminal, else `text`
    Auto,
    /// The source lines of each finding, why it matters and what to do
    Full,
    /// One line a finding, for grep
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// Code Quality report of GitLab
    Gitlab,
    /// JUnit XML, for test reports
    Junit,
}

impl Format {
    /// What `auto` means where the output goes; any other format stays.
    #[must_use]
    pub fn resolve(self, is_terminal: bool) -> Self {
        match self {
            Self::Auto if is_terminal => Self::Full,
            Self::Auto => Self::Text,
            format => format,
        }
    }

    /// Whether the format draws source, so that reports must keep it.
    #[must_use]
    pub fn draws_source(self) -> bool {
        self == Self::Full
    }

    /// Whether the format shows fixes, so that they must be worked out.
    #[must_use]
    pub fn shows_fixes(self) -> bool {
        matches!(self, Self::Full | Self::Json | Self::Sarif)
    }
}

/// Writes the findings to `out`; with the `outcome` of a fix, the diff or the fixed standard input instead.
///
/// # Errors
/// What writing them says, unless their reader has closed the pipe because it has read enough.
pub fn report(
    run: &Run,
    outcome: Option<&FixSummary>,
    format: Format,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let printed = match outcome.filter(|outcome| outcome.takes_stdout()) {
        Some(outcome) => fixes::print(run, outcome, &mut out),
        None => print(run, format, quiet, &mut out),
    };
    unless_closed(printed.and_then(|()| out.flush()))
}

/// Writes errors, warnings and the summary to standard error; `quiet` keeps the last two back. Where standard
/// error cannot be written to, there is no one left to tell.
pub fn beside(run: &Run, outcome: Option<&FixSummary>, quiet: bool) {
    let mut stderr = BufWriter::new(io::stderr().lock());
    let written = match outcome {
        Some(outcome) => fixes::print_beside(run, outcome, quiet, &mut stderr),
        None => print_problems(run, quiet, &mut stderr)
            .and_then(|()| if quiet { Ok(()) } else { print_summary(run, &mut stderr) }),
    };
    let _ = written.and_then(|()| stderr.flush());
}

/// How the names of files are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// For people: one name a line, with everything escaped that would not show.
    Shown,
    /// For `--files-from`: one name a line, byte for byte.
    Lines,
    /// The same with a NUL behind each name, so that names may hold line breaks.
    Null,
}

impl Listing {
    /// Whether a name can be listed this way.
    #[must_use]
    pub fn takes(self, path: &Path) -> bool {
        self != Self::Lines || !path::breaks_lines(path)
    }

    /// Writes the names of files.
    ///
    /// # Errors
    /// As [`report`].
    pub fn print(self, files: &[PathBuf], out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let mut files = files.iter();
        let printed = files.try_for_each(|file| match self {
            Self::Shown => writeln!(out, "{}", path::display_path(file)),
            Self::Lines => out.write_all(&[&*path::exact(file), b"\n"].concat()),
            Self::Null => out.write_all(&[&*path::exact(file), b"\0"].concat()),
        });
        unless_closed(printed.and_then(|()| out.flush()))
    }
}

/// Writes errors, warnings and what was not checked to standard error, where there is no summary to write.
pub fn problems(run: &Run, quiet: bool) {
    let mut stderr = BufWriter::new(io::stderr().lock());
    let _ = print_problems(run, quiet, &mut stderr).and_then(|()| stderr.flush());
}

/// Writes a text that is not about a run to standard output.
///
/// # Errors
/// As [`report`].
pub fn document(text: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    unless_closed(stdout.write_all(text).and_then(|()| stdout.flush()))
}

/// A reader that has closed the pipe has read enough.
///
/// # Errors
/// Any other error.
pub fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// Writes the findings of a run; `auto` is `text`, since where `out` leads is not known here. `quiet` keeps back
/// a summary that stands among them.
///
/// # Errors
/// What writing says.
pub fn print(run: &Run, format: Format, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Full => full::print(run, out),
        Format::Auto | Format::Text => text::print(run, out),
        Format::Json => json::print(run, out),
        Format::Sarif => sarif::print(run, out),
        Format::Github => github::print(run, quiet, out),
        Format::Gitlab => gitlab::print(run, out),
        Format::Junit => junit::print(run, out),
    }
}

/// Writes what could not be checked and what the user should know, one line each.
fn print_problems(run: &Run, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    for (left_out, reason) in &run.left_out {
        writeln!(out, "{}: not checked: {}", path::display_path(left_out).bold(), escape_controls(reason))?;
    }
    for report in &run.reports {
        let path = path::display_path(&report.path);
        let errors = report.problems.iter().map(|problem| ("error".red().bold(), problem));
        let warnings = report.warnings.iter().map(|problem| ("warning".yellow().bold(), problem));
        for (level, problem) in errors.chain(warnings.filter(|_| !quiet)) {
            let place = problem.position.map(|at| format!(":{}:{}", at.line, at.column)).unwrap_or_default();
            writeln!(out, "{}{place}: {level}: {}", path.bold(), escape_controls(&problem.message))?;
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
    writeln!(out, "{}", summary(run))
}

/// What was found and looked at, in one line.
fn summary(run: &Run) -> String {
    let findings: usize = run.reports.iter().map(|report| report.findings.len()).sum();
    let flagged = run.reports.iter().filter(|report| !report.findings.is_empty()).count();
    let found = match findings {
        0 => "no findings".to_owned(),
        _ => format!("{} in {}", count(findings as u64, "finding"), count(flagged as u64, "file")),
    };
    with_totals(run, &found)
}

/// What was found, and in how much, in one line.
fn with_totals(run: &Run, found: &str) -> String {
    let totals = run.totals;
    let problems: usize = run.reports.iter().map(|report: &Report| report.problems.len()).sum();
    let errors = if problems == 0 { String::new() } else { format!(", {}", count(problems as u64, "error")) };
    let (files, tasks) = (count(totals.files, "file"), count(totals.tasks, "ECR task"));
    format!("{found}; {files} checked, {tasks}{}{errors}", left_out(run))
}

fn left_out(run: &Run) -> String {
    let totals = run.totals;
    let suppressed: usize = run.reports.iter().map(|report| report.suppressed.len()).sum();
    let links = if totals.not_followed == 1 { "link not followed" } else { "links not followed" };
    let parts = [
        (suppressed as u64, "suppressed"),
        (totals.skipped, "vault skipped"),
        (totals.ignored, "ignored"),
        (totals.excluded, "excluded"),
        (totals.not_followed, links),
    ];
    let said = parts.into_iter().filter(|(number, _)| *number > 0);
    let said: Vec<_> = said.map(|(number, what)| format!(", {number} {what}")).collect();
    let configuration = run
        .configuration
        .as_deref()
        .map(|path| format!("; configuration: {}", escape_controls(&path.to_string_lossy())));
    said.concat() + &configuration.unwrap_or_default()
}

fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
