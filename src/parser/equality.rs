//! Whether two values are equal to Python, as far as Ansible's choice between them depends on it: trust in a
//! string does not count, nor does the order of a mapping's keys.
//!
//! Invariant: [`Likeness::Equal`] and [`Likeness::Different`] are what Python says, but that a `!!set` counts as
//! a mapping; where that would take Python's types, it is [`Likeness::Unclear`]. What is compared is charged to
//! the tree's budget.

use std::collections::HashMap;
use std::hash::Hash;

use self::Likeness::{Different, Equal, Unclear};
use super::tree::{NodeId, Tag, Tree, Value};

/// How deep values are compared, aliases included; Python gives up on deeper ones too.
const DEPTH: usize = 300;

/// How many bytes of text are as dear as one node.
const BYTES: usize = 64;

/// Whether two values are equal; of several parts the greatest decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// They are.
    Equal,
    /// They may be: their types or keys are not known here.
    Unclear,
    /// They are not.
    Different,
}

impl From<bool> for Likeness {
    fn from(equal: bool) -> Self {
        if equal { Equal } else { Different }
    }
}

/// Compares two mappings, given their entries by what the keys mean.
pub(super) fn compare_entries<K: Eq + Hash>(
    tree: &Tree<'_>,
    one: &HashMap<K, NodeId>,
    other: &HashMap<K, NodeId>,
) -> Likeness {
    entries(tree, one, other, 0)
}

fn entries<K: Eq + Hash>(
    tree: &Tree<'_>,
    one: &HashMap<K, NodeId>,
    other: &HashMap<K, NodeId>,
    depth: usize,
) -> Likeness {
    if one.len() != other.len() {
        return Different;
    }
    all(one.iter().map(|(key, &value)| match other.get(key) {
        Some(&with) => compare(tree, value, with, depth),
        None => Different,
    }))
}

/// The likeness of what has these parts.
fn all(parts: impl Iterator<Item = Likeness>) -> Likeness {
    let mut all = Equal;
    for part in parts {
        all = all.max(part);
        if all == Different {
            break;
        }
    }
    all
}

fn compare(tree: &Tree<'_>, one: NodeId, other: NodeId, depth: usize) -> Likeness {
    let ids = [one, other].map(|id| tree.follow(id));
    let [one, other] = ids;
    if depth > DEPTH || !tree.charge(1, one) {
        return Different;
    }
    if one == other {
        return Equal;
    }
    match ids.map(|id| tree.value(id)) {
        [Value::Null, Value::Null] => Equal,
        [Value::Text { text, .. }, Value::Text { text: with, .. }] => {
            if !tree.charge(text.len() / BYTES, one) {
                return Different;
            }
            let [kind, other_kind] = [(one, text), (other, with)].map(|(id, text)| Kind::of(tree, id, text));
            compare_scalars((text, kind), (with, other_kind))
        }
        [Value::Vault, Value::Vault] => {
            let [text, with] = ids.map(|id| tree.text(tree.node(id)));
            (tree.charge(text.len() / BYTES, one) && text == with).into()
        }
        [Value::Other(text), Value::Other(with)] => {
            let [tag, other_tag] = ids.map(|id| tag_name(tree, id));
            let is_same = tree.charge(text.len() / BYTES, one) && text == with && tag == other_tag;
            // a tag makes a number that no number equals of more spellings
            if is_same && !text.to_ascii_lowercase().contains("nan") { Equal } else { Unclear }
        }
        [Value::Other(_), Value::Text { text, .. }] => may_be_typed(Kind::of(tree, other, text)),
        [Value::Text { text, .. }, Value::Other(_)] => may_be_typed(Kind::of(tree, one, text)),
        [Value::Sequence, Value::Sequence] => {
            let [items, with] = ids.map(|id| tree.items(id));
            // Python tells pairs, which are tuples, from mappings
            let is_one_of_pairs = (tree.tag(one) == Tag::Pairs) != (tree.tag(other) == Tag::Pairs);
            if items.len() != with.len() || is_one_of_pairs && !items.is_empty() {
                return Different;
            }
            all(items.iter().zip(with).map(|(&item, &with)| compare(tree, item, with, depth + 1)))
        }
        [Value::Mapping, Value::Mapping] => {
            let [own, with] = ids.map(|id| {
                tree.entries(id).into_iter().map(|(key, entry)| (key, entry.value)).collect::<HashMap<_, _>>()
            });
            let likeness = entries(tree, &own, &with, depth + 1);
            // only where the rest is equal do the keys decide
            let is_unclear = likeness == Equal && ids.iter().any(|&id| has_other_keys(tree, id));
            if is_unclear { Unclear } else { likeness }
        }
        _ => Different,
    }
}

