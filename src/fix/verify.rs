//! Verifies planned fixes: what the text says with them, compared with what it said before.
//!
//! Invariant: with all edits that [`FixPlan::finish`] returns, the text has the same tree except for the argument, and
//! the same findings except for the fixed ones.

use std::collections::HashMap;
use std::iter::Peekable;
use std::slice::Iter;

use super::{Edit, Fix, FixPlan, NotFixed, Planned, edited};
use crate::parser::{ANCHORED, KeyValues, NodeId, Parsed, Shape, Tree};
use crate::rule::{ARGUMENT, IMMUTABLE};

/// How many bytes of text are read again in all, if the edits of a file cannot be made all together.
const MOST_BYTES: usize = 16 << 20;

/// Says whether linting a text gives the same except for the open findings with these indices, which are sorted.
type IsSame<'k> = dyn Fn(&Parsed<'_>, &[usize]) -> bool + 'k;

impl FixPlan<'_> {
    /// The fixes of the findings that are not suppressed, in the order of their spans and kinds, verified together. One
    /// that cannot be made must not cost the others of the file: where some are not accepted together, each half of them
    /// is verified on its own.
    pub(crate) fn finish(self, is_same: &IsSame<'_>) -> Vec<Fix> {
        let Self { tree, planned, .. } = self;
        let planned: Vec<Planned> = planned.into_values().collect();
        let open: Vec<usize> = (0..planned.len()).filter(|&at| planned[at].is_ok()).collect();
        let mut attempts = 1 + MOST_BYTES / (tree.source.len() + 1);
        let (mut parts, mut accepted) = (vec![open.as_slice()], Vec::new());
        while let Some(part) = parts.pop().filter(|part| attempts > 0 && !part.is_empty()) {
            attempts -= 1;
            let before = accepted.len();
            accepted.extend_from_slice(part);
            if !is_only_fixed(tree, &planned, &accepted, is_same) {
                accepted.truncate(before);
                let (one, other) = part.split_at(part.len() / 2);
                parts.extend([other, one].into_iter().filter(|_| part.len() > 1));
            }
        }
        let fix = |(at, planned): (usize, Planned)| match planned {
            Ok(_) if accepted.binary_search(&at).is_err() => Err(NotFixed::Unverified),
            planned => planned.map(|(edit, _)| edit),
        };
        planned.into_iter().enumerate().map(fix).collect()
    }
}

/// Whether the accepted fixes change nothing except the argument: neither what else the text says nor what else is found
/// in it.
fn is_only_fixed(tree: &Tree<'_>, planned: &[Planned], accepted: &[usize], is_same: &IsSame<'_>) -> bool {
    let mut fixes: Vec<_> = accepted.iter().flat_map(|&at| &planned[at]).collect();
    fixes.sort();
    fixes.dedup();
    let end = |edit: &Edit| edit.offset + edit.length.max(1);
    if fixes.windows(2).any(|pair| end(&pair[0].0) > pair[1].0.offset) {
        return false;
    }
    let changed: Vec<NodeId> = fixes.iter().filter_map(|(_, node)| *node).collect();
    let text = edited(tree.source, fixes.iter().map(|(edit, _)| edit));
    let new = Parsed::new(&text);
    new.stopped.is_none() && differs_only_in(&changed, tree, &new.tree) && is_same(&new, accepted)
}

/// Whether the argument in these nodes of the old tree, which are sorted, is all that distinguishes the new tree from
/// it: a mapping has the entry in addition; a scalar is the value, or a k=v string that sets it.
fn differs_only_in(changed: &[NodeId], old: &Tree<'_>, new: &Tree<'_>) -> bool {
    let mut comparison = Comparison { old, new, changed: changed.iter().peekable(), met: HashMap::new() };
    comparison.are_same(&old.roots, &new.roots) && comparison.changed.next().is_none()
}

/// Compares every node of both trees, once, in the order of the text.
struct Comparison<'t> {
    old: &'t Tree<'t>,
    new: &'t Tree<'t>,
    /// The changed nodes that were not met yet.
    changed: Peekable<Iter<'t, NodeId>>,
    /// For each old node with an anchor so far the new one.
    met: HashMap<NodeId, NodeId>,
}

impl Comparison<'_> {
    fn are_same(&mut self, old: &[NodeId], new: &[NodeId]) -> bool {
        old.len() == new.len() && old.iter().zip(new).all(|(&old, &new)| self.is_same(old, new))
    }

    fn is_same(&mut self, old_id: NodeId, new_id: NodeId) -> bool {
        let is_changed = self.changed.next_if_eq(&&old_id).is_some();
        let (old, new) = (self.old.node(old_id), self.new.node(new_id));
        let texts = (self.old.text(old), self.new.text(new));
        let (old_items, new_items) = (children(self.old, old_id), children(self.new, new_id));
        if (old.tag, old.flags) != (new.tag, new.flags) {
            return false;
        }
        if old.has(ANCHORED) {
            self.met.insert(old_id, new_id);
        }
        match (old.shape, new.shape) {
            (Shape::Alias, Shape::Alias) => self.met.get(&NodeId(old.a)) == Some(&NodeId(new.a)),
            (Shape::Verbatim | Shape::Decoded, Shape::Verbatim | Shape::Decoded) if is_changed => {
                texts.1 == IMMUTABLE || sets_only(texts)
            }
            (Shape::Mapping, Shape::Mapping) if is_changed && old.style == new.style => {
                let new = |id: NodeId| self.new.node(id);
                let is_text = |id, text| new(id).flags == 0 && self.new.text(new(id)) == text;
                let is_added = |entry: &[NodeId]| is_text(entry[0], ARGUMENT) && is_text(entry[1], IMMUTABLE);
                let Some(at) = new_items.chunks_exact(2).position(is_added) else { return false };
                self.are_same(old_items, &[&new_items[..2 * at], &new_items[2 * at + 2..]].concat())
            }
            (old_shape, new_shape) => {
                let is_same_node = old_shape == new_shape && old.style == new.style && texts.0 == texts.1;
                is_same_node && self.are_same(old_items, new_items)
            }
        }
    }
}

