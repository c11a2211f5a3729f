//! One JSON object, also when nothing was found.
//!
//! Invariant: `tests/schemas/report.schema.json` describes the format, version 1: fields may be added to it, and none
//! is renamed, removed or given another meaning.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;

use super::ascii_json::{self, Items};
use super::message::{help, kind};
use super::row::{Row, Subjects};
use crate::fix::Edit;
use crate::report::{Record, Run};
use crate::rule::{self, Finding};

pub(super) fn print(run: &Run, subjects: &Subjects<'_>, out: &mut dyn Write) -> io::Result<()> {
    ascii_json::write(&Document { run, subjects }, out)
}

struct Document<'r> {
    run: &'r Run,
    subjects: &'r Subjects<'r>,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let findings = |is_open| {
            let rows = self.subjects.fingerprinted().filter(move |(row, _)| row.record.is_open() == is_open);
            rows.filter_map(|(row, fingerprint)| Some((row, row.record.finding()?, fingerprint)))
        };
        let rows = |is: fn(&Record) -> bool| self.subjects.rows().filter(move |row| is(row.record));
        let errors = rows(|record| matches!(record, Record::Problem { .. }));
        let warnings = rows(|record| matches!(record, Record::Warning { .. }));
        let (totals, count) = (self.run.totals, |is| rows(is).count());
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("version", &1)?;
        let tool = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
        object.serialize_entry("tool", &tool)?;
        object.serialize_entry("findings", &Items(findings(true).map(JsonFinding)))?;
        object.serialize_entry("suppressed", &Items(findings(false).map(JsonFinding)))?;
        object.serialize_entry("errors", &Items(errors.clone().map(|row| notice(&row))))?;
        object.serialize_entry("warnings", &Items(warnings.clone().map(|row| notice(&row))))?;
        let summary = json!({
            "files": totals.files,
            "tasks": totals.tasks,
            "findings": count(Record::is_open),
            "suppressed": count(|record| matches!(record, Record::Suppressed { .. })),
            "skipped": totals.skipped,
            "ignored": totals.ignored,
            "excluded": totals.excluded,
            "not_followed": totals.not_followed,
            "errors": errors.count(),
            "warnings": warnings.count(),
        });
        object.serialize_entry("summary", &summary)?;
        object.end()
    }
}

/// A finding with its fingerprint.
struct JsonFinding<'r>((Row<'r>, &'r Finding, String));

impl Serialize for JsonFinding<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (row, finding, fingerprint) = &self.0;
        let at = row.record.location();
        let (fix, not_fixed) = match row.record.fix() {
            Some(Ok(Edit { offset, length, text })) => {
                (Some(json!({ "offset": offset, "length": length, "text": text })), None)
            }
            Some(Err(reason)) => (None, Some(reason.to_string())),
            None if row.record.is_open() => {
                (None, Some("the file could not be fixed, for which there is an error".to_owned()))
            }
            None => (None, Some("a comment suppresses it".to_owned())),
        };
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("rule", row.id())?;
        object.serialize_entry("severity", rule::SEVERITY)?;
        object.serialize_entry("kind", kind(finding.kind))?;
        object.serialize_entry("path", &row.subject.report.path.to_string_lossy())?;
        object.serialize_entry("line", &at.map(|at| at.start.line))?;
        object.serialize_entry("column", &at.map(|at| at.start.column))?;
        object.serialize_entry("end_line", &at.map(|at| at.end.line))?;
        object.serialize_entry("end_column", &at.map(|at| at.end.column))?;
        object.serialize_entry("module", &*finding.module)?;
        object.serialize_entry("task", &finding.task)?;
        object.serialize_entry("value", &finding.value)?;
        object.serialize_entry("message", &row.message())?;
        object.serialize_entry("help", help(finding))?;
        object.serialize_entry("fingerprint", fingerprint)?;
        object.serialize_entry("fix", &fix)?;
        object.serialize_entry("not_fixed", &not_fixed)?;
        if !row.record.is_open() {
            object.serialize_entry("reason", &row.reason())?;
        }
        object.end()
    }
}

fn notice(row: &Row<'_>) -> serde_json::Value {
    let at = row.record.location().map(|at| at.start);
    json!({
        "path": row.subject.report.path.to_string_lossy(),
        "line": at.map(|at| at.line),
        "column": at.map(|at| at.column),
        "message": row.message(),
    })
}
