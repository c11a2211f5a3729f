//! gitignore patterns, rewritten so that the crate `ignore` reads in them what git does.
//!
//! Invariant: a pattern matches here what it matches in git 2.47, shown on generated trees against
//! `git ls-files`; the exception is a byte that is not UTF-8, which matches any byte that is not ASCII.

use std::iter;
use std::path::PathBuf;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// More patterns than anybody writes into one file; the matcher needs up to 50 KB for each.
const MOST_PATTERNS: usize = 1_000;

/// More patterns than anybody writes into the files of nested directories, which apply together.
const MOST_TOGETHER: usize = 10_000;

/// Compiles the text of an ignore file, where so many patterns apply already. As in git, a line that makes no sense
/// matches nothing.
pub(super) fn compile(text: &[u8], already: usize) -> Result<Gitignore, String> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut builder = GitignoreBuilder::new("");
    let mut patterns = 0;
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"#")) {
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        if let Ok(Some(line)) = Line::parse(text) {
            patterns += 1;
            if patterns > MOST_PATTERNS {
                return Err(format!("it holds more than {MOST_PATTERNS} patterns"));
            }
            if already + patterns > MOST_TOGETHER {
                return Err(format!(
                    "with those of the directories above they are more than {MOST_TOGETHER}"
                ));
            }
            // the place for where a pattern comes from tells how it was written
            let written = PathBuf::from(String::from_utf8_lossy(text).trim_end());
            builder.add_line(Some(written), &line.glob).map_err(|error| error.to_string())?;
        }
    }
    builder.build().map_err(|error| error.to_string())
}

/// A gitignore line, rewritten so that the crate `ignore` reads in it what git does.
///
/// The crate gives `{`, `}` and `,` a meaning, does not know `\` and `[:alpha:]` inside brackets, lets `[^a]` match a
/// slash, takes `***` for something else than `**`, reads an unclosed `[` literally, trims tabs at the end, and takes
/// text, not bytes.
pub(super) struct Line {
    pub(super) glob: String,
    /// Whether it matches a name at any level rather than a path.
    pub(super) any_level: bool,
}

impl Line {
    /// Reads a line that is no comment; `None` if it is blank.
    pub(super) fn parse(line: &[u8]) -> Result<Option<Self>, &'static str> {
        let line = trim_spaces(line.split(|byte| *byte == 0).next().unwrap_or_default());
        let text = decode(line);
        let mut pattern = text.as_slice();
        let is_negated = strip(&mut pattern, |text| text.split_first(), '!');
        let only_directories = strip(&mut pattern, |text| text.split_last(), '/');
        let any_level = !pattern.contains(&'/');
        strip(&mut pattern, |text| text.split_first(), '/');
        if pattern.is_empty() {
            return Ok(None);
        }
        let glob = to_glob(pattern, any_level)?;
        if glob.ends_with('/') {
            return Err("it ends with two slashes");
        }
        let mark = if is_negated { "!" } else { "" };
        let level = if any_level { "**/" } else { "" };
        let end = if only_directories { "/" } else { "" };
        let glob = format!("{mark}/{level}{glob}{end}");
        Ok(Some(Self { glob, any_level }))
    }
}

/// Strips a character from one end, and tells whether it was there.
fn strip<'t>(
    text: &mut &'t [char],
    split: impl Fn(&'t [char]) -> Option<(&'t char, &'t [char])>,
    character: char,
) -> bool {
    let rest = split(text).filter(|(end, _)| **end == character);
    if let Some((_, rest)) = rest {
        *text = rest;
    }
    rest.is_some()
}

/// Trims the spaces at the end that no backslash escapes.
fn trim_spaces(line: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut bytes = line.iter().enumerate();
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b' ' => {}
            b'\\' => end = bytes.next().map_or(line.len(), |(escaped, _)| escaped + 1),
            _ => end = index + 1,
        }
    }
    &line[..end]
}

/// Stands for a byte that is not UTF-8.
const NOT_TEXT: char = char::REPLACEMENT_CHARACTER;

fn decode(line: &[u8]) -> Vec<char> {
    let chunks = line.utf8_chunks();
    chunks
        .flat_map(|chunk| chunk.valid().chars().chain(iter::repeat_n(NOT_TEXT, chunk.invalid().len())))
        .collect()
}

/// Rewrites a pattern without its marks at either end.
fn to_glob(pattern: &[char], any_level: bool) -> Result<String, &'static str> {
    let mut glob = String::new();
    let mut rest = pattern;
    while let Some((&first, tail)) = rest.split_first() {
        let before = &pattern[..pattern.len() - rest.len()];
        rest = match first {
            '\\' => {
                let (&escaped, tail) = tail.split_first().ok_or("it ends with a backslash")?;
                push_literal(&mut glob, escaped);
                tail
            }
            '?' => {
                glob.push('?');
                tail
            }
            '*' => push_stars(&mut glob, before, tail, any_level),
            '[' => {
                let (class, tail) = Class::parse(tail)?;
                class.push(&mut glob);
                tail
            }
            literal => {
                push_literal(&mut glob, literal);
                tail
            }
        };
    }
    Ok(glob)
}

