//! YAML text to tasks with effective arguments that know their place.
//!
//! Invariant: what Ansible would load from the text is visited, or a [`Failure`] says what was not.

mod arguments;
mod defaults;
mod dialect;
mod key_values;
mod modules;
mod place;
mod same;
mod sharing;
mod task;
mod tasks;
mod tree;
mod yaml;

pub use key_values::{KeyValues, Refused};
pub use modules::Modules;
pub use place::{Position, Span, positions};
pub use task::{Argument, Setting, Task};
pub use yaml::Failure;

pub(crate) use arguments::{Origin, Words};
pub(crate) use dialect::{block_header, is_break};
pub(crate) use key_values::{KeyValues as Pairs, split_action};
pub(crate) use same::{Change, Changes, sets_only};
pub(crate) use sharing::Sharing;
pub(crate) use tree::{Entry, NodeId, Style, Tag, Tree, Value};

/// A text that was parsed, and why reading stopped short of its end if it did.
#[derive(Debug)]
pub struct Document<'s> {
    pub(crate) tree: Tree<'s>,
    pub(crate) stopped: Option<Failure>,
}

impl<'s> Document<'s> {
    /// Parses a text.
    #[must_use]
    pub fn parse(text: &'s str) -> Self {
        let (tree, stopped) = yaml::parse(text);
        Self { tree, stopped }
    }

    /// Visits every ECR task; returns their number and what could not be read.
    ///
    /// Tasks that aliases repeat are visited once and counted each time.
    pub fn each_task(&self, modules: &Modules, mut each: impl FnMut(&Task<'_>)) -> (u64, Vec<Failure>) {
        let (tasks, mut failures) = tasks::visit(&self.tree, modules, &mut each);
        failures.extend(self.stopped.clone());
        (tasks, failures)
    }
}

/// Parses a text and visits every ECR task, as [`Document::each_task`] does.
pub fn each_task(text: &str, modules: &Modules, each: impl FnMut(&Task<'_>)) -> (u64, Vec<Failure>) {
    Document::parse(text).each_task(modules, each)
}
