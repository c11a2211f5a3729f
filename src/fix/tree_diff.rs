//! Verifies that two trees differ only by the planned changes.
//!
//! Invariant: [`differs_only_by`] compares every node of both trees, once. Nodes are in the order of the text, so two
//! trees are equal if their nodes are and have as many children.

use std::iter::Peekable;
use std::vec::IntoIter;

use crate::parser::{ALIASED, ANCHORED, KeyValues, Node, NodeId, Shape, Style, Tag, Tree, split_action};
use crate::rule::{ARGUMENT, IMMUTABLE};

/// A planned change of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The mapping gets an entry.
    Insert {
        /// The mapping.
        mapping: NodeId,
        /// The first node after the entry, in the order of the text.
        before: NodeId,
    },
    /// The scalar becomes the value.
    Replace(NodeId),
    /// A pair of the k=v string is set.
    KeyValues {
        /// The string.
        node: NodeId,
        /// Whether the module's name precedes the pairs.
        action: bool,
    },
    /// No node changes.
    Comment,
}

/// Checks that the planned changes are all that distinguishes the new tree from the old one.
///
/// # Errors
/// The offset in the old text of the first node that differs otherwise.
pub(super) fn differs_only_by(
    changes: impl IntoIterator<Item = Change>,
    old: &Tree<'_>,
    new: &Tree<'_>,
) -> Result<(), usize> {
    let (mut nodes, mut before) = (Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Insert { mapping, before: next } => {
                nodes.push((mapping, change));
                before.push(next);
            }
            Change::Replace(node) | Change::KeyValues { node, .. } => {
                nodes.push((node, change));
            }
            Change::Comment => {}
        }
    }
    nodes.sort_by_key(|(node, _)| *node);
    before.sort_unstable();
    let (changes, before) = (nodes.into_iter().peekable(), before.into_iter().peekable());
    let met = Vec::with_capacity(old.nodes.len());
    let mut comparison = Comparison { changes, before, old, new, met, at: 0 };
    comparison.nodes().ok_or_else(|| {
        let last = comparison.met.len().saturating_sub(1);
        old.nodes.get(last).map_or(0, |node| node.start as usize)
    })
}

/// Compares both trees node by node in the order of the text.
struct Comparison<'t> {
    /// The changed nodes that were not compared yet, in their order.
    changes: Peekable<IntoIter<(NodeId, Change)>>,
    /// The nodes not compared yet before which an entry is inserted, in their order.
    before: Peekable<IntoIter<NodeId>>,
    old: &'t Tree<'t>,
    new: &'t Tree<'t>,
    /// For each old node so far the new node that it was compared with.
    met: Vec<NodeId>,
    /// The index of the next new node.
    at: usize,
}

