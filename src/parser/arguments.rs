//! The arguments that reach a module, whichever way a task is given them: Ansible's `ModuleArgsParser` and
//! `_get_action_arg_defaults` (ansible-core 2.21).
//!
//! Invariant: the layers are one list in order of precedence, and the first one that sets an argument decides.

use super::failure::{Failure, Reason, Result};
use super::key_values::KeyValues;
use super::task::{Argument, Setting, Source};
use super::tree::{Entry, NodeId, Shape, Tag, Tree};
use crate::escape::{LONGEST_NAME, cut};
use crate::modules::{ARGUMENT, Slip, look_alikes};

/// The keys under which Ansible keeps a string or template that gives all arguments.
const INTERNAL: [&str; 2] = ["_raw_params", "_variable_params"];

const OWN_KEY: &str = "this key is Ansible's own; write the arguments out";
const MIXED: &str = "Ansible's versions read this template differently; write a mapping";
const NO_MAPPING: &str = "these arguments are a list or text; write a mapping";
pub(super) const UNUSUAL_STRING: &str = "this k=v string has an escape that matters, unusual white space, or an open \
    quote or Jinja block; write a mapping";

/// Something that sets arguments.
#[derive(Debug)]
pub(super) enum Layer<'t> {
    /// The entries of a mapping.
    Mapping(NodeId),
    /// The pairs in a scalar.
    Pairs(NodeId, KeyValues<'t>),
    /// One template for all of them, or one encrypted string.
    Template(Setting<'t>),
    /// The entry of a group in `module_defaults` that may contain the module.
    UnknownGroup(Entry),
    /// Something that cannot be read, and that may set any argument.
    Unread(Failure),
}

/// What a scalar may be that gives arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarForm {
    /// A k=v string, as behind a module's name.
    KeyValues,
    /// Only a template, as for `args` and in `module_defaults`.
    Template,
}

impl<'t> Layer<'t> {
    /// The layers in a node, strongest first: none if it gives no arguments.
    pub(super) fn read(tree: &'t Tree<'t>, node: NodeId, form: ScalarForm) -> Result<Vec<Self>> {
        let node = tree.follow(node);
        let unreliable = |why| Failure::unreliable(tree.start(node), why);
        match (tree.node(node).shape, tree.setting(node)) {
            (Shape::Mapping, _) => {
                for key in INTERNAL {
                    if let Some(entry) = tree.get(node, key)? {
                        return Err(Failure::unreliable(tree.start(entry.key), OWN_KEY));
                    }
                }
                Ok(vec![Self::Mapping(node)])
            }
            (Shape::Sequence, _) if tree.items(node).next().is_some() => Err(unreliable(NO_MAPPING)),
            (_, Setting::Text(text) | Setting::Template(text)) if form == ScalarForm::KeyValues => {
                tree.take_steps(text.len())?;
                let words = KeyValues::parse(text).ok_or_else(|| unreliable(UNUSUAL_STRING))?;
                Self::of_pairs(tree, node, words)
            }
            (_, Setting::Text(text)) if !text.is_empty() => Err(unreliable(NO_MAPPING)),
            (_, template @ (Setting::Template(_) | Setting::Vault)) => Ok(vec![Self::Template(template)]),
            _ => Ok(Vec::new()),
        }
    }

    fn mapping(&self) -> Option<NodeId> {
        if let Self::Mapping(node) = self { Some(*node) } else { None }
    }

    /// The pairs of a scalar's text, and a template beside them. Ansible up to 2.18 takes any free text with a template
    /// in it for all arguments.
    pub(super) fn of_pairs(tree: &Tree<'_>, node: NodeId, words: KeyValues<'t>) -> Result<Vec<Self>> {
        let unreliable = |why| Failure::unreliable(tree.start(node), why);
        if INTERNAL.iter().any(|key| words.get(key).is_some()) {
            return Err(unreliable(OWN_KEY));
        }
        let template = words.template().filter(|_| tree.node(node).tag != Tag::Unsafe);
        let mixed = words.has_free_template().then(|| Self::Unread(unreliable(MIXED)));
        let template = template.map(|template| Self::Template(Setting::Template(template))).or(mixed);
        Ok([Self::Pairs(node, words)].into_iter().chain(template).collect())
    }
}

/// The effective arguments of a task.
#[derive(Debug)]
pub(super) struct Arguments<'t> {
    tree: &'t Tree<'t>,
    /// Strongest first; the last ones are those of `module_defaults`.
    layers: Vec<Layer<'t>>,
    /// How many layers are the task's own.
    own: usize,
}

impl<'t> Arguments<'t> {
    /// Of a task, from what is given with its module's name, which wins over the task's `args`, and from its defaults.
    /// Templates for all arguments are weaker than both, and stronger than defaults.
    pub(super) fn new(
        tree: &'t Tree<'t>,
        task: NodeId,
        with_name: Vec<Layer<'t>>,
        defaults: Vec<Layer<'t>>,
    ) -> Result<Self> {
        let read = |args: Entry| Layer::read(tree, args.value, ScalarForm::Template);
        let args = tree.get(task, "args")?.map_or(Ok(Vec::new()), read)?;
        let mut layers: Vec<_> = with_name.into_iter().chain(args).collect();
        let is_weakest = |layer: &Layer<'_>| matches!(layer, Layer::Template(_) | Layer::Unread(_));
        layers.sort_by_key(is_weakest); // the order of the others stays
        // what cannot be read matters where it could hide defaults
        layers.retain(|layer| !defaults.is_empty() || !matches!(layer, Layer::Unread(_)));
        let own = layers.len();
        layers.extend(defaults);
        Ok(Self { tree, layers, own })
    }

