//! What a run found, as data: reports of files, totals, and the verdict.
//!
//! Invariant: all that there is to say about a file is one sorted list of [`Record`]s, of which none hides another; the
//! verdict is the worst of all reports.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fix::{Edit, Fix, NotFixed};
use crate::parser::{Position, Span};
use crate::paths::Base;
use crate::rule::{Finding, Kind};
use crate::walker::{SkipReason, WalkError};

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

/// One thing to say about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A task breaks the rule.
    Finding {
        /// The key to look at.
        location: Location,
        /// How the task breaks the rule.
        finding: Finding,
        /// How to fix it; `None` if that was not asked for, or if the file could not be written.
        fix: Option<Fix>,
    },
    /// A task breaks the rule, and a comment suppresses that.
    Suppressed {
        /// The key to look at.
        location: Location,
        /// How the task breaks the rule.
        finding: Finding,
        /// The reason that the comment gives.
        reason: Option<Arc<str>>,
    },
    /// Something could not be checked.
    Problem {
        /// Where; `None` if it concerns the whole file.
        location: Option<Location>,
        /// What was wrong, in plain words, and what to do.
        message: String,
    },
    /// Something that the user should know; it does not affect the verdict.
    Warning {
        /// Where; `None` if it concerns the whole file.
        location: Option<Location>,
        /// What it is, in plain words, and what to do.
        message: String,
    },
}

impl Record {
    /// Where it is; `None` if it concerns the whole file.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        match self {
            Self::Finding { location, .. } | Self::Suppressed { location, .. } => Some(*location),
            Self::Problem { location, .. } | Self::Warning { location, .. } => *location,
        }
    }

    pub(crate) fn location_mut(&mut self) -> Option<&mut Location> {
        match self {
            Self::Finding { location, .. } | Self::Suppressed { location, .. } => Some(location),
            Self::Problem { location, .. } | Self::Warning { location, .. } => location.as_mut(),
        }
    }

    /// The finding, suppressed or not.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Finding { finding, .. } | Self::Suppressed { finding, .. } => Some(finding),
            Self::Problem { .. } | Self::Warning { .. } => None,
        }
    }

    /// The fix of a finding, or why there is none; `None` if that is not known.
    #[must_use]
    pub fn fix(&self) -> Option<&Fix> {
        match self {
            Self::Finding { fix, .. } => fix.as_ref(),
            _ => None,
        }
    }

    /// The edit that fixes a finding.
    pub(crate) fn edit(&self) -> Option<&Edit> {
        self.fix()?.as_ref().ok()
    }

    /// Why a finding is not fixed.
    pub(crate) fn not_fixed(&self) -> Option<NotFixed> {
        match self.fix()? {
            Err(reason) => Some(*reason),
            Ok(_) => None,
        }
    }

    /// The place of that fix in a finding that no comment suppresses.
    pub(crate) fn fix_mut(&mut self) -> Option<&mut Option<Fix>> {
        match self {
            Self::Finding { fix, .. } => Some(fix),
            _ => None,
        }
    }

    /// Whether it is a finding that no comment suppresses.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Finding { .. })
    }

    /// Whether it is a finding that a comment suppresses.
    #[must_use]
    pub fn is_suppressed(&self) -> bool {
        matches!(self, Self::Suppressed { .. })
    }

    /// Whether something could not be checked.
    #[must_use]
    pub fn is_problem(&self) -> bool {
        matches!(self, Self::Problem { .. })
    }

    /// Whether it is a warning that is no finding.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::Warning { .. })
    }

    /// What the records of a file are sorted by.
    fn order(&self) -> (u8, Option<Position>, Option<Kind>) {
        let group = match self {
            Self::Finding { .. } | Self::Suppressed { .. } => 0,
            Self::Problem { .. } => 1,
            Self::Warning { .. } => 2,
        };
        (group, self.location().map(|at| at.start), self.finding().map(|finding| finding.kind))
    }
}

