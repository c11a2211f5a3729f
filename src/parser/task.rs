//! A task as the rule sees it: a module, its effective arguments, and their spans.
//!
//! Invariant: Ansible would run each [`Task`] with the ECR module. Its arguments are the values that would reach the
//! module, or are marked as values that only running Ansible can determine.

use std::sync::Arc;

use super::arguments::{Arguments, Origin};
use super::failure::Failure;
use super::position::Span;
use super::tree::{MappingEntry, NodeId};

/// A task that uses the ECR module.
#[derive(Debug)]
pub struct Task<'t> {
    /// The task's `name`, if it has one.
    pub name: Option<&'t str>,
    /// The module's name as the task writes it.
    pub module: Arc<str>,
    /// The key that names the module, or the key `action` or `local_action`.
    pub module_key: Span,
    /// The whole task, up to the last character of its content.
    pub span: Span,
    /// The argument `state`, whichever way the task is given it.
    pub state: Option<Argument<'t>>,
    /// The argument `image_tag_mutability`, likewise.
    pub mutability: Option<Argument<'t>>,
    /// The task's mapping.
    pub(crate) item: NodeId,
    /// The entry that makes it a task of the module.
    pub(crate) entry: MappingEntry,
    pub(crate) arguments: &'t Arguments<'t>,
}

impl Task<'_> {
    /// Any argument, whichever way the task is given it.
    ///
    /// # Errors
    /// Why Ansible may see another value.
    pub fn argument(&self, name: &str) -> Result<Option<Argument<'_>>, Failure> {
        self.arguments.get(name)
    }
}

/// A value that reaches the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument<'t> {
    /// The value.
    pub value: Setting<'t>,
    /// Its key, if the task's own YAML has one.
    pub key: Option<Span>,
    pub(crate) origin: Origin,
}

impl Argument<'_> {
    /// Where it is set.
    #[must_use]
    pub fn source(&self) -> Source {
        match self.origin {
            Origin::Entry(_) => Source::Key,
            Origin::KeyValues(_) => Source::KeyValues,
            Origin::TemplatedArgs => Source::TemplatedArgs,
            Origin::Default => Source::Default,
            Origin::TemplatedDefaults => Source::TemplatedDefaults,
        }
    }
}

/// Where an argument is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// By a key of its own in the task's YAML.
    Key,
    /// By a pair of a k=v string.
    KeyValues,
    /// By a template that gives all arguments of the task.
    TemplatedArgs,
    /// By a key in `module_defaults`.
    Default,
    /// By a template that gives all defaults of the module.
    TemplatedDefaults,
}

/// The value of an argument, as far as it can be known without running Ansible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting<'t> {
    /// An explicit null: it hides weaker sources and counts as not set.
    Null,
    /// A string.
    Text(&'t str),
    /// Anything else that is known, as written.
    Other(&'t str),
    /// A string that holds a template.
    Template(&'t str),
    /// An encrypted string.
    Vault,
}
