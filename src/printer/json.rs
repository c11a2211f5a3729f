//! One JSON object, also when nothing was found.
//!
//! Invariant: `tests/schemas/report.schema.json` describes the format, version 1: fields may be added to it, and none
//! is renamed, removed or given another meaning. Like every JSON format it is for a log, too: one line of ASCII that
//! holds nothing a terminal or a CI runner would obey, and a JSON parser reads the strings as they were.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::message::help;
use super::row::{Row, fingerprinted, having};
use crate::report::{RunReport, Status};
use crate::rule;
use crate::walker::SkipReason;

pub(super) fn print(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let findings = |status| -> Items<'_> {
        let rows = fingerprinted(run).filter(move |(row, _)| row.record.status == status);
        Box::new(rows.filter_map(|(row, fingerprint)| finding(&row, &fingerprint)))
    };
    let notices = |status| -> Items<'_> { Box::new(having(run, status).map(|row| notice(&row))) };
    let count = |status| having(run, status).count();
    let summary = json!({
        "files": run.files,
        "tasks": run.tasks,
        "findings": count(Status::Open),
        "suppressed": count(Status::Suppressed),
        "skipped": run.skips([SkipReason::Vault]),
        "ignored": run.skips([SkipReason::Ignored, SkipReason::SkippedByName]),
        "installed": run.skips([SkipReason::Installed]),
        "excluded": run.skips([SkipReason::Excluded]),
        "not_followed": run.skips([SkipReason::NotFollowed]),
        "errors": count(Status::Problem),
        "warnings": count(Status::Warning),
    });
    let document = json!({
        "version": 1,
        "tool": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
        "findings": null,
        "suppressed": null,
        "errors": null,
        "warnings": null,
        "summary": summary,
    });
    let (findings, suppressed) = (findings(Status::Open), findings(Status::Suppressed));
    let (problems, warnings) = (notices(Status::Problem), notices(Status::Warning));
    write(&document, vec![findings, suppressed, problems, warnings], out)
}

fn finding(row: &Row<'_>, fingerprint: &str) -> Option<Value> {
    let (finding, at) = (row.record.finding.as_ref()?, row.record.location?);
    let edit = row.record.edit();
    let fix = edit.map(|edit| json!({ "offset": edit.offset, "length": edit.length, "text": edit.text }));
    let not_fixed = match row.record.not_fixed() {
        Some(reason) => Some(reason.to_string()),
        None if row.record.status == Status::Suppressed => Some("a comment suppresses it".to_owned()),
        None if fix.is_none() => Some("the file could not be fixed, for which there is an error".to_owned()),
        None => None,
    };
    let mut object = json!({
        "rule": rule::ID,
        "severity": rule::SEVERITY,
        "kind": finding.kind.name(),
        "path": row.report.path.to_string_lossy(),
        "line": at.start.line,
        "column": at.start.column,
        "end_line": at.end.line,
        "end_column": at.end.column,
        "module": &*finding.module,
        "task": finding.task,
        "value": finding.value,
        "message": row.message(),
        "help": help(finding),
        "fingerprint": fingerprint,
        "fix": fix,
        "not_fixed": not_fixed,
    });
    if row.record.status == Status::Suppressed {
        object["reason"] = json!(row.record.text.as_deref());
    }
    Some(object)
}

fn notice(row: &Row<'_>) -> Value {
    let at = row.record.location.map(|at| at.start);
    json!({
        "path": row.report.path.to_string_lossy(),
        "line": at.map(|at| at.line),
        "column": at.map(|at| at.column),
        "message": row.message(),
    })
}

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
            // a string takes all
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(ascii, "\\u{unit:04x}")),
        }
    }
    ascii
}
