//! Draws findings and errors as compilers do: a title, the place, the marked source line, and what to change.
//!
//! Invariant: what is drawn holds no character that a terminal or a CI runner would obey. Positions are the same as in
//! the other formats. No more of a line is read than as many bytes in front of what is drawn, and behind it, as the
//! drawing has columns, whatever the size of the file and of its lines.

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};
use colored::Colorize;
use colored::control::SHOULD_COLORIZE;
use terminal_size::{Height, Width, terminal_size_of};

use super::message::{heading, help, label, why};
use super::row::{Row, Severity, having};
use crate::escape::replace_controls;
use crate::fix::Edit;
use crate::report::{Location, RunReport, Status};

pub(super) fn print(run: &RunReport, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let terminal = terminal_size_of(io::stdout());
    having(run, Status::Open).try_for_each(|row| draw(&row, terminal, out))?;
    let is_empty = !run.has(Status::Open);
    if quiet || is_empty { Ok(()) } else { writeln!(out, "{}: {}", "note".bright_green().bold(), why()) }
}

/// Draws a row that has a location, with the source around it, as wide as the terminal if there is one.
pub(super) fn draw(row: &Row<'_>, terminal: Option<(Width, Height)>, out: &mut dyn Write) -> io::Result<()> {
    let Some(location) = row.record.location else { return Ok(()) };
    let width = terminal.map_or(DEFAULT_TERM_WIDTH, |(width, _)| usize::from(width.0)).clamp(40, 400);
    let (groups, has_excerpt) = groups(row, location, width);
    let renderer = if SHOULD_COLORIZE.should_colorize() { Renderer::styled() } else { Renderer::plain() };
    let drawing = renderer.term_width(width).render(&groups);
    // without what the renderer lets through; its own colours stay
    let drawing = drawing.split('\u{1b}').map(replace_controls).collect::<Vec<_>>().join("\u{1b}");
    // the renderer would count columns from where a line is cut; without a path of its own, the excerpt has an empty
    // row for one, which is the fourth
    let is_for_a_path = |number: usize| has_excerpt && number == 3;
    let rows = drawing.lines().enumerate().filter(|(number, _)| !is_for_a_path(*number));
    let mut rows: Vec<_> = rows.map(|(_, row)| row).collect();
    rows.pop_if(|last| last.chars().all(|c| " |\u{1b}[0123456789;m".contains(c)));
    writeln!(out, "{}\n", rows.join("\n"))
}

/// What is drawn, and whether an excerpt of the source is part of it: the marked line, with that of the module's key,
/// and the change that fixes a finding, if it fits into the columns. What is far from the location is not shown. So
/// many bytes of a line are read on either side of a mark as there are columns, so that a line is shown as cut where
/// that is not all of it.
fn groups(row: &Row<'_>, location: Location, width: usize) -> (Vec<Group<'static>>, bool) {
    let source = row.report.source.as_deref().unwrap_or_default();
    let window = |offsets: &[usize]| Window::new(source, offsets, location, width);
    let finding = row.record.finding.as_ref();
    let key = finding.map_or(location.span.start, |finding| finding.module_key.start);
    let edit = row.record.edit();
    let bytes = |edit: &Edit| edit.offset..edit.offset.saturating_add(edit.length);
    // what is replaced, or else the value, is what is wrong
    let value = finding.and_then(|finding| finding.value_span).unwrap_or(location.span);
    let mark = edit.filter(|edit| edit.length > 0).map_or(value.range(), bytes);
    let excerpt = window(&[mark.start, key]).or_else(|| window(&[mark.start])).map(|window| {
        let (inside, text) = (window.inside(mark), window.text(window.lines.end));
        let column = text[..inside.end].lines().last().map_or(0, |line| line.chars().count());
        let label = finding.map(label).filter(|label| GUTTER + column + label.chars().count() < width);
        let mark = AnnotationKind::Primary.span(inside).label(label);
        window.snippet().annotation(mark).annotation(AnnotationKind::Visible.span(window.inside(key..key)))
    });
    let patch = edit.and_then(|edit| {
        let bytes = bytes(edit);
        let window = window(&[bytes.start, bytes.end])?;
        let (inside, old) = (window.inside(bytes), window.text(window.lines.end));
        let text = replace_controls(&edit.text).replace('\r', "");
        let new = [&old[..inside.start], &text, &old[inside.end..]].concat();
        let is_narrow = new.lines().all(|line| GUTTER + line.chars().count() <= width);
        is_narrow.then(|| window.snippet().patch(Patch::new(inside, text)))
    });
    let level = match row.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(finding.map_or_else(|| row.message(), heading));
    let origin = Origin::path(row.report.shown.clone()).line(location.start.line as usize);
    let origin = origin.char_column(location.start.column as usize);
    let (help, has_excerpt) = (finding.map(help), excerpt.is_some());
    let advice = help.filter(|_| patch.is_none()).map(|help| Level::HELP.message(help));
    let reason = row.record.not_fixed().map(|reason| Level::NOTE.message(format!("not fixed: {reason}")));
    let main = title.element(origin).elements(excerpt).elements(advice).elements(reason);
    let change = help.zip(patch).map(|(help, patch)| Level::HELP.secondary_title(help).element(patch));
    ([Some(main), change].into_iter().flatten().collect(), has_excerpt)
}

