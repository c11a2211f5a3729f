//! The only file that names the YAML engine: its events become an arena tree with byte spans.
//!
//! Invariant: the tree says what libyaml, the parser under Ansible, would say of the same text, or
//! [`parse`] returns a failure; it never reads a document differently in silence. Where the engine
//! reads YAML 1.2 and libyaml YAML 1.1, [`super::dialect`] rewrites the text first. Aliases stay
//! nodes that name their target, so the tree is never larger than the text.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use super::dialect::{self, Dialect, Edit, Folded};
use super::place::Span;

/// A mapping with more entries than this is searched through an index.
const LINEAR_ENTRIES: usize = 16;

/// How many mappings a chain of `<<` merges may pass through before it counts as unreadable.
const MERGE_DEPTH: usize = 200;

/// How often a text is rewritten to libyaml's reading before it counts as unreadable.
const REWRITES: usize = 32;

/// Why a text, or one of its tasks, could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where; `None` if it concerns the file as a whole.
    pub offset: Option<usize>,
    /// What was wrong, in plain words, and what to do.
    pub message: String,
}

impl Failure {
    /// A text whose meaning for Ansible this tool cannot tell: never a silent pass.
    pub(crate) fn unreliable(offset: usize, why: &str) -> Self {
        Self { offset: Some(offset), message: format!("cannot be read reliably: {why}") }
    }
}

/// The index of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(u32);

/// The tags that change what Ansible makes of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// None, or one that Ansible does not know and that this tool therefore looks through.
    None,
    /// A lone `!`, which libyaml resolves like a plain scalar whatever the quotes.
    NonSpecific,
    /// `!!str` and its spelling for Python.
    Str,
    /// `!!null`.
    Null,
    /// `!!merge`.
    Merge,
    /// `!!int`, `!!binary` and the other types that are never a string.
    OtherType,
    /// `!unsafe`: its strings are never templates.
    Unsafe,
    /// `!vault` or `!vault-encrypted`.
    Vault,
}

