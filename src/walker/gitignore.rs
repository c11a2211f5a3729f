//! Lines of gitignore patterns, written so that the crate `ignore` reads them as git does.
//!
//! Invariant: nothing is ignored that git 2.47 does not ignore, shown on generated trees against `git ls-files`. A
//! line that the crate might read differently is skipped, or if it is negated, read as `!*`: at worst too little is
//! ignored.

use std::path::PathBuf;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The most bytes of patterns that apply along a path, for which the matcher takes up to 15 MB.
const MOST_BYTES: usize = 16_000;

/// What a pattern counts as at least: the matcher takes some memory and time for the shortest one.
const LEAST_BYTES: usize = 16;

/// Compiles the text of an ignore file; `already` is how many bytes of patterns apply from directories above. Returns
/// how many apply with it.
///
/// # Errors
///
/// Why the patterns are too many.
pub(super) fn compile(text: &[u8], already: usize) -> Result<(Gitignore, usize), String> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let (mut builder, mut bytes) = (GitignoreBuilder::new(""), already);
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
        bytes += line.len().max(LEAST_BYTES);
        if bytes > MOST_BYTES {
            let most = "more than 1,000 patterns, or 16 KB of them,";
            return Err(format!("{most} with those of the directories above"));
        }
        let is_added = std::str::from_utf8(line).is_ok_and(|line| add(&mut builder, line).is_ok());
        if !is_added && line.starts_with(b"!") {
            add(&mut builder, "!*")?;
        }
    }
    builder.build().map(|patterns| (patterns, bytes)).map_err(|error| error.to_string())
}

/// Adds a line. The crate's field for the pattern's file keeps it as it was written.
///
/// # Errors
///
/// Why the crate might not read it as git does; the text does not hold the line.
pub(super) fn add(to: &mut GitignoreBuilder, line: &str) -> Result<(), &'static str> {
    let (written, glob) = (PathBuf::from(line.trim_end()), to_glob(line)?);
    let added = to.allow_unclosed_class(false).add_line(Some(written), &glob);
    added.map(drop).map_err(|_| "it ends with a backslash, or a range goes backwards")
}

/// Rewrites a line so that braces stand for themselves, as they do in git.
///
/// # Errors
///
/// Why the line might match more, or if negated less, than it does in git.
fn to_glob(line: &str) -> Result<String, &'static str> {
    let path = line.strip_prefix('!').unwrap_or(line).trim_end_matches(' ');
    let is_name = !path.strip_suffix('/').unwrap_or(path).contains('/');
    // git compares the plain characters in front first: then the stars begin the rest, and match slashes too
    let has_stars = |name: &str| name.contains("***") || !is_name && name.len() > 2 && name.contains("**");
    let faults = [
        (line.contains('\0'), "it holds a NUL"),
        (["\\/", "\\{", "\\}"].iter().any(|odd| line.contains(odd)), "it escapes a slash or a brace"),
        (path.ends_with("//"), "it ends with two slashes"),
        (path.split('/').any(has_stars), "it holds `**` beside other characters"),
        (
            line.split('[').skip(1).any(is_odd),
            "a `[` is not closed, or holds more than characters and ranges",
        ),
    ];
    match faults.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, fault)) => Err(fault),
        None => Ok(line.replace('{', "\\{").replace('}', "\\}")),
    }
}

/// Whether what follows a `[` may mean something else to the crate than to git.
fn is_odd(text: &str) -> bool {
    let Some((members, _)) = text.split_once(']') else { return true };
    let members = members.trim_start_matches(['!', '^']);
    // `a-c-e` is a range and two characters to git, and one range to the crate
    let parts: Vec<_> = members.split('-').collect();
    let has_range_twice = parts.windows(3).any(|parts| parts[1].chars().count() < 2);
    members.is_empty() || members.contains(['\\', '{', '}']) || has_range_twice
}
