//! `k=v` strings, as `ansible.parsing.splitter` of ansible-core 2.21 reads them.
//!
//! Invariant: linear in the length of the string; a string that Ansible refuses is a [`KvError`], never
//! a guess.

use std::collections::HashMap;
use std::rc::Rc;

/// Why a k=v string cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvError {
    /// A quote or a Jinja block is left open.
    Unbalanced,
    /// An escape that Ansible may decode with Python's table of character names, or cannot decode.
    Escape,
}

/// The key under which Ansible stores the free text of a string: its words without a `=`.
pub(crate) const FREE_TEXT: &str = "_raw_params";

/// The pairs of a k=v string by their keys (the last of several with the same key), with the free text under the key
/// `_raw_params`: what Ansible's `parse_kv` returns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyValues(HashMap<String, String>);

impl KeyValues {
    /// Reads a k=v string.
    ///
    /// # Errors
    /// Why Ansible would not accept the string.
    pub fn parse(text: &str) -> Result<Self, KvError> {
        let mut read = Self::default();
        let mut free: Option<String> = None;
        for word in split_args(text)? {
            let decoded = decode_escapes(&word)?;
            if let Some(at) = separator(&decoded) {
                let value = python_trim(&decoded[at + 1..]);
                read.insert(python_trim(&decoded[..at]), unquote(value).to_owned());
                continue;
            }
            let rest = if decoded.contains('=') { decoded.replace("\\=", "=") } else { word };
            match &mut free {
                None => free = Some(rest),
                Some(free) => {
                    if !free.is_empty() && !free.ends_with('\n') {
                        free.push(' ');
                    }
                    free.push_str(&rest);
                }
            }
        }
        if let Some(free) = free {
            read.insert(FREE_TEXT, free);
        }
        Ok(read)
    }

    fn insert(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    /// Whether both hold the same pairs, disregarding the one with this key.
    pub(crate) fn same_but_for(&self, other: &Self, key: &str) -> bool {
        let without = |pairs: &Self| {
            let mut pairs = pairs.0.clone();
            pairs.remove(key);
            pairs
        };
        without(self) == without(other)
    }

    /// Whether the string is free text and nothing else.
    pub(crate) fn is_free_text(&self) -> bool {
        self.0.len() == 1 && self.0.contains_key(FREE_TEXT)
    }

    /// Whether the string is a single pair.
    pub(crate) fn is_pair(&self) -> bool {
        self.0.len() == 1 && !self.is_free_text()
    }

    /// The text of the last value with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

/// An `action` string: a module's name and a k=v string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ActionString {
    /// The first word.
    pub(crate) name: String,
    /// The rest.
    pub(crate) key_values: Rc<KeyValues>,
    /// The pairs in the value of the pair `args=…`, if there is one.
    pub(crate) args: Option<Rc<KeyValues>>,
}

impl ActionString {
    pub(crate) fn parse(text: &str) -> Result<Self, KvError> {
        let (name, rest) = split_action(text)?;
        let key_values = KeyValues::parse(&rest)?;
        let args = key_values.get("args").map(KeyValues::parse).transpose()?;
        Ok(Self { name, key_values: Rc::new(key_values), args: args.map(Rc::new) })
    }
}

/// The first word of a string, which is a module's name, and the text of the others.
pub(crate) fn split_action(text: &str) -> Result<(String, String), KvError> {
    let words = split_args(text)?;
    let (name, rest) = words.split_first().map_or(("", &[][..]), |(name, rest)| (name, rest));
    Ok((python_trim(name).to_owned(), rest.join(" ")))
}

/// The Jinja delimiters within which spaces do not separate words.
const BLOCKS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];

/// The words so far, the open quote, and how many Jinja blocks of each kind are open.
#[derive(Default)]
struct State {
    words: Vec<String>,
    quote: Option<char>,
    depths: [usize; 3],
}

/// Splits at spaces and newlines outside quotes and Jinja blocks, as Ansible's `split_args` does: a word keeps the
/// white space that follows it, except for the one space that separates it from the next word.
fn split_args(text: &str) -> Result<Vec<String>, KvError> {
    let mut state = State::default();
    if text.is_empty() {
        return Ok(state.words);
    }
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let continued = state.line(line);
        if lines.peek().is_some() && !continued {
            state.last_word().push('\n');
        }
    }
    if state.quote.is_some() || state.in_block() {
        return Err(KvError::Unbalanced);
    }
    Ok(state.words)
}

