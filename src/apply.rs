//! What `--fix` and `--diff` do with a run: the fixes are written to the files, or only worked out.
//!
//! Invariant: files change in [`Mode::Fix`] only, one after the other, and each is the old or the new one
//! whenever the program ends; what was not written stays a finding.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::fix::{self, Edit, Fix, Identity, NotFixed, WriteFailure, Written};
use crate::linter::{self, Options, Problem, Report, Run};
use crate::reader::LIMIT;
use crate::signals;

/// Whether the files change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They do; the fixed standard input is printed.
    Fix,
    /// They do not; a diff is printed.
    Diff,
}

/// What became of the findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was asked for.
    pub mode: Mode,
    /// How many findings were fixed, or would be.
    pub fixed: usize,
    /// How many findings there were.
    pub of: usize,
    /// In how many files.
    pub files: usize,
    /// Standard input with its fixes, where that was asked for.
    pub stdin: Option<Vec<u8>>,
}

impl Outcome {
    /// Whether standard output holds the diff or the fixed text, and so nothing else.
    #[must_use]
    pub fn takes_stdout(&self) -> bool {
        self.mode == Mode::Diff || self.stdin.is_some()
    }
}

/// Carries the fixes of a run out; the reports of files that changed are made anew with the same
/// `options`, so that what remains has its place in the new text.
///
/// `named` are the paths that the user gave: a symbolic link among them has its target fixed, one that
/// was only found is left alone. With `stdin`, standard input is handed back whatever it is.
pub fn apply_fixes(mode: Mode, run: &mut Run, options: &Options, named: &[PathBuf], stdin: bool) -> Outcome {
    let of = run.reports.iter().map(|report| report.findings.len()).sum();
    let mut outcome = Outcome { mode, fixed: 0, of, files: 0, stdin: None };
    if mode == Mode::Fix && stdin {
        outcome.stdin = Some(run.stdin.take().unwrap_or_else(read_stdin));
    }
    let writer = Writer::new(named);
    let mut linked = Linked::default();
    for (index, report) in run.reports.iter_mut().enumerate() {
        let edits = edits(report);
        let Some(source) = report.source.as_deref().filter(|_| !edits.is_empty()) else { continue };
        let fixed = fix::edited(source, &edits);
        if fixed.len() > LIMIT {
            let limit = LIMIT >> 20;
            leave(report, format!("not fixed: would grow to more than {limit} MiB; split it"));
            continue;
        }
        let is_written = mode == Mode::Fix && !report.is_stdin;
        let written = if is_written { writer.write(report, &fixed).map(Some) } else { Some(None) };
        let Some(written) = written else { continue };
        outcome.files += 1;
        outcome.fixed += report.fixes.iter().filter(|fix| matches!(fix, Fix::Edits(_))).count();
        if mode == Mode::Fix {
            refresh(report, &fixed, options);
        }
        if let Some(written) = written {
            if !written.owner_is_kept {
                warn(report, "was fixed, and its owner or group could not be kept");
            }
            linked.add(index, &written);
        }
        if mode == Mode::Fix && report.is_stdin {
            outcome.stdin = Some(fixed.into());
        }
    }
    for index in linked.with_other_names() {
        warn(&mut run.reports[index], "was fixed under this name; its hard links keep the old text");
    }
    outcome
}

/// Leaves a file as it is, with the error that says why for all of its findings.
fn leave(report: &mut Report, message: String) {
    report.problems.insert(0, Problem { position: None, message });
    report.fixes.clear();
}

fn warn(report: &mut Report, message: &str) {
    report.warnings.push(Problem { position: None, message: message.to_owned() });
}

/// The files that were fixed under one of several names.
#[derive(Default)]
struct Linked {
    /// The old file of each report.
    reports: Vec<(usize, Identity)>,
    /// How many names still lead to an old file, after the last of its names that was fixed.
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

/// What a linter that leaves standard input out has not read.
fn read_stdin() -> Vec<u8> {
    let mut bytes = Vec::new();
    // what cannot be read cannot be printed either
    let _ = io::stdin().lock().read_to_end(&mut bytes);
    bytes
}

/// All edits for a file, in their order and each once: findings may share one.
#[must_use]
pub fn edits(report: &Report) -> Vec<Edit> {
    let mut edits: Vec<Edit> = report.fixes.iter().flat_map(Fix::edits).cloned().collect();
    edits.sort();
    edits.dedup();
    edits
}

/// Checks a file again that was fixed.
fn refresh(report: &mut Report, fixed: &str, options: &Options) {
    let mut new = linter::lint(&report.path, fixed.as_bytes(), options);
    new.is_stdin = report.is_stdin;
    *report = new;
}

/// Writes files, and knows where it may.
struct Writer {
    named: HashSet<PathBuf>,
}

impl Writer {
    fn new(named: &[PathBuf]) -> Self {
        let plain =
            |path: &PathBuf| path.components().skip_while(|part| *part == Component::CurDir).collect();
        Self { named: named.iter().map(plain).collect() }
    }

    /// Writes a file; `None`, and why in its report, where it is left as it is.
    fn write(&self, report: &mut Report, fixed: &str) -> Option<Written> {
        let source = report.source.as_ref()?;
        let written = match self.target(&report.path) {
            Ok(None) => {
                for fix in report.fixes.iter_mut().filter(|fix| matches!(fix, Fix::Edits(_))) {
                    *fix = Fix::NotFixed(NotFixed::Linked);
                }
                return None;
            }
            Ok(Some(target)) => {
                let _held = signals::hold();
                fix::apply(&target, source.as_bytes(), fixed.as_bytes())
            }
            Err(error) => Err(WriteFailure::Io("found", error)),
        };
        let failure = match written {
            Ok(written) => return Some(written),
            Err(failure) => failure,
        };
        leave(report, format!("not fixed: {failure}"));
        None
    }

    /// Where a path leads; `None` if a part of it that the user did not write is a symbolic link. What is
    /// written to is the answer and not the path, which may lead elsewhere by then.
    fn target(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        let named = path.ancestors().find(|part| self.named.contains(*part)).unwrap_or(Path::new(""));
        let mut expected =
            fs::canonicalize(if named.as_os_str().is_empty() { Path::new(".") } else { named })?;
        expected.extend(path.strip_prefix(named).unwrap_or(path));
        let target = fs::canonicalize(path)?;
        Ok((target == expected).then_some(target))
    }
}
