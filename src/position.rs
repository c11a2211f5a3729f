//! Locations in a file: byte spans while parsing, lines and columns for people; and where libyaml ends lines, which is
//! also at U+0085, U+2028 and U+2029.
//!
//! Invariant: a [`Span`] always counts bytes of the file as it was read (a byte-order mark included); a [`Position`]
//! counts lines that end at `\n`, `\r\n` or a lone `\r`, as editors do, and columns in Unicode scalar values and in
//! UTF-16 code units, all from 1, with a byte-order mark at the start of the file taking no column.

use std::ops::Range;

/// The byte-order mark that may open a UTF-8 file.
pub(crate) const BOM: &str = "\u{feff}";

/// A half-open range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to, not including, `end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The same bytes as a range, to index a text with.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A line and a column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The line; lines end at `\n`, `\r\n` or a lone `\r`.
    pub line: u32,
    /// The column, in Unicode scalar values.
    pub column: u32,
    /// The same column in UTF-16 code units, as editors and SARIF viewers count it.
    pub utf16_column: u32,
}

impl Position {
    /// Where every file starts.
    pub const START: Self = Self { line: 1, column: 1, utf16_column: 1 };
}

/// Turns the offsets of a text into positions, in one sweep over the text however many they are.
///
/// Offsets may come in any order; an offset past the end of the text means its end.
pub(crate) fn positions(text: &[u8], offsets: &[usize]) -> Vec<Position> {
    let mut order: Vec<usize> = (0..offsets.len()).collect();
    order.sort_unstable_by_key(|&index| offsets[index]);
    let mut found = vec![Position::START; offsets.len()];
    // only moves forward, so that each character is counted once
    let mut at = if text.starts_with(BOM.as_bytes()) { BOM.len() } else { 0 };
    let mut position = Position::START;
    for index in order {
        let target = offsets[index].min(text.len());
        while let Some(end) = text.get(at..target).and_then(|rest| memchr::memchr2(b'\n', b'\r', rest)) {
            let next = at + end + if text[at + end..].starts_with(b"\r\n") { 2 } else { 1 };
            if next > target {
                break; // between the two bytes of one line end is on the line that they end
            }
            (at, position) = (next, Position { line: position.line + 1, ..Position::START });
        }
        if let Some(rest) = text.get(at..target) {
            // continuation bytes start no scalar value; what takes four bytes is a surrogate pair in UTF-16
            let scalars = rest.iter().map(|&byte| u32::from(byte & 0xC0 != 0x80)).sum::<u32>();
            let pairs = rest.iter().map(|&byte| u32::from(byte >= 0xF0)).sum::<u32>();
            position.column += scalars;
            position.utf16_column += scalars + pairs;
            at = target;
        }
        found[index] = position;
    }
    found
}

/// Whether libyaml ends a line at this character.
pub(crate) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Where the line that contains an offset starts.
pub(crate) fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].char_indices().rfind(|(_, c)| is_break(*c)).map_or(0, |(at, c)| at + c.len_utf8())
}

/// Where the line that contains an offset ends, before its break.
pub(crate) fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find(is_break).map_or(text.len(), |at| offset + at)
}

/// The offset after the line break at an offset; the offset itself if there is none.
pub(crate) fn skip_break(text: &str, offset: usize) -> usize {
    let rest = &text[offset..];
    let after = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(is_break)).unwrap_or(rest);
    text.len() - after.len()
}
