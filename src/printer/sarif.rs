//! SARIF 2.1.0, for code scanning.
//!
//! Invariant: the document validates against the official schema, and every region counts lines and UTF-16 code
//! units as editors do; with the fixes of all results made by these regions, a file is what `--fix` writes.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::json;
use super::row::{Ordinals, Row, having, rows, rows_of};
use crate::position::{Position, positions};
use crate::report::{FileReport, RunReport, Status};
use crate::rule::{self, ARGUMENT, Finding, IMMUTABLE};

const NAME: &str = env!("CARGO_PKG_NAME");
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What relative URIs are relative to.
const ROOT: &str = "%SRCROOT%";

pub(super) fn print(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let notices = rows(run).filter(|row| row.record.finding.is_none()).map(|row| notification(&row));
    let mut ordinals = Ordinals::default();
    let results = run.reports.iter().flat_map(move |report| results(run, report, &mut ordinals));
    let root = "The repository's root; outside a repository, the directory that ecr-lint was run in.";
    let document = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [{
        "tool": { "driver": driver() },
        // what GitHub tells the uploads of several tools, and of several runs of one, apart by
        "automationDetails": { "id": format!("{NAME}/") },
        "columnKind": "utf16CodeUnits",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "originalUriBaseIds": { ROOT: { "description": { "text": root } } },
        "invocations": [{
            "executionSuccessful": !run.has(Status::Problem),
            "toolExecutionNotifications": null,
        }],
        // GitHub opens an alert for a result with `suppressions` too, so there are none such
        "properties": { "suppressed": having(run, Status::Suppressed).count() },
        "results": null,
    }]});
    json::write(&document, vec![Box::new(notices), Box::new(results)], out)
}

fn driver() -> Value {
    json!({
        "informationUri": rule::PAGE,
        "name": NAME,
        "rules": [{
            "defaultConfiguration": { "level": "warning" },
            "fullDescription": text(rule::DESCRIPTION),
            "help": text(rule::EXPLANATION),
            "helpUri": rule::PAGE,
            "id": rule::ID,
            "name": "EcrImageTagNotImmutable",
            "properties": {
                "kics-query-id": rule::KICS_ID,
                "precision": "high",
                "problem.severity": "warning",
                "security-severity": "5.0",
                "tags": ["security", "ansible", "aws", "ecr", rule::CWE, "external/cwe/cwe-710"],
            },
            "shortDescription": text(rule::TITLE),
        }],
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn notification(row: &Row<'_>) -> Value {
    json!({
        "level": row.severity().name(),
        "locations": locations(row),
        "message": text(&row.message()),
    })
}

/// The results of one file, each made when it is its turn.
fn results<'r>(
    run: &'r RunReport,
    report: &'r FileReport,
    ordinals: &mut Ordinals,
) -> impl Iterator<Item = Value> + use<'r> {
    let source = report.source.as_deref();
    // a fix is where the text has its lines
    let edit = move |row: &Row<'r>| row.record.edit().filter(|_| source.is_some());
    let rows = rows_of(run, report).map(|row| (row, ordinals.fingerprint(&row)));
    let open: Vec<_> = rows.filter(|(row, _)| row.record.status == Status::Open).collect();
    let edits = open.iter().filter_map(|(row, _)| edit(row));
    let offsets: Vec<_> = edits.flat_map(|edit| [edit.offset, edit.offset + edit.length]).collect();
    let mut positions = positions(source.unwrap_or_default().as_bytes(), &offsets).into_iter();
    open.into_iter().filter_map(move |(row, fingerprint)| {
        let fix = edit(&row).and_then(|edit| {
            let deleted = region(positions.next()?, positions.next()?);
            let replacement = json!({ "deletedRegion": deleted, "insertedContent": { "text": edit.text } });
            let change = json!({ "artifactLocation": artifact(report), "replacements": [replacement] });
            let description = text(&format!("Set {ARGUMENT}: {IMMUTABLE}"));
            Some(json!({ "artifactChanges": [change], "description": description }))
        });
        Some(result(&row, row.record.finding.as_ref()?, &fingerprint, fix))
    })
}

fn result(row: &Row<'_>, finding: &Finding, fingerprint: &str, fix: Option<Value>) -> Value {
    json!({
        "fixes": fix.into_iter().collect::<Vec<_>>(),
        "level": row.severity().name(),
        "locations": locations(row),
        "message": text(&row.message_with_help()),
        "partialFingerprints": { "ecrLintTask/v1": fingerprint },
        "properties": {
            "kind": finding.kind.name(),
            "module": &*finding.module,
            "task": finding.task,
            "value": finding.value,
        },
        "ruleId": rule::ID,
        "ruleIndex": 0,
    })
}

fn locations(row: &Row<'_>) -> Value {
    let mut location = json!({ "artifactLocation": artifact(row.report) });
    if let Some(at) = row.record.location {
        location["region"] = region(at.start, at.end);
    }
    json!([{ "physicalLocation": location }])
}

fn region(start: Position, end: Position) -> Value {
    json!({
        "endColumn": end.utf16_column,
        "endLine": end.line,
        "startColumn": start.utf16_column,
        "startLine": start.line,
    })
}

fn artifact(report: &FileReport) -> Value {
    let uri = &report.uri;
    if uri.starts_with("file:") { json!({ "uri": uri }) } else { json!({ "uri": uri, "uriBaseId": ROOT }) }
}

/// A text whose `[…](…)` is no link, as which SARIF would read it.
fn text(text: &str) -> Value {
    json!({ "text": text.replace("](", "] (") })
}
