//! Which nodes of a tree more than one place uses.
//!
//! Invariant: a node that [`Sharing::is_own`] calls a task's own can change without any change to what
//! another task, a variable or anything else of the file is; in doubt it is not the task's own.

use std::collections::{HashMap, HashSet};

use super::tasks::{BLOCK, SECTIONS};
use super::tree::{Node, NodeId, Shape, Tree};

/// The parents of a tree's nodes, and what its aliases lead to.
#[derive(Debug)]
pub(crate) struct Sharing {
    /// Empty where the tree has no aliases.
    parents: Vec<Option<Parent>>,
    /// The targets of aliases, and whether each alias only repeats a task, a block or a list of them.
    targets: HashMap<NodeId, bool>,
}

#[derive(Clone, Copy, Debug)]
struct Parent {
    node: NodeId,
    /// Whether tasks or blocks stand in this place, as far as the parent tells.
    holds_tasks: bool,
}

impl Sharing {
    /// Where the aliases that are `gone` no longer count.
    pub(crate) fn new(tree: &Tree<'_>, gone: &HashSet<NodeId>) -> Self {
        let mut sharing = Self { parents: Vec::new(), targets: HashMap::new() };
        let is_alias = |index: &usize| tree.nodes[*index].shape == Shape::Alias;
        let aliases: Vec<_> = (0..tree.nodes.len()).filter(is_alias).map(NodeId::at).collect();
        if aliases.is_empty() {
            return sharing;
        }
        sharing.parents = vec![None; tree.nodes.len()];
        for (index, node) in tree.nodes.iter().enumerate() {
            sharing.adopt(tree, node, NodeId::at(index));
        }
        for alias in aliases.into_iter().filter(|alias| !gone.contains(alias)) {
            let repeats = sharing.repeats_tasks(alias);
            let known = sharing.targets.entry(tree.follow(alias)).or_insert(true);
            *known &= repeats;
        }
        sharing
    }

    /// Whether a node below a task serves this task only; where aliases repeat the task as a whole, it
    /// is still one task.
    pub(crate) fn is_own(&self, node: NodeId, task: NodeId) -> bool {
        if self.parents.is_empty() {
            return true;
        }
        let mut below_task = true;
        let mut next = Some(node);
        while let Some(id) = next {
            below_task &= id != task;
            match self.targets.get(&id) {
                Some(_) if below_task => return false,
                Some(false) => return false,
                _ => next = self.parents[id.index()].map(|parent| parent.node),
            }
        }
        !below_task
    }

    fn adopt(&mut self, tree: &Tree<'_>, node: &Node, id: NodeId) {
        match node.shape {
            Shape::Sequence => {
                for child in &tree.children[node.range()] {
                    self.parents[child.index()] = Some(Parent { node: id, holds_tasks: true });
                }
            }
            Shape::Mapping => {
                for pair in tree.children[node.range()].chunks_exact(2) {
                    let key = tree.string(pair[0]);
                    let holds_tasks = key.is_some_and(|key| SECTIONS.contains(&key) || BLOCK.contains(&key));
                    self.parents[pair[0].index()] = Some(Parent { node: id, holds_tasks: false });
                    self.parents[pair[1].index()] = Some(Parent { node: id, holds_tasks });
                }
            }
            _ => {}
        }
    }

    /// Whether an alias stands where tasks or blocks stand, and not in data.
    fn repeats_tasks(&self, alias: NodeId) -> bool {
        let mut next = self.parents[alias.index()];
        while let Some(parent) = next {
            if !parent.holds_tasks {
                return false;
            }
            next = self.parents[parent.node.index()];
        }
        true
    }
}
