//! Prints reports: one file for each format, and messages on standard error.
//!
//! Invariant: whatever a file contains or is called, no finding can be mistaken for another, and the output contains no
//! command to a terminal or CI runner except those of the format itself. Diffs and lists of files are exact, byte for
//! byte, since programs read them back.
//!
//! A new format takes a variant of [`Format`] with its line of help, a file in `src/printer` with a function `print`, and
//! its arm in [`print()`]; where it needs the source or shows fixes, [`Format::needs_source`] and [`Format::shows_fixes`] say
//! so. Tests then ask for the rest: a row in the README, a transcript in `tests/cli`, a check in
//! `tests/fuzz/targets/printers.rs`.

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
mod notice;
mod path;
mod sarif;
mod text;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use colored::Colorize;

use crate::apply::FixSummary;
use crate::fix::{Level, NotFixed};
use crate::report::{Report, Run};
use crate::walker::SkipReason;

use self::notice::{Notice, Severity, notices};

pub use escape::{escape_controls, escape_lines};

/// How findings are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// `full` on a terminal, else `text`
    Auto,
    /// The source lines of each finding and what to change
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
    /// All formats, in the order of the help.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Resolves `auto`; any other format stays the same.
    #[must_use]
    pub fn resolve(self, is_terminal: bool) -> Self {
        match self {
            Self::Auto if is_terminal => Self::Full,
            Self::Auto => Self::Text,
            format => format,
        }
    }

    /// Whether the format draws source or counts its lines, so that reports must keep it.
    #[must_use]
    pub fn needs_source(self) -> bool {
        matches!(self, Self::Full | Self::Sarif)
    }

    /// Whether people do not read the format as it is.
    #[must_use]
    pub fn is_for_programs(self) -> bool {
        !matches!(self, Self::Auto | Self::Full | Self::Text)
    }

    /// Whether the format shows fixes, so that they must be computed.
    #[must_use]
    pub fn shows_fixes(self) -> bool {
        matches!(self, Self::Full | Self::Json | Self::Sarif)
    }
}

/// Writes the findings to `out`; or the diff or the fixed standard input, if that is what `fixed` asks for.
///
/// # Errors
/// If writing fails, unless the reader has closed the pipe because it has read enough.
pub(crate) fn report(
    run: &Run,
    fixed: Option<&FixSummary>,
    format: Format,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let printed = match fixed.filter(|fixed| fixed.takes_stdout()) {
        Some(fixed) => fixes::print(run, fixed, format == Format::Full, &mut out),
        None => print(run, format, quiet, &mut out),
    };
    unless_closed(printed.and_then(|()| out.flush()))
}

/// Writes errors, warnings and the summary to standard error; `quiet` suppresses the last two. With `is_in_file` the
/// report went to a file: if that is for programs, people get the findings here. If standard error cannot be written
/// to, only the exit code is left.
pub(crate) fn beside(run: &Run, fixed: Option<&FixSummary>, format: Format, quiet: bool, is_in_file: bool) {
    let mut stderr = BufWriter::new(io::stderr().lock());
    let _ = print_beside(run, fixed, format, quiet, is_in_file, &mut stderr).and_then(|()| stderr.flush());
}

fn print_beside(
    run: &Run,
    fixed: Option<&FixSummary>,
    format: Format,
    quiet: bool,
    is_in_file: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let takes_stdout = fixed.filter(|fixed| fixed.takes_stdout());
    if let Some(fixed) = takes_stdout {
        text::print_not_fixed(run, fixed, out)?;
    } else if is_in_file && format.is_for_programs() && !quiet {
        text::print(run, out)?;
    }
    print_skipped(run, out)?;
    // GitHub's log holds both streams, and has the notices as annotations
    if format != Format::Github || takes_stdout.is_some() || is_in_file {
        print_notices(run, format, quiet, out)?;
    }
    if quiet {
        return Ok(());
    }
    print_warnings(run, out)?;
    if let Some(fixed) = fixed {
        return fixes::print_beside(run, fixed, out);
    }
    if let Some(warning) = sarif::warning(run).filter(|_| format == Format::Sarif) {
        writeln!(out, "{}: {warning}", Severity::Warning.colored())?;
    }
    print_summary(run, out)
}

/// How the names of files are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// For people: one name a line, with control and invisible characters escaped.
    Escaped,
    /// For `--files-from`: one name a line, byte for byte.
    Lines,
    /// The same with a NUL after each name, so that names may contain line breaks.
    Null,
}

impl Listing {
    /// Whether a name can be listed this way.
    #[must_use]
    pub(crate) fn takes(self, path: &Path) -> bool {
        self != Self::Lines || !path::breaks_lines(path)
    }

    /// Writes the names of files.
    ///
    /// # Errors
    /// As [`report`].
    pub(crate) fn print(self, files: &[PathBuf], out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let mut files = files.iter();
        let printed = files.try_for_each(|file| match self {
            Self::Escaped => writeln!(out, "{}", path::display_path(file)),
            Self::Lines => out.write_all(&[&*path::exact(file), b"\n"].concat()),
            Self::Null => out.write_all(&[&*path::exact(file), b"\0"].concat()),
        });
        unless_closed(printed.and_then(|()| out.flush()))
    }
}

/// Writes errors, warnings and what was skipped to standard error, without a summary.
pub(crate) fn problems(run: &Run, quiet: bool) {
    let mut stderr = BufWriter::new(io::stderr().lock());
    let printed =
        print_skipped(run, &mut stderr).and_then(|()| print_notices(run, Format::Text, quiet, &mut stderr));
    let _ = printed.and_then(|()| stderr.flush());
}

