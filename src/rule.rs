//! The one rule: an ECR repository's tags must be immutable.
//!
//! Invariant: [`check`] is pure and total; what it does not flag sets `image_tag_mutability` to the
//! string `immutable`, or removes the repository.

use std::sync::Arc;

use clap::ValueEnum;
use serde::Deserialize;

use crate::parser::{Argument, Setting, Source, Span, Task};

/// The rule's id, as Datadog's IaC security knows it.
pub const ID: &str = "ansible-aws-ecr-image-tag-not-immutable";
/// The same rule's id in KICS.
pub const KICS_ID: &str = "60bfbb8a-c72f-467f-a6dd-a46b7d612789";
/// The rule's severity.
pub const SEVERITY: &str = "medium";
/// The rule's title, as its page has it.
pub const TITLE: &str = "ECR image tag not immutable";
/// What the rule reports, and why.
pub const DESCRIPTION: &str = "A task of community.aws.ecs_ecr does not set image_tag_mutability to \
    immutable. If it is missing or mutable, the task makes the tags of the repository mutable, also those of a \
    repository that is immutable now. The module refuses any other literal. What a template becomes cannot be \
    determined without running Ansible. Whoever can push to a repository with mutable tags can replace the image \
    behind a tag that is already deployed, so that the next pull of the same tag runs other code than was \
    reviewed, tested and scanned.";
/// The rule's category.
pub const CATEGORY: &str = "Insecure Configurations";
/// The cloud provider that the rule is about.
pub const PROVIDER: &str = "AWS";
/// The platform whose files the rule reads.
pub const PLATFORM: &str = "Ansible";
/// The weakness: improper adherence to coding standards.
pub const CWE: &str = "CWE-710";
/// The rule's page.
pub const PAGE: &str = "https://docs.datadoghq.com/security/code_security/iac_security/iac_rules/ansible/aws/\
                        ecr_image_tag_not_immutable";
/// The module's page.
pub const MODULE_PAGE: &str =
    "https://docs.ansible.com/ansible/latest/collections/community/aws/ecs_ecr_module.html";
/// The argument that decides.
pub const ARGUMENT: &str = "image_tag_mutability";
/// The only value that satisfies the rule.
pub const IMMUTABLE: &str = "immutable";
/// The only other value that the module takes, and its default.
const MUTABLE: &str = "mutable";
/// What AWS has besides these, and the module does not.
const AWS_MODES: [&str; 2] = ["immutable_with_exclusion", "mutable_with_exclusion"];

/// How a task breaks the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The argument is not set, so the module's default, `mutable`, holds
    Missing,
    /// It is set to something else
    Wrong,
    /// It is a template or encrypted, so only running Ansible can determine its value
    Templated,
}

/// What happens when Ansible runs a flagged task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It makes the tags mutable, also those of a repository that is immutable now.
    Mutable,
    /// It fails: the module refuses the value.
    Refused,
    /// It fails too, since the value is a mode of AWS that the module does not have.
    RefusedMode,
    /// That depends on a value that only running Ansible can determine.
    Unknown,
}

/// A task that breaks the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How the task breaks the rule.
    pub kind: Kind,
    /// The key to look at: the argument's, else the module's.
    pub span: Span,
    /// The task's module key, which may be the same.
    pub module_key: Span,
    /// The module's name as the task writes it.
    pub module: Arc<str>,
    /// The task's name.
    pub task: Option<Box<str>>,
    /// The argument's value as Ansible would see it; for a list or mapping its source.
    pub value: Option<Box<str>>,
    /// Where that value is set; `None` where nothing sets it.
    pub source: Option<Source>,
}

impl Finding {
    /// What happens when Ansible runs the task.
    #[must_use]
    pub fn effect(&self) -> Effect {
        let value = self.value.as_deref().unwrap_or_default();
        match self.kind {
            Kind::Missing => Effect::Mutable,
            Kind::Templated => Effect::Unknown,
            Kind::Wrong if value == MUTABLE => Effect::Mutable,
            Kind::Wrong if AWS_MODES.iter().any(|mode| value.eq_ignore_ascii_case(mode)) => {
                Effect::RefusedMode
            }
            Kind::Wrong => Effect::Refused,
        }
    }
}

/// How many characters of a name or value a finding keeps: aliases can repeat a long one in every task.
pub const LONGEST_TEXT: usize = 400;

fn cut(text: &str) -> Box<str> {
    let end = text.char_indices().nth(LONGEST_TEXT).map_or(text.len(), |(end, _)| end);
    text[..end].into()
}

/// Flags a task that does not make the tags of its repository immutable.
#[must_use]
pub fn check(task: &Task<'_>) -> Option<Finding> {
    let removes = task.state.as_ref().is_some_and(|state| state.value == Setting::Text("absent"));
    if removes {
        return None;
    }
    let argument = task.mutability.as_ref();
    let (kind, value) = match argument.map(|argument| argument.value) {
        Some(Setting::Text(IMMUTABLE)) => return None,
        None | Some(Setting::Null) => (Kind::Missing, None),
        Some(Setting::Text(text) | Setting::Other(text)) => (Kind::Wrong, Some(text)),
        Some(Setting::Template(text)) => (Kind::Templated, Some(text)),
        Some(Setting::Vault) => (Kind::Templated, Some("!vault")),
    };
    let key = argument.and_then(|argument| argument.key).filter(|_| kind != Kind::Missing);
    Some(Finding {
        kind,
        span: key.unwrap_or(task.module_key),
        module_key: task.module_key,
        module: task.module.clone(),
        task: task.name.map(cut),
        value: value.map(cut),
        source: argument.map(Argument::source),
    })
}