/// Whether a mapping has keys that may be no strings.
fn has_other_keys(tree: &Tree<'_>, id: NodeId) -> bool {
    tree.all_entries(id).iter().any(|entry| match tree.value(entry.key) {
        Value::Text { text, .. } => Kind::of(tree, tree.follow(entry.key), text) != Kind::String,
        _ => true,
    })
}

/// What type Python gives a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    String,
    /// An integer, or a boolean, which Python takes for 0 or 1.
    Number(i64),
    /// Another number, a date, or a string that looks like one.
    Unclear,
}

impl Kind {
    fn of(tree: &Tree<'_>, id: NodeId, text: &str) -> Self {
        if tree.is_resolved(id) { Self::of_plain(text) } else { Self::String }
    }

    /// What a scalar without quotes and tag is.
    fn of_plain(text: &str) -> Self {
        match text {
            "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Self::Number(1),
            "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Self::Number(0),
            "=" | "<<" => Self::Unclear,
            _ => match text.parse::<i64>() {
                // written otherwise, such as with zeros in front, a number is another one
                Ok(number) if number.to_string() == text => Self::Number(number),
                _ if may_be_number(text) => Self::Unclear,
                _ => Self::String,
            },
        }
    }
}

/// The tag in front of a node, as it is written.
fn tag_name<'t>(tree: &'t Tree<'_>, id: NodeId) -> Option<&'t str> {
    let properties = &tree.source()[tree.whole_span(id).start..tree.span(id).start];
    properties.split_whitespace().find(|word| word.starts_with('!'))
}

/// Whether a scalar starts as the numbers and dates of YAML 1.1 do.
fn may_be_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_after_point = |c: char| c.is_ascii_digit() || matches!(c, 'i' | 'I' | 'n' | 'N');
    match digits.strip_prefix('.') {
        Some(rest) => rest.starts_with(is_after_point),
        None => digits.starts_with(|c: char| c.is_ascii_digit()),
    }
}

fn compare_scalars((text, kind): (&str, Kind), (with, other_kind): (&str, Kind)) -> Likeness {
    match (kind, other_kind) {
        (Kind::String, Kind::String) => (text == with).into(),
        (Kind::Number(number), Kind::Number(with)) => (number == with).into(),
        (Kind::Unclear, Kind::Unclear) if text == with => (!is_nan(text)).into(),
        (Kind::String, Kind::Unclear) | (Kind::Unclear, Kind::String) if text != with => Different,
        (Kind::String, Kind::Number(_)) | (Kind::Number(_), Kind::String) => Different,
        _ => Unclear,
    }
}

/// How like a scalar is to one whose tag makes it a number, a boolean, a date or bytes.
fn may_be_typed(kind: Kind) -> Likeness {
    if kind == Kind::String { Different } else { Unclear }
}

/// Whether a scalar without quotes is the number that no number equals.
fn is_nan(text: &str) -> bool {
    matches!(text, ".nan" | ".NaN" | ".NAN")
}

#[cfg(test)]
mod tests {
    use super::super::Parsed;
    use super::*;

    /// How like the two items of a list are.
    fn likeness(items: &str) -> Likeness {
        let Parsed { tree, stopped } = Parsed::new(items, false);
        assert_eq!(stopped, None, "{items}");
        let [one, other] = tree.items(tree.roots()[0]) else { panic!("two items: {items}") };
        let likeness = compare(&tree, *one, *other, 0);
        assert_eq!(likeness, compare(&tree, *other, *one, 0), "{items}");
        likeness
    }

