//! JSON for a log: what every JSON format is written with.
//!
//! Invariant: one line of ASCII that holds nothing a terminal or a CI runner would obey, and a JSON parser reads the
//! strings as they were. Long arrays are made while they are written.

use std::io::{self, Write};

use serde_json::Value;

/// The items of an array: each is made when it is its turn, since there may be millions.
pub(super) type Items<'a> = Box<dyn Iterator<Item = Value> + 'a>;

/// Writes a document and ends the line. Each null in the document stands for one of the arrays, in their order; its
/// strings must not hold that word.
pub(super) fn write(document: &Value, arrays: Vec<Items<'_>>, out: &mut dyn Write) -> io::Result<()> {
    let outline = ascii(document);
    let mut parts = outline.split("null");
    out.write_all(parts.next().unwrap_or_default().as_bytes())?;
    for (part, items) in parts.zip(arrays) {
        out.write_all(b"[")?;
        let mut separator = "";
        for item in items {
            write!(out, "{separator}{}", ascii(&item))?;
            separator = ",";
        }
        write!(out, "]{part}")?;
    }
    writeln!(out)
}

/// A value in compact JSON, in which all but printable ASCII is escaped, and `#`: only strings can hold these.
fn ascii(value: &Value) -> String {
    let text = value.to_string();
    let is_plain = |c: char| matches!(c, ' '..='~') && c != '#';
    if text.chars().all(is_plain) {
        return text; // as most are
    }
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_plain(c) => ascii.push(c),
            c => ascii.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    ascii
}
