//! `k=v` strings, as `ansible.parsing.splitter` of ansible-core 2.21 reads them.
//!
//! Invariant: linear in the length of the string; a string that Ansible refuses is [`Refused`], never
//! a guess.

use std::collections::HashMap;
use std::rc::Rc;

use super::template::is_template;

/// Why a string is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A quote or a Jinja block is left open.
    Unbalanced,
    /// An escape that Ansible decodes with Python's table of character names, or cannot decode.
    Escape,
}

/// The key under which Ansible files what is left of a string without its `k=v` words.
pub(crate) const FREE_TEXT: &str = "_raw_params";

/// The value of a `k=v` word as Ansible reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Without escapes and quotes.
    pub(crate) value: String,
    /// Whether Ansible would look for a template in the value: aliases can ask about a long one in every task.
    pub(crate) is_template: bool,
}

/// The `k=v` words of a string by their keys, the last of several with the same key, and the rest of the string
/// under the key `_raw_params`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyValues(HashMap<String, Word>);

impl KeyValues {
    /// Reads a string of `k=v` words.
    ///
    /// # Errors
    /// Why Ansible would not accept the string.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let mut read = Self::default();
        let mut free: Option<String> = None;
        for word in words(text)? {
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
        self.0.insert(key.to_owned(), Word { is_template: is_template(&value), value });
    }

    /// Whether the words are the same but for the one with this key.
    pub(crate) fn same_but_for(&self, other: &Self, key: &str) -> bool {
        let without = |words: &Self| {
            let mut words = words.0.clone();
            words.remove(key);
            words
        };
        without(self) == without(other)
    }

    /// Whether there is no word at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every word is free text.
    pub(crate) fn is_free_text(&self) -> bool {
        self.0.keys().all(|key| key == FREE_TEXT)
    }

    /// Whether there is one word, and it has a key.
    pub(crate) fn is_pair(&self) -> bool {
        self.0.len() == 1 && !self.is_free_text()
    }

    /// The value of the last word with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.word(key).map(|word| word.value.as_str())
    }

    /// The last word with this key.
    pub(crate) fn word(&self, key: &str) -> Option<&Word> {
        self.0.get(key)
    }
}

/// An `action` string: a module's name and `k=v` words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ActionWords {
    /// The first word.
    pub(crate) name: String,
    /// The others, which may be refused on their own.
    pub(crate) words: Result<Rc<KeyValues>, Refused>,
    /// The words in the value of the word `args`, where there is one.
    pub(crate) args: Option<Result<Rc<KeyValues>, Refused>>,
}

impl ActionWords {
    pub(crate) fn parse(text: &str) -> Result<Self, Refused> {
        let (name, rest) = split_action(text)?;
        let words = KeyValues::parse(&rest).map(Rc::new);
        let args = words.as_ref().ok().and_then(|words| words.get("args"));
        let args = args.map(|args| KeyValues::parse(args).map(Rc::new));
        Ok(Self { name, words, args })
    }
}

/// The first word of a string, which is a module's name, and the text of the others.
pub(crate) fn split_action(text: &str) -> Result<(String, String), Refused> {
    let words = words(text)?;
    let (name, rest) = words.split_first().map_or(("", &[][..]), |(name, rest)| (name, rest));
    Ok((python_trim(name).to_owned(), rest.join(" ")))
}

/// The first word of a string that need not be balanced: what it would run if it were.
pub(crate) fn first_word(text: &str) -> &str {
    python_trim(text.split([' ', '\n']).find(|word| !word.is_empty()).unwrap_or_default())
}

/// The Jinja delimiters within which blanks do not separate words.
const BLOCKS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];

/// Where in the string the splitter is: in an open quote, in open Jinja blocks.
#[derive(Default)]
struct State {
    words: Vec<String>,
    quote: Option<char>,
    depths: [usize; 3],
}

