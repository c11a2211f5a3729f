//! Prints what was fixed or would be: the diff or the fixed text on standard output, the rest on standard error.
//!
//! Invariant: a diff applies with `git apply` and `patch -p1`, unless it is for people: on a terminal or in colour, unsafe
//! characters are replaced. A diff for programs is the only place where text of a file is printed unescaped.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use colored::{Color, ColoredString, Colorize};
use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, DiffTag};

use super::escape::{escape_controls, replace_controls};
use super::path::display_path;
use super::{count, with_totals};
use crate::apply::{self, FixSummary, Mode};
use crate::fix;
use crate::report::{Report, Run};

/// How many unchanged lines surround a change.
const CONTEXT: usize = 3;
/// How long to search for the smallest diff of a file; after that, the rest is replaced as one block.
const DEADLINE: Duration = Duration::from_secs(2);

/// Prints to standard output instead of the findings.
pub(super) fn print(run: &Run, fixed: &FixSummary, is_terminal: bool, out: &mut dyn Write) -> io::Result<()> {
    if let Some(bytes) = &fixed.stdin {
        return out.write_all(bytes);
    }
    let is_for_people = is_terminal || colored::control::SHOULD_COLORIZE.should_colorize();
    let reports: Vec<_> = changed(run).collect();
    let (paths, _) = run.base.of_diff(&paths(&reports));
    reports.iter().zip(&paths).try_for_each(|(report, path)| diff(report, path, is_for_people, out))
}

/// The files that a diff is about.
fn changed(run: &Run) -> impl Iterator<Item = &Report> {
    run.reports.iter().filter(|report| report.source.is_some() && !apply::edits(report).is_empty())
}

fn paths<'r>(reports: &[&'r Report]) -> Vec<&'r Path> {
    reports.iter().map(|report| &*report.path).collect()
}

fn diff(report: &Report, path: &Path, is_for_people: bool, out: &mut dyn Write) -> io::Result<()> {
    let (source, edits) = (report.source.as_deref().unwrap_or_default(), apply::edits(report));
    let fixed = fix::edited(source, &edits);
    let (old, new): (Vec<_>, Vec<_>) = (lines(source).collect(), lines(&fixed).collect());
    let deadline = Instant::now() + DEADLINE;
    let ops = similar::capture_diff_slices_deadline(Algorithm::Myers, &old, &new, Some(deadline));
    writeln!(out, "{}", format!("--- {}", file_name("a/", path)).bold())?;
    writeln!(out, "{}", format!("+++ {}", file_name("b/", path)).bold())?;
    let mut print = |sign, lines: &[&str], color| {
        lines.iter().try_for_each(|line| print_line(sign, line, color, is_for_people, out))
    };
    for group in similar::group_diff_ops(ops, CONTEXT) {
        let header = UnifiedHunkHeader::new(&group).to_string();
        print("", &[&(header + "\n")], Some(Color::Cyan))?;
        for op in group {
            let (tag, was, is) = op.as_tag_tuple();
            if tag == DiffTag::Equal {
                print(" ", &old[was], None)?;
                continue;
            }
            print("-", &old[was], Some(Color::Red))?;
            print("+", &new[is], Some(Color::Green))?;
        }
    }
    Ok(())
}

/// Lines with their ends as diff and patch split them: `\r` is part of a line.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n')
}

/// Prints a line behind its sign.
fn print_line(
    sign: &str,
    line: &str,
    color: Option<Color>,
    is_for_people: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let text = line.strip_suffix(end).unwrap_or(line);
    let is_ended = text.len() < line.len();
    // what would be another line on a terminal is none in the file
    let text = if is_for_people { &replace_controls(text).replace('\n', "\u{fffd}") } else { text };
    let text = format!("{sign}{text}");
    match color {
        Some(color) => write!(out, "{}{end}", text.color(color)),
        None => write!(out, "{text}{end}"),
    }?;
    if is_ended { Ok(()) } else { writeln!(out, "\\ No newline at end of file") }
}

