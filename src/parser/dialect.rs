//! Where libyaml (YAML 1.1, under Ansible) and our engine (YAML 1.2) read a text differently: the text
//! is rewritten so that the engine reads what libyaml would, with a way back to the file's offsets.
//!
//! Invariant: [`Dialect::original`] is monotone and maps every offset of the rewritten text to the
//! byte of the file that it came from.

use std::borrow::Cow;

use super::place::Span;
use super::yaml::{Failure, Style};

/// Next line: a line break to libyaml, normalised to `\n` everywhere.
const NEL: char = '\u{85}';
/// Line separator: a line break to libyaml that stays content inside scalars.
const LS: char = '\u{2028}';
/// Paragraph separator: likewise.
const PS: char = '\u{2029}';

/// A blank to be inserted at an offset of the rewritten text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edit(usize);

impl Edit {
    /// A blank in front of the byte at `offset`.
    pub(super) fn space(offset: usize) -> Self {
        Self(offset)
    }
}

/// From this offset of the rewritten text on, offsets of the file run along with it.
#[derive(Clone, Copy, Debug)]
struct Shift {
    text: usize,
    source: usize,
}

/// A text as libyaml would read it.
#[derive(Clone, Debug)]
pub(super) struct Dialect<'s> {
    source: &'s str,
    text: Cow<'s, str>,
    shifts: Vec<Shift>,
    /// U+2028 or U+2029 became line breaks and must be given back to the scalars that hold them.
    separators: bool,
}

impl<'s> Dialect<'s> {
    /// The text with libyaml's additional line breaks made plain ones.
    pub(super) fn new(source: &'s str) -> Self {
        let untouched = Self { source, text: Cow::Borrowed(source), shifts: Vec::new(), separators: false };
        if !has_odd_breaks(source) || is_json(source) {
            return untouched; // Ansible reads JSON with a JSON decoder, to which these are content
        }
        let mut text = String::with_capacity(source.len());
        let mut shifts = Vec::new();
        let mut separators = false;
        for (at, c) in source.char_indices() {
            if matches!(c, NEL | LS | PS) {
                text.push('\n');
                shifts.push(Shift { text: text.len(), source: at + c.len_utf8() });
                separators |= c != NEL;
            } else {
                text.push(c);
            }
        }
        Self { text: Cow::Owned(text), shifts, separators, ..untouched }
    }

    /// The text as it stands in the file.
    pub(super) fn source(&self) -> &'s str {
        self.source
    }

    /// The text for the engine.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text for the engine, on its own: free of cost unless it was rewritten.
    pub(super) fn own_text(&self) -> Cow<'s, str> {
        self.text.clone()
    }

    /// The offset in the file of an offset in the rewritten text.
    pub(super) fn original(&self, offset: usize) -> usize {
        let after = self.shifts.partition_point(|shift| shift.text <= offset);
        match after.checked_sub(1).map(|last| self.shifts[last]) {
            Some(shift) => shift.source + (offset - shift.text),
            None => offset,
        }
    }

    /// The text with the edits made.
    pub(super) fn rewritten(&self, edits: &[Edit]) -> Self {
        let mut edits = edits.to_vec();
        edits.sort_unstable();
        edits.dedup();
        let mut text = String::with_capacity(self.text.len() + edits.len());
        let mut cuts = Vec::with_capacity(edits.len());
        let mut from = 0;
        for &Edit(at) in &edits {
            text.push_str(&self.text[from..at]);
            text.push(' ');
            cuts.push((at, text.len()));
            from = at;
        }
        text.push_str(&self.text[from..]);
        let moved = |at: usize| at + cuts.partition_point(|&(cut, _)| cut <= at);
        let mut shifts: Vec<Shift> =
            self.shifts.iter().map(|shift| Shift { text: moved(shift.text), ..*shift }).collect();
        shifts.extend(cuts.iter().map(|&(at, text)| Shift { text, source: self.original(at) }));
        shifts.sort_by_key(|shift| (shift.text, shift.source));
        Self { text: Cow::Owned(text), shifts, ..self.clone() }
    }

    /// A scalar that holds a separator, as libyaml folds it; `None` where the engine's value stands.
    pub(super) fn refold(&self, span: Span, style: Style) -> Result<Option<Folded>, Failure> {
        let raw = &self.source[span.range()];
        if !self.separators || !raw.contains([LS, PS]) {
            return Ok(None);
        }
        match style {
            Style::Plain => Ok(Some(Folded::Value(fold(raw, style)))),
            Style::SingleQuoted => {
                let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
                Ok(Some(Folded::Value(fold(inner, style).replace("''", "'"))))
            }
            Style::DoubleQuoted => Ok(Some(Folded::DoubleQuoted(fold(raw, style)))),
            _ => Err(Failure::unreliable(
                span.start,
                "a block scalar holds U+2028 or U+2029, which break lines in YAML 1.1 only; write them as escapes",
            )),
        }
    }
}

/// A scalar folded into one line.
#[derive(Debug)]
pub(super) enum Folded {
    /// The value itself.
    Value(String),
    /// A double-quoted scalar whose escapes are still to be decoded.
    DoubleQuoted(String),
}

/// Whether Ansible's JSON decoder, which goes first, accepts the text.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn has_odd_breaks(text: &str) -> bool {
    // NEL is C2 85, LS and PS are E2 80 A8 and E2 80 A9
    let bytes = text.as_bytes();
    memchr::memchr2_iter(0xC2, 0xE2, bytes)
        .any(|at| matches!(bytes[at..], [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..]))
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | NEL | LS | PS)
}

/// Folds the line breaks of a flow scalar as libyaml does: one `\n` becomes a blank, further ones
/// stay, and a separator always stays.
fn fold(raw: &str, style: Style) -> String {
    let double_quoted = style == Style::DoubleQuoted;
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let escaped = if double_quoted { rest.strip_prefix('\\') } else { None };
        if let Some(after) = escaped.filter(|after| after.starts_with(is_break)) {
            // an escaped break vanishes with the blanks around it
            let (breaks, end) = take_breaks(after);
            push_breaks(&mut out, &breaks[1..], double_quoted);
            rest = &after[end..];
        } else if let Some(after) = escaped {
            let pair = after.chars().next().map_or(0, char::len_utf8);
            out.push_str(&rest[..=pair]);
            rest = &after[pair..];
        } else if matches!(c, ' ' | '\t') || is_break(c) {
            let (breaks, end) = take_breaks(rest);
            match breaks.as_slice() {
                [] => out.push_str(&rest[..end]),
                ['\n'] => out.push(' '),
                ['\n', more @ ..] => push_breaks(&mut out, more, double_quoted),
                all => push_breaks(&mut out, all, double_quoted),
            }
            rest = &rest[end..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// The breaks in a run of blanks and breaks, `\r\n`, `\r` and NEL as `\n`, and where the run ends.
fn take_breaks(text: &str) -> (Vec<char>, usize) {
    let end = text.find(|c| !(matches!(c, ' ' | '\t') || is_break(c))).unwrap_or(text.len());
    let run = text[..end].replace("\r\n", "\n");
    let breaks = run.chars().filter(|&c| is_break(c)).map(|c| if matches!(c, LS | PS) { c } else { '\n' });
    (breaks.collect(), end)
}

fn push_breaks(out: &mut String, breaks: &[char], escaped: bool) {
    for &c in breaks {
        match c {
            '\n' if escaped => out.push_str("\\n"),
            LS if escaped => out.push_str("\\L"),
            PS if escaped => out.push_str("\\P"),
            c => out.push(c),
        }
    }
}
