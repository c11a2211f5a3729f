//! What a run found, as data: reports of files, totals, and the verdict.
//!
//! Invariant: a report's findings and problems do not hide each other; the verdict is the worst of all reports.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fix::Fix;
use crate::parser::Position;
use crate::paths::Base;
use crate::rule::{Finding, Kind};
use crate::walker::{SkipReason, WalkError};

/// Something with its position in lines and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// Where it starts.
    pub start: Position,
    /// Where it ends; the column is the one after its last character.
    pub end: Position,
    /// What is located there.
    pub item: T,
}

/// An error or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where; `None` if it concerns the whole file.
    pub position: Option<Position>,
    /// The offset of that position in the text of the file.
    pub offset: usize,
    /// What was wrong, in plain words, and what to do.
    pub message: String,
}

/// What was found in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The path as shown to the user.
    pub path: PathBuf,
    /// The findings, sorted by position.
    pub findings: Vec<Located<Finding>>,
    /// The fix of each finding, if fixes were asked for.
    pub fixes: Vec<Fix>,
    /// How many findings were fixed by `--fix`, or would be.
    pub fixed: usize,
    /// The findings that comments suppress, sorted by position.
    pub suppressed: Vec<Suppressed>,
    /// What could not be checked, sorted by position; problems of the whole file come first.
    pub problems: Vec<Problem>,
    /// Warnings, sorted by position; they do not affect the verdict.
    pub warnings: Vec<Problem>,
    /// How many ECR tasks the file has, flagged or not.
    pub tasks: u64,
    /// Whether this is standard input.
    pub is_stdin: bool,
    /// The file's text, if it was asked for and there is something to say about the file.
    pub source: Option<Box<str>>,
}

/// A finding that a comment suppresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Located<Finding>,
    /// The reason that the comment gives.
    pub reason: Option<Arc<str>>,
}

/// The result of a run, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing was found.
    Clean,
    /// There is at least one finding.
    Flagged,
    /// Something could not be checked.
    Incomplete,
}

/// How much was checked and skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files that were checked.
    pub files: u64,
    /// ECR tasks in them.
    pub tasks: u64,
    /// Vault files, which were skipped.
    pub skipped: u64,
    /// Entries that ignore rules skipped.
    pub ignored: u64,
    /// Collections and roles that ansible-galaxy installed.
    pub installed: u64,
    /// Entries that `--exclude` or the configuration skipped.
    pub excluded: u64,
    /// Files in directories whose names end in neither `.yml` nor `.yaml`, if what was skipped is listed.
    pub not_yaml: u64,
    /// Symbolic links that lead out of the given paths.
    pub not_followed: u64,
}

/// The result of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Reports of files with findings, problems or warnings, sorted by path.
    pub reports: Vec<Report>,
    /// How much was checked and skipped.
    pub totals: Totals,
    /// What was skipped, and why, if that was asked for.
    pub skipped: Vec<(PathBuf, SkipReason)>,
    /// Warnings about the run as a whole.
    pub warnings: Vec<String>,
    /// The kinds of findings that fail the run; all of them if none is named.
    pub fail_on: Vec<Kind>,
    /// The configuration in use.
    pub configuration: Option<PathBuf>,
    /// The directories that files are named from.
    pub base: Base,
    /// Standard input, if it was asked for.
    pub stdin: Option<Vec<u8>>,
}

impl Run {
    /// The worst verdict of all reports.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.reports.iter().map(Report::verdict).max().unwrap_or(Verdict::Clean)
    }

    /// How many findings are of a kind that fails a run.
    #[must_use]
    pub fn failing(&self) -> usize {
        let fails = |kind| self.fail_on.is_empty() || self.fail_on.contains(&kind);
        let findings = self.reports.iter().flat_map(|report| &report.findings);
        findings.filter(|finding| fails(finding.item.kind)).count()
    }

    /// Counts what was skipped, and keeps it if that is to be listed.
    pub(crate) fn skip(&mut self, path: PathBuf, reason: SkipReason, is_listed: bool) {
        let totals = &mut self.totals;
        match reason {
            // there may be many of them: even in a list they are only a number
            SkipReason::NotYaml => return totals.not_yaml += 1,
            SkipReason::VersionControl | SkipReason::EditorLock => {}
            SkipReason::SkippedByName | SkipReason::Ignored { .. } => totals.ignored += 1,
            SkipReason::Installed => totals.installed += 1,
            SkipReason::Excluded => totals.excluded += 1,
            SkipReason::NotFollowed | SkipReason::OtherFileSystem => totals.not_followed += 1,
            SkipReason::Vault => totals.skipped += 1,
        }
        if is_listed {
            self.skipped.push((path, reason));
        }
    }

    /// Adds what another thread found.
    pub(crate) fn add(&mut self, other: Self) {
        self.reports.extend(other.reports);
        self.skipped.extend(other.skipped);
        let (totals, more) = (&mut self.totals, other.totals);
        totals.files += more.files;
        totals.tasks = totals.tasks.saturating_add(more.tasks);
        totals.skipped += more.skipped;
        totals.ignored += more.ignored;
        totals.installed += more.installed;
        totals.excluded += more.excluded;
        totals.not_yaml += more.not_yaml;
        totals.not_followed += more.not_followed;
        self.stdin = self.stdin.take().or(other.stdin);
    }

    /// Whether there is a warning, if only that there was nothing to check.
    #[must_use]
    pub fn has_warnings(&self) -> bool {
        self.checked_nothing()
            || !self.warnings.is_empty()
            || self.reports.iter().any(|report| !report.warnings.is_empty())
    }

    /// Whether there was no file to check and no error.
    #[must_use]
    pub fn checked_nothing(&self) -> bool {
        self.totals.files + self.totals.skipped == 0 && self.reports.is_empty()
    }
}

impl Report {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), ..Self::default() }
    }

    /// A report of a file that could not be checked.
    pub(crate) fn failed(path: &Path, message: String) -> Self {
        Self { problems: vec![Problem { position: None, offset: 0, message }], ..Self::new(path) }
    }

    /// An error of the walker, or a warning if every file is checked in spite of it.
    pub(crate) fn of_entry(path: &Path, error: &WalkError) -> Self {
        let mut report = Self::failed(path, error.to_string());
        if error.is_harmless() {
            std::mem::swap(&mut report.problems, &mut report.warnings);
        }
        report
    }

    /// Each finding with its fix; without one if fixes were not asked for or the file could not be written.
    pub fn findings_with_fixes(&self) -> impl Iterator<Item = (&Located<Finding>, Option<&Fix>)> {
        self.findings.iter().enumerate().map(|(at, finding)| (finding, self.fixes.get(at)))
    }

    /// The verdict for this file.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.problems.is_empty() {
            Verdict::Incomplete
        } else if !self.findings.is_empty() {
            Verdict::Flagged
        } else {
            Verdict::Clean
        }
    }
}
