//! Decides whether bytes could concern the rule, with a text search that is far cheaper than parsing.
//!
//! Invariant: there are no false negatives. YAML can spell a module's name only literally or, in double quotes, with
//! `\x`, `\u` and `\U` escapes and escaped line breaks; all of these are searched for. There may be false positives.

use std::borrow::Cow;
use std::sync::LazyLock;

use bstr::ByteSlice;
use memchr::memmem::Finder;
use regex::bytes::{Captures, Regex};

use crate::modules::{Modules, PARTS};

/// Looks for the names of the modules.
#[derive(Debug)]
pub struct Search(Vec<Finder<'static>>);

impl Search {
    /// A search for all names of the modules, and for names that may be meant to be one.
    #[must_use]
    pub fn new(modules: &Modules) -> Self {
        let names = || modules.names().chain(PARTS);
        // whoever searches for a part of a name finds the name, too
        let has_part = |name: &&str| names().any(|part| part != *name && name.contains(part));
        let needles = names().filter(|name| !has_part(name));
        Self(needles.map(|needle| Finder::new(needle.as_bytes()).into_owned()).collect())
    }

    /// Whether a text could hold a module's name.
    #[must_use]
    pub fn concerns(&self, bytes: &[u8]) -> bool {
        // most texts have no escape, and its first two bytes are found sooner
        let may_start = |at| bytes.get(at + 1).is_some_and(|next| b"xuU\n\r\xC2\xE2".contains(next));
        self.finds(bytes)
            || memchr::memchr_iter(b'\\', bytes).any(may_start) && self.finds(&decode(bytes))
            // NULs separate the letters of a name in UTF-16 and UTF-32, which Ansible does not read
            || bytes.iter().take(4).any(|byte| *byte == 0) && self.finds(&bytes.replace(b"\0", b""))
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|finder| finder.find(bytes).is_some())
    }
}

/// The escapes that can be part of a name: of a letter, and of line breaks with the indentation of the next line.
static ESCAPE: LazyLock<Regex> = LazyLock::new(|| {
    let letters = r"x([0-9A-Fa-f]{2})|u00([0-9A-Fa-f]{2})|U000000([0-9A-Fa-f]{2})";
    Regex::new(&format!(r"(?-u)\\(?:{letters}|[ \t\r\n\x85\xA8\xA9\xC2\xE2\x80]+)")).expect("a pattern")
});

/// The text with these escapes decoded.
fn decode(bytes: &[u8]) -> Cow<'_, [u8]> {
    ESCAPE.replace_all(bytes, |escape: &Captures<'_>| {
        let digits = escape.iter().skip(1).flatten().map(|digits| String::from_utf8_lossy(digits.as_bytes()));
        digits.filter_map(|digits| u8::from_str_radix(&digits, 16).ok()).collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search() -> Search {
        Search::new(&Modules::new(&["my.own.registry".to_owned()]))
    }

    #[test]
    fn finds_every_spelling() {
        for text in [
            "ecs_ecr",
            "community.aws.ecs_ecr",
            r#""\x65cs_ecr""#,
            r#""ecs\u005fecr""#,
            r#""ecs_ec\U00000072""#,
            "\"ecs_\\\n   ecr\"",
            "\"ecs_\\\r\n\tecr\"",
            "\"ecs_\\\u{2028}ecr\"",
            "\"ecs_\\\u{85} ecr\"",
            r#""\\ \" \x65cs\x5fecr""#,
            "my.own.registry",
            r"my.own.re\x67istry",
        ] {
            assert!(search().concerns(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn passes_over_the_rest() {
        for text in ["", "\\", "ecs-ecr", "\"\\u00", "ecs_\necr", r"\x6"] {
            assert!(!search().concerns(text.as_bytes()), "{text:?}");
        }
    }
}
