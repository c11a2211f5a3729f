//! A window of a file's text around something to draw.
//!
//! Invariant: no more of a line is read than its reach in front of and behind what is drawn, whatever the size of the file
//! and of its lines. Unsafe characters are replaced one by one, so that a mark covers the same characters as in the file.

use std::ops::Range;

use annotate_snippets::Snippet;

use super::escape::replace_controls;
use crate::parser::text_line_end;

/// How many bytes may lie between the two offsets of a window.
const MOST_BETWEEN: usize = 600;

/// Some lines of a file, of which the first and the last may be cut.
pub(super) struct Window<'s> {
    source: &'s str,
    lines: Range<usize>,
    /// How many bytes of a line are read on either side of an offset.
    reach: usize,
}

impl<'s> Window<'s> {
    /// The lines from that of the first offset to that of the last, as far as they are within reach; `None` if there are
    /// no such offsets, or if they are far apart.
    pub(super) fn new(source: &'s str, offsets: Range<usize>, reach: usize) -> Option<Self> {
        let Range { start: first, end: last } = offsets;
        let is_near = last.checked_sub(first).is_some_and(|between| between <= MOST_BETWEEN);
        if !is_near || !source.is_char_boundary(first) || !source.is_char_boundary(last) {
            return None;
        }
        Some(Self { source, lines: line_start(source, first, reach)..line_end(source, last, reach), reach })
    }

    /// Whether the first and the last line are there from end to end.
    pub(super) fn is_whole(&self) -> bool {
        let (before, after) = (&self.source[..self.lines.start], &self.source[self.lines.end..]);
        (before.is_empty() || before.ends_with(['\n', '\r', '\u{feff}']))
            && (after.is_empty() || after.starts_with(['\n', '\r']))
    }

    /// What the renderer draws, given the number of the first line.
    pub(super) fn snippet<T: Clone>(&self, first_line: usize) -> Snippet<'static, T> {
        Snippet::source(self.text(self.lines.end)).line_start(first_line)
    }

    /// The text up to an offset.
    fn text(&self, end: usize) -> String {
        replace_controls(&self.source[self.lines.start..end])
    }

    /// Where a mark is in the text; one that spans several lines ends with its first.
    pub(super) fn mark(&self, bytes: Range<usize>) -> Range<usize> {
        let start = floor(self.source, bytes.start);
        self.inside(start..bytes.end.min(line_end(self.source, start, self.reach)))
    }

    /// Where some bytes of the file are in the text.
    pub(super) fn inside(&self, bytes: Range<usize>) -> Range<usize> {
        let offset = |offset: usize| {
            self.text(floor(self.source, offset).clamp(self.lines.start, self.lines.end)).len()
        };
        let start = offset(bytes.start);
        start..offset(bytes.end).max(start)
    }
}

/// Where the line of an offset starts, or as far before the offset as is read.
fn line_start(source: &str, offset: usize, reach: usize) -> usize {
    let least = floor(source, offset.saturating_sub(reach));
    match memchr::memrchr2(b'\n', b'\r', &source.as_bytes()[least..offset]) {
        Some(end) => least + end + 1,
        None if least == 0 && source.starts_with('\u{feff}') && offset > 0 => '\u{feff}'.len_utf8(),
        None => least,
    }
}

/// Where the line of an offset ends, or as far after the offset as is read.
fn line_end(source: &str, offset: usize, reach: usize) -> usize {
    let most = floor(source, offset.saturating_add(reach));
    text_line_end(source.as_bytes(), offset..most).map_or(most, |(end, _)| end)
}

/// The character boundary at or before an offset.
fn floor(source: &str, offset: usize) -> usize {
    let offset = offset.min(source.len());
    (0..=offset).rev().find(|&offset| source.is_char_boundary(offset)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACH: usize = 240;

    fn marked(source: &str, mark: &str) -> (String, String) {
        let start = source.find(mark).expect("the source contains the mark");
        let window = Window::new(source, start..start, REACH).expect("a window");
        let (inside, text) = (window.mark(start..start + mark.len()), window.text(window.lines.end));
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
            let window = Window::new(&source, at("b")..at("- c"), REACH).expect("a window");
            let text = window.text(window.lines.end);
            assert_eq!((text.lines().count(), window.is_whole()), (2, true), "{end:?}");
            assert_eq!(&text[window.mark(at("b")..source.len())], "b");
        }
        assert_eq!(marked("\u{feff}- ecs_ecr", "ecs_ecr").1, "- ecs_ecr");
    }

    #[test]
    fn a_part_of_a_long_line_is_read() {
        let source = format!("x: y\n{}ecs_ecr{}\nz", "ä".repeat(10_000), "ö".repeat(10_000));
        let (mark, text) = marked(&source, "ecs_ecr");
        assert_eq!(mark, "ecs_ecr");
        assert!(
            text.starts_with('ä') && text.ends_with('ö') && text.len() <= 2 * REACH + 7,
            "{}",
            text.len()
        );
        let at = source.find("ecs_ecr").expect("the mark");
        assert!(!Window::new(&source, at..at, REACH).expect("a window").is_whole());
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
            let window = Window::new("äö\n", start..start, REACH);
            assert_eq!(window.is_some(), is_there, "{start}..{end}");
            if let Some(window) = window {
                let text = window.text(window.lines.end);
                assert!(text.get(window.mark(start..end)).is_some(), "{start}..{end}");
            }
        }
    }

    #[test]
    fn far_offsets_have_no_window() {
        let source = "a\n".repeat(1_000);
        assert!(Window::new(&source, 0..600, 9).is_some());
        assert!(Window::new(&source, 0..601, 9).is_none());
    }
}
