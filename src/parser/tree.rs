//! The documents of a text as an arena of nodes, in the order of the text.
//!
//! Invariant: an alias is a node that refers to its target, so the tree never grows beyond the size of the text.

use std::collections::HashMap;

use super::position::Span;

/// The index of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(crate) u32);

/// The tags that change how Ansible reads a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// No tag, or one that Ansible does not know, which is ignored.
    None,
    /// A lone `!`: libyaml resolves the scalar as if it were plain, even if it is quoted.
    NonSpecific,
    /// `!!str`, or `!!python/unicode`.
    Str,
    /// `!!null`.
    Null,
    /// `!!merge`.
    Merge,
    /// `!!value`, which Ansible accepts for keys only, where it means `!!str`.
    Value,
    /// `!!int`, `!!binary` and the other types that are never a string.
    OtherType,
    /// `!unsafe`: its strings are never templates.
    Unsafe,
    /// `!vault` or `!vault-encrypted`.
    Vault,
}

impl Tag {
    pub(super) fn named(full: &str) -> Self {
        match full {
            "!" => Self::NonSpecific,
            "!unsafe" => Self::Unsafe,
            "!vault" | "!vault-encrypted" => Self::Vault,
            _ => match full.strip_prefix("tag:yaml.org,2002:") {
                Some("str" | "python/unicode") => Self::Str,
                Some("null") => Self::Null,
                Some("merge") => Self::Merge,
                Some("value") => Self::Value,
                Some("bool" | "int" | "float" | "binary" | "timestamp") => Self::OtherType,
                _ => Self::None,
            },
        }
    }

    /// Whether only scalars may have it: `PyYAML` may replace such a mapping by the value of its key `=`.
    pub(super) fn is_for_scalars(self) -> bool {
        matches!(self, Self::Str | Self::Null | Self::Value | Self::OtherType | Self::Vault)
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
    /// `a..b` are the items in `Tree::children`.
    Sequence,
    /// `a..b` are keys and values in turn in `Tree::children`.
    Mapping,
    /// `a` is the target's index.
    Alias,
}

/// One node in 20 bytes: a 50 MB file has millions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) shape: Shape,
    pub(crate) style: Style,
    pub(crate) tag: Tag,
    pub(crate) flags: u8,
}

/// `!unsafe` itself, or written inside such a list or mapping.
pub(super) const UNSAFE: u8 = 1;
/// Has an anchor.
pub(crate) const ANCHORED: u8 = 2;
/// A mapping with a `<<` key.
pub(super) const MERGES: u8 = 4;
/// An alias leads to it.
pub(crate) const ALIASED: u8 = 8;

/// The value of a node as Ansible reads it, aliases followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'t> {
    /// `null`, `~` or nothing at all.
    Null,
    /// A string; `trusted` says whether Ansible would look for templates in it.
    Text {
        /// The string, escapes and folding resolved.
        text: &'t str,
        /// False below `!unsafe`.
        trusted: bool,
    },
    /// An encrypted string.
    Vault,
    /// A number, boolean, date or bytes because of a tag: the text as written. A plain number is [`Value::Text`] here,
    /// since its text is neither `immutable` nor a template either.
    Other(&'t str),
    /// A list.
    Sequence,
    /// A mapping.
    Mapping,
}

/// An entry of a mapping as Ansible resolves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MappingEntry {
    /// The key, in the mapping or in one that it merges.
    pub(crate) key: NodeId,
    /// Its value, not yet followed if it is an alias.
    pub(crate) value: NodeId,
}

/// The documents of one text.
#[derive(Debug)]
pub(crate) struct Tree<'s> {
    pub(super) source: &'s str,
    pub(crate) nodes: Vec<Node>,
    pub(crate) children: Vec<NodeId>,
    pub(super) values: Vec<Box<str>>,
    /// Where the anchor or tag in front of a node starts.
    pub(super) properties: HashMap<NodeId, u32>,
    pub(super) roots: Vec<NodeId>,
    /// From the `#` to the end of the line, where they were asked for.
    pub(super) comments: Vec<Span>,
}

/// Offsets fit in 32 bits: the reader refuses files of more than 64 MiB.
pub(super) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

