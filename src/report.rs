//! What a run found, as data: a report for each file about which there is something to say, counts, and the verdict.
//!
//! Invariant: all that there is to say about a file is one sorted list of [`Record`]s, of which none hides another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fix::{Edit, Fix, NotFixed};
use crate::paths::{Base, display_path, uri};
use crate::position::{Position, Span};
use crate::rule::{Finding, Kind};
use crate::walker::{Entry, File, SkipReason};

/// Some bytes of a file, and the same as lines and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The bytes; none for a point.
    pub span: Span,
    /// The position of the first byte.
    pub start: Position,
    /// The position after the last byte.
    pub end: Position,
}

/// What kind of thing a record says, in the order in which a file has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// A task breaks the rule.
    Open,
    /// A task breaks the rule, and a comment suppresses that.
    Suppressed,
    /// Something could not be checked.
    Problem,
    /// Something that the user should know; it does not affect the verdict.
    Warning,
}

/// One thing to say about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What kind of thing.
    pub status: Status,
    /// Where it is; `None` if it concerns the whole file.
    pub location: Option<Location>,
    /// How the task breaks the rule: of findings, open or suppressed.
    pub finding: Option<Finding>,
    /// How to fix an open finding; `None` if that was not asked for, or if the file could not be written.
    pub fix: Option<Fix>,
    /// Of a problem or warning what it is, in plain words, and what to do; of a suppressed finding the reason that the
    /// comment gives.
    pub text: Option<Arc<str>>,
}

impl Record {
    /// A problem or a warning.
    pub(crate) fn new(status: Status, location: Option<Location>, message: &str) -> Self {
        Self { status, location, finding: None, fix: None, text: Some(message.into()) }
    }

    /// The edit that fixes a finding.
    pub(crate) fn edit(&self) -> Option<&Edit> {
        self.fix.as_ref()?.as_ref().ok()
    }

    /// Why a finding is not fixed.
    pub(crate) fn not_fixed(&self) -> Option<NotFixed> {
        self.fix.as_ref()?.as_ref().err().copied()
    }

    /// What the records of a file are sorted by: findings stand together, suppressed or not.
    fn order(&self) -> (Status, Option<Position>, Option<Kind>) {
        let start = self.location.map(|at| at.start);
        (self.status.max(Status::Suppressed), start, self.finding.as_ref().map(|finding| finding.kind))
    }
}

/// What was found in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// The path from the current directory where the file lies below it, else as it was named.
    pub path: PathBuf,
    /// The path from the repository's root, for programs.
    pub name: PathBuf,
    /// The path as text for a line: made once for all records.
    pub shown: String,
    /// The name as a URI.
    pub uri: String,
    /// What there is to say: the findings, suppressed or not, then the problems, then the warnings. Each of the three
    /// is sorted by position; what concerns the whole file comes first.
    pub records: Vec<Record>,
    /// How many findings were fixed by `--fix`, or would be.
    pub fixed: usize,
    /// How many ECR tasks the file has, flagged or not.
    pub tasks: u64,
    /// Whether this is standard input.
    pub is_stdin: bool,
    /// The file's text, if it was asked for and there is something to say about the file.
    pub source: Option<Box<str>>,
}

/// The result of a run, from good to bad. The numbers are the exit codes that `--help` explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing was found.
    Clean = 0,
    /// There is at least one finding.
    Flagged = 1,
    /// Something could not be checked.
    Incomplete = 2,
}

/// The result of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Reports of files with findings, problems or warnings; sorted by path when they are named.
    pub reports: Vec<FileReport>,
    /// How many files were checked.
    pub files: u64,
    /// How many ECR tasks they have, flagged or not.
    pub tasks: u64,
    /// How much was skipped for each reason.
    pub skips: BTreeMap<SkipReason, u64>,
    /// Whether the next field is filled.
    pub lists_skipped: bool,
    /// What was skipped, and why.
    pub skipped: Vec<(PathBuf, String)>,
    /// The kinds of findings that fail the run; all of them if none is named.
    pub fail_on: Vec<Kind>,
    /// Whether warnings that are no findings fail the run, too.
    pub strict: bool,
    /// The configuration in use.
    pub configuration: Option<PathBuf>,
    /// The directories that files are named from.
    pub base: Base,
    /// Standard input, if it was asked for and read completely.
    pub stdin: Option<Vec<u8>>,
}

