//! The arguments that reach a module, whichever way a task is given them: Ansible's `ModuleArgsParser` and
//! `_get_action_arg_defaults` (ansible-core 2.21).
//!
//! Invariant: the sources are one list in order of precedence, and the first one that sets an argument decides.

use std::rc::Rc;
use std::sync::Arc;

use super::failure::{Failure, Reason, Unreliable};
use super::key_values::{FREE_TEXT, KeyValues, KvError};
use super::module_defaults::DefaultsScope;
use super::modules::{Module, Modules};
use super::resolve::Resolver;
use super::task::{Argument, Setting};
use super::template::{is_all_template, is_template};
use super::tree::{MappingEntry, NodeId, Tree, Value};

/// The key under which Ansible keeps a template given as `args`.
const ARGS_TEMPLATE: &str = "_variable_params";

/// Something that sets arguments.
#[derive(Clone, Debug)]
enum ArgumentSource {
    /// The entries of a mapping.
    Mapping(NodeId),
    /// A k=v string; the flag says whether Ansible looks for templates in it.
    KeyValues(Rc<KeyValues>, bool, KvString),
    /// One template for all of them: this node.
    Template(NodeId),
    /// One template for all of them: the free text of a k=v string.
    FreeText(Rc<KeyValues>),
    /// Something that ecr-lint cannot read.
    Unread(Failure),
}

/// Which part of a scalar a k=v string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KvString {
    /// All of a scalar.
    Scalar(NodeId),
    /// What follows the module's name in the scalar of an `action`.
    Action(NodeId),
    /// The value of `args=` in the k=v string of this scalar.
    Nested(NodeId),
}

/// Where the argument that decides comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An entry of a mapping, its own or merged into it.
    Entry(MappingEntry),
    /// A pair of a k=v string.
    KeyValues(KvString),
    /// A template that gives all arguments.
    TemplatedArgs,
    /// A key in an entry of `module_defaults`.
    Default,
    /// An entry of `module_defaults` as a whole.
    TemplatedDefaults,
}

impl From<KvError> for Reason {
    fn from(error: KvError) -> Self {
        match error {
            KvError::Unbalanced => Self::OpenKeyValues,
            KvError::Escape => Unreliable::Escape.into(),
        }
    }
}

/// The module that a task runs, and the arguments given together with its name.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) module: Module,
    pub(super) name: Arc<str>,
    /// Strongest first.
    sources: Vec<ArgumentSource>,
    /// A template for all arguments, which is weaker than the keyword `args`.
    template: Option<ArgumentSource>,
    /// The offset of the task's key that names the module.
    at: usize,
}

impl Call {
    fn new((module, name): (Module, &Arc<str>), at: usize) -> Self {
        Self { module, name: name.clone(), sources: Vec::new(), template: None, at }
    }

    /// Reads `module: value`; `at` is the offset of the key.
    pub(super) fn of_module(
        resolver: &Resolver<'_>,
        module: (Module, &Arc<str>),
        value: NodeId,
        at: usize,
    ) -> Result<Self, Failure> {
        let mut call = Self::new(module, at);
        match resolver.tree.value(value) {
            Value::Vault => call.template = Some(ArgumentSource::Template(value)),
            Value::Sequence => {} // Ansible refuses it
            _ => call.add_arguments(resolver, value)?,
        }
        Ok(call)
    }

    /// What `action: value` says; `None` where that names no ECR module.
    pub(super) fn of_action(
        resolver: &Resolver<'_>,
        modules: &Modules,
        value: NodeId,
        at: usize,
    ) -> Result<Option<Self>, Failure> {
        let tree = resolver.tree;
        let siblings = (tree.value(value) == Value::Mapping).then_some(value);
        let node = match siblings {
            Some(mapping) => resolver.get(mapping, "module")?.map(|entry| entry.value),
            None => Some(value),
        };
        let Some(node) = node else { return Ok(None) };
        let Some(text) = tree.string(node) else { return Ok(None) };
        let action = match resolver.action(node) {
            Ok(action) => action,
            // a string that cannot be split matters only if it may name our module
            Err(error) if modules.names().any(|name| text.contains(name)) => {
                return Err(Failure::new(at, error));
            }
            Err(_) => return Ok(None),
        };
        let Some(module) = modules.identify(&action.name) else { return Ok(None) };
        let mut call = Self::new(module, at);
        match (&action.args, siblings) {
            (Some(inner), _) => call.add_key_values(tree, inner, KvString::Nested(node)),
            (None, Some(siblings)) => match resolver.get(siblings, "args") {
                Ok(Some(inner)) => call.add_arguments(resolver, inner.value)?,
                Ok(None) => {}
                Err(failure) => call.sources.push(ArgumentSource::Unread(failure)),
            },
            (None, None) => {}
        }
        call.add_key_values(tree, &action.key_values, KvString::Action(node));
        call.sources.extend(siblings.map(ArgumentSource::Mapping));
        Ok(Some(call))
    }

