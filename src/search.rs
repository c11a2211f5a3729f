//! Could these bytes concern the rule? A text search that is far cheaper than parsing.
//!
//! Invariant: no false negatives. Bytes in which some YAML parser would find a string that equals a
//! module's name, in whatever spelling escapes allow, are never rejected: YAML can write a name only
//! as it is or, in double quotes, with `\x`, `\u` and `\U` escapes and escaped line breaks, and both are
//! looked for. That a text passes means nothing.

use memchr::memmem::Finder;

use crate::parser::Modules;

/// Looks for the names of the modules.
#[derive(Debug)]
pub struct Search {
    finders: Vec<Finder<'static>>,
    longest: usize,
}

impl Search {
    /// A search for all names of the modules.
    #[must_use]
    pub fn new(modules: &Modules) -> Self {
        let mut names: Vec<&str> = modules.names().collect();
        names.sort_by_key(|name| name.len());
        let mut needles: Vec<&str> = Vec::new();
        for name in names {
            // a name that holds another one is found with it
            if !needles.iter().any(|needle| name.contains(needle)) {
                needles.push(name);
            }
        }
        let longest = needles.iter().map(|needle| needle.len()).max().unwrap_or(0);
        let finders = needles.iter().map(|needle| Finder::new(needle.as_bytes()).into_owned()).collect();
        Self { finders, longest }
    }

    /// Whether a text could hold a module's name.
    #[must_use]
    pub fn concerns(&self, bytes: &[u8]) -> bool {
        self.finds(bytes) || (has_escape(bytes) && Scan::new(self).escaped(bytes))
    }

    /// The same for UTF-16 and UTF-32, in which a name's letters stand between NULs; escapes are not looked for,
    /// since Ansible reads no such file.
    #[must_use]
    pub fn concerns_wide(&self, bytes: &[u8]) -> bool {
        self.finds(&bytes.iter().copied().filter(|&byte| byte != 0).collect::<Vec<_>>())
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        self.finders.iter().any(|finder| finder.find(bytes).is_some())
    }
}

/// Whether a backslash starts an escape that can stand for part of a name.
fn has_escape(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', bytes).any(|at| starts_escape(&bytes[at + 1..]))
}

fn starts_escape(after: &[u8]) -> bool {
    matches!(after.first(), Some(b'x' | b'u' | b'U')) || break_length(after) > 0
}

/// The length of the line break, in libyaml's sense, that the bytes start with.
fn break_length(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] | [0xC2, 0x85, ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

/// The same search over a text that comes in pieces.
#[derive(Debug)]
pub struct Scan<'s> {
    search: &'s Search,
    /// The end of what was looked at, where a name may have begun.
    raw: Vec<u8>,
    /// The same with escapes decoded.
    decoded: Vec<u8>,
    /// A backslash and what followed it, too short to decode.
    pending: Vec<u8>,
    /// Behind an escaped line break, whose blanks belong to it.
    skip_blanks: bool,
}

/// The longest escape: `\U0001f600`.
const LONGEST_ESCAPE: usize = 10;

impl<'s> Scan<'s> {
    /// A scan that has seen nothing yet.
    #[must_use]
    pub fn new(search: &'s Search) -> Self {
        Self { search, raw: Vec::new(), decoded: Vec::new(), pending: Vec::new(), skip_blanks: false }
    }

    /// Takes the next piece; true once a name was found in it or across its start.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        self.raw.extend_from_slice(bytes);
        let found = self.search.finds(&self.raw);
        keep_tail(&mut self.raw, self.search.longest);
        found || self.escaped(bytes)
    }

    fn escaped(&mut self, bytes: &[u8]) -> bool {
        let mut input = std::mem::take(&mut self.pending);
        input.extend_from_slice(bytes);
        self.decode(&input);
        let found = self.search.finds(&self.decoded);
        keep_tail(&mut self.decoded, self.search.longest);
        found
    }

    fn decode(&mut self, mut rest: &[u8]) {
        loop {
            if self.skip_blanks {
                let blanks = rest.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
                rest = &rest[blanks..];
                self.skip_blanks = rest.is_empty();
            }
            let Some(at) = memchr::memchr(b'\\', rest) else { break };
            self.decoded.extend_from_slice(&rest[..at]);
            rest = &rest[at..];
            if rest.len() < LONGEST_ESCAPE {
                // the piece may end within an escape; at the end of the text nothing is lost by it,
                // because a name needs what follows the backslash to be whole
                if let Some(length) = self.escape(rest) {
                    rest = &rest[length..];
                    continue;
                }
                self.pending = rest.to_vec();
                return;
            }
            let length = self.escape(rest).unwrap_or(1);
            rest = &rest[length..];
        }
        self.decoded.extend_from_slice(rest);
    }

    /// Decodes the escape at the start of `rest`; its length, or `None` where it may go on.
    fn escape(&mut self, rest: &[u8]) -> Option<usize> {
        let after = &rest[1..];
        let digits = match after.first()? {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            b'\r' if after.len() == 1 => return None,
            0xC2 if after.len() < 2 => return None,
            0xE2 if after.len() < 3 => return None,
            byte => {
                let length = break_length(after);
                self.skip_blanks = length > 0;
                if length == 0 {
                    // any other escape stands for no part of a name; `\\` must not start another
                    self.decoded.extend_from_slice(&[b'\\', *byte]);
                    return Some(2);
                }
                return Some(1 + length);
            }
        };
        let hex = after.get(1..=digits)?;
        let code = std::str::from_utf8(hex).ok().and_then(|hex| u32::from_str_radix(hex, 16).ok());
        if let Some(c) = code.and_then(char::from_u32) {
            self.decoded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(2 + digits);
        }
        self.decoded.push(b'\\');
        Some(1)
    }
}

fn keep_tail(bytes: &mut Vec<u8>, longest: usize) {
    let surplus = bytes.len().saturating_sub(longest.saturating_sub(1));
    bytes.drain(..surplus);
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
            let search = search();
            let mut scan = Scan::new(&search);
            let found = text.bytes().any(|byte| scan.feed(&[byte]));
            assert!(found, "{text:?} byte by byte");
        }
    }

    #[test]
    fn passes_over_the_rest() {
        for text in ["", "\\", "ecs-ecr", r"ecs\\x5fecr", "\"\\u00", "ecs_\necr", r"\x6"] {
            assert!(!search().concerns(text.as_bytes()), "{text:?}");
        }
    }
}
