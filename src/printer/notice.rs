//! Errors and warnings of a run, as every format needs them.
//!
//! Invariant: errors and warnings keep the order of their reports, and in a report errors come first.

use std::path::Path;
use std::rc::Rc;

use colored::{ColoredString, Colorize};

use crate::report::{Problem, Report, Run};

/// How grave a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// Something could not be checked.
    Error,
    /// There is something that the user should know; findings are warnings too.
    Warning,
}

impl Severity {
    /// The word that every format uses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }

    /// The word in its colour.
    pub(super) fn colored(self) -> ColoredString {
        match self {
            Self::Error => self.name().red().bold(),
            Self::Warning => self.name().yellow().bold(),
        }
    }
}

/// An error or a warning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notice<'r> {
    pub(super) severity: Severity,
    pub(super) report: &'r Report,
    pub(super) problem: &'r Problem,
}

impl Notice<'_> {
    /// What stands in place of the rule's id.
    pub(super) fn id(&self) -> &'static str {
        match self.severity {
            Severity::Error => "ecr-lint-unchecked",
            Severity::Warning => "ecr-lint-warning",
        }
    }

    /// The line; the first one if it concerns the whole file.
    pub(super) fn line(&self) -> u32 {
        self.problem.position.map_or(1, |at| at.line)
    }
}

/// The errors and warnings of one file.
pub(super) fn notices_of(report: &Report) -> impl Iterator<Item = Notice<'_>> {
    let errors = report.problems.iter().map(|problem| (Severity::Error, problem));
    let warnings = report.warnings.iter().map(|warning| (Severity::Warning, warning));
    errors.chain(warnings).map(move |(severity, problem)| Notice { severity, report, problem })
}

/// All errors and warnings, each with its file's path from the repository's root, which is looked up once for each file.
pub(super) fn notices_from_root(run: &Run) -> impl Iterator<Item = (Rc<Path>, Notice<'_>)> {
    let concerned = run.reports.iter().filter(|report| notices_of(report).next().is_some());
    concerned.flat_map(|report| {
        let path: Rc<Path> = run.base.from_root(&report.path).into();
        notices_of(report).map(move |notice| (Rc::clone(&path), notice))
    })
}

/// All errors and warnings.
pub(super) fn notices(run: &Run) -> impl Iterator<Item = Notice<'_>> {
    run.reports.iter().flat_map(notices_of)
}
