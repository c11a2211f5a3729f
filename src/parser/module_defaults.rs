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
use super::tree::NodeId;

/// What a key of `module_defaults` means once Ansible has resolved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DefaultsKey {
    Module(Module),
    Group(Group),
}

/// A group that contains the ECR module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// `aws` of `ansible.builtin`, which redirects to `amazon.aws`.
    Builtin,
    /// `community.aws.aws`.
    CommunityAws,
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
        let is_group = |key| module == Module::EcsEcr && matches!(key, DefaultsKey::Group(_));
        let groups = entries.rev().filter(|(key, _)| is_group(*key));
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
                inner.iter().for_each(|&(key, node)| set(&mut entries, key, node));
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
                if let Ok(Some(key)) = resolve(self.modules, name) {
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

    /// The same. The versions of `PyYAML` agree on it if at most one of the mappings that it merges sets an entry.
    fn merged(&mut self, mapping: NodeId, depth: usize) -> Result<DefaultsEntries<&'t str>, Failure> {
        let (resolver, tree) = (self.resolver, self.resolver.tree);
        let mut entries = Vec::new();
        for merge in tree.merges(mapping) {
            for source in tree.mappings(merge.value) {
                let source_entries = self.named(source, depth + 1)?;
                resolver.check_unsafe(merge, source)?;
                if entries.is_empty() {
                    entries.extend_from_slice(&source_entries);
                } else if !source_entries.is_empty() && *entries != *source_entries {
                    return Err(resolver.ambiguous(merge));
                }
            }
        }
        for pair in tree.own_entries(mapping).chunks_exact(2).filter(|pair| !tree.is_merge_key(pair[0])) {
            let Some(name) = tree.string(pair[0]) else { continue };
            match resolve(self.modules, name) {
                // if it is merged, 6.0.4 may take the first of several entries with the same key node
                Ok(Some(_)) if tree.is_aliased(tree.follow(pair[0])) => {
                    return Err(Failure::new(tree.whole_span(pair[0]).start, Unreliable::Merge));
                }
                Ok(Some(_)) => set(&mut entries, name, pair[1]),
                Ok(None) => {}
                Err(why) => return Err(Failure::new(tree.whole_span(pair[0]).start, why)),
            }
        }
        Ok(entries.into())
    }
}

/// What a key of `module_defaults` means, if it concerns the module.
fn resolve(modules: &Modules, name: &str) -> Result<Option<DefaultsKey>, Unreliable> {
    match name.strip_prefix("group/") {
        Some(group) => Ok(resolve_group(group)?.map(DefaultsKey::Group)),
        None => Ok(modules.identify(name).map(|(module, _)| DefaultsKey::Module(module))),
    }
}

/// The group that a name refers to, if it contains the ECR module. Ansible's `_resolve_group` looks up what follows the
/// last `group/` and the last occurrence of the collection's name, so that longer names may mean the same groups.
fn resolve_group(name: &str) -> Result<Option<Group>, Unreliable> {
    match name {
        "aws" | "ansible.builtin.aws" => Ok(Some(Group::Builtin)),
        "community.aws.aws" => Ok(Some(Group::CommunityAws)),
        _ if ["group/aws", "ansible.builtin.aws", "community.aws.aws"]
            .iter()
            .any(|end| name.ends_with(end)) =>
        {
            Err(Unreliable::Group)
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_few_names_and_odd_ones_are_refused() {
        for (name, group) in [
            ("aws", Ok(Some(Group::Builtin))),
            ("ansible.builtin.aws", Ok(Some(Group::Builtin))),
            ("community.aws.aws", Ok(Some(Group::CommunityAws))),
            ("`ansible.builtin.aws", Err(Unreliable::Group)),
            ("ansible.builtin.x.ansible.builtin.aws", Err(Unreliable::Group)),
            ("community.aws.community.aws.aws", Err(Unreliable::Group)),
            ("x group/aws", Err(Unreliable::Group)),
        ] {
            assert_eq!(resolve_group(name), group, "{name}");
        }
        for name in [
            "",
            "AWS",
            "aws2",
            "x.aws",
            "amazon.aws.aws",
            "ansible.legacy.aws",
            "community.aws.x.aws",
            "aws\n",
        ] {
            assert_eq!(resolve_group(name), Ok(None), "{name}");
        }
    }
}