impl RunReport {
    /// Whether any record has a status.
    #[must_use]
    pub fn has(&self, status: Status) -> bool {
        self.reports.iter().any(|report| report.having(status).next().is_some())
    }

    /// How many findings are of a kind that fails a run.
    pub(crate) fn failing(&self) -> usize {
        let findings = self.reports.iter().flat_map(FileReport::findings);
        findings.filter(|(finding, _)| self.fails(finding.kind)).count()
    }

    /// Whether findings of a kind fail the run.
    pub(crate) fn fails(&self, kind: Kind) -> bool {
        self.fail_on.is_empty() || self.fail_on.contains(&kind)
    }

    /// Counts what was skipped, and keeps it if that is to be listed; `by` goes on behind the reason.
    pub(crate) fn skip(&mut self, path: PathBuf, reason: SkipReason, by: &str) {
        *self.skips.entry(reason).or_default() += 1;
        if self.lists_skipped {
            self.skipped.push((path, format!("{reason}{by}")));
        }
    }

    /// Returns the file of an entry that is one, and keeps any other.
    pub(crate) fn take(&mut self, entry: Entry) -> Option<File> {
        match entry {
            Entry::File(file) => return Some(file),
            Entry::Skipped(path, reason, by) => self.skip(path, reason, &by),
            Entry::Error(path, error) => {
                let status = if error.is_harmless() { Status::Warning } else { Status::Problem };
                self.reports.push(FileReport::of(&path, status, &error.to_string()));
            }
        }
        None
    }

    /// How much was skipped for any of some reasons.
    pub(crate) fn skips<const N: usize>(&self, reasons: [SkipReason; N]) -> u64 {
        reasons.iter().filter_map(|reason| self.skips.get(reason)).sum()
    }

    /// Adds what another thread found.
    pub(crate) fn add(&mut self, other: Self) {
        self.reports.extend(other.reports);
        self.skipped.extend(other.skipped);
        self.files += other.files;
        self.tasks = self.tasks.saturating_add(other.tasks);
        for (reason, number) in other.skips {
            *self.skips.entry(reason).or_default() += number;
        }
        self.stdin = self.stdin.take().or(other.stdin);
    }

    /// Names all files from the current directory, where they lie below it, and sorts them.
    pub fn name_files(&mut self) {
        let reports = self.reports.iter_mut().map(|report| &mut report.path);
        let skipped = self.skipped.iter_mut().map(|(path, _)| path);
        for path in reports.chain(skipped).chain(&mut self.configuration) {
            *path = self.base.for_people(path);
        }
        for report in &mut self.reports {
            report.name = self.base.for_programs(&report.path);
            (report.shown, report.uri) = (display_path(&report.path), uri(&report.name));
        }
        // standard input may bear the name of a file
        self.reports.sort_by(|one, other| (&one.path, !one.is_stdin).cmp(&(&other.path, !other.is_stdin)));
        self.reports.dedup(); // several named directories may lie below the same bad ignore file
        self.skipped.sort();
    }

    /// Whether there was no file to check.
    pub(crate) fn checked_nothing(&self) -> bool {
        self.files + self.skips([SkipReason::Vault]) == 0
    }
}

impl FileReport {
    /// A report with one problem or warning, about the whole file.
    pub(crate) fn of(path: &Path, status: Status, message: &str) -> Self {
        let records = vec![Record::new(status, None, message)];
        Self { path: path.to_owned(), records, ..Self::default() }
    }

    /// Adds records in their places among the others.
    pub(crate) fn add(&mut self, records: impl IntoIterator<Item = Record>) {
        self.records.extend(records);
        self.records.sort_by_key(Record::order);
    }

    /// The records of a status.
    pub fn having(&self, status: Status) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.status == status)
    }

    /// The findings that no comment suppresses.
    pub fn findings(&self) -> impl Iterator<Item = (&Finding, Location)> {
        self.having(Status::Open).filter_map(|record| Some((record.finding.as_ref()?, record.location?)))
    }

    /// The fixes of these findings; none if they were not asked for or the file could not be written.
    pub fn fixes(&self) -> impl Iterator<Item = &Fix> {
        self.records.iter().filter_map(|record| record.fix.as_ref())
    }

    /// The texts of the records of a status, such as the messages of problems.
    pub fn texts(&self, status: Status) -> impl Iterator<Item = (&str, Option<Location>)> {
        self.having(status).filter_map(|record| Some((record.text.as_deref()?, record.location)))
    }
}
