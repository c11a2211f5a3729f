//! `k=v` strings, as `ansible.parsing.splitter` of ansible-core 2.21 reads them, as far as they are plain: Ansible also
//! takes other white space than spaces and newlines for a part of a word, and decodes escapes, which stay here.
//!
//! Invariant: a string is read as Ansible reads it, or not at all; reading takes time linear in its length.

use crate::modules::ARGUMENT;

/// The Jinja delimiters within which spaces do not separate words.
const BLOCKS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];

/// What a key that decides may be written with: its letters, or the escapes that may spell any.
const DECISIVE: [&str; 7] = ["state", ARGUMENT, "args", "\\x", "\\u", "\\U", "\\N"];

/// The words of a k=v string, each with the white space behind it, less the one space that separates it from the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValues<'t>(Vec<&'t str>);

impl<'t> KeyValues<'t> {
    /// Splits a string into words. `None` if it has an open quote or Jinja block, an escape that may be a part of a key
    /// that decides, or white space other than spaces and newlines; where no key can decide, also tabs and no-break
    /// spaces are read.
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        let usual = if may_decide(text) { " \n" } else { " \n\t\u{a0}" };
        if text.contains(|c: char| (c.is_whitespace() || c.is_control()) && !usual.contains(c)) {
            return None;
        }
        let (mut starts, mut from, mut end) = (Vec::new(), 0, 0);
        let (mut quote, mut depths) = (None, [0_usize; 3]);
        let has_blocks = text.contains('{');
        for part in text.split([' ', '\n']) {
            end += part.len();
            let before = [' '].into_iter().chain(part.chars());
            for (before, c) in before.zip(part.chars()) {
                if matches!(c, '"' | '\'') && before != '\\' {
                    quote = if quote == Some(c) { None } else { quote.or(Some(c)) };
                }
            }
            for (depth, (open, close)) in depths.iter_mut().zip(BLOCKS).filter(|_| has_blocks) {
                *depth = (*depth + part.matches(open).count()).saturating_sub(part.matches(close).count());
            }
            if quote.is_none() && depths == [0; 3] {
                if from < end {
                    // more white space in front of all words is one
                    let is_led = starts.is_empty() && !matches!(&text[..from], "" | " ");
                    starts.extend(is_led.then_some(0).into_iter().chain([from]));
                }
                from = end + 1;
            }
            end += 1; // the white space behind it
        }
        if starts.is_empty() && !text.is_empty() {
            starts.push(0); // white space alone is a word
        }
        let word = |(index, &start): (usize, &usize)| match starts.get(index + 1) {
            Some(&next) => text[start..next].strip_suffix(' ').unwrap_or(&text[start..next]),
            None => &text[start..],
        };
        let words: Vec<_> = starts.iter().enumerate().map(word).collect();
        let is_continuation = |word: &&str| word.trim() == "\\";
        let is_read = from == end && words.iter().all(|word| has_known_key(word));
        is_read.then(|| Self(words.into_iter().filter(|word| !is_continuation(word)).collect()))
    }

    /// Splits an `action` string into its first word, which is a module's name, and the others.
    pub(crate) fn parse_action(text: &'t str) -> Option<(&'t str, Self)> {
        let mut words = Self::parse(text)?.0.into_iter();
        Some((words.next().unwrap_or_default().trim(), Self(words.collect())))
    }

    /// The keys and values in the order of the text, without the quotes around a value.
    pub(super) fn pairs(&self) -> impl DoubleEndedIterator<Item = (&'t str, &'t str)> {
        self.0.iter().filter_map(|word| {
            let (key, value) = word.split_at(separator(word)?);
            let value = value[1..].trim();
            let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
            Some((key.trim(), inside('"').or_else(|| inside('\'')).unwrap_or(value)))
        })
    }

    /// The last value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'t str> {
        self.pairs().rfind(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// Whether all words are pairs.
    pub(super) fn are_pairs(&self) -> bool {
        self.free().next().is_none()
    }

    /// Whether this is one pair.
    pub(crate) fn is_pair(&self) -> bool {
        self.0.len() == 1 && self.are_pairs()
    }

    /// The first of the words that are no pairs, if these are one template, which gives all arguments: Ansible's
    /// `is_possibly_all_template` looks at both ends only.
    pub(super) fn template(&self) -> Option<&'t str> {
        let (first, last) = (self.free().next()?, self.free().next_back()?);
        let is_template = first.starts_with("#jinja2:")
            || BLOCKS.iter().any(|(open, _)| first.starts_with(open))
                && BLOCKS.iter().any(|(_, close)| last.ends_with(close));
        is_template.then_some(first)
    }

    /// Whether a word that is no pair has a template in it.
    pub(super) fn has_free_template(&self) -> bool {
        self.free().any(|word| BLOCKS.iter().any(|(open, _)| word.contains(open)))
    }

    /// The words that are no pairs.
    fn free(&self) -> impl DoubleEndedIterator<Item = &'t str> {
        self.0.iter().filter(|word| separator(word).is_none()).copied()
    }

    /// Whether both have the same words, but for the values of a key.
    pub(crate) fn same_but_for(&self, other: &Self, key: &str) -> bool {
        let others = |words: &Self| -> Vec<&'t str> {
            let is_other = |word: &&&str| separator(word).is_none_or(|at| word[..at] != *key);
            words.0.iter().filter(is_other).map(|word| word.trim()).collect()
        };
        others(self) == others(other)
    }
}

