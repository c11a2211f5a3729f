//! What depends on the order in which Ansible makes the values of a document: which strings it does not
//! trust, and which mappings are merged without what they merge themselves.
//!
//! Invariant: the order is that of `construct_document` of `PyYAML`, level by level, where
//! `_resolve_and_construct_object` of ansible-core 2.21 makes an `!unsafe` value at once with all that is
//! in it, and `construct_yaml_omap` and `construct_yaml_pairs` make a list with its pairs. Each value is made once, however many aliases lead to it. Linear in the number of nodes.

use std::collections::{HashSet, VecDeque};

use super::tree::{MADE_FIRST, NodeId, Shape, Tag, Tree, UNSAFE};

/// Marks what is made inside an `!unsafe` list or mapping first.
pub(super) fn mark(tree: &mut Tree<'_>) {
    let is_unsafe = |index: usize| is_unsafe_collection(tree, NodeId::at(index));
    if !(0..tree.nodes.len()).any(is_unsafe) {
        return;
    }
    let made = vec![false; tree.nodes.len()];
    let mut construction = Construction {
        tree,
        made,
        deferred: VecDeque::new(),
        flattened: HashSet::new(),
        walking: HashSet::new(),
        walked: HashSet::new(),
    };
    for index in 0..construction.tree.roots.len() {
        construction.document(construction.tree.roots[index]);
    }
}

fn is_unsafe_collection(tree: &Tree<'_>, id: NodeId) -> bool {
    let node = tree.node(id);
    node.tag == Tag::Unsafe && matches!(node.shape, Shape::Sequence | Shape::Mapping)
}

struct Construction<'c, 's> {
    tree: &'c mut Tree<'s>,
    made: Vec<bool>,
    /// Collections that exist and get their content later.
    deferred: VecDeque<NodeId>,
    /// What a `<<` named before it was made itself: its merges are its own entries now.
    flattened: HashSet<NodeId>,
    /// What the collection merges that gets its content.
    walking: HashSet<NodeId>,
    /// What was merged at a time when all its entries were made.
    walked: HashSet<NodeId>,
}

impl Construction<'_, '_> {
    fn document(&mut self, root: NodeId) {
        self.make(root);
        while let Some(collection) = self.deferred.pop_front() {
            for child in self.content(collection, false) {
                self.make(child);
            }
            self.walked.extend(self.walking.drain());
        }
    }

    fn make(&mut self, id: NodeId) {
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            let id = self.tree.follow(id);
            if self.made[id.index()] {
                continue;
            }
            if is_unsafe_collection(self.tree, id) {
                self.make_unsafe(id);
                continue;
            }
            self.made[id.index()] = true;
            if self.is_list_of_pairs(id) {
                next.extend(self.pairs(id).into_iter().rev());
            } else if matches!(self.tree.node(id).shape, Shape::Sequence | Shape::Mapping) {
                self.deferred.push_back(id);
            }
        }
    }

    fn is_list_of_pairs(&self, id: NodeId) -> bool {
        let node = self.tree.node(id);
        node.tag == Tag::Pairs && node.shape == Shape::Sequence
    }

    /// The keys and values of a list of pairs: the mappings that they stand in are never made themselves.
    fn pairs(&self, id: NodeId) -> Vec<NodeId> {
        let items = self.tree.items(id).iter().map(|&item| self.tree.follow(item));
        items.flat_map(|item| self.tree.own_entries(item)).copied().collect()
    }

    fn make_unsafe(&mut self, id: NodeId) {
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            let id = self.tree.follow(id);
            if std::mem::replace(&mut self.made[id.index()], true) {
                continue;
            }
            self.tree.nodes[id.index()].flags |= UNSAFE;
            next.extend(self.content(id, true).into_iter().rev());
        }
    }

    /// The nodes of a collection that gets its content, in their order, with those that it merges and that
    /// may not have been made yet.
    fn content(&mut self, id: NodeId, at_once: bool) -> Vec<NodeId> {
        if self.is_list_of_pairs(id) {
            return self.pairs(id);
        }
        if self.tree.node(id).shape != Shape::Mapping {
            return self.tree.items(id).to_vec();
        }
        if is_unsafe_collection(self.tree, id) && !self.flattened.contains(&id) {
            // Ansible merges into a copy of the node, and the node itself loses its `<<`
            self.tree.nodes[id.index()].flags |= MADE_FIRST;
        }
        self.flatten(id);
        let mut content = Vec::new();
        let mut steps = vec![Step::Own(id)];
        steps.extend(self.parts(id).into_iter().rev().map(Step::Whole));
        while let Some(step) = steps.pop() {
            match step {
                Step::Own(mapping) => {
                    let entries = self.tree.own_entries(mapping).chunks_exact(2);
                    content.extend(entries.filter(|pair| !self.tree.is_merge_key(pair[0])).flatten());
                }
                Step::Whole(merged) => {
                    let now = if at_once { &mut self.walked } else { &mut self.walking };
                    if now.insert(merged) && (at_once || !self.walked.contains(&merged)) {
                        steps.push(Step::Own(merged));
                        steps.extend(self.merged_parts(merged).into_iter().rev().map(Step::Whole));
                    }
                }
            }
        }
        content
    }

    /// Notes what a mapping merges, before anything of it is made.
    fn flatten(&mut self, mapping: NodeId) {
        let mut next = self.parts(mapping);
        while let Some(merged) = next.pop() {
            if self.flattened.insert(merged) {
                next.extend(self.merged_parts(merged));
            }
        }
    }

    /// What is merged with something that a `<<` names.
    fn merged_parts(&self, merged: NodeId) -> Vec<NodeId> {
        if self.tree.node(merged).flags & MADE_FIRST == 0 { self.parts(merged) } else { Vec::new() }
    }

    /// What the `<<` of a mapping name, or the items of a list that is named; weakest first.
    fn parts(&self, id: NodeId) -> Vec<NodeId> {
        match self.tree.node(id).shape {
            Shape::Mapping => self.tree.merge_values(id).collect(),
            _ => self.tree.items(id).iter().rev().map(|&item| self.tree.follow(item)).collect(),
        }
    }
}

enum Step {
    /// The entries that stand in a mapping itself.
    Own(NodeId),
    /// All that comes with what a `<<` names.
    Whole(NodeId),
}
