//! `module_defaults`: which entries are in force where, by `FieldAttributeBase._load_module_defaults`
//! and `_get_action_arg_defaults` of ansible-core 2.21.
//!
//! Invariant: scopes are lexical and immutable; an inner entry replaces the outer entry of the same
//! key whole, in the place that the outer one has in the order.

use std::collections::HashMap;
use std::rc::Rc;

use super::modules::{Module, Modules};
use super::tree::{NodeId, Tree, Value};

/// How many entries of one `module_defaults` are looked at.
const LIMIT: usize = 1 << 20;

/// What a key of `module_defaults` means once Ansible has resolved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Module(Module),
    /// A group that holds the ECR module, by its full name.
    Group(&'static str),
}

/// The `module_defaults` in force at some place.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Scopes with the same id hold the same entries.
    pub(crate) id: usize,
    entries: Rc<[(Key, NodeId)]>,
}

impl Scope {
    /// The entries for a module, strongest first: its own, then its groups, the last one first.
    pub(crate) fn entries(&self, module: Module) -> Vec<NodeId> {
        let own = self.entries.iter().filter(|(key, _)| *key == Key::Module(module));
        let groups = self
            .entries
            .iter()
            .rev()
            .filter(|(key, _)| module == Module::EcsEcr && matches!(key, Key::Group(_)));
        own.chain(groups).map(|&(_, node)| node).collect()
    }
}

/// Makes scopes, each once.
#[derive(Debug)]
pub(crate) struct Scopes<'t> {
    tree: &'t Tree<'t>,
    modules: &'t Modules,
    made: HashMap<(usize, NodeId), Scope>,
    last_id: usize,
}

impl<'t> Scopes<'t> {
    pub(crate) fn new(tree: &'t Tree<'t>, modules: &'t Modules) -> Self {
        Self { tree, modules, made: HashMap::new(), last_id: 0 }
    }

    /// The scope in which nothing is set.
    pub(crate) fn outermost() -> Scope {
        Scope { id: 0, entries: Rc::new([]) }
    }

    /// The scope inside a play, block or task.
    pub(crate) fn enter(&mut self, outer: &Scope, item: NodeId) -> Scope {
        let Some(field) = self.tree.get(item, "module_defaults") else { return outer.clone() };
        let field = self.tree.follow(field.value);
        if let Some(known) = self.made.get(&(outer.id, field)) {
            return known.clone();
        }
        let scope = self.update(outer, field);
        self.made.insert((outer.id, field), scope.clone());
        scope
    }

    fn update(&mut self, outer: &Scope, field: NodeId) -> Scope {
        let mappings = match self.tree.value(field) {
            Value::Mapping => vec![field],
            _ => self.tree.items(field).to_vec(), // what is no list either, Ansible refuses
        };
        let mut entries = outer.entries.to_vec();
        let mut touched = false;
        for mapping in mappings {
            for (name, entry) in self.tree.entries(mapping, LIMIT) {
                let Some(key) = self.resolve(name) else { continue };
                touched = true;
                match entries.iter_mut().find(|(known, _)| *known == key) {
                    Some(known) => known.1 = entry.value,
                    None => entries.push((key, entry.value)),
                }
            }
        }
        if !touched {
            return outer.clone();
        }
        self.last_id += 1;
        Scope { id: self.last_id, entries: entries.into() }
    }

    fn resolve(&self, name: &str) -> Option<Key> {
        if !name.starts_with("group/") {
            return self.modules.identify(name).map(|(module, _)| Key::Module(module));
        }
        match name.rsplit("group/").next()? {
            "aws" | "ansible.builtin.aws" => Some(Key::Group("ansible.builtin.aws")),
            "community.aws.aws" => Some(Key::Group("community.aws.aws")),
            _ => None,
        }
    }
}