impl Tag {
    fn named(full: &str) -> Self {
        match full {
            "!" => Self::NonSpecific,
            "!unsafe" => Self::Unsafe,
            "!vault" | "!vault-encrypted" => Self::Vault,
            _ => match full.strip_prefix("tag:yaml.org,2002:") {
                Some("str" | "python/unicode") => Self::Str,
                Some("null") => Self::Null,
                Some("merge") => Self::Merge,
                Some("bool" | "int" | "float" | "binary" | "timestamp") => Self::OtherType,
                _ => Self::None,
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
enum Shape {
    /// `a..b` is the value in the parsed text.
    Verbatim,
    /// `a` is the index of a value of its own in `Tree::values`.
    Decoded,
    /// `a..b` are the items in `Tree::children`.
    Sequence,
    /// `a..b` are keys and values in turn in `Tree::children`.
    Mapping,
    /// `a` is the target's index.
    Alias,
}

/// One node in 24 bytes: a 50 MB file has millions.
#[derive(Clone, Copy, Debug)]
struct Node {
    start: u32,
    end: u32,
    a: u32,
    b: u32,
    shape: Shape,
    style: Style,
    tag: Tag,
    flags: u8,
}

/// Written inside an `!unsafe` node, or one itself.
const UNSAFE: u8 = 1;
/// Has an anchor, so that an alias may reach it too.
const ANCHORED: u8 = 2;
/// A mapping with a `<<` key.
const MERGES: u8 = 4;

/// What Ansible makes of a node, aliases followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'t> {
    /// `null`, `~` or nothing at all.
    Null,
    /// A string; `template` tells whether Ansible would look for templates in it.
    Text {
        /// The string, escapes and folding resolved.
        text: &'t str,
        /// False below `!unsafe`.
        trusted: bool,
    },
    /// An encrypted string.
    Vault,
    /// A value that a tag makes a number, a boolean, a date or bytes: its text as written. A plain
    /// number is [`Value::Text`] here: it is no more `immutable`, or a template, than its text is.
    Other(&'t str),
    /// A list.
    Sequence,
    /// A mapping.
    Mapping,
}

/// An entry of a mapping as Ansible resolves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The key where it stands in the file.
    pub(crate) key: NodeId,
    /// Its value, not yet followed if it is an alias.
    pub(crate) value: NodeId,
}

/// What `find` has found out: mappings that merge others, by key.
type Merged = HashMap<(NodeId, Box<str>), Option<Entry>>;

type Index = HashMap<Box<str>, u32>;

/// The documents of one text.
#[derive(Debug)]
pub(crate) struct Tree<'s> {
    dialect: Dialect<'s>,
    nodes: Vec<Node>,
    children: Vec<NodeId>,
    values: Vec<Box<str>>,
    /// Where the anchor or tag in front of a node starts.
    properties: HashMap<NodeId, u32>,
    roots: Vec<NodeId>,
    indexes: RefCell<HashMap<NodeId, Index>>,
    merged: RefCell<Merged>,
    too_deep: Cell<Option<NodeId>>,
}

/// Parses a text into its documents, and says where and why reading stopped short of its end.
///
/// The documents before a failure are kept: their findings stand whatever follows.
pub(crate) fn parse(source: &str) -> (Tree<'_>, Option<Failure>) {
    let mut dialect = Dialect::new(source);
    for _ in 0..REWRITES {
        let mut builder = Builder::new(dialect);
        let failure = builder.run();
        if builder.edits.is_empty() {
            return (builder.tree, failure);
        }
        dialect = builder.tree.dialect.rewritten(&builder.edits);
    }
    let offset = dialect.original(0);
    let failure = Failure::unreliable(offset, "flow collections that YAML 1.1 and 1.2 split differently");
    (Tree::new(dialect), Some(failure))
}

/// A collection whose end has not been reached.
struct Open {
    node: NodeId,
    children_from: usize,
    unsafe_below: bool,
}

struct Builder<'s> {
    tree: Tree<'s>,
    open: Vec<Open>,
    /// Finished children of the open collections.
    pending: Vec<NodeId>,
    /// Anchor id to node.
    anchors: HashMap<usize, NodeId>,
    /// Where the text must be rewritten to mean what libyaml reads.
    edits: Vec<Edit>,
}

impl<'s> Builder<'s> {
    fn new(dialect: Dialect<'s>) -> Self {
        Self {
            tree: Tree::new(dialect),
            open: Vec::new(),
            pending: Vec::new(),
            anchors: HashMap::new(),
            edits: Vec::new(),
        }
    }

    fn run(&mut self) -> Option<Failure> {
        let failure = self.read(1024);
        if failure.is_some() && self.edits.is_empty() && dialect::is_json(self.tree.source()) {
            // Ansible tries a JSON decoder first, which knows no limit to the length of a key.
            *self = Self::new(self.tree.dialect.clone());
            return self.read(usize::MAX);
        }
        failure
    }

    fn read(&mut self, longest_key: usize) -> Option<Failure> {
        let text = self.tree.dialect.own_text();
        let text: &str = &text;
        let options = granit_parser::options! {
            bom_inside_document_as_content: true,
            block_scalar_eof_without_line_feed: true,
            emit_anchor_events: true,
            emit_unresolved_aliases: true,
            simple_key_max_lookahead: longest_key,
        };
        let mut parser = Parser::new_from_str_with_options(text, options);
        while let Some(event) = parser.next_event() {
            let step = match event {
                Ok((event, span)) => self.event(text, event, &span),
                Err(error) => {
                    let offset = error.marker().byte_offset().unwrap_or(0);
                    self.check_refused_anchor(text, offset);
                    Err(Failure {
                        offset: Some(self.tree.dialect.original(offset)),
                        message: format!(
                            "does not parse as YAML: {}; mend it, or leave the file out with --exclude",
                            error.info()
                        ),
                    })
                }
            };
            if let Err(failure) = step {
                return Some(failure);
            }
        }
        None
    }

