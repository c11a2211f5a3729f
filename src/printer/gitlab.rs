//! GitLab's Code Quality report.
//!
//! Invariant: a JSON array of issues with unique fingerprints, empty if there is nothing to report.

use std::io::{self, Write};

use serde::Serialize;

use super::ascii_json;
use super::fingerprint::{FingerprintedFinding, Ordinals, hash_of_problem, marked};
use super::message::{help, message};
use super::path::slash_path;
use crate::linter::{Problem, Report, Run};
use crate::rule;

/// What stands for the rule where a file could not be checked.
const UNCHECKED: &str = "ecr-lint-unchecked";

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let found = marked(run);
    let findings = found.iter().filter(|marked| marked.suppressed.is_none()).map(finding);
    let mut twins = Ordinals::default();
    let problems =
        run.reports.iter().flat_map(|report| report.problems.iter().map(move |problem| (report, problem)));
    let problems = problems.map(|(report, problem)| {
        let fingerprint = twins.next(hash_of_problem(&report.path));
        error(report, problem, fingerprint)
    });
    ascii_json::write(&findings.chain(problems).collect::<Vec<_>>(), out)
}

fn finding(marked: &FingerprintedFinding<'_>) -> Issue {
    let item = &marked.finding.item;
    Issue {
        description: format!("{}; {}", message(item), help(item)),
        check_name: rule::ID,
        fingerprint: marked.fingerprint.clone(),
        severity: "major",
        location: location(marked.report, marked.finding.start.line),
    }
}

fn error(report: &Report, problem: &Problem, fingerprint: String) -> Issue {
    Issue {
        description: format!("not checked: {}", problem.message),
        check_name: UNCHECKED,
        fingerprint,
        severity: "critical",
        location: location(report, problem.position.map_or(1, |at| at.line)),
    }
}

fn location(report: &Report, begin: u32) -> Location {
    Location { path: slash_path(&report.path), lines: Lines { begin } }
}
