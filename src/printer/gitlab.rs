//! GitLab's Code Quality report.
//!
//! Invariant: a JSON array of issues with unique fingerprints, findings first; empty if there is nothing to report.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::ascii_json::Json;
use super::row::{Row, Subjects};
use crate::paths::slash_path;
use crate::report::Status;

pub(super) fn print(subjects: &Subjects<'_>, out: &mut dyn Write) -> io::Result<()> {
    let findings = subjects.fingerprinted().filter(|(row, _)| row.record.status == Status::Open);
    let notices = subjects.fingerprinted().filter(|(row, _)| row.record.finding.is_none());
    Json::items(findings.chain(notices).map(|(row, fingerprint)| issue(&row, &fingerprint))).write(out)
}

fn issue(row: &Row<'_>, fingerprint: &str) -> Value {
    let (severity, prefix) = match row.record.status {
        Status::Open | Status::Suppressed => ("major", ""),
        Status::Problem => ("critical", "not checked: "),
        Status::Warning => ("info", ""),
    };
    json!({
        "description": format!("{prefix}{}", row.message_with_help()),
        "check_name": row.id(),
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": slash_path(row.subject.path()),
            "lines": { "begin": row.record.location.map_or(1, |at| at.start.line) },
        },
    })
}