    /// Adds a mapping or k=v string with arguments.
    fn add_arguments(&mut self, resolver: &Resolver<'_>, node: NodeId) -> Result<(), Failure> {
        match resolver.tree.value(node) {
            Value::Mapping => self.sources.push(mapping(resolver, node)),
            Value::Text { .. } => {
                let pairs = resolver.key_values(node).map_err(|error| Failure::new(self.at, error))?;
                self.add_key_values(resolver.tree, &pairs, KvString::Scalar(node));
            }
            Value::Sequence if !resolver.tree.items(node).is_empty() => {
                return Err(Failure::new(self.at, Unreliable::ListOfArguments));
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds a k=v string that is weaker than those before. Free text that is a template gives all arguments, unless
    /// there is stronger free text or the scalar has the tag `!unsafe`.
    fn add_key_values(&mut self, tree: &Tree<'_>, pairs: &Rc<KeyValues>, string: KvString) {
        let has_free_text = |source: &ArgumentSource| match source {
            ArgumentSource::KeyValues(pairs, ..) => pairs.get(FREE_TEXT).is_some(),
            _ => false,
        };
        let is_strongest = !self.sources.iter().any(has_free_text);
        let (KvString::Scalar(scalar) | KvString::Action(scalar) | KvString::Nested(scalar)) = string;
        let is_template = pairs.get(FREE_TEXT).is_some_and(is_all_template);
        if is_strongest && is_template && !tree.has_unsafe_tag(scalar) {
            self.template = Some(ArgumentSource::FreeText(pairs.clone()));
        }
        let trusted = matches!(tree.value(scalar), Value::Text { trusted: true, .. });
        self.sources.push(ArgumentSource::KeyValues(pairs.clone(), trusted, string));
    }
}

/// A mapping of arguments, unless it is a template whose quotes are missing.
fn mapping(resolver: &Resolver<'_>, id: NodeId) -> ArgumentSource {
    if resolver.tree.is_unquoted_template(id) {
        return ArgumentSource::Unread(unquoted(resolver, id));
    }
    ArgumentSource::Mapping(id)
}

fn unquoted(resolver: &Resolver<'_>, id: NodeId) -> Failure {
    Failure::new(resolver.tree.span(id).start, Reason::UnquotedTemplate)
}

/// The effective arguments of a task.
#[derive(Debug)]
pub(crate) struct Arguments<'t> {
    pub(crate) resolver: &'t Resolver<'t>,
    /// Strongest first; the last ones are those of `module_defaults`.
    sources: Vec<ArgumentSource>,
    /// How many sources are the task's own.
    own: usize,
}

impl<'t> Arguments<'t> {
    /// Collects the sources of a task's arguments in Ansible's order: what is given with the module's name, the
    /// keyword `args`, templates for all arguments, `module_defaults`.
    pub(super) fn new(resolver: &'t Resolver<'t>, item: NodeId, call: Call, scope: &DefaultsScope) -> Self {
        let tree = resolver.tree;
        let mut arguments = Self { resolver, sources: call.sources, own: usize::MAX };
        let mut args_template = None;
        match resolver.get(item, "args") {
            Err(failure) => arguments.sources.push(ArgumentSource::Unread(failure)),
            Ok(Some(MappingEntry { value, .. })) => match tree.value(value) {
                Value::Mapping => arguments.sources.push(mapping(resolver, value)),
                Value::Text { text, .. } if is_all_template(text) && !tree.has_unsafe_tag(value) => {
                    args_template = Some(ArgumentSource::Template(value));
                }
                _ => {}
            },
            Ok(None) => {}
        }
        let internal = arguments.internal_key(call.at).map(ArgumentSource::Unread);
        arguments.sources.extend([internal, call.template, args_template].into_iter().flatten());
        arguments.own = arguments.sources.len();
        let defaults = scope.entries(call.module).into_iter();
        arguments.sources.extend(defaults.filter_map(|entry| default(resolver, entry, call.at)));
        arguments
    }

    /// The failure if a task sets one of Ansible's internal keys itself.
    fn internal_key(&self, at: usize) -> Option<Failure> {
        match (self.get(FREE_TEXT), self.get(ARGS_TEMPLATE)) {
            (Err(failure), _) | (_, Err(failure)) => Some(failure),
            (Ok(Some(Argument { origin: Origin::Entry(_), .. })), _) | (_, Ok(Some(_))) => {
                Some(Failure::new(at, Unreliable::InternalKey))
            }
            _ => None,
        }
    }

    /// The value of an argument in the strongest source that sets it.
    pub(super) fn get(&self, key: &str) -> Result<Option<Argument<'_>>, Failure> {
        for (index, source) in self.sources.iter().enumerate() {
            let is_own = index < self.own;
            let (value, key, origin) = match source {
                ArgumentSource::Mapping(mapping) => {
                    let Some(entry) = self.resolver.get(*mapping, key)? else { continue };
                    let key = is_own.then(|| self.resolver.tree.whole_span(entry.key));
                    let origin = if is_own { Origin::Entry(entry) } else { Origin::Default };
                    (self.setting(entry.value)?, key, origin)
                }
                ArgumentSource::KeyValues(key_values, trusted, string) => {
                    let Some(text) = key_values.get(key) else { continue };
                    (text_setting(text, *trusted), None, Origin::KeyValues(*string))
                }
                ArgumentSource::Template(node) => {
                    let origin = if is_own { Origin::TemplatedArgs } else { Origin::TemplatedDefaults };
                    (self.template_setting(*node), None, origin)
                }
                ArgumentSource::FreeText(pairs) => {
                    let text = pairs.get(FREE_TEXT).unwrap_or_default();
                    (Setting::Template(text), None, Origin::TemplatedArgs)
                }
                ArgumentSource::Unread(failure) => return Err(failure.clone()),
            };
            return Ok(Some(Argument { value, key, origin }));
        }
        Ok(None)
    }

    fn setting(&self, node: NodeId) -> Result<Setting<'t>, Failure> {
        let tree = self.resolver.tree;
        Ok(match tree.value(node) {
            Value::Null => Setting::Null,
            Value::Text { text, trusted } => text_setting(text, trusted),
            Value::Vault => Setting::Vault,
            Value::Other(text) => Setting::Other(text),
            Value::Mapping if tree.is_unquoted_template(node) => return Err(unquoted(self.resolver, node)),
            Value::Sequence | Value::Mapping => {
                Setting::Other(&tree.source()[tree.span(tree.follow(node)).range()])
            }
        })
    }

    fn template_setting(&self, node: NodeId) -> Setting<'t> {
        self.resolver.tree.string(node).map_or(Setting::Vault, Setting::Template)
    }
}

/// What an entry of `module_defaults` sets; nothing if Ansible can read no arguments in it.
fn default(resolver: &Resolver<'_>, entry: Result<NodeId, Failure>, at: usize) -> Option<ArgumentSource> {
    let node = match entry {
        Ok(node) => node,
        Err(failure) => return Some(ArgumentSource::Unread(failure)),
    };
    match resolver.tree.value(node) {
        Value::Mapping => Some(mapping(resolver, node)),
        Value::Vault => Some(ArgumentSource::Template(node)),
        Value::Text { text, .. } => is_template(text).then_some(ArgumentSource::Template(node)),
        Value::Sequence if !resolver.tree.items(node).is_empty() => {
            Some(ArgumentSource::Unread(Failure::new(at, Unreliable::ListOfArguments)))
        }
        _ => None,
    }
}

fn text_setting(text: &str, trusted: bool) -> Setting<'_> {
    if trusted && is_template(text) { Setting::Template(text) } else { Setting::Text(text) }
}