/// Whether no escape can make the word's key one that decides.
fn has_known_key(word: &str) -> bool {
    let key = separator(word).map_or(word, |at| &word[..at]);
    !key.contains('\\') || !may_decide(key)
}

fn may_decide(text: &str) -> bool {
    DECISIVE.iter().any(|part| text.contains(part))
}

/// Where the `=` between key and value is; the first character cannot be it, nor one behind a backslash.
fn separator(word: &str) -> Option<usize> {
    word.match_indices('=').map(|(at, _)| at).find(|&at| at > 0 && !word[..at].ends_with('\\'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn get<'t>(text: &'t str, key: &str) -> Option<&'t str> {
        KeyValues::parse(text).expect("plain").get(key)
    }

    /// What `parse_kv` of ansible-core makes of some hundred strings (`tests/ansible/key_values.py`); none of odd ones.
    #[test]
    fn strings_mean_what_ansible_reads() {
        #[derive(serde::Deserialize)]
        struct KvRow {
            text: String,
            pairs: Option<BTreeMap<String, String>>,
        }
        let rows: Vec<KvRow> =
            serde_json::from_str(include_str!("../../tests/key_values.json")).expect("a table");
        assert!(rows.len() > 600);
        let mut wrong = Vec::new();
        for KvRow { text, pairs } in &rows {
            // what has an escape is not decoded, and a string with one may be refused
            let escapes = |value: &str| value.contains('\\');
            let read = KeyValues::parse(text).map(|words| {
                let pairs = words.pairs().map(|(key, value)| (key.to_owned(), value.to_owned()));
                pairs.collect::<BTreeMap<_, _>>()
            });
            let is_right = match (&read, pairs) {
                (None, None) => true,
                (None, Some(_)) | (Some(_), None) => escapes(text),
                (Some(read), Some(pairs)) if read.keys().any(|key| escapes(key)) => {
                    ["state", ARGUMENT].iter().all(|key| read.get(*key) == pairs.get(*key))
                }
                (Some(read), Some(pairs)) => {
                    read.keys().eq(pairs.keys())
                        && read.iter().all(|(key, value)| escapes(value) || pairs[key] == *value)
                }
            };
            if !is_right {
                wrong.push(format!("{text:?}: {read:?}, Ansible {pairs:?}"));
            }
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    }

    #[test]
    fn the_last_of_many_pairs_decides() {
        let pairs = (0..100).map(|n| format!("a{}={n}", n % 40));
        let text = pairs.collect::<Vec<_>>().join(" ");
        assert_eq!(get(&text, "a0"), Some("80"));
        assert_eq!(get(&text, "a39"), Some("79"));
        assert_eq!(get(&text, "a40"), None);
    }

    #[test]
    fn quotes_and_blocks_keep_spaces() {
        assert_eq!(get("a='x y' b=\"z  w\"", "a"), Some("x y"));
        assert_eq!(get("a='x y' b=\"z  w\"", "b"), Some("z  w"));
        assert_eq!(get("a={{ b + ' c=d' }} e=f", "a"), Some("{{ b + ' c=d' }}"));
        assert_eq!(get("a={{ b + ' c=d' }} e=f", "c"), None);
        assert_eq!(get("a={% if x %}b=c{% endif %} d=e", "d"), Some("e"));
    }

    #[test]
    fn a_separator_is_not_the_first_character() {
        assert_eq!(get("=a b=c", "b"), Some("c"));
        assert_eq!(get("a= b", "a"), Some(""));
        assert_eq!(get("==b", "="), Some("b"));
        assert_eq!(get("a = b c=d", "a"), None);
    }

    #[test]
    fn free_text_is_a_template_by_its_ends() {
        for (text, is_template) in [
            ("{{ d }}", true),
            (" {{ d }}", true),
            ("{{ d }} a=b {{ e }}", true),
            ("{{ d }} x {% e %} a=b", true),
            ("#jinja2: x", true),
            ("{{ d }} ", false),
            ("{{ d }}\n", false),
            ("{{ d }}  a=b", false),
            ("x {{ d }}", false),
            ("{{ d }} x", false),
            ("a={{ d }}", false),
            ("", false),
        ] {
            assert_eq!(KeyValues::parse(text).expect("plain").template().is_some(), is_template, "{text:?}");
        }
    }

    #[test]
    fn what_takes_more_than_words_is_not_read() {
        for text in [
            "a='b",
            "a={{ b",
            "a={% b",
            "a={# b",
            "'",
            r"a\x41=b",
            r"a\x3db",
            "a=b\tstate=d",
            "a=\u{a0}image_tag_mutability=b",
            "a=\u{2003}b",
            "a\rb",
        ] {
            assert_eq!(KeyValues::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_word_of_an_action_is_the_module() {
        let (name, pairs) = KeyValues::parse_action(" copy  a=b\n c=d").expect("plain");
        assert_eq!((name, pairs.get("a"), pairs.get("c")), ("copy", Some("b"), Some("d")));
    }
}
