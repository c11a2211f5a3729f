//! `module_defaults`: which entries are in force where, by `FieldAttributeBase._load_module_defaults`
//! and `_get_action_arg_defaults` of ansible-core 2.21.
//!
//! Invariant: scopes are lexical and immutable; an inner entry replaces the outer entry of the same
//! key whole, in the place that the outer one has in the order.

use std::collections::HashMap;
use std::rc::Rc;

use super::modules::{Module, Modules};
use super::tree::{NodeId, Tree, Value};

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

/// Sets entries: a key keeps its place in the order.
fn overlay(entries: &mut Vec<(Key, NodeId)>, set: &[(Key, NodeId)]) {
    for &(key, node) in set {
        match entries.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = node,
            None => entries.push((key, node)),
        }
    }
}

/// Makes scopes, each once.
#[derive(Debug)]
pub(crate) struct Scopes<'t> {
    tree: &'t Tree<'t>,
    modules: &'t Modules,
    made: HashMap<(usize, NodeId), Scope>,
    /// What a mapping or list of mappings sets, whatever is around it.
    read: HashMap<NodeId, Rc<[(Key, NodeId)]>>,
    last_id: usize,
}

impl<'t> Scopes<'t> {
    pub(crate) fn new(tree: &'t Tree<'t>, modules: &'t Modules) -> Self {
        Self { tree, modules, made: HashMap::new(), read: HashMap::new(), last_id: 0 }
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
        let set = self.read(field);
        if set.is_empty() {
            return outer.clone();
        }
        let mut entries = outer.entries.to_vec();
        overlay(&mut entries, &set);
        self.last_id += 1;
        Scope { id: self.last_id, entries: entries.into() }
    }

    /// What a `module_defaults` sets, each key once.
    fn read(&mut self, field: NodeId) -> Rc<[(Key, NodeId)]> {
        if let Some(known) = self.read.get(&field) {
            return known.clone();
        }
        let mut set = Vec::new();
        if self.tree.value(field) == Value::Mapping {
            for (name, entry) in self.tree.entries(field) {
                if let Some(key) = self.resolve(name) {
                    overlay(&mut set, &[(key, entry.value)]);
                }
            }
        } else {
            // what is no list either, Ansible refuses
            for &item in self.tree.items(field) {
                let item = self.tree.follow(item);
                if self.tree.value(item) == Value::Mapping {
                    let part = self.read(item);
                    overlay(&mut set, &part);
                }
            }
        }
        let set: Rc<[_]> = set.into();
        self.read.insert(field, set.clone());
        set
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
