//! JSON documents: Ansible tries a JSON decoder before the YAML parser, and ecr-lint reads them as YAML.
//!
//! Invariant: constructs that mean something else in JSON than in YAML are reported as unreliable.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::failure::Unreliable;
use super::tree::Tree;

/// Line breaks in YAML, ordinary characters in JSON.
const LINE_BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Whether the text is a list or object that Python's JSON decoder accepts, which also knows `NaN` and `Infinity`.
pub(super) fn is_json(text: &str) -> bool {
    let has_odd_number = || ["NaN", "Infinity"].iter().any(|number| text.contains(number));
    text.trim_start().starts_with(['[', '{'])
        && (serde_json::from_str::<IgnoredAny>(text).is_ok() || has_odd_number())
}

/// The same JSON with U+FFFD in place of each surrogate escape, which libyaml refuses; no key or value that the rule
/// looks for contains one. Offsets do not change.
pub(super) fn without_surrogates(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    let mut from = 0;
    while let Some(at) = text[from..].find('\\').map(|at| from + at) {
        let is_surrogate = matches!(
            text.as_bytes()[at + 1..],
            [b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', third, fourth, ..]
                if third.is_ascii_hexdigit() && fourth.is_ascii_hexdigit()
        );
        if is_surrogate {
            out.to_mut().replace_range(at..at + 6, "\\uFFFD");
        }
        // skip the backslash and the character that it escapes
        from = text[at + 1..].chars().next().map_or(text.len(), |escaped| at + 1 + escaped.len_utf8());
    }
    out
}

/// The first construct that means something else in JSON than in the tree, which was read as YAML.
pub(super) fn unreliable(tree: &Tree<'_>) -> Option<(usize, Unreliable)> {
    let is_special = |text: &str| matches!(text, "__ansible_unsafe" | "__ansible_vault");
    let special = tree.nodes.iter().find(|node| is_special(tree.text(node)));
    let special = special.map(|node| (node.span().start, Unreliable::JsonKey));
    let source = tree.source();
    // YAML keeps U+2028 and U+2029 in a scalar, but drops the spaces around them
    let is_space = |c: Option<char>| matches!(c, Some(' ' | '\t'));
    let changes = |&(at, c): &(usize, &str)| {
        let (before, after) = (&source[..at], &source[at + c.len()..]);
        c == "\u{85}" || is_space(before.chars().next_back()) || is_space(after.chars().next())
    };
    let line_break = || source.match_indices(LINE_BREAKS).find(changes);
    special.or_else(|| Some((line_break()?.0, Unreliable::JsonLineBreak)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_give_way_to_a_character_of_the_same_length() {
        for (text, expected) in [
            (r#"["\ud83d\ude00 a"]"#, r#"["\uFFFD\uFFFD a"]"#),
            (r#"["\\ud83d \\\uDBFF"]"#, r#"["\\ud83d \\\uFFFD"]"#),
            (r#"["\ud7ff\ue000\ud8", "\é\"#, r#"["\ud7ff\ue000\ud8", "\é\"#),
        ] {
            assert_eq!(without_surrogates(text), expected);
        }
    }

    #[test]
    fn json_is_what_python_reads() {
        let deep = format!("{}{}", "[".repeat(250), "]".repeat(250));
        for text in [" [1]\n", "{\"a\": [NaN]}", "[-Infinity]", &deep] {
            assert!(is_json(text), "{text}");
        }
        for text in ["", "[a]", "1", "[1] # c", "- 1", "\u{feff}[1]"] {
            assert!(!is_json(text), "{text}");
        }
    }
}