/// Splits at blanks and newlines outside quotes and Jinja blocks; the words keep the white space
/// that follows them, but for the one blank that separates two.
fn words(text: &str) -> Result<Vec<String>, Refused> {
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
        return Err(Refused::Unbalanced);
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

    /// Takes one line; true when a backslash continues it on the next.
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

    fn token(&mut self, token: &str, after_blank: bool) {
        let (was_quoted, was_in_block) = (self.quote.is_some(), self.in_block());
        self.quote = quote_after(token, self.quote);
        self.enter_blocks(token);
        if was_quoted || was_in_block {
            let word = self.last_word();
            if after_blank {
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

/// The `=` that separates key and value: not the first character, not behind a backslash.
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

/// What Python's `str.strip` takes away.
pub(crate) fn python_trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

/// Decodes Python's string escapes; a backslash before anything else stays.
fn decode_escapes(word: &str) -> Result<String, Refused> {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    let last_brace = word.rfind('}').map_or(0, |at| word.len() - at);
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
            'N' if names_a_character(rest, last_brace) => return Err(Refused::Escape),
            _ => 0,
        };
        let hex = rest.get(1..=digits).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if let Some(code) = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
            if code > 0x0010_FFFF {
                return Err(Refused::Escape);
            }
            // Python keeps a lone surrogate, which no key and no value that matters holds
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

/// `N{LATIN SMALL LETTER I}`, which takes Python's table of names to read.
///
/// `last_brace` is the distance of the last `}` from the end, 0 where there is none.
fn names_a_character(rest: &str, last_brace: usize) -> bool {
    let name = rest.strip_prefix("N{");
    name.is_some_and(|name| last_brace > 0 && name.len() > last_brace && !name.starts_with('}'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn get(text: &str, key: &str) -> Option<String> {
        KeyValues::parse(text).expect("balanced").get(key).map(str::to_owned)
    }

    /// What `parse_kv` of ansible-core makes of some hundred strings (`tests/ansible/words.py`).
    #[test]
    fn strings_mean_what_ansible_reads() {
        #[derive(serde::Deserialize)]
        struct Row {
            text: String,
            pairs: Option<BTreeMap<String, String>>,
        }
        let rows: Vec<Row> = serde_json::from_str(include_str!("../../tests/words.json")).expect("a table");
        assert!(rows.len() > 700);
        let mut wrong = Vec::new();
        for Row { text, pairs } in &rows {
            // the last of several words with the same key decides
            let read = KeyValues::parse(text)
                .ok()
                .map(|words| words.0.into_iter().map(|(key, word)| (key, word.value)).collect());
            if read != *pairs {
                wrong.push(format!("{text:?}: {read:?}, Ansible {pairs:?}"));
            }
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    }

    /// Escapes are decoded before quotes are taken away, which only some spellings tell.
    #[test]
    fn escaped_quotes_and_names() {
        assert_eq!(get(r"a=\x22x\x22", "a").as_deref(), Some("x"));
        assert_eq!(get(r"a=\x22x\\\x22", "a").as_deref(), Some("\"x\\\""));
        assert_eq!(get(r"a=\x22", "a").as_deref(), Some("\""));
        assert_eq!(get(r"a=\U0010ffff", "a").as_deref(), Some("\u{10ffff}"));
        for text in [r"a=\N{}", r"a=\N{x", r"a=}\N{x", r"a=\N", r"a=\Nx}"] {
            assert_eq!(get(text, "a").as_deref(), text.strip_prefix("a="), "{text}");
        }
        for text in [r"a=\N{x}", r"a=\N{x}y}", r"a=\N{x{}"] {
            assert_eq!(KeyValues::parse(text), Err(Refused::Escape), "{text}");
        }
    }

    #[test]
    fn the_last_word_decides_among_many_too() {
        let words = (0..100).map(|n| format!("a{}={n}", n % 40));
        let text = words.collect::<Vec<_>>().join(" ");
        assert_eq!(get(&text, "a0").as_deref(), Some("80"));
        assert_eq!(get(&text, "a39").as_deref(), Some("79"));
        assert_eq!(get(&text, "a40"), None);
    }

    #[test]
    fn quotes_and_blocks_keep_blanks() {
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
            assert_eq!(KeyValues::parse(text), Err(Refused::Unbalanced), "{text}");
        }
    }

    #[test]
    fn escapes_are_pythons() {
        assert_eq!(decode_escapes(r"imm\x75table").as_deref(), Ok("immutable"));
        assert_eq!(decode_escapes(r"\u0041\U00000042\q\x4").as_deref(), Ok(r"AB\q\x4"));
        assert_eq!(decode_escapes(r"\\x41\").as_deref(), Ok("\\x41\\"));
        assert_eq!(decode_escapes(r"\U00110000"), Err(Refused::Escape));
        assert_eq!(decode_escapes(r"\N{DIGIT ONE}"), Err(Refused::Escape));
    }

    #[test]
    fn a_backslash_continues_a_line() {
        assert_eq!(get("a=b \\\n c=d", "c").as_deref(), Some("d"));
        let action = ActionWords::parse(" copy\t a=b").expect("balanced");
        assert_eq!((&*action.name, action.words.expect("balanced").get("a")), ("copy", Some("b")));
    }
}
