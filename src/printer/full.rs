//! Draws findings and errors as compilers do: a title, the place, the marked source line, and what to change.
//!
//! Invariant: what is drawn holds no character that a terminal or a CI runner would obey. Positions are the same as in
//! the other formats.

use std::io::{self, Write};

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{Annotation, AnnotationKind, Level, Origin, Patch, Renderer, Snippet};
use colored::Colorize;
use colored::control::SHOULD_COLORIZE;
use terminal_size::{Height, Width};

use super::escape::replace_controls;
use super::message::{WHY, help, label};
use super::path::display_path;
use super::row::{Row, Severity, Subject, Subjects};
use super::window::Window;
use crate::fix::{Edit, Fix};
use crate::parser;
use crate::report::Location;
use crate::rule::Finding;

pub(super) fn print(subjects: &Subjects<'_>, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let canvas = Canvas::new(terminal_size::terminal_size_of(io::stdout()));
    for subject in &subjects.0 {
        for (row, lines) in findings(subject) {
            canvas.draw(&row, lines, out)?;
        }
    }
    if quiet || !subjects.rows().any(|row| row.record.is_open()) {
        return Ok(());
    }
    writeln!(out, "{}: {WHY}", "note".bright_green().bold())
}

/// Draws an error or a warning on standard error.
pub(super) fn print_notice(row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
    let canvas = Canvas::new(terminal_size::terminal_size_of(io::stderr()));
    let line = row.record.location().map_or(1, |at| at.start.line as usize);
    canvas.draw(row, Lines { key: line, edit: line }, out)
}

/// The numbers of the lines that a drawing needs besides that of its mark.
#[derive(Clone, Copy)]
struct Lines {
    /// The line of the module's key.
    key: usize,
    /// The line in which the fix starts.
    edit: usize,
}

/// The findings of one file that no comment suppresses, with their lines, which are found in one sweep over the text.
fn findings<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = (Row<'s>, Lines)> {
    let source = subject.report.source.as_deref().unwrap_or_default();
    let open = || subject.rows().filter(|row| row.record.is_open());
    let offsets = open().flat_map(|row| {
        let key = row.record.finding().map(|finding| finding.module_key.start);
        [key, row.record.fix().and_then(|fix| fix.as_ref().ok()).map(|edit| edit.offset)]
            .map(Option::unwrap_or_default)
    });
    let positions = parser::positions(source.as_bytes(), &offsets.collect::<Vec<_>>());
    let mut lines = positions.into_iter().map(|at| at.line as usize);
    open().map_while(move |row| Some((row, Lines { key: lines.next()?, edit: lines.next()? })))
}

/// What is drawn on.
struct Canvas {
    renderer: Renderer,
    /// How many columns there are. So many bytes of a line are read on either side of a mark, and it is shown as cut
    /// where that is less than all of it.
    width: usize,
}

impl Canvas {
    fn new(terminal: Option<(Width, Height)>) -> Self {
        let renderer = if SHOULD_COLORIZE.should_colorize() { Renderer::styled() } else { Renderer::plain() };
        let width = terminal.map_or(DEFAULT_TERM_WIDTH, |(width, _)| usize::from(width.0)).clamp(40, 400);
        Self { renderer: renderer.term_width(width), width }
    }

    /// Draws a row with the source around it.
    fn draw(&self, row: &Row<'_>, lines: Lines, out: &mut dyn Write) -> io::Result<()> {
        let Some(location) = row.record.location() else { return Ok(()) };
        let finding = row.record.finding();
        let level = if row.severity() == Severity::Error { Level::ERROR } else { Level::WARNING };
        let title = level.primary_title(row.message());
        let title = if finding.is_some() { title.id(row.id()) } else { title };
        let line = location.start.line as usize;
        let origin = Origin::path(display_path(&row.subject.report.path)).line(line);
        let origin = origin.char_column(location.start.column as usize);

        let source = row.subject.report.source.as_deref().unwrap_or_default();
        let (excerpt, is_task_shown) = self.excerpt(source, location, finding, lines).unzip();
        let has_excerpt = excerpt.is_some();
        let is_task_far = lines.key != line && is_task_shown != Some(true);
        let task = is_task_far.then(|| Level::NOTE.message(format!("the task is in line {}", lines.key)));
        let (help, patch) = (finding.map(help), self.patch(source, row.record.fix(), lines.edit));
        let advice = help.filter(|_| patch.is_none()).map(|help| Level::HELP.message(help));
        let main = title.element(origin).elements(excerpt).elements(task).elements(advice);
        let change = help.zip(patch).map(|(help, patch)| Level::HELP.secondary_title(help).element(patch));
        let groups: Vec<_> = [Some(main), change].into_iter().flatten().collect();
        let drawing = harmless(&self.renderer.render(&groups));
        // the renderer would count columns from where a line is cut; without a path of its own, the excerpt has an empty
        // row for one, which is the fourth
        let rows = drawing.split_inclusive('\n').enumerate().filter(|(row, _)| !has_excerpt || *row != 3);
        rows.map(|(_, row)| row).try_for_each(|row| out.write_all(row.as_bytes()))?;
        out.write_all(b"\n\n")
    }

    /// The marked line; with that of the module's key, if that is near.
    fn excerpt(
        &self,
        source: &str,
        location: Location,
        finding: Option<&Finding>,
        lines: Lines,
    ) -> Option<(Snippet<'static, Annotation<'static>>, bool)> {
        let (start, line) = (location.span.start, location.start.line as usize);
        let key = finding.map_or(start, |finding| finding.module_key.start);
        let near = Window::new(source, start.min(key)..start.max(key), self.width);
        let is_near = near.is_some();
        let window = near.or_else(|| Window::new(source, start..start, self.width))?;
        let mark = AnnotationKind::Primary.span(window.mark(location.span.range())).label(finding.map(label));
        let key = is_near.then(|| AnnotationKind::Visible.span(window.inside(key..key)));
        let first_line = if is_near { line.min(lines.key) } else { line };
        Some((window.snippet(first_line).annotation(mark).annotations(key), is_near))
    }

    /// The change that fixes a finding, if its lines are short enough to be shown from end to end.
    fn patch(
        &self,
        source: &str,
        fix: Option<&Fix>,
        line: usize,
    ) -> Option<Snippet<'static, Patch<'static>>> {
        let Edit { offset, length, text } = fix?.as_ref().ok()?;
        // a line that goes in behind the indentation of another one is shown as a line of its own
        let (in_front, indentation) = text.split_at(text.trim_end_matches(' ').len());
        let in_place = source.get(..*offset)?.strip_suffix(indentation).filter(|_| *length == 0);
        let (start, text) = match in_place.filter(|_| in_front.ends_with(['\n', '\r'])) {
            Some(before) => (before.len(), [indentation, in_front].concat()),
            None => (*offset, text.to_string()),
        };
        let range = start..start.checked_add(*length)?;
        let window = Window::new(source, range.clone(), self.width).filter(Window::is_whole)?;
        let patch = Patch::new(window.inside(range), replace_controls(&text).replace('\r', ""));
        Some(window.snippet(line).patch(patch))
    }
}

/// A drawing without what the renderer lets through; its own colours stay.
fn harmless(drawing: &str) -> String {
    let mut parts = drawing.split('\u{1b}').map(replace_controls);
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |drawing, part| drawing + "\u{1b}" + &part)
}
