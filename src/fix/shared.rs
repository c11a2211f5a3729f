//! Finds the nodes that aliases share.
//!
//! Invariant: a node is shared if an alias leads to it or to a collection around it.

use crate::parser::{NodeId, Tree};

/// The parts of a tree that aliases lead to.
#[derive(Debug)]
pub(super) struct Shared {
    /// Of each shared part its first node, the node after it, and the first alias to it; sorted and disjoint.
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

    /// An alias that shares a node.
    pub(super) fn alias_of(&self, node: NodeId) -> Option<NodeId> {
        self.part_of(node).map(|(_, alias)| alias)
    }

    /// The first node of the shared part that contains a node, and an alias to that part.
    pub(super) fn part_of(&self, node: NodeId) -> Option<(NodeId, NodeId)> {
        let after_node = self.parts.partition_point(|(first, _, _)| *first <= node);
        let (first, after, alias) = self.parts[after_node.checked_sub(1)?];
        (node < after).then_some((first, alias))
    }
}
