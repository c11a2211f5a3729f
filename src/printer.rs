//! Prints reports: one file for each format, and messages on standard error.
//!
//! Invariant: whatever a file contains or is called, no finding can be mistaken for another, and the output contains no
//! command to a terminal or CI runner except those of the format itself. Diffs and lists of files are exact, byte for
//! byte, since programs read them back.
//!
//! A new format takes a variant of [`Format`] with its line of help, a file in `src/printer` with a function `print` that
//! writes the [`Subjects`]' rows, and its arm in [`print()`]; the compiler asks for the rest. Where the format draws source
//! or shows fixes, [`Format::needs_source`] and [`Format::shows_fixes`] say so, and where people read it as it is,
//! [`Format::is_for_programs`]. Tests then ask for a row in the README, a transcript in `tests/cli` and a check in
//! `tests/fuzz/targets/printers.rs`.

mod ascii_json;
mod diff;
mod escape;
mod full;
mod github;
mod gitlab;
mod json;
mod junit;
mod message;
mod path;
mod row;
mod sarif;
mod summary;
mod text;
mod window;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use colored::Colorize;

use crate::apply::FixSummary;
use crate::report::{Record, Run};
use crate::walker::SkipReason;

use self::path::display_path;
use self::row::{Severity, Subjects};
use self::summary::count;

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
        Some(FixSummary { stdin: Some(bytes), .. }) => out.write_all(bytes),
        Some(_) => diff::print(run, format == Format::Full, &mut out),
        None => print(run, format, quiet, &mut out),
    };
    unless_closed(printed.and_then(|()| out.flush()))
}

/// Writes the findings of a run in a format; `auto` means `text` here. `quiet` suppresses a summary that is part of the
/// format.
///
/// # Errors
/// If writing fails.
pub fn print(run: &Run, format: Format, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let subjects = Subjects::new(run);
    match format {
        Format::Full => full::print(&subjects, quiet, out),
        Format::Auto | Format::Text => text::print(&subjects, out),
        Format::Json => json::print(run, &subjects, out),
        Format::Sarif => sarif::print(run, &subjects, out),
        Format::Github => github::print(run, &subjects, quiet, out),
        Format::Gitlab => gitlab::print(&subjects, out),
        Format::Junit => junit::print(run, &subjects, out),
    }
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
    let subjects = Subjects::new(run);
    let takes_stdout = fixed.filter(|fixed| fixed.takes_stdout());
    if let Some(fixed) = takes_stdout {
        print_left(&subjects, fixed, out)?;
    } else if is_in_file && format.is_for_programs() && !quiet {
        text::print(&subjects, out)?;
    }
    print_skipped(run, out)?;
    // GitHub's log holds both streams, and has the notices as annotations
    if format != Format::Github || takes_stdout.is_some() || is_in_file {
        print_notices(&subjects, format, quiet, out)?;
    }
    if quiet {
        return Ok(());
    }
    let too_many = sarif::warning(run).filter(|_| format == Format::Sarif && fixed.is_none());
    for warning in run.warnings.iter().chain(&too_many) {
        writeln!(out, "{}: {}", Severity::Warning.colored(), escape_controls(warning))?;
    }
    if let Some(fixed) = fixed {
        print_not_fixed(&subjects, fixed, out)?;
    }
    summary::print(run, fixed, out)
}

/// Writes what was skipped, one line each.
fn print_skipped(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for (skipped, reason) in &run.skipped {
        let reason = escape_controls(&reason.to_string());
        writeln!(out, "{}: not checked: {reason}", display_path(skipped).bold())?;
    }
    if run.totals.not_yaml > 0 {
        let files = count(run.totals.not_yaml, "file");
        writeln!(out, "{files} not checked: {}", SkipReason::NotYaml)?;
    }
    Ok(())
}

/// Writes the errors and warnings about files: one line each, or drawn like findings; errors only if `quiet`.
fn print_notices(
    subjects: &Subjects<'_>,
    format: Format,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let notices = subjects.rows().filter(|row| row.record.finding().is_none());
    for row in notices.filter(|row| !quiet || row.severity() == Severity::Error) {
        if format == Format::Full && row.record.location().is_some() {
            full::print_notice(&row, out)?;
        } else {
            writeln!(out, "{}", text::line(&row))?;
        }
    }
    Ok(())
}

/// Writes the findings that a diff or the fixed standard input leaves, with the reasons.
fn print_left(subjects: &Subjects<'_>, fixed: &FixSummary, out: &mut dyn Write) -> io::Result<()> {
    for row in subjects.rows().filter(|row| row.record.is_open()) {
        match row.record.fix() {
            None => writeln!(out, "{}", text::line(&row))?,
            Some(Err(reason)) => {
                writeln!(out, "{}; {}: {reason}", text::line(&row), not_fixed(fixed))?;
            }
            Some(Ok(_)) => {}
        }
    }
    Ok(())
}

/// Writes why findings are not fixed, but for those that [`print_left`] writes.
fn print_not_fixed(subjects: &Subjects<'_>, fixed: &FixSummary, out: &mut dyn Write) -> io::Result<()> {
    for row in subjects.rows() {
        let reason = match (row.record, row.record.fix()) {
            (_, Some(Err(reason))) if !fixed.takes_stdout() => reason.to_string(),
            (Record::Suppressed { .. }, _) if !fixed.are_ignores => "a comment suppresses it".to_owned(),
            _ => continue,
        };
        let location = row.location(&display_path(&row.subject.report.path).bold().to_string());
        writeln!(out, "{location}: {}: {reason}", not_fixed(fixed))?;
    }
    Ok(())
}

/// What a finding that is not fixed, or not ignored, is followed by.
fn not_fixed(fixed: &FixSummary) -> colored::ColoredString {
    if fixed.are_ignores { "not ignored" } else { "not fixed" }.yellow().bold()
}

/// Writes errors, warnings and what was skipped to standard error, without a summary.
pub(crate) fn problems(run: &Run, quiet: bool) {
    let mut stderr = BufWriter::new(io::stderr().lock());
    let printed = print_skipped(run, &mut stderr)
        .and_then(|()| print_notices(&Subjects::new(run), Format::Text, quiet, &mut stderr));
    let _ = printed.and_then(|()| stderr.flush());
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
            Self::Escaped => writeln!(out, "{}", display_path(file)),
            Self::Lines => out.write_all(&[&*path::exact(file), b"\n"].concat()),
            Self::Null => out.write_all(&[&*path::exact(file), b"\0"].concat()),
        });
        unless_closed(printed.and_then(|()| out.flush()))
    }
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
