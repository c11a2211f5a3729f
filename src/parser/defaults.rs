//! `module_defaults`: which entries are in force where, by `FieldAttributeBase._load_module_defaults`
//! and `_get_action_arg_defaults` of ansible-core 2.21.
//!
//! Invariant: scopes are lexical and immutable; an inner entry replaces the outer entry of the same
//! key whole, in the place that the outer one has in the order.

use std::collections::HashMap;
use std::rc::Rc;

use super::equality::{Likeness, compare_entries};
use super::modules::{Module, Modules};
use super::tree::{NodeId, Tree, Value};

/// What a key of `module_defaults` means once Ansible has resolved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key<'t> {
    Module(Module),
    /// A group that holds the ECR module, by what [`group`] knows it as.
    Group(&'t str),
}

/// The `module_defaults` in force at some place.
#[derive(Clone, Debug)]
pub(crate) struct Scope<'t> {
    /// Scopes with the same id hold the same entries.
    pub(crate) id: usize,
    entries: Rc<[(Key<'t>, NodeId)]>,
    /// The mapping that was last set, where it matters; of equal ones in a row, the first.
    last: Option<NodeId>,
}

/// What one `module_defaults` sets, each key once.
#[derive(Clone, Debug)]
struct Defaults<'t> {
    set: Rc<[(Key<'t>, NodeId)]>,
    /// The same without its first mapping, for where that equals the last one outside.
    rest: Rc<[(Key<'t>, NodeId)]>,
    first: Option<NodeId>,
    last: Option<NodeId>,
}

impl Scope<'_> {
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
fn overlay<'t>(entries: &mut Vec<(Key<'t>, NodeId)>, set: &[(Key<'t>, NodeId)]) {
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
    made: HashMap<(usize, NodeId), Scope<'t>>,
    /// What a mapping or list of mappings sets, whatever is around it.
    read: HashMap<NodeId, Defaults<'t>>,
    last_id: usize,
    /// All entries of a mapping by what their keys mean, where mappings are compared.
    meanings: HashMap<NodeId, Rc<Meanings<'t>>>,
    /// Whether equal mappings may differ in trust.
    compares: bool,
    /// What was compared already.
    likenesses: HashMap<(NodeId, NodeId), Likeness>,
    unclear: Option<NodeId>,
}

/// Values by the key that decides here, or else by the name of another module or group.
type Meanings<'t> = HashMap<(Option<Key<'t>>, &'t str), NodeId>;

impl<'t> Scopes<'t> {
    pub(crate) fn new(tree: &'t Tree<'t>, modules: &'t Modules) -> Self {
        Self {
            tree,
            modules,
            made: HashMap::new(),
            read: HashMap::new(),
            last_id: 0,
            meanings: HashMap::new(),
            compares: tree.distrusts(),
            likenesses: HashMap::new(),
            unclear: None,
        }
    }

    /// The scope in which nothing is set.
    pub(crate) fn outermost() -> Scope<'t> {
        Scope { id: 0, entries: Rc::new([]), last: None }
    }

    /// The scope inside a play, block or task.
    pub(crate) fn enter(&mut self, outer: &Scope<'t>, item: NodeId) -> Scope<'t> {
        let Some(field) = self.tree.get(item, "module_defaults") else { return outer.clone() };
        let field = self.tree.follow(field.value);
        if let Some(known) = self.made.get(&(outer.id, field)) {
            return known.clone();
        }
        let scope = self.update(outer, field);
        self.made.insert((outer.id, field), scope.clone());
        scope
    }

    fn update(&mut self, outer: &Scope<'t>, field: NodeId) -> Scope<'t> {
        let inner = self.read(field);
        let matters = !inner.set.is_empty();
        let repeats = outer.last.zip(inner.first).is_some_and(|pair| self.equal(pair, matters));
        let set = if repeats { inner.rest } else { inner.set };
        let last = if repeats && inner.first == inner.last { outer.last } else { inner.last.or(outer.last) };
        if set.is_empty() && last == outer.last {
            return outer.clone();
        }
        let mut entries = outer.entries.to_vec();
        overlay(&mut entries, &set);
        self.last_id += 1;
        Scope { id: self.last_id, entries: entries.into(), last }
    }

    /// What a `module_defaults` sets. Ansible drops what equals the mapping in front of it (`_extend_value`),
    /// which tells where one of them is not trusted.
    fn read(&mut self, field: NodeId) -> Defaults<'t> {
        if let Some(known) = self.read.get(&field) {
            return known.clone();
        }
        let defaults = if self.tree.value(field) == Value::Mapping {
            self.read_mapping(field)
        } else {
            self.read_list(field)
        };
        self.read.insert(field, defaults.clone());
        defaults
    }

    fn read_mapping(&self, field: NodeId) -> Defaults<'t> {
        let mut set = Vec::new();
        for (name, entry) in self.tree.entries(field) {
            if let Some(key) = self.resolve(name) {
                overlay(&mut set, &[(key, entry.value)]);
            }
        }
        let own = self.compares.then_some(field);
        Defaults { set: set.into(), rest: Rc::new([]), first: own, last: own }
    }

    /// Of a list; what is neither that nor a mapping, Ansible refuses.
    fn read_list(&mut self, field: NodeId) -> Defaults<'t> {
        let (mut set, mut rest) = (Vec::new(), Vec::new());
        let (mut first, mut last) = (None, None);
        for &item in self.tree.items(field) {
            let item = self.tree.follow(item);
            if self.tree.value(item) != Value::Mapping {
                continue;
            }
            let part = self.read(item);
            let matters = !part.set.is_empty();
            if last.zip(part.last).is_some_and(|pair| self.equal(pair, matters)) {
                continue;
            }
            overlay(&mut set, &part.set);
            if first.is_some() {
                overlay(&mut rest, &part.set);
            }
            first = first.or(part.first);
            last = part.last;
        }
        Defaults { set: set.into(), rest: rest.into(), first, last }
    }

    /// A mapping of which it could not be told whether it equals the one in front of it.
    pub(crate) fn unclear(&self) -> Option<NodeId> {
        self.unclear
    }

    /// Whether two mappings that follow one another set the same, trusted or not; a doubt is noted where it
    /// matters, which it does not where the second one sets nothing for the ECR module.
    fn equal(&mut self, (one, other): (NodeId, NodeId), matters: bool) -> bool {
        if one == other {
            return true;
        }
        let known = self.likenesses.get(&(one, other)).copied();
        let likeness =
            known.unwrap_or_else(|| compare_entries(self.tree, &self.meanings(one), &self.meanings(other)));
        self.likenesses.insert((one, other), likeness);
        if matters && likeness == Likeness::Unclear {
            self.unclear = self.unclear.or(Some(other));
        }
        likeness == Likeness::Equal
    }

    fn meanings(&mut self, mapping: NodeId) -> Rc<Meanings<'t>> {
        if let Some(known) = self.meanings.get(&mapping) {
            return known.clone();
        }
        let entries = self.tree.entries(mapping).into_iter();
        let mean = |name: &'t str| match self.resolve(name) {
            Some(key) => (Some(key), ""),
            None => (None, name.strip_prefix("ansible.legacy.").unwrap_or(name)),
        };
        let meanings: Rc<Meanings<'t>> =
            Rc::new(entries.map(|(name, entry)| (mean(name), entry.value)).collect());
        self.meanings.insert(mapping, meanings.clone());
        meanings
    }

    fn resolve(&self, name: &'t str) -> Option<Key<'t>> {
        if !name.starts_with("group/") {
            return self.modules.identify(name).map(|(module, _)| Key::Module(module));
        }
        group(name.rsplit("group/").next()?).map(Key::Group)
    }
}

/// The collections that have a group with the ECR module; a name without a collection is the first one's.
const COLLECTIONS: [&str; 2] = ["ansible.builtin.", "community.aws."];

/// The group that a name means, if the ECR module is in it: `_resolve_group` looks for what stands behind the
/// collection, however often that is written, and keeps groups apart by their full names.
fn group(name: &str) -> Option<&str> {
    let words = name.split('.');
    let is_full = words.clone().count() > 2 && words.clone().all(is_word);
    let collection =
        if is_full { COLLECTIONS.into_iter().find(|one| name.starts_with(one))? } else { COLLECTIONS[0] };
    let is_aws = name.rsplit(collection).next() == Some("aws");
    let known_as =
        if collection == COLLECTIONS[0] && is_full { name.strip_prefix(collection)? } else { name };
    is_aws.then_some(known_as)
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_told_by_their_full_names() {
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
