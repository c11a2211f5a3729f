//! GitLab's Code Quality report.
//!
//! Invariant: a JSON array of issues with unique fingerprints, empty if there is nothing to report.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::ascii_json;
use super::fingerprint::{FingerprintedFinding, Ordinals, fingerprinted, hash_of_notice};
use super::message::{help, message};
use super::path::slash_path;
use super::{ERROR, notices};
use crate::linter::{Problem, Run};
use crate::rule;

/// What stands for the rule where a file could not be checked.
const UNCHECKED: &str = "ecr-lint-unchecked";
/// What stands for it where all was checked, and there is something to know.
const NOTICE: &str = "ecr-lint-warning";

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
    let found = fingerprinted(run);
    let findings = found.iter().filter(|found| found.suppressed.is_none()).map(finding);
    let mut ordinals = Ordinals::default();
    let concerned = run.reports.iter().filter(|report| report.has_notices());
    let others = concerned.flat_map(|report| {
        let path = run.base.from_root(&report.path);
        notices(report).map(move |(level, problem)| (path.clone(), level, problem))
    });
    let others = others.map(|(path, level, problem)| {
        let fingerprint = ordinals.next(hash_of_notice(level, &path));
        notice(&path, level, problem, fingerprint)
    });
    ascii_json::write(&findings.chain(others).collect::<Vec<_>>(), out)
}

fn finding(found: &FingerprintedFinding<'_>) -> Issue {
    let item = &found.finding.item;
    Issue {
        description: format!("{}; {}", message(item), help(item)),
        check_name: rule::ID,
        fingerprint: found.fingerprint.clone(),
        severity: "major",
        location: location(&found.path, found.finding.start.line),
    }
}

fn notice(path: &Path, level: &str, problem: &Problem, fingerprint: String) -> Issue {
    let (description, check_name, severity) = match level {
        ERROR => (format!("not checked: {}", problem.message), UNCHECKED, "critical"),
        _ => (problem.message.clone(), NOTICE, "info"),
    };
    let location = location(path, problem.position.map_or(1, |at| at.line));
    Issue { description, check_name, fingerprint, severity, location }
}

fn location(path: &Path, begin: u32) -> Location {
    Location { path: slash_path(path), lines: Lines { begin } }
}
