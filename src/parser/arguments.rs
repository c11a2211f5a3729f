//! The arguments that reach a module, from all the places that can give it one.
//!
//! Invariant: the sources stand in one list, strongest first, and the first that sets an argument decides, as in
//! `ModuleArgsParser` and `_get_action_arg_defaults` of ansible-core 2.21.

use std::rc::Rc;
use std::sync::Arc;

use super::failure::{Failure, Reason, Unreliable};
use super::key_values::{FREE_TEXT, KeyValues, Refused, first_word};
use super::module_defaults::Scope;
use super::modules::{Module, Modules};
use super::resolve::Resolver;
use super::task::{Argument, Setting};
use super::template::is_all_template;
use super::tree::{Entry, NodeId, Tag, Value};

/// The key under which Ansible keeps a template given as `args`.
const ARGS_TEMPLATE: &str = "_variable_params";

/// Something that can set arguments.
#[derive(Clone, Debug)]
pub(crate) struct Source {
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
    /// By a k=v string; whether Ansible looks for templates in it, and where it stands.
    KeyValues(Rc<KeyValues>, bool, Words),
    /// All of them by one template, which is this node.
    Template(NodeId),
    /// All of them by one template, which is what is left of a k=v string.
    FreeText(Rc<KeyValues>),
    /// In a way that is not read here.
    Unread(Failure),
}

/// Where a `k=v` string stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// It is the whole of a scalar.
    Whole(NodeId),
    /// In a scalar, behind the module's name.
    Action(NodeId),
    /// In the value of a word of the string in this scalar.
    Nested(NodeId),
}

impl Words {
    /// The scalar.
    pub(crate) fn node(self) -> NodeId {
        match self {
            Self::Whole(node) | Self::Action(node) | Self::Nested(node) => node,
        }
    }
}

/// Where the argument that decides comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An entry of a mapping, its own or merged into it.
    Entry(Entry),
    /// A word of a string.
    Words(Words),
    /// A template that stands for all arguments.
    Whole,
    /// A key in an entry of `module_defaults`.
    Default,
    /// An entry of `module_defaults` as a whole.
    TemplatedDefaults,
}

/// What a task runs, and the arguments that stand beside the module's name.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) module: Module,
    pub(super) name: Arc<str>,
    pub(super) sources: Vec<Source>,
    /// The module's value where that is an encrypted string.
    pub(super) vault: Option<NodeId>,
    /// Where the task's key for it stands.
    at: usize,
}

impl From<Refused> for Reason {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unbalanced => Self::OpenKeyValues,
            Refused::Escape => Unreliable::Escape.into(),
        }
    }
}

impl Call {
    fn new(module: Module, name: &Arc<str>, at: usize) -> Self {
        Self { module, name: name.clone(), sources: Vec::new(), vault: None, at }
    }

