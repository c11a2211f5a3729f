//! Findings as compilers show them: source, marks, why, and what to do.
//!
//! Invariant: the renderer prints paths, labels and some controls as they are, so all that it is given is
//! escaped before; it sees a few lines of each file, and its places are those of the other formats.

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::excerpt::Excerpt;
use super::message::{help, message, why};
use super::path::shown;
use crate::linter::{Located, Report, Run};
use crate::parser::{self, Position};
use crate::rule::{self, Finding, Kind};

/// Stands for a place until the renderer is done, which counts columns in what it is given: a line may
/// have been cut. Nothing else that it is given holds a control character.
const PLACE: &str = "\u{1}";

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let renderer = renderer();
    for report in &run.reports {
        let source = report.source.as_deref();
        let keys: Vec<_> = report.findings.iter().map(|finding| finding.item.module_key.start).collect();
        let keys = parser::positions(source.unwrap_or_default().as_bytes(), &keys);
        for (finding, key) in report.findings.iter().zip(keys) {
            let (group, places) = match source.and_then(|source| snippets(source, finding, key)) {
                Some((snippets, places)) => (title(finding).elements(snippets), places),
                None => (title(finding).element(Origin::path(PLACE)), vec![finding.start]),
            };
            let drawn = renderer.render(&[notes(group, &finding.item)]);
            writeln!(out, "{}\n", put_places(&drawn, report, &places))?;
        }
    }
    Ok(())
}

/// A renderer with the one decision about colour, as wide as the terminal.
fn renderer() -> Renderer {
    let is_colored = colored::control::SHOULD_COLORIZE.should_colorize();
    let renderer = if is_colored { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
    let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    renderer.term_width(width.unwrap_or(DEFAULT_TERM_WIDTH).max(40))
}

fn title(finding: &Located<Finding>) -> Group<'static> {
    Group::with_title(Level::WARNING.with_name(rule::SEVERITY).primary_title(message(&finding.item)))
}

fn notes<'g>(group: Group<'g>, finding: &Finding) -> Group<'g> {
    group
        .element(Level::NOTE.message(why(finding)))
        .element(Level::HELP.message(help(finding)))
        .element(Level::INFO.with_name("rule").message(rule::PAGE))
}

type Source = Snippet<'static, Annotation<'static>>;

/// The finding in its source, and the places that the snippets are headed with.
fn snippets(source: &str, finding: &Located<Finding>, key: Position) -> Option<(Vec<Source>, Vec<Position>)> {
    let (mark, module_key) = (finding.item.place, finding.item.module_key);
    let main = AnnotationKind::Primary;
    if mark == module_key {
        let excerpt = Excerpt::around(source, mark)?;
        let marks = [(main, label(&finding.item))];
        return Some((vec![snippet(excerpt, finding.start, marks)], vec![finding.start]));
    }
    let context = (AnnotationKind::Context, "in this task");
    if let Some(excerpt) = Excerpt::spanning(source, mark, module_key) {
        let marks = [(main, label(&finding.item)), context];
        return Some((vec![snippet(excerpt, finding.start, marks)], vec![finding.start]));
    }
    let set = snippet(Excerpt::around(source, mark)?, finding.start, [(main, label(&finding.item))]);
    let task = Excerpt::around(source, module_key)?;
    Some((vec![set, snippet(task, key, [context])], vec![finding.start, key]))
}

fn snippet<const N: usize>(
    excerpt: Excerpt,
    first: Position,
    marks: [(AnnotationKind, &'static str); N],
) -> Source {
    let annotate = |((kind, label), place): ((AnnotationKind, &'static str), Range<usize>)| {
        kind.span(place).label(label)
    };
    let line = usize::try_from(first.line).unwrap_or(usize::MAX);
    Snippet::source(excerpt.text)
        .line_start(line.saturating_sub(excerpt.before).max(1))
        .path(PLACE)
        .fold(false)
        .annotations(marks.into_iter().zip(excerpt.marks).map(annotate))
}

fn label(finding: &Finding) -> &'static str {
    match finding.kind {
        Kind::Missing => "tags stay mutable",
        Kind::Wrong => "not `immutable`",
        Kind::Templated if finding.all_arguments => "all arguments come from a template",
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
