//! The arguments that reach a module, whichever way a task is given them: Ansible's `ModuleArgsParser` and
//! `_get_action_arg_defaults` (ansible-core 2.21).
//!
//! Invariant: the sources are one list in order of precedence, and the first one that sets an argument decides.

use std::rc::Rc;
use std::sync::Arc;

use super::failure::{Failure, Reason, Unreliable};
use super::key_values::{FREE_TEXT, KeyValues, KvError, first_word};
use super::module_defaults::Scope;
use super::modules::{Module, Modules};
use super::resolve::Resolver;
use super::task::{Argument, Setting};
use super::template::is_all_template;
use super::tree::{MappingEntry, NodeId, Tag, Value};

/// The key under which Ansible keeps a template given as `args`.
const ARGS_TEMPLATE: &str = "_variable_params";

/// Something that can set arguments.
#[derive(Clone, Debug)]
pub(crate) struct ArgumentSource {
    pub(crate) owner: Owner,
    pub(crate) form: Form,
}

/// Who sets arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The value of the module's key, or of `action`.
    Module,
    /// The `args` inside an `action`.
    Inner,
    /// The task's keyword `args`.
    Keyword,
    /// `module_defaults`.
    Defaults,
}

/// How arguments are set.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// By the entries of a mapping.
    Mapping(NodeId),
    /// By a k=v string; the flag says whether Ansible looks for templates in it.
    KeyValues(Rc<KeyValues>, bool, KvString),
    /// All of them by one template: this node.
    Template(NodeId),
    /// All of them by one template: the free text of a k=v string.
    FreeText(Rc<KeyValues>),
    /// In a way that ecr-lint cannot read.
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

impl KvString {
    /// The scalar.
    pub(crate) fn node(self) -> NodeId {
        match self {
            Self::Scalar(node) | Self::Action(node) | Self::Nested(node) => node,
        }
    }
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

/// The module that a task runs, and the arguments given together with its name.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) module: Module,
    pub(super) name: Arc<str>,
    pub(super) sources: Vec<ArgumentSource>,
    /// The module's value where that is an encrypted string.
    pub(super) vault: Option<NodeId>,
    /// The offset of the task's key for it.
    at: usize,
}

impl From<KvError> for Reason {
    fn from(error: KvError) -> Self {
        match error {
            KvError::Unbalanced => Self::OpenKeyValues,
            KvError::Escape => Unreliable::Escape.into(),
        }
    }
}

impl Call {
    fn new(module: Module, name: &Arc<str>, at: usize) -> Self {
        Self { module, name: name.clone(), sources: Vec::new(), vault: None, at }
    }

