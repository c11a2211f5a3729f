//! Cuts from a file the lines around something to mark, ready to be drawn.
//!
//! Invariant: about [`REACH`] bytes on each side of a mark are read, whatever the size of the file and of its lines: the
//! renderer folds and cuts the rest. Unsafe characters are replaced one by one, so every mark covers the same characters
//! as in the file.

use std::ops::Range;

use super::escape::replace_controls;
use crate::fix::Edit;
use crate::parser::{Span, text_line_end};

/// How many bytes are read on either side of a mark.
const REACH: usize = 600;
/// How many columns the renderer leaves for `...` on each side of a line that it cuts.
const CUT: usize = 6;
/// How many lines a patch has at most.
const MOST_LINES: usize = 10;

/// Some lines of a file, and what to mark in them.
pub(super) struct Excerpt {
    /// The lines, with unsafe characters replaced.
    pub(super) text: String,
    /// How many lines precede the line of the first mark.
    pub(super) before: usize,
    /// Where the marks are in `text`; one that spans several lines ends with its first.
    pub(super) marks: Vec<Range<usize>>,
}

impl Excerpt {
    /// The line of a span, or the part of it within reach.
    pub(super) fn around(source: &str, span: Span) -> Option<Self> {
        Self::new(source, &[span])
    }

    /// The lines of two spans and those between them, if they are near each other and fit into so many columns.
    pub(super) fn spanning(source: &str, spans: [Span; 2], columns: usize) -> Option<Self> {
        let [one, other] = spans.map(|span| span.start);
        let excerpt = (one.abs_diff(other) <= REACH).then(|| Self::new(source, &spans)).flatten()?;
        excerpt.text.lines().all(|line| columns_of(line) <= columns).then_some(excerpt)
    }

    fn new(source: &str, spans: &[Span]) -> Option<Self> {
        let starts = || spans.iter().map(|span| span.start).filter(|&at| source.is_char_boundary(at));
        let (first, last) = (starts().min()?, starts().max()?);
        let lines = line_start(source, first)..line_end(source, last);
        let to_text = |offset: usize| {
            let offset = floor(source, offset).clamp(lines.start, lines.end);
            replace_controls(&source[lines.start..offset]).len()
        };
        let mark = |span: &Span| {
            let start = floor(source, span.start);
            to_text(start)..to_text(span.end.clamp(start, line_end(source, start)))
        };
        let marks: Vec<_> = spans.iter().map(mark).collect();
        let text = replace_controls(&source[lines.clone()]);
        let before = text[..marks.first()?.start].matches('\n').count();
        Some(Self { text, before, marks })
    }

    /// How many of so many columns are left behind the first mark, after what the renderer cuts to show it.
    pub(super) fn room_for_label(&self, columns: usize) -> usize {
        let mark = &self.marks[0];
        let line = self.text.lines().nth(self.before).unwrap_or_default();
        let front = self.text[..mark.start].rsplit('\n').next().unwrap_or_default();
        let marked = columns_of(&self.text[mark.clone()]);
        let before = if columns_of(line) <= columns { columns_of(front) } else { 2 * CUT };
        columns.saturating_sub(before + marked)
    }
}

/// The lines that an edit removes and adds, with unsafe characters replaced.
pub(super) struct Patch {
    /// How many lines lie between that of the edit's offset and the first line that changes.
    pub(super) after: usize,
    pub(super) removed: Vec<String>,
    pub(super) added: Vec<String>,
}

impl Patch {
    /// The whole lines, if they are few and near the edit.
    pub(super) fn new(source: &str, edit: &Edit) -> Option<Self> {
        let end = edit.offset.checked_add(edit.length).filter(|_| edit.length <= REACH)?;
        let (before, after) = (source.get(..edit.offset)?, source.get(end..)?);
        let (start, stop) = (line_start(source, edit.offset), line_end(source, end));
        let is_start = start == 0 || before[..start].ends_with(['\n', '\r', '\u{feff}']);
        let is_end = stop == source.len() || source[stop..].starts_with(['\n', '\r']);
        if !is_start || !is_end {
            return None; // a part of a line would look like all of it
        }
        let lines = |text: &str| replace_controls(text).lines().map(str::to_owned).collect::<Vec<_>>();
        let mut removed = lines(&source[start..stop]);
        let mut added = lines(&[&before[start..], &edit.text, &after[..stop - end]].concat());
        let same = removed.iter().zip(&added).take_while(|(old, new)| old == new).count();
        removed.drain(..same);
        added.drain(..same);
        while !removed.is_empty() && removed.last() == added.last() {
            removed.pop();
            added.pop();
        }
        let is_small = (1..=MOST_LINES).contains(&(removed.len() + added.len()));
        is_small.then_some(Self { after: same, removed, added })
    }

    /// Whether every line fits into so many columns.
    pub(super) fn fits(&self, columns: usize) -> bool {
        self.removed.iter().chain(&self.added).all(|line| columns_of(line) <= columns)
    }
}

/// Where the line of an offset starts, or as far before the offset as is read.
fn line_start(source: &str, offset: usize) -> usize {
    let least = floor(source, offset.saturating_sub(REACH));
    match memchr::memrchr2(b'\n', b'\r', &source.as_bytes()[least..offset]) {
        Some(end) => least + end + 1,
        None if least == 0 && source.starts_with('\u{feff}') && offset > 0 => '\u{feff}'.len_utf8(),
        None => least,
    }
}

/// Where the line of an offset ends, or as far after the offset as is read.
fn line_end(source: &str, offset: usize) -> usize {
    let most = floor(source, offset.saturating_add(REACH));
    text_line_end(source.as_bytes(), offset..most).map_or(most, |(end, _)| end)
}

