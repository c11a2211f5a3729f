//! Refuses texts that would take libyaml seconds, before it starts.
//!
//! Invariant: libyaml reads a text that passes in time proportional to its size, except for nesting, which the tree's
//! builder limits.

use super::breaks::is_break;
use super::failure::{Failure, Unreliable};
use super::position::BOM;

/// How many `%TAG` directives a text may have: libyaml searches all of them for every tag.
const TAG_DIRECTIVES: usize = 100;
/// How many bytes a directive may have: each tag that uses it copies its prefix.
const TAG_DIRECTIVE: usize = 1024;

/// Shorter runs of white space cost too little to matter.
const RUN: usize = 4096;
/// How many bytes libyaml may clear in all: after every word of a scalar, it clears a buffer as long as the scalar's
/// longest run of white space so far.
const CLEARED: usize = 1 << 33;

/// The limit that a text exceeds, if it does.
pub(super) fn exceeded(text: &str) -> Option<Failure> {
    tag_directives(text).or_else(|| run_of_white_space(text.as_bytes()))
}

fn tag_directives(text: &str) -> Option<Failure> {
    let mut count = 0;
    let starts_line = |&at: &usize| matches!(&text[..at], "" | BOM) || text[..at].ends_with(is_break);
    for at in text.match_indices("%TAG").map(|(at, _)| at).filter(starts_line) {
        count += 1;
        let line = &text.as_bytes()[at..];
        if count > TAG_DIRECTIVES || memchr::memchr2(b'\n', b'\r', line).unwrap_or(line.len()) > TAG_DIRECTIVE
        {
            return Some(Failure::new(at, Unreliable::TagDirectives));
        }
    }
    None
}

fn run_of_white_space(bytes: &[u8]) -> Option<Failure> {
    let mut from = 0;
    // a run of at least this length covers one of these bytes
    for probe in (0..bytes.len()).step_by(RUN) {
        if probe < from || !is_white_space(bytes[probe]) {
            continue;
        }
        let start = bytes[..probe].iter().rposition(|&byte| !is_white_space(byte)).map_or(0, |at| at + 1);
        from = bytes[probe..]
            .iter()
            .position(|&byte| !is_white_space(byte))
            .map_or(bytes.len(), |at| probe + at);
        let (run, rest) = (from - start, bytes.len() - from);
        if run >= RUN && run.saturating_mul(rest) > CLEARED {
            return Some(Failure::new(start, Unreliable::WhiteSpace));
        }
    }
    None
}

/// Also the bytes of U+0085, U+2028 and U+2029, which break lines.
fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0xC2 | 0x85 | 0xE2 | 0x80 | 0xA8 | 0xA9)
}
