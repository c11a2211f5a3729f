//! Prints reports: one file for each format, and messages on standard error.
//!
//! Invariant: whatever a file contains or is called, no finding can be mistaken for another, and the output contains no
//! command to a terminal or CI runner except those of the format itself. Diffs and lists separated by NUL are exact,
//! since programs read them back.
//!
//! A new format takes a variant of [`Format`] with its line of help, a file in `src/printer` with a function `print`
//! that writes the rows of a run, and its arm in [`Printer::print`]. Where the format draws source or shows fixes,
//! [`Format::needs_source`] and `Format::shows_fixes` say so, and where people read it as it is,
//! [`Format::is_for_programs`]. A [`FileReport`](crate::report::FileReport) has its path as people named it (`path`, and
//! `shown` in front of a line of text) and as programs need it, from the repository's root (`name`, and `uri`);
//! `slash_path` writes a path as it is. The compiler asks for the arm, for a check in `tests/common/check.rs` and whether
//! `tests/paths.rs` names files from the root. Tests ask for the same in `.github/REFERENCE.md`, for a row in the README,
//! for transcripts in `tests/cli` (`TRYCMD=overwrite` writes them), and for a row of the hostile table that is run with
//! it.

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

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use colored::Colorize;
use terminal_size::terminal_size_of;

use crate::apply::FixSummary;
use crate::cli::{Format, Mode};
use crate::escape::escape_controls;
use crate::paths::display_path;
use crate::report::{RunReport, Status};

use self::row::having;
pub(crate) use self::summary::nothing_checked;

/// What is printed, and how.
#[derive(Clone, Copy, Debug)]
pub struct Printer<'r> {
    /// What the run found.
    pub run: &'r RunReport,
    /// What it fixed, if it was asked to.
    pub fixed: Option<&'r FixSummary>,
    /// The format of the findings; `auto` means `text` here.
    pub format: Format,
    /// Whether there is no summary, nor a warning that does not decide the exit code.
    pub quiet: bool,
}

impl Printer<'_> {
    /// Writes the findings to `out`; or the diff or the fixed standard input, if that is what was asked for.
    ///
    /// # Errors
    /// If writing fails, unless the reader has closed the pipe because it has read enough.
    pub(crate) fn to_output(self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let printed = match self.fixed {
            Some(FixSummary { stdin: Some(bytes), .. }) => out.write_all(bytes),
            Some(FixSummary { mode: Mode::Diff, .. }) => diff::print(self.run, self.format, &mut out),
            _ => self.print(&mut out),
        };
        unless_closed(printed.and_then(|()| out.flush()))
    }

    /// Writes the findings in the format.
    ///
    /// # Errors
    /// If writing fails.
    pub fn print(self, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            Format::Full => full::print(self.run, self.quiet, out),
            Format::Auto | Format::Text => {
                having(self.run, Status::Open).try_for_each(|row| text::print(&row, self.fixed, out))
            }
            Format::Json => json::print(self.run, out),
            Format::Sarif => sarif::print(self.run, out),
            Format::Github => github::print(self.run, out),
            Format::Gitlab => gitlab::print(self.run, out),
            Format::Junit => junit::print(self.run, out),
        }
    }

    /// Writes errors, warnings and the summary to standard error. With `is_in_file` the report went to a file: if that
    /// is for programs, people get the findings here. If standard error cannot be written to, only the exit code is
    /// left.
    pub(crate) fn to_stderr(self, is_in_file: bool) {
        let mut out = BufWriter::new(io::stderr().lock());
        let _ = self.print_beside(is_in_file, &mut out).and_then(|()| out.flush());
    }

    fn print_beside(self, is_in_file: bool, out: &mut dyn Write) -> io::Result<()> {
        let Self { run, fixed, format, quiet } = self;
        let takes_stdout = fixed.is_some_and(FixSummary::takes_stdout);
        if takes_stdout || is_in_file && format.is_for_programs() && !quiet {
            let mut rows =
                having(run, Status::Open).filter(|row| !takes_stdout || row.record.edit().is_none());
            rows.try_for_each(|row| text::print(&row, fixed, out))?;
        }
        // GitHub's log holds both streams
        let is_in_log = format == Format::Github && !takes_stdout && !is_in_file;
        self.print_problems(is_in_log, out)?;
        if quiet || run.checked_nothing() { Ok(()) } else { summary::print(run, fixed, out) }
    }

    /// Writes what was skipped, then errors and warnings, one line each or drawn, unless they are in the log already.
    fn print_problems(self, is_in_log: bool, out: &mut dyn Write) -> io::Result<()> {
        for (skipped, reason) in &self.run.skipped {
            writeln!(out, "{}: not checked: {}", display_path(skipped).bold(), escape_controls(reason))?;
        }
        let has_warnings = !self.quiet || self.run.strict;
        for row in row::rows(self.run).filter(|_| !is_in_log) {
            match (row.record.status, row.record.location) {
                (Status::Open | Status::Suppressed, _) => {}
                (Status::Warning, _) if !has_warnings => {}
                (_, Some(_)) if self.format == Format::Full => {
                    full::draw(&row, terminal_size_of(io::stderr()), out)?;
                }
                _ => text::print(&row, None, out)?,
            }
        }
        Ok(())
    }
}

/// Writes the names of files: escaped, one a line; or as they are, each with a NUL behind it.
///
/// # Errors
/// As [`Printer::to_output`].
pub(crate) fn list(files: &[PathBuf], is_exact: bool) -> io::Result<()> {
    let item = |file: &PathBuf| {
        let bytes = file.as_os_str().as_encoded_bytes();
        if is_exact { [bytes, b"\0"].concat() } else { (display_path(file) + "\n").into() }
    };
    document(&files.iter().flat_map(item).collect::<Vec<_>>())
}

/// Writes a document, such as the man page, to standard output.
///
/// # Errors
/// As [`Printer::to_output`].
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
