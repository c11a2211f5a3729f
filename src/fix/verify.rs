//! Verifies planned fixes: what the text says with them, compared with what it said before.
//!
//! Invariant: with all edits that [`FixPlan::finish`] returns, the text has the same tree except for the argument, and
//! the same findings except for the fixed ones.

use std::collections::{HashMap, HashSet};

use super::{Edit, Fix, FixPlan, NotFixed, Planned, edited};
use crate::parser::{Entry, KeyValues, NodeId, Shape, Tag, Tree};
use crate::rule::{ARGUMENT, IMMUTABLE};

/// Says whether linting a text gives the same except for the open findings with these indices, which are sorted.
type IsSame<'k> = dyn Fn(&Tree<'_>, &[usize]) -> bool + 'k;

impl FixPlan<'_> {
    /// The fixes of the findings that are not suppressed, in the order of their spans and kinds, verified together. One
    /// that cannot be made must not cost the others of the file: where some are not accepted together, each half of
    /// them is verified on its own. The later half comes first, since a fix may change which task a comment below it is
    /// for, which does not matter if that task is fixed, too.
    pub(crate) fn finish(self, is_same: &IsSame<'_>) -> Vec<Fix> {
        let Self { tree, planned, .. } = self;
        let planned: Vec<Planned> = planned.into_values().map(|(_, planned)| planned).collect();
        let open: Vec<usize> = (0..planned.len()).filter(|&at| planned[at].is_ok()).collect();
        let (mut parts, mut accepted) = (vec![open.as_slice()], Vec::new());
        while let Some(part) = parts.pop().filter(|part| !part.is_empty()) {
            if tree.take_steps(2 * tree.source.len()).is_err() {
                break; // to read a large text over and over would take too long
            }
            accepted.splice(..0, part.iter().copied());
            if !is_only_fixed(tree, &planned, &accepted, is_same) {
                accepted.drain(..part.len());
                let (one, other) = part.split_at(part.len() / 2);
                parts.extend([one, other].into_iter().filter(|_| part.len() > 1));
            }
        }
        let fix = |(at, planned): (usize, Planned)| match planned {
            Ok(_) if accepted.binary_search(&at).is_err() => Err(NotFixed::Unverified),
            planned => planned.map(|(edit, _)| edit),
        };
        planned.into_iter().enumerate().map(fix).collect()
    }
}

/// Whether the accepted fixes change nothing except the argument: neither what else the text says nor what else is
/// found in it.
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
    let new = Tree::parse_fixed(&text, tree);
    new.stopped.is_none() && differs_only_in(&changed, tree, &new) && is_same(&new, accepted)
}

/// Whether the argument in these nodes of the old tree, which are sorted, is all that distinguishes the new tree from
/// it: a mapping has the entry in addition; a scalar is the value, or a k=v string that sets it. Both trees are in the
/// order of the text, and a collection says how much it contains, so that they are the same if all their nodes are.
fn differs_only_in(changed: &[NodeId], old: &Tree<'_>, new: &Tree<'_>) -> bool {
    let mut changed = changed.iter().peekable();
    let (mut added, mut anchored) = (HashSet::new(), HashMap::new());
    let mut next = 0;
    for id in (0..old.nodes.len()).map(NodeId::at) {
        let is_changed = changed.next_if_eq(&&id).is_some();
        next = behind_added(next, &added);
        let Some(one) = new.nodes.get(next) else { return false };
        let (new_id, was) = (NodeId::at(next), old.node(id));
        if was.is_anchored {
            anchored.insert(id, new_id);
        }
        let texts = (old.text(was), new.text(one));
        let is_same = match (was.shape, one.shape) {
            (Shape::Alias, Shape::Alias) => anchored.get(&NodeId(was.a)) == Some(&NodeId(one.a)),
            (Shape::Mapping, Shape::Mapping) if is_changed => {
                let entry = new.entries(new_id).find(|entry| is_added(new, *entry));
                entry.is_some_and(|entry| added.insert(entry.key.index())) && one.a == was.a + 2
            }
            (Shape::Mapping, Shape::Mapping) | (Shape::Sequence, Shape::Sequence) => one.a == was.a,
            _ if was.is_scalar() && one.is_scalar() && is_changed => texts.1 == IMMUTABLE || sets_only(texts),
            _ => was.is_scalar() && one.is_scalar() && texts.0 == texts.1,
        };
        let is_new_text = is_changed && was.is_scalar();
        if !is_same
            || (was.tag, was.is_anchored) != (one.tag, one.is_anchored)
            || (was.style != one.style && !is_new_text)
        {
            return false;
        }
        next += 1;
    }
    behind_added(next, &added) == new.nodes.len() && changed.next().is_none()
}

/// The next node that is not added; the added entries are known by the indexes of their keys.
fn behind_added(mut next: usize, added: &HashSet<usize>) -> usize {
    while added.contains(&next) {
        next += 2;
    }
    next
}

fn is_added(new: &Tree<'_>, Entry { key, value }: Entry) -> bool {
    let is_text = |id, text| {
        let node = new.node(id);
        node.tag == Tag::None && !node.is_anchored && new.text(node) == text
    };
    is_text(key, ARGUMENT) && is_text(value, IMMUTABLE)
}

/// Whether the second of two k=v strings sets the argument and has otherwise the same words as the first.
fn sets_only((old, new): (&str, &str)) -> bool {
    let (Some(old), Some(new)) = (KeyValues::parse(old), KeyValues::parse(new)) else { return false };
    old.same_but_for(&new, ARGUMENT) && new.get(ARGUMENT) == Some(IMMUTABLE)
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
        let (old, new) = (Tree::parse(&old), Tree::parse(&new));
        assert!(old.stopped.is_none() && new.stopped.is_none());
        differs_only_in(&[node(&old, &changed)], &old, &new)
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
    }
}
