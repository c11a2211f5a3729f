//! What a finding says, in one line.
//!
//! Invariant: the same words in every format; text from the file is quoted and escaped.

use super::escape::{ascii, cut, visible};
use crate::rule::{ARGUMENT, Finding, IMMUTABLE, Kind};

/// How many characters of a name or value are shown.
const LONGEST: usize = 80;

/// The message of a finding.
pub(super) fn message(finding: &Finding) -> String {
    let module = visible(&finding.module);
    let task = match &finding.task {
        Some(name) => format!("{module} task \"{}\"", visible(&cut(name, LONGEST))),
        None => format!("{module} task"),
    };
    let value = cut(finding.value.as_deref().unwrap_or_default(), LONGEST);
    match finding.kind {
        Kind::Missing => format!("{task} does not set {ARGUMENT}"),
        Kind::Wrong => format!("{task} sets {ARGUMENT} to \"{}\", not \"{IMMUTABLE}\"", ascii(&value)),
        Kind::Templated => {
            let how = if finding.all_arguments {
                format!("takes its arguments from the template \"{}\"", visible(&value))
            } else if &*value == "!vault" {
                format!("sets {ARGUMENT} to a value encrypted with vault")
            } else {
                format!("sets {ARGUMENT} to the template \"{}\"", visible(&value))
            };
            format!("{task} {how}, which cannot be verified without running Ansible")
        }
    }
}
