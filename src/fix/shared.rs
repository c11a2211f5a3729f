//! Which nodes of a tree aliases repeat.
//!
//! Invariant: a node without an alias to it or to anything around it stands in one place only.

use crate::parser::{NodeId, Tree};

/// What the aliases of a tree lead to.
#[derive(Debug)]
pub(super) struct Shared {
    /// The first node of each anchored part, the node behind it, and the first alias to it; in order, none within
    /// another.
    parts: Vec<(NodeId, NodeId, NodeId)>,
}

impl Shared {
    pub(super) fn new(tree: &Tree<'_>) -> Self {
        let mut targets: Vec<_> = tree.aliases().map(|alias| (tree.follow(alias), alias)).collect();
        targets.sort_unstable();
        let mut parts: Vec<(NodeId, NodeId, NodeId)> = Vec::new();
        for (target, alias) in targets {
            if parts.last().is_none_or(|(_, after, _)| *after <= target) {
                parts.push((target, tree.after(target), alias));
            }
        }
        Self { parts }
    }

    /// An alias that repeats a node.
    pub(super) fn alias_of(&self, node: NodeId) -> Option<NodeId> {
        self.part_of(node).map(|(_, alias)| alias)
    }

    /// The first node of the part that holds a node and is repeated, and an alias to it.
    pub(super) fn part_of(&self, node: NodeId) -> Option<(NodeId, NodeId)> {
        let behind = self.parts.partition_point(|(first, _, _)| *first <= node);
        let (first, after, alias) = self.parts[behind.checked_sub(1)?];
        (node < after).then_some((first, alias))
    }
}