    fn event(&mut self, text: &str, event: Event<'_>, span: &granit_parser::Span) -> Result<(), Failure> {
        let range = span.byte_range().unwrap_or_default();
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                if style == ScalarStyle::Plain && self.in_flow() {
                    self.check_flow_scalar(text, range.start);
                }
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    _ => Style::BlockScalar,
                };
                let id = self.add(Shape::Verbatim, style, span, tag.as_deref(), anchor);
                self.set_value(text, id, &value)?;
                self.pending.push(id);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(Shape::Sequence, style, span, tag.as_deref(), anchor);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(Shape::Mapping, style, span, tag.as_deref(), anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            Event::Alias(anchor) => {
                self.check_anchor_name(text, range.start, range.end)?;
                let id = self.add(Shape::Alias, Style::Plain, span, None, 0);
                let Some(&target) = self.anchors.get(&anchor) else {
                    return Err(self.undefined(range.start, &text[range]));
                };
                self.tree.nodes[id.index()].a = target.0;
                self.pending.push(id);
            }
            Event::UnresolvedAlias(_) => {
                self.check_anchor_name(text, range.start, range.end)?;
                if self.edits.is_empty() {
                    return Err(self.undefined(range.start, &text[range]));
                }
                // the name may resolve once the text is rewritten; until then any node will do
                let id = self.add(Shape::Sequence, Style::Flow, span, None, 0);
                self.pending.push(id);
            }
            Event::Anchor(_, _) => {
                self.check_anchor_name(text, range.start, range.end)?;
                if let Some(last) = self.tree.nodes.len().checked_sub(1) {
                    self.precede(NodeId::at(last), range.start);
                }
            }
            Event::DocumentEnd => self.tree.roots.append(&mut self.pending),
            _ => {}
        }
        Ok(())
    }

    fn undefined(&self, start: usize, alias: &str) -> Failure {
        Failure {
            offset: Some(self.tree.dialect.original(start)),
            message: format!(
                "the alias {alias} names no anchor that stands before it in this document, which Ansible refuses"
            ),
        }
    }

    fn in_flow(&self) -> bool {
        self.open.last().is_some_and(|open| self.tree.nodes[open.node.index()].style == Style::Flow)
    }

    /// In a flow collection libyaml reads `?` and `:` as indicators where the engine starts a scalar.
    fn check_flow_scalar(&mut self, text: &str, start: usize) {
        let indicators = text[start..].bytes().take_while(|byte| matches!(byte, b'?' | b':')).count();
        self.edits.extend((1..=indicators).map(|n| Edit::space(start + n)));
    }

    /// libyaml ends the name of an anchor where the engine may go on.
    fn check_anchor_name(&mut self, text: &str, start: usize, end: usize) -> Result<(), Failure> {
        let name = &text[start + 1..end];
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        match name.bytes().position(|byte| !is_word(byte)) {
            None => Ok(()),
            Some(at) if at > 0 && b"?:,]}%@`".contains(&name.as_bytes()[at]) => {
                self.edits.push(Edit::space(start + 1 + at));
                Ok(())
            }
            Some(_) => Err(Failure::unreliable(
                self.tree.dialect.original(start),
                "the anchor's name holds characters that YAML 1.1 does not allow; rename it",
            )),
        }
    }

    /// `*key: value`, which the engine refuses because it reads the colon as part of the name.
    fn check_refused_anchor(&mut self, text: &str, offset: usize) {
        let Some(name) = text.get(offset..).and_then(|rest| rest.strip_prefix(['*', '&'])) else { return };
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'));
        if let Some(at) = end.filter(|&at| at > 0 && name[at..].starts_with(':')) {
            self.edits.push(Edit::space(offset + 1 + at));
        }
    }

    fn add(
        &mut self,
        shape: Shape,
        style: Style,
        span: &granit_parser::Span,
        tag: Option<&granit_parser::Tag>,
        anchor: usize,
    ) -> NodeId {
        let range = span.byte_range().unwrap_or_default();
        let dialect = &self.tree.dialect;
        let id = NodeId::at(self.tree.nodes.len());
        let known = tag.map_or(Tag::None, |tag| Tag::named(&tag_name(tag)));
        let below_unsafe = self.open.last().is_some_and(|open| open.unsafe_below);
        let mut flags = 0;
        if below_unsafe || known == Tag::Unsafe {
            flags |= UNSAFE;
        }
        if anchor != 0 {
            flags |= ANCHORED;
            self.anchors.insert(anchor, id);
        }
        let (start, end) = (dialect.original(range.start), dialect.original(range.end));
        self.tree.nodes.push(Node {
            start: narrow(start),
            end: narrow(end),
            a: 0,
            b: 0,
            shape,
            style,
            tag: known,
            flags,
        });
        if let Some(tag_start) = span.tag_start().and_then(|mark| mark.byte_offset()) {
            self.precede(id, tag_start);
        }
        id
    }

