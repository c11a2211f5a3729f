//! Decides whether bytes could concern the rule, with a text search that is far cheaper than parsing.
//!
//! Invariant: there are no false negatives. YAML can spell a module's name only literally or, in double quotes, with
//! `\x`, `\u` and `\U` escapes and escaped line breaks; all of these are searched for. There may be false positives.

use bstr::ByteSlice;
use memchr::memmem::Finder;

use crate::modules::{Modules, PARTS};
use crate::position::is_white_space;

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
        self.finds(bytes)
            || has_escape(bytes) && self.finds(&decode(bytes))
            || narrow(bytes).is_some_and(|text| self.finds(&text))
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|finder| finder.find(bytes).is_some())
    }
}

/// Whether a backslash may start an escape that can be part of a name. Most texts have none.
fn has_escape(bytes: &[u8]) -> bool {
    let may_start =
        |at: usize| matches!(bytes.get(at + 1), Some(b'x' | b'u' | b'U' | b'\n' | b'\r' | 0xC2 | 0xE2));
    memchr::memchr_iter(b'\\', bytes).any(may_start)
}

/// The text without NULs, which separate the letters of a name in UTF-16 and UTF-32: there a NUL belongs to the first
/// character or the second. Escapes are not searched for, since Ansible does not read such files.
fn narrow(bytes: &[u8]) -> Option<Vec<u8>> {
    bytes.iter().take(4).any(|byte| *byte == 0).then(|| bytes.replace(b"\0", b""))
}

/// The text with all escapes decoded that can be part of a name.
fn decode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        // an escaped line break includes the indentation of the next line; what else is white space ends a name
        let blank = rest.iter().take_while(|byte| is_white_space(**byte)).count();
        if let Some((c, length)) = escaped(rest) {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[length..];
        } else if blank > 0 {
            rest = &rest[blank..];
        } else if let Some((&byte, after)) = rest.split_first() {
            // no other escape can be part of a name; the second `\` of `\\` does not start one
            out.extend_from_slice(&[b'\\', byte]);
            rest = after;
        }
    }
    out.extend_from_slice(rest);
    out
}

/// The character of an escape, and the length of the escape without its backslash.
fn escaped(after: &[u8]) -> Option<(char, usize)> {
    let digits = match after.first()? {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return None,
    };
    let hex = std::str::from_utf8(after.get(1..=digits)?).ok()?;
    Some((char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, 1 + digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search() -> Search {
        Search::new(&Modules::new(vec!["my.own.registry".to_owned()]))
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
        for text in ["", "\\", "ecs-ecr", r"ecs\\x5fecr", "\"\\u00", "ecs_\necr", r"\x6"] {
            assert!(!search().concerns(text.as_bytes()), "{text:?}");
        }
    }
}
