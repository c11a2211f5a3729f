//! Applies the fixes of a run: `--fix` writes them, `--diff` only counts them.
//!
//! Invariant: only [`Mode::Fix`] changes files, one after the other; whenever the program ends, each file is the old or
//! the new one. What was not written stays a finding.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::fix::{self, Edit, Identity, NotFixed, WriteFailure, Written};
use crate::linter::{self, LintOptions};
use crate::reader::LIMIT;
use crate::report::{Problem, Report, Run};
use crate::signals;

/// What to do with fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write them to the files, and print the fixed standard input.
    Fix,
    /// Print a diff, and change nothing.
    Diff,
}

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
    #[must_use]
    pub fn takes_stdout(&self) -> bool {
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
    run: &mut Run,
    options: &LintOptions,
    named: &[PathBuf],
    stdin: bool,
) -> FixSummary {
    let findings = run.reports.iter().map(|report| report.findings.len()).sum();
    let are_ignores = options.ignore_reason.is_some();
    let mut summary = FixSummary { mode, are_ignores, findings, stdin: None };
    if mode == Mode::Fix && stdin {
        summary.stdin = Some(run.stdin.take().unwrap_or_else(read_stdin));
    }
    let writer = Writer::new(named);
    let mut linked = Linked::default();
    for (index, report) in run.reports.iter_mut().enumerate() {
        let edits = edits(report);
        let Some(source) = report.source.as_deref().filter(|_| !edits.is_empty()) else { continue };
        let fixed = fix::edited(source, &edits);
        if fixed.len() > LIMIT {
            let limit = LIMIT >> 20;
            report_not_fixed(report, format!("not changed: would grow to more than {limit} MiB; split it"));
            continue;
        }
        let is_written = mode == Mode::Fix && !report.is_stdin;
        let written = if is_written { writer.write(report, &fixed).map(Some) } else { Some(None) };
        let Some(written) = written else { continue };
        report.fixed = report.fixes.iter().filter(|fix| fix.is_ok()).count();
        if mode == Mode::Fix {
            refresh(report, &fixed, options);
        }
        if let Some(written) = written {
            if !written.owner_is_kept {
                warn(report, "was changed, and its owner or group could not be kept");
            }
            linked.add(index, &written);
        }
        if mode == Mode::Fix && report.is_stdin {
            summary.stdin = Some(fixed.into());
        }
    }
    for index in linked.with_other_names() {
        warn(&mut run.reports[index], "was changed under this name; its hard links keep the old text");
    }
    summary
}

/// Reports that a file was not fixed; that replaces the fixes of its findings.
fn report_not_fixed(report: &mut Report, message: String) {
    report.problems.insert(0, Problem { position: None, offset: 0, message });
    report.fixes.clear();
}

fn warn(report: &mut Report, message: &str) {
    report.warnings.push(Problem { position: None, offset: 0, message: message.to_owned() });
}

/// The files with several hard links, of which at least one was fixed.
#[derive(Default)]
struct Linked {
    /// The index of each report, with the old file.
    reports: Vec<(usize, Identity)>,
    /// How many hard links an old file had left when the last of its names was fixed.
    names: HashMap<Identity, u64>,
}

impl Linked {
    fn add(&mut self, report: usize, written: &Written) {
        if written.other_names > 0 || self.names.contains_key(&written.old) {
            self.reports.push((report, written.old));
            self.names.insert(written.old, written.other_names);
        }
    }

    fn with_other_names(&self) -> impl Iterator<Item = usize> {
        self.reports.iter().filter(|(_, old)| self.names[old] > 0).map(|(report, _)| *report)
    }
}

/// Reads standard input that is excluded, so that the linter has not read it.
fn read_stdin() -> Vec<u8> {
    let mut bytes = Vec::new();
    // if it cannot be read, there is nothing to print
    let _ = io::stdin().lock().read_to_end(&mut bytes);
    bytes
}

/// All edits of a file, sorted; an edit that findings share is listed once.
#[must_use]
pub fn edits(report: &Report) -> Vec<Edit> {
    let mut edits: Vec<Edit> = report.fixes.iter().flatten().cloned().collect();
    edits.sort();
    edits.dedup();
    edits
}

/// Lints a fixed file again.
fn refresh(report: &mut Report, fixed: &str, options: &LintOptions) {
    let mut new = linter::lint(&report.path, fixed.as_bytes(), options);
    (new.is_stdin, new.fixed) = (report.is_stdin, report.fixed);
    *report = new;
}

/// Writes fixed files, if the path may be written to.
struct Writer {
    named: HashSet<PathBuf>,
}

impl Writer {
    fn new(named: &[PathBuf]) -> Self {
        let plain =
            |path: &PathBuf| path.components().skip_while(|part| *part == Component::CurDir).collect();
        Self { named: named.iter().map(plain).collect() }
    }

    /// Writes a file; returns `None`, and stores the reason in its report, if it is left as it is.
    fn write(&self, report: &mut Report, fixed: &str) -> Option<Written> {
        let source = report.source.as_ref()?;
        let written = match self.target(&report.path) {
            Ok(None) => {
                for fix in report.fixes.iter_mut().filter(|fix| fix.is_ok()) {
                    *fix = Err(NotFixed::Linked);
                }
                return None;
            }
            Ok(Some(target)) => {
                let _delayed = signals::delay();
                fix::apply(&target, source.as_bytes(), fixed.as_bytes())
            }
            Err(error) => Err(WriteFailure::Io("found", error)),
        };
        let failure = match written {
            Ok(written) => return Some(written),
            Err(failure) => failure,
        };
        report_not_fixed(report, format!("not changed: {failure}"));
        None
    }

    /// The resolved path; `None` if a part of the path that the user did not name is a symbolic link. The resolved path
    /// is written to, since the original one may lead elsewhere by then.
    fn target(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        let named = path.ancestors().find(|part| self.named.contains(*part)).unwrap_or(Path::new(""));
        let mut expected =
            fs::canonicalize(if named.as_os_str().is_empty() { Path::new(".") } else { named })?;
        expected.extend(path.strip_prefix(named).unwrap_or(path));
        let target = fs::canonicalize(path)?;
        Ok((target == expected).then_some(target))
    }
}