impl Comparison<'_> {
    fn nodes(&mut self) -> Option<()> {
        for (index, old) in self.old.nodes.iter().enumerate() {
            let id = NodeId::at(index);
            self.entries_before(id)?;
            self.met.push(NodeId::at(self.at));
            let new = *self.next_node()?;
            match self.changes.next_if(|(node, _)| *node == id).map(|(_, change)| change) {
                Some(Change::Replace(_)) => {
                    self.is_string(&new, IMMUTABLE)?;
                    same((old, &new), |node| node.flags)?;
                }
                Some(Change::KeyValues { action, .. }) => self.key_values(old, &new, action)?,
                Some(Change::Insert { .. }) => self.same_node(old, &new, 2)?,
                Some(Change::Comment) | None => self.same_node(old, &new, 0)?,
            }
        }
        self.entries_before(NodeId::at(self.old.nodes.len()))?;
        (self.at == self.new.nodes.len()).then_some(())
    }

    /// Checks the entries that are inserted before an old node.
    fn entries_before(&mut self, id: NodeId) -> Option<()> {
        while self.before.next_if_eq(&id).is_some() {
            self.entry()?;
        }
        Some(())
    }

    fn next_node(&mut self) -> Option<&Node> {
        let node = self.new.nodes.get(self.at);
        self.at += 1;
        node
    }

    /// Checks that the next two nodes are the key and the value.
    fn entry(&mut self) -> Option<()> {
        for text in [ARGUMENT, IMMUTABLE] {
            let node = *self.next_node()?;
            self.is_string(&node, text)?;
            (node.flags & ANCHORED == 0).then_some(())?;
        }
        Some(())
    }

    fn is_string(&self, node: &Node, text: &str) -> Option<()> {
        let is_scalar = matches!(node.shape, Shape::Verbatim | Shape::Decoded);
        (is_scalar && node.tag == Tag::None && self.new.text(node) == text).then_some(())
    }

    /// `added` is how many more children the new node has.
    fn same_node(&self, old: &Node, new: &Node, added: u32) -> Option<()> {
        same((old, new), |node| (node.style, node.tag, node.flags & !ALIASED))?;
        match (old.shape, new.shape) {
            (Shape::Sequence, Shape::Sequence) | (Shape::Mapping, Shape::Mapping) => {
                (new.b - new.a == old.b - old.a + added).then_some(())
            }
            (Shape::Alias, Shape::Alias) => (self.met.get(old.a as usize)? == &NodeId(new.a)).then_some(()),
            (Shape::Verbatim | Shape::Decoded, Shape::Verbatim | Shape::Decoded) => {
                (self.old.text(old) == self.new.text(new)).then_some(())
            }
            _ => None,
        }
    }

    fn key_values(&self, old: &Node, new: &Node, action: bool) -> Option<()> {
        same((old, new), |node| (node.tag, node.flags & !ALIASED))?;
        let is_same_style = old.style == new.style || old.style == Style::Plain;
        let texts = (self.old.text(old), self.new.text(new));
        (is_same_style && sets_only(texts, action)).then_some(())
    }
}

/// Whether the second of two k=v strings sets the argument and has otherwise the same pairs as the first.
pub(super) fn sets_only((old, new): (&str, &str), action: bool) -> bool {
    match (read_pairs(old, action), read_pairs(new, action)) {
        (Some((old_name, old)), Some((new_name, new))) => {
            old_name == new_name && old.same_but_for(&new, ARGUMENT) && new.get(ARGUMENT) == Some(IMMUTABLE)
        }
        _ => false,
    }
}

/// The pairs of a k=v string, and the name of the module before them if there is one.
pub(super) fn read_pairs(text: &str, action: bool) -> Option<(String, KeyValues)> {
    let (name, pairs) = if action { split_action(text).ok()? } else { (String::new(), text.to_owned()) };
    Some((name, KeyValues::parse(&pairs).ok()?))
}

