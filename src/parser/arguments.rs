//! The arguments that reach a module, from all the places that can give it one.
//!
//! Invariant: layers are kept strongest first, and the first that knows a key decides, as in
//! `ansible.parsing.mod_args` and `_get_action_arg_defaults` of ansible-core 2.21:
//! module value or `k=v` over `args`, then whole-template arguments, then `module_defaults`.

use std::rc::Rc;
use std::sync::Arc;

use super::defaults::Scope;
use super::key_values::{FREE_TEXT, KeyValues, Refused, first_word};
use super::modules::{Module, Modules};
use super::task::{Argument, Setting};
use super::template::is_all_template;
use super::tree::{Entry, NodeId, Tree, Value};

/// The key under which Ansible files a template given as `args`.
const ARGS_TEMPLATE: &str = "_variable_params";

/// What a task says of its module's arguments itself.
#[derive(Clone, Debug)]
enum Layer {
    /// The entries of a mapping.
    Mapping(NodeId),
    /// The words of a string, whether Ansible looks for templates in them, and where they stand.
    KeyValues(Rc<KeyValues>, bool, Words),
    /// One key whose value is this node.
    Single(&'static str, NodeId),
}

/// Where a `k=v` string stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// It is the whole of a scalar.
    Whole(NodeId),
    /// In a scalar, behind the module's name.
    Action(NodeId),
    /// In the value of a word of another such string.
    Nested,
}

/// Where the argument that decides comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An entry of a mapping, its own or merged into it.
    Entry(Entry),
    /// A word of a string.
    Words(Words),
    /// What stands for all arguments.
    Whole,
    /// A key in an entry of `module_defaults`.
    Default,
    /// An entry of `module_defaults` as a whole.
    WholeDefault,
}

/// Why a task's arguments cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// A `k=v` string is refused, or holds an escape that is not known here.
    Words(Refused),
    /// The inner `args` of an `action` are a list of pairs, which Ansible hands to Python's `dict.update`.
    InnerPairs,
    /// An entry of `module_defaults` is a list of pairs, which Ansible hands to Python's `dict.update`.
    DefaultPairs,
    /// A mapping stands under `_variable_params`, where Ansible files a template given as `args`.
    VariableParams,
}

impl From<Refused> for Unreadable {
    fn from(refused: Refused) -> Self {
        Self::Words(refused)
    }
}

/// The effective arguments of a task.
#[derive(Clone, Debug)]
pub(crate) struct Arguments<'t> {
    tree: &'t Tree<'t>,
    layers: Vec<Layer>,
    /// Entries of `module_defaults`, strongest first.
    defaults: Vec<NodeId>,
}

/// A task's module in the `action` forms.
pub(crate) struct Action<'t> {
    pub(crate) module: Module,
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Arguments<'t>,
}

impl<'t> Arguments<'t> {
    /// The arguments of `module: value`.
    pub(crate) fn of_module(tree: &'t Tree<'t>, value: NodeId) -> Result<Self, Unreadable> {
        let mut arguments = Self { tree, layers: Vec::new(), defaults: Vec::new() };
        match tree.value(value) {
            Value::Mapping => arguments.layers.push(Layer::Mapping(value)),
            Value::Text { trusted, .. } => {
                arguments.push_words(tree.words(value)?, trusted, Words::Whole(value));
            }
            Value::Vault => arguments.layers.push(Layer::Single(FREE_TEXT, value)),
            Value::Null | Value::Other(_) | Value::Sequence => {}
        }
        Ok(arguments)
    }

