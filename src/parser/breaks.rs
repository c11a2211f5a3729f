//! Line breaks as libyaml defines them: `\n`, `\r`, `\r\n`, and also U+0085, U+2028 and U+2029.
//!
//! Invariant: every function takes and returns offsets between two characters.

/// Whether libyaml ends a line at this character.
pub(crate) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Where the line that contains an offset starts.
pub(crate) fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].char_indices().rfind(|(_, c)| is_break(*c)).map_or(0, |(at, c)| at + c.len_utf8())
}

/// Where the line that contains an offset ends, before its break.
pub(crate) fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find(is_break).map_or(text.len(), |at| offset + at)
}

/// The offset after the line break at an offset; the offset itself if there is none.
pub(crate) fn skip_break(text: &str, offset: usize) -> usize {
    let rest = &text[offset..];
    let after = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(is_break)).unwrap_or(rest);
    text.len() - after.len()
}
