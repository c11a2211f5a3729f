//! The one rule: an ECR repository's tags must be immutable.
//!
//! Invariant: [`check`] is pure and total; what it does not flag sets `image_tag_mutability` to the
//! string `immutable`, or removes the repository.

use std::sync::Arc;

use crate::parser::{Setting, Span, Task};

/// The rule's id, as Datadog's IaC security knows it.
pub const ID: &str = "ansible-aws-ecr-image-tag-not-immutable";
/// The rule's severity.
pub const SEVERITY: &str = "medium";
/// The argument that decides.
pub const ARGUMENT: &str = "image_tag_mutability";
/// The only value that satisfies the rule.
pub const IMMUTABLE: &str = "immutable";

/// How a task breaks the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The argument is not set, so the module's default, `mutable`, holds.
    Missing,
    /// It is set to something else.
    Wrong,
    /// It comes from a template, so its value cannot be known.
    Templated,
}

/// A task that breaks the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How.
    pub kind: Kind,
    /// The key to look at: the argument's, else the module's.
    pub place: Span,
    /// The task's module key, which may be the same.
    pub module_key: Span,
    /// The module's name as the task writes it.
    pub module: Arc<str>,
    /// The task's name.
    pub task: Option<Box<str>>,
    /// The argument's value as Ansible would see it; for a list or mapping its source.
    pub value: Option<Box<str>>,
    /// The value is a template for all the arguments of the task.
    pub all_arguments: bool,
}

/// Flags a task whose repository would not have immutable tags.
#[must_use]
pub fn check(task: &Task<'_>) -> Option<Finding> {
    let removes = task.argument("state").is_some_and(|state| state.value == Setting::Text("absent"));
    if removes {
        return None;
    }
    let argument = task.argument(ARGUMENT);
    let (kind, value) = match argument.as_ref().map(|argument| argument.value) {
        Some(Setting::Text(IMMUTABLE)) => return None,
        None | Some(Setting::Null) => (Kind::Missing, None),
        Some(Setting::Text(text) | Setting::Other(text)) => (Kind::Wrong, Some(text)),
        Some(Setting::Template(text) | Setting::AllTemplate(text)) => (Kind::Templated, Some(text)),
        Some(Setting::Vault) => (Kind::Templated, Some("!vault")),
    };
    let key = argument.as_ref().and_then(|argument| argument.key).filter(|_| kind != Kind::Missing);
    Some(Finding {
        kind,
        place: key.unwrap_or(task.place),
        module_key: task.place,
        module: task.module.clone(),
        task: task.name.map(Into::into),
        value: value.map(Into::into),
        all_arguments: argument.is_some_and(|argument| matches!(argument.value, Setting::AllTemplate(_))),
    })
}

/// One finding a place and kind, in the order of the places: tasks may share what is wrong with them.
pub fn deduplicate(findings: &mut Vec<Finding>) {
    findings.sort_by_key(|finding| (finding.place, finding.kind));
    findings.dedup_by_key(|finding| (finding.place, finding.kind));
}
