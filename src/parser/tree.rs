//! The documents of a text as a tree of nodes, and look-ups in its mappings.
//!
//! Invariant: nodes are in the order of the text, a collection before what it contains, so that the size of the tree is
//! bounded by the size of the text. Aliases do not copy, so a look-up may lead through many of them: the steps of all
//! look-ups are counted, and too many are a failure. What `PyYAML`'s versions read differently is a failure, too.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use super::failure::{Failure, Reason, Result};
use super::task::Setting;
use crate::position::{Span, line_end};

/// How deep lists and mappings may be nested in a text, since libyaml spends time on each open one at every token; and
/// blocks in blocks, which aliases may nest deeper than the text.
pub(super) const DEPTH: usize = 255;
/// How deep merges (`<<`) may lead from one mapping to the next.
pub(super) const MERGE_DEPTH: usize = 50;
/// How many steps all look-ups of a text may take together: in any case, for each of the first 50,000 bytes, and for
/// each byte.
const STEPS: [usize; 3] = [20_000, 100, 15];

/// The index of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(crate) u32);

impl NodeId {
    pub(crate) fn at(index: usize) -> Self {
        Self(narrow(index))
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Offsets fit in 32 bits: the reader refuses files of more than 64 MiB.
pub(super) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// The tags that change how Ansible reads a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    None,
    /// One that Ansible does not know, which it ignores.
    Ignored,
    /// `!!str` or `!!python/unicode`.
    Str,
    /// A lone `!`: to libyaml the scalar is as one without quotes.
    Plain,
    /// `!unsafe`: a string that is never a template.
    Unsafe,
    /// `!!null`.
    Null,
    /// `!vault` or `!vault-encrypted`.
    Vault,
    /// `!!int`, `!!binary` and the other types that are never a string.
    OtherType,
}

impl Tag {
    pub(super) fn named(full: &str) -> Self {
        match full {
            "!" => Self::Plain,
            "!unsafe" => Self::Unsafe,
            "!vault" | "!vault-encrypted" => Self::Vault,
            _ => match full.strip_prefix("tag:yaml.org,2002:") {
                Some("str" | "python/unicode") => Self::Str,
                Some("null") => Self::Null,
                Some("merge" | "value" | "bool" | "int" | "float" | "binary" | "timestamp") => {
                    Self::OtherType
                }
                _ => Self::Ignored,
            },
        }
    }
}

/// How a node was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes.
    DoubleQuoted,
    /// After `|` or `>`.
    BlockScalar,
    /// A collection written by indentation.
    Block,
    /// A collection in braces or brackets.
    Flow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `a..b` is the value in the text.
    Verbatim,
    /// `a` is the index of the decoded value in `Tree::values`.
    Decoded,
    /// `a` is the number of items, `b` the index of the first node behind all that it contains.
    Sequence,
    /// The same, of keys and values in turn.
    Mapping,
    /// `a` is the target's index.
    Alias,
}

impl Shape {
    pub(super) fn is_collection(self) -> bool {
        matches!(self, Self::Sequence | Self::Mapping)
    }
}

/// One node in 20 bytes: a 50 MB file has millions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// The offset of the first byte, that of an anchor or tag if there is one.
    pub(crate) start: u32,
    /// The offset after the last byte; of a block collection that of its last child.
    pub(crate) end: u32,
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) shape: Shape,
    pub(crate) style: Style,
    pub(crate) tag: Tag,
    pub(crate) is_anchored: bool,
}

impl Node {
    pub(crate) fn range(&self) -> Range<usize> {
        self.a as usize..self.b as usize
    }

    pub(crate) fn is_scalar(&self) -> bool {
        matches!(self.shape, Shape::Verbatim | Shape::Decoded)
    }
}

/// An entry of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The key, in the mapping or in one that it merges.
    pub(crate) key: NodeId,
    /// Its value, not yet followed if it is an alias.
    pub(crate) value: NodeId,
}

/// The documents of one text.
#[derive(Debug, Default)]
pub struct Tree<'s> {
    pub(crate) source: &'s str,
    pub(crate) nodes: Vec<Node>,
    pub(super) values: Vec<Box<str>>,
    /// The root nodes of the documents that were read to their end.
    pub(crate) roots: Vec<NodeId>,
    /// Why parsing stopped before the end of the text, if it did.
    pub(crate) stopped: Option<Failure>,
    /// How many steps look-ups may still take, also those in what the text becomes by fixes.
    pub(super) steps: Rc<Cell<usize>>,
}

