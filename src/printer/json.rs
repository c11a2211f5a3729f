//! One JSON object, also when nothing was found.
//!
//! Invariant: the structs below are the format, version 1: fields may be added to them, and none is
//! renamed, removed or given another meaning.

use std::io::{self, Write};

use serde::Serialize;

use super::message::message;
use crate::fix::Mend;
use crate::linter::{Located, Problem, Run};
use crate::rule::{self, Finding, Kind};

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
    text: &'r str,
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
    errors: usize,
}

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let paths: Vec<_> = run.reports.iter().map(|report| report.path.to_string_lossy()).collect();
    let reports = || run.reports.iter().zip(&paths);
    let findings: Vec<_> = reports()
        .flat_map(|(report, path)| {
            let mends = report.mends.iter().map(Some).chain(std::iter::repeat(None));
            report.findings.iter().zip(mends).map(|(found, mend)| finding(path, found, mend))
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
        errors: errors.len(),
    };
    let document = Document { version: 1, findings, errors, summary };
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Guarded);
    document.serialize(&mut serializer)?;
    writeln!(out)
}

fn finding<'r>(path: &'r str, found: &'r Located<Finding>, mend: Option<&'r Mend>) -> JsonFinding<'r> {
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
        fix: mend.and_then(Mend::edit).map(|edit| JsonFix {
            offset: edit.offset,
            length: edit.length,
            text: &edit.text,
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

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "missing",
        Kind::Wrong => "wrong",
        Kind::Templated => "templated",
    }
}

/// Compact JSON in ASCII, with `#` as an escape: a log holds nothing that a terminal or a CI runner
/// would obey, and a JSON parser reads the same strings.
struct Guarded;

impl serde_json::ser::Formatter for Guarded {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for c in fragment.chars() {
            if c == '#' || c == '\u{7f}' || !c.is_ascii() {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                let mut utf8 = [0; 4];
                writer.write_all(c.encode_utf8(&mut utf8).as_bytes())?;
            }
        }
        Ok(())
    }
}
