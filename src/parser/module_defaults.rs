//! Which entries of `module_defaults` apply to a task: Ansible's `FieldAttributeBase._load_module_defaults` and
//! `_get_action_arg_defaults` (ansible-core 2.21).
//!
//! Invariant: scopes are lexical and immutable. An inner entry replaces the outer entry of the same key as a whole, and
//! keeps its position in the order.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::failure::{Failure, Unreliable};
use super::modules::{Module, Modules};
use super::resolve::Resolver;
use super::tree::{NodeId, Value};

/// What a key of `module_defaults` means once Ansible has resolved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum DefaultsKey<'t> {
    Module(Module),
    /// A group that contains the ECR module, by the name that [`group`] returns.
    Group(&'t str),
}

/// The entries of some `module_defaults`, each key once.
type DefaultsEntries<'t> = Rc<[(DefaultsKey<'t>, NodeId)]>;

/// The `module_defaults` that apply inside a play, block or task.
#[derive(Clone, Debug)]
pub(crate) struct Scope<'t> {
    /// Scopes with the same id hold the same entries.
    pub(crate) id: usize,
    entries: DefaultsEntries<'t>,
    /// Why the outer entries cannot be read, if they cannot.
    outer: Option<Failure>,
}

impl Scope<'_> {
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

/// Overrides entries; a key that is there already keeps its position.
fn overlay<'t>(entries: &mut Vec<(DefaultsKey<'t>, NodeId)>, set: &[(DefaultsKey<'t>, NodeId)]) {
    for &(key, node) in set {
        match entries.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = node,
            None => entries.push((key, node)),
        }
    }
}

/// Makes scopes, each once.
#[derive(Debug)]
pub(super) struct Scopes<'t> {
    resolver: &'t Resolver<'t>,
    modules: &'t Modules,
    made: HashMap<(usize, NodeId), Scope<'t>>,
    /// The entries of a mapping or list of mappings, regardless of the scope around it.
    read: HashMap<NodeId, Result<DefaultsEntries<'t>, Failure>>,
}

impl<'t> Scopes<'t> {
    pub(super) fn new(resolver: &'t Resolver<'t>, modules: &'t Modules) -> Self {
        Self { resolver, modules, made: HashMap::new(), read: HashMap::new() }
    }

    /// The scope in which nothing is set.
    pub(super) fn outermost() -> Scope<'t> {
        Scope { id: 0, entries: Rc::new([]), outer: None }
    }

    /// The scope inside a play, block or task.
    pub(super) fn enter(&mut self, outer: &Scope<'t>, item: NodeId) -> Scope<'t> {
        let (node, inner) = match self.resolver.get(item, "module_defaults") {
            Ok(None) => return outer.clone(),
            Ok(Some(field)) => (self.resolver.tree.follow(field.value), None),
            Err(failure) => (item, Some(Err(failure))),
        };
        if let Some(cached) = self.made.get(&(outer.id, node)) {
            return cached.clone();
        }
        let (entries, failure) = match inner.unwrap_or_else(|| self.read(node)) {
            Ok(set) if set.is_empty() => return outer.clone(),
            Ok(set) => {
                let mut entries = outer.entries.to_vec();
                overlay(&mut entries, &set);
                (entries.into(), outer.outer.clone())
            }
            Err(failure) => (DefaultsEntries::default(), Some(failure)),
        };
        let scope = Scope { id: 1 + self.made.len(), entries, outer: failure };
        self.made.insert((outer.id, node), scope.clone());
        scope
    }

    /// The entries of a `module_defaults`, which is a mapping or a list of mappings; Ansible refuses anything else.
    fn read(&mut self, field: NodeId) -> Result<DefaultsEntries<'t>, Failure> {
        if let Some(cached) = self.read.get(&field) {
            return cached.clone();
        }
        let entries = match self.resolver.tree.value(field) {
            Value::Mapping => self.read_mapping(field),
            _ => self.read_list(field),
        };
        self.read.insert(field, entries.clone());
        entries
    }

    fn read_mapping(&self, field: NodeId) -> Result<DefaultsEntries<'t>, Failure> {
        self.check_merges(field)?;
        let mut set = Vec::new();
        for (name, entry) in self.resolver.entries(field)? {
            if let Some(key) = self.resolve(name) {
                overlay(&mut set, &[(key, entry.value)]);
            }
        }
        Ok(set.into())
    }

    fn read_list(&mut self, field: NodeId) -> Result<DefaultsEntries<'t>, Failure> {
        let mut set = Vec::new();
        for &item in self.resolver.tree.items(field) {
            let item = self.resolver.tree.follow(item);
            if self.resolver.tree.value(item) == Value::Mapping {
                overlay(&mut set, &self.read(item)?);
            }
        }
        Ok(set.into())
    }

    /// Fails if the versions of `PyYAML` may take different entries from what a mapping merges. They agree if at most
    /// one of the sources of a `<<` sets an entry for us, and, where `<<` lead to a mapping twice, at most one in all.
    fn check_merges(&self, field: NodeId) -> Result<(), Failure> {
        let tree = self.resolver.tree;
        let mut seen = HashSet::new();
        let mut next = vec![field];
        while let Some(mapping) = next.pop() {
            if !seen.insert(mapping) {
                continue;
            }
            let mut setting = HashSet::new();
            let mut last = None;
            for merge in tree.merges(mapping) {
                let mut here = HashSet::new();
                for source in tree.sources(merge) {
                    next.push(source);
                    if self.sets_any(source)? {
                        here.insert(source);
                    }
                }
                if here.len() > 1 {
                    return Err(Failure::new(tree.whole_span(merge.key).start, Unreliable::Merge));
                }
                setting.extend(here);
                last = Some(merge);
            }
            if let Some(merge) = last.filter(|_| setting.len() > 1 && self.resolver.names_twice(mapping)) {
                return Err(Failure::new(tree.whole_span(merge.key).start, Unreliable::Merge));
            }
        }
        Ok(())
    }

    fn sets_any(&self, mapping: NodeId) -> Result<bool, Failure> {
        Ok(self.resolver.entries(mapping)?.iter().any(|(name, _)| self.resolve(name).is_some()))
    }

    fn resolve(&self, name: &'t str) -> Option<DefaultsKey<'t>> {
        if !name.starts_with("group/") {
            return self.modules.identify(name).map(|(module, _)| DefaultsKey::Module(module));
        }
        group(name.rsplit("group/").next()?).map(DefaultsKey::Group)
    }
}

/// The collections with a group that contains the ECR module; a name without a collection belongs to the first.
const COLLECTIONS: [&str; 2] = ["ansible.builtin.", "community.aws."];

/// The group that a name refers to, if it contains the ECR module. `_resolve_group` looks up the part after the last
/// occurrence of the collection's name, and tells groups apart by their full names.
fn group(name: &str) -> Option<&str> {
    let words = name.split('.');
    let is_full = words.clone().count() > 2 && words.clone().all(is_word);
    let collection =
        if is_full { COLLECTIONS.into_iter().find(|one| name.starts_with(one))? } else { COLLECTIONS[0] };
    let is_aws = name.rsplit(collection).next() == Some("aws");
    let identity =
        if collection == COLLECTIONS[0] && is_full { name.strip_prefix(collection)? } else { name };
    is_aws.then_some(identity)
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
