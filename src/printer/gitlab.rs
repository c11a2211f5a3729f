//! GitLab's Code Quality report.
//!
//! Invariant: a JSON array of issues with unique fingerprints; empty if there is nothing to report.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::json;
use super::row::{Row, fingerprinted};
use crate::paths::slash_path;
use crate::report::{RunReport, Status};
use crate::rule;

pub(super) fn print(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let rows = fingerprinted(run).filter(|(row, _)| row.record.status != Status::Suppressed);
    let issues = rows.map(|(row, fingerprint)| issue(&row, &fingerprint));
    json::write(&Value::Null, vec![Box::new(issues)], out)
}

fn issue(row: &Row<'_>, fingerprint: &str) -> Value {
    let (check, severity, prefix) = match row.record.status {
        Status::Open | Status::Suppressed => (rule::ID, "major", ""),
        Status::Problem => ("ecr-lint-unchecked", "critical", "not checked: "),
        Status::Warning => ("ecr-lint-warning", "info", ""),
    };
    json!({
        "description": format!("{prefix}{}", row.message_with_help()),
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": slash_path(&row.report.name),
            "lines": { "begin": row.record.location.map_or(1, |at| at.start.line) },
        },
    })
}
