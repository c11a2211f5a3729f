//! Paths as each format wants them.
//!
//! Invariant: [`display_path`] is fit for the start of a line, [`uri`] is ASCII, and the same path gives the same [`uri`]
//! on every system. All but [`slash_path`] give different paths different texts.

use std::path::{Component, MAIN_SEPARATOR, Path};

use crate::escape::escape_bytes;
use crate::parser::Position;

/// A path, for a line that starts with it.
pub(super) fn display_path(path: &Path) -> String {
    let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
    if MAIN_SEPARATOR == '\\' {
        bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    }
    let shown = escape_bytes(&bytes);
    // a runner would read `::…` at the start of a line as a command
    // a colon follows the path, so one is enough to make a command
    if shown.trim_start().starts_with(':') { format!("./{shown}") } else { shown }
}

/// A path that was made fit for a line, with the position in the file if there is one: `path:line:column`.
pub(super) fn location(path: &str, position: Option<Position>) -> String {
    position.map_or_else(|| path.to_owned(), |at| format!("{path}:{}:{}", at.line, at.column))
}

/// A path as it is, for a program that reads it back. In front of what a runner would read as a command at
/// the start of a line stands `./`, as it may in front of every relative path.
pub(super) fn exact(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let text = String::from_utf8_lossy(bytes);
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let guard: &[u8] = if start.starts_with("::") { b"./" } else { b"" };
    [guard, bytes].concat()
}

/// Whether a path cannot be one line among others.
pub(super) fn breaks_lines(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().iter().any(|byte| matches!(byte, b'\n' | b'\r'))
}

/// A path as repositories name files: with slashes and without `./`. Not escaped.
pub(super) fn slash_path(path: &Path) -> String {
    String::from_utf8_lossy(&bytes(path)).into_owned()
}

/// The same, escaped for a line.
pub(super) fn escaped_slash_path(path: &Path) -> String {
    escape_bytes(&bytes(path))
}

/// A path as a URI reference: relative, or `file://…` if the path is absolute.
pub(super) fn uri(path: &Path) -> String {
    let bytes = bytes(path);
    let mut uri = match bytes.first() {
        Some(b'/') => "file://".to_owned(),
        _ if path.is_absolute() => "file:///".to_owned(), // a drive of Windows
        _ => String::new(),
    };
    for &byte in &bytes {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
            uri.extend(['%', digit(byte >> 4), digit(byte & 0xf)]);
        }
    }
    uri
}

fn bytes(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(path.as_os_str().len());
    for component in path.components() {
        if component == Component::CurDir {
            continue;
        }
        if !matches!(bytes.last(), None | Some(b'/')) && component != Component::RootDir {
            bytes.push(b'/');
        }
        match component {
            Component::RootDir => bytes.push(b'/'),
            other => bytes.extend(other.as_os_str().as_encoded_bytes()),
        }
    }
    if bytes.is_empty() { vec![b'.'] } else { bytes }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn exact_names_start_no_command() {
        for (path, expected) in [
            ("a/::b.yml", "a/::b.yml"),
            (":a.yml", ":a.yml"),
            ("::error::a.yml", "./::error::a.yml"),
            (" \t\u{a0}\u{feff}::a.yml", "./ \t\u{a0}\u{feff}::a.yml"),
            ("\u{1b}[1m ##[error]a.yml", "\u{1b}[1m ##[error]a.yml"),
        ] {
            assert_eq!(exact(Path::new(path)), expected.as_bytes());
        }
        assert_eq!(exact(Path::new(OsStr::from_bytes(b"\xff::a"))), b"\xff::a");
    }

    #[test]
    fn different_paths_are_shown_differently() {
        let paths: [&[u8]; 8] =
            [b"a\nb", b"a\\nb", b"a\\\nb", b"\xff", b"\\xff", b"\xfe", "\u{fffd}".as_bytes(), b":a"];
        let shown = ["a\\nb", "a\\\\nb", "a\\\\\\nb", "\\xff", "\\\\xff", "\\xfe", "\u{fffd}", "./:a"];
        assert_eq!(paths.map(|path| display_path(Path::new(OsStr::from_bytes(path)))), shown);
        assert_eq!(escaped_slash_path(Path::new(OsStr::from_bytes(b"./a\\\n\xff"))), "a\\\\\\n\\xff");
    }

    #[test]
    fn uris() {
        for (path, expected) in [
            ("a/b.yml", "a/b.yml"),
            ("./a//b.yml", "a/b.yml"),
            ("../a.yml", "../a.yml"),
            (".", "."),
            ("/a/b c.yml", "file:///a/b%20c.yml"),
            ("c:x/%41#?.yml", "c%3Ax/%2541%23%3F.yml"),
            ("ä\n<\u{1b}", "%C3%A4%0A%3C%1B"),
        ] {
            assert_eq!(uri(Path::new(path)), expected);
        }
        assert_eq!(uri(Path::new(OsStr::from_bytes(b"\xff.yml"))), "%FF.yml");
        assert_eq!(slash_path(Path::new("./a/./b.yml")), "a/b.yml");
    }
}
