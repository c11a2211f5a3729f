//! Which entries of `module_defaults` apply to a task: Ansible's `FieldAttributeBase._load_module_defaults` and
//! `_get_action_arg_defaults` (ansible-core 2.21).
//!
//! Invariant: scopes are lexical. An inner entry replaces the outer entry of the same key as a whole. What can be read
//! in more than one way is a failure of the tasks whose own arguments do not decide.

use std::borrow::Cow;

use super::arguments::{Layer, ScalarForm};
use super::failure::{Failure, Result};
use super::tree::{Entry, NodeId, Tree};
use crate::modules::{Module, Modules, look_alikes};

/// The collections with a group `aws` that contains the ECR module.
const COLLECTIONS: [&str; 2] = ["ansible.builtin.", "community.aws."];
/// A group that does not contain it.
const OTHER_GROUP: &str = "amazon.aws.aws";

/// What a key of `module_defaults` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key<'t> {
    Module(Module),
    /// A group, and whether it contains the ECR module; one of another collection may contain it, too.
    Group(&'t str, bool),
    /// A module that may be meant to be the ECR module, or redirected to it.
    LookAlike(&'t str),
}

/// The `module_defaults` that apply inside a play, block or task.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults<'t> {
    entries: Vec<(Key<'t>, Entry)>,
    /// Why they cannot be read, if they cannot.
    unread: Option<Failure>,
}

impl<'t> Defaults<'t> {
    /// Those inside a play, block or task that is itself inside of these.
    pub(super) fn inside(&self, tree: &'t Tree<'t>, modules: &Modules, item: NodeId) -> Cow<'_, Self> {
        let set = |field: Entry| {
            tree.take_steps(self.entries.len())?;
            let mut inner = self.clone();
            tree.mappings(field.value).try_for_each(|mapping| inner.update(tree, modules, mapping))?;
            Ok(inner)
        };
        match tree.get(item, "module_defaults").and_then(|field| field.map(set).transpose()) {
            Ok(inner) => inner.map_or(Cow::Borrowed(self), Cow::Owned),
            Err(failure) => Cow::Owned(Self { entries: Vec::new(), unread: Some(failure) }),
        }
    }

    /// Sets the entries of one mapping.
    fn update(&mut self, tree: &'t Tree<'t>, modules: &Modules, mapping: NodeId) -> Result<()> {
        tree.take_steps(1)?;
        for entry in tree.entries(mapping) {
            let unreliable = |why| Err(Failure::unreliable(tree.start(entry.key), why));
            if tree.is_merge_key(entry.key) {
                return unreliable("module_defaults have a merge (<<); write the entries out");
            }
            let name = tree.string(entry.key).unwrap_or_default();
            tree.take_steps(20 + self.entries.len() + name.len() / 8)?;
            let group = name.strip_prefix("group/").and_then(|group| group.rsplit("group/").next());
            let group = group.filter(|group| *group != OTHER_GROUP);
            let key = match (modules.identify(name), group) {
                (Some(&(module, _)), _) => Key::Module(module),
                (None, Some(group)) => Key::Group(group, contains_module(group)),
                (None, None) if look_alikes::of_module(name).is_some() => Key::LookAlike(name),
                (None, None) => continue,
            };
            match self.entries.iter_mut().find(|(known, _)| *known == key) {
                // the nodes between the mapping and this key are of the same mapping
                Some((_, known))
                    if (mapping..entry.key).contains(&known.key) && tree.string(known.key) != Some(name) =>
                {
                    return unreliable("module_defaults set the module under two of its names; keep one");
                }
                Some((_, known)) => *known = entry,
                None => self.entries.push((key, entry)),
            }
        }
        Ok(())
    }

    /// The entries of other modules, which a redirect may make those of a module.
    pub(super) fn of_others(&self, module: Module) -> impl Iterator<Item = Entry> {
        let is_other = move |key: &Key<'_>| !matches!(key, Key::Group(..)) && *key != Key::Module(module);
        self.entries.iter().filter(move |(key, _)| is_other(key)).map(|(_, entry)| *entry)
    }

    /// The layers of a module's defaults, strongest first: its own entry, then its group.
    pub(super) fn layers(&self, tree: &'t Tree<'t>, module: Module) -> Result<Vec<Layer<'t>>> {
        tree.take_steps(20 * self.entries.len())?;
        if let Some(failure) = &self.unread {
            return Ok(vec![Layer::Unread(failure.clone())]);
        }
        let (mut layers, mut unknown, mut known) = (Vec::new(), Vec::new(), Vec::new());
        for &(key, entry) in &self.entries {
            match key {
                Key::Module(of) if of == module => {
                    layers.extend(Layer::read(tree, entry.value, ScalarForm::Template)?);
                }
                Key::Group(_, true) => known.push(entry),
                Key::Group(_, false) => unknown.push(Layer::UnknownGroup(entry)),
                Key::Module(_) | Key::LookAlike(_) => {}
            }
        }
        if module == Module::EcsEcr
            && let Some((entry, others)) = known.split_first()
        {
            layers.extend(unknown);
            if let Some(other) = others.first() {
                let why = "several groups of module_defaults contain the module; keep one";
                layers.push(Layer::Unread(Failure::unreliable(tree.start(other.key), why)));
            }
            layers.extend(Layer::read(tree, entry.value, ScalarForm::Template)?);
        }
        Ok(layers)
    }
}

/// Whether a group contains the module: Ansible's `_resolve_group` looks up what stands behind the last occurrence of
/// the collection that the name starts with.
fn contains_module(group: &str) -> bool {
    let is_in = |collection: &&str| {
        let before = group.strip_suffix("aws").filter(|_| group.starts_with(*collection));
        before.is_some_and(|before| before.ends_with(*collection))
    };
    group == "aws" || COLLECTIONS.iter().any(is_in)
}
