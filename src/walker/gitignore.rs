//! gitignore patterns, matched by the crate `ignore`.
//!
//! Invariant: nothing is ignored that git 2.47 does not ignore, shown on generated trees against `git ls-files`. A
//! line that the crate reads differently is skipped, or if it is negated, read as `!*`: at worst too little is
//! ignored.

use std::path::PathBuf;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The most patterns in one file, which is more than anybody writes; the matcher needs up to 50 KB for each.
const MOST_PATTERNS: usize = 1_000;

/// The most patterns in the files of nested directories, which apply together.
const MOST_TOGETHER: usize = 10_000;

/// Compiles the text of an ignore file; `already` is how many patterns apply from directories above.
pub(super) fn compile(text: &[u8], already: usize) -> Result<Gitignore, String> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let (mut builder, mut patterns) = (builder(), 0);
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"#")) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // the crate's field for the pattern's file keeps the line as it was written
        let written = Some(PathBuf::from(String::from_utf8_lossy(line).trim_end()));
        let is_negated = line.starts_with(b"!");
        match std::str::from_utf8(line) {
            Ok(line) if is_blank(line) => continue,
            Ok(line) if add(&mut builder, written.clone(), line).is_ok() => {}
            _ if is_negated => add(&mut builder, written, "!*")?,
            _ => continue,
        }
        patterns += 1;
        if patterns > MOST_PATTERNS {
            return Err(format!("more than {MOST_PATTERNS} patterns"));
        }
        if already + patterns > MOST_TOGETHER {
            return Err(format!("more than {MOST_TOGETHER} patterns with those of the directories above"));
        }
    }
    builder.build().map_err(without_glob)
}

pub(super) fn builder() -> GitignoreBuilder {
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    builder
}

/// Adds a line that holds a pattern.
///
/// # Errors
///
/// Why the crate does not read it as git does.
pub(super) fn add(to: &mut GitignoreBuilder, from: Option<PathBuf>, line: &str) -> Result<(), String> {
    to.add_line(from, &to_glob(line)?).map(drop).map_err(without_glob)
}

/// Whether a line holds no pattern.
pub(super) fn is_blank(line: &str) -> bool {
    matches!(line.trim_end_matches(' '), "" | "/" | "!" | "!/")
}

/// Whether a pattern has no slash, except at its end, so that it matches a name at any level.
pub(super) fn is_name(line: &str) -> bool {
    let line = line.trim_end_matches(' ');
    !line.strip_suffix('/').unwrap_or(line).contains('/')
}

/// The crate's message about a pattern, without the pattern, which was rewritten for the crate.
pub(super) fn without_glob(error: ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err,
        error => error.to_string(),
    }
}

/// Rewrites a line so that `{`, `}` and `,` stand for themselves, as they do in git.
///
/// # Errors
///
/// Why the line might match more, or if negated less, than it does in git.
fn to_glob(line: &str) -> Result<String, &'static str> {
    let path = line.strip_prefix('!').unwrap_or(line).trim_end_matches(' ');
    let has_stars = |name: &str| name.len() > 2 && name.contains("**");
    let faults = [
        (line.contains('\0'), "it holds a NUL"),
        (line.contains("***"), "it holds `***`"),
        (line.contains("\\/"), "it holds `\\/`"),
        (path.ends_with("//"), "it ends with two slashes"),
        // git compares the plain characters in front first: then the stars begin the rest, and match slashes too
        (!is_name(path) && path.split('/').any(has_stars), "it holds `**` beside other characters"),
    ];
    if let Some((_, fault)) = faults.into_iter().find(|(is_there, _)| *is_there) {
        return Err(fault);
    }
    let mut glob = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\\', '[', '{', '}', ',']) {
        let (plain, special) = rest.split_at(at);
        glob.push_str(plain);
        let length = match special.as_bytes()[0] {
            b'\\' => 1 + special[1..].chars().next().ok_or("it ends with a backslash")?.len_utf8(),
            b'[' => class_length(special)?,
            _ => {
                glob.push('\\');
                1
            }
        };
        glob.push_str(&special[..length]);
        rest = &special[length..];
    }
    Ok(glob + rest)
}

/// The length of the `[...]` that the text begins with.
fn class_length(text: &str) -> Result<usize, &'static str> {
    let opening = if text[1..].starts_with(['!', '^']) { 2 } else { 1 };
    // as the first member a `]` closes nothing
    let first = text[opening..].chars().next().map_or(0, char::len_utf8);
    let end = opening + first + text[opening + first..].find(']').ok_or("a `[` is not closed")?;
    let members: Vec<char> = text[opening..end].chars().collect();
    if members.contains(&'\\') {
        return Err("a backslash is within brackets");
    }
    if members.windows(2).any(|pair| pair == ['[', ':']) {
        return Err("a `[:name:]` is unknown");
    }
    // `a-c-e` is a range and two characters to git, and one range to the crate
    if members.windows(5).any(|range| range[1] == '-' && range[3] == '-') {
        return Err("a range is followed by a `-`");
    }
    Ok(end + 1)
}
