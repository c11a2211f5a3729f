//! Prints what was fixed or would be: the diff or the fixed text on standard output, the rest on standard error.
//!
//! Invariant: a diff applies with `git apply` and `patch -p1`. This is the only place where text of a file is printed
//! unescaped.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use colored::Colorize;
use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, DiffTag};

use super::path::display_path;
use super::{count, print_problems, text, with_totals};
use crate::apply::{self, FixSummary, Mode};
use crate::fix::{self, Fix};
use crate::report::{Report, Run};

/// How many unchanged lines surround a change.
const CONTEXT: usize = 3;
/// How long to search for the smallest diff of a file; after that, the rest is replaced as one block.
const DEADLINE: Duration = Duration::from_secs(2);

const NO_NEWLINE: &[u8] = b"\n\\ No newline at end of file\n";

/// Prints to standard output instead of the findings.
pub(super) fn print(run: &Run, fixed: &FixSummary, out: &mut dyn Write) -> io::Result<()> {
    match &fixed.stdin {
        Some(bytes) => out.write_all(bytes),
        None => run.reports.iter().try_for_each(|report| diff(report, out)),
    }
}

fn diff(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let edits = apply::edits(report);
    let Some(source) = report.source.as_deref().filter(|_| !edits.is_empty()) else { return Ok(()) };
    let fixed = fix::edited(source, &edits);
    let (old, new): (Vec<_>, Vec<_>) = (lines(source).collect(), lines(&fixed).collect());
    let deadline = Instant::now() + DEADLINE;
    let ops = similar::capture_diff_slices_deadline(Algorithm::Myers, &old, &new, Some(deadline));
    let path = relative(&report.path);
    writeln!(out, "--- {}", file_name("a/", &path))?;
    writeln!(out, "+++ {}", file_name("b/", &path))?;
    for group in similar::group_diff_ops(ops, CONTEXT) {
        writeln!(out, "{}", UnifiedHunkHeader::new(&group))?;
        for op in group {
            let (tag, was, is) = op.as_tag_tuple();
            if tag == DiffTag::Equal {
                print_lines(b" ", &old[was], out)?;
                continue;
            }
            print_lines(b"-", &old[was], out)?;
            print_lines(b"+", &new[is], out)?;
        }
    }
    Ok(())
}

/// Lines with their ends as diff and patch split them: `\r` is part of a line.
fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split_inclusive(|byte| *byte == b'\n')
}

fn print_lines(sign: &[u8], lines: &[&[u8]], out: &mut dyn Write) -> io::Result<()> {
    for line in lines {
        out.write_all(sign)?;
        out.write_all(line)?;
        if !line.ends_with(b"\n") {
            out.write_all(NO_NEWLINE)?;
        }
    }
    Ok(())
}

/// The path relative to the current directory, if it is below it.
fn relative(path: &Path) -> PathBuf {
    let current = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(&current).unwrap_or(path);
    path.components().filter(|part| !matches!(part, Component::RootDir | Component::CurDir)).collect()
}

/// A name as git writes it: quoted if it contains special characters, and followed by a tab if it contains spaces.
fn file_name(prefix: &str, path: &Path) -> String {
    let name = format!("{prefix}{}", path.to_string_lossy());
    let is_odd = |c: char| c.is_control() || matches!(c, '"' | '\\' | '\u{fffd}');
    if name.contains(is_odd) {
        return quoted(prefix, path);
    }
    if name.contains(' ') { name + "\t" } else { name }
}

fn quoted(prefix: &str, path: &Path) -> String {
    let mut name = format!("\"{prefix}");
    for &byte in bytes(path).iter() {
        match byte {
            b'"' | b'\\' => name.extend(['\\', char::from(byte)]),
            b'\n' => name.push_str("\\n"),
            b'\t' => name.push_str("\\t"),
            b' '..=b'~' => name.push(char::from(byte)),
            _ => name.extend(['\\', octal(byte >> 6), octal(byte >> 3), octal(byte)]),
        }
    }
    name + "\""
}

fn octal(bits: u8) -> char {
    char::from(b'0' + (bits & 7))
}

#[cfg(unix)]
fn bytes(path: &Path) -> Cow<'_, [u8]> {
    use std::os::unix::ffi::OsStrExt;
    Cow::Borrowed(path.as_os_str().as_bytes())
}

#[cfg(not(unix))]
fn bytes(path: &Path) -> Cow<'_, [u8]> {
    Cow::Owned(path.to_string_lossy().into_owned().into_bytes())
}

/// Prints to standard error: errors, what was not fixed, and the findings if standard output is reserved.
pub(super) fn print_beside(
    run: &Run,
    fixed: &FixSummary,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if fixed.takes_stdout() {
        text::print(run, out)?;
    }
    print_problems(run, quiet, out)?;
    if quiet {
        return Ok(());
    }
    run.reports.iter().try_for_each(|report| not_fixed(report, out))?;
    print_summary(run, fixed, out)
}

fn not_fixed(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let kept = report.findings_with_fixes().filter_map(|(finding, fix)| match fix? {
        Fix::NotFixed(reason) => Some((finding.start, reason.to_string())),
        Fix::Edits(_) => None,
    });
    let suppressed =
        report.suppressed.iter().map(|item| (item.finding.start, "a comment suppresses it".to_owned()));
    let mut reasons: Vec<_> = kept.chain(suppressed).collect();
    reasons.sort();
    let path = display_path(&report.path);
    for (at, reason) in reasons {
        writeln!(
            out,
            "{}:{}:{}: {}: {reason}",
            path.bold(),
            at.line,
            at.column,
            "not fixed".yellow().bold()
        )?;
    }
    Ok(())
}

fn print_summary(run: &Run, fixed: &FixSummary, out: &mut dyn Write) -> io::Result<()> {
    if fixed.findings == 0 {
        return super::print_summary(run, out);
    }
    let verb = if fixed.mode == Mode::Fix { "fixed" } else { "would fix" };
    let (findings, files) = (count(fixed.findings as u64, "finding"), count(fixed.files as u64, "file"));
    let found = format!("{verb} {} of {findings} in {files}", fixed.fixed);
    writeln!(out, "{}", with_totals(run, &found))?;
    if fixed.fixed > 0 {
        let note = "note".cyan().bold();
        writeln!(out, "{note}: with immutable tags, AWS refuses every push to a tag that already exists")?;
    }
    Ok(())
}
