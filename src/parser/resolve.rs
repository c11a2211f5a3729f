//! Look-ups in a tree as Ansible sees it: duplicate keys and `<<` merges resolved, k=v strings split.
//!
//! Invariant: a look-up visits each mapping at most once, even if mappings merge each other, and fails if the versions
//! of `PyYAML` may find different values.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::failure::{Failure, Unreliable};
use super::key_values::{ActionString, KeyValues, KvError};
use super::tree::{MERGES, MappingEntry, NodeId, Shape, Tag, Tree, Value};

/// What is found in a mapping with more entries than this is cached.
const FEW_ENTRIES: usize = 16;

/// How many mappings a chain of `<<` merges may pass through.
pub(super) const MERGE_DEPTH: usize = 200;

/// The entry that gives a key its value, if there is one.
pub(super) type EntryLookup = Result<Option<MappingEntry>, Failure>;

/// What a look-up finds.
#[derive(Clone, Copy, Debug)]
struct Found {
    entry: MappingEntry,
    /// Whether a weaker `<<` sets the key to another value.
    is_contested: bool,
}

type FoundEntry = Result<Option<Found>, Failure>;

/// Answers questions about a tree, and caches the answers: aliases can make every task ask the same question.
#[derive(Debug)]
pub(crate) struct Resolver<'t> {
    pub(crate) tree: &'t Tree<'t>,
    cache: RefCell<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    found: HashMap<(NodeId, Box<str>), FoundEntry>,
    key_values: HashMap<NodeId, Result<Rc<KeyValues>, KvError>>,
    actions: HashMap<NodeId, Result<Rc<ActionString>, KvError>>,
}

impl<'t> Resolver<'t> {
    pub(super) fn new(tree: &'t Tree<'t>) -> Self {
        Self { tree, cache: RefCell::default() }
    }

    /// The pairs of a k=v string.
    pub(super) fn key_values(&self, id: NodeId) -> Result<Rc<KeyValues>, KvError> {
        let id = self.tree.follow(id);
        let split = || KeyValues::parse(self.tree.string(id).unwrap_or_default()).map(Rc::new);
        self.cache.borrow_mut().key_values.entry(id).or_insert_with(split).clone()
    }

    /// The module and pairs of an `action` string.
    pub(super) fn action(&self, id: NodeId) -> Result<Rc<ActionString>, KvError> {
        let id = self.tree.follow(id);
        let split = || ActionString::parse(self.tree.string(id).unwrap_or_default()).map(Rc::new);
        self.cache.borrow_mut().actions.entry(id).or_insert_with(split).clone()
    }

    /// The entry that gives `key` its value: the mapping's own last one, else one that `<<` merges.
    ///
    /// In `PyYAML`'s `flatten_mapping` the last entry wins. It puts merged entries before the mapping's own, those of a
    /// later `<<` after those of an earlier one, and, up to 6.0.3, those of a list's first mapping after the others.
    /// 6.0.4 keeps each key node once.
    pub(crate) fn get(&self, mapping: NodeId, key: &str) -> EntryLookup {
        Ok(self.find(self.tree.follow(mapping), key, 0)?.map(|found| found.entry))
    }

    fn find(&self, mapping: NodeId, key: &str, depth: usize) -> FoundEntry {
        self.cached(mapping, key, || match self.own_entry(mapping, key) {
            None if self.tree.node(mapping).flags & MERGES != 0 => self.find_merged(mapping, key, depth),
            own => Ok(own.map(|entry| Found { entry, is_contested: false })),
        })
    }

    /// The entry that the `<<` of a mapping merge. If they set the key to several values, it is ambiguous if a key node
    /// is merged twice: with a mapping, or by an alias.
    fn find_merged(&self, mapping: NodeId, key: &str, depth: usize) -> FoundEntry {
        if depth > MERGE_DEPTH {
            return Err(Failure::new(self.tree.span(mapping).start, Unreliable::MergeSize));
        }
        let mut winner: Option<Found> = None;
        for merge in self.tree.merges(mapping) {
            let Some(mut found) = self.find_in_merge(merge, key, depth)? else { continue };
            if let Some(weaker) = winner {
                found.is_contested |= weaker.is_contested || !self.is_same_value(weaker.entry, found.entry);
            }
            let has_aliased_key = || self.tree.is_aliased(self.tree.follow(found.entry.key));
            if found.is_contested && (has_aliased_key() || self.merges_twice(mapping)) {
                return Err(self.ambiguous(merge));
            }
            winner = Some(found);
        }
        Ok(winner)
    }

