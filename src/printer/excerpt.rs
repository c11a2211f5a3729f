//! The few source lines around a finding, fit to be drawn.
//!
//! Invariant: at most [`MOST_LINES`] lines of at most about [`REACH`] bytes to each side of a mark are
//! looked at, whatever the size of the file; every character has one in its place that is safe to show,
//! and every mark lies on the same characters as in the file.

use std::ops::Range;

use super::escape::stand_ins;
use crate::parser::Span;

/// How many bytes of a line are shown to either side of a mark.
const REACH: usize = 300;
/// How many lines an excerpt spans.
const MOST_LINES: usize = 10;
/// What stands where a line was cut.
const CUT: char = '…';

/// Some lines of a file, each ended by `\n`.
pub(super) struct Excerpt {
    /// The lines as they can be shown.
    pub(super) text: String,
    /// How many lines stand in front of the first mark's.
    pub(super) before: usize,
    /// Where the marks are in `text`; a mark that goes on over its line is cut at the line's end.
    pub(super) marks: Vec<Range<usize>>,
}

impl Excerpt {
    /// The line of one mark, and its neighbours where they are short enough to be shown whole.
    pub(super) fn around(source: &str, mark: Span) -> Option<Self> {
        Self::draw(source, &[mark], vec![Line::at(source, mark)?])
    }

    /// The lines of two marks and those between, if they are near each other.
    pub(super) fn spanning(source: &str, first: Span, second: Span) -> Option<Self> {
        let (upper, lower) = (first.min(second), first.max(second));
        let mut lines = vec![Line::at(source, upper)?];
        while let Some(line) = lines.last().filter(|line| !line.holds(lower)) {
            let next = line.next(source).filter(|_| lines.len() < MOST_LINES - 2)?;
            lines.push(next);
        }
        Self::draw(source, &[first, second], lines)
    }

    fn draw(source: &str, marks: &[Span], mut lines: Vec<Line>) -> Option<Self> {
        let is_short = |line: &Line| !line.is_cut_left && !source[line.range.clone()].trim().is_empty();
        let (first, last) = (lines.first()?, lines.last()?);
        let previous = first.previous(source).filter(|line| is_short(line));
        let next = last.next(source).filter(|line| is_short(line));
        lines.splice(0..0, previous);
        lines.extend(next);
        let mut excerpt = Self { text: String::new(), before: 0, marks: vec![0..0; marks.len()] };
        for (index, line) in lines.iter().enumerate() {
            if line.holds(marks[0]) {
                excerpt.before = index;
            }
            excerpt.push(source, line, marks);
        }
        Some(excerpt)
    }

    /// Adds a line, and notes where the marks that start in it are now.
    fn push(&mut self, source: &str, line: &Line, marks: &[Span]) {
        self.text.extend(line.is_cut_left.then_some(CUT));
        let raw = &source[line.range.clone()];
        let shown = stand_ins(raw);
        for ((offset, old), new) in raw.char_indices().zip(shown.chars()) {
            let offset = line.range.start + offset;
            let start = self.text.len();
            self.text.push(new);
            for (mark, place) in marks.iter().zip(&mut self.marks) {
                if offset == mark.start {
                    place.start = start;
                }
                if offset >= mark.start && offset + old.len_utf8() <= mark.end {
                    place.end = self.text.len();
                }
            }
        }
        for (mark, place) in marks.iter().zip(&mut self.marks) {
            if line.range.end == mark.start {
                place.start = self.text.len(); // behind the last character
            }
            place.end = place.end.max(place.start);
        }
        self.text.extend(line.is_cut_right.then_some(CUT));
        self.text.push('\n');
    }
}

/// The part of a line that is shown.
struct Line {
    range: Range<usize>,
    is_cut_left: bool,
    is_cut_right: bool,
}

impl Line {
    /// The line in which a mark starts.
    fn at(source: &str, mark: Span) -> Option<Self> {
        let start = source.get(..mark.start).map(|_| line_start(source, mark.start))?;
        let known = mark.end.clamp(mark.start, mark.start.saturating_add(REACH));
        Some(Self::new(source, start, known.min(source.len())))
    }