/// The character boundary at or before an offset.
fn floor(source: &str, offset: usize) -> usize {
    let offset = offset.min(source.len());
    (0..=offset).rev().find(|&offset| source.is_char_boundary(offset)).unwrap_or_default()
}

/// How many columns of a terminal a text takes at most: characters below U+1100 take one, no character takes more than
/// two, and a tab is drawn as four spaces.
pub(super) fn columns_of(text: &str) -> usize {
    let columns = |c: char| match c {
        '\t' => 4,
        '\u{1100}'.. => 2,
        _ => 1,
    };
    text.chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(source: &str, mark: &str) -> (String, String) {
        let start = source.find(mark).expect("the source contains the mark");
        let excerpt = Excerpt::around(source, Span::new(start, start + mark.len())).expect("an excerpt");
        let mark = excerpt.marks[0].clone();
        (excerpt.text[mark].to_owned(), excerpt.text)
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
            let at = |word: &str| Span::new(source.find(word).expect("the word"), source.len());
            let excerpt = Excerpt::spanning(&source, [at("c"), at("b")], 80).expect("an excerpt");
            assert_eq!((excerpt.text.lines().count(), excerpt.before), (2, 0), "{end:?}");
        }
        assert_eq!(marked("\u{feff}- ecs_ecr", "ecs_ecr").1, "- ecs_ecr");
    }

    #[test]
    fn a_part_of_a_long_line_is_read() {
        let source = format!("x: y\n{}ecs_ecr{}\nz", "ä".repeat(10_000), "ö".repeat(10_000));
        let (mark, text) = marked(&source, "ecs_ecr");
        assert_eq!(mark, "ecs_ecr");
        assert!(text.starts_with('ä') && text.ends_with('ö') && text.len() <= 2 * REACH, "{}", text.len());
    }

    #[test]
    fn two_marks() {
        let source = "- ecs_ecr:\n    name: x\r\n    key: y\n";
        let at = |source: &str, word: &str| {
            let start = source.find(word).expect("the word");
            Span::new(start, start + word.len())
        };
        let spans = [at(source, "key"), at(source, "ecs_ecr")];
        let excerpt = Excerpt::spanning(source, spans, 80).expect("an excerpt");
        assert_eq!(excerpt.before, 2);
        let marked: Vec<_> = excerpt.marks.iter().map(|mark| &excerpt.text[mark.clone()]).collect();
        assert_eq!(marked, ["key", "ecs_ecr"]);
        assert!(Excerpt::spanning(source, spans, 9).is_none(), "a line does not fit");
        let far = format!("- ecs_ecr:\n{}    key: y\n", "    a: b\n".repeat(100));
        assert!(Excerpt::spanning(&far, [at(&far, "key"), spans[1]], 80).is_none());
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
            (4, 3, true),
        ] {
            let excerpt = Excerpt::around("äö\n", Span::new(start, end));
            assert_eq!(excerpt.is_some(), has_excerpt, "{start}..{end}");
            if let Some(excerpt) = excerpt {
                assert!(excerpt.text.get(excerpt.marks[0].clone()).is_some(), "{start}..{end}");
            }
        }
    }

    #[test]
    fn labels_have_the_room_behind_their_mark() {
        let room = |source: &str, columns| {
            let start = source.find("key").expect("the key");
            Excerpt::around(source, Span::new(start, start + 3)).expect("an excerpt").room_for_label(columns)
        };
        assert_eq!(room("a: b\n漢key: x\n", 20), 20 - 5);
        assert_eq!(room(&format!("{}key: x", "a".repeat(100)), 40), 40 - 2 * CUT - 3);
        assert_eq!(room("  key", 3), 0);
    }

    #[test]
    fn patches_show_whole_lines() {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        for (source, (offset, length, text), after, removed, added) in [
            ("a: b\nc: d\n", (5, 0, "x: y\n"), 0, &[][..], &["x: y"][..]),
            ("a: b\nc: d", (9, 0, "\nx: y"), 1, &[], &["x: y"]),
            ("a: b\r\nc: d\r\n", (4, 0, "\r\nx: y"), 1, &[], &["x: y"]),
            ("a: b\rc: d\r", (4, 0, "\rx: y"), 1, &[], &["x: y"]),
            ("a: mutable\n", (3, 7, "immutable"), 0, &["a: mutable"], &["a: immutable"]),
            ("a: b\n", (4, 0, " c"), 0, &["a: b"], &["a: b c"]),
            ("\u{feff}a: \"b\n c\"\nd\n", (7, 4, "x"), 0, &["a: \"b", " c\""], &["a: \"x\""]),
            ("#", (1, 0, "#[x"), 0, &["#"], &["##\u{fffd}x"]),
        ] {
            let patch = Patch::new(source, &Edit { offset, length, text: text.into() }).expect("a patch");
            assert_eq!(patch.after, after, "{source:?}");
            assert_eq!((&*patch.removed, &*patch.added), (&*owned(removed), &*owned(added)), "{source:?}");
        }
        let none = |source: &str, offset, length, text: &str| {
            Patch::new(source, &Edit { offset, length, text: text.into() }).is_none()
        };
        assert!(none("ä", 1, 0, "x") && none("a", 2, 0, "x") && none("a", usize::MAX, 1, "x"));
        assert!(none("a", 0, 1, "a"), "nothing changes");
        assert!(none(&"a".repeat(2_000), 1_000, 0, "x"), "the line is longer than what is read");
        assert!(none("a", 0, 0, &"x\n".repeat(11)), "there are too many lines");
        let wide = Patch::new("漢字", &Edit { offset: 6, length: 0, text: "x".into() }).expect("a patch");
        assert!(wide.fits(5) && !wide.fits(4));
    }
}
