//! What a finding says: in one line, why it matters, and what to do.
//!
//! Invariant: the same words in every format; text from the file is quoted and escaped.

use super::escape::{ascii, cut, visible};
use crate::rule::{ARGUMENT, Finding, IMMUTABLE, Kind};

/// How many characters of a name or value are shown.
const LONGEST: usize = 80;

/// The value of an argument that is encrypted.
const VAULT: &str = "!vault";

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
            } else if value == VAULT {
                format!("sets {ARGUMENT} to a value encrypted with vault")
            } else {
                format!("sets {ARGUMENT} to the template \"{}\"", visible(&value))
            };
            format!("{task} {how}, which cannot be verified without running Ansible")
        }
    }
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
    match finding.kind {
        Kind::Missing => "add `image_tag_mutability: immutable` to the task's arguments",
        Kind::Wrong if finding.in_string() => "set `image_tag_mutability=immutable`",
        Kind::Wrong => "set `image_tag_mutability: immutable`",
        Kind::Templated if finding.all_arguments => {
            "write the arguments out, with `image_tag_mutability: immutable`"
        }
        Kind::Templated if finding.value.as_deref() == Some(VAULT) => {
            "write `image_tag_mutability: immutable`, not encrypted"
        }
        Kind::Templated if finding.in_string() => "write `image_tag_mutability=immutable` without a template",
        Kind::Templated => "write `image_tag_mutability: immutable` without a template",
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
