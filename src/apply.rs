//! Applies the fixes of a run: `--fix` writes them, `--diff` only counts them.
//!
//! Invariant: only [`Mode::Fix`] changes files, one after the other; whenever the program ends, each file is the old or
//! the new one. What was not written stays a finding.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::cli::Mode;
use crate::fix::{self, Edit, NotFixed, WriteFailure};
use crate::linter::{self, LintOptions};
use crate::paths::{plain, real_path};
use crate::report::{FileReport, Record, RunReport, Status};

/// What was fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixSummary {
    /// Whether the fixes were written or shown.
    pub mode: Mode,
    /// Whether the fixes are comments that suppress.
    pub are_ignores: bool,
    /// How many findings there were; each report says how many of its own were fixed.
    pub findings: usize,
    /// The fixed standard input, if it was checked and fixes are written.
    pub stdin: Option<Vec<u8>>,
}

impl FixSummary {
    /// Whether standard output is reserved for the diff or the fixed text.
    pub(crate) fn takes_stdout(&self) -> bool {
        self.mode == Mode::Diff || self.stdin.is_some()
    }
}

/// Applies the fixes of a run. Files that were fixed are linted again with the same `options`, so that the remaining
/// findings have their positions in the new text.
///
/// `named` are the paths that the user gave: a symbolic link among them is followed, one that was found in a directory
/// is not. With `stdin`, standard input is returned even if nothing in it was fixed.
pub fn apply_fixes(
    mode: Mode,
    run: &mut RunReport,
    options: &LintOptions,
    named: &[PathBuf],
    stdin: bool,
) -> FixSummary {
    let findings = run.reports.iter().flat_map(FileReport::findings).count();
    let are_ignores = options.ignore_reason.is_some();
    let mut summary = FixSummary { mode, are_ignores, findings, stdin: None };
    if mode == Mode::Fix && stdin {
        summary.stdin = Some(run.stdin.take().unwrap_or_default());
    }
    let named = named.iter().map(|path| plain(path)).collect();
    for report in &mut run.reports {
        let edits = edits(report);
        let Some(source) = report.source.as_deref().filter(|_| !edits.is_empty()) else { continue };
        let fixed = fix::edited(source, &edits);
        let is_written = mode == Mode::Fix && !report.is_stdin;
        let written = if is_written { write(&report.path, source, &fixed, &named) } else { Ok(true) };
        if let Err(failure) = &written {
            leave(report, failure);
            continue;
        }
        report.fixed = report.fixes().filter(|fix| fix.is_ok()).count();
        if mode == Mode::Fix {
            // the findings that are left have their positions in the new text
            let new = linter::lint(&report.path, fixed.as_bytes(), options);
            *report = FileReport { is_stdin: report.is_stdin, fixed: report.fixed, ..new };
        }
        if let Ok(false) = written {
            let message = "was changed, and its owner or group could not be kept";
            report.add([Record::new(Status::Warning, None, message)]);
        }
        if mode == Mode::Fix && report.is_stdin {
            summary.stdin = Some(fixed.into());
        }
    }
    summary
}

/// Writes a file, if no part of its path that the user did not name is a symbolic link.
fn write(path: &Path, source: &str, fixed: &str, named: &HashSet<PathBuf>) -> Result<bool, WriteFailure> {
    let found = |path: &Path| real_path(path).map_err(|error| WriteFailure::Io("found", error));
    let named = path.ancestors().find(|part| named.contains(*part)).unwrap_or(Path::new(""));
    let mut expected = found(&Path::new(".").join(named))?;
    expected.extend(path.strip_prefix(named).unwrap_or(path));
    // the resolved path is written to, since the original one may lead elsewhere by then
    let target = found(path)?;
    if target != expected {
        return Err(WriteFailure::Linked);
    }
    fix::apply(&target, source.as_bytes(), fixed.as_bytes())
}

/// Reports why a file was not fixed, in place of the fixes of its findings.
fn leave(report: &mut FileReport, failure: &WriteFailure) {
    if let WriteFailure::Linked = failure {
        let planned = report.records.iter_mut().filter_map(|record| record.fix.as_mut());
        planned.filter(|fix| fix.is_ok()).for_each(|fix| *fix = Err(NotFixed::Linked));
        return;
    }
    report.records.iter_mut().for_each(|record| record.fix = None);
    report.add([Record::new(Status::Problem, None, &format!("not changed: {failure}"))]);
}

/// All edits of a file, sorted; an edit that findings share is listed once.
#[must_use]
pub fn edits(report: &FileReport) -> Vec<Edit> {
    let mut edits: Vec<Edit> = report.fixes().flatten().cloned().collect();
    edits.sort();
    edits.dedup();
    edits
}
