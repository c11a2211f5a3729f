//! Draws findings as compilers do: marked source lines, why it matters, and what to do.
//!
//! Invariant: the renderer does not escape paths and labels, so everything passed to it is escaped before. It gets a few
//! lines of each file; positions are the same as in the other formats.

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Padding, Patch, Renderer, Snippet,
};

use super::escape::replace_controls;
use super::excerpt::{Excerpt, Mark, columns_of};
use super::message::{help, label, message, why};
use super::path::display_path;
use crate::fix::{self, Edit, Fix};
use crate::parser::{self, Position, Span};
use crate::report::{Located, Report, Run};
use crate::rule::{self, Finding};

/// A placeholder for a position. The renderer would print the column in the excerpt, whose lines may be cut; the
/// placeholder is replaced afterwards. Nothing else that is passed to the renderer contains a control character.
const POSITION: &str = "\u{1}";
/// The width of notes, even on wider terminals.
const MOST_READABLE: usize = 76;

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let width = width.unwrap_or(DEFAULT_TERM_WIDTH).max(40);
    let renderer = renderer().term_width(width);
    for report in &run.reports {
        for (finding, seen) in seen(report) {
            let drawing = Drawing::new(&finding.item, finding.start, &seen, width);
            let drawn = renderer.render(&drawing.groups);
            writeln!(out, "{}\n", insert_positions(&drawn, report, &drawing.positions))?;
        }
    }
    Ok(())
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
    let findings = || report.findings_with_fixes().map(|(finding, fix)| (finding, fix.and_then(Fix::edit)));
    let offsets = findings()
        .flat_map(|(finding, edit)| [finding.item.module_key.start, edit.map_or(0, |edit| edit.offset)]);
    let offsets: Vec<_> = offsets.collect();
    let mut positions = parser::positions(source.as_bytes(), &offsets).into_iter();
    findings().map_while(move |(finding, edit)| {
        let (key, edited) = (positions.next()?, positions.next()?);
        Some((finding, Seen { source, key, edit, edited }))
    })
}

/// A renderer with or without colour, as decided for the run.
fn renderer() -> Renderer {
    let is_colored = colored::control::SHOULD_COLORIZE.should_colorize();
    if is_colored { Renderer::styled().hyperlink(false) } else { Renderer::plain() }
}

fn title(finding: &Finding, width: usize) -> Group<'static> {
    let label = rule::SEVERITY.len() + ": ".len();
    let text = wrapped(&message(finding), width.saturating_sub(label));
    Group::with_title(Level::WARNING.with_name(rule::SEVERITY).primary_title(text))
}

