//! What tells a finding from others for as long as its task keeps its name, wherever its lines move.
//!
//! Invariant: a fingerprint depends on the rule, the file's path from the repository's root, and the task's module, name and kind of
//! finding only; no two findings of a run share one; suppressing a finding changes no other's. The hash is
//! FNV-1a of 128 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>), the same in every version and on
//! every system.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use super::message::kind;
use super::path::uri;
use crate::fix::Fix;
use crate::linter::{Located, Report, Run, Suppressed};
use crate::rule::{self, Finding};

/// A finding with what belongs to it.
pub(super) struct FingerprintedFinding<'r> {
    pub(super) report: &'r Report,
    /// The file's path from the repository's root.
    pub(super) path: Rc<Path>,
    pub(super) finding: &'r Located<Finding>,
    /// Set if a comment suppresses the finding.
    pub(super) suppressed: Option<&'r Suppressed>,
    /// How it can be fixed, where that was asked for.
    pub(super) fix: Option<&'r Fix>,
    pub(super) fingerprint: String,
}

/// All findings of a run, suppressed ones too, in the order of their files and places.
pub(super) fn fingerprinted(run: &Run) -> Vec<FingerprintedFinding<'_>> {
    let mut ordinals = Ordinals::default();
    let mut all = Vec::new();
    for report in &run.reports {
        let path: Rc<Path> = run.base.from_root(&report.path).into();
        let uri = uri(&path);
        let open = report.findings_with_fixes().map(|(finding, fix)| (finding, None, fix));
        let suppressed =
            report.suppressed.iter().map(|suppressed| (&suppressed.finding, Some(suppressed), None));
        let mut found: Vec<_> = open.chain(suppressed).collect();
        found.sort_by_key(|(finding, ..)| (finding.start, finding.item.kind));
        all.extend(found.into_iter().map(|(finding, suppressed, fix)| {
            let fingerprint = ordinals.next(hash_of_finding(&uri, &finding.item));
            FingerprintedFinding { report, path: path.clone(), finding, suppressed, fix, fingerprint }
        }));
    }
    all
}

/// The hash of an error or a warning, which only its file tells from others.
pub(super) fn hash_of_notice(level: &str, path: &Path) -> u128 {
    hash(&[level, &uri(path)])
}

/// Tells what has the same hash apart by its order.
#[derive(Default)]
pub(super) struct Ordinals(HashMap<u128, u64>);

impl Ordinals {
    /// The fingerprint of the next one with this hash.
    pub(super) fn next(&mut self, hash: u128) -> String {
        let ordinal = self.0.entry(hash).or_default();
        *ordinal += 1;
        format!("{hash:032x}:{ordinal}")
    }
}

fn hash_of_finding(path: &str, finding: &Finding) -> u128 {
    let (name, is_named) = finding.task.as_deref().map_or(("", "unnamed"), |name| (name, "named"));
    hash(&[rule::ID, path, &finding.module, name, is_named, kind(finding.kind)])
}

/// The length in front of each field keeps neighbours apart.
fn hash(fields: &[&str]) -> u128 {
    fields
        .iter()
        .fold(BASIS, |hash, field| fnv(fnv(hash, &(field.len() as u64).to_le_bytes()), field.as_bytes()))
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
