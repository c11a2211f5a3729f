//! Which entries of `module_defaults` apply to a task: Ansible's `FieldAttributeBase._load_module_defaults` and
//! `_get_action_arg_defaults` (ansible-core 2.21).
//!
//! Invariant: scopes are lexical and immutable. An inner entry replaces the outer entry of the same key as a whole, and
//! keeps its position in the order.

use std::collections::HashMap;
use std::rc::Rc;

use super::failure::{Failure, Unreliable};
use super::modules::{Module, Modules};
use super::resolve::{MERGE_DEPTH, Resolver};
use super::tree::{MappingEntry, NodeId};

/// What a key of `module_defaults` means once Ansible has resolved it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum DefaultsKey {
    Module(Module),
    /// A group that contains the ECR module, by the name that [`group`] returns.
    Group(Rc<str>),
}

/// Entries of some `module_defaults`, each key once.
type DefaultsEntries<K> = Rc<[(K, NodeId)]>;

/// The `module_defaults` that apply inside a play, block or task.
#[derive(Clone, Debug)]
pub(crate) struct DefaultsScope {
    /// Scopes with the same id hold the same entries.
    pub(crate) id: usize,
    entries: DefaultsEntries<DefaultsKey>,
    /// Why the outer entries cannot be read, if they cannot.
    outer: Option<Failure>,
}

impl DefaultsScope {
    /// The entries for a module, strongest first: its own, then its groups, the last one first.
    pub(super) fn entries(&self, module: Module) -> Vec<Result<NodeId, Failure>> {
        let entries = self.entries.iter();
        let own = entries.clone().filter(|(key, _)| *key == DefaultsKey::Module(module));
        let is_group = |key: &DefaultsKey| module == Module::EcsEcr && matches!(key, DefaultsKey::Group(_));
        let groups = entries.rev().filter(|(key, _)| is_group(key));
        let outer = self.outer.iter().map(|failure| Err(failure.clone()));
        own.map(|&(_, node)| Ok(node)).chain(outer).chain(groups.map(|&(_, node)| Ok(node))).collect()
    }
}

/// Sets an entry; a key that is there already keeps its position.
fn set<K: PartialEq>(entries: &mut Vec<(K, NodeId)>, key: K, node: NodeId) {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some(known) => known.1 = node,
        None => entries.push((key, node)),
    }
}

/// Makes scopes, each once.
#[derive(Debug)]
pub(super) struct Scopes<'t> {
    resolver: &'t Resolver<'t>,
    modules: &'t Modules,
    made: HashMap<(usize, NodeId), DefaultsScope>,
    /// The entries of a mapping or list of mappings, regardless of the scope around it.
    read: HashMap<NodeId, Result<DefaultsEntries<DefaultsKey>, Failure>>,
    /// The entries of each mapping by their names in the text, with those that it merges.
    named: HashMap<NodeId, Result<DefaultsEntries<&'t str>, Failure>>,
}

impl<'t> Scopes<'t> {
    pub(super) fn new(resolver: &'t Resolver<'t>, modules: &'t Modules) -> Self {
        Self { resolver, modules, made: HashMap::new(), read: HashMap::new(), named: HashMap::new() }
    }

    /// The scope in which nothing is set.
    pub(super) fn outermost() -> DefaultsScope {
        DefaultsScope { id: 0, entries: Rc::new([]), outer: None }
    }

    /// The scope inside a play, block or task.
    pub(super) fn enter(&mut self, outer: &DefaultsScope, item: NodeId) -> DefaultsScope {
        let (node, inner) = match self.resolver.get(item, "module_defaults") {
            Ok(None) => return outer.clone(),
            Ok(Some(field)) => (self.resolver.tree.follow(field.value), None),
            Err(failure) => (item, Some(Err(failure))),
        };
        if let Some(cached) = self.made.get(&(outer.id, node)) {
            return cached.clone();
        }
        let (entries, failure) = match inner.unwrap_or_else(|| self.read(node)) {
            Ok(inner) if inner.is_empty() => return outer.clone(),
            Ok(inner) => {
                let mut entries = outer.entries.to_vec();
                inner.iter().for_each(|(key, node)| set(&mut entries, key.clone(), *node));
                (entries.into(), outer.outer.clone())
            }
            Err(failure) => (Rc::default(), Some(failure)),
        };
        let scope = DefaultsScope { id: 1 + self.made.len(), entries, outer: failure };
        self.made.insert((outer.id, node), scope.clone());
        scope
    }

    /// The entries of a `module_defaults`, which is a mapping or a list of mappings; Ansible refuses anything else.
    fn read(&mut self, field: NodeId) -> Result<DefaultsEntries<DefaultsKey>, Failure> {
        if let Some(cached) = self.read.get(&field) {
            return cached.clone();
        }
        let entries = self.read_mappings(field);
        self.read.insert(field, entries.clone());
        entries
    }

