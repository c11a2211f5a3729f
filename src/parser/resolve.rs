//! Look-ups in a tree as Ansible sees it: duplicate keys and `<<` merges resolved, k=v strings split.
//!
//! Invariant: a look-up visits each mapping at most once, even if mappings merge each other, and fails if the versions
//! of `PyYAML` would find different values.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::failure::{Failure, Unreliable};
use super::key_values::{ActionString, KeyValues, KvError};
use super::template::is_template;
use super::tree::{ALIASED, MERGES, MappingEntry, NodeId, Shape, Tag, Tree, Value, narrow};

/// A mapping with more entries than this is searched through an index.
const LINEAR_ENTRIES: usize = 16;

/// How many mappings a chain of `<<` merges may pass through.
const MERGE_DEPTH: usize = 200;

/// How many entries are listed over the whole text, where merges and aliases repeat them.
const LISTED_ENTRIES: usize = 4 << 20;

/// Longer texts are searched for a template once, and the answer is cached.
const SHORT_TEXT: usize = 256;

/// The entry that gives a key its value, if there is one.
pub(super) type EntryLookup = Result<Option<MappingEntry>, Failure>;

/// Positions of keys among a mapping's children.
type Index = HashMap<Box<str>, u32>;

/// Answers questions about a tree, and caches the answers that are dear.
#[derive(Debug)]
pub(crate) struct Resolver<'t> {
    pub(crate) tree: &'t Tree<'t>,
    cache: RefCell<Cache>,
}

/// Answers so far: aliases can make every task ask the same question.
#[derive(Debug, Default)]
struct Cache {
    indexes: HashMap<NodeId, Index>,
    /// Entries of mappings that merge others, by the number of the key in `keys`.
    found: HashMap<(NodeId, usize), EntryLookup>,
    keys: Vec<Box<str>>,
    key_values: HashMap<NodeId, Result<Rc<KeyValues>, KvError>>,
    actions: HashMap<NodeId, Result<Rc<ActionString>, KvError>>,
    templates: HashMap<NodeId, bool>,
    with_collections: HashMap<NodeId, bool>,
    /// How many entries were listed.
    listed: usize,
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

    /// Whether a scalar holds a template.
    pub(super) fn is_template(&self, id: NodeId) -> bool {
        let id = self.tree.follow(id);
        let text = self.tree.text(self.tree.node(id));
        if text.len() <= SHORT_TEXT {
            return is_template(text);
        }
        *self.cache.borrow_mut().templates.entry(id).or_insert_with(|| is_template(text))
    }

    /// Whether a sequence holds sequences or mappings.
    pub(super) fn has_collections(&self, id: NodeId) -> bool {
        let items = self.tree.items(id);
        if items.is_empty() {
            return false;
        }
        let is_collection = |&item| matches!(self.tree.value(item), Value::Sequence | Value::Mapping);
        let look = || items.iter().any(is_collection);
        *self.cache.borrow_mut().with_collections.entry(self.tree.follow(id)).or_insert_with(look)
    }

    /// The entry that gives `key` its value: the mapping's own last one, else one that `<<` merges.
    ///
    /// In `PyYAML`'s `flatten_mapping` the last entry wins. It puts merged entries before the mapping's own, those of a
    /// later `<<` after those of an earlier one, and, up to 6.0.3, those of a list's first mapping after the others.
    pub(crate) fn get(&self, mapping: NodeId, key: &str) -> EntryLookup {
        self.find(self.tree.follow(mapping), key, 0)
    }

    fn find(&self, mapping: NodeId, key: &str, depth: usize) -> EntryLookup {
        let own = self.own_entry(mapping, key);
        if own.is_some() || self.tree.node(mapping).flags & MERGES == 0 {
            return Ok(own);
        }
        if depth > MERGE_DEPTH {
            return Err(Failure::new(self.tree.span(mapping).start, Unreliable::MergeSize));
        }
        self.cached(mapping, key, || self.find_merged(mapping, key, depth))
    }

