//! Draws findings and errors as compilers do: a title, the place, the marked source line, and what to change.
//!
//! Invariant: everything that is drawn is escaped first, and every line of a file has its number in front. Positions are
//! the same as in the other formats.

use std::io::{self, Write};
use std::path::Path;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Group, Level, Message, Renderer, Snippet};
use colored::Colorize;

use super::escape::escape_controls;
use super::excerpt::{Excerpt, Patch, columns_of};
use super::message::{WHY, help, label, message};
use super::notice::{Notice, Severity};
use super::path::display_path;
use crate::fix::Edit;
use crate::parser::{self, Position, Span};
use crate::report::{Located, Report, Run};
use crate::rule::{self, Finding};

/// What the further lines of a title start with.
const INDENTATION: &str = "    ";

pub(super) fn print(run: &Run, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let width = width(terminal_size::terminal_size_of(io::stdout()));
    for report in &run.reports {
        for (finding, seen) in seen(report) {
            finding_drawing(&report.path, finding, &seen, width).print(width, out)?;
        }
    }
    if quiet || run.reports.iter().all(|report| report.findings.is_empty()) {
        return Ok(());
    }
    let why = wrapped(WHY, width - "note: ".len()).replace('\n', "\n      ");
    writeln!(out, "{}: {why}", "note".bright_green().bold())
}

/// Draws an error or a warning on standard error.
pub(super) fn print_notice(notice: Notice<'_>, at: Position, out: &mut dyn Write) -> io::Result<()> {
    let Notice { severity, report, problem } = notice;
    let width = width(terminal_size::terminal_size_of(io::stderr()));
    let source = report.source.as_deref().unwrap_or_default();
    let excerpt = Excerpt::around(source, Span::new(problem.offset, problem.offset));
    Drawing {
        severity,
        rule: None,
        text: escape_controls(&problem.message),
        path: &report.path,
        at,
        last_line: line_number(at),
        excerpt,
        label: None,
        messages: Vec::new(),
        fix: None,
    }
    .print(width, out)
}

fn width(terminal: Option<(terminal_size::Width, terminal_size::Height)>) -> usize {
    terminal.map_or(DEFAULT_TERM_WIDTH, |(width, _)| usize::from(width.0)).max(40)
}

/// What to draw for one finding.
struct Seen<'r> {
    source: &'r str,
    /// The position of the module key.
    key: Position,
    /// The edit that fixes it, and its position.
    edit: Option<&'r Edit>,
    edited: Position,
}

/// Each finding with what to draw for it.
fn seen(report: &Report) -> impl Iterator<Item = (&Located<Finding>, Seen<'_>)> {
    let source = report.source.as_deref().unwrap_or_default();
    let findings = || {
        report.findings_with_fixes().map(|(finding, fix)| (finding, fix.and_then(|fix| fix.as_ref().ok())))
    };
    let offsets = findings()
        .flat_map(|(finding, edit)| [finding.item.module_key.start, edit.map_or(0, |edit| edit.offset)]);
    let offsets: Vec<_> = offsets.collect();
    let mut positions = parser::positions(source.as_bytes(), &offsets).into_iter();
    findings().map_while(move |(finding, edit)| {
        let (key, edited) = (positions.next()?, positions.next()?);
        Some((finding, Seen { source, key, edit, edited }))
    })
}

fn finding_drawing<'r>(path: &'r Path, finding: &Located<Finding>, seen: &Seen, width: usize) -> Drawing<'r> {
    let (at, item) = (finding.start, &finding.item);
    let fix = seen.edit.and_then(|edit| Patch::new(seen.source, edit));
    let fix = fix.map(|fix| (line_number(seen.edited) + fix.after, fix));
    let last_of_fix =
        fix.as_ref().map_or(0, |(first, fix)| first + fix.removed.len().max(fix.added.len()) - 1);
    let last_line = line_number(at).max(line_number(seen.key)).max(last_of_fix);
    let gutter = digits(last_line);
    let columns = width.saturating_sub(gutter + " | ".len());
    let fix = fix.filter(|(_, fix)| fix.fits(columns));
    let both = Excerpt::spanning(seen.source, [item.span, item.module_key], columns);
    let mut messages = Vec::new();
    if both.is_none() && item.span != item.module_key && seen.key.line != at.line {
        messages.push(Level::NOTE.message(format!("the task is in line {}", seen.key.line)));
    }
    if fix.is_none() {
        messages.push(Level::HELP.message(wrapped(help(item), columns.saturating_sub("help: ".len()))));
    }
    let excerpt = both.or_else(|| Excerpt::around(seen.source, item.span));
    let label = Some(label(item)).filter(|label| {
        let room = excerpt.as_ref().map_or(0, |excerpt| excerpt.room_for_label(columns));
        columns_of(label) < room // it says less than the title, so it must not break a line
    });
    let (rule, text) = (Some(rule::ID), message(item));
    Drawing { severity: Severity::Warning, rule, text, path, at, last_line, excerpt, label, messages, fix }
}

