//! The changes of `--diff`.
//!
//! Invariant: a diff applies with `git apply` and `patch -p1`, unless it is for people: on a terminal or in colour,
//! unsafe characters are replaced. A diff for programs is the only place where text of a file is printed unescaped.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use colored::{Color, Colorize};
use similar::{ChangeTag, TextDiff};

use crate::apply;
use crate::cli::Format;
use crate::escape::{escape_controls, replace_controls};
use crate::fix;
use crate::paths::with_slashes;
use crate::report::{FileReport, RunReport};

/// How long to search for the smallest diff of a file; after that, the rest is replaced as one block.
const DEADLINE: Duration = Duration::from_secs(2);

/// The files that change, each with its name in the diff; and the directory that these names start from, unless that is
/// the current one.
pub(super) fn changed(run: &RunReport) -> (Vec<(&FileReport, PathBuf)>, Option<&Path>) {
    let is_changed = |report: &&FileReport| report.source.is_some() && report.fixes().any(Result::is_ok);
    let reports: Vec<_> = run.reports.iter().filter(is_changed).collect();
    let (names, directory) =
        run.base.of_diff(&reports.iter().map(|report| &*report.path).collect::<Vec<_>>());
    (reports.into_iter().zip(names).collect(), directory)
}

pub(super) fn print(run: &RunReport, format: Format, out: &mut dyn Write) -> io::Result<()> {
    let is_for_people = format == Format::Full || colored::control::SHOULD_COLORIZE.should_colorize();
    changed(run).0.iter().try_for_each(|(report, name)| print_file(report, name, is_for_people, out))
}

fn print_file(report: &FileReport, name: &Path, is_for_people: bool, out: &mut dyn Write) -> io::Result<()> {
    let source = report.source.as_deref().unwrap_or_default();
    let fixed = fix::edited(source, &apply::edits(report));
    // as diff and patch split lines: `\r` is part of one
    let [old, new] = [source, &fixed].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let diff = TextDiff::configure().timeout(DEADLINE).diff_slices(&old, &new);
    writeln!(out, "{}", format!("--- {}", file_name("a/", name)).bold())?;
    writeln!(out, "{}", format!("+++ {}", file_name("b/", name)).bold())?;
    for hunk in diff.unified_diff().iter_hunks() {
        writeln!(out, "{}", hunk.header().to_string().color(Color::Cyan))?;
        for change in hunk.iter_changes() {
            print_line(change.tag(), change.value(), is_for_people, out)?;
        }
    }
    Ok(())
}

/// Prints a line behind its sign.
fn print_line(tag: ChangeTag, line: &str, is_for_people: bool, out: &mut dyn Write) -> io::Result<()> {
    let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let text = line.strip_suffix(end).unwrap_or(line);
    let is_ended = text.len() < line.len();
    // what would be another line on a terminal is none in the file
    let text = if is_for_people { &replace_controls(text).replace('\n', "\u{fffd}") } else { text };
    let text = format!("{tag}{text}");
    let text = match tag {
        ChangeTag::Equal => text.normal(),
        ChangeTag::Delete => text.red(),
        ChangeTag::Insert => text.green(),
    };
    write!(out, "{text}{end}")?;
    if is_ended { Ok(()) } else { writeln!(out, "\\ No newline at end of file") }
}

/// A name as git writes it: quoted if it contains special characters, and followed by a tab if it contains spaces.
fn file_name(prefix: &str, path: &Path) -> String {
    let path = with_slashes(path);
    let name = format!("{prefix}{}", String::from_utf8_lossy(&path));
    if !name.contains(['"', '\\', '\u{fffd}']) && escape_controls(&name) == name {
        return if name.contains(' ') { name + "\t" } else { name };
    }
    let quoted = path.iter().map(|&byte| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b'\n' => "\\n".to_owned(),
        b'\t' => "\\t".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    });
    format!("\"{prefix}{}\"", quoted.collect::<String>())
}
