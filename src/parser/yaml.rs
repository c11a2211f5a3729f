//! Builds a [`Tree`] from libyaml's events.
//!
//! Invariant: the tree is what libyaml, the parser that Ansible uses, reads in the text, up to the returned failure if
//! there is one. The work is bounded by [`limits`] and [`DEPTH`].

use std::borrow::Cow;
use std::collections::HashMap;

use super::breaks::{is_break, line_end, line_start};
use super::failure::{Failure, NotYaml, Reason, Unreliable};
use super::json;
use super::libyaml::{Event, EventKind, LibyamlError, LibyamlErrorKind, NodeProperties, Parser};
use super::limits;
use super::position::Span;
use super::tree::{ALIASED, ANCHORED, MERGES, Node, NodeId, Shape, Style, Tag, Tree, UNSAFE, narrow};

/// How many collections may be open: libyaml spends time on each of them at every token.
const DEPTH: usize = 255;

/// How many characters of an alias's name an error quotes.
const LONGEST_NAME: usize = 80;

/// Parses a text into its documents, and says where and why parsing stopped before its end.
///
/// The documents before a failure are kept, and so are their findings. Comments take time to find and are kept only if
/// asked for.
pub(super) fn parse(source: &str, comments: bool) -> (Tree<'_>, Option<Failure>) {
    if let Some(failure) = limits::exceeded(source) {
        return (Tree::new(source), Some(failure));
    }
    let is_json = json::is_json(source);
    let text = if is_json { json::without_surrogates(source) } else { Cow::Borrowed(source) };
    let mut builder = Builder::new(source, comments);
    let stopped = builder.run(&text).err();
    if let Some(Stop::Refused(LibyamlError { kind: LibyamlErrorKind::Character, offset, .. }, _)) = stopped {
        // libyaml has not parsed up to the character: read again the documents before it
        let end = source[..offset].rfind("\n---").map_or(0, |at| at + 1);
        builder = Builder::new(source, comments);
        let _ = builder.run(&text[..end]); // an error of theirs ends them, and the first one is reported
    }
    let tree = builder.tree;
    let failure = match stopped {
        None if is_json => json::unreliable(&tree).map(|(at, why)| Failure::new(at, why)),
        None => None,
        Some(Stop::Failed(failure)) => Some(failure),
        Some(Stop::Refused(error, _)) if is_json => {
            Some(Failure::new(error.offset, Unreliable::Json(error.problem)))
        }
        Some(Stop::Refused(error, bracket)) => Some(explain(source, error, bracket)),
    };
    (tree, failure)
}

/// Explains libyaml's error to people; `bracket` is the innermost one that was open.
fn explain(source: &str, error: LibyamlError, bracket: Option<usize>) -> Failure {
    if let Some(marker) = conflict_marker(&source[..line_end(source, error.offset)]) {
        return Failure::new(marker, NotYaml::ConflictMarker);
    }
    let line = &source[line_start(source, error.offset)..error.offset];
    if source[error.offset..].starts_with('\t') && line.chars().all(|c| matches!(c, ' ' | '\t' | '-')) {
        return Failure::new(error.offset, NotYaml::Tab);
    }
    if let LibyamlErrorKind::OpenQuote(quote) = error.kind {
        return Failure::new(quote, NotYaml::OpenQuote);
    }
    if let Some(bracket) = bracket.filter(|&bracket| is_never_closed(&source[bracket..])) {
        return Failure::new(bracket, NotYaml::OpenBracket);
    }
    let context = error.context.map(|(context, _)| context + ", ").unwrap_or_default();
    Failure::new(error.offset, NotYaml::Other(context + &error.problem))
}

/// The first conflict marker that git has left.
fn conflict_marker(text: &str) -> Option<usize> {
    let starts_line = |&at: &usize| at == 0 || text[..at].ends_with(is_break);
    ["<<<<<<< ", ">>>>>>> "]
        .iter()
        .filter_map(|mark| text.match_indices(mark).map(|(at, _)| at).find(starts_line))
        .min()
}

/// Whether the bracket at the start of the text is never closed; brackets in quotes and comments count too.
fn is_never_closed(text: &str) -> bool {
    let (open, close) = if text.starts_with('[') { (b'[', b']') } else { (b'{', b'}') };
    let mut depth = 0;
    for at in memchr::memchr2_iter(open, close, text.as_bytes()) {
        depth += if text.as_bytes()[at] == open { 1 } else { -1 };
        if depth == 0 {
            return false;
        }
    }
    true
}