/// What was found in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The path as shown to the user.
    pub path: PathBuf,
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
    /// Entries that git ignores, and directories that are skipped by name.
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
    /// Whether warnings fail the run.
    pub strict: bool,
    /// The kinds of findings that fail the run; all of them if none is named.
    pub fail_on: Vec<Kind>,
    /// The configuration in use.
    pub configuration: Option<PathBuf>,
    /// The directories that files are named from.
    pub base: Base,
    /// Standard input, if it was asked for and read completely.
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
        self.reports.iter().flat_map(Report::findings).filter(|(finding, _)| fails(finding.kind)).count()
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
            SkipReason::NotFollowed | SkipReason::LeadsTooFar => {
                totals.not_followed += 1;
            }
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

    /// Names all files from the current directory, where they lie below it, and sorts them.
    pub(crate) fn name_from_current_directory(&mut self) {
        let reports = self.reports.iter_mut().map(|report| &mut report.path);
        let skipped = self.skipped.iter_mut().map(|(path, _)| path);
        for path in reports.chain(skipped).chain(&mut self.configuration) {
            *path = self.base.from_current(path).into_owned();
        }
        self.reports.sort_by(|one, other| one.path.cmp(&other.path));
        self.reports.dedup(); // several named directories may lie below the same bad ignore file
        self.skipped.sort();
    }

    /// Whether there is a warning, if only that there was nothing to check.
    #[must_use]
    pub fn has_warnings(&self) -> bool {
        self.checked_nothing()
            || !self.warnings.is_empty()
            || self.reports.iter().any(|report| report.warnings().next().is_some())
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
        Self { records: vec![Record::Problem { location: None, message }], ..Self::new(path) }
    }

    /// An error of the walker, or a warning if every file is checked in spite of it.
    pub(crate) fn of_entry(path: &Path, error: &WalkError) -> Self {
        let message = error.to_string();
        if error.is_harmless() {
            Self { records: vec![Record::Warning { location: None, message }], ..Self::new(path) }
        } else {
            Self::failed(path, message)
        }
    }

    /// Adds records in their places among the others.
    pub(crate) fn add(&mut self, records: impl IntoIterator<Item = Record>) {
        self.records.extend(records);
        self.records.sort_by_key(Record::order);
    }

    /// The findings that no comment suppresses.
    pub fn findings(&self) -> impl Iterator<Item = (&Finding, Location)> {
        self.records.iter().filter_map(|record| match record {
            Record::Finding { finding, location, .. } => Some((finding, *location)),
            _ => None,
        })
    }

    /// The fixes of these findings; none if they were not asked for or the file could not be written.
    pub fn fixes(&self) -> impl Iterator<Item = &Fix> {
        self.records.iter().filter_map(Record::fix)
    }

    /// The findings that comments suppress, with the reasons.
    pub fn suppressed(&self) -> impl Iterator<Item = (&Finding, Location, Option<&str>)> {
        self.records.iter().filter_map(|record| match record {
            Record::Suppressed { finding, location, reason } => Some((finding, *location, reason.as_deref())),
            _ => None,
        })
    }

    /// The messages about what could not be checked.
    pub fn problems(&self) -> impl Iterator<Item = (&str, Option<Location>)> {
        self.records.iter().filter_map(|record| match record {
            Record::Problem { message, location } => Some((&**message, *location)),
            _ => None,
        })
    }

    /// The messages that do not affect the verdict.
    pub fn warnings(&self) -> impl Iterator<Item = (&str, Option<Location>)> {
        self.records.iter().filter_map(|record| match record {
            Record::Warning { message, location } => Some((&**message, *location)),
            _ => None,
        })
    }

    /// The verdict for this file.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let verdict = |record: &Record| match record {
            Record::Problem { .. } => Verdict::Incomplete,
            Record::Finding { .. } => Verdict::Flagged,
            Record::Suppressed { .. } | Record::Warning { .. } => Verdict::Clean,
        };
        self.records.iter().map(verdict).max().unwrap_or(Verdict::Clean)
    }
}
