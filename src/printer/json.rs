//! One JSON object, also when nothing was found.
//!
//! Invariant: `tests/schemas/report.schema.json` describes the format, version 1: fields may be added to it, and none
//! is renamed, removed or given another meaning.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;

use super::ascii_json::{self, Items};
use super::fingerprint::{FingerprintedFinding, fingerprinted};
use super::message::{help, kind, message};
use super::notice::{Notice, Severity, notices};
use crate::fix::Edit;
use crate::linter::Run;
use crate::rule;

#[derive(Serialize)]
struct JsonDocument<F, S, N> {
    version: u32,
    tool: serde_json::Value,
    findings: F,
    suppressed: S,
    errors: Vec<N>,
    warnings: Vec<N>,
    summary: Summary,
}

#[derive(Serialize)]
struct JsonFinding<'r> {
    rule: &'static str,
    severity: &'static str,
    kind: &'static str,
    path: Cow<'r, str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    module: &'r str,
    task: Option<&'r str>,
    value: Option<&'r str>,
    message: String,
    help: &'static str,
    fingerprint: &'r str,
    fix: Option<JsonFix<'r>>,
    not_fixed: Option<String>,
}

/// Bytes of the file that become others.
#[derive(Serialize)]
struct JsonFix<'r> {
    offset: usize,
    length: usize,
    text: &'r str,
}

#[derive(Serialize)]
struct JsonSuppressed<'r> {
    #[serde(flatten)]
    finding: JsonFinding<'r>,
    reason: Option<&'r str>,
}

#[derive(Serialize)]
struct JsonNotice<'r> {
    path: Cow<'r, str>,
    line: Option<u32>,
    column: Option<u32>,
    message: &'r str,
}

#[derive(Serialize)]
struct Summary {
    files: u64,
    tasks: u64,
    findings: usize,
    suppressed: usize,
    skipped: u64,
    ignored: u64,
    excluded: u64,
    not_followed: u64,
    errors: usize,
    warnings: usize,
}

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let found = fingerprinted(run);
    let open = found.iter().filter(|found| found.suppressed.is_none());
    let suppressed = found.iter().filter(|found| found.suppressed.is_some());
    let (errors, warnings) = (notices_as(run, Severity::Error), notices_as(run, Severity::Warning));
    let totals = run.totals;
    let summary = Summary {
        files: totals.files,
        tasks: totals.tasks,
        findings: open.clone().count(),
        suppressed: suppressed.clone().count(),
        skipped: totals.skipped,
        ignored: totals.ignored,
        excluded: totals.excluded,
        not_followed: totals.not_followed,
        errors: errors.len(),
        warnings: warnings.len(),
    };
    let document = JsonDocument {
        version: 1,
        tool: json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") }),
        findings: Items(open.map(finding)),
        suppressed: Items(suppressed.map(|found| JsonSuppressed {
            finding: finding(found),
            reason: found.suppressed.and_then(|suppressed| suppressed.reason.as_deref()),
        })),
        errors,
        warnings,
        summary,
    };
    ascii_json::write(&document, out)
}

fn finding<'r>(found: &'r FingerprintedFinding<'_>) -> JsonFinding<'r> {
    let (finding, item) = (found.finding, &found.finding.item);
    let (fix, not_fixed) = match fix(found) {
        Ok(fix) => (Some(fix), None),
        Err(reason) => (None, Some(reason)),
    };
    JsonFinding {
        rule: rule::ID,
        severity: rule::SEVERITY,
        kind: kind(item.kind),
        path: found.report.path.to_string_lossy(),
        line: finding.start.line,
        column: finding.start.column,
        end_line: finding.end.line,
        end_column: finding.end.column,
        module: &item.module,
        task: item.task.as_deref(),
        value: item.value.as_deref(),
        message: message(item),
        help: help(item),
        fingerprint: &found.fingerprint,
        fix,
        not_fixed,
    }
}

/// The fix of a finding as one replacement, or why there is none.
fn fix<'r>(found: &'r FingerprintedFinding<'_>) -> Result<JsonFix<'r>, String> {
    match found.fix {
        _ if found.suppressed.is_some() => Err("a comment suppresses it".to_owned()),
        None => Err("the file could not be fixed, for which there is an error".to_owned()),
        Some(Err(reason)) => Err(reason.to_string()),
        Some(Ok(Edit { offset, length, text })) => Ok(JsonFix { offset: *offset, length: *length, text }),
    }
}

fn notices_as(run: &Run, severity: Severity) -> Vec<JsonNotice<'_>> {
    notices(run).filter(|notice| notice.severity == severity).map(notice).collect()
}

fn notice(notice: Notice<'_>) -> JsonNotice<'_> {
    let Notice { report, problem, .. } = notice;
    JsonNotice {
        path: report.path.to_string_lossy(),
        line: problem.position.map(|at| at.line),
        column: problem.position.map(|at| at.column),
        message: &problem.message,
    }
}
