//! Extracts the source lines around a finding, ready to be drawn.
//!
//! Invariant: at most [`MOST_LINES`] lines, and about [`REACH`] bytes on each side of a mark, are read, whatever the size
//! of the file. The excerpt fits the available columns. Unsafe characters are replaced one by one, so every mark covers
//! the same characters as in the file.

use std::iter;
use std::ops::Range;

use super::escape::replace_controls;
use crate::parser::{Span, text_line_end};

/// How many bytes of a line are read on either side of a mark.
const REACH: usize = 600;
/// How many lines an excerpt spans.
const MOST_LINES: usize = 10;
/// Marks where a line was cut.
const CUT: char = '…';

/// Something to mark.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) span: Span,
    /// How many columns the label after it takes.
    pub(super) label: usize,
}

/// Some lines of a file, each terminated by `\n`.
pub(super) struct Excerpt {
    /// The lines, with unsafe characters replaced.
    pub(super) text: String,
    /// How many lines precede the line of the first mark.
    pub(super) before: usize,
    /// Where the marks are in `text`; a mark that spans several lines is cut at the end of its first.
    pub(super) marks: Vec<Range<usize>>,
}

impl Excerpt {
    /// The line of a mark and its neighbours; or, if the line is too long, the part that fits.
    pub(super) fn around(source: &str, mark: Mark, columns: usize) -> Option<Self> {
        let mut line = ExcerptLine::at(source, mark.span)?;
        if line.fits(source, &[mark], columns) {
            return Some(Self::draw(source, &[mark], vec![line], columns));
        }
        line.narrow(source, mark, columns);
        let mut excerpt = Self { text: String::new(), before: 0, marks: vec![Range::default()] };
        excerpt.push(source, &line, &[mark]);
        Some(excerpt)
    }

    /// The lines of two marks and those between them, if they are near each other and fit.
    pub(super) fn spanning(source: &str, marks: [Mark; 2], columns: usize) -> Option<Self> {
        let [first, second] = marks.map(|mark| mark.span);
        let (upper, lower) = (first.min(second), first.max(second));
        let mut lines = vec![ExcerptLine::at(source, upper)?];
        while let Some(line) = lines.last().filter(|line| !line.holds(lower)) {
            let next = line.next(source).filter(|_| lines.len() < MOST_LINES - 2)?;
            lines.push(next);
        }
        let fit = [lines.first()?, lines.last()?].iter().all(|line| line.fits(source, &marks, columns));
        fit.then(|| Self::draw(source, &marks, lines, columns))
    }

    /// The lines of a span that is edited: all of them, complete; or of a single line the part that fits together with
    /// the `added` columns.
    pub(super) fn edited(source: &str, span: Span, added: usize, columns: usize) -> Option<Self> {
        let columns = columns.checked_sub(added)?;
        let mut lines = vec![ExcerptLine::at(source, Span::new(span.start, span.start))?];
        while let Some(line) = lines.last().filter(|line| line.range.end < span.end) {
            let Some(next) = line.next(source) else { break };
            lines.push(next);
            if lines.len() > MOST_LINES {
                return None;
            }
        }
        if lines.iter().all(|line| line.fits(source, &[], columns)) {
            return Self::whole(source, &lines, span);
        }
        let is_shown = lines.len() == 1 && span.end <= lines[0].range.end;
        let is_small = || columns_of(&source[span.range()]) <= columns / 2;
        let mark = Mark { span, label: 0 };
        (is_shown && is_small()).then(|| Self::around(source, mark, columns)).flatten()
    }

    /// Complete lines, with a mark that may span several of them.
    fn whole(source: &str, lines: &[ExcerptLine], span: Span) -> Option<Self> {
        let mut text = String::new();
        let (mut start, mut end) = (None, None);
        for line in lines {
            let new_offset = |offset: usize| {
                let is_held = (line.range.start..=line.range.end).contains(&offset);
                is_held.then(|| text.len() + replace_controls(&source[line.range.start..offset]).len())
            };
            start = start.or(new_offset(span.start));
            end = end.or(new_offset(span.end));
            text += &replace_controls(&source[line.range.clone()]);
            text.push('\n');
        }
        // a span that includes the last line's end ends after it
        let mark = start?..end.unwrap_or(text.len());
        Some(Self { marks: iter::once(mark).collect(), text, before: 0 })
    }