    /// The entry that the `<<` of a mapping merge.
    fn find_merged(&self, mapping: NodeId, key: &str, depth: usize) -> EntryLookup {
        let mut winner: Option<MappingEntry> = None;
        let mut differs = None;
        for merge in self.tree.merges(mapping) {
            let Some(entry) = self.find_in_merge(merge, key, depth)? else { continue };
            if let Some(weaker) = winner.replace(entry).filter(|weaker| !self.is_same_value(*weaker, entry)) {
                differs = Some((merge, self.has_aliased_key(weaker) || self.has_aliased_key(entry)));
            }
        }
        match differs {
            Some((merge, may_share_key)) if may_share_key || self.names_twice(mapping) => {
                Err(self.ambiguous(merge))
            }
            _ => Ok(winner),
        }
    }

    /// The entry that one `<<` merges, from a mapping or from the first mapping of a list that has the key.
    fn find_in_merge(&self, merge: MappingEntry, key: &str, depth: usize) -> EntryLookup {
        let value = self.tree.follow(merge.value);
        if self.tree.node(value).shape == Shape::Mapping {
            return self.find_in_source(merge, value, key, depth);
        }
        self.cached(value, key, || {
            let mut first: Option<MappingEntry> = None;
            for &source in self.tree.items(value) {
                let found = self.find_in_source(merge, self.tree.follow(source), key, depth)?;
                match (first, found) {
                    (Some(first), Some(other)) if !self.is_same_value(first, other) => {
                        return Err(self.ambiguous(merge));
                    }
                    _ => first = first.or(found),
                }
            }
            Ok(first)
        })
    }

    fn find_in_source(&self, merge: MappingEntry, source: NodeId, key: &str, depth: usize) -> EntryLookup {
        let found = self.find(source, key, depth + 1)?;
        if found.is_some() && self.own_entry(source, key).is_none() {
            self.check_unsafe(merge, source)?;
        }
        if let Some(entry) = found.filter(|entry| self.has_aliased_key(*entry)) {
            // PyYAML 6.0.4 takes a key that an alias repeats from the first of several entries
            let own = self.tree.own_entries(source).chunks_exact(2).filter(|pair| self.is_key(pair[0], key));
            let mut own = own.map(|pair| MappingEntry { key: pair[0], value: pair[1] });
            let merges = self.tree.node(source).flags & MERGES != 0;
            if own.any(|other| merges || !self.is_same_value(entry, other)) {
                return Err(self.ambiguous(merge));
            }
        }
        Ok(found)
    }

    /// Ansible drops the `<<` of an `!unsafe` mapping when it constructs it, perhaps before another mapping merges it.
    fn check_unsafe(&self, merge: MappingEntry, source: NodeId) -> Result<(), Failure> {
        let node = self.tree.node(source);
        if node.tag == Tag::Unsafe && node.flags & (MERGES | ALIASED) == MERGES | ALIASED {
            return Err(Failure::new(self.tree.whole_span(merge.key).start, Unreliable::UnsafeMerge));
        }
        Ok(())
    }

    fn ambiguous(&self, merge: MappingEntry) -> Failure {
        Failure::new(self.tree.whole_span(merge.key).start, Unreliable::Merge)
    }

    fn has_aliased_key(&self, entry: MappingEntry) -> bool {
        self.tree.is_aliased(self.tree.follow(entry.key))
    }

    fn is_same_value(&self, one: MappingEntry, other: MappingEntry) -> bool {
        let (one, other) = (self.tree.follow(one.value), self.tree.follow(other.value));
        let is_collection = matches!(self.tree.value(one), Value::Sequence | Value::Mapping);
        one == other || (!is_collection && self.tree.value(one) == self.tree.value(other))
    }

    /// Whether a mapping merges another one more than once, directly or through others.
    pub(super) fn names_twice(&self, mapping: NodeId) -> bool {
        let mut seen = HashSet::new();
        let mut next = vec![mapping];
        while let Some(mapping) = next.pop() {
            if !seen.insert(mapping) {
                return true;
            }
            next.extend(self.tree.merges(mapping).flat_map(|merge| self.tree.sources(merge)));
        }
        false
    }