/// Why building the tree stopped before the end of the text.
enum Stop {
    /// libyaml's error, and the offset of the innermost open bracket.
    Refused(LibyamlError, Option<usize>),
    Failed(Failure),
}

/// A collection whose end has not been reached.
struct Open {
    node: NodeId,
    children_from: usize,
}

struct Builder<'s> {
    tree: Tree<'s>,
    open: Vec<Open>,
    /// Finished children of the open collections.
    pending: Vec<NodeId>,
    /// The anchors of the document.
    anchors: HashMap<Box<str>, NodeId>,
    /// Whether comments are kept.
    comments: bool,
    /// Comments were searched for up to this offset.
    searched: usize,
}

impl<'s> Builder<'s> {
    fn new(source: &'s str, comments: bool) -> Self {
        Self {
            tree: Tree::new(source),
            open: Vec::new(),
            pending: Vec::new(),
            anchors: HashMap::new(),
            comments,
            searched: 0,
        }
    }

    fn run(&mut self, text: &str) -> Result<(), Stop> {
        let mut parser = Parser::new(text);
        while let Some(event) = parser.next() {
            let event = event.map_err(|error| Stop::Refused(error, self.open_bracket()))?;
            self.event(event).map_err(Stop::Failed)?;
        }
        self.find_comments(text.len());
        Ok(())
    }

    fn event(&mut self, event: Event<'_>) -> Result<(), Failure> {
        let Event { kind, start, end } = event;
        match kind {
            EventKind::Scalar(properties, style, value) => {
                let is_absent = start == end;
                let span = if is_absent {
                    self.before_comments(start)
                } else {
                    Span::new(self.behind_properties(start, end, properties), end)
                };
                self.find_comments(if is_absent { start } else { span.start });
                let id = self.add(Shape::Verbatim, style, span, properties);
                self.precede(id, start);
                self.set_value(id, value);
                self.pending.push(id);
                self.find_header_comment(style, span.start);
                self.searched = end;
            }
            EventKind::Alias(name) => {
                self.find_comments(start);
                self.searched = end;
                let target = *self.anchors.get(name).ok_or_else(|| undefined(start, name))?;
                let id =
                    self.add(Shape::Alias, Style::Plain, Span::new(start, end), NodeProperties::default());
                self.tree.nodes[id.index()].a = target.0;
                self.tree.nodes[target.index()].flags |= ALIASED;
                self.pending.push(id);
            }
            EventKind::Sequence(properties, style) => {
                let has_width = match style {
                    Style::Flow => true,
                    // libyaml starts a list that is indented no deeper than its key with its first dash
                    _ => !self.tree.source()[end..].starts_with('-'),
                };
                let own = if has_width { end - 1 } else { end };
                self.open(Shape::Sequence, style, start, own, properties)?;
            }
            EventKind::Mapping(properties, style) => {
                let has_brace = start < end && self.tree.source()[..end].ends_with('{');
                let own = match style {
                    Style::Flow if has_brace => end - 1,
                    Style::Flow => start, // a single pair in a flow sequence
                    _ => end,
                };
                self.open(Shape::Mapping, style, start, own, properties)?;
            }
            EventKind::End => self.close(start, end),
            EventKind::DocumentEnd => {
                self.find_comments(start);
                self.anchors.clear();
                self.tree.roots.append(&mut self.pending);
            }
            EventKind::Start => {}
        }
        Ok(())
    }

    /// The position of a missing value: libyaml may report it after comments that follow the key.
    fn before_comments(&self, offset: usize) -> Span {
        let gap = self.tree.source().get(self.searched..offset).unwrap_or_default();
        let at = gap.find('#').map_or(offset, |hash| self.searched + gap[..hash].trim_end().len());
        Span::new(at, at)
    }

    /// Where a scalar itself starts: after its anchor and tag, and comments between them.
    fn behind_properties(&self, start: usize, end: usize, properties: NodeProperties<'_>) -> usize {
        let mut rest = &self.tree.source()[start..end];
        for property in [properties.anchor, properties.tag] {
            if property.is_some() {
                rest = skip_space(&rest[property_length(rest)..]);
            }
        }
        end - rest.len()
    }

    /// Between scalars and aliases, every `#` starts a comment.
    fn find_comments(&mut self, end: usize) {
        if !self.comments {
            return;
        }
        let source = self.tree.source();
        while let Some(at) = source.get(self.searched..end).and_then(|gap| gap.find('#')) {
            let start = self.searched + at;
            self.searched = line_end(source, start);
            self.tree.comments.push(Span::new(start, self.searched));
        }
    }