    /// What `module: value` says; `at` is where its key stands.
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
                let words = resolver.key_values(value).map_err(|refused| Failure::new(at, refused))?;
                call.add_words(Owner::Module, words, trusted, Words::Whole(value));
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
        let failed = |refused: Refused| Failure::new(at, refused);
        let siblings = (tree.value(value) == Value::Mapping).then_some(value);
        let node = match siblings {
            Some(mapping) => resolver.get(mapping, "module")?.map(|entry| entry.value),
            None => Some(value),
        };
        let Some(node) = node else { return Ok(None) };
        let Value::Text { text, trusted } = tree.value(node) else { return Ok(None) };
        let action = match resolver.action(node) {
            Ok(action) => action,
            // it cannot be split; that matters only if it names our module
            Err(refused) if modules.identify(first_word(text)).is_some() => return Err(failed(refused)),
            Err(_) => return Ok(None),
        };
        let Some((module, name)) = modules.identify(&action.name) else { return Ok(None) };
        let mut call = Self::new(module, name, at);
        let words = action.words.clone().map_err(failed)?;
        match (&action.args, siblings) {
            (Some(inner), _) => {
                let inner = inner.clone().map_err(failed)?;
                call.add_words(Owner::Inner, inner, trusted, Words::Nested(node));
            }
            (None, Some(siblings)) => match resolver.get(siblings, "args") {
                Ok(Some(inner)) => call.add_inner(resolver, inner.value, at)?,
                Ok(None) => {}
                Err(failure) => call.add(Owner::Inner, Form::Unread(failure)),
            },
            (None, None) => {}
        }
        call.add_words(Owner::Module, words, trusted, Words::Action(node));
        if let Some(siblings) = siblings {
            call.add(Owner::Module, Form::Mapping(siblings));
        }
        Ok(Some(call))
    }

    fn add_inner(&mut self, resolver: &Resolver<'_>, inner: NodeId, at: usize) -> Result<(), Failure> {
        match resolver.tree.value(inner) {
            Value::Mapping => self.add(Owner::Inner, mapping(resolver, inner)),
            Value::Text { trusted, .. } => {
                let words = resolver.key_values(inner).map_err(|refused| Failure::new(at, refused))?;
                self.add_words(Owner::Inner, words, trusted, Words::Whole(inner));
            }
            Value::Sequence if resolver.has_collections(inner) => {
                return Err(Failure::new(at, Unreliable::InnerPairs));
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, owner: Owner, form: Form) {
        self.sources.push(Source { owner, form });
    }

    fn add_words(&mut self, owner: Owner, words: Rc<KeyValues>, trusted: bool, site: Words) {
        if !words.is_empty() {
            self.add(owner, Form::KeyValues(words, trusted, site));
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
    /// Where the task's key for the module stands.
    at: usize,
    /// Strongest first.
    pub(crate) sources: Vec<Source>,
}

impl<'t> Arguments<'t> {
    /// The arguments of a task from all places, in Ansible's order: what stands beside the module's name, the
    /// keyword `args`, templates for all arguments, `module_defaults`.
    pub(super) fn new(resolver: &'t Resolver<'t>, item: NodeId, call: Call, scope: &Scope<'_>) -> Self {
        let tree = resolver.tree;
        let mut arguments = Self { resolver, at: call.at, sources: call.sources };
        let mut args_template = None;
        match resolver.get(item, "args") {
            Err(failure) => arguments.add(Owner::Keyword, Form::Unread(failure)),
            Ok(Some(Entry { value, .. })) => match tree.value(value) {
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
        self.sources.push(Source { owner, form });
    }

    /// The template that stands for all arguments under one of Ansible's own keys, or is `given` without one.
    ///
    /// One that the task itself tags `!unsafe` is no template to Ansible, and counts as no arguments.
    fn template(
        &self,
        key: &str,
        owner: Owner,
        given: Option<NodeId>,
        own: &std::ops::Range<NodeId>,
    ) -> Option<Source> {
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
            Ok(Some(Argument { origin: Origin::Words(site), .. })) if !is_own_unsafe(site.node()) => self
                .words_at(site)
                .filter(|words| words.get(key).is_some_and(is_all_template))
                .map(Form::FreeText),
            Ok(Some(_)) => None,
        };
        form.map(|form| Source { owner, form })
    }

    /// The k=v string that stands in a place.
    fn words_at(&self, site: Words) -> Option<Rc<KeyValues>> {
        self.sources.iter().find_map(|source| match &source.form {
            Form::KeyValues(words, _, at) if *at == site => Some(words.clone()),
            _ => None,
        })
    }

    /// Entries that mean no arguments are not among the sources.
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

    /// The argument that decides for a key.
    pub(super) fn get(&self, key: &str) -> Result<Option<Argument<'_>>, Failure> {
        for Source { owner, form } in &self.sources {
            let is_default = *owner == Owner::Defaults;
            let whole = if is_default { Origin::TemplatedDefaults } else { Origin::Whole };
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
                Form::KeyValues(words, trusted, site) => {
                    let Some(word) = words.word(key) else { continue };
                    (text_setting(&word.value, *trusted && word.is_template), None, Origin::Words(*site))
                }
                Form::Template(node) => (self.whole_setting(*node), None, whole),
                Form::FreeText(words) => {
                    (Setting::Template(words.get(FREE_TEXT).unwrap_or_default()), None, whole)
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

    fn whole_setting(&self, node: NodeId) -> Setting<'t> {
        match self.resolver.tree.value(node) {
            Value::Text { text, .. } => Setting::Template(text),
            _ => Setting::Vault,
        }
    }
}

fn text_setting(text: &str, is_template: bool) -> Setting<'_> {
    if is_template { Setting::Template(text) } else { Setting::Text(text) }
}
