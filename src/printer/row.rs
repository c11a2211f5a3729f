//! The records of a run as every format reads them: each with its file, its severity and its message.
//!
//! Invariant: a fingerprint depends only on the rule, the file's path from the repository's root, and the task's
//! module, name and kind of finding; no two rows of a run share one; suppressing a finding changes no other's. The hash
//! is FNV-1a of 128 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>), the same in every version and on every system.

use std::collections::HashMap;

use super::message::{help, message};
use crate::escape::escape_controls;
use crate::report::{FileReport, Record, RunReport, Status};
use crate::rule;

/// How grave a record is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    Error,
    Warning,
    Note,
}

impl Severity {
    /// The word that compilers use for it, and SARIF.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One record with its file.
#[derive(Clone, Copy)]
pub(super) struct Row<'r> {
    run: &'r RunReport,
    pub(super) report: &'r FileReport,
    pub(super) record: &'r Record,
}

/// All rows, file by file: of each the findings, then the errors, then the warnings.
pub(super) fn rows(run: &RunReport) -> impl Iterator<Item = Row<'_>> {
    run.reports.iter().flat_map(move |report| rows_of(run, report))
}

/// The rows of one file.
pub(super) fn rows_of<'r>(run: &'r RunReport, report: &'r FileReport) -> impl Iterator<Item = Row<'r>> {
    report.records.iter().map(move |record| Row { run, report, record })
}

/// The rows of a status.
pub(super) fn having(run: &RunReport, status: Status) -> impl Iterator<Item = Row<'_>> {
    rows(run).filter(move |row| row.record.status == status)
}

/// All rows, each with its fingerprint.
pub(super) fn fingerprinted(run: &RunReport) -> impl Iterator<Item = (Row<'_>, String)> {
    let mut ordinals = Ordinals::default();
    rows(run).map(move |row| (row, ordinals.fingerprint(&row)))
}

impl Row<'_> {
    /// How grave it is: findings are warnings, or notes if they do not fail the run.
    pub(super) fn severity(&self) -> Severity {
        match &self.record.finding {
            Some(finding) if !self.run.fails(finding.kind) => Severity::Note,
            None if self.record.status == Status::Problem => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// What to say, in one line without control characters.
    pub(super) fn message(&self) -> String {
        match &self.record.finding {
            Some(finding) => message(finding),
            None => escape_controls(self.record.text.as_deref().unwrap_or_default()),
        }
    }

    /// The message and, of a finding, what to do: where a format has room for one text.
    pub(super) fn message_with_help(&self) -> String {
        let help = self.record.finding.as_ref().map(|finding| format!("; {}", help(finding)));
        self.message() + &help.unwrap_or_default()
    }

    /// `path:line:column`, of a path that was made fit for a line.
    pub(super) fn location(&self, path: &str) -> String {
        let position = self.record.location.map(|at| format!(":{}:{}", at.start.line, at.start.column));
        path.to_owned() + &position.unwrap_or_default()
    }

    /// What tells the record from others for as long as its task keeps its name, wherever its lines move; errors and
    /// warnings differ by their files only.
    fn hash(&self) -> u128 {
        let uri = &self.report.uri;
        let Some(finding) = &self.record.finding else { return hash(&[self.severity().name(), uri]) };
        let (name, is_named) = finding.task.as_deref().map_or(("", "unnamed"), |name| (name, "named"));
        hash(&[rule::ID, uri, &finding.module, name, is_named, finding.kind.name()])
    }
}

/// Tells what has the same hash apart by its order.
#[derive(Default)]
pub(super) struct Ordinals(HashMap<u128, u64>);

impl Ordinals {
    /// The fingerprint of the next row.
    pub(super) fn fingerprint(&mut self, row: &Row<'_>) -> String {
        let hash = row.hash();
        format!("{hash:032x}:{}", self.next(hash))
    }

    /// The number of the next one with this hash, from 1.
    pub(super) fn next(&mut self, hash: u128) -> u64 {
        let ordinal = self.0.entry(hash).or_default();
        *ordinal += 1;
        *ordinal
    }
}

/// The hash of several fields; the length in front of each keeps neighbours apart.
pub(super) fn hash(fields: &[&str]) -> u128 {
    let add = |hash, field: &&str| fnv(fnv(hash, &(field.len() as u64).to_le_bytes()), field.as_bytes());
    fields.iter().fold(BASIS, add)
}

const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

fn fnv(hash: u128, bytes: &[u8]) -> u128 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // from the reference implementation's test vectors
        assert_eq!(fnv(BASIS, b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv(BASIS, b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(fnv(BASIS, b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }
}