/// A name as git writes it: quoted if it contains special characters, and followed by a tab if it contains spaces.
fn file_name(prefix: &str, path: &Path) -> String {
    let name = format!("{prefix}{}", path.to_string_lossy());
    if name.contains(['"', '\\', '\u{fffd}']) || escape_controls(&name) != name {
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

/// Prints to standard error what was fixed, and what was not.
pub(super) fn print_beside(run: &Run, fixed: &FixSummary, out: &mut dyn Write) -> io::Result<()> {
    run.reports.iter().try_for_each(|report| not_fixed(report, fixed, out))?;
    print_summary(run, fixed, out)?;
    print_directory(run, fixed, out)
}

/// Where a diff applies, unless that is the current directory.
fn print_directory(run: &Run, fixed: &FixSummary, out: &mut dyn Write) -> io::Result<()> {
    if fixed.mode != Mode::Diff {
        return Ok(());
    }
    let reports: Vec<_> = changed(run).collect();
    let (_, directory) = run.base.of_diff(&paths(&reports));
    let Some(directory) = directory.filter(|_| !reports.is_empty()) else { return Ok(()) };
    let note = "note".cyan().bold();
    let directory = display_path(directory);
    writeln!(
        out,
        "{note}: the diff names files from {directory}; apply it there, with `git apply` or `patch -p1`"
    )
}

/// What a finding that is not fixed, or not ignored, is followed by.
pub(super) fn not_fixed_label(fixed: &FixSummary) -> ColoredString {
    if fixed.are_ignores { "not ignored" } else { "not fixed" }.yellow().bold()
}

/// Prints why findings are not fixed, but for those that are printed with their messages.
fn not_fixed(report: &Report, fixed: &FixSummary, out: &mut dyn Write) -> io::Result<()> {
    let kept = report.findings_with_fixes().filter(|_| !fixed.takes_stdout());
    let kept = kept.filter_map(|(finding, fix)| match fix? {
        Err(reason) => Some((finding.start, reason.to_string())),
        Ok(_) => None,
    });
    let suppressed = report.suppressed.iter().filter(|_| !fixed.are_ignores);
    let suppressed = suppressed.map(|item| (item.finding.start, "a comment suppresses it".to_owned()));
    let mut reasons: Vec<_> = kept.chain(suppressed).collect();
    reasons.sort();
    let (path, label) = (display_path(&report.path).bold(), not_fixed_label(fixed));
    for (at, reason) in reasons {
        writeln!(out, "{path}:{}:{}: {label}: {reason}", at.line, at.column)?;
    }
    Ok(())
}

fn print_summary(run: &Run, fixed: &FixSummary, out: &mut dyn Write) -> io::Result<()> {
    if fixed.findings == 0 {
        return super::print_summary(run, out);
    }
    let verb = match (fixed.mode, fixed.are_ignores) {
        (Mode::Fix, false) => "fixed",
        (Mode::Fix, true) => "ignored",
        (Mode::Diff, false) => "would fix",
        (Mode::Diff, true) => "would ignore",
    };
    let changed = || run.reports.iter().filter(|report| report.fixed > 0);
    for report in changed().filter(|report| fixed.mode == Mode::Fix && !report.is_stdin) {
        writeln!(out, "{}: {} ({})", verb.green().bold(), display_path(&report.path), report.fixed)?;
    }
    let number: usize = changed().map(|report| report.fixed).sum();
    let (findings, files) =
        (count(fixed.findings as u64, "finding"), count(changed().count() as u64, "file"));
    let found = format!("{verb} {number} of {findings} in {files}");
    writeln!(out, "{}", with_totals(run, &found))?;
    if number > 0 && !fixed.are_ignores {
        let note = "note".cyan().bold();
        writeln!(out, "{note}: with immutable tags, AWS refuses every push to a tag that already exists")?;
    }
    Ok(())
}