impl State {
    fn in_block(&self) -> bool {
        self.depths.iter().any(|&depth| depth > 0)
    }

    fn last_word(&mut self) -> &mut String {
        if self.words.is_empty() {
            self.words.push(String::new());
        }
        let last = self.words.len() - 1;
        &mut self.words[last]
    }

    /// Splits one line; true if a backslash continues it on the next.
    fn line(&mut self, line: &str) -> bool {
        let mut continued = false;
        for (index, token) in line.split(' ').enumerate() {
            if token.is_empty() && index > 0 {
                self.last_word().push(' ');
            } else if token == "\\" && self.quote.is_none() {
                continued = true;
            } else {
                self.token(token, index > 0);
            }
        }
        continued
    }

    fn token(&mut self, token: &str, after_space: bool) {
        let (was_quoted, was_in_block) = (self.quote.is_some(), self.in_block());
        self.quote = quote_after(token, self.quote);
        self.enter_blocks(token);
        if was_quoted || was_in_block {
            let word = self.last_word();
            if after_space {
                word.push(' ');
            }
            word.push_str(token);
        } else if !token.is_empty() {
            self.words.push(token.to_owned());
        }
    }

    /// Counts the delimiters in a token.
    fn enter_blocks(&mut self, token: &str) {
        for (depth, (open, close)) in self.depths.iter_mut().zip(BLOCKS) {
            let (opens, closes) = (token.matches(open).count(), token.matches(close).count());
            *depth = (*depth + opens).saturating_sub(closes);
        }
    }
}

/// The quote that is open after a token.
fn quote_after(token: &str, mut quote: Option<char>) -> Option<char> {
    let mut previous = None;
    for c in token.chars() {
        if matches!(c, '"' | '\'') && previous != Some('\\') {
            match quote {
                None => quote = Some(c),
                Some(open) if open == c => quote = None,
                Some(_) => {}
            }
        }
        previous = Some(c);
    }
    quote
}

/// Where the `=` between key and value is: not the first character, and not after a backslash.
fn separator(word: &str) -> Option<usize> {
    let candidates = word.match_indices('=').map(|(at, _)| at);
    candidates.skip_while(|&at| at == 0).find(|&at| word.as_bytes()[at - 1] != b'\\')
}

fn unquote(value: &str) -> &str {
    let quoted = ['"', '\''].iter().any(|&quote| {
        value.len() > 1
            && value.starts_with(quote)
            && value.ends_with(quote)
            && !value[..value.len() - 1].ends_with('\\')
    });
    if quoted { &value[1..value.len() - 1] } else { value }
}

/// The text as Python's `str.strip` returns it.
pub(crate) fn python_trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

