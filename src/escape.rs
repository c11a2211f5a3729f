//! Escapes text for a line on a terminal or in a CI log.
//!
//! Invariant: [`escape_controls`] returns one line without control or invisible characters, and without anything that
//! GitHub, Azure or TeamCity would execute anywhere in a line. `replace_controls` does the same for each line, keeps
//! tabs, and keeps the number of characters. Harmless text of any language, and emoji, stay as they are.

use std::sync::LazyLock;

use regex::Regex;

/// How much of a name a message quotes, in characters: a long one may be repeated by aliases.
pub(crate) const LONGEST_NAME: usize = 80;

/// How many bytes of a name or value a report keeps, and characters of a reason: a long one may belong to every task of
/// a file.
pub(crate) const LONGEST_TEXT: usize = 256;

/// Escapes control and invisible characters, and commands of CI runners.
#[must_use]
pub fn escape_controls(text: &str) -> String {
    escape(text, is_unseen)
}

/// The same for each line of a text, such as clap's error message.
#[must_use]
pub fn escape_lines(text: &str) -> String {
    let guard = |line: &str| if line.trim_start().starts_with("::") { "./" } else { "" };
    let lines = text.lines().map(|line| guard(line).to_owned() + &escape_controls(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// As [`escape_controls`], for a value that is compared with another one: next to ASCII letters, every character that
/// looks like one of them or like nothing is escaped, too.
pub(crate) fn escape_value(value: &str) -> String {
    let is_mixed = value.contains(|c: char| c.is_ascii_alphabetic());
    let misleads = |c: char| {
        c.is_alphanumeric() || c.is_whitespace() || is_joining(c) || matches!(c, '\u{300}'..='\u{36f}')
    };
    escape(value, |c| is_unseen(c) || (is_mixed && !c.is_ascii() && misleads(c)))
}

/// As [`escape_controls`], so that different bytes give different texts: backslashes are doubled, and bytes that are
/// not UTF-8 are escaped.
pub(crate) fn escape_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&escape_controls(&chunk.valid().replace('\\', "\\\\")));
        out.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    out
}

/// Replaces each control or invisible character of source lines, and each `[` that would complete a command, by U+FFFD,
/// so that columns stay the same. Tabs and line ends are kept; a lone `\r` becomes `\n`.
pub(crate) fn replace_controls(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) && !text.contains("##") {
        return text.to_owned(); // as most lines are
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.push(match c {
            '\r' if rest.as_str().starts_with('\n') => c,
            '\r' => '\n',
            '\n' | '\t' | ' '..='Z' | '\\'..='~' => c,
            '[' if ends_in_command(&out) => char::REPLACEMENT_CHARACTER,
            c if is_unseen(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        });
    }
    out
}

/// The first characters of a text, with `…` if it was cut.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The same for the characters that lie in so many bytes.
pub(crate) fn cut_bytes(text: &str, most: usize) -> String {
    let shown = &text[..text.floor_char_boundary(most)];
    if shown.len() < text.len() { format!("{shown}…") } else { text.to_owned() }
}

fn escape(text: &str, hidden: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '[' if ends_in_command(&out) => out.push_str("\\["),
            c if hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Whether a `[` would complete a command: `##[`, `##vso[` and `##teamcity[` are some, and any other word counts too.
fn ends_in_command(out: &str) -> bool {
    out.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).ends_with("##")
}

/// Control characters, what is invisible or changes the direction of text by Unicode's own property, line and paragraph
/// separators, and what no text should hold; but nothing that is joining.
fn is_unseen(c: char) -> bool {
    c.is_control() || c >= '\u{ad}' && !is_joining(c) && UNSEEN.is_match(c.encode_utf8(&mut [0; 4]))
}

/// `DI` is `Default_Ignorable_Code_Point`.
static UNSEEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{DI}\u{2028}\u{2029}\u{fff9}-\u{fffb}\u{fffe}\u{ffff}]").expect("a pattern")
});

