//! Whether two values are equal to Python, as far as Ansible's choice between them depends on it: trust in a
//! string does not count, nor does the order of a mapping's keys.
//!
//! Invariant: strings, lists and mappings are equal exactly where Python says so; of other types two
//! spellings of one value, such as `1` and `0x1`, count as different. What is compared is charged to the
//! tree's budget.

use std::collections::HashMap;
use std::hash::Hash;

use super::tree::{NodeId, Tree, Value};

/// How deep values are compared, aliases included; Python gives up on deeper ones too.
const DEPTH: usize = 300;

/// How many bytes of text are as dear as one node.
const BYTES: usize = 64;

/// Whether two mappings are equal, given their entries by what the keys mean.
pub(super) fn equal_entries<K: Eq + Hash>(
    tree: &Tree<'_>,
    one: &HashMap<K, NodeId>,
    other: &HashMap<K, NodeId>,
) -> bool {
    compare_entries(tree, one, other, 0)
}

fn compare_entries<K: Eq + Hash>(
    tree: &Tree<'_>,
    one: &HashMap<K, NodeId>,
    other: &HashMap<K, NodeId>,
    depth: usize,
) -> bool {
    let is_in_other =
        |(key, &value): (&K, &NodeId)| other.get(key).is_some_and(|&with| compare(tree, value, with, depth));
    one.len() == other.len() && one.iter().all(is_in_other)
}

fn compare(tree: &Tree<'_>, one: NodeId, other: NodeId, depth: usize) -> bool {
    let (one, other) = (tree.follow(one), tree.follow(other));
    if one == other {
        return true;
    }
    if depth > DEPTH || !tree.charge(1, one) {
        return false;
    }
    match (tree.value(one), tree.value(other)) {
        (Value::Null, Value::Null) => true,
        (Value::Text { text, .. }, Value::Text { text: with, .. }) => {
            let may_differ = tree.is_resolved(one) != tree.is_resolved(other) && may_be_no_string(text);
            tree.charge(text.len() / BYTES, one) && text == with && !may_differ
        }
        (Value::Vault, Value::Vault) | (Value::Other(_), Value::Other(_)) => {
            let texts = [one, other].map(|id| tree.text(tree.node(id)));
            tree.charge(texts[0].len() / BYTES, one) && texts[0] == texts[1]
        }
        (Value::Sequence, Value::Sequence) => {
            let (items, with) = (tree.items(one), tree.items(other));
            items.len() == with.len()
                && items.iter().zip(with).all(|(&item, &with)| compare(tree, item, with, depth + 1))
        }
        (Value::Mapping, Value::Mapping) => {
            let entries = |id| {
                tree.entries(id).into_iter().map(|(key, entry)| (key, entry.value)).collect::<HashMap<_, _>>()
            };
            compare_entries(tree, &entries(one), &entries(other), depth + 1)
        }
        _ => false,
    }
}

/// Whether a text could be a number, a boolean, a date or the like where it stands without quotes.
fn may_be_no_string(text: &str) -> bool {
    let is_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "yes" | "no" | "true" | "false" | "on" | "off" | "y" | "n" | "=" | "<<"
    );
    is_word || text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::super::Parsed;
    use super::*;

    /// Whether the two items of a list are equal.
    fn equal(items: &str) -> bool {
        let Parsed { tree, stopped } = Parsed::new(items, false);
        assert_eq!(stopped, None, "{items}");
        let [one, other] = tree.items(tree.roots()[0]) else { panic!("two items: {items}") };
        let equal = compare(&tree, *one, *other, 0);
        assert_eq!(equal, compare(&tree, *other, *one, 0), "{items}");
        equal
    }

    #[test]
    fn what_python_calls_equal() {
        for items in [
            "['{{ a }}', !unsafe '{{ a }}']",
            "[a, 'a']",
            "[a, !!str a]",
            "[1, 1]",
            "['1', !!str 1]",
            "[10.1.2.x, 10.1.2.x]",
            "[~, null]",
            "[{a: b, c: d}, {c: d, 'a': b}]",
            "[{a: b, a: c}, {a: c}]",
            "[{a: [b, {c: d}]}, {a: [b, {c: !unsafe d}]}]",
            "[{<<: {a: b}, c: d}, {a: b, c: d}]",
            "[&a {b: c}, *a]",
            "[!vault x, !vault x]",
            "[!!int 1, !!int 1]",
            "[[], []]",
            "[{}, {}]",
        ] {
            assert!(equal(items), "{items}");
        }
    }

    #[test]
    fn what_python_tells_apart() {
        for items in [
            "[a, b]",
            "[1, '1']",
            "[-1, '-1']",
            "[.5, '.5']",
            "[Yes, 'Yes']",
            "[null, '']",
            "[null, 'null']",
            "[[], {}]",
            "[[a], [a, b]]",
            "[[a, b], [b, a]]",
            "[{a: b}, {a: c}]",
            "[{a: b}, {c: b}]",
            "[{a: b}, {a: b, c: d}]",
            "[{a: b, c: d}, {a: b}]",
            "[!vault x, x]",
            "[!vault x, !vault y]",
            "[!!int 1, !!int 2]",
            "[!!binary aaaa, aaaa]",
        ] {
            assert!(!equal(items), "{items}");
        }
    }

    #[test]
    fn long_texts_are_compared() {
        let text = "x".repeat(200_000);
        assert!(equal(&format!("['{text}', {text}]")));
        assert!(equal(&format!("[!!binary {text}, !!binary '{text}']")));
    }

    #[test]
    fn cyclic_values_end() {
        assert!(!equal("[&a [*a], &b [*b]]"));
        assert!(!equal("[&a {x: *a}, &b {x: *b}]"));
    }
}
