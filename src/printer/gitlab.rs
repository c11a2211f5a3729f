//! GitLab's Code Quality report.
//!
//! Invariant: a JSON array of issues with unique fingerprints, empty if there is nothing to report.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::ascii_json;
use super::fingerprint::{FingerprintedFinding, Ordinals, fingerprinted, hash_of_notice};
use super::message::message_with_help;
use super::notice::{Notice, Severity, notices_from_root};
use super::path::slash_path;
use crate::linter::Run;
use crate::rule;

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
    let notices = notices_from_root(run).map(|(path, notice)| {
        let fingerprint = ordinals.next(hash_of_notice(notice.severity.name(), &path));
        issue_of_notice(&path, notice, fingerprint)
    });
    ascii_json::write(&findings.chain(notices).collect::<Vec<_>>(), out)
}

fn finding(found: &FingerprintedFinding<'_>) -> Issue {
    Issue {
        description: message_with_help(&found.finding.item),
        check_name: rule::ID,
        fingerprint: found.fingerprint.clone(),
        severity: "major",
        location: location(&found.path, found.finding.start.line),
    }
}

fn issue_of_notice(path: &Path, notice: Notice<'_>, fingerprint: String) -> Issue {
    let message = &notice.problem.message;
    let (description, severity) = match notice.severity {
        Severity::Error => (format!("not checked: {message}"), "critical"),
        Severity::Warning => (message.clone(), "info"),
    };
    let location = location(path, notice.line());
    Issue { description, check_name: notice.id(), fingerprint, severity, location }
}

fn location(path: &Path, begin: u32) -> Location {
    Location { path: slash_path(path), lines: Lines { begin } }
}