    fn precede(&mut self, id: NodeId, start: usize) {
        let start = narrow(self.tree.dialect.original(start));
        let earliest = self.tree.properties.entry(id).or_insert(start);
        *earliest = start.min(*earliest);
    }

    fn set_value(&mut self, text: &str, id: NodeId, value: &str) -> Result<(), Failure> {
        let node = self.tree.nodes[id.index()];
        if let Some(folded) = self.tree.dialect.refold(node.span(), node.style)? {
            let value = match folded {
                Folded::Value(value) => value,
                Folded::DoubleQuoted(line) => decode(&line).ok_or_else(|| {
                    Failure::unreliable(node.start as usize, "a quoted string holds U+2028 or U+2029")
                })?,
            };
            self.set_decoded(id, &value);
            return Ok(());
        }
        let node = &mut self.tree.nodes[id.index()];
        // the engine borrows what needs no decoding
        let at = (value.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        if at.checked_add(value.len()).is_some_and(|end| end <= text.len()) {
            node.a = narrow(at);
            node.b = narrow(at + value.len());
        } else if node.start != node.end || node.style != Style::Plain {
            self.set_decoded(id, value);
        } // else an absent value: the empty text, not the engine's `~`
        Ok(())
    }

    fn set_decoded(&mut self, id: NodeId, value: &str) {
        let node = &mut self.tree.nodes[id.index()];
        node.shape = Shape::Decoded;
        node.a = narrow(self.tree.values.len());
        self.tree.values.push(value.into());
    }

    fn open(
        &mut self,
        shape: Shape,
        style: StructureStyle,
        span: &granit_parser::Span,
        tag: Option<&granit_parser::Tag>,
        anchor: usize,
    ) {
        let style = match style {
            StructureStyle::Block => Style::Block,
            StructureStyle::Flow => Style::Flow,
        };
        let node = self.add(shape, style, span, tag, anchor);
        let unsafe_below = self.tree.nodes[node.index()].flags & UNSAFE != 0;
        self.open.push(Open { node, children_from: self.pending.len(), unsafe_below });
    }

    fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let from = self.tree.children.len();
        self.tree.children.extend(self.pending.drain(open.children_from..));
        let last = self.tree.children[from..].last().map(|&last| self.tree.nodes[last.index()].end);
        let merges = self.tree.has_merge_key(from);
        let end = narrow(self.tree.dialect.original(end));
        let to = narrow(self.tree.children.len());
        let node = &mut self.tree.nodes[open.node.index()];
        node.a = narrow(from);
        node.b = to;
        // the engine ends a block collection at the next token, which is no part of it
        node.end = if node.style == Style::Flow { end } else { last.unwrap_or(node.start).max(node.start) };
        if node.shape == Shape::Mapping && merges {
            node.flags |= MERGES;
        }
        self.pending.push(open.node);
    }
}

fn tag_name(tag: &granit_parser::Tag) -> String {
    format!("{}{}", tag.handle(), tag.suffix())
}

/// Offsets fit in 32 bits: the reader refuses files of more than 64 MiB.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

impl NodeId {
    fn at(index: usize) -> Self {
        Self(narrow(index))
    }

    fn index(self) -> usize {
        self.0 as usize
    }
}

impl Node {
    fn span(&self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }

    fn range(&self) -> std::ops::Range<usize> {
        self.a as usize..self.b as usize
    }
}