    fn read_mappings(&mut self, field: NodeId) -> Result<DefaultsEntries<DefaultsKey>, Failure> {
        let mut entries = Vec::new();
        for mapping in self.resolver.tree.mappings(field) {
            for &(name, node) in self.named(mapping, 0)?.iter() {
                if let Some(key) = resolve(self.modules, name) {
                    set(&mut entries, key, node);
                }
            }
        }
        Ok(entries.into())
    }

    /// The entries of a mapping, those that it merges first.
    fn named(&mut self, mapping: NodeId, depth: usize) -> Result<DefaultsEntries<&'t str>, Failure> {
        if let Some(cached) = self.named.get(&mapping) {
            return cached.clone();
        }
        if depth > MERGE_DEPTH {
            return Err(Failure::new(self.resolver.tree.span(mapping).start, Unreliable::MergeSize));
        }
        self.named.insert(mapping, Ok(Rc::default())); // a mapping that merges itself adds nothing
        let entries = self.merged(mapping, depth);
        self.named.insert(mapping, entries.clone());
        entries
    }

    /// As [`Scopes::named`], without its cache. The versions of `PyYAML` agree if at most one of the merged mappings
    /// sets an entry.
    fn merged(&mut self, mapping: NodeId, depth: usize) -> Result<DefaultsEntries<&'t str>, Failure> {
        let (resolver, tree) = (self.resolver, self.resolver.tree);
        let mut entries = Vec::new();
        for merge in tree.merges(mapping) {
            for source in tree.mappings(merge.value) {
                let source_entries = self.named(source, depth + 1)?;
                resolver.check_unsafe(merge, source)?;
                let differ = !source_entries.is_empty() && *entries != *source_entries;
                if entries.is_empty() && !self.repeats_key_node(source) {
                    entries.extend_from_slice(&source_entries);
                } else if differ {
                    return Err(resolver.ambiguous(merge));
                }
            }
        }
        for pair in tree.own_entries(mapping).chunks_exact(2).filter(|pair| !tree.is_merge_key(pair[0])) {
            let Some(name) = tree.string(pair[0]) else { continue };
            if resolve(self.modules, name).is_some() {
                set(&mut entries, name, pair[1]);
            }
        }
        Ok(entries.into())
    }

    /// Whether a mapping sets an entry for us more than once, and perhaps by the same key node.
    fn repeats_key_node(&self, mapping: NodeId) -> bool {
        let tree = self.resolver.tree;
        tree.own_entries(mapping).chunks_exact(2).any(|pair| {
            let entry = MappingEntry { key: pair[0], value: pair[1] };
            let name = tree.string(entry.key).filter(|name| resolve(self.modules, name).is_some());
            tree.is_aliased(tree.follow(entry.key))
                && name.is_some_and(|name| self.resolver.has_weaker(mapping, entry, name))
        })
    }
}

/// What a key of `module_defaults` means, if it concerns the module.
fn resolve(modules: &Modules, name: &str) -> Option<DefaultsKey> {
    if !name.starts_with("group/") {
        return modules.identify(name).map(|(module, _)| DefaultsKey::Module(module));
    }
    group(name.rsplit("group/").next()?).map(|name| DefaultsKey::Group(name.into()))
}

/// The collections with a group that contains the ECR module; a name without a collection belongs to the first.
const COLLECTIONS: [&str; 2] = ["ansible.builtin.", "community.aws."];

/// The full name of the group that a name refers to, if it contains the ECR module. `_resolve_group` looks up the part
/// after the last occurrence of the collection's name; groups are the same if their full names are.
fn group(name: &str) -> Option<&str> {
    let words = name.split('.');
    let is_full = words.clone().count() > 2 && words.clone().all(is_word);
    let collection =
        if is_full { COLLECTIONS.into_iter().find(|one| name.starts_with(one))? } else { COLLECTIONS[0] };
    let is_aws = name.rsplit(collection).next() == Some("aws");
    let full_name =
        if collection == COLLECTIONS[0] && is_full { name.strip_prefix(collection)? } else { name };
    is_aws.then_some(full_name)
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_distinguished_by_their_full_names() {
        for (name, known_as) in [
            ("aws", "aws"),
            ("ansible.builtin.aws", "aws"),
            ("community.aws.aws", "community.aws.aws"),
            ("`ansible.builtin.aws", "`ansible.builtin.aws"),
            ("ansible.builtin.x.ansible.builtin.aws", "x.ansible.builtin.aws"),
            ("community.aws.community.aws.aws", "community.aws.community.aws.aws"),
        ] {
            assert_eq!(group(name), Some(known_as), "{name}");
        }
        for name in [
            "",
            "AWS",
            "aws2",
            "x.aws",
            "amazon.aws.aws",
            "ansible.legacy.aws",
            "x.ansible.builtin.aws",
            "ansible.builtin.community.aws.aws",
            "`community.aws.aws",
            "community.aws.x.aws",
            "aws\n",
        ] {
            assert_eq!(group(name), None, "{name}");
        }
    }
}