/// What is directly inside a node: keys and values in turn, or items.
fn children<'t>(tree: &'t Tree<'_>, id: NodeId) -> &'t [NodeId] {
    let node = tree.node(id);
    let is_collection = matches!(node.shape, Shape::Sequence | Shape::Mapping);
    if is_collection { &tree.children[node.range()] } else { &[] }
}

/// Whether the second of two k=v strings sets the argument and has otherwise the same words as the first. White space
/// alone is a word to Ansible.
fn sets_only((old, new): (&str, &str)) -> bool {
    let (Some(old_words), Some(new)) = (KeyValues::parse(old), KeyValues::parse(new)) else { return false };
    let is_blank = !old.is_empty() && old.trim().is_empty();
    !is_blank && old_words.same_but_for(&new, ARGUMENT) && new.get(ARGUMENT) == Some(IMMUTABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The scalar whose text this is; the first mapping for `{}`.
    fn node(tree: &Tree<'_>, text: &str) -> NodeId {
        let is_it = |id: &NodeId| match tree.node(*id).shape {
            Shape::Mapping => text == "{}",
            Shape::Verbatim | Shape::Decoded => tree.text(tree.node(*id)) == text,
            _ => false,
        };
        (0..tree.nodes.len()).map(NodeId::at).find(is_it).expect("a node")
    }

    /// Whether the texts, in which `k` is the argument and `w` its value, differ only in the node with this text.
    fn changes_only(old: &str, changed: &str, new: &str) -> bool {
        let [old, changed, new] =
            [old, changed, new].map(|text| text.replace('w', IMMUTABLE).replace('k', ARGUMENT));
        let (old, new) = (Parsed::new(&old), Parsed::new(&new));
        assert!(old.stopped.is_none() && new.stopped.is_none());
        differs_only_in(&[node(&old.tree, &changed)], &old.tree, &new.tree)
    }

    #[test]
    fn a_value_is_replaced_by_the_planned_string_only() {
        for new in ["[a, {k: w}, b]", "[a, {k: 'w'}, b]"] {
            assert!(changes_only("[a, {k: v}, b]", "v", new), "{new}");
        }
        for new in [
            "[a, {k: v}, b]",
            "[a, {k: W}, b]",
            "[a, {k: [w]}, b]",
            "[a, {k: !vault w}, b]",
            "[a, {k: !!int w}, b]",
            "[a, {k: !!str w}, b]",
            "[a, {k: !other w}, b]",
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
            assert!(!changes_only("[a, {k: v}, b]", "v", new), "{new}");
        }
        assert!(!changes_only("[v, {k: v}]", "v", "[v, {k: w}]"));
        assert!(changes_only("[&v v, *v]", "v", "[&v w, *v]"));
        assert!(!changes_only("[&v v, *v, b]", "v", "[w, 'b', b]"));
    }

    #[test]
    fn aliases_lead_to_the_same_node() {
        let old = "[&a a, &b b, v, *a]";
        assert!(changes_only(old, "v", "[&a a, &b b, w, *a]"));
        assert!(changes_only(old, "v", "[&c a, &b b, w, *c]"));
        assert!(!changes_only(old, "v", "[&a a, &b b, w, *b]"));
    }

    #[test]
    fn a_mapping_gets_one_entry() {
        for new in ["{a: x, k: w, b: y}", "{k: w, a: x, b: y}", "{a: x, b: y, 'k': \"w\"}"] {
            assert!(changes_only("{a: x, b: y}", "{}", new), "{new}");
        }
        for new in [
            "{a: x, b: y}",
            "{a: x, k: w, k: w, b: y}",
            "{a: x, k: v, b: y}",
            "{a: x, l: w, b: y}",
            "{a: x, &k k: w, b: y}",
            "{a: x, k: &w w, b: y}",
            "{a: x, !!str k: w, b: y}",
            "{a: x, k: !other w, b: y}",
            "{a: x, k: [w], b: y}",
            "{a: x, k: w, b: z}",
            "{a: x, k: w}",
            "{k: w, b: y, a: x}",
            "k: w\na: x\nb: y",
        ] {
            assert!(!changes_only("{a: x, b: y}", "{}", new), "{new}");
        }
        assert!(!changes_only("[{a: x}, {b: y}]", "{}", "[{a: x}, {b: y, k: w}]"));
    }

    #[test]
    fn pairs_are_set_and_the_others_stay() {
        let (old, string) = ("x: m a=b k=v c", "m a=b k=v c");
        for new in ["x: m a=b k=w c", "x: m a=b k=v k=w c", "x: m a=b k=v c k=w", "x: 'm a=b k=w c'"] {
            assert!(changes_only(old, string, new), "{new}");
        }
        for new in [
            "x: m a=b k=v c",
            "x: m a=b k=w",
            "x: m a=c k=w c",
            "x: m a=b k=w k=v c",
            "x: m a=b k=w c d=e",
            "x: n a=b k=w c",
            "x: !unsafe m a=b k=w c",
            "x: &m m a=b k=w c",
            "x: [m a=b k=w c]",
            "x: m a='b k=w c",
        ] {
            assert!(!changes_only(old, string, new), "{new}");
        }
        assert!(changes_only("x: ''", "", "x: 'k=w'"));
        assert!(!changes_only("x: ' '", " ", "x: ' k=w'"));
    }
}
