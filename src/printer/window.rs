//! A window of a file's text around what is drawn.
//!
//! Invariant: no more of a line is read than its reach in front of the first offset and behind the last one, whatever
//! the size of the file and of its lines. Unsafe characters are replaced one by one, so that a mark covers the same
//! characters as in the file.

use std::ops::Range;

use annotate_snippets::Snippet;

use crate::escape::replace_controls;
use crate::report::Location;

/// How many bytes a window may hold besides what is within reach.
const MOST_BETWEEN: usize = 4_000;

/// Some lines of a file, of which the first and the last may be cut.
pub(super) struct Window<'s> {
    source: &'s str,
    lines: Range<usize>,
    /// The number of the first line.
    first_line: usize,
}

impl<'s> Window<'s> {
    /// The lines of all offsets, as far as they are within reach, numbered by a location that is known; `None` if one
    /// of these is not in the text, or if they are far from each other.
    pub(super) fn new(source: &'s str, offsets: &[usize], known: Location, reach: usize) -> Option<Self> {
        let (&first, &last) = (offsets.iter().min()?, offsets.iter().max()?);
        let (at, line) = (known.span.start, known.start.line as usize);
        let between = source.get(first.min(at)..first.max(at))?;
        if last.max(at) - first.min(at) > MOST_BETWEEN || !source.is_char_boundary(last) {
            return None;
        }
        let between = replace_controls(between).matches('\n').count();
        let first_line = if first < at { line.saturating_sub(between).max(1) } else { line + between };
        let front = &source[floor(source, first.saturating_sub(reach))..first];
        let behind = &source[last..floor(source, last.saturating_add(reach))];
        let front = front.rsplit(['\n', '\r']).next().unwrap_or_default();
        let front = if front.len() == first { front.trim_start_matches('\u{feff}') } else { front };
        let behind = behind.split(['\n', '\r']).next().unwrap_or_default();
        Some(Self { source, lines: first - front.len()..last + behind.len(), first_line })
    }

    /// Whether the first and the last line are there from end to end.
    pub(super) fn is_whole(&self) -> bool {
        let (before, after) = (&self.source[..self.lines.start], &self.source[self.lines.end..]);
        (before.is_empty() || before.ends_with(['\n', '\r', '\u{feff}']))
            && (after.is_empty() || after.starts_with(['\n', '\r']))
    }

    /// What the renderer draws.
    pub(super) fn snippet<T: Clone>(&self) -> Snippet<'static, T> {
        Snippet::source(self.text(self.lines.end)).line_start(self.first_line)
    }

    /// Where some bytes of the file are in the text of the snippet.
    pub(super) fn inside(&self, bytes: Range<usize>) -> Range<usize> {
        let offset = |offset: usize| self.text(floor(self.source, offset)).len();
        let start = offset(bytes.start);
        start..offset(bytes.end).max(start)
    }

    /// The text up to an offset.
    fn text(&self, end: usize) -> String {
        replace_controls(&self.source[self.lines.start..end.clamp(self.lines.start, self.lines.end)])
    }
}

/// The character boundary at or before an offset.
fn floor(source: &str, offset: usize) -> usize {
    let offset = offset.min(source.len());
    (0..=offset).rev().find(|&offset| source.is_char_boundary(offset)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::{Position, Span};

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
            assert_eq!((text.lines().count(), window.first_line, window.is_whole()), (2, 3, true), "{end:?}");
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
        let at = source.find("ecs_ecr").expect("the mark");
        assert!(!window(&source, at..at).expect("a window").is_whole());
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