    fn draw(source: &str, marks: &[Mark], mut lines: Vec<ExcerptLine>, columns: usize) -> Self {
        let is_shown =
            |line: &ExcerptLine| !line.is_cut_left && !source[line.range.clone()].trim().is_empty();
        let previous = lines.first().and_then(|line| line.previous(source)).filter(is_shown);
        let next = lines.last().and_then(|line| line.next(source)).filter(is_shown);
        lines.splice(0..0, previous);
        lines.extend(next);
        let mut excerpt = Self { text: String::new(), before: 0, marks: vec![Range::default(); marks.len()] };
        for (index, line) in lines.iter_mut().enumerate() {
            if line.holds(marks[0].span) {
                excerpt.before = index;
            }
            line.cut_right(source, columns);
            excerpt.push(source, line, marks);
        }
        excerpt
    }

    /// Adds a line, and sets the marks that start in it.
    fn push(&mut self, source: &str, line: &ExcerptLine, marks: &[Mark]) {
        self.text.extend(line.is_cut_left.then_some(CUT));
        let raw = &source[line.range.clone()];
        let replaced = replace_controls(raw);
        for ((offset, old), new) in raw.char_indices().zip(replaced.chars()) {
            let offset = line.range.start + offset;
            let start = self.text.len();
            self.text.push(new);
            for (mark, drawn) in marks.iter().zip(&mut self.marks) {
                if offset == mark.span.start {
                    drawn.start = start;
                }
                let is_marked = offset >= mark.span.start && offset + old.len_utf8() <= mark.span.end;
                if is_marked && line.holds(mark.span) {
                    drawn.end = self.text.len();
                }
            }
        }
        for (mark, drawn) in marks.iter().zip(&mut self.marks) {
            if line.range.end == mark.span.start {
                drawn.start = self.text.len(); // after the last character
            }
            drawn.end = drawn.end.max(drawn.start);
        }
        self.text.extend(line.is_cut_right.then_some(CUT));
        self.text.push('\n');
    }
}

/// The visible part of a line.
struct ExcerptLine {
    range: Range<usize>,
    is_cut_left: bool,
    is_cut_right: bool,
}

impl ExcerptLine {
    /// The line in which a mark starts.
    fn at(source: &str, mark: Span) -> Option<Self> {
        let start = source.get(..mark.start).map(|_| line_start(source, mark.start))?;
        let known = mark.end.clamp(mark.start, mark.start.saturating_add(REACH));
        Some(Self::new(source, start, known.min(source.len())))
    }

    /// The line that starts here; it is read up to [`REACH`] bytes beyond `known`.
    fn new(source: &str, (start, is_cut_left): (usize, bool), known: usize) -> Self {
        let most = floor(source, known.saturating_add(REACH));
        let bytes = source.as_bytes();
        match text_line_end(bytes, start..most) {
            Some((end, _)) => Self { range: start..end, is_cut_left, is_cut_right: false },
            None => Self { range: start..most, is_cut_left, is_cut_right: most < bytes.len() },
        }
    }

    fn holds(&self, mark: Span) -> bool {
        (self.range.start..=self.range.end).contains(&mark.start)
    }

    /// Whether the line and the labels of its marks fit into so many columns.
    fn fits(&self, source: &str, marks: &[Mark], columns: usize) -> bool {
        let labelled = |mark: &Mark| {
            let end = mark.span.end.clamp(self.range.start, self.range.end);
            self.holds(mark.span)
                && columns_of(&source[self.range.start..floor(source, end)]) + mark.label > columns
        };
        !self.is_cut_left
            && !self.is_cut_right
            && columns_of(&source[self.range.clone()]) <= columns
            && !marks.iter().any(labelled)
    }

    /// Cuts the line to so many columns, keeping space for the mark and its label if possible.
    fn narrow(&mut self, source: &str, mark: Mark, columns: usize) {
        let columns = columns.saturating_sub(2); // the marks of the cuts
        let start = mark.span.start;
        let end = floor(source, mark.span.end.clamp(start, self.range.end));
        let available = columns.saturating_sub(columns_of(&source[start..end]) + mark.label).min(columns / 3);
        let left = &source[self.range.start..start];
        let kept = fitting(left.chars().rev(), available);
        self.is_cut_left |= kept < left.len();
        self.range.start = start - kept;
        self.cut_right(source, columns);
    }