    fn find_header_comment(&mut self, style: Style, start: usize) {
        if style == Style::BlockScalar {
            self.searched = start;
            self.find_comments(line_end(self.tree.source(), start));
        }
    }

    fn add(&mut self, shape: Shape, style: Style, span: Span, properties: NodeProperties<'_>) -> NodeId {
        let id = NodeId::at(self.tree.nodes.len());
        let tag = properties.tag.map_or(Tag::None, Tag::named);
        let around = self.open.last().map_or(0, |open| self.tree.nodes[open.node.index()].flags);
        let mut flags = if tag == Tag::Unsafe { UNSAFE } else { around & UNSAFE };
        if let Some(anchor) = properties.anchor {
            flags |= ANCHORED;
            self.anchors.insert(anchor.into(), id);
        }
        let (start, end) = (narrow(span.start), narrow(span.end));
        self.tree.nodes.push(Node { start, end, a: 0, b: 0, shape, style, tag, flags });
        id
    }

    /// Stores where the anchor or tag before a node starts.
    fn precede(&mut self, id: NodeId, start: usize) {
        let start = narrow(start);
        if start < self.tree.nodes[id.index()].start {
            self.tree.properties.insert(id, start);
        }
    }

    fn set_value(&mut self, id: NodeId, value: &str) {
        let node = &mut self.tree.nodes[id.index()];
        let quotes = u32::from(matches!(node.style, Style::SingleQuoted | Style::DoubleQuoted));
        let (start, end) = (node.start + quotes, node.end - quotes);
        if self.tree.source.get(start as usize..end.max(start) as usize) == Some(value) {
            (node.a, node.b) = (start, end);
        } else {
            node.shape = Shape::Decoded;
            node.a = narrow(self.tree.values.len());
            self.tree.values.push(value.into());
        }
    }

    fn open(
        &mut self,
        shape: Shape,
        style: Style,
        start: usize,
        own: usize,
        properties: NodeProperties<'_>,
    ) -> Result<(), Failure> {
        if self.open.len() == DEPTH {
            return Err(Failure::new(own, Unreliable::Nesting));
        }
        let node = self.add(shape, style, Span::new(own, own), properties);
        if shape == Shape::Mapping && self.tree.tag(node).is_for_scalars() {
            return Err(Failure::new(own, Unreliable::ScalarTag));
        }
        self.precede(node, start);
        self.open.push(Open { node, children_from: self.pending.len() });
        Ok(())
    }

    fn close(&mut self, start: usize, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let from = self.tree.children.len();
        self.tree.children.extend(self.pending.drain(open.children_from..));
        let last = self.tree.children[from..].last().map(|&last| self.tree.nodes[last.index()].end);
        let is_mapping = self.tree.nodes[open.node.index()].shape == Shape::Mapping;
        let mut keys = self.tree.children[from..].iter().step_by(2);
        let merges = is_mapping && keys.any(|&key| self.tree.is_merge_key(key));
        let to = narrow(self.tree.children.len());
        let node = &mut self.tree.nodes[open.node.index()];
        node.a = narrow(from);
        node.b = to;
        // libyaml ends a block collection at the next token: its own end is that of its last child
        node.end = if start < end { narrow(end) } else { last.unwrap_or(node.start).max(node.start) };
        if merges {
            node.flags |= MERGES;
        }
        self.pending.push(open.node);
    }

    /// The offset of the innermost bracket that is still open.
    fn open_bracket(&self) -> Option<usize> {
        let mut starts = self.open.iter().rev().map(|open| self.tree.nodes[open.node.index()].start as usize);
        starts.find(|&start| self.tree.source()[start..].starts_with(['[', '{']))
    }
}

/// The text after leading white space and comments.
fn skip_space(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c| matches!(c, ' ' | '\t' | '\u{feff}') || is_break(c));
        if !rest.starts_with('#') {
            return rest;
        }
        rest = &rest[line_end(rest, 0)..];
    }
}

/// The length of the anchor or tag that a text starts with.
fn property_length(text: &str) -> usize {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let ends_tag = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}');
    let length = match text.strip_prefix('&') {
        Some(name) => name.find(|c| !is_name(c)).map(|length| 1 + length),
        None if text.starts_with("!<") => text.find('>').map(|last| last + 1),
        None => text.find(ends_tag),
    };
    length.unwrap_or(text.len())
}

fn undefined(offset: usize, name: &str) -> Failure {
    Failure::new(offset, Reason::UndefinedAlias(name.chars().take(LONGEST_NAME).collect()))
}