    /// Caches what `find` returns for a node and key. While that runs, the same look-up finds nothing: a mapping that
    /// merges itself adds no entries. A node without an alias is looked up once and needs no cache.
    fn cached(&self, node: NodeId, key: &str, find: impl FnOnce() -> EntryLookup) -> EntryLookup {
        if !self.tree.is_aliased(node) {
            return find();
        }
        let asked = (node, self.key_number(key));
        if let Some(cached) = self.cache.borrow().found.get(&asked) {
            return cached.clone();
        }
        self.cache.borrow_mut().found.insert(asked, Ok(None));
        let found = find();
        self.cache.borrow_mut().found.insert(asked, found.clone());
        found
    }

    /// A number for a key: few are ever asked for.
    fn key_number(&self, key: &str) -> usize {
        let keys = &mut self.cache.borrow_mut().keys;
        let known = keys.iter().position(|known| **known == *key);
        known.unwrap_or_else(|| {
            keys.push(key.into());
            keys.len() - 1
        })
    }

    fn own_entry(&self, mapping: NodeId, key: &str) -> Option<MappingEntry> {
        let entries = self.tree.own_entries(mapping);
        if entries.len() <= 2 * LINEAR_ENTRIES {
            let found = entries.chunks_exact(2).rev().find(|pair| self.is_key(pair[0], key))?;
            return Some(MappingEntry { key: found[0], value: found[1] });
        }
        let indexes = &mut self.cache.borrow_mut().indexes;
        let index = indexes.entry(mapping).or_insert_with(|| self.index(entries));
        let at = *index.get(key)? as usize;
        Some(MappingEntry { key: entries[at], value: entries[at + 1] })
    }

    /// Whether a node is this string. Comparing the text comes first: it rarely matches.
    fn is_key(&self, id: NodeId, key: &str) -> bool {
        let tree = self.tree;
        tree.text(tree.node(tree.follow(id))) == key && tree.string(id) == Some(key) && !tree.is_merge_key(id)
    }

    fn index(&self, entries: &[NodeId]) -> Index {
        let keys = entries.iter().enumerate().step_by(2).filter(|(_, key)| !self.tree.is_merge_key(**key));
        keys.filter_map(|(at, &key)| Some((self.tree.string(key)?.into(), narrow(at)))).collect()
    }

    /// All entries, in the order in which Ansible first sees their keys, each with the value that wins.
    pub(super) fn entries(&self, mapping: NodeId) -> Result<Vec<(&'t str, MappingEntry)>, Failure> {
        let mut all = Vec::new();
        self.list_entries(self.tree.follow(mapping), &mut Vec::new(), &mut all)?;
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut entries: Vec<(&str, MappingEntry)> = Vec::new();
        for entry in all {
            let Some(key) = self.tree.string(entry.key) else { continue };
            if let Some(&at) = seen.get(key) {
                entries[at].1 = entry;
            } else {
                seen.insert(key, entries.len());
                entries.push((key, entry));
            }
        }
        Ok(entries)
    }

    /// All entries of a mapping, the overridden ones included, weakest first.
    fn list_entries(
        &self,
        mapping: NodeId,
        path: &mut Vec<NodeId>,
        all: &mut Vec<MappingEntry>,
    ) -> Result<(), Failure> {
        if path.contains(&mapping) {
            return Ok(());
        }
        let own = self.tree.own_entries(mapping);
        self.cache.borrow_mut().listed += 1 + own.len();
        if path.len() > MERGE_DEPTH || self.cache.borrow().listed > LISTED_ENTRIES {
            return Err(Failure::new(self.tree.span(mapping).start, Unreliable::MergeSize));
        }
        path.push(mapping);
        for merge in self.tree.merges(mapping) {
            for source in self.tree.sources(merge).rev() {
                self.check_unsafe(merge, source)?;
                self.list_entries(source, path, all)?;
            }
        }
        path.pop();
        let own = own.chunks_exact(2).filter(|pair| !self.tree.is_merge_key(pair[0]));
        all.extend(own.map(|pair| MappingEntry { key: pair[0], value: pair[1] }));
        Ok(())
    }
}