    /// The value of an argument in the strongest layer that sets it.
    pub(super) fn get(&self, key: &str) -> Result<Option<Argument<'t>>> {
        for (index, layer) in self.layers.iter().enumerate() {
            let is_own = index < self.own;
            if let Some((value, entry)) = self.get_in(layer, key)? {
                let source = match layer {
                    Layer::Pairs(..) => Source::KeyValues,
                    Layer::Template(_) if is_own => Source::TemplatedArgs,
                    Layer::Template(_) => Source::TemplatedDefaults,
                    _ if is_own => Source::Key,
                    _ => Source::Default,
                };
                let own = entry.filter(|_| source == Source::Key);
                let spans = own.map(|own| (self.tree.span(own.key), self.tree.span(own.value)));
                return Ok(Some(Argument { value, spans, source, entry }));
            }
        }
        Ok(None)
    }

    /// What one layer sets an argument to, and the entry that does.
    fn get_in(&self, layer: &Layer<'t>, key: &str) -> Result<Option<(Setting<'t>, Option<Entry>)>> {
        match layer {
            Layer::Mapping(mapping) => {
                let entry = self.tree.get(*mapping, key)?;
                Ok(entry.map(|entry| (self.tree.setting(entry.value), Some(entry))))
            }
            Layer::Pairs(node, pairs) => {
                let entry = Entry { key: *node, value: *node };
                let text = pairs.get(key);
                if text.is_some_and(|text| text.contains('\\')) {
                    return Err(Failure::unreliable(self.tree.start(*node), UNUSUAL_STRING));
                }
                Ok(text.map(|text| (self.tree.text_setting(*node, text), Some(entry))))
            }
            Layer::Template(template) => Ok(Some((*template, None))),
            Layer::UnknownGroup(Entry { key: name, value }) => {
                if self.tree.is_mapping(*value) && self.tree.get(*value, key)?.is_none() {
                    return Ok(None);
                }
                let group = cut(self.tree.string(*name).unwrap_or_default(), LONGEST_NAME);
                let why =
                    format!("`{group}` may contain the module and set what decides; set it in the task");
                Err(Failure::unreliable(self.tree.start(*name), why))
            }
            Layer::Unread(failure) => Err(failure.clone()),
        }
    }

    /// The arguments that decide: `state` and `image_tag_mutability`. If one of them satisfies the rule, it does not
    /// matter whether the other can be read.
    pub(super) fn decisive(&self) -> Result<[Option<Argument<'t>>; 2]> {
        let (state, mutability) = (self.get("state"), self.get(ARGUMENT));
        let is = |argument: &Result<Option<Argument<'t>>>, text| matches!(argument, Ok(Some(argument)) if argument.value == Setting::Text(text));
        let satisfied = is(&state, "absent") || is(&mutability, "immutable");
        let read = |argument| match argument {
            Err(Failure { reason: Reason::Unreliable(_), .. }) if satisfied => Ok(None),
            argument => argument,
        };
        Ok([read(state)?, read(mutability)?])
    }

    /// How an argument that nothing sets was perhaps meant to be set, in a task or its defaults.
    pub(super) fn slip(&self, task: NodeId) -> Option<Slip> {
        let (tree, layers) = (self.tree, &self.layers);
        let of_key = |key: &str| {
            tree.take_steps(20).ok()?;
            look_alikes::of_key(key)
        };
        let in_pairs = layers.iter().find_map(|layer| match layer {
            Layer::Pairs(_, words) => words.pairs().find_map(|(key, _)| of_key(key)),
            _ => None,
        });
        let entries = || layers.iter().filter_map(Layer::mapping).flat_map(|mapping| tree.entries(mapping));
        let sets_it = |mapping| matches!(tree.get(mapping, ARGUMENT), Ok(Some(_)));
        let is_too_deep = || entries().any(|entry| tree.is_mapping(entry.value) && sets_it(entry.value));
        in_pairs
            .or_else(|| entries().find_map(|entry| of_key(tree.string(entry.key)?)))
            .or_else(|| sets_it(task).then_some(Slip::TooHigh))
            .or_else(|| is_too_deep().then_some(Slip::TooDeep))
    }

    /// The first mapping of the task's own layers, else the first k=v string; `None` if a string has words that are no
    /// pairs, which Ansible refuses.
    pub(super) fn own_node(&self) -> Option<NodeId> {
        let own = &self.layers[..self.own];
        if own.iter().any(|layer| matches!(layer, Layer::Pairs(_, words) if !words.are_pairs())) {
            return None;
        }
        let pairs = |layer: &Layer<'_>| if let Layer::Pairs(node, _) = layer { Some(*node) } else { None };
        own.iter().find_map(Layer::mapping).or_else(|| own.iter().find_map(pairs))
    }
}
