//! SARIF 2.1.0, for code scanning.
//!
//! Invariant: the document validates against the official schema, and every region counts lines and UTF-16 code
//! units as editors do; with the fixes of all results made by these regions, a file is what `--fix` writes.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::ascii_json::{self, Items};
use super::fingerprint::{FingerprintedFinding, fingerprinted};
use super::message::{kind, message_with_help};
use super::notice::{Notice, notices_from_root};
use super::path::uri;
use crate::fix::{Edit, Fix};
use crate::linter::{Run, Verdict};
use crate::parser::{self, Position};
use crate::rule::{self, ARGUMENT, IMMUTABLE};

const NAME: &str = env!("CARGO_PKG_NAME");
const VERSION: &str = env!("CARGO_PKG_VERSION");
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// How many results of a run GitHub takes.
const MOST_RESULTS: usize = 25_000;
/// What relative URIs are relative to.
const ROOT: &str = "%SRCROOT%";

#[derive(Serialize)]
struct SarifLog<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [SarifRun<R>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun<R> {
    tool: Value,
    automation_details: Value,
    column_kind: &'static str,
    newline_sequences: [&'static str; 3],
    original_uri_base_ids: Value,
    invocations: Value,
    properties: Value,
    results: R,
}

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let found = fingerprinted(run);
    let suppressed = found.iter().filter(|found| found.suppressed.is_some()).count();
    let files = found.chunk_by(|one, other| std::ptr::eq(one.report, other.report));
    let run = SarifRun {
        tool: json!({ "driver": driver() }),
        // what GitHub tells the uploads of several tools, and of several runs of one, apart by
        automation_details: json!({ "id": format!("{NAME}/") }),
        column_kind: "utf16CodeUnits",
        newline_sequences: ["\r\n", "\n", "\r"],
        original_uri_base_ids: json!({ ROOT: { "description": { "text": "The repository's root; outside a repository, the directory that ecr-lint was run in." } } }),
        invocations: json!([invocation(run)]),
        // GitHub opens an alert for a result with `suppressions` too, so there are none such
        properties: json!({ "suppressed": suppressed }),
        results: Items(files.flat_map(results)),
    };
    ascii_json::write(&SarifLog { schema: SCHEMA, version: "2.1.0", runs: [run] }, out)
}

/// That there are more results than GitHub takes.
pub(super) fn warning(run: &Run) -> Option<String> {
    let results: usize = run.reports.iter().map(|report| report.findings.len()).sum();
    (results > MOST_RESULTS).then(|| {
        format!(
            "GitHub refuses SARIF with more than {MOST_RESULTS} results, and these are {results}: write a report \
             for each part of the repository"
        )
    })
}

fn driver() -> Value {
    json!({
        "name": NAME,
        "fullName": format!("{NAME} {VERSION}"),
        "version": VERSION,
        "semanticVersion": VERSION,
        "informationUri": rule::PAGE,
        "rules": [{
            "id": rule::ID,
            "name": "EcrImageTagNotImmutable",
            "shortDescription": text(rule::TITLE),
            "fullDescription": text(rule::DESCRIPTION),
            "help": {
                "text": format!("{} Set {ARGUMENT}: {IMMUTABLE} in the task.", rule::DESCRIPTION),
                "markdown": markdown(),
            },
            "helpUri": rule::PAGE,
            "defaultConfiguration": { "level": "warning" },
            "properties": {
                "security-severity": "5.0",
                "problem.severity": "warning",
                "precision": "high",
                "category": rule::CATEGORY,
                "provider": rule::PROVIDER,
                "platform": rule::PLATFORM,
                "cwe": rule::CWE,
                "kics-query-id": rule::KICS_ID,
                "tags": ["security", "ansible", "aws", "ecr", rule::CWE, "external/cwe/cwe-710"],
            },
        }],
    })
}

fn markdown() -> String {
    format!(
        "{}\n\n```yaml\n- name: Create the repository of the web shop\n  community.aws.ecs_ecr:\n    \
         name: shop/web\n    {ARGUMENT}: {IMMUTABLE}\n```\n\n[The rule]({}), [the module]({})\n",
        rule::DESCRIPTION,
        rule::PAGE,
        rule::MODULE_PAGE
    )
}

fn invocation(run: &Run) -> Value {
    let notifications = notices_from_root(run).map(|(path, notice)| notification(notice, &path));
    json!({
        "executionSuccessful": run.verdict() != Verdict::Incomplete,
        "toolExecutionNotifications": notifications.collect::<Vec<_>>(),
    })
}

fn notification(notice: Notice<'_>, path: &Path) -> Value {
    let mut location = json!({ "artifactLocation": artifact(path) });
    if let Some(at) = notice.problem.position {
        location["region"] = json!({ "startLine": at.line, "startColumn": at.utf16_column });
    }
    json!({
        "level": notice.severity.name(),
        "message": text(&notice.problem.message),
        "locations": [{ "physicalLocation": location }],
    })
}

/// The results of one file, each made when it is its turn.
fn results<'r>(found: &'r [FingerprintedFinding<'r>]) -> impl Iterator<Item = Value> + Clone {
    let source = found.first().and_then(|found| found.report.source.as_deref()).unwrap_or_default();
    let offsets = found.iter().flat_map(|found| replacements(found.fix, source));
    let offsets: Vec<_> = offsets.flat_map(|edit| [edit.offset, edit.offset + edit.length]).collect();
    let mut positions = parser::positions(source.as_bytes(), &offsets).into_iter();
    found.iter().filter(|found| found.suppressed.is_none()).map(move |found| {
        let replacements = replacements(found.fix, source).map_while(|edit| {
            let region = region(positions.next()?, positions.next()?);
            Some(json!({ "deletedRegion": region, "insertedContent": { "text": edit.text } }))
        });
        result(found, &replacements.collect::<Vec<_>>())
    })
}

fn result(found: &FingerprintedFinding<'_>, replacements: &[Value]) -> Value {
    let (finding, item) = (found.finding, &found.finding.item);
    let artifact = artifact(&found.path);
    let region = region(finding.start, finding.end);
    let mut result = json!({
        "ruleId": rule::ID,
        "ruleIndex": 0,
        "level": "warning",
        "message": text(&message_with_help(item)),
        "locations": [{ "physicalLocation": { "artifactLocation": artifact, "region": region } }],
        "partialFingerprints": { "ecrLintTask/v1": found.fingerprint },
        "properties": {
            "kind": kind(item.kind),
            "module": &*item.module,
            "task": item.task,
            "value": item.value,
        },
    });
    if !replacements.is_empty() {
        result["fixes"] = json!([{
            "description": text(&format!("Set {ARGUMENT}: {IMMUTABLE}")),
            "artifactChanges": [{ "artifactLocation": artifact, "replacements": replacements }],
        }]);
    }
    result
}

/// What a fix replaces; nothing where the text is not known, in which it has its lines.
fn replacements<'r>(fix: Option<&'r Fix>, source: &'r str) -> impl Iterator<Item = Edit> + 'r {
    let edit = fix.filter(|_| !source.is_empty()).and_then(|fix| fix.as_ref().ok());
    edit.into_iter().map(|edit| behind_indentation(edit, source))
}

/// The same edit, but never from the start of a line: VS Code's viewer takes the indentation out of the start of
/// a region, and so would put a new line behind that of the next one. A new line goes in at the end of the one before.
fn behind_indentation(edit: &Edit, source: &str) -> Edit {
    let before = source.get(..edit.offset).unwrap_or_default();
    let line_break = match before.as_bytes() {
        [.., b'\r', b'\n'] => "\r\n",
        [.., b'\n'] => "\n",
        [.., b'\r'] => "\r",
        _ => return edit.clone(),
    };
    let text = format!("{line_break}{}", edit.text);
    let offset = edit.offset - line_break.len();
    match text.strip_suffix(line_break) {
        // the old break ends the new line
        Some(text) if edit.length == 0 => Edit { offset, length: 0, text: text.into() },
        _ => Edit { offset, length: edit.length + line_break.len(), text: text.into() },
    }
}

fn region(start: Position, end: Position) -> Value {
    json!({
        "startLine": start.line,
        "startColumn": start.utf16_column,
        "endLine": end.line,
        "endColumn": end.utf16_column,
    })
}

fn artifact(path: &Path) -> Value {
    let uri = uri(path);
    if uri.starts_with("file:") { json!({ "uri": uri }) } else { json!({ "uri": uri, "uriBaseId": ROOT }) }
}

/// A text whose `[…](…)` is no link, as which SARIF would read it.
fn text(text: &str) -> Value {
    json!({ "text": text.replace("](", "] (") })
}
