//! The texts of a finding: its message, why it matters, and what to do.
//!
//! Invariant: every format uses the same texts; text from the file is quoted and escaped.

use super::escape::{ascii, cut, escape_controls};
use crate::parser::Source;
use crate::rule::{ARGUMENT, Finding, IMMUTABLE, Kind};

/// How many characters of a name or value are shown.
const LONGEST: usize = 80;

/// The value of an argument that is encrypted.
const VAULT: &str = "!vault";

/// The message of a finding.
pub(super) fn message(finding: &Finding) -> String {
    let module = escape_controls(&finding.module);
    let task = match &finding.task {
        Some(name) => format!("{module} task \"{}\"", escape_controls(&cut(name, LONGEST))),
        None => format!("{module} task"),
    };
    let value = cut(finding.value.as_deref().unwrap_or_default(), LONGEST);
    match finding.kind {
        Kind::Missing => format!("{task} does not set {ARGUMENT}"),
        Kind::Wrong => {
            let value = ascii(&value);
            let how = match finding.source {
                Some(Source::Default) => format!("gets {ARGUMENT} \"{value}\" from module_defaults"),
                _ => format!("sets {ARGUMENT} to \"{value}\""),
            };
            format!("{task} {how}, not \"{IMMUTABLE}\"")
        }
        Kind::Templated => {
            let what = if is_encrypted(finding) {
                "a value encrypted with vault".to_owned()
            } else {
                format!("the template \"{}\"", escape_controls(&value))
            };
            let how = match finding.source {
                Some(Source::TemplatedArgs) => format!("takes its arguments from {what}"),
                Some(Source::Default) => format!("gets {ARGUMENT} from module_defaults, where it is {what}"),
                Some(Source::TemplatedDefaults) => format!("takes its module_defaults from {what}"),
                _ => format!("sets {ARGUMENT} to {what}"),
            };
            format!("{task} {how}, which cannot be verified without running Ansible")
        }
    }
}

/// Whether the value is encrypted.
pub(super) fn is_encrypted(finding: &Finding) -> bool {
    finding.value.as_deref() == Some(VAULT)
}

/// Why it matters.
pub(super) fn why(finding: &Finding) -> &'static str {
    match finding.kind {
        Kind::Missing => {
            "the module leaves tags mutable by default: whoever can push can replace the image behind a tag \
             that is already deployed"
        }
        Kind::Wrong => {
            "only the string `immutable` makes tags immutable; otherwise, whoever can push can replace the \
             image behind a tag that is already deployed"
        }
        Kind::Templated => {
            "unless the value is `immutable` when Ansible runs, whoever can push can replace the image behind \
             a tag that is already deployed"
        }
    }
}

/// What to do about it.
pub(super) fn help(finding: &Finding) -> &'static str {
    match (finding.kind, finding.source) {
        (Kind::Missing, _) => "add `image_tag_mutability: immutable` to the task's arguments",
        (_, Some(Source::Default)) => {
            "set `image_tag_mutability: immutable` in the task's arguments or in `module_defaults`"
        }
        (Kind::Wrong, Some(Source::KeyValues)) => "set `image_tag_mutability=immutable`",
        (Kind::Wrong, _) => "set `image_tag_mutability: immutable`",
        (_, Some(Source::TemplatedArgs)) => "write the arguments out, with `image_tag_mutability: immutable`",
        (_, Some(Source::TemplatedDefaults)) => {
            "add `image_tag_mutability: immutable` to the task's arguments"
        }
        _ if is_encrypted(finding) => "write `image_tag_mutability: immutable`, not encrypted",
        (_, Some(Source::KeyValues)) => "write `image_tag_mutability=immutable` without a template",
        _ => "write `image_tag_mutability: immutable` without a template",
    }
}

/// The kind of a finding, for machines.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "missing",
        Kind::Wrong => "wrong",
        Kind::Templated => "templated",
    }
}
