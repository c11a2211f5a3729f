//! Finds git's `core.excludesFile` in the configurations of the user and of the system.
//!
//! Invariant: files are read only with the caller's function, which limits their size and never waits. Files that a
//! configuration includes are not read.

use std::env;
use std::path::{Path, PathBuf};

use crate::paths;

/// Finds the file; `read` gives the text of a configuration, if there is one.
pub(super) fn find(read: &mut dyn FnMut(&Path) -> Option<Vec<u8>>) -> Option<PathBuf> {
    let home = env::home_dir();
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let xdg = set("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let global = match env::var_os("GIT_CONFIG_GLOBAL") {
        Some(only) => vec![PathBuf::from(only)],
        None => [
            home.as_ref().map(|home| home.join(".gitconfig")),
            xdg.as_ref().map(|xdg| xdg.join("git/config")),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    let system = set("GIT_CONFIG_SYSTEM").unwrap_or_else(|| PathBuf::from("/etc/gitconfig"));
    let configured = global.iter().chain([&system]).find_map(|path| excludes_file(&read(path)?));
    let Some(value) = configured else { return Some(xdg?.join("git/ignore")) };
    match (value.strip_prefix(b"~/"), home) {
        (Some(below), Some(home)) => Some(home.join(paths::from_bytes(below)?)),
        _ => paths::from_bytes(&value),
    }
}

/// The last value of `core.excludesFile`.
fn excludes_file(config: &[u8]) -> Option<Vec<u8>> {
    let (mut in_core, mut found) = (false, None);
    for line in config.split(|byte| *byte == b'\n') {
        let mut line = line.trim_ascii();
        if let Some((name, rest)) = line.strip_prefix(b"[").and_then(|line| split_once(line, b']')) {
            in_core = name.trim_ascii().eq_ignore_ascii_case(b"core");
            line = rest;
        }
        match split_once(line, b'=') {
            Some((key, value)) if in_core && key.trim_ascii().eq_ignore_ascii_case(b"excludesfile") => {
                found = Some(unquote(value.trim_ascii()));
            }
            _ => {}
        }
    }
    found
}

/// A value without its quotes, escapes and comment.
fn unquote(value: &[u8]) -> Vec<u8> {
    let (mut text, mut end, mut in_quotes) = (Vec::new(), 0, false);
    let mut bytes = value.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b'#' | b';' if !in_quotes => break,
            b'\\' => text.extend(bytes.next().map(|escaped| match escaped {
                b'n' => b'\n',
                b't' => b'\t',
                escaped => escaped,
            })),
            byte => text.push(byte),
        }
        if in_quotes || !byte.is_ascii_whitespace() {
            end = text.len(); // trailing whitespace is part of the value only within quotes
        }
    }
    text.truncate(end);
    text
}

fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_git_reads_them() {
        for (config, expected) in [
            ("[core]\n\texcludesFile = ~/a\n", Some("~/a")),
            ("[CORE]\r\nEXCLUDESFILE=a\r\n", Some("a")),
            ("[core] excludesfile = a ; why\n", Some("a")),
            ("[core]\nexcludesfile = \"a b # \" # why\n", Some("a b # ")),
            ("[core]\nexcludesfile = a b\t\n", Some("a b")),
            ("[core]\nexcludesfile = \"C:\\\\a\\\"b\"\n", Some("C:\\a\"b")),
            ("[core]\nexcludesfile = a\nexcludesfile = b\n", Some("b")),
            ("[core]\nexcludesfile =\n", Some("")),
            ("[core]\n# excludesfile = a\n; excludesfile = a\n", None),
            ("[core \"x\"]\nexcludesfile = a\n[user]\nexcludesfile = a\n", None),
            ("excludesfile = a\n[core\n", None),
            ("[core]\nexcludesfiles = a\nexcludesfile\n", None),
        ] {
            let found = excludes_file(config.as_bytes());
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{config}");
        }
    }
}
