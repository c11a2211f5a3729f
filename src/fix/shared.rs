//! Finds the nodes that aliases share.
//!
//! Invariant: a node is shared if an alias leads to it or to a collection around it.

use crate::parser::{NodeId, Tree, positions};

/// The parts of a tree that aliases lead to.
#[derive(Debug)]
pub(super) struct SharedNodes {
    /// Of each shared part its first node, the node after it, and the line of the first alias to it; sorted and
    /// disjoint.
    parts: Vec<(NodeId, NodeId, u32)>,
}

impl SharedNodes {
    pub(super) fn new(tree: &Tree<'_>) -> Self {
        let offsets: Vec<usize> = tree.aliases().map(|alias| tree.span(alias).start).collect();
        let lines = positions(tree.source().as_bytes(), &offsets).into_iter().map(|position| position.line);
        let mut targets: Vec<_> = tree.aliases().map(|alias| tree.follow(alias)).zip(lines).collect();
        targets.sort_unstable();
        let mut parts: Vec<(NodeId, NodeId, u32)> = Vec::new();
        for (target, line) in targets {
            if parts.last().is_none_or(|(_, after, _)| *after <= target) {
                parts.push((target, tree.after(target), line));
            }
        }
        Self { parts }
    }

    /// The line of an alias that shares a node.
    pub(super) fn alias_of(&self, node: NodeId) -> Option<u32> {
        let after_node = self.parts.partition_point(|(first, _, _)| *first <= node);
        let (_, after, line) = self.parts[after_node.checked_sub(1)?];
        (node < after).then_some(line)
    }
}