/// Decodes Python's string escapes; a backslash before any other character is kept.
fn decode_escapes(word: &str) -> Result<String, KvError> {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    let may_be_named = word.contains('}');
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(kind) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'N' if may_be_named && rest.starts_with("N{") => return Err(KvError::Escape),
            _ => 0,
        };
        let hex = rest.get(1..=digits).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if let Some(code) = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
            if code > 0x0010_FFFF {
                return Err(KvError::Escape);
            }
            // Python keeps a lone surrogate, which no argument name and no valid value contains
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            rest = &rest[1 + digits..];
        } else if let Some(c) = single_escape(kind) {
            out.push(c);
            rest = &rest[1..];
        } else {
            out.push('\\');
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn single_escape(kind: char) -> Option<char> {
    Some(match kind {
        '\\' | '\'' | '"' => kind,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn get(text: &str, key: &str) -> Option<String> {
        KeyValues::parse(text).expect("balanced").get(key).map(str::to_owned)
    }

    /// What `parse_kv` of ansible-core makes of some hundred strings (`tests/ansible/key_values.py`).
    #[test]
    fn strings_mean_what_ansible_reads() {
        #[derive(serde::Deserialize)]
        struct KvRow {
            text: String,
            pairs: Option<BTreeMap<String, String>>,
        }
        let rows: Vec<KvRow> =
            serde_json::from_str(include_str!("../../tests/key_values.json")).expect("a table");
        assert!(rows.len() > 700);
        let mut wrong = Vec::new();
        for KvRow { text, pairs } in &rows {
            let read = KeyValues::parse(text).ok().map(|pairs| pairs.0.into_iter().collect());
            if read != *pairs {
                wrong.push(format!("{text:?}: {read:?}, Ansible {pairs:?}"));
            }
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    }

    /// Escapes are decoded before quotes are removed; only some spellings show the order.
    #[test]
    fn escaped_quotes_and_names() {
        assert_eq!(get(r"a=\x22x\x22", "a").as_deref(), Some("x"));
        assert_eq!(get(r"a=\x22x\\\x22", "a").as_deref(), Some("\"x\\\""));
        assert_eq!(get(r"a=\x22", "a").as_deref(), Some("\""));
        assert_eq!(get(r"a=\U0010ffff", "a").as_deref(), Some("\u{10ffff}"));
        for text in [r"a=\N", r"a=\Nx}", r"a=\N{x"] {
            assert_eq!(get(text, "a").as_deref(), text.strip_prefix("a="), "{text}");
        }
        for text in [r"a=\N{x}", r"a=}\N{x", r"a=\N{}"] {
            assert_eq!(KeyValues::parse(text), Err(KvError::Escape), "{text}");
        }
    }

    #[test]
    fn the_last_of_many_pairs_decides() {
        let pairs = (0..100).map(|n| format!("a{}={n}", n % 40));
        let text = pairs.collect::<Vec<_>>().join(" ");
        assert_eq!(get(&text, "a0").as_deref(), Some("80"));
        assert_eq!(get(&text, "a39").as_deref(), Some("79"));
        assert_eq!(get(&text, "a40"), None);
    }

    #[test]
    fn quotes_and_blocks_keep_spaces() {
        assert_eq!(get("a='x y' b=\"z  w\"", "a").as_deref(), Some("x y"));
        assert_eq!(get("a='x y' b=\"z  w\"", "b").as_deref(), Some("z  w"));
        assert_eq!(get("a={{ b + ' c=d' }} e=f", "a").as_deref(), Some("{{ b + ' c=d' }}"));
        assert_eq!(get("a={{ b + ' c=d' }} e=f", "c"), None);
        assert_eq!(get("a={% if x %}b=c{% endif %} d=e", "d").as_deref(), Some("e"));
    }

    #[test]
    fn a_separator_is_neither_first_nor_escaped() {
        assert_eq!(get("=a b=c", "b").as_deref(), Some("c"));
        assert_eq!(get(r"a\=b=c", "a\\=b").as_deref(), Some("c"));
        assert_eq!(get(r"a\=b", FREE_TEXT).as_deref(), Some("a=b"));
        assert_eq!(get("a = b", FREE_TEXT).as_deref(), Some("a = b"));
        assert_eq!(get("a= b", "a").as_deref(), Some(""));
        assert_eq!(get("==b", "=").as_deref(), Some("b"));
    }

    #[test]
    fn open_ends_are_refused() {
        for text in ["a='b", "a={{ b", "a={% b", "a={# b", "'"] {
            assert_eq!(KeyValues::parse(text), Err(KvError::Unbalanced), "{text}");
        }
    }

    #[test]
    fn escapes_are_pythons() {
        assert_eq!(decode_escapes(r"imm\x75table").as_deref(), Ok("immutable"));
        assert_eq!(decode_escapes(r"\u0041\U00000042\q\x4").as_deref(), Ok(r"AB\q\x4"));
        assert_eq!(decode_escapes(r"\\x41\").as_deref(), Ok("\\x41\\"));
        assert_eq!(decode_escapes(r"\U00110000"), Err(KvError::Escape));
        assert_eq!(decode_escapes(r"\N{DIGIT ONE}"), Err(KvError::Escape));
    }

    #[test]
    fn a_backslash_continues_a_line() {
        assert_eq!(get("a=b \\\n c=d", "c").as_deref(), Some("d"));
        let action = ActionString::parse(" copy\t a=b").expect("balanced");
        assert_eq!((&*action.name, action.key_values.get("a")), ("copy", Some("b")));
    }
}
