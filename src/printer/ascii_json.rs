//! JSON for a log: what every JSON format is written with.
//!
//! Invariant: one line of ASCII that holds nothing a terminal or a CI runner would obey, and a JSON
//! parser reads the strings as they were.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

/// Writes a document and ends the line.
pub(super) fn write(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Guarded))?;
    writeln!(out)
}

/// An array whose items are made while it is written: there may be millions.
pub(super) struct Items<I>(pub(super) I);

impl<I> Serialize for Items<I>
where
    I: Iterator<Item: Serialize> + Clone,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

/// Compact JSON in ASCII, with `#` as an escape.
struct Guarded;

impl serde_json::ser::Formatter for Guarded {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let is_escaped = |c: char| c == '#' || c == '\u{7f}' || !c.is_ascii();
        let mut rest = fragment;
        while let Some(c) = rest.chars().find(|&c| is_escaped(c)) {
            let (plain, behind) = rest.split_once(c).unwrap_or((rest, ""));
            writer.write_all(plain.as_bytes())?;
            c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(writer, "\\u{unit:04x}"))?;
            rest = behind;
        }
        writer.write_all(rest.as_bytes())
    }
}
