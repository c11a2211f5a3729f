//! Where libyaml (YAML 1.1, under Ansible) and our engine (YAML 1.2) read a text differently: the text
//! is rewritten so that the engine reads what libyaml would, with a way back to the file's offsets.
//!
//! Invariant: [`Dialect::original`] is monotone and maps every offset of the rewritten text to the
//! byte of the file that it came from.

use std::borrow::Cow;

use super::place::Span;
use super::tree::Style;

/// Next line: a line break to libyaml, normalised to `\n` everywhere.
const NEL: char = '\u{85}';
/// Line separator: a line break to libyaml that stays content inside scalars.
const LS: char = '\u{2028}';
/// Paragraph separator: likewise.
const PS: char = '\u{2029}';

/// A change to the rewritten text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edit {
    at: usize,
    removed: usize,
    inserted: &'static str,
}

impl Edit {
    /// A blank in front of the byte at `offset`.
    pub(super) fn space(offset: usize) -> Self {
        Self::replace(offset, 0, " ")
    }

    /// Where it is.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Other text in place of the `removed` bytes at `offset`.
    pub(super) fn replace(offset: usize, removed: usize, inserted: &'static str) -> Self {
        Self { at: offset, removed, inserted }
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
    /// Where blanks were put between two bytes of the file, or for a byte-order mark, in order.
    blanks: Vec<usize>,
    /// U+2028 or U+2029 became line breaks and must be given back to the scalars that hold them.
    separators: bool,
}

impl<'s> Dialect<'s> {
    /// The text with libyaml's additional line breaks made plain ones.
    pub(super) fn new(source: &'s str) -> Self {
        let text = Cow::Borrowed(source);
        let untouched = Self { source, text, shifts: Vec::new(), blanks: Vec::new(), separators: false };
        if !has_odd_breaks(source) || is_json(source) {
            return untouched; // Ansible reads JSON with a JSON decoder, to which these are content
        }
        let mut text = String::with_capacity(source.len());
        let mut shifts = Vec::new();
        let mut separators = false;
        for (at, c) in source.char_indices() {
            if matches!(c, NEL | LS | PS) {
                if text.ends_with('\r') {
                    // together they would be one break
                    text.pop();
                    text.push('\n');
                }
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
        let mut text = String::with_capacity(self.text.len() + 2 * edits.len());
        let mut shifts = Vec::with_capacity(self.shifts.len() + edits.len());
        let mut known = self.shifts.iter().peekable();
        let mut from = 0;
        for &Edit { at, removed, inserted } in edits.iter().filter(|edit| edit.at <= self.text.len()) {
            let moved = |shift: &Shift| Shift { text: shift.text - from + text.len(), ..*shift };
            while let Some(shift) = known.next_if(|shift| shift.text <= at) {
                shifts.push(moved(shift));
            }
            text.push_str(&self.text[from..at]);
            text.push_str(inserted);
            from = at + removed;
            while known.next_if(|shift| shift.text <= from).is_some() {} // the next line replaces them
            shifts.push(Shift { text: text.len(), source: self.original(from) });
        }
        shifts.extend(known.map(|shift| Shift { text: shift.text - from + text.len(), ..*shift }));
        text.push_str(&self.text[from..]);
        let mut blanks = self.blanks.clone();
        // a tab that became one is no new blank
        let added = edits.iter().filter(|edit| edit.inserted == " " && edit.removed != 1);
        blanks.extend(added.map(|edit| self.original(edit.at)));
        blanks.sort_unstable();
        Self { source: self.source, text: Cow::Owned(text), shifts, blanks, separators: self.separators }
    }

    /// Where blanks were put that must stand between two tokens, in order.
    pub(super) fn blanks(&self) -> &[usize] {
        &self.blanks
    }

    /// A scalar that holds a separator, as libyaml folds it; `None` where the engine's `value` stands.
    pub(super) fn refold(&self, span: Span, style: Style, value: &str) -> Option<Folded> {
        if !self.separators {
            return None;
        }
        if style == Style::BlockScalar {
            return fold_block(self.source, span.start, value).map(Folded::Value);
        }
        let raw = &self.source[span.range()];
        if !raw.contains([LS, PS]) {
            return None;
        }
        match style {
            Style::Plain => Some(Folded::Value(fold(raw, style))),
            Style::SingleQuoted => {
                let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
                Some(Folded::Value(fold(inner, style).replace("''", "'")))
            }
            _ => Some(Folded::DoubleQuoted(fold(raw, style))),
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

/// Whether the text is JSON, which Ansible tries before YAML.
pub(super) fn is_json(text: &str) -> bool {
    starts_as_json(text) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Whether Ansible may read the text as JSON in a way that is not known here: it replaces objects with
/// certain keys (`_legacy.Decoder` of ansible-core 2.21), and Python's decoder knows numbers that ours does
/// not, where that makes a difference.
pub(super) fn is_json_in_doubt(text: &str, has_special_keys: bool) -> bool {
    let holds_odd_number = || ["NaN", "Infinity"].iter().any(|number| text.contains(number));
    starts_as_json(text)
        && (has_special_keys || has_odd_breaks(text))
        && if is_json(text) { has_special_keys } else { holds_odd_number() }
}

/// Whether a text starts as a JSON list or object.
pub(super) fn starts_as_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

/// Whether libyaml may read a text that the engine refuses: because of a byte-order mark, a `?` that starts
/// a word, an anchor or alias whose name goes on otherwise, or a line that starts with the header of a block
/// scalar, which may stand left of what it belongs to, or with a directive.
pub(super) fn may_read_otherwise(text: &str) -> bool {
    let has_mark = text.char_indices().any(|(at, c)| at > 0 && c == '\u{feff}');
    has_mark
        || has_glued_key(text)
        || has_glued_anchor(text)
        || starts_line(text, b'|')
        || starts_line(text, b'>')
        || starts_line(text, b'%')
}

/// A `?` at the start of a word is a key of a flow collection to libyaml, and text to the engine.
fn has_glued_key(text: &str) -> bool {
    let is_glued = |rest: &str| match rest.chars().next() {
        Some(c) if !c.is_ascii_whitespace() => true,
        // libyaml stumbles over a key that is not there
        _ => rest.trim_start().starts_with([']', ':', ',', '#']),
    };
    memchr::memchr_iter(b'?', text.as_bytes()).any(|at| {
        let starts_word = text[..at].ends_with(|c| is_break(c) || matches!(c, ' ' | '\t' | '{' | '[' | ','));
        starts_word && is_glued(&text[at + 1..])
    })
}

/// To libyaml these characters end the name of an anchor, to the engine they are part of it.
fn has_glued_anchor(text: &str) -> bool {
    memchr::memchr2_iter(b'&', b'*', text.as_bytes()).any(|at| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let rest = text[at + 1..].trim_start_matches(is_word);
        rest.len() < text.len() - at - 1 && rest.starts_with(['?', ':', '%', '@', '`'])
    })
}

fn starts_line(text: &str, first: u8) -> bool {
    memchr::memchr_iter(first, text.as_bytes())
        .any(|at| text[..at].trim_end_matches([' ', '\t']).ends_with(is_break))
}

fn has_odd_breaks(text: &str) -> bool {
    // NEL is C2 85, LS and PS are E2 80 A8 and E2 80 A9
    let bytes = text.as_bytes();
    memchr::memchr2_iter(0xC2, 0xE2, bytes)
        .any(|at| matches!(bytes[at..], [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..]))
}

/// Whether libyaml ends a line at this character.
pub(crate) fn is_break(c: char) -> bool {
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
            '\n' if escaped => out.push_str("\\n"), // a plain one would be folded once more
            c => out.push(c),
        }
    }
}

/// Where the `|` or `>` of a block scalar stands, given the text in front of its content.
pub(crate) fn block_header(before: &str) -> Option<usize> {
    let line_end = before.trim_end_matches([' ', '\t', '\n', '\r', NEL, LS, PS]).len();
    let line = before[..line_end].rfind(is_break).unwrap_or(0);
    let candidates = || before[line..line_end].match_indices(['|', '>']).map(|(at, _)| line + at);
    let rest = |at: usize| {
        before[at + 1..line_end].trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'))
    };
    let ends =
        |rest: &str| rest.is_empty() || (rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#'));
    // libyaml takes a comment without a blank in front too
    candidates().find(|&at| ends(rest(at))).or_else(|| candidates().find(|&at| rest(at).starts_with('#')))
}

/// A block scalar with separators, as libyaml scans it: they break lines, and stay.
///
/// The engine's `value`, read with plain breaks in their place, tells how deep the content is indented.
fn fold_block(source: &str, content: usize, value: &str) -> Option<String> {
    // the engine's span of a scalar without content starts with the header
    let at_header = source[content..].starts_with(['|', '>']).then_some(content);
    let header = block_header(&source[..content]).or(at_header)?;
    let literal = source[header..].starts_with('|');
    let (indicators, body) = source[header..].split_at(source[header..].find(is_break)?);
    let (chomp, body) = (indicators.split('#').next()?.find(['-', '+']), skip_break(body));
    let chomp = chomp.map(|at| indicators.as_bytes()[at]);
    let has_content = |line: &&str| !line.trim_start_matches(' ').is_empty();
    let Some(first) = value.split('\n').find(has_content) else {
        let breaks = take_empty_lines(body, usize::MAX).0;
        return Some(if chomp == Some(b'+') { breaks } else { String::new() });
    };
    let written = body.split(is_break).find(has_content)?;
    let indent = spaces(written).checked_sub(spaces(first))?;

    let (mut out, mut leading) = (String::new(), String::new());
    let mut was_blank = false;
    let (mut trailing, mut rest) = take_empty_lines(body, indent);
    while let Some(line) = rest.get(..indent).filter(|pad| spaces(pad) == indent).map(|_| &rest[indent..]) {
        if line.is_empty() {
            break;
        }
        let is_blank = line.starts_with([' ', '\t']);
        if !literal && leading == "\n" && !was_blank && !is_blank {
            if trailing.is_empty() {
                out.push(' ');
            }
        } else {
            out.push_str(&leading);
        }
        out.push_str(&trailing);
        was_blank = is_blank;
        let (text, end) = line.split_at(line.find(is_break).unwrap_or(line.len()));
        out.push_str(text);
        leading = take_breaks(&end[..end.len() - skip_break(end).len()]).0.into_iter().collect();
        (trailing, rest) = take_empty_lines(skip_break(end), indent);
    }
    if chomp != Some(b'-') {
        out.push_str(&leading);
    }
    if chomp == Some(b'+') {
        out.push_str(&trailing);
    }
    Some(out)
}

/// The breaks of lines that hold no more than `indent` blanks, and what follows them.
fn take_empty_lines(mut text: &str, indent: usize) -> (String, &str) {
    let mut breaks = String::new();
    loop {
        let after = &text[spaces(text).min(indent)..];
        if !after.starts_with(is_break) {
            return (breaks, text);
        }
        let next = skip_break(after);
        breaks.extend(take_breaks(&after[..after.len() - next.len()]).0);
        text = next;
    }
}

/// What follows the one line break that the text starts with.
fn skip_break(text: &str) -> &str {
    text.strip_prefix("\r\n").or_else(|| text.strip_prefix(is_break)).unwrap_or(text)
}

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The characters of the rewritten text that stand in the file too, at the places that they are said
    /// to come from.
    fn assert_maps_back(dialect: &Dialect<'_>) {
        let mut last = 0;
        for (offset, c) in dialect.text().char_indices().filter(|(_, c)| *c != '~') {
            let original = dialect.original(offset);
            let found = dialect.source()[original..].chars().next();
            let is_same = found == Some(c) || (c == '\n' && found.is_some_and(is_break));
            assert!(is_same, "{dialect:?}: {c:?} at {offset} is said to be {found:?} at {original}");
            assert!(last <= original, "{dialect:?}: {original} after {last}");
            last = original;
        }
        assert_eq!(dialect.original(dialect.text().len()), dialect.source().len(), "{dialect:?}");
    }

    /// Edits at characters of the text, apart from each other.
    fn edits(text: &str, places: &[(usize, bool)]) -> Vec<Edit> {
        let mut offsets: Vec<_> = text.char_indices().map(|(at, c)| (at, c.len_utf8())).collect();
        let edits = places.iter().filter_map(|&(place, removes)| {
            let (at, length) = *offsets.get(place)?;
            offsets.drain(place..(place + 2).min(offsets.len()));
            Some(Edit::replace(at, if removes { length } else { 0 }, "~~"))
        });
        edits.collect()
    }

    proptest! {
        #[test]
        fn every_offset_leads_back_to_the_file(
            source in "[ab é漢\u{85}\u{2028}\u{2029}\r\n]{0,30}",
            rounds in prop::collection::vec(prop::collection::vec((0_usize..30, any::<bool>()), 0..5), 0..3),
        ) {
            let mut dialect = Dialect::new(&source);
            assert_maps_back(&dialect);
            for places in rounds {
                let edits = edits(dialect.text(), &places);
                let length = dialect.text().len() + 2 * edits.len();
                let removed: usize = edits.iter().map(|edit| edit.removed).sum();
                dialect = dialect.rewritten(&edits);
                prop_assert_eq!(dialect.text().len(), length - removed);
                assert_maps_back(&dialect);
            }
        }
    }

    #[test]
    fn an_edit_may_stand_at_the_end() {
        let dialect = Dialect::new("a\u{85}").rewritten(&[Edit::space(2), Edit::space(2), Edit::space(9)]);
        assert_eq!(dialect.text(), "a\n ");
        assert_eq!([0, 1, 2, 3].map(|offset| dialect.original(offset)), [0, 1, 3, 3]);
    }

    #[test]
    fn json_is_left_as_it_is() {
        for text in ["[\"\u{85}\"]", " {\"a\": \"\u{2028}\"}"] {
            assert_eq!(Dialect::new(text).text(), text);
        }
        // neither a list or mapping, nor JSON
        for text in ["\"\u{85}\"", "[\u{85}a]"] {
            assert_ne!(Dialect::new(text).text(), text);
        }
    }

    #[test]
    fn json_that_only_python_reads() {
        for text in ["[NaN, \"\u{2028}\"]", "[-Infinity, \"\u{85}\"]"] {
            assert!(!is_json(text) && is_json_in_doubt(text, false), "{text:?}");
        }
        let deep = format!("{}\"\u{85}\"{}", "[".repeat(250), "]".repeat(250));
        assert!(is_json(&deep) && !is_json_in_doubt(&deep, false));
        assert!(is_json_in_doubt("[1]", true) && is_json_in_doubt("[NaN]", true));
        for text in ["[1, \"\u{2028}\"]", "[a, \"\u{2028}\"]", "[NaN]", "- NaN\u{2028}"] {
            assert!(!is_json_in_doubt(text, false), "{text:?}");
        }
        assert!(!is_json_in_doubt("[a]", true) && !is_json_in_doubt("- 1", true));
    }

    #[test]
    fn glued_keys() {
        for text in
            ["{?a: b}", "[?\u{e9}]", "{a: b,?c: d}", "- ?a", "a\n?b", "\t?a", "a\r?b", "[? ]", "[? : a]"]
        {
            assert!(has_glued_key(text), "{text:?}");
        }
        for text in ["", "?", "a?b", "? a", "[ ? a]", "{a: ?\n b}", "?a", "'?a'"] {
            assert!(!has_glued_key(text), "{text:?}");
        }
    }

    #[test]
    fn glued_anchors() {
        for text in ["&a:", "*a: b", "[&x_1-:b]", "a & *b:", "&a?"] {
            assert!(has_glued_anchor(text), "{text:?}");
        }
        for text in ["", "&", "&:", "a &:", "& a:", "&a :", "&a b:", "&é:", "[*a, *b]"] {
            assert!(!has_glued_anchor(text), "{text:?}");
        }
    }

    #[test]
    fn lines_that_start_with_a_character() {
        for text in ["\n|", "a\n |-", "\r\t|", "\u{85}|"] {
            assert!(starts_line(text, b'|'), "{text:?}");
        }
        for text in ["", "|", "a |", "\n- |", "\n>"] {
            assert!(!starts_line(text, b'|'), "{text:?}");
        }
        assert!(!may_read_otherwise("\u{feff}- a: b | > % & *c ?") && may_read_otherwise("a\u{feff}"));
        assert!(["\n|", "\n>", "\n%", "&a?", " ?a"].into_iter().all(may_read_otherwise));
    }

    #[test]
    fn the_header_of_a_block_scalar() {
        for (before, header) in [
            ("a: |\n  ", Some(3)),
            ("a: >-2 # |\n  ", Some(3)),
            ("a | b: |+\r\n  ", Some(7)),
            ("a|#b: >\n", Some(6)),
            ("a: |-#\tb\n", Some(3)),
            ("x: |\n  y\n- !t >9\u{2028} ", Some(14)),
            ("|", Some(0)),
            ("a: b\n", None),
            ("a: |\nb: c\n", None),
            ("", None),
        ] {
            assert_eq!(block_header(before), header, "{before:?}");
        }
    }

    #[test]
    fn odd_breaks() {
        for text in ["\u{85}", "a\u{2028}", "\u{2029}"] {
            assert!(has_odd_breaks(text), "{text:?}");
        }
        for text in ["", "\n", "\u{84}", "\u{2027}", "\u{202a}", "\u{2085}", "\u{e9}"] {
            assert!(!has_odd_breaks(text), "{text:?}");
        }
    }
}