/// Zero-width (non-)joiners and variation selectors, which emoji and some scripts need.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless_stays_and_nothing_hides() {
        for harmless in [
            "größe e\u{301}",
            "a\u{a0}b\u{202f}c\u{3000}d",
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{2764}\u{fe0f} 1\u{fe0f}\u{20e3}",
            "不変 이미지 \u{645}\u{6cc}\u{200c}\u{634}\u{648}\u{62f}",
        ] {
            assert_eq!(escape_controls(harmless), harmless);
            assert_eq!(replace_controls(harmless), harmless);
        }
        for (text, escaped) in [
            ("a\u{1b}[31m\n\r\t\0\u{7f}\u{9b}", "a\\u{1b}[31m\\n\\r\\t\\u{0}\\u{7f}\\u{9b}"),
            ("\u{85}\u{2028}\u{2029}", "\\u{85}\\u{2028}\\u{2029}"),
            ("\u{61c}\u{200e}\u{200f}", "\\u{61c}\\u{200e}\\u{200f}"),
            ("\u{202a}\u{202e}\u{2066}\u{2069}", "\\u{202a}\\u{202e}\\u{2066}\\u{2069}"),
            ("\u{e0001}\u{e0041}\u{e007f}", "\\u{e0001}\\u{e0041}\\u{e007f}"),
            ("\u{200b}\u{2060}\u{feff}\u{3164}", "\\u{200b}\\u{2060}\\u{feff}\\u{3164}"),
        ] {
            assert_eq!(escape_controls(text), escaped);
            assert_eq!(escape_value(text), escaped);
        }
    }

    /// The characters that `DerivedCoreProperties.txt` of Unicode 17 lets programs ignore, and some others; but not
    /// those that emoji and some scripts need.
    #[test]
    fn what_unicode_lets_programs_ignore_is_escaped() {
        #[rustfmt::skip]
        let unseen = [
            '\u{ad}'..='\u{ad}', '\u{34f}'..='\u{34f}', '\u{61c}'..='\u{61c}', '\u{115f}'..='\u{1160}',
            '\u{17b4}'..='\u{17b5}', '\u{180b}'..='\u{180f}', '\u{200b}'..='\u{200b}', '\u{200e}'..='\u{200f}',
            '\u{2028}'..='\u{202e}', '\u{2060}'..='\u{206f}', '\u{3164}'..='\u{3164}', '\u{feff}'..='\u{feff}',
            '\u{ffa0}'..='\u{ffa0}', '\u{fff0}'..='\u{fffb}', '\u{fffe}'..='\u{ffff}', '\u{1bca0}'..='\u{1bca3}',
            '\u{1d173}'..='\u{1d17a}', '\u{e0000}'..='\u{e0fff}', '\0'..='\u{1f}', '\u{7f}'..='\u{9f}',
        ];
        for c in '\0'..=char::MAX {
            let is_escaped = escape_controls(c.encode_utf8(&mut [0; 4])).starts_with('\\') && c != '\\';
            assert_eq!(is_escaped, unseen.iter().any(|range| range.contains(&c)), "{:x}", u32::from(c));
        }
    }

    #[test]
    fn look_alikes_in_values_are_escaped() {
        for (value, escaped) in [
            ("immut\u{430}ble", "immut\\u{430}ble"),
            ("\u{ff49}mmutable", "\\u{ff49}mmutable"),
            ("immutab\u{301}le", "immutab\\u{301}le"),
            ("immutable\u{a0}", "immutable\\u{a0}"),
            ("immutable\u{200d}\u{fe0f}", "immutable\\u{200d}\\u{fe0f}"),
            ("mutable \u{1f513}…", "mutable \u{1f513}…"),
            ("不変", "不変"),
            ("\u{43d}\u{435}\u{442} 1", "\u{43d}\u{435}\u{442} 1"),
            ("\u{2764}\u{fe0f}", "\u{2764}\u{fe0f}"),
        ] {
            assert_eq!(escape_value(value), escaped);
        }
    }

    #[test]
    fn different_bytes_give_different_texts() {
        let bytes: [&[u8]; 9] = [
            b"a\n",
            b"a\\n",
            b"a\\\n",
            b"\x1b",
            b"\\u{1b}",
            b"\xff",
            b"\\xff",
            b"\xfe",
            "\u{fffd}".as_bytes(),
        ];
        let texts = bytes.map(escape_bytes);
        let expected =
            ["a\\n", "a\\\\n", "a\\\\\\n", "\\u{1b}", "\\\\u{1b}", "\\xff", "\\\\xff", "\\xfe", "\u{fffd}"];
        assert_eq!(texts, expected);
        // the escaped bracket is the one ambiguity that doubled backslashes could leave
        assert_ne!(escape_bytes(b"##[x"), escape_bytes(b"##\\[x"));
    }

    #[test]
    fn no_command_survives() {
        for command in
            ["##[error]x", "a##[group]", "##vso[task.setvariable]", "##teamcity[x", "###[x", "##VSO[x"]
        {
            let escaped = escape_controls(command);
            assert!(!escaped.contains("#[") && !escaped.to_lowercase().contains("##vso["), "{escaped}");
            assert!(!escaped.contains("##teamcity["), "{escaped}");
        }
    }

    #[test]
    fn replaced_characters_keep_the_columns() {
        for (line, replaced) in [
            ("a\u{1b}[31m\u{9b}\u{202e}\tb", "a\u{fffd}[31m\u{fffd}\u{fffd}\tb"),
            ("x: ##[error]y ##vso[z", "x: ##\u{fffd}error]y ##vso\u{fffd}z"),
            ("a\n##\r\n[b\r[c", "a\n##\r\n[b\n[c"),
            ("漢 e\u{301} a::b: [c]", "漢 e\u{301} a::b: [c]"),
        ] {
            assert_eq!(replace_controls(line), replaced);
            assert_eq!(line.chars().count(), replaced.chars().count());
        }
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("äö", 2), "äö");
    }
}