    /// The entry that one `<<` merges, from a mapping or from a list of mappings that agree on it.
    fn find_in_merge(&self, merge: MappingEntry, key: &str, depth: usize) -> FoundEntry {
        let value = self.tree.follow(merge.value);
        if self.tree.node(value).shape == Shape::Mapping {
            return self.find_in_source(merge, value, key, depth);
        }
        self.cached(value, key, || {
            let mut first: Option<Found> = None;
            for source in self.tree.mappings(merge.value) {
                let Some(found) = self.find_in_source(merge, source, key, depth)? else { continue };
                let first = first.get_or_insert(found);
                if !self.is_same_value(first.entry, found.entry) {
                    return Err(self.ambiguous(merge));
                }
                first.is_contested |= found.is_contested;
            }
            Ok(first)
        })
    }

    fn find_in_source(&self, merge: MappingEntry, source: NodeId, key: &str, depth: usize) -> FoundEntry {
        let found = self.find(source, key, depth + 1)?;
        if let Some(Found { entry, .. }) = found {
            let is_own = || self.own_entry(source, key).is_some();
            self.check_unsafe(merge, source).or_else(|failure| is_own().then_some(()).ok_or(failure))?;
            if self.tree.is_aliased(self.tree.follow(entry.key)) && self.has_weaker(source, entry, key) {
                return Err(self.ambiguous(merge));
            }
        }
        Ok(found)
    }

    /// Whether another entry of a mapping may set the same key to another value. If both have the same key node, 6.0.4
    /// takes the first of them when the mapping is merged.
    pub(super) fn has_weaker(&self, mapping: NodeId, winner: MappingEntry, key: &str) -> bool {
        let same_key =
            self.tree.own_entries(mapping).chunks_exact(2).filter(|pair| self.is_key(pair[0], key));
        let mut same_key = same_key.map(|pair| MappingEntry { key: pair[0], value: pair[1] });
        let merges = self.tree.node(mapping).flags & MERGES != 0;
        same_key.any(|other| merges || !self.is_same_value(winner, other))
    }

    /// Ansible drops the `<<` of an `!unsafe` mapping when it constructs it, perhaps before another mapping merges it.
    pub(super) fn check_unsafe(&self, merge: MappingEntry, source: NodeId) -> Result<(), Failure> {
        let node = self.tree.node(source);
        if node.tag == Tag::Unsafe && node.flags & MERGES != 0 {
            return Err(Failure::new(self.tree.whole_span(merge.key).start, Unreliable::UnsafeMerge));
        }
        Ok(())
    }

    pub(super) fn ambiguous(&self, merge: MappingEntry) -> Failure {
        Failure::new(self.tree.whole_span(merge.key).start, Unreliable::Merge)
    }

    fn is_same_value(&self, one: MappingEntry, other: MappingEntry) -> bool {
        let (one, other) = (self.tree.follow(one.value), self.tree.follow(other.value));
        let is_collection = matches!(self.tree.value(one), Value::Sequence | Value::Mapping);
        one == other || (!is_collection && self.tree.value(one) == self.tree.value(other))
    }

    /// Whether a mapping merges another one more than once, directly or through others.
    fn merges_twice(&self, mapping: NodeId) -> bool {
        let mut seen = HashSet::new();
        let mut next = vec![mapping];
        while let Some(mapping) = next.pop() {
            if !seen.insert(mapping) {
                return true;
            }
            let sources = |merge: MappingEntry| self.tree.mappings(merge.value);
            next.extend(self.tree.merges(mapping).flat_map(sources));
        }
        false
    }

    /// Caches what `find` returns for a node and key. While that runs, the same look-up finds nothing: a mapping that
    /// merges itself adds no entries. A small node without an alias is looked up seldom and needs no cache.
    fn cached(&self, node: NodeId, key: &str, find: impl FnOnce() -> FoundEntry) -> FoundEntry {
        if !self.tree.is_aliased(node) && self.tree.own_entries(node).len() <= 2 * FEW_ENTRIES {
            return find();
        }
        let asked = (node, Box::from(key));
        if let Some(known) = self.cache.borrow().found.get(&asked) {
            return known.clone();
        }
        self.cache.borrow_mut().found.insert(asked.clone(), Ok(None));
        let found = find();
        self.cache.borrow_mut().found.insert(asked, found.clone());
        found
    }

    fn own_entry(&self, mapping: NodeId, key: &str) -> Option<MappingEntry> {
        let mut entries = self.tree.own_entries(mapping).chunks_exact(2).rev();
        let found = entries.find(|pair| self.is_key(pair[0], key))?;
        Some(MappingEntry { key: found[0], value: found[1] })
    }

    /// Whether a node is this string. Comparing the text comes first: it rarely matches.
    fn is_key(&self, id: NodeId, key: &str) -> bool {
        let tree = self.tree;
        tree.text(tree.node(tree.follow(id))) == key && tree.string(id) == Some(key) && !tree.is_merge_key(id)
    }
}
