//! A task as the rule sees it: a module, its effective arguments, and their spans.
//!
//! Invariant: Ansible would run each [`Task`] with the ECR module. Its arguments are the values that would reach the
//! module, or are marked as values that only running Ansible can determine.

use std::sync::Arc;

use super::arguments::Arguments;
use super::failure::Failure;
use super::tree::{Entry, NodeId};
use crate::modules::Slip;
use crate::position::Span;

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
    pub(super) item: NodeId,
    /// The entry that makes it a task of the module.
    pub(crate) entry: Entry,
    pub(super) arguments: &'t Arguments<'t>,
}

impl<'t> Task<'t> {
    /// Any argument, whichever way the task is given it.
    ///
    /// # Errors
    /// Why Ansible may see another value.
    pub fn argument(&self, name: &str) -> Result<Option<Argument<'t>>, Failure> {
        self.arguments.get(name)
    }

    /// How the argument that decides was perhaps meant to be set, where nothing sets it.
    pub(crate) fn slip(&self) -> Option<Slip> {
        self.arguments.slip(self.item)
    }

    /// What an argument can be added to: the first mapping of the task's own arguments, else their first k=v string.
    pub(crate) fn own_arguments(&self) -> Option<NodeId> {
        self.arguments.own_node()
    }
}

/// A value that reaches the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument<'t> {
    /// The value.
    pub value: Setting<'t>,
    /// Its key and value, if the task's own YAML has such an entry.
    pub spans: Option<(Span, Span)>,
    /// Where it is set.
    pub source: Source,
    /// Its entry in a mapping, or the k=v string that sets it as key and value; `None` for a template for all
    /// arguments.
    pub(crate) entry: Option<Entry>,
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

const TEMPLATE_STARTS: [&str; 3] = ["{{", "{%", "{#"];
/// The header that makes any string a template.
const OVERRIDE: &str = "#jinja2:";
/// Longer texts count as templates without a look: aliases can ask about one in every task, and no value of the rule is
/// that long, so that it is flagged either way.
const LONGEST_LITERAL: usize = 4096;

impl<'t> Setting<'t> {
    /// A string, which is a template by `is_possibly_template` of ansible-core: only the delimiters are looked at.
    pub(super) fn of_text(text: &'t str) -> Self {
        let is_template = text.len() > LONGEST_LITERAL
            || text.starts_with(OVERRIDE)
            || text.contains('{') && TEMPLATE_STARTS.iter().any(|start| text.contains(start));
        if is_template { Self::Template(text) } else { Self::Text(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_count_as_templates() {
        let texts = [LONGEST_LITERAL, LONGEST_LITERAL + 1].map(|length| "a".repeat(length));
        assert_eq!(Setting::of_text(&texts[0]), Setting::Text(&texts[0]));
        assert_eq!(Setting::of_text(&texts[1]), Setting::Template(&texts[1]));
    }
}
