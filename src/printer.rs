//! Prints reports: one file for each format, and messages on standard error.
//!
//! Invariant: whatever a file contains or is called, no finding can be mistaken for another, and the output contains no
//! command to a terminal or CI runner except those of the format itself. Diffs and lists of files with NUL are
//! exact, byte for byte, since programs read them back.
//!
//! A new format takes a variant of [`Format`] with its line of help, a file in `src/printer` with a function `print`
//! that writes the rows of the `Subjects`, and its arm in [`print()`]; the compiler asks for the last. Where the
//! format draws source or shows fixes, [`Format::needs_source`] and [`Format::shows_fixes`] say so, and where people
//! read it as it is, [`Format::is_for_programs`]. Tests then ask for a row in the README, a transcript in `tests/cli`
//! and a check in `tests/fuzz/targets/printers.rs`.

mod ascii_json;
mod diff;
mod full;
mod github;
mod gitlab;
mod json;
mod junit;
mod message;
mod row;
mod sarif;
mod summary;
mod text;
mod window;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use colored::Colorize;

use crate::apply::{FixSummary, Mode};
use crate::paths::display_path;
use crate::report::{Run, Verdict};
use crate::walker::SkipReason;

use self::row::{Row, Subjects};
use self::summary::count;

pub use crate::cli::Format;
pub use crate::escape::{escape_controls, escape_lines};

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
    let printed = match fixed {
        Some(FixSummary { stdin: Some(bytes), .. }) => out.write_all(bytes),
        Some(FixSummary { mode: Mode::Diff, .. }) => diff::print(run, format == Format::Full, &mut out),
        _ if format == Format::Text => text::print(Subjects::new(run).open(), fixed, &mut out),
        _ => print(run, format, quiet, &mut out),
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
        Format::Auto | Format::Text => text::print(subjects.open(), None, out),
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
    let takes_stdout = fixed.is_some_and(FixSummary::takes_stdout);
    let shows_warnings = !quiet || run.strict; // whatever decides the exit code is printed
    if takes_stdout || is_in_file && format.is_for_programs() && !quiet {
        text::print(subjects.open().filter(|row| !takes_stdout || row.record.edit().is_none()), fixed, out)?;
    }
    print_skipped(run, out)?;
    // GitHub's log holds both streams, and has the notices and the summary as annotations
    let is_in_log = format == Format::Github && !takes_stdout && !is_in_file;
    if !is_in_log {
        print_notices(&subjects, format, !shows_warnings, out)?;
    }
    if !shows_warnings {
        return Ok(());
    }
    let too_many = sarif::warning(run).filter(|_| format == Format::Sarif && fixed.is_none());
    for warning in run.warnings.iter().chain(&too_many) {
        writeln!(out, "{}: {}", "warning".yellow().bold(), escape_controls(warning))?;
    }
    if quiet {
        return if run.checked_nothing() { summary::print(run, fixed, out) } else { Ok(()) };
    }
    if is_in_log && fixed.is_none() && run.verdict() != Verdict::Clean {
        return Ok(());
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
    let is_shown = |row: &Row<'_>| row.record.is_problem() || row.record.is_warning() && !quiet;
    subjects.rows().filter(is_shown).try_for_each(|row| match row.record.location() {
        Some(_) if format == Format::Full => full::print_notice(&row, out),
        _ => text::print([row].into_iter(), None, out),
    })
}

/// Writes errors, warnings and what was skipped to standard error, without a summary.
pub(crate) fn problems(run: &Run, quiet: bool) {
    let mut stderr = BufWriter::new(io::stderr().lock());
    let notices = |out: &mut dyn Write| print_notices(&Subjects::new(run), Format::Text, quiet, out);
    let _ = print_skipped(run, &mut stderr).and_then(|()| notices(&mut stderr)).and_then(|()| stderr.flush());
}

/// Writes the names of files: one a line, escaped for it; or byte for byte with a NUL after each, for a program.
///
/// # Errors
/// As [`report`].
pub(crate) fn list(files: &[PathBuf], null: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let exact = |file: &PathBuf| [file.as_os_str().as_encoded_bytes(), b"\0"].concat();
    let line = |file| (display_path(file) + "\n").into_bytes();
    let mut names = files.iter().map(|file| if null { exact(file) } else { line(file) });
    let printed = names.try_for_each(|name| out.write_all(&name));
    unless_closed(printed.and_then(|()| out.flush()))
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