fn same<T, P: PartialEq>((old, new): (T, T), part: impl Fn(T) -> P) -> Option<()> {
    (part(old) == part(new)).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parsed;

    /// The node whose text this is.
    fn node(tree: &Tree<'_>, text: &str) -> NodeId {
        let is_scalar = |node: &Node| matches!(node.shape, Shape::Verbatim | Shape::Decoded);
        let at = tree.nodes.iter().position(|node| is_scalar(node) && tree.text(node) == text);
        NodeId::at(at.expect("a node"))
    }

    /// Whether the texts, in which `k` is the argument and `w` its value, differ only by this change.
    fn changes_only(old: &str, change: impl Fn(&Tree<'_>) -> Change, new: &str) -> bool {
        let [old, new] = [old, new].map(|text| text.replace('w', IMMUTABLE).replace('k', ARGUMENT));
        let (old, new) = (Parsed::new(&old, false), Parsed::new(&new, false));
        assert!(old.stopped.is_none() && new.stopped.is_none());
        differs_only_by([change(&old.tree)], &old.tree, &new.tree).is_ok()
    }

    #[test]
    fn a_value_is_replaced_by_the_planned_string_only() {
        let value = |tree: &Tree<'_>| Change::Replace(node(tree, "v"));
        for new in ["[a, {k: w}, b]", "[a, {k: 'w'}, b]"] {
            assert!(changes_only("[a, {k: v}, b]", value, new), "{new}");
        }
        for new in [
            "[a, {k: v}, b]",
            "[a, {k: W}, b]",
            "[a, {k: [w]}, b]",
            "[a, {k: !vault w}, b]",
            "[a, {k: !!int w}, b]",
            "[a, {k: !!str w}, b]",
            "[a, {k: &w w}, b]",
            "[a, {k: }, b]",
            "[c, {k: w}, b]",
            "[a, {k: w}, c]",
            "[a, {k: w}, b, c]",
            "[a, {k: w}]",
            "[a, {k: w, l: w}, b]",
            "[a, {l: w}, b]",
            "['a', {k: w}, b]",
            "[!unsafe a, {k: w}, b]",
            "[&a a, {k: w}, b]",
            "[a, [k, w], b]",
            "{a: {k: w}, b: c}",
            "[a, {k: w}, b]\n--- a",
        ] {
            assert!(!changes_only("[a, {k: v}, b]", value, new), "{new}");
        }
        assert!(changes_only("[&v v, *v]", value, "[&v w, *v]"));
        assert!(!changes_only("[&v v, *v, b]", value, "[w, 'b', b]"));
    }

    #[test]
    fn aliases_lead_to_the_same_node() {
        let value = |tree: &Tree<'_>| Change::Replace(node(tree, "v"));
        let old = "[&a a, &b b, v, *a]";
        assert!(changes_only(old, value, "[&a a, &b b, w, *a]"));
        assert!(changes_only(old, value, "[&c a, &b b, w, *c]"));
        assert!(!changes_only(old, value, "[&a a, &b b, w, *b]"));
    }

    #[test]
    fn a_mapping_gets_one_entry_where_it_was_planned() {
        let insert = |tree: &Tree<'_>| {
            let before = node(tree, "b");
            Change::Insert { mapping: NodeId::at(tree.roots()[0].index()), before }
        };
        assert!(changes_only("{a: x, b: y}", insert, "{a: x, k: w, b: y}"));
        for new in [
            "{a: x, b: y}",
            "{k: w, a: x, b: y}",
            "{a: x, b: y, k: w}",
            "{a: x, k: w, k: w, b: y}",
            "{a: x, k: v, b: y}",
            "{a: x, l: w, b: y}",
            "{a: x, &k k: w, b: y}",
            "{a: x, k: &w w, b: y}",
            "{a: x, !vault k: w, b: y}",
            "{a: x, k: w, b: z}",
        ] {
            assert!(!changes_only("{a: x, b: y}", insert, new), "{new}");
        }
    }

    #[test]
    fn pairs_are_set_and_the_others_stay() {
        let set_pair = |action| {
            move |tree: &Tree<'_>| Change::KeyValues {
                node: node(tree, &format!("m a=b {ARGUMENT}=v c")),
                action,
            }
        };
        let old = "x: m a=b k=v c";
        for action in [false, true] {
            for new in ["x: m a=b k=w c", "x: m a=b k=v k=w c", "x: m a=b k=v c k=w", "x: 'm a=b k=w c'"] {
                assert!(changes_only(old, set_pair(action), new), "{new}");
            }
            for new in [
                "x: m a=b k=v c",
                "x: m a=b k=w",
                "x: m a=c k=w c",
                "x: m a=b k=w k=v c",
                "x: m a=b k=w c d=e",
                "x: !unsafe m a=b k=w c",
                "x: &m m a=b k=w c",
                "x: [m a=b k=w c]",
                "x: m a='b k=w c",
            ] {
                assert!(!changes_only(old, set_pair(action), new), "{new}");
            }
        }
        assert!(!changes_only(old, set_pair(true), "x: n a=b k=w c"));
        assert!(!changes_only("x: 'm a=b k=v c'", set_pair(true), "x: m a=b k=w c"));
    }
}