impl<'s> Tree<'s> {
    fn new(dialect: Dialect<'s>) -> Self {
        Self {
            dialect,
            nodes: Vec::new(),
            children: Vec::new(),
            values: Vec::new(),
            properties: HashMap::new(),
            roots: Vec::new(),
            indexes: RefCell::default(),
            merged: RefCell::default(),
            too_deep: Cell::new(None),
        }
    }

    /// The root nodes of the documents that were read whole.
    pub(crate) fn roots(&self) -> &[NodeId] {
        &self.roots
    }

    /// How many nodes there are.
    pub(crate) fn size(&self) -> usize {
        self.nodes.len()
    }

    /// The text as it stands in the file.
    pub(crate) fn source(&self) -> &'s str {
        self.dialect.source()
    }

    /// The node's own bytes, without the anchor and tag in front of it.
    pub(crate) fn span(&self, id: NodeId) -> Span {
        self.node(id).span()
    }

    /// The node with the anchor and tag in front of it: where YAML says that it starts.
    pub(crate) fn whole_span(&self, id: NodeId) -> Span {
        let span = self.span(id);
        let start = self.properties.get(&id).map_or(span.start, |&start| start as usize);
        Span::new(start.min(span.start), span.end)
    }

    /// True when an alias may reach this node too.
    pub(crate) fn is_anchored(&self, id: NodeId) -> bool {
        self.node(id).flags & ANCHORED != 0
    }

    /// The first mapping whose merges nest too deep to be followed, if a search met one.
    pub(crate) fn too_deep(&self) -> Option<NodeId> {
        self.too_deep.get()
    }

    /// The node itself, or the node that it is an alias of.
    pub(crate) fn follow(&self, id: NodeId) -> NodeId {
        let node = self.node(id);
        if node.shape == Shape::Alias { NodeId(node.a) } else { id }
    }

    /// What Ansible makes of the node.
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
        // libyaml resolves `!` and Ansible `!unsafe` as if the scalar were plain
        let implicit = match node.tag {
            Tag::None => node.style == Style::Plain,
            Tag::NonSpecific | Tag::Unsafe => true,
            _ => false,
        };
        match node.tag {
            Tag::Null => Value::Null,
            Tag::Vault => Value::Vault,
            Tag::OtherType => Value::Other(text),
            _ if implicit && is_null(text) => Value::Null,
            _ => Value::Text { text, trusted: node.flags & UNSAFE == 0 },
        }
    }

    fn text(&self, node: &Node) -> &str {
        match node.shape {
            Shape::Verbatim => &self.dialect.text()[node.range()],
            Shape::Decoded => &self.values[node.a as usize],
            _ => "",
        }
    }

    /// The string that the node is, or `None` if it is none.
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

    /// The entries that stand in the mapping itself, in their order; none for any other node.
    fn own_entries(&self, id: NodeId) -> &[NodeId] {
        let node = self.node(id);
        if node.shape == Shape::Mapping { &self.children[node.range()] } else { &[] }
    }

    /// The entry that decides for `key`: the last one written, else what `<<` brings in.
    ///
    /// `PyYAML`'s `flatten_mapping` puts merged entries in front of the mapping's own, a later `<<`
    /// behind an earlier one, and the first mapping of a sequence behind the others.
    pub(crate) fn get(&self, mapping: NodeId, key: &str) -> Option<Entry> {
        self.find(self.follow(mapping), key, 0)
    }

    fn find(&self, mapping: NodeId, key: &str, depth: usize) -> Option<Entry> {
        let own = self.own_entry(mapping, key);
        if own.is_some() || self.node(mapping).flags & MERGES == 0 {
            return own;
        }
        if depth > MERGE_DEPTH {
            self.too_deep.set(Some(mapping));
            return None;
        }
        let memo = (mapping, Box::from(key));
        if let Some(&known) = self.merged.borrow().get(&memo) {
            return known;
        }
        // a mapping that merges itself has nothing to add
        self.merged.borrow_mut().insert(memo.clone(), None);
        let found = self.merge_sources(mapping).rev().find_map(|source| self.find(source, key, depth + 1));
        self.merged.borrow_mut().insert(memo, found);
        found
    }

    fn own_entry(&self, mapping: NodeId, key: &str) -> Option<Entry> {
        let entries = self.own_entries(mapping);
        if entries.len() <= 2 * LINEAR_ENTRIES {
            let found = entries.chunks_exact(2).rev().find(|pair| self.is_key(pair[0], key))?;
            return Some(Entry { key: found[0], value: found[1] });
        }
        let mut indexes = self.indexes.borrow_mut();
        let index = indexes.entry(mapping).or_insert_with(|| self.index(entries));
        let at = *index.get(key)? as usize;
        Some(Entry { key: entries[at], value: entries[at + 1] })
    }

    /// Whether a node is this string; the text goes first because it rarely is.
    fn is_key(&self, id: NodeId, key: &str) -> bool {
        self.text(self.node(self.follow(id))) == key && self.string(id) == Some(key)
    }

    fn index(&self, entries: &[NodeId]) -> Index {
        let pairs = entries.iter().enumerate().step_by(2);
        pairs.filter_map(|(at, &key)| Some((self.string(key)?.into(), narrow(at)))).collect()
    }

    fn has_merge_key(&self, children_from: usize) -> bool {
        self.children[children_from..].iter().step_by(2).any(|&key| self.is_merge_key(key))
    }

    fn is_merge_key(&self, key: NodeId) -> bool {
        let node = self.node(self.follow(key));
        match node.tag {
            Tag::Merge => true,
            Tag::None => node.style == Style::Plain && self.text(node) == "<<",
            Tag::NonSpecific => self.text(node) == "<<",
            _ => false,
        }
    }

    /// The mappings that `<<` names, weakest first.
    fn merge_sources(&self, mapping: NodeId) -> impl DoubleEndedIterator<Item = NodeId> {
        let entries = self.own_entries(mapping).chunks_exact(2);
        let merges = entries.filter(|pair| self.is_merge_key(pair[0])).map(|pair| self.follow(pair[1]));
        merges.flat_map(|value| {
            let node = self.node(value);
            let sources = match node.shape {
                Shape::Sequence => &self.children[node.range()],
                _ => &[],
            };
            let single = (node.shape == Shape::Mapping).then_some(value);
            single.into_iter().chain(sources.iter().rev().map(|&source| self.follow(source)))
        })
    }

    /// All entries in the order in which Ansible sees their keys for the first time, each with the
    /// value that wins; `limit` bounds how many are looked at.
    pub(crate) fn entries(&self, mapping: NodeId, limit: usize) -> Vec<(&str, Entry)> {
        let mut flat = Vec::new();
        self.flatten(self.follow(mapping), limit, &mut Vec::new(), &mut flat);
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut entries: Vec<(&str, Entry)> = Vec::new();
        for (key, entry) in flat {
            if let Some(&at) = seen.get(key) {
                entries[at].1 = entry;
            } else {
                seen.insert(key, entries.len());
                entries.push((key, entry));
            }
        }
        entries
    }

    fn flatten<'t>(
        &'t self,
        mapping: NodeId,
        limit: usize,
        path: &mut Vec<NodeId>,
        flat: &mut Vec<(&'t str, Entry)>,
    ) {
        if path.contains(&mapping) {
            return;
        }
        if path.len() > MERGE_DEPTH || flat.len() > limit {
            self.too_deep.set(Some(mapping));
            return;
        }
        path.push(mapping);
        if self.node(mapping).flags & MERGES != 0 {
            for source in self.merge_sources(mapping) {
                self.flatten(source, limit, path, flat);
            }
        }
        path.pop();
        for pair in self.own_entries(mapping).chunks_exact(2) {
            if let Some(key) = self.string(pair[0]).filter(|_| !self.is_merge_key(pair[0])) {
                flat.push((key, Entry { key: pair[0], value: pair[1] }));
            }
        }
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
}

/// The nulls of YAML 1.1.
fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The value of a double-quoted scalar on one line.
fn decode(line: &str) -> Option<String> {
    Parser::new_from_str(line).find_map(|event| match event {
        Ok((Event::Scalar(value, ScalarStyle::DoubleQuoted, ..), _)) => Some(value.into_owned()),
        _ => None,
    })
}