    /// Cuts the line after so many columns.
    fn cut_right(&mut self, source: &str, columns: usize) {
        let text = &source[self.range.clone()];
        if columns_of(text) > columns {
            self.range.end = self.range.start + fitting(text.chars(), columns.saturating_sub(1));
            self.is_cut_right = true;
        }
    }

    fn next(&self, source: &str) -> Option<Self> {
        if self.is_cut_left || self.is_cut_right {
            return None;
        }
        let (_, start) = text_line_end(source.as_bytes(), self.range.end..source.len())?;
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

/// Where the line of an offset starts, and whether it starts too far to the left to be shown.
fn line_start(source: &str, offset: usize) -> (usize, bool) {
    let least = floor(source, offset.saturating_sub(REACH));
    match memchr::memrchr2(b'\n', b'\r', &source.as_bytes()[least..offset]) {
        Some(end) => (least + end + 1, false),
        None if least == 0 && source.starts_with('\u{feff}') && offset > 0 => ('\u{feff}'.len_utf8(), false),
        None => (least, least > 0),
    }
}

/// How many bytes of these characters fit into so many columns.
fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let mut available = columns;
    let fits = |c: &char| {
        let fits = available >= columns_of_char(*c);
        available = available.saturating_sub(columns_of_char(*c));
        fits
    };
    characters.take_while(fits).map(char::len_utf8).sum()
}

/// How many columns of a terminal a text takes at most.
pub(super) fn columns_of(text: &str) -> usize {
    text.chars().map(columns_of_char).sum()
}

/// An upper bound: characters below U+1100 take one column, no character takes more than two.
fn columns_of_char(c: char) -> usize {
    match c {
        '\t' => 4, // as the renderer shows it
        '\u{1100}'.. => 2,
        _ => 1,
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
        let start = source.find(mark).expect("the source contains the mark");
        let mark = Mark { span: Span::new(start, start + mark.len()), label: 10 };
        let excerpt = Excerpt::around(source, mark, 80).expect("an excerpt");
        let mark = excerpt.marks[0].clone();
        (excerpt.text[mark].to_owned(), excerpt.text)
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
        assert!(text.starts_with("…ä") && text.ends_with("ö…\n") && text.chars().count() <= 81, "{text}");
        assert_eq!(marked(&format!("{source}: ecs_ecr_"), "ecs_ecr_").0, "ecs_ecr_");
    }

    #[test]
    fn two_marks() {
        let source = "- ecs_ecr:\n    name: x\r\n    key: y\n";
        let at = |word: &str| {
            let start = source.find(word).expect("the word");
            Mark { span: Span::new(start, start + word.len()), label: 10 }
        };
        let marks = [at("key"), at("ecs_ecr")];
        let excerpt = Excerpt::spanning(source, marks, 80).expect("an excerpt");
        assert_eq!(excerpt.before, 2);
        let marked: Vec<_> = excerpt.marks.iter().map(|mark| &excerpt.text[mark.clone()]).collect();
        assert_eq!(marked, ["key", "ecs_ecr"]);
        let far = format!("- ecs_ecr:\n{}    key: y\n", "    a: b\n".repeat(100));
        let start = far.find("key").expect("the key");
        let key = Mark { span: Span::new(start, far.len()), label: 10 };
        assert!(Excerpt::spanning(&far, [key, marks[1]], 80).is_none());
        assert!(Excerpt::spanning(source, marks, 15).is_none(), "the labels do not fit");
    }

    #[test]
    fn marks_of_invalid_spans_lie_in_the_excerpt() {
        for (start, end, has_excerpt) in [
            (1, 2, false),
            (9, 9, false),
            (3, 1, false),
            (0, 99, true),
            (usize::MAX, usize::MAX, false),
            (4, 4, true),
        ] {
            for columns in [0, 1, 80] {
                let mark = Mark { span: Span::new(start, end), label: 1 };
                let excerpt = Excerpt::around("äö\n", mark, columns);
                assert_eq!(excerpt.is_some(), has_excerpt, "{start}..{end}");
                if let Some(excerpt) = excerpt {
                    assert!(excerpt.text.get(excerpt.marks[0].clone()).is_some(), "{start}..{end}");
                }
            }
        }
    }
}