/// Writes a document, such as the man page, to standard output.
///
/// # Errors
/// As [`report`].
pub(crate) fn document(text: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    unless_closed(stdout.write_all(text).and_then(|()| stdout.flush()))
}

/// Ignores that the reader has closed the pipe: it has read enough.
///
/// # Errors
/// Any other error.
pub fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// Writes the findings of a run in a format; `auto` means `text` here. `quiet` suppresses a summary that is part of the
/// format.
///
/// # Errors
/// If writing fails.
pub fn print(run: &Run, format: Format, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Full => full::print(run, quiet, out),
        Format::Auto | Format::Text => text::print(run, out),
        Format::Json => json::print(run, out),
        Format::Sarif => sarif::print(run, out),
        Format::Github => github::print(run, quiet, out),
        Format::Gitlab => gitlab::print(run, out),
        Format::Junit => junit::print(run, out),
    }
}

/// Writes what was skipped, one line each.
fn print_skipped(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for (skipped, reason) in &run.skipped {
        writeln!(
            out,
            "{}: not checked: {}",
            path::display_path(skipped).bold(),
            escape_controls(&reason.to_string())
        )?;
    }
    if run.totals.not_yaml > 0 {
        let files = count(run.totals.not_yaml, "file");
        writeln!(out, "{files} not checked: {}", SkipReason::NotYaml)?;
    }
    Ok(())
}

/// Writes the errors and warnings about files: one line each, or drawn like findings; errors only if `quiet`.
fn print_notices(run: &Run, format: Format, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    for notice in notices(run).filter(|notice| !quiet || notice.severity == Severity::Error) {
        let Notice { severity, report, problem } = notice;
        if let Some(at) = problem.position.filter(|_| format == Format::Full) {
            full::print_notice(notice, at, out)?;
            continue;
        }
        let location = path::location(&path::display_path(&report.path).bold().to_string(), problem.position);
        writeln!(out, "{location}: {}: {}", severity.colored(), escape_controls(&problem.message))?;
    }
    Ok(())
}

/// Writes the warnings about the run.
fn print_warnings(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut warnings = run.warnings.iter();
    warnings.try_for_each(|warning| {
        writeln!(out, "{}: {}", Severity::Warning.colored(), escape_controls(warning))
    })
}

/// Writes the summary line, or a warning if there was nothing to check.
fn print_summary(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    if run.checked_nothing() {
        return writeln!(out, "{}: no YAML files found{}", Severity::Warning.colored(), skipped(run));
    }
    writeln!(out, "{}", summary(run))
}

/// The summary line: what was found and checked.
fn summary(run: &Run) -> String {
    let findings: usize = run.reports.iter().map(|report| report.findings.len()).sum();
    let flagged = run.reports.iter().filter(|report| !report.findings.is_empty()).count();
    let found = match findings {
        0 => "no findings".to_owned(),
        _ => format!("{} in {}", count(findings as u64, "finding"), count(flagged as u64, "file")),
    };
    let failing = match run.failing() {
        number if number == findings => String::new(),
        1 => " (1 matches fail-on)".to_owned(),
        number => format!(" ({number} match fail-on)"),
    };
    with_totals(run, &(found + &failing)) + &fixable(run)
}

/// What `--fix` would fix, where the run has planned it.
fn fixable(run: &Run) -> String {
    let (mut safe, mut unsafe_) = (0, 0);
    for (finding, fix) in run.reports.iter().flat_map(Report::findings_with_fixes) {
        match fix {
            Some(Ok(_)) if Level::needed(&finding.item) == Level::Safe => safe += 1,
            Some(Ok(_) | Err(NotFixed::Template | NotFixed::AwsMode)) => unsafe_ += 1,
            _ => {}
        }
    }
    match (safe, unsafe_) {
        (0, 0) => String::new(),
        (0, _) => format!("; {unsafe_} fixable with --fix --unsafe-fixes (preview with --diff)"),
        (_, 0) => format!("; {safe} fixable with --fix (preview with --diff)"),
        _ => format!("; {safe} fixable with --fix (preview with --diff), {unsafe_} more with --unsafe-fixes"),
    }
}

/// The summary line, given what was found. Errors come first, since "no findings" alone would sound like success.
fn with_totals(run: &Run, found: &str) -> String {
    let totals = run.totals;
    let problems: usize = run.reports.iter().map(|report: &Report| report.problems.len()).sum();
    let errors = if problems == 0 { String::new() } else { format!("{}, ", count(problems as u64, "error")) };
    let (files, tasks) = (count(totals.files, "file"), count(totals.tasks, "ECR task"));
    format!("{errors}{found}; {files} checked, {tasks}{}", skipped(run))
}

fn skipped(run: &Run) -> String {
    let totals = run.totals;
    let suppressed: usize = run.reports.iter().map(|report| report.suppressed.len()).sum();
    let links = if totals.not_followed == 1 { "link not followed" } else { "links not followed" };
    let parts = [
        (suppressed as u64, "suppressed"),
        (totals.skipped, "vault skipped"),
        (totals.ignored, "ignored"),
        (totals.installed, "installed by ansible-galaxy"),
        (totals.excluded, "excluded"),
        (totals.not_followed, links),
    ];
    let said = parts.into_iter().filter(|(number, _)| *number > 0);
    let said: Vec<_> = said.map(|(number, what)| format!(", {number} {what}")).collect();
    let configuration =
        run.configuration.as_deref().map(|path| format!("; configuration: {}", path::display_path(path)));
    said.concat() + &configuration.unwrap_or_default()
}

fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