impl<'s> Tree<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let steps = STEPS[0] + STEPS[1] * source.len().min(50_000) + source.len().saturating_mul(STEPS[2]);
        Self { source, steps: Rc::new(Cell::new(steps)), ..Self::default() }
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The node itself, or the node that it is an alias of.
    pub(crate) fn follow(&self, id: NodeId) -> NodeId {
        let node = self.node(id);
        if node.shape == Shape::Alias { NodeId(node.a) } else { id }
    }

    /// The node with its anchor and tag.
    pub(crate) fn span(&self, id: NodeId) -> Span {
        let node = self.node(id);
        Span::new(node.start as usize, node.end as usize)
    }

    pub(super) fn start(&self, id: NodeId) -> usize {
        self.node(id).start as usize
    }

    /// The value of a scalar with its escapes and folding resolved; an empty text for any other node.
    pub(crate) fn text(&self, node: &Node) -> &str {
        match node.shape {
            Shape::Verbatim => &self.source[node.range()],
            Shape::Decoded => &self.values[node.a as usize],
            _ => "",
        }
    }

    /// A scalar as Ansible reads it, aliases followed; of a list or mapping what is written.
    pub(crate) fn setting(&self, id: NodeId) -> Setting<'_> {
        let id = self.follow(id);
        let node = self.node(id);
        let text = self.text(node);
        match (node.shape, node.tag) {
            (Shape::Sequence | Shape::Mapping | Shape::Alias, _) => {
                Setting::Other(&self.source[self.span(id).range()])
            }
            (_, Tag::Vault) => Setting::Vault,
            (_, Tag::Null) => Setting::Null,
            (_, Tag::OtherType) => Setting::Other(text),
            (_, Tag::Unsafe) if is_null(text) => Setting::Null,
            (_, Tag::Plain) if is_null(text) && !self.is_absent(id) => Setting::Null,
            (_, Tag::None | Tag::Ignored) if node.style == Style::Plain && is_null(text) => Setting::Null,
            _ => self.text_setting(id, text),
        }
    }

    /// A text that a scalar holds: a template unless the scalar is `!unsafe`.
    pub(super) fn text_setting<'t>(&self, scalar: NodeId, text: &'t str) -> Setting<'t> {
        if self.node(scalar).tag == Tag::Unsafe { Setting::Text(text) } else { Setting::of_text(text) }
    }

    /// The node's string, aliases followed; `None` if it is not a string.
    pub(crate) fn string(&self, id: NodeId) -> Option<&str> {
        match self.setting(id) {
            Setting::Text(text) | Setting::Template(text) => Some(text),
            _ => None,
        }
    }

    /// What is directly inside of a collection of this shape, aliases followed; nothing in any other node.
    fn inside(&self, id: NodeId, shape: Shape) -> impl Iterator<Item = NodeId> {
        let id = self.follow(id);
        let is_meant = self.node(id).shape == shape;
        let (mut next, end) = (id.index() + 1, if is_meant { self.behind(id) } else { 0 });
        std::iter::from_fn(move || {
            let child = (next < end).then(|| NodeId::at(next))?;
            next = self.behind(child);
            Some(child)
        })
    }

    /// The index of the first node behind this one and all that it contains.
    fn behind(&self, id: NodeId) -> usize {
        let node = self.node(id);
        if node.shape.is_collection() { node.b as usize } else { id.index() + 1 }
    }

    /// The items of a list, aliases followed; none for any other node.
    pub(crate) fn items(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.inside(id, Shape::Sequence)
    }

    /// The mapping's own entries, aliases followed; none for any other node.
    pub(crate) fn entries(&self, id: NodeId) -> impl Iterator<Item = Entry> {
        let mut inside = self.inside(id, Shape::Mapping);
        std::iter::from_fn(move || Some(Entry { key: inside.next()?, value: inside.next()? }))
    }

    pub(crate) fn is_mapping(&self, id: NodeId) -> bool {
        self.node(self.follow(id)).shape == Shape::Mapping
    }

    /// A mapping, or the items of a list: what `<<` and `module_defaults` take.
    pub(super) fn mappings(&self, value: NodeId) -> impl Iterator<Item = NodeId> {
        let mapping = self.is_mapping(value).then_some(value);
        mapping.into_iter().chain(self.items(value)).map(|id| self.follow(id))
    }

    pub(super) fn is_merge_key(&self, key: NodeId) -> bool {
        let node = self.node(key);
        node.style == Style::Plain && node.tag == Tag::None && self.text(node) == "<<"
    }

    /// Whether the node is an empty plain scalar, such as a missing value; it may have an anchor or a tag.
    pub(crate) fn is_absent(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.shape == Shape::Verbatim && node.style == Style::Plain && node.a == node.b
    }

    /// Counts steps of look-ups, each of some 25 ns. Once there are too many, every call fails.
    pub(crate) fn take_steps(&self, count: usize) -> Result<()> {
        self.steps.set(self.steps.get().saturating_sub(count));
        if self.steps.get() > 0 {
            return Ok(());
        }
        Err(Failure { offset: None, reason: Reason::Unreliable("its aliases repeat too much".into()) })
    }

    /// The entry that gives a key its value: the mapping's own last one, else the one that `<<` merges. `PyYAML` up to
    /// 6.0.3 and from 6.0.4 on prefer different ones of several merged mappings, so all that set the key must agree.
    pub(crate) fn get(&self, mapping: NodeId, key: &str) -> Result<Option<Entry>> {
        self.find(self.follow(mapping), key, 0)
    }

    fn find(&self, mapping: NodeId, key: &str, depth: usize) -> Result<Option<Entry>> {
        self.take_steps(1)?;
        let (mut own, mut merges) = (None, Vec::new());
        for entry in self.entries(mapping) {
            self.take_steps(1)?;
            // comparing the text comes first, since it rarely matches
            if self.text(self.node(entry.key)) == key && self.string(entry.key) == Some(key) {
                own = Some(entry);
            } else if self.is_merge_key(entry.key) {
                merges.push(entry);
            }
        }
        let mut found: Option<Entry> = None;
        for merge in merges.into_iter().rev().filter(|_| own.is_none()) {
            let unreliable = |why| Err(Failure::unreliable(self.start(merge.key), why));
            if depth == MERGE_DEPTH {
                return unreliable("merges (<<) are nested too deep");
            }
            for source in self.mappings(merge.value) {
                let Some(entry) = self.find(source, key, depth + 1)? else { continue };
                let first = found.unwrap_or(entry);
                if !self.is_same_value(first.value, entry.value)? {
                    return unreliable(
                        "PyYAML 6.0.3 and 6.0.4 may read this merge differently; write the key out",
                    );
                }
                found = Some(first);
            }
        }
        Ok(own.or(found))
    }

    fn is_same_value(&self, one: NodeId, other: NodeId) -> Result<bool> {
        let (one, other) = (self.follow(one), self.follow(other));
        self.take_steps(if one == other { 0 } else { self.text(self.node(one)).len() / 8 })?;
        Ok(one == other || (self.node(one).is_scalar() && self.setting(one) == self.setting(other)))
    }

    /// The comments, each from its `#` to the end of its line. Between scalars and aliases every `#` starts one, and
    /// behind the header of a block scalar.
    #[must_use]
    pub fn comments(&self) -> Vec<Span> {
        let mut comments = Vec::new();
        let mut search = |mut from: usize, to: usize| {
            while let Some(found) = self.source.get(from..to).and_then(|gap| gap.find('#')) {
                let start = from + found;
                from = line_end(self.source, start);
                comments.push(Span::new(start, from));
            }
        };
        let mut from = 0;
        for node in &self.nodes {
            if !node.shape.is_collection() {
                let (start, end) = (node.start as usize, node.end as usize);
                search(from, start);
                if node.style == Style::BlockScalar {
                    search(start, line_end(self.source, start));
                }
                from = end.max(from);
            }
        }
        search(from, self.source.len());
        comments
    }

    /// The span of what follows an offset: the first item of a list, the key and value of an entry, or a node.
    pub(crate) fn following(&self, offset: usize) -> Option<Span> {
        let next = NodeId::at(self.nodes.partition_point(|node| (node.start as usize) < offset));
        self.nodes.get(next.index())?;
        let span = self.items(next).next().map_or_else(|| self.span(next), |first| self.span(first));
        // nobody writes more blanks in front of a colon
        let is_key = self.source[span.end..].bytes().take(128).find(|c| !b" \t".contains(c)) == Some(b':');
        let value = self.nodes.get(next.index() + 1).filter(|_| is_key);
        Some(value.map_or(span, |value| Span::new(span.start, span.end.max(value.end as usize))))
    }
}

/// The nulls of YAML 1.1.
fn is_null(text: &str) -> bool {
    // Python's `$` also matches before a line break at the end
    matches!(text, "" | "~" | "null" | "Null" | "NULL" | "~\n" | "null\n" | "Null\n" | "NULL\n")
}