impl NodeId {
    pub(crate) fn at(index: usize) -> Self {
        Self(narrow(index))
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Node {
    pub(super) fn span(&self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }

    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.a as usize..self.b as usize
    }
}

impl<'s> Tree<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self {
            source,
            nodes: Vec::new(),
            children: Vec::new(),
            values: Vec::new(),
            properties: HashMap::new(),
            roots: Vec::new(),
            comments: Vec::new(),
        }
    }

    /// The root nodes of the documents that were read to their end.
    pub(crate) fn roots(&self) -> &[NodeId] {
        &self.roots
    }

    /// How many nodes there are.
    pub(crate) fn size(&self) -> usize {
        self.nodes.len()
    }

    /// The text of the file.
    pub(crate) fn source(&self) -> &'s str {
        self.source
    }

    /// The node's own bytes, without the anchor and tag before it.
    pub(crate) fn span(&self, id: NodeId) -> Span {
        self.node(id).span()
    }

    /// The node with the anchor and tag before it.
    pub(crate) fn whole_span(&self, id: NodeId) -> Span {
        let span = self.span(id);
        let start = self.properties.get(&id).map_or(span.start, |&start| start as usize);
        Span::new(start.min(span.start), span.end)
    }

    /// As [`Tree::whole_span`], but ending after the last character of the node's content: after the last key if that
    /// has no value.
    pub(crate) fn content_span(&self, id: NodeId) -> Span {
        let whole = self.whole_span(id);
        let end = self.content_end(id).unwrap_or(whole.start);
        let text = self.source()[whole.start..end.max(whole.start)].trim_end();
        Span::new(whole.start, whole.start + text.len())
    }

    fn content_end(&self, id: NodeId) -> Option<usize> {
        let node = self.node(id);
        if node.style == Style::Block {
            return self.children[node.range()].iter().rev().find_map(|&child| self.content_end(child));
        }
        (node.start != node.end).then_some(node.end as usize)
    }

    /// The span of what follows an offset: the first item of a sequence, the key and value of an entry, or a node.
    pub(crate) fn following(&self, offset: usize) -> Option<Span> {
        let from = self.nodes.partition_point(|node| (node.start as usize) < offset);
        // a collection that was still open when reading stopped has no content
        let is_open =
            |node: &Node| matches!(node.style, Style::Block | Style::Flow) && node.start == node.end;
        let next = from + self.nodes[from..].iter().position(|node| !is_open(node))?;
        let id = NodeId::at(next);
        if let Some(&first) = self.items(id).first() {
            return Some(self.content_span(first));
        }
        let span = self.content_span(id);
        let is_key = self.source()[span.end..].trim_start_matches([' ', '\t']).starts_with(':');
        let has_value = is_key && self.nodes.get(next + 1).is_some(); // reading may stop in between
        let end = if has_value { self.content_span(NodeId::at(next + 1)).end } else { span.end };
        Some(Span::new(span.start, end.max(span.end)))
    }

    /// Where the first node that is not empty starts.
    pub(crate) fn content_start(&self) -> Option<usize> {
        let spans = self.roots.iter().map(|&root| self.whole_span(root));
        spans.filter(|span| span.start != span.end).map(|span| span.start).next()
    }

    /// Whether an alias leads to this node.
    pub(super) fn is_aliased(&self, id: NodeId) -> bool {
        self.node(id).flags & ALIASED != 0
    }

    /// How the node itself was written; aliases count as plain.
    pub(crate) fn style(&self, id: NodeId) -> Style {
        self.node(id).style
    }

    /// The tag of the node itself.
    pub(crate) fn tag(&self, id: NodeId) -> Tag {
        self.node(id).tag
    }

    /// Whether the node, or the one that it is an alias of, has the tag `!unsafe` itself.
    pub(super) fn has_unsafe_tag(&self, id: NodeId) -> bool {
        self.tag(self.follow(id)) == Tag::Unsafe
    }

    /// Whether the node is an empty plain scalar, such as a missing value; it may have an anchor or a tag.
    pub(crate) fn is_absent(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.shape == Shape::Verbatim && node.style == Style::Plain && node.start == node.end
    }

    /// The next node after this one and all nodes inside it.
    pub(crate) fn after(&self, id: NodeId) -> NodeId {
        NodeId(self.last(id).0 + 1)
    }

    /// The last node inside this one, or itself.
    pub(crate) fn last(&self, mut id: NodeId) -> NodeId {
        loop {
            let node = self.node(id);
            match node.shape {
                Shape::Sequence | Shape::Mapping if node.a < node.b => {
                    id = self.children[node.b as usize - 1];
                }
                _ => return id,
            }
        }
    }

    /// All aliases.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = NodeId> {
        let is_alias = |index: &usize| self.nodes[*index].shape == Shape::Alias;
        (0..self.nodes.len()).filter(is_alias).map(NodeId::at)
    }

    /// The node itself, or the node that it is an alias of.
    pub(crate) fn follow(&self, id: NodeId) -> NodeId {
        let node = self.node(id);
        if node.shape == Shape::Alias { NodeId(node.a) } else { id }
    }

    /// The value of the node as Ansible reads it.
    pub(crate) fn value(&self, id: NodeId) -> Value<'_> {
        let id = self.follow(id);
        let node = self.node(id);
        match node.shape {
            Shape::Sequence => Value::Sequence,
            Shape::Mapping | Shape::Alias => Value::Mapping,
            Shape::Verbatim | Shape::Decoded => self.scalar(node),
        }
    }

    fn scalar(&self, node: &Node) -> Value<'_> {
        let text = self.text(node);
        match node.tag {
            Tag::Null => Value::Null,
            Tag::Vault => Value::Vault,
            Tag::OtherType => Value::Other(text),
            _ if is_null(text) && self.is_implicit(node) => Value::Null,
            _ => Value::Text { text, trusted: node.flags & UNSAFE == 0 },
        }
    }

    /// Whether the type of a scalar depends on its text. libyaml resolves `!`, and Ansible `!unsafe`, as if the scalar
    /// were plain.
    fn is_implicit(&self, node: &Node) -> bool {
        match node.tag {
            Tag::None => node.style == Style::Plain,
            // an absent value after `!` is the empty string
            Tag::NonSpecific => node.style != Style::Plain || !self.text(node).is_empty(),
            Tag::Unsafe => true,
            _ => false,
        }
    }

    pub(crate) fn text(&self, node: &Node) -> &str {
        match node.shape {
            Shape::Verbatim => &self.source[node.range()],
            Shape::Decoded => &self.values[node.a as usize],
            _ => "",
        }
    }

    /// The node's string; `None` if it is not a string.
    pub(crate) fn string(&self, id: NodeId) -> Option<&str> {
        match self.value(id) {
            Value::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The items of a sequence; none for any other node.
    pub(crate) fn items(&self, id: NodeId) -> &[NodeId] {
        let node = self.node(self.follow(id));
        if node.shape == Shape::Sequence { &self.children[node.range()] } else { &[] }
    }

    /// Keys and values in turn of the mapping's own entries; none for any other node.
    pub(crate) fn own_entries(&self, id: NodeId) -> &[NodeId] {
        let node = self.node(id);
        if node.shape == Shape::Mapping { &self.children[node.range()] } else { &[] }
    }

    pub(super) fn is_merge_key(&self, key: NodeId) -> bool {
        let node = self.node(self.follow(key));
        match node.tag {
            Tag::Merge => true,
            Tag::None => node.style == Style::Plain && self.text(node) == "<<",
            // PyYAML's pattern matches in front of a last line end too
            Tag::NonSpecific => matches!(self.text(node), "<<" | "<<\n"),
            _ => false,
        }
    }

    /// The `<<` of a mapping, weakest first.
    pub(super) fn merges(&self, mapping: NodeId) -> impl Iterator<Item = MappingEntry> {
        let has_any = self.node(mapping).flags & MERGES != 0;
        let entries = if has_any { self.own_entries(mapping) } else { &[] }.chunks_exact(2);
        let merges = entries.filter(|pair| self.is_merge_key(pair[0]));
        merges.map(|pair| MappingEntry { key: pair[0], value: pair[1] })
    }

    /// What the value of a `<<` or of `module_defaults` names: a mapping, or the items of a list.
    pub(super) fn mappings(&self, value: NodeId) -> impl Iterator<Item = NodeId> {
        let value = self.follow(value);
        let mapping = (self.node(value).shape == Shape::Mapping).then_some(value);
        mapping.into_iter().chain(self.items(value).iter().map(|&item| self.follow(item)))
    }

    /// Whether the mapping is a template without quotes: YAML reads `{{ … }}` as a mapping whose key is a mapping.
    pub(super) fn is_unquoted_template(&self, id: NodeId) -> bool {
        let is_braces = |id: NodeId| {
            let node = self.node(id);
            node.shape == Shape::Mapping && node.style == Style::Flow
        };
        let id = self.follow(id);
        is_braces(id)
            && matches!(self.own_entries(id), &[key, value] if is_braces(key) && self.is_absent(value))
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
}

/// The nulls of YAML 1.1, as PyYAML's pattern for them matches: also in front of a last line end.
fn is_null(text: &str) -> bool {
    let line = text.strip_suffix('\n').filter(|line| !line.is_empty()).unwrap_or(text);
    matches!(line, "" | "~" | "null" | "Null" | "NULL")
}
