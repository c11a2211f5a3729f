//! Draws findings and errors as compilers do: a title, the place, the marked source line, and what to change.
//!
//! Invariant: what is drawn holds no character that a terminal or a CI runner would obey. Positions are the same as in
//! the other formats.

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Level, Origin, Patch, Renderer, Snippet};
use colored::Colorize;
use colored::control::SHOULD_COLORIZE;
use terminal_size::{Height, Width};

use super::escape::replace_controls;
use super::message::{WHY, help, label};
use super::path::display_path;
use super::row::{Row, Subjects};
use super::window::Window;
use crate::fix::Edit;

pub(super) fn print(subjects: &Subjects<'_>, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let canvas = Canvas::new(terminal_size::terminal_size_of(io::stdout()));
    let mut open = subjects.rows().filter(|row| row.record.is_open()).peekable();
    let is_empty = open.peek().is_none();
    open.try_for_each(|row| canvas.draw(&row, out))?;
    if quiet || is_empty { Ok(()) } else { writeln!(out, "{}: {WHY}", "note".bright_green().bold()) }
}

/// Draws an error or a warning on standard error.
pub(super) fn print_notice(row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
    Canvas::new(terminal_size::terminal_size_of(io::stderr())).draw(row, out)
}

/// What is drawn on.
struct Canvas {
    renderer: Renderer,
    /// How many columns there are. So many bytes of a line are read on either side of a mark, so that a line is shown as
    /// cut where that is not all of it.
    width: usize,
}

impl Canvas {
    fn new(terminal: Option<(Width, Height)>) -> Self {
        let renderer = if SHOULD_COLORIZE.should_colorize() { Renderer::styled() } else { Renderer::plain() };
        let width = terminal.map_or(DEFAULT_TERM_WIDTH, |(width, _)| usize::from(width.0)).clamp(40, 400);
        Self { renderer: renderer.term_width(width), width }
    }

    /// Draws a row that has a location, with the source around it.
    fn draw(&self, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let Some(location) = row.record.location() else { return Ok(()) };
        let finding = row.record.finding();
        let level = if row.record.is_problem() { Level::ERROR } else { Level::WARNING };
        let title = level.primary_title(row.message());
        let title = if finding.is_some() { title.id(row.id()) } else { title };
        let (start, line) = (location.span.start, location.start.line as usize);
        let origin = Origin::path(display_path(&row.subject.report.path)).line(line);
        let origin = origin.char_column(location.start.column as usize);

        let source = row.subject.report.source.as_deref().unwrap_or_default();
        let window = |offsets: Range<usize>| Window::new(source, offsets, location, self.width);
        let key = finding.map_or(start, |finding| finding.module_key.start);
        let near = window(start.min(key)..start.max(key));
        let far = window(key..key).filter(|window| near.is_none() && window.first != line);
        let task = far.map(|far| Level::NOTE.message(format!("the task is in line {}", far.first)));
        let excerpt = near.or_else(|| window(start..start)).map(|window| {
            let mark = AnnotationKind::Primary.span(window.inside(location.span.range()));
            let key = AnnotationKind::Visible.span(window.inside(key..key));
            window.snippet().annotation(mark.label(finding.map(label))).annotation(key)
        });
        let has_excerpt = excerpt.is_some();

        let (help, patch) =
            (finding.map(help), row.record.edit().and_then(|edit| patch(source, edit, window)));
        let reason = row.record.not_fixed().map(|reason| Level::NOTE.message(format!("not fixed: {reason}")));
        let advice = help.filter(|_| patch.is_none()).map(|help| Level::HELP.message(help));
        let main = title.element(origin).elements(excerpt).elements(task).elements(advice).elements(reason);
        let change = help.zip(patch).map(|(help, patch)| Level::HELP.secondary_title(help).element(patch));
        let groups: Vec<_> = [Some(main), change].into_iter().flatten().collect();
        let drawing = harmless(&self.renderer.render(&groups));
        // the renderer would count columns from where a line is cut; without a path of its own, the excerpt has an empty
        // row for one, which is the fourth
        let rows = drawing.split_inclusive('\n').enumerate().filter(|(row, _)| !has_excerpt || *row != 3);
        rows.map(|(_, row)| row).try_for_each(|row| out.write_all(row.as_bytes()))?;
        out.write_all(b"\n\n")
    }
}

/// The change that fixes a finding, if its lines are short enough to be shown from end to end.
fn patch<'s>(
    source: &'s str,
    edit: &Edit,
    window: impl Fn(Range<usize>) -> Option<Window<'s>>,
) -> Option<Snippet<'static, Patch<'static>>> {
    let Edit { offset, length, text } = edit;
    // a line that goes in behind the indentation of another one is shown as a line of its own
    let (in_front, indentation) = text.split_at(text.trim_end_matches(' ').len());
    let in_place = source.get(..*offset)?.strip_suffix(indentation).filter(|_| *length == 0);
    let (start, text) = match in_place.filter(|_| in_front.ends_with(['\n', '\r'])) {
        Some(before) => (before.len(), [indentation, in_front].concat()),
        None => (*offset, text.to_string()),
    };
    let range = start..start.checked_add(*length)?;
    let window = window(range.clone()).filter(Window::is_whole)?;
    let patch = Patch::new(window.inside(range), replace_controls(&text).replace('\r', ""));
    Some(window.snippet().patch(patch))
}

/// A drawing without what the renderer lets through; its own colours stay.
fn harmless(drawing: &str) -> String {
    let mut parts = drawing.split('\u{1b}').map(replace_controls);
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |drawing, part| drawing + "\u{1b}" + &part)
}