/// Writes a run of stars, and returns what follows.
fn push_stars<'t>(glob: &mut String, before: &[char], tail: &'t [char], any_level: bool) -> &'t [char] {
    let stars = tail.iter().take_while(|next| **next == '*').count();
    let tail = &tail[stars..];
    let begins = before.last().is_none_or(|last| *last == '/');
    // Git compares what stands before the first special character by itself and begins anew after it, so that in
    // `abc**/x` the stars stand at a beginning and match `abcx` and `abcd/e/x`.
    let begins_anew = !before.iter().any(|c| matches!(c, '*' | '?' | '[' | '\\'));
    if any_level || stars == 0 || !(begins || begins_anew) {
        glob.push('*');
        return tail;
    }
    match tail {
        [] => glob.push_str(if begins { "**" } else { "{*,*/**}" }),
        ['/', tail @ ..] => {
            glob.push_str(if begins { "**/" } else { "{**/}" });
            return tail;
        }
        // An escaped slash must be there: here the stars do not stand for nothing.
        ['\\', '/', tail @ ..] => {
            glob.push_str(if begins { "*/**/" } else { "{*,*/**}/" });
            return tail;
        }
        _ => glob.push('*'),
    }
    tail
}

/// Writes a character that stands for itself.
fn push_literal(glob: &mut String, character: char) {
    match character {
        NOT_TEXT => glob.push_str("{\u{fffd},[^\0-\x7f]}"),
        // The crate takes a backslash for an escape before its own marks, and trims white space.
        '\\' => glob.push_str("[\\]"),
        blank if blank.is_whitespace() => glob.extend(['{', blank, '}']),
        '*' | '?' | '[' | ']' | '{' | '}' | ',' => glob.extend(['\\', character]),
        plain => glob.push(plain),
    }
}

/// The bytes that a `[...]` matches, read as git's `wildmatch.c` reads them.
#[derive(Default)]
struct Class {
    is_negated: bool,
    /// One bit for each ASCII character.
    ascii: u128,
    /// The other members and ranges, in the crate's syntax, which takes them for the same bytes as git.
    others: String,
}

impl Class {
    /// Reads what follows a `[`, and returns what follows its `]`.
    fn parse(text: &[char]) -> Result<(Self, &[char]), &'static str> {
        const UNCLOSED: &str = "a `[` is not closed";
        let mut class = Self { is_negated: matches!(text.first(), Some('!' | '^')), ..Self::default() };
        let mut rest = &text[usize::from(class.is_negated)..];
        let mut is_first = true;
        let mut previous = None;
        loop {
            (previous, rest) = match rest {
                [] | ['\\'] | ['-', '\\'] => return Err(UNCLOSED),
                [']', tail @ ..] if !is_first => return Ok((class, tail)),
                ['-', '\\', last, tail @ ..] | ['-', last, tail @ ..]
                    if previous.is_some() && (*last != ']' || rest[1] == '\\') =>
                {
                    class.add_range(previous.unwrap_or(*last), *last);
                    (None, tail)
                }
                ['[', ':', tail @ ..] => match class.add_named(tail)? {
                    Some(tail) => (None, tail),
                    None => class.add('[', &rest[1..]),
                },
                ['\\', member, tail @ ..] | [member, tail @ ..] => class.add(*member, tail),
            };
            is_first = false;
        }
    }

    fn add<'t>(&mut self, member: char, tail: &'t [char]) -> (Option<char>, &'t [char]) {
        self.add_range(member, member);
        (Some(member), tail)
    }

    fn add_range(&mut self, first: char, last: char) {
        let (low, high) = (u32::from(first), u32::from(last));
        for code in low..=high.min(127) {
            self.ascii |= 1 << code;
        }
        if last == NOT_TEXT {
            self.others.push_str("\u{80}-\u{10ffff}");
        } else if high > 127 && low <= high {
            self.others.extend([first.max('\x7f'), '-', last]);
        }
    }

    /// Adds the members of a `[:name:]` whose name `text` begins with; `None` if it is something else.
    fn add_named<'t>(&mut self, text: &'t [char]) -> Result<Option<&'t [char]>, &'static str> {
        let end = text.iter().position(|c| *c == ']').ok_or("a `[` is not closed")?;
        let Some((':', name)) = text[..end].split_last() else { return Ok(None) };
        let name: String = name.iter().collect();
        let is_member: fn(&u8) -> bool = match name.as_str() {
            "alnum" => u8::is_ascii_alphanumeric,
            "alpha" => u8::is_ascii_alphabetic,
            "blank" => |byte| matches!(byte, b' ' | b'\t'),
            "cntrl" => u8::is_ascii_control,
            "digit" => u8::is_ascii_digit,
            "graph" => u8::is_ascii_graphic,
            "lower" => u8::is_ascii_lowercase,
            "print" => |byte| matches!(byte, b' '..=b'~'),
            "punct" => u8::is_ascii_punctuation,
            "space" => |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
            "upper" => u8::is_ascii_uppercase,
            "xdigit" => u8::is_ascii_hexdigit,
            _ => return Err("a `[:name:]` is unknown"),
        };
        for byte in (0..128).filter(is_member) {
            self.ascii |= 1 << byte;
        }
        Ok(Some(&text[end + 1..]))
    }

    /// Writes the class in the crate's syntax, where a member's place escapes it: `]` is first and `-` last.
    fn push(&self, glob: &mut String) {
        let slash = 1 << b'/';
        let ascii = if self.is_negated { self.ascii | slash } else { self.ascii & !slash };
        let has = |member: u8| ascii >> member & 1 == 1;
        glob.push_str(if self.is_negated { "[^" } else { "[" });
        if has(b']') {
            glob.push(']');
        } else if !self.is_negated {
            // No name holds a NUL, which keeps `!` and `^` from the first place and the class from being empty.
            glob.push('\0');
        }
        let members = (0..128).filter(|byte| has(*byte) && !matches!(byte, b']' | b'-'));
        glob.extend(members.map(char::from));
        glob.push_str(&self.others);
        glob.push_str(if has(b'-') { "-]" } else { "]" });
    }
}