    /// Reads `module: value`; `at` is the offset of the key.
    pub(super) fn of_module(
        resolver: &Resolver<'_>,
        (module, name): (Module, &Arc<str>),
        value: NodeId,
        at: usize,
    ) -> Result<Self, Failure> {
        let mut call = Self::new(module, name, at);
        match resolver.tree.value(value) {
            Value::Mapping => call.add(Owner::Module, mapping(resolver, value)),
            Value::Text { trusted, .. } => {
                let key_values = resolver.key_values(value).map_err(|error| Failure::new(at, error))?;
                call.add_key_values(Owner::Module, key_values, trusted, KvString::Scalar(value));
            }
            Value::Vault => call.vault = Some(value),
            Value::Null | Value::Other(_) | Value::Sequence => {}
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
        let failed = |error: KvError| Failure::new(at, error);
        let siblings = (tree.value(value) == Value::Mapping).then_some(value);
        let node = match siblings {
            Some(mapping) => resolver.get(mapping, "module")?.map(|entry| entry.value),
            None => Some(value),
        };
        let Some(node) = node else { return Ok(None) };
        let Value::Text { text, trusted } = tree.value(node) else { return Ok(None) };
        let action = match resolver.action(node) {
            Ok(action) => action,
            // a string that cannot be split matters only if it names our module
            Err(error) if modules.identify(first_word(text)).is_some() => return Err(failed(error)),
            Err(_) => return Ok(None),
        };
        let Some((module, name)) = modules.identify(&action.name) else { return Ok(None) };
        let mut call = Self::new(module, name, at);
        let key_values = action.key_values.clone().map_err(failed)?;
        match (&action.args, siblings) {
            (Some(inner), _) => {
                let inner = inner.clone().map_err(failed)?;
                call.add_key_values(Owner::Inner, inner, trusted, KvString::Nested(node));
            }
            (None, Some(siblings)) => match resolver.get(siblings, "args") {
                Ok(Some(inner)) => call.add_inner(resolver, inner.value, at)?,
                Ok(None) => {}
                Err(failure) => call.add(Owner::Inner, Form::Unread(failure)),
            },
            (None, None) => {}
        }
        call.add_key_values(Owner::Module, key_values, trusted, KvString::Action(node));
        if let Some(siblings) = siblings {
            call.add(Owner::Module, Form::Mapping(siblings));
        }
        Ok(Some(call))
    }

    fn add_inner(&mut self, resolver: &Resolver<'_>, inner: NodeId, at: usize) -> Result<(), Failure> {
        match resolver.tree.value(inner) {
            Value::Mapping => self.add(Owner::Inner, mapping(resolver, inner)),
            Value::Text { trusted, .. } => {
                let key_values = resolver.key_values(inner).map_err(|error| Failure::new(at, error))?;
                self.add_key_values(Owner::Inner, key_values, trusted, KvString::Scalar(inner));
            }
            Value::Sequence if resolver.has_collections(inner) => {
                return Err(Failure::new(at, Unreliable::InnerPairs));
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, owner: Owner, form: Form) {
        self.sources.push(ArgumentSource { owner, form });
    }

    fn add_key_values(&mut self, owner: Owner, key_values: Rc<KeyValues>, trusted: bool, string: KvString) {
        if !key_values.is_empty() {
            self.add(owner, Form::KeyValues(key_values, trusted, string));
        }
    }
}

/// A mapping of arguments, unless it is a template whose quotes are missing.
fn mapping(resolver: &Resolver<'_>, id: NodeId) -> Form {
    if resolver.tree.is_unquoted_template(id) {
        return Form::Unread(unquoted(resolver, id));
    }
    Form::Mapping(id)
}

fn unquoted(resolver: &Resolver<'_>, id: NodeId) -> Failure {
    Failure::new(resolver.tree.span(id).start, Reason::UnquotedTemplate)
}

/// The effective arguments of a task.
#[derive(Debug)]
pub(crate) struct Arguments<'t> {
    pub(crate) resolver: &'t Resolver<'t>,
    /// The offset of the task's key for the module.
    at: usize,
    /// Strongest first.
    pub(crate) sources: Vec<ArgumentSource>,
}

impl<'t> Arguments<'t> {
    /// Collects the sources of a task's arguments in Ansible's order: what is given with the module's name, the
    /// keyword `args`, templates for all arguments, `module_defaults`.
    pub(super) fn new(resolver: &'t Resolver<'t>, item: NodeId, call: Call, scope: &Scope<'_>) -> Self {
        let tree = resolver.tree;
        let mut arguments = Self { resolver, at: call.at, sources: call.sources };
        let mut args_template = None;
        match resolver.get(item, "args") {
            Err(failure) => arguments.add(Owner::Keyword, Form::Unread(failure)),
            Ok(Some(MappingEntry { value, .. })) => match tree.value(value) {
                Value::Mapping => arguments.add(Owner::Keyword, mapping(resolver, value)),
                Value::Text { .. } => args_template = Some(value),
                _ => {}
            },
            Ok(None) => {}
        }
        let own = item..tree.after(item);
        let templates = [
            arguments.template(FREE_TEXT, Owner::Module, call.vault, &own),
            arguments.template(ARGS_TEMPLATE, Owner::Keyword, args_template, &own),
        ];
        arguments.sources.extend(templates.into_iter().flatten());
        arguments.add_defaults(scope, call.module);
        arguments
    }

    fn add(&mut self, owner: Owner, form: Form) {
        self.sources.push(ArgumentSource { owner, form });
    }

    /// The template that gives all arguments: under one of Ansible's internal keys, or the `given` node.
    ///
    /// Ansible does not treat a value that the task itself tags `!unsafe` as a template; it then gives no arguments.
    fn template(
        &self,
        key: &str,
        owner: Owner,
        given: Option<NodeId>,
        own: &std::ops::Range<NodeId>,
    ) -> Option<ArgumentSource> {
        let tree = self.resolver.tree;
        let is_own_unsafe = |node: NodeId| own.contains(&node) && tree.tag(node) == Tag::Unsafe;
        let of_node = |node: NodeId| match tree.value(node) {
            Value::Vault => Some(Form::Template(node)),
            Value::Text { text, .. } => {
                (is_all_template(text) && !is_own_unsafe(node)).then_some(Form::Template(node))
            }
            Value::Mapping if key == ARGS_TEMPLATE && Some(node) != given => {
                Some(Form::Unread(Failure::new(self.at, Unreliable::VariableParams)))
            }
            _ => None,
        };
        let form = match self.get(key) {
            Err(failure) => Some(Form::Unread(failure)),
            Ok(None) => given.and_then(of_node),
            Ok(Some(Argument { origin: Origin::Entry(entry), .. })) => of_node(entry.value),
            Ok(Some(Argument { origin: Origin::KeyValues(string), .. })) if !is_own_unsafe(string.node()) => {
                self.key_values_at(string)
                    .filter(|key_values| key_values.get(key).is_some_and(is_all_template))
                    .map(Form::FreeText)
            }
            Ok(Some(_)) => None,
        };
        form.map(|form| ArgumentSource { owner, form })
    }

    /// The parsed pairs of a k=v string that is among the sources.
    fn key_values_at(&self, string: KvString) -> Option<Rc<KeyValues>> {
        self.sources.iter().find_map(|source| match &source.form {
            Form::KeyValues(key_values, _, at) if *at == string => Some(key_values.clone()),
            _ => None,
        })
    }

    /// Adds the entries of `module_defaults` that give arguments.
    fn add_defaults(&mut self, scope: &Scope<'_>, module: Module) {
        let resolver = self.resolver;
        for entry in scope.entries(module) {
            let form = match entry {
                Err(failure) => Form::Unread(failure),
                Ok(node) => match resolver.tree.value(node) {
                    Value::Mapping => mapping(resolver, node),
                    Value::Vault => Form::Template(node),
                    Value::Text { .. } if resolver.is_template(node) => Form::Template(node),
                    Value::Sequence if resolver.has_collections(node) => {
                        Form::Unread(Failure::new(self.at, Unreliable::DefaultPairs))
                    }
                    _ => continue,
                },
            };
            self.add(Owner::Defaults, form);
        }
    }

    /// The value of an argument in the strongest source that sets it.
    pub(super) fn get(&self, key: &str) -> Result<Option<Argument<'_>>, Failure> {
        for ArgumentSource { owner, form } in &self.sources {
            let is_default = *owner == Owner::Defaults;
            let template = if is_default { Origin::TemplatedDefaults } else { Origin::TemplatedArgs };
            let (value, key, origin) = match form {
                Form::Mapping(mapping) => {
                    let Some(entry) = self.resolver.get(*mapping, key)? else { continue };
                    let value = self.setting(entry.value)?;
                    if is_default {
                        (value, None, Origin::Default)
                    } else {
                        (value, Some(self.resolver.tree.whole_span(entry.key)), Origin::Entry(entry))
                    }
                }
                Form::KeyValues(key_values, trusted, string) => {
                    let Some(value) = key_values.value(key) else { continue };
                    (
                        text_setting(&value.text, *trusted && value.is_template),
                        None,
                        Origin::KeyValues(*string),
                    )
                }
                Form::Template(node) => (self.template_setting(*node), None, template),
                Form::FreeText(key_values) => {
                    (Setting::Template(key_values.get(FREE_TEXT).unwrap_or_default()), None, template)
                }
                Form::Unread(failure) => return Err(failure.clone()),
            };
            return Ok(Some(Argument { value, key, origin }));
        }
        Ok(None)
    }

    fn setting(&self, node: NodeId) -> Result<Setting<'t>, Failure> {
        let tree = self.resolver.tree;
        Ok(match tree.value(node) {
            Value::Null => Setting::Null,
            Value::Text { text, trusted } => text_setting(text, trusted && self.resolver.is_template(node)),
            Value::Vault => Setting::Vault,
            Value::Other(text) => Setting::Other(text),
            Value::Mapping if tree.is_unquoted_template(node) => return Err(unquoted(self.resolver, node)),
            Value::Sequence | Value::Mapping => {
                Setting::Other(&tree.source()[tree.span(tree.follow(node)).range()])
            }
        })
    }

    fn template_setting(&self, node: NodeId) -> Setting<'t> {
        match self.resolver.tree.value(node) {
            Value::Text { text, .. } => Setting::Template(text),
            _ => Setting::Vault,
        }
    }
}

fn text_setting(text: &str, is_template: bool) -> Setting<'_> {
    if is_template { Setting::Template(text) } else { Setting::Text(text) }
}