    /// The module and arguments of `action: value`; `None` where that names no ECR module.
    pub(crate) fn of_action(
        tree: &'t Tree<'t>,
        value: NodeId,
        modules: &Modules,
    ) -> Result<Option<Action<'t>>, Unreadable> {
        let siblings = (tree.value(value) == Value::Mapping).then_some(value);
        let node = match siblings {
            Some(mapping) => tree.get(mapping, "module").map(|entry| entry.value),
            None => Some(value),
        };
        let Some(node) = node else { return Ok(None) };
        let Value::Text { text, trusted } = tree.value(node) else { return Ok(None) };
        let action = match tree.action(node) {
            Ok(action) => action,
            // whose refusal it is, is all that is left to find out
            Err(refused) if modules.identify(first_word(text)).is_some() => return Err(refused.into()),
            Err(_) => return Ok(None),
        };
        let Some((module, name)) = modules.identify(&action.name) else { return Ok(None) };
        let mut arguments = Self { tree, layers: Vec::new(), defaults: Vec::new() };
        let words = action.words.clone()?;
        if let Some(inner) = &action.args {
            arguments.push_words(inner.clone()?, trusted, Words::Nested);
        } else if let Some(inner) = siblings.and_then(|mapping| tree.get(mapping, "args")) {
            match tree.value(inner.value) {
                Value::Mapping => arguments.layers.push(Layer::Mapping(inner.value)),
                Value::Text { trusted, .. } => {
                    arguments.push_words(tree.words(inner.value)?, trusted, Words::Whole(inner.value));
                }
                Value::Sequence if tree.has_collections(inner.value) => return Err(Unreadable::InnerPairs),
                _ => {}
            }
        }
        arguments.push_words(words, trusted, Words::Action(node));
        arguments.layers.extend(siblings.map(Layer::Mapping));
        Ok(Some(Action { module, name: name.clone(), arguments }))
    }

    fn push_words(&mut self, words: Rc<KeyValues>, trusted: bool, place: Words) {
        self.layers.push(Layer::KeyValues(words, trusted, place));
    }

    /// Adds the task's `args`, which is weaker than what the module's own value says.
    pub(crate) fn with_args(mut self, args: Option<NodeId>) -> Self {
        let Some(args) = args else { return self };
        match self.tree.value(args) {
            Value::Mapping => self.layers.push(Layer::Mapping(args)),
            Value::Text { .. } => self.layers.push(Layer::Single(ARGS_TEMPLATE, args)),
            _ => {}
        }
        self
    }

    /// Adds the `module_defaults` in force, the weakest of all.
    pub(crate) fn with_defaults(mut self, scope: &Scope<'_>, module: Module) -> Self {
        self.defaults = scope.entries(module);
        self
    }

    /// What is in the way of telling them, now that all are there.
    pub(crate) fn unreadable(&'t self) -> Option<Unreadable> {
        let is_mapping = |argument: Argument<'_>| match argument.origin {
            Origin::Entry(entry) => self.tree.value(entry.value) == Value::Mapping,
            _ => false,
        };
        if self.literal(ARGS_TEMPLATE).is_some_and(is_mapping) {
            return Some(Unreadable::VariableParams);
        }
        let has_pairs = self.defaults.iter().any(|&entry| self.tree.has_collections(entry));
        has_pairs.then_some(Unreadable::DefaultPairs)
    }

    /// The argument that decides for a key.
    pub(crate) fn get(&'t self, key: &str) -> Option<Argument<'t>> {
        self.literal(key)
            .or_else(|| self.whole_template(FREE_TEXT))
            .or_else(|| self.whole_template(ARGS_TEMPLATE))
            .or_else(|| self.defaults.iter().find_map(|&entry| self.default(entry, key)))
    }

    /// The tree that the arguments stand in.
    pub(crate) fn tree(&self) -> &'t Tree<'t> {
        self.tree
    }

    fn literal(&'t self, key: &str) -> Option<Argument<'t>> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Mapping(mapping) => {
                let entry = self.tree.get(*mapping, key)?;
                let place = self.tree.whole_span(entry.key);
                let origin = Origin::Entry(entry);
                Some(Argument { value: self.setting(entry.value), key: Some(place), origin })
            }
            Layer::KeyValues(words, trusted, place) => {
                let word = words.word(key)?;
                let value = text_setting(&word.value, *trusted && word.is_template);
                Some(Argument { value, key: None, origin: Origin::Words(*place) })
            }
            Layer::Single(known, node) => (*known == key).then(|| {
                let value = self.setting(*node);
                Argument { value, key: None, origin: Origin::Whole }
            }),
        })
    }

    /// The template that all arguments come from, if they do.
    fn whole_template(&'t self, key: &str) -> Option<Argument<'t>> {
        let value = self.literal(key)?.value;
        let is_whole = match value {
            Setting::Template(text) => is_all_template(text),
            Setting::Vault => true,
            _ => false,
        };
        is_whole.then_some(Argument { value, key: None, origin: Origin::Whole })
    }

    fn default(&'t self, entry: NodeId, key: &str) -> Option<Argument<'t>> {
        let (value, origin) = match self.setting(entry) {
            whole @ (Setting::Template(_) | Setting::Vault) => (whole, Origin::WholeDefault),
            _ => (self.setting(self.tree.get(entry, key)?.value), Origin::Default),
        };
        Some(Argument { value, key: None, origin })
    }

    fn setting(&'t self, node: NodeId) -> Setting<'t> {
        match self.tree.value(node) {
            Value::Null => Setting::Null,
            Value::Text { text, trusted } => text_setting(text, trusted && self.tree.is_template(node)),
            Value::Vault => Setting::Vault,
            Value::Other(text) => Setting::Other(text),
            Value::Sequence | Value::Mapping => {
                let span = self.tree.span(self.tree.follow(node));
                Setting::Other(&self.tree.source()[span.range()])
            }
        }
    }
}

fn text_setting(text: &str, is_template: bool) -> Setting<'_> {
    if is_template { Setting::Template(text) } else { Setting::Text(text) }
}
