//! Escapes text for a line on a terminal or in a CI log.
//!
//! Invariant: [`escape_controls`] returns one line without control or invisible characters, and without anything that
//! GitHub, Azure or TeamCity would execute anywhere in a line. [`replace_controls`] does the same, keeps tabs, and keeps
//! the number of characters.

use std::fmt::Write;

/// Escapes control and invisible characters, and commands of CI runners.
#[must_use]
pub fn escape_controls(text: &str) -> String {
    escape(text, is_unseen)
}

/// The same for each line of a text, such as clap's error message.
#[must_use]
pub fn escape_lines(text: &str) -> String {
    let guard = |line: &str| match line.trim_start().strip_prefix("::") {
        Some(_) => format!("./{}", escape_controls(line)),
        None => escape_controls(line),
    };
    text.lines().map(guard).collect::<Vec<_>>().join("\n")
}

/// As [`escape_controls`], and also escapes all characters that are not ASCII, since look-alikes would mislead.
pub(super) fn ascii(text: &str) -> String {
    escape(text, |c| is_unseen(c) || !c.is_ascii())
}

/// Replaces each control or invisible character of a source line, and each start of a command, by U+FFFD, so that columns
/// stay the same. Tabs are kept.
pub(super) fn replace_controls(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        let is_replaced = match c {
            '[' => ends_in_command(&out),
            ':' => out.trim_start() == ":", // `::` at the start of a line
            _ => c != '\t' && is_unseen(c),
        };
        out.push(if is_replaced { char::REPLACEMENT_CHARACTER } else { c });
    }
    out
}

/// The first characters of a text, with `…` if it was cut.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn escape(text: &str, hidden: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '[' if ends_in_command(&out) => out.push_str("\\["),
            '…' => out.push(c), // may be from `cut`
            c if hidden(c) => {
                // writing to a string cannot fail
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Whether a `[` would complete a command: `##[`, `##vso[` and `##teamcity[` are some, and any other word counts too.
fn ends_in_command(out: &str) -> bool {
    out.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).ends_with("##")
}

/// Control characters, format characters such as those that change the direction of text, and white space other than the
/// ordinary space.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides() {
        assert_eq!(escape_controls("a\u{1b}[31m\n\u{202e}\u{85}"), "a\\u{1b}[31m\\n\\u{202e}\\u{85}");
        assert_eq!(escape_controls("immutable\u{a0}"), "immutable\\u{a0}");
        assert_eq!(ascii("\u{456}mmutable"), "\\u{456}mmutable");
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
            ("  ::error::x", "  :\u{fffd}error::x"),
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
