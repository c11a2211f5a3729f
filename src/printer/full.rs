//! Draws findings and errors as compilers do: a title, the place, the marked source line, and what to change.
//!
//! Invariant: what is drawn holds no character that a terminal or a CI runner would obey. Positions are the same as in
//! the other formats.

use std::io::{self, Write};

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer};
use colored::Colorize;
use colored::control::SHOULD_COLORIZE;
use terminal_size::{Height, Width};

use super::message::{heading, help, label, why};
use super::row::{Row, Severity, having};
use super::window::Window;
use crate::escape::replace_controls;
use crate::fix::Edit;
use crate::paths::display_path;
use crate::report::{Location, RunReport, Status};

pub(super) fn print(run: &RunReport, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let terminal = terminal_size::terminal_size_of(io::stdout());
    having(run, Status::Open).try_for_each(|row| draw(&row, terminal, out))?;
    let is_empty = having(run, Status::Open).next().is_none();
    if quiet || is_empty { Ok(()) } else { writeln!(out, "{}: {}", "note".bright_green().bold(), why()) }
}

/// Draws an error or a warning on standard error.
pub(super) fn print_notice(row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
    draw(row, terminal_size::terminal_size_of(io::stderr()), out)
}

/// Draws a row that has a location, with the source around it, as wide as the terminal if there is one.
fn draw(row: &Row<'_>, terminal: Option<(Width, Height)>, out: &mut dyn Write) -> io::Result<()> {
    let Some(location) = row.record.location else { return Ok(()) };
    let width = terminal.map_or(DEFAULT_TERM_WIDTH, |(width, _)| usize::from(width.0)).clamp(40, 400);
    let (groups, has_excerpt) = groups(row, location, width);
    let renderer = if SHOULD_COLORIZE.should_colorize() { Renderer::styled() } else { Renderer::plain() };
    let drawing = harmless(&renderer.term_width(width).render(&groups));
    let is_empty = |row: &str| row.chars().all(|c| " |\u{1b}[0123456789;m".contains(c));
    let mut rows = drawing.lines().enumerate().peekable();
    while let Some((number, row)) = rows.next() {
        // the renderer would count columns from where a line is cut; without a path of its own, the excerpt has an
        // empty row for one, which is the fourth
        let is_for_a_path = has_excerpt && number == 3;
        if !is_for_a_path && (rows.peek().is_some() || !is_empty(row)) {
            writeln!(out, "{row}")?;
        }
    }
    writeln!(out)
}

/// What is drawn, and whether an excerpt of the source is part of it: the marked line, with that of the module's key,
/// and the change that fixes a finding, if the lines are short enough to be shown from end to end. What is far from the
/// location is not shown. So many bytes of a line are read on either side of a mark as there are columns, so that a
/// line is shown as cut where that is not all of it.
fn groups(row: &Row<'_>, location: Location, width: usize) -> (Vec<Group<'static>>, bool) {
    let source = row.report.source.as_deref().unwrap_or_default();
    let window = |offsets: &[usize]| Window::new(source, offsets, location, width);
    let finding = row.record.finding.as_ref();
    let key = finding.map_or(location.span.start, |finding| finding.module_key.start);
    let edit = row.record.edit().map(|edit| whole_lines(source, edit));
    let bytes = |edit: &Edit| edit.offset..edit.offset.saturating_add(edit.length);
    // a value that is replaced is what is wrong
    let value = edit.as_ref().filter(|edit| edit.length > 0).map(bytes);
    let mark = value.unwrap_or_else(|| location.span.range());
    let excerpt = window(&[mark.start, key]).or_else(|| window(&[mark.start])).map(|window| {
        let mark = AnnotationKind::Primary.span(window.inside(mark)).label(finding.map(label));
        window.snippet().annotation(mark).annotation(AnnotationKind::Visible.span(window.inside(key..key)))
    });
    let patch = edit.and_then(|edit| {
        let bytes = bytes(&edit);
        let window = window(&[bytes.start, bytes.end]).filter(Window::is_whole)?;
        let text = replace_controls(&edit.text).replace('\r', "");
        Some(window.snippet().patch(Patch::new(window.inside(bytes), text)))
    });
    let level = match row.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(finding.map_or_else(|| row.message(), heading));
    let origin = Origin::path(display_path(&row.report.path)).line(location.start.line as usize);
    let origin = origin.char_column(location.start.column as usize);
    let (help, has_excerpt) = (finding.map(help), excerpt.is_some());
    let advice = help.filter(|_| patch.is_none()).map(|help| Level::HELP.message(help));
    let reason = row.record.not_fixed().map(|reason| Level::NOTE.message(format!("not fixed: {reason}")));
    let main = title.element(origin).elements(excerpt).elements(advice).elements(reason);
    let change = help.zip(patch).map(|(help, patch)| Level::HELP.secondary_title(help).element(patch));
    ([Some(main), change].into_iter().flatten().collect(), has_excerpt)
}

/// The same edit, but a line that goes in behind the indentation of another one is a line of its own.
fn whole_lines(source: &str, edit: &Edit) -> Edit {
    let (line, indentation) = edit.text.split_at(edit.text.trim_end_matches(' ').len());
    let before = source.get(..edit.offset).and_then(|before| before.strip_suffix(indentation));
    match before.filter(|_| edit.length == 0 && line.ends_with(['\n', '\r'])) {
        Some(before) => Edit { offset: before.len(), length: 0, text: [indentation, line].concat().into() },
        None => edit.clone(),
    }
}

/// A drawing without what the renderer lets through; its own colours stay.
fn harmless(drawing: &str) -> String {
    drawing.split('\u{1b}').map(replace_controls).collect::<Vec<_>>().join("\u{1b}")
}