    /// A line that starts here and goes on behind `known`, unless it ends before.
    fn new(source: &str, (start, is_cut_left): (usize, bool), known: usize) -> Self {
        let most = floor(source, known.saturating_add(REACH));
        let bytes = source.as_bytes();
        match memchr::memchr2(b'\n', b'\r', &bytes[start..most]) {
            Some(length) => Self { range: start..start + length, is_cut_left, is_cut_right: false },
            None => Self { range: start..most, is_cut_left, is_cut_right: most < bytes.len() },
        }
    }

    fn holds(&self, mark: Span) -> bool {
        (self.range.start..=self.range.end).contains(&mark.start)
    }

    fn next(&self, source: &str) -> Option<Self> {
        let rest = source.get(self.range.end..).filter(|_| !self.is_cut_left && !self.is_cut_right)?;
        let end = if rest.starts_with("\r\n") { 2 } else { 1 };
        let start = self.range.end + end;
        (start < source.len()).then(|| Self::new(source, (start, false), start))
    }

    fn previous(&self, source: &str) -> Option<Self> {
        let before = source.get(..self.range.start).filter(|_| !self.is_cut_left && !self.is_cut_right)?;
        let end = before.strip_suffix("\r\n").or_else(|| before.strip_suffix(['\n', '\r']))?.len();
        Some(Self {
            range: line_start(source, end).0..end,
            ..Self::new(source, line_start(source, end), end)
        })
    }
}

/// Where the line of an offset starts, and whether it starts further to the left than can be shown.
fn line_start(source: &str, offset: usize) -> (usize, bool) {
    let least = floor(source, offset.saturating_sub(REACH));
    match memchr::memrchr2(b'\n', b'\r', &source.as_bytes()[least..offset]) {
        Some(end) => (least + end + 1, false),
        None if least == 0 && source.starts_with('\u{feff}') && offset > 0 => ('\u{feff}'.len_utf8(), false),
        None => (least, least > 0),
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

    fn marked(source: &str, mark: &str) -> (String, String) {
        let start = source.find(mark).expect("the mark stands in the source");
        let excerpt = Excerpt::around(source, Span::new(start, start + mark.len())).expect("an excerpt");
        let place = excerpt.marks[0].clone();
        (excerpt.text[place].to_owned(), excerpt.text)
    }

    #[test]
    fn line_ends_of_every_kind() {
        for end in ["\n", "\r\n", "\r"] {
            let source = ["- a:", "- ecs_ecr:", "    b", "- c"].join(end);
            let expected = ("ecs_ecr".to_owned(), "- a:\n- ecs_ecr:\n    b\n".to_owned());
            assert_eq!(marked(&source, "ecs_ecr"), expected, "{end:?}");
        }
        assert_eq!(marked("\u{feff}- ecs_ecr", "ecs_ecr").1, "- ecs_ecr\n");
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let source = format!("x: y\n{}ecs_ecr{}\nz", "ä".repeat(10_000), "ö".repeat(10_000));
        let (mark, text) = marked(&source, "ecs_ecr");
        assert_eq!(mark, "ecs_ecr");
        assert!(text.starts_with("…ä") && text.ends_with("ö…\n") && text.len() < 3 * REACH, "{text}");
    }

    #[test]
    fn two_marks() {
        let source = "- ecs_ecr:\n    name: x\r\n    key: y\n";
        let at = |word: &str| {
            let start = source.find(word).expect("the word");
            Span::new(start, start + word.len())
        };
        let excerpt = Excerpt::spanning(source, at("key"), at("ecs_ecr")).expect("an excerpt");
        assert_eq!(excerpt.before, 2);
        let marks: Vec<_> = excerpt.marks.iter().map(|mark| &excerpt.text[mark.clone()]).collect();
        assert_eq!(marks, ["key", "ecs_ecr"]);
        let far = format!("- ecs_ecr:\n{}    key: y\n", "    a: b\n".repeat(100));
        let key = Span::new(far.find("key").expect("the key"), far.len());
        assert!(Excerpt::spanning(&far, key, Span::new(2, 9)).is_none());
    }

    #[test]
    fn spans_that_lie() {
        for (start, end) in [(1, 2), (9, 9), (3, 1), (0, 99), (usize::MAX, usize::MAX), (4, 4)] {
            let _ = Excerpt::around("äö\n", Span::new(start, end));
        }
    }
}
