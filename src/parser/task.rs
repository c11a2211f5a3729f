//! What a task is to the rule: a module, its effective arguments, and where both stand.
//!
//! Invariant: a [`Task`] is one that Ansible would run with the ECR module, and its arguments are the values that
//! would reach the module, or say that this cannot be known.

use std::sync::Arc;

use super::arguments::{Arguments, Origin};
use super::failure::Failure;
use super::position::Span;
use super::tree::{Entry, NodeId};

/// A task that uses the ECR module.
#[derive(Debug)]
pub struct Task<'t> {
    /// The task's `name`, if it has one.
    pub name: Option<&'t str>,
    /// The module's name as the task writes it.
    pub module: Arc<str>,
    /// The module key; for the `action` and `local_action` forms that key.
    pub place: Span,
    /// The whole task, up to the last character of its content.
    pub span: Span,
    /// The argument `state`, over all the ways in which a task can be given one.
    pub state: Option<Argument<'t>>,
    /// The argument `image_tag_mutability`, likewise.
    pub mutability: Option<Argument<'t>>,
    /// The task's mapping.
    pub(crate) item: NodeId,
    /// The entry that makes it a task of the module.
    pub(crate) entry: Entry,
    pub(crate) arguments: &'t Arguments<'t>,
}

impl Task<'_> {
    /// Any argument, over all the ways in which a task can be given one.
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
    /// Its key, where one stands in the task's own YAML.
    pub key: Option<Span>,
    pub(crate) origin: Origin,
}

impl Argument<'_> {
    /// Where it is set.
    #[must_use]
    pub fn source(&self) -> Source {
        match self.origin {
            Origin::Entry(_) => Source::Key,
            Origin::Words(_) => Source::Words,
            Origin::Whole => Source::Whole,
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
    /// By a word of a `k=v` string.
    Words,
    /// By what stands for all arguments of the task.
    Whole,
    /// By a key in `module_defaults`.
    Default,
    /// By what stands for all defaults of the module.
    TemplatedDefaults,
}

/// The value of an argument, as far as it can be known without running Ansible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting<'t> {
    /// An explicit null: the same as no value, and it hides weaker ones.
    Null,
    /// A string.
    Text(&'t str),
    /// Anything else that is known: its source.
    Other(&'t str),
    /// A string that holds a template.
    Template(&'t str),
    /// An encrypted string.
    Vault,
}