    fn assert_all(expected: Likeness, lists: &[&str]) {
        for items in lists {
            assert_eq!(likeness(items), expected, "{items}");
        }
    }

    #[test]
    fn what_python_calls_equal() {
        assert_all(
            Equal,
            &[
                "['{{ a }}', !unsafe '{{ a }}']",
                "[a, 'a']",
                "[a, !!str a]",
                "[1, 1]",
                "[1, true]",
                "[yes, True]",
                "[OFF, 0]",
                "[1.5, 1.5]",
                "[yEs, 'yEs']",
                "['1', !!str 1]",
                "[10.1.2.x, 10.1.2.x]",
                "[!!omap [a: b], !!pairs [a: b]]",
                "[!!omap [], []]",
                "[~, null]",
                "[{a: b, c: d}, {c: d, 'a': b}]",
                "[{a: b, a: c}, {a: c}]",
                "[{a: [b, {c: d}]}, {a: [b, {c: !unsafe d}]}]",
                "[{<<: {a: b}, c: d}, {a: b, c: d}]",
                "[&a {b: c}, *a]",
                "[!vault x, !vault x]",
                "[.Nan, .Nan]",
                "[-x, '-x']",
                "[.x, '.x']",
                "[+.e, '+.e']",
                "[!!bool yes, &a !!bool 'yes']",
                "[[], []]",
                "[{}, {}]",
            ],
        );
    }

    #[test]
    fn what_python_tells_apart() {
        assert_all(
            Different,
            &[
                "[a, b]",
                "[1, '1']",
                "[-1, '-1']",
                "[.5, 'x']",
                "[1, 2]",
                "[1, no]",
                "[1, a]",
                "[.nan, .nan]",
                "[!!omap [a: b], [a: b]]",
                "[{~: a, b: c}, {~: a, b: d}]",
                "[{a: 1, b: 01}, {a: 2, b: 1}]",
                "[!!int 1, '1']",
                "[!!int 1, a]",
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
                "[!!binary aaaa, aaaa]",
            ],
        );
    }

    #[test]
    fn what_takes_python_to_tell() {
        assert_all(
            Unclear,
            &[
                "[1, 1.0]",
                "[10, 0o12]",
                "[8, 010]",
                "[1, +1]",
                "[0, -0]",
                "[.NaN, .nan]",
                "[=, '=']",
                "[.5, '.5']",
                "[10.1.2.x, '10.1.2.x']",
                "[2001-01-01, 2001-01-01T00:00:00Z]",
                "[!!int 1, !!int 2]",
                "[!!int '1111', !!binary '1111']",
                "[!!float nan, !!float nan]",
                "[-.inf, '-.inf']",
                "[+1, '+1']",
                "[.Nan, '.Nan']",
                "[{1: a}, {'1': a}]",
                "[{yes: a}, {yes: a}]",
                "[{<<: {~: a}}, {}]",
                "[!!int 1, 1]",
                "[{~: a}, {}]",
                "[{~: a}, {~: a}]",
                "[{a: [b, {c: 1.0}]}, {a: [b, {c: 1}]}]",
                "[99999999999999999999, 99999999999999999998]",
            ],
        );
    }

    #[test]
    fn long_texts_are_compared() {
        let text = "x".repeat(200_000);
        for tag in ["", "!vault", "!!binary"] {
            assert_eq!(likeness(&format!("[{tag} {text}, {tag} '{text}']")), Equal, "{tag}");
        }
    }

    #[test]
    fn values_are_compared_so_deep() {
        let chain = |name: &str, length: usize| {
            let links: Vec<_> = (0..length).map(|at| format!("&{name}{} [*{name}{at}]", at + 1)).collect();
            format!("[&{name}0 [x], {}]", links.join(", "))
        };
        let chains = |length| likeness(&format!("[{}, {}]", chain("a", length), chain("b", length)));
        assert_eq!((chains(298), chains(299)), (Equal, Different));
    }

    #[test]
    fn cyclic_values_end() {
        assert_eq!(likeness("[&a [*a], &b [*b]]"), Different);
        assert_eq!(likeness("[&a {x: *a}, &b {x: *b}]"), Different);
    }
}
