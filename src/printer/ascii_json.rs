//! JSON for a log: what every JSON format is written with.
//!
//! Invariant: one line of ASCII that holds nothing a terminal or a CI runner would obey, and a JSON parser reads the
//! strings as they were. Long arrays are made while they are written.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::Value;

/// A document, of which some arrays are too long to be kept.
pub(super) enum Json<'a> {
    Value(Value),
    Object(Vec<(&'static str, Json<'a>)>),
    Array(Vec<Json<'a>>),
    /// An array whose items are made when it is their turn: there may be millions.
    Items(Box<dyn Fn() -> Box<dyn Iterator<Item = Value> + 'a> + 'a>),
}

impl<'a> Json<'a> {
    /// The items of an iterator that starts anew for each use.
    pub(super) fn items<I: Iterator<Item = Value> + Clone + 'a>(items: I) -> Self {
        Self::Items(Box::new(move || Box::new(items.clone())))
    }

    /// Writes the document and ends the line.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Guarded))?;
        writeln!(out)
    }
}

impl From<Value> for Json<'_> {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Object(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Items(items) => serializer.collect_seq(items()),
        }
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
