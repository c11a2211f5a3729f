//! Findings as compilers show them: source, marks, why, and what to do.
//!
//! Invariant: the renderer prints paths, labels and some controls as they are, so all that it is given is
//! escaped before; it sees a few lines of each file, and its places are those of the other formats.

use std::io::{self, Write};

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Padding, Renderer, Snippet};

use super::excerpt::{Excerpt, Mark, columns_of};
use super::message::{help, message, why};
use super::path::shown;
use crate::linter::{Located, Report, Run};
use crate::parser::{self, Position};
use crate::rule::{self, Finding, Kind};

/// Stands for a place until the renderer is done, which counts columns in what it is given: a line may
/// have been cut. Nothing else that it is given holds a control character.
const PLACE: &str = "\u{1}";
/// How many columns a note takes, however wide the terminal.
const MOST_READABLE: usize = 76;

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let width = width.unwrap_or(DEFAULT_TERM_WIDTH).max(40);
    let renderer = renderer().term_width(width);
    for report in &run.reports {
        let source = report.source.as_deref();
        let keys: Vec<_> = report.findings.iter().map(|finding| finding.item.module_key.start).collect();
        let keys = parser::positions(source.unwrap_or_default().as_bytes(), &keys);
        for (finding, key) in report.findings.iter().zip(keys) {
            let drawing = source.and_then(|source| Drawing::new(source, finding, key, width));
            let drawing = drawing.unwrap_or_else(|| Drawing::without_source(finding, width));
            let drawn = renderer.render(&drawing.groups);
            writeln!(out, "{}\n", put_places(&drawn, report, &drawing.places))?;
        }
    }
    Ok(())
}

/// A renderer with the one decision about colour.
fn renderer() -> Renderer {
    let is_colored = colored::control::SHOULD_COLORIZE.should_colorize();
    if is_colored { Renderer::styled().hyperlink(false) } else { Renderer::plain() }
}

fn title(finding: &Finding, width: usize) -> Group<'static> {
    let label = rule::SEVERITY.len() + ": ".len();
    let text = wrapped(&message(finding), width.saturating_sub(label));
    Group::with_title(Level::WARNING.with_name(rule::SEVERITY).primary_title(text))
}

/// Breaks a line between words, but not where the rest would start as a command of a CI runner.
fn wrapped(text: &str, columns: usize) -> String {
    let mut room = columns;
    let mut out = String::with_capacity(text.len());
    for (index, word) in text.split(' ').enumerate() {
        let taken = columns_of(word) + 1;
        if index > 0 && taken > room && !word.is_empty() && !word.starts_with("::") {
            out.push('\n');
            room = columns;
        } else if index > 0 {
            out.push(' ');
        }
        out += word;
        room = room.saturating_sub(taken);
    }
    out
}

/// Why it matters and what to do, in lines that are easy to read.
fn notes(group: Group<'static>, finding: &Finding, columns: usize) -> Group<'static> {
    let columns = columns.min(MOST_READABLE).saturating_sub("note: ".len());
    group
        .element(Level::NOTE.message(wrapped(why(finding), columns)))
        .element(Level::HELP.message(wrapped(help(finding), columns)))
        .element(Level::INFO.with_name("rule").message(format!("{}\n{}", rule::ID, rule::PAGE)))
}

/// What the renderer draws, and the places that it heads the sources with.
struct Drawing {
    groups: Vec<Group<'static>>,
    places: Vec<Position>,
}

impl Drawing {
    fn without_source(finding: &Located<Finding>, width: usize) -> Self {
        let group = title(&finding.item, width).element(Origin::path(PLACE)).element(Padding);
        Self { groups: vec![notes(group, &finding.item, width)], places: vec![finding.start] }
    }

    fn new(source: &str, finding: &Located<Finding>, key: Position, width: usize) -> Option<Self> {
        let (at, item) = (finding.start, &finding.item);
        let gutter = format!("{} | ", at.line.max(key.line).saturating_add(10)).len();
        let columns = width.saturating_sub(gutter);
        let (main, context) =
            ((AnnotationKind::Primary, label(item)), (AnnotationKind::Context, "in this task"));
        let mark = |span, (_, label): (_, &str)| Mark { span, label: label.len() + 1 };
        let (place, module_key) = (mark(item.place, main), mark(item.module_key, context));
        let group = |snippet| notes(title(item, width).element(snippet), item, columns);
        if place.span == module_key.span {
            let excerpt = Excerpt::around(source, place, columns)?;
            return Some(Self { groups: vec![group(snippet(excerpt, at, &[main]))], places: vec![at] });
        }
        if let Some(excerpt) = Excerpt::spanning(source, [place, module_key], columns) {
            return Some(Self {
                groups: vec![group(snippet(excerpt, at, &[main, context]))],
                places: vec![at],
            });
        }
        let set = snippet(Excerpt::around(source, place, columns)?, at, &[main]);
        let task = snippet(Excerpt::around(source, module_key, columns)?, key, &[context]);
        let task = Group::with_title(Level::NOTE.secondary_title("the task is here")).element(task);
        Some(Self { groups: vec![group(set), task], places: vec![at, key] })
    }
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
        .path(PLACE)
        .fold(false)
        .annotations(marks.map(|((kind, label), place)| kind.span(place).label(*label)))
}

fn label(finding: &Finding) -> &'static str {
    match finding.kind {
        Kind::Missing => "tags stay mutable",
        Kind::Wrong if finding.in_string() => "sets it, but not to `immutable`",
        Kind::Wrong => "not `immutable`",
        Kind::Templated if finding.all_arguments => "takes its arguments from a template",
        Kind::Templated if finding.in_string() => "sets it to a template",
        Kind::Templated => "not known before Ansible runs",
    }
}

/// Puts the places in, in the order in which they are drawn.
fn put_places(drawn: &str, report: &Report, places: &[Position]) -> String {
    let mut parts = drawn.split(PLACE);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, place) in parts.zip(places) {
        let counted_by_renderer = |c: char| c == ':' || c.is_ascii_digit();
        let rest = part.trim_start_matches(counted_by_renderer);
        out.extend([shown(&report.path).as_str(), &format!(":{}:{}", place.line, place.column), rest]);
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
