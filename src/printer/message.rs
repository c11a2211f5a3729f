//! The texts of a finding: its message, why it matters, and what to do.
//!
//! Invariant: every format uses the same texts; text from the file is quoted and escaped.

use super::escape::{cut, escape_controls, escape_value};
use crate::parser::Source;
use crate::rule::{ARGUMENT, Effect, Finding, Kind};

/// How many characters of a name or value are shown.
const LONGEST: usize = 80;

/// What a task without the argument does, and one that sets it to `mutable`.
const MAKES_MUTABLE: &str = ", which makes the tags mutable, even if they are immutable now";

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
        Kind::Missing => format!("{task} does not set {ARGUMENT}{MAKES_MUTABLE}"),
        Kind::Wrong => {
            let value = escape_value(&value);
            let how = match finding.source {
                Some(Source::Default) => format!("gets {ARGUMENT} \"{value}\" from module_defaults"),
                _ => format!("sets {ARGUMENT} to \"{value}\""),
            };
            let effect = match finding.effect() {
                Effect::Mutable => MAKES_MUTABLE,
                Effect::RefusedMode => ", a mode of AWS that the module refuses",
                _ => ", which the module refuses",
            };
            format!("{task} {how}{effect}")
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
            let fallback = fallback(finding).map(escape_controls);
            let fallback =
                fallback.map(|literal| format!(" and falls back to \"{literal}\"")).unwrap_or_default();
            format!("{task} {how}, which cannot be determined without running Ansible{fallback}")
        }
    }
}

/// The string that a plain template such as `{{ x | default('mutable') }}` becomes where its variable is not set.
/// There is no parser of Jinja here: any other template has none.
fn fallback(finding: &Finding) -> Option<&str> {
    let is_value = !matches!(finding.source, Some(Source::TemplatedArgs | Source::TemplatedDefaults));
    let template = finding.value.as_deref().filter(|_| is_value)?.trim();
    let (variable, filter) = template.strip_prefix("{{")?.strip_suffix("}}")?.split_once('|')?;
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '\'' | '"');
    let filter = filter.trim();
    let arguments = filter.strip_prefix("default(").or_else(|| filter.strip_prefix("d("))?;
    let arguments = arguments.strip_suffix(')')?.trim();
    let quote = arguments.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (literal, flag) = arguments[1..].split_once(quote)?;
    let flag = flag.trim();
    let is_flag = flag.is_empty()
        || flag
            .strip_prefix(',')
            .is_some_and(|flag| flag.trim().chars().all(|c| c.is_alphanumeric() || c == '='));
    (variable.trim().chars().all(is_of_name) && is_flag && !literal.contains('\\')).then_some(literal)
}

/// Whether the value is encrypted.
fn is_encrypted(finding: &Finding) -> bool {
    finding.value.as_deref() == Some(VAULT)
}

/// Why it matters.
pub(super) fn why(finding: &Finding) -> &'static str {
    match finding.effect() {
        Effect::Mutable => {
            "while tags are mutable, whoever can push can replace the image behind a tag that is already deployed"
        }
        Effect::Refused | Effect::RefusedMode => {
            "the module takes only `immutable` and `mutable`: the task fails, and nothing protects the tags"
        }
        Effect::Unknown => {
            "unless the value is `immutable` when Ansible runs, whoever can push can replace the image behind \
             a tag that is already deployed"
        }
    }
}

/// What to say beside the mark of a finding.
pub(super) fn label(finding: &Finding) -> &'static str {
    match (finding.effect(), finding.source) {
        (Effect::Mutable, Some(Source::Default)) => "`module_defaults` makes the tags mutable",
        (Effect::Mutable, _) => "makes the tags mutable",
        (Effect::Unknown, Some(Source::Default | Source::TemplatedDefaults)) => {
            "`module_defaults` cannot be determined without running Ansible"
        }
        (Effect::Unknown, Some(Source::TemplatedArgs)) if !is_encrypted(finding) => {
            "takes its arguments from a template"
        }
        (Effect::Unknown, Some(Source::KeyValues)) if !is_encrypted(finding) => "sets it to a template",
        (Effect::Unknown, _) => "cannot be determined without running Ansible",
        (_, Some(Source::Default)) => "`module_defaults` has a value that the module refuses",
        (_, Some(Source::KeyValues)) => "sets it to a value that the module refuses",
        _ => "the module refuses this value",
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
