//! JSON documents: Ansible tries a JSON decoder before the YAML parser, and ecr-lint reads them as YAML.
//!
//! Invariant: constructs that mean something else in JSON than in YAML are reported as unreliable.

use serde::de::IgnoredAny;

use super::failure::Unreliable;
use super::tree::Tree;

/// Line breaks in YAML, which may drop the spaces around them; ordinary characters in JSON.
const LINE_BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Whether the text is a list or object that Python's JSON decoder accepts, which also knows `NaN` and `Infinity`.
pub(super) fn is_json(text: &str) -> bool {
    let has_odd_number = || ["NaN", "Infinity"].iter().any(|number| text.contains(number));
    text.trim_start().starts_with(['[', '{'])
        && (serde_json::from_str::<IgnoredAny>(text).is_ok() || has_odd_number())
}

/// The first construct that means something else in JSON than in the tree, which was read as YAML.
pub(super) fn unreliable(tree: &Tree<'_>) -> Option<(usize, Unreliable)> {
    let is_special = |text: &str| matches!(text, "__ansible_unsafe" | "__ansible_vault");
    let special = tree.nodes.iter().find(|node| is_special(tree.text(node)));
    let special = special.map(|node| (node.span().start, Unreliable::JsonKey));
    special.or_else(|| Some((tree.source().find(LINE_BREAKS)?, Unreliable::JsonLineBreak)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