/// The columns of a line number, the bar behind it, and the space in front of a label.
const GUTTER: usize = 8;

/// How many bytes a window may hold besides what is within reach.
const MOST_BETWEEN: usize = 4_000;

/// Some lines of a file, of which the first and the last may be cut. Unsafe characters are replaced one by one, so that
/// a mark covers the same characters as in the file.
struct Window<'s> {
    source: &'s str,
    lines: Range<usize>,
    /// The number of the first line.
    first_line: usize,
}

impl<'s> Window<'s> {
    /// The lines of all offsets, as far as they are within reach, numbered by a location that is known; `None` if one
    /// of these is not in the text, or if they are far from each other.
    fn new(source: &'s str, offsets: &[usize], known: Location, reach: usize) -> Option<Self> {
        let (&first, &last) = (offsets.iter().min()?, offsets.iter().max()?);
        let (at, line) = (known.span.start, known.start.line as usize);
        let between = source.get(first.min(at)..first.max(at))?;
        if last.max(at) - first.min(at) > MOST_BETWEEN || !source.is_char_boundary(last) {
            return None;
        }
        let between = replace_controls(between).matches('\n').count();
        let first_line = if first < at { line.saturating_sub(between).max(1) } else { line + between };
        let front = &source[source.floor_char_boundary(first.saturating_sub(reach))..first];
        let behind = &source[last..source.floor_char_boundary(last.saturating_add(reach))];
        let front = front.rsplit(['\n', '\r']).next().unwrap_or_default();
        let front = if front.len() == first { front.trim_start_matches('\u{feff}') } else { front };
        let behind = behind.split(['\n', '\r']).next().unwrap_or_default();
        Some(Self { source, lines: first - front.len()..last + behind.len(), first_line })
    }

    /// What the renderer draws.
    fn snippet<T: Clone>(&self) -> Snippet<'static, T> {
        Snippet::source(self.text(self.lines.end)).line_start(self.first_line)
    }

    /// Where some bytes of the file are in the text of the snippet.
    fn inside(&self, bytes: Range<usize>) -> Range<usize> {
        let offset = |offset: usize| self.text(self.source.floor_char_boundary(offset)).len();
        let start = offset(bytes.start);
        start..offset(bytes.end).max(start)
    }

    /// The text up to an offset.
    fn text(&self, end: usize) -> String {
        replace_controls(&self.source[self.lines.start..end.clamp(self.lines.start, self.lines.end)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::{Position, Span};

    const REACH: usize = 240;

    fn window(source: &str, offsets: Range<usize>) -> Option<Window<'_>> {
        let at = Position { line: 3, ..Position::START };
        let known = Location { span: Span::new(offsets.start, offsets.start), start: at, end: at };
        Window::new(source, &[offsets.start, offsets.end], known, REACH)
    }

    fn marked(source: &str, mark: &str) -> (String, String) {
        let start = source.find(mark).expect("the source contains the mark");
        let window = window(source, start..start).expect("a window");
        let (inside, text) = (window.inside(start..start + mark.len()), window.text(window.lines.end));
        (text[inside].to_owned(), text)
    }

    #[test]
    fn line_ends_of_every_kind() {
        for end in ["\n", "\r\n", "\r"] {
            let source = ["- a:", "- ecs_ecr:", "    b", "- c"].join(end);
            assert_eq!(
                marked(&source, "ecs_ecr"),
                ("ecs_ecr".to_owned(), "- ecs_ecr:".to_owned()),
                "{end:?}"
            );
            let at = |word: &str| source.find(word).expect("the word");
            let window = window(&source, at("b")..at("- c")).expect("a window");
            let text = window.text(window.lines.end);
            assert_eq!((text.lines().count(), window.first_line), (2, 3), "{end:?}");
        }
        assert_eq!(marked("\u{feff}- ecs_ecr", "ecs_ecr").1, "- ecs_ecr");
    }

    #[test]
    fn a_part_of_a_long_line_is_read() {
        let source = format!("x: y\n{}ecs_ecr{}\nz", "ä".repeat(5_000), "ö".repeat(5_000));
        let (mark, text) = marked(&source, "ecs_ecr");
        assert_eq!(mark, "ecs_ecr");
        assert!(
            text.starts_with('ä') && text.ends_with('ö') && text.len() <= 2 * REACH + 7,
            "{}",
            text.len()
        );
    }

    #[test]
    fn marks_of_invalid_spans_lie_in_the_window() {
        for (start, end, is_there) in [
            (1, 2, false),
            (9, 9, false),
            (3, 1, false),
            (0, 99, true),
            (usize::MAX, usize::MAX, false),
            (4, 4, true),
            (4, 3, true),
        ] {
            let window = window("äö\n", start..start);
            assert_eq!(window.is_some(), is_there, "{start}..{end}");
            if let Some(window) = window {
                let text = window.text(window.lines.end);
                assert!(text.get(window.inside(start..end)).is_some(), "{start}..{end}");
            }
        }
    }

    #[test]
    fn far_offsets_have_no_window() {
        let source = "a\n".repeat(3_000);
        assert!(window(&source, 0..4_000).is_some());
        assert!(window(&source, 0..4_001).is_none());
    }
}