/// Breaks lines between words, but not before a `::`, which could start a command of a CI runner.
fn wrapped(text: &str, columns: usize) -> String {
    let mut available = columns;
    let mut out = String::with_capacity(text.len());
    for (index, word) in text.split(' ').enumerate() {
        let taken = columns_of(word) + 1;
        if index > 0 && taken > available && !word.is_empty() && !word.starts_with("::") {
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

/// Why it matters, what to do unless a patch shows it, and the rule.
fn notes(group: Group<'static>, finding: &Finding, columns: usize, helps: bool) -> Group<'static> {
    let columns = columns.min(MOST_READABLE).saturating_sub("note: ".len());
    let help = helps.then(|| Level::HELP.message(wrapped(help(finding), columns)));
    group
        .element(Level::NOTE.message(wrapped(why(finding), columns)))
        .elements(help)
        .element(Level::INFO.with_name("rule").message(format!("{}\n{}", rule::ID, rule::PAGE)))
}

/// What the renderer draws, and the positions in the headings of the excerpts.
struct Drawing {
    groups: Vec<Group<'static>>,
    positions: Vec<Position>,
}

impl Drawing {
    fn new(finding: &Finding, at: Position, seen: &Seen, width: usize) -> Self {
        let gutter = format!("{} | ", at.line.max(seen.key.line).saturating_add(10)).len();
        let columns = width.saturating_sub(gutter);
        let patch = patch(finding, seen, columns);
        let mut marked = marked(finding, at, seen, columns).unwrap_or_default().into_iter();
        let main = title(finding, width);
        let (main, at) = match marked.next() {
            Some((snippet, position)) => (main.element(snippet), position),
            None => (main.element(Origin::path(POSITION)).element(Padding), at),
        };
        let mut drawing =
            Self { groups: vec![notes(main, finding, columns, patch.is_none())], positions: vec![at] };
        for (snippet, position) in marked {
            let title = Level::NOTE.secondary_title("the task is here");
            drawing.groups.push(Group::with_title(title).element(snippet));
            drawing.positions.push(position);
        }
        drawing.groups.extend(patch);
        drawing
    }
}

/// The marked excerpts: one, or two if the module key is far away.
fn marked(
    finding: &Finding,
    at: Position,
    &Seen { source, key, .. }: &Seen,
    columns: usize,
) -> Option<Vec<(Snippet<'static, Annotation<'static>>, Position)>> {
    let (main, context) =
        ((AnnotationKind::Primary, label(finding)), (AnnotationKind::Context, "in this task"));
    let mark = |span, (_, label): (_, &str)| Mark { span, label: label.len() + 1 };
    let (argument, module_key) = (mark(finding.span, main), mark(finding.module_key, context));
    if argument.span != module_key.span
        && let Some(excerpt) = Excerpt::spanning(source, [argument, module_key], columns)
    {
        return Some(vec![(snippet(excerpt, at, &[main, context]), at)]);
    }
    let set = (snippet(Excerpt::around(source, argument, columns)?, at, &[main]), at);
    if argument.span == module_key.span {
        return Some(vec![set]);
    }
    let task = snippet(Excerpt::around(source, module_key, columns)?, key, &[context]);
    Some(vec![set, (task, key)])
}

/// The fix as a patch, if there is one and the changed lines can be shown safely.
fn patch(finding: &Finding, seen: &Seen, columns: usize) -> Option<Group<'static>> {
    let edit = seen.edit?;
    let added = universal(&edit.text);
    let span = Span::new(edit.offset, edit.offset + edit.length);
    let width = added.lines().map(columns_of).max().unwrap_or(0);
    let excerpt = Excerpt::edited(seen.source, span, width, columns)?;
    let drawn = shifted(&excerpt.text, excerpt.marks.first()?, added);
    if !is_safe(&excerpt.text, &drawn) {
        return None;
    }
    let patch = Patch::new(drawn.offset..drawn.offset + drawn.length, drawn.text.into_string());
    let line = usize::try_from(seen.edited.line).unwrap_or(usize::MAX);
    let snippet = Snippet::source(excerpt.text).line_start(line.saturating_sub(excerpt.before).max(1));
    let title = Level::HELP.secondary_title(wrapped(help(finding), columns.min(MOST_READABLE)));
    Some(Group::with_title(title).element(snippet.patch(patch)))
}

/// Text whose lines all end in `\n`.
fn universal(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The edit of an excerpt. A line added at the end of another one is drawn as a line after it.
fn shifted(excerpt: &str, mark: &Range<usize>, text: String) -> Edit {
    let (offset, length) = (mark.start, mark.len());
    match text.strip_prefix('\n') {
        Some(line) if length == 0 && excerpt[offset..].starts_with('\n') && offset + 1 < excerpt.len() => {
            Edit { offset: offset + 1, length, text: format!("{line}\n").into() }
        }
        _ => Edit { offset, length, text: text.into() },
    }
}

/// Whether the edited lines are safe to show: an edit may join two parts to a command.
fn is_safe(excerpt: &str, edit: &Edit) -> bool {
    fix::edited(excerpt, &[edit]).lines().all(|line| replace_controls(line) == line)
}

fn snippet(
    excerpt: Excerpt,
    first: Position,
    marks: &[(AnnotationKind, &'static str)],
) -> Snippet<'static, Annotation<'static>> {
    let line = usize::try_from(first.line).unwrap_or(usize::MAX);
    let marks = marks.iter().zip(excerpt.marks);
    Snippet::source(excerpt.text)
        .line_start(line.saturating_sub(excerpt.before).max(1))
        .path(POSITION)
        .fold(false)
        .annotations(marks.map(|((kind, label), mark)| kind.span(mark).label(*label)))
}

/// Replaces the placeholders, and the columns that the renderer appends, by the positions, in their order.
fn insert_positions(drawn: &str, report: &Report, positions: &[Position]) -> String {
    let mut parts = drawn.split(POSITION);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, position) in parts.zip(positions) {
        let counted_by_renderer = |c: char| c == ':' || c.is_ascii_digit();
        let rest = part.trim_start_matches(counted_by_renderer);
        out.extend([
            display_path(&report.path).as_str(),
            &format!(":{}:{}", position.line, position.column),
            rest,
        ]);
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
