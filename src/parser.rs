//! YAML text to tasks with effective arguments that know their place.
//!
//! Invariant: what Ansible would load from the text is visited, or a [`Failure`] says what was not.

mod arguments;
mod defaults;
mod dialect;
mod key_values;
mod modules;
mod place;
mod task;
mod tasks;
mod tree;
mod yaml;

pub use key_values::{KeyValues, Refused};
pub use modules::Modules;
pub use place::{Position, Span, positions};
pub use task::{Argument, Setting, Task};
pub use yaml::Failure;

/// Visits every ECR task of a text; returns their number and what could not be read.
///
/// Tasks that aliases repeat are visited once and counted each time.
pub fn each_task(text: &str, modules: &Modules, mut each: impl FnMut(&Task<'_>)) -> (u64, Vec<Failure>) {
    let (tree, stopped) = yaml::parse(text);
    let (tasks, mut failures) = tasks::visit(&tree, modules, &mut each);
    failures.extend(stopped);
    (tasks, failures)
}