/// What findings and errors are drawn from; all texts are escaped.
struct Drawing<'r> {
    severity: Severity,
    rule: Option<&'static str>,
    text: String,
    path: &'r Path,
    at: Position,
    /// The largest number of a line that is drawn.
    last_line: usize,
    excerpt: Option<Excerpt>,
    /// What to say beside the first mark. Of other marks the line is shown.
    label: Option<&'static str>,
    messages: Vec<Message<'static>>,
    /// A patch and the number of its first line.
    fix: Option<(usize, Patch)>,
}

impl Drawing<'_> {
    fn print(&self, width: usize, out: &mut dyn Write) -> io::Result<()> {
        let gutter = digits(self.last_line);
        let Position { line, column, .. } = self.at;
        writeln!(out, "{}", self.title(width))?;
        writeln!(out, "{:gutter$}{} {}:{line}:{column}", "", frame("-->"), display_path(self.path))?;
        let excerpt = self.excerpt(width - (gutter - digits(line_number(self.at))));
        // the renderer leaves room for the line numbers of the excerpt, but the fix may have larger ones
        let room = excerpt.find(|c| c != ' ').unwrap_or_default().saturating_sub(1);
        for line in excerpt.lines() {
            writeln!(out, "{:1$}{line}", "", gutter.saturating_sub(room))?;
        }
        if let Some((first, patch)) = &self.fix {
            writeln!(out, "{:gutter$} {}", "", frame("|"))?;
            let tabs = |line: &String| line.replace('\t', "    ");
            let removed = patch.removed.iter().map(|line| format!("- {}", tabs(line)).red());
            let added = patch.added.iter().map(|line| format!("+ {}", tabs(line)).green());
            for (number, line) in (*first..).zip(removed).chain((*first..).zip(added)) {
                writeln!(out, "{} {line}", frame(&format!("{number:>gutter$}")))?;
            }
        }
        writeln!(out)
    }

    /// The level, the rule and the message; further lines are indented.
    fn title(&self, width: usize) -> String {
        let severity = self.severity.name();
        let level = self.rule.map_or_else(|| severity.to_owned(), |rule| format!("{severity}[{rule}]"));
        let text = wrapped(&format!("{level}: {}", self.text), width - INDENTATION.len());
        let text = text.replace('\n', &format!("\n{INDENTATION}"));
        let (level, text) = text.split_at(level.len());
        let level = if self.severity == Severity::Error { level.bright_red() } else { level.yellow() };
        format!("{}{}", level.bold(), text.bold())
    }

    /// The marked lines and the messages, with the renderer's frame.
    fn excerpt(&self, width: usize) -> String {
        let level = if self.severity == Severity::Error { Level::ERROR } else { Level::WARNING };
        let snippet = self.excerpt.as_ref().map(|excerpt| {
            let first = line_number(self.at).saturating_sub(excerpt.before).max(1);
            let kinds = [AnnotationKind::Primary, AnnotationKind::Visible].into_iter();
            let marks =
                kinds.zip(&excerpt.marks).map(|(kind, mark)| kind.span(mark.clone()).label(self.label));
            Snippet::source(&excerpt.text).line_start(first).annotations(marks)
        });
        let is_colored = colored::control::SHOULD_COLORIZE.should_colorize();
        let renderer = if is_colored { Renderer::styled() } else { Renderer::plain() };
        let group = Group::with_level(level).elements(snippet).elements(self.messages.clone());
        renderer.term_width(width).render(&[group])
    }
}

fn line_number(position: Position) -> usize {
    usize::try_from(position.line).unwrap_or(usize::MAX)
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

/// What belongs to the frame, in the renderer's colour for it.
fn frame(text: &str) -> colored::ColoredString {
    text.bright_blue().bold()
}

/// Breaks lines between words, but not before a `::`, which could start a command of a CI runner.
fn wrapped(text: &str, columns: usize) -> String {
    let mut available = columns;
    let mut out = String::with_capacity(text.len());
    for (index, word) in text.split(' ').enumerate() {
        let taken = columns_of(word) + 1;
        if index > 0 && taken > available + 1 && !word.is_empty() && !word.starts_with("::") {
            out.push('\n');
            available = columns;
        } else if index > 0 {
            out.push(' ');
        }
        out += word;
        available = available.saturating_sub(taken);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_wrapped_between_words() {
        assert_eq!(wrapped("one two three", 8), "one two\nthree");
        assert_eq!(wrapped("onetwothree  four", 8), "onetwothree \nfour");
        assert_eq!(wrapped("", 8), "");
    }

    #[test]
    fn no_wrapped_line_starts_a_command() {
        for columns in 0..40 {
            let text = wrapped("task \"x ::error::y  ::set-output ::\" does not", columns);
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
        }
    }
}
