//! One JSON object, also when nothing was found.
//!
//! Invariant: the structs below are the format, version 1: fields may be added to them, and none is
//! renamed, removed or given another meaning.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::ascii_json;
use super::message::{kind, message};
use crate::fix::Edit;
use crate::linter::{Located, Problem, Run};
use crate::rule::{self, Finding};

#[derive(Serialize)]
struct Document<'r> {
    version: u32,
    findings: Vec<JsonFinding<'r>>,
    errors: Vec<JsonError<'r>>,
    summary: Summary,
}

#[derive(Serialize)]
struct JsonFinding<'r> {
    rule: &'static str,
    severity: &'static str,
    kind: &'static str,
    path: &'r str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    module: &'r str,
    task: Option<&'r str>,
    value: Option<&'r str>,
    message: String,
    fix: Option<JsonFix<'r>>,
}

/// Bytes of the file that become others.
#[derive(Serialize)]
struct JsonFix<'r> {
    offset: usize,
    length: usize,
    text: Cow<'r, str>,
}

#[derive(Serialize)]
struct JsonError<'r> {
    path: &'r str,
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
}

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let paths: Vec<_> = run.reports.iter().map(|report| report.path.to_string_lossy()).collect();
    let reports = || run.reports.iter().zip(&paths);
    let findings: Vec<_> = reports()
        .flat_map(|(report, path)| {
            let source = report.source.as_deref();
            report.findings_with_fixes().map(move |(found, fix)| {
                let edit = fix.and_then(|fix| fix.edit(source));
                finding(path, found, edit)
            })
        })
        .collect();
    let errors: Vec<_> = reports()
        .flat_map(|(report, path)| report.problems.iter().map(|problem| error(path, problem)))
        .collect();
    let totals = run.totals;
    let summary = Summary {
        files: totals.files,
        tasks: totals.tasks,
        findings: findings.len(),
        suppressed: run.reports.iter().map(|report| report.suppressed.len()).sum(),
        skipped: totals.skipped,
        ignored: totals.ignored,
        excluded: totals.excluded,
        not_followed: totals.not_followed,
        errors: errors.len(),
    };
    let document = Document { version: 1, findings, errors, summary };
    ascii_json::write(&document, out)
}

fn finding<'r>(path: &'r str, found: &'r Located<Finding>, edit: Option<Cow<'r, Edit>>) -> JsonFinding<'r> {
    let item = &found.item;
    JsonFinding {
        rule: rule::ID,
        severity: rule::SEVERITY,
        kind: kind(item.kind),
        path,
        line: found.start.line,
        column: found.start.column,
        end_line: found.end.line,
        end_column: found.end.column,
        module: &item.module,
        task: item.task.as_deref(),
        value: item.value.as_deref(),
        message: message(item),
        fix: edit.map(|edit| JsonFix {
            offset: edit.offset,
            length: edit.length,
            text: match edit {
                Cow::Borrowed(edit) => Cow::Borrowed(&*edit.text),
                Cow::Owned(edit) => Cow::Owned(edit.text.into()),
            },
        }),
    }
}

fn error<'r>(path: &'r str, problem: &'r Problem) -> JsonError<'r> {
    JsonError {
        path,
        line: problem.position.map(|at| at.line),
        column: problem.position.map(|at| at.column),
        message: &problem.message,
    }
}
