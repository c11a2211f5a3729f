//! The only file that names the YAML engine: its events become a [`Tree`].
//!
//! Invariant: the tree says what libyaml, the parser under Ansible, would say of the same text, or
//! [`parse`] returns a failure; it never reads a document differently in silence. Where the engine
//! reads YAML 1.2 and libyaml YAML 1.1, [`super::dialect`] rewrites the text and it is read again.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::construction;
use super::dialect::{self, Dialect, Edit, Folded};
use super::place::{BOM, Span};
use super::tree::{ANCHORED, MERGES, Node, NodeId, Shape, Style, Tag, Tree, UNSAFE, narrow};

/// How often a text is rewritten to libyaml's reading before it counts as unreadable; a small one more
/// often, as long as that costs no more than [`REREAD`].
const REWRITES: usize = 32;
/// How often a small text is.
const MOST_REWRITES: usize = 1000;
/// How many bytes are read again in all.
const REREAD: usize = 2 << 20;

/// What every failure starts with that is no verdict on the text.
const IN_DOUBT: &str = "cannot be read reliably";

/// What every other failure of a whole text starts with.
const NO_YAML: &str = "does not parse as YAML";

/// What is said of a line that blanks should indent.
const TAB: &str = "a tab indents this line; use blanks";

/// Why a text, or one of its tasks, could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where; `None` if it concerns the file as a whole.
    pub offset: Option<usize>,
    /// What was wrong, in plain words, and what to do.
    pub message: String,
}

impl Failure {
    /// The same where libyaml may read what the engine does not.
    fn in_doubt(self) -> Self {
        if self.message.starts_with(IN_DOUBT) {
            return self;
        }
        let why = self.message.replacen(NO_YAML, "YAML 1.2 does not allow this, YAML 1.1 may", 1);
        Self { message: format!("{IN_DOUBT}: {why}"), ..self }
    }

    /// A text whose meaning for Ansible this tool cannot tell: never a silent pass.
    pub(crate) fn unreliable(offset: usize, why: &str) -> Self {
        Self { offset: Some(offset), message: format!("{IN_DOUBT}: {why}") }
    }
}

/// Parses a text into its documents, and says where and why reading stopped short of its end.
///
/// The documents before a failure are kept: their findings stand whatever follows. Comments cost time
/// and are left out unless `comments` asks for them.
pub(crate) fn parse(source: &str, comments: bool) -> (Tree<'_>, Option<Failure>) {
    let mut dialect = Dialect::new(source);
    let rewrites = (REREAD / (source.len() + 1)).clamp(REWRITES, MOST_REWRITES);
    let (mut tabs, mut keys) = (Vec::new(), Vec::new());
    let mut was_edited = false;
    for round in 0..rewrites {
        let mut builder = Builder::new(dialect, comments);
        let failure = builder.run();
        tabs.append(&mut builder.tabs);
        keys.append(&mut builder.keys);
        if builder.is_settled() {
            return settled(builder.tree, failure, round > 0, (&tabs, &keys));
        }
        was_edited |= !builder.edits.is_empty();
        if let (true, [edit, ..]) = (was_edited, builder.anchor_edits.as_slice()) {
            // what was edited may belong to what the anchor's name turns out to be glued to
            let offset = builder.tree.dialect.original(edit.offset());
            let failure = Failure::unreliable(offset, "put a blank behind the name of the anchor or alias");
            return (builder.tree, Some(failure));
        }
        builder.edits.append(&mut builder.anchor_edits);
        dialect = builder.tree.dialect.rewritten(&builder.edits);
    }
    let offset = dialect.original(0);
    let failure = Failure::unreliable(offset, "flow collections that YAML 1.1 and 1.2 split differently");
    (Tree::new(dialect), Some(failure))
}

/// What a text says that was read without another rewriting; `tabs` are lines whose tabs were rewritten, `keys`
/// are words that were split: all must lie in flow collections.
fn settled<'s>(
    mut tree: Tree<'s>,
    failure: Option<Failure>,
    was_rewritten: bool,
    (tabs, keys): (&[usize], &[usize]),
) -> (Tree<'s>, Option<Failure>) {
    construction::mark(&mut tree);
    let tabbed = |line| Failure { offset: Some(line), message: format!("{NO_YAML}: {TAB}") };
    let in_doubt = |failure: Failure| {
        let source = tree.source();
        let line = failure.offset.map(|at| source[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1));
        // the tab, not what became of it, is what is wrong with the line
        let failure = line.filter(|line| tabs.contains(line)).map_or(failure, tabbed);
        let in_doubt = was_rewritten || dialect::may_read_otherwise(source) || dialect::is_json(source);
        if in_doubt { failure.in_doubt() } else { failure }
    };
    if let Some(failure) = failure.map(in_doubt).or_else(|| doubt(&tree, keys)) {
        return (tree, Some(failure));
    }
    let refused = outside_flows(&tree, tabs).map(|line| {
        tree.forget_from(line);
        tabbed(line)
    });
    (tree, refused)
}

/// What libyaml reads otherwise, though the engine reads it too.
fn doubt(tree: &Tree<'_>, keys: &[usize]) -> Option<Failure> {
    let place = || tree.blank_in_scalar().or_else(|| outside_flows(tree, keys));
    let split = || Some((place()?, "YAML 1.1 and 1.2 read this differently; quote it"));
    let bare = || Some((tree.bare_key()?, "a `?` without a key; write the key, or leave both out"));
    let value = || Some((tree.mapping_for_scalar()?, "a mapping with a scalar's tag; write the scalar"));
    let json = || {
        let source = tree.source();
        // most texts are no JSON, and need no look at all their keys
        let special = dialect::starts_as_json(source).then(|| tree.special_json_key()).flatten();
        let in_doubt = dialect::is_json_in_doubt(source, special.is_some());
        in_doubt.then(|| (special.unwrap_or(0), "Ansible may read this as JSON of its own kind; write YAML"))
    };
    let found = split().or_else(bare).or_else(value).or_else(json);
    found.map(|(offset, why)| Failure::unreliable(offset, why))
}

/// The first of the offsets that lies in no flow collection.
fn outside_flows(tree: &Tree<'_>, offsets: &[usize]) -> Option<usize> {
    if offsets.is_empty() {
        return None;
    }
    let flows: Vec<Span> = tree.outermost_flows().collect();
    let is_outside = |offset: &usize| {
        let after = flows.partition_point(|flow| flow.start < *offset);
        after.checked_sub(1).is_none_or(|last| flows[last].end <= *offset)
    };
    offsets.iter().copied().find(is_outside)
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
    /// Anchor id to node.
    anchors: HashMap<usize, NodeId>,
    /// Where the text must be rewritten to mean what libyaml reads.
    edits: Vec<Edit>,
    /// The same for the end of an anchor's name.
    anchor_edits: Vec<Edit>,
    /// Lines whose tabs were rewritten and that must turn out to lie in flow collections.
    tabs: Vec<usize>,
    /// Where a `?` was taken for an indicator that must turn out to lie in a flow collection.
    keys: Vec<usize>,
    /// Whether comments are wanted.
    comments: bool,
}

impl<'s> Builder<'s> {
    fn new(dialect: Dialect<'s>, comments: bool) -> Self {
        Self {
            tree: Tree::new(dialect),
            open: Vec::new(),
            pending: Vec::new(),
            anchors: HashMap::new(),
            edits: Vec::new(),
            anchor_edits: Vec::new(),
            tabs: Vec::new(),
            keys: Vec::new(),
            comments,
        }
    }

    /// Whether the text means to the engine what it means to libyaml, as far as it was read.
    fn is_settled(&self) -> bool {
        self.edits.is_empty() && self.anchor_edits.is_empty()
    }

    fn run(&mut self) -> Option<Failure> {
        let failure = self.read(1024);
        if failure.is_some() && self.is_settled() && dialect::is_json(self.tree.source()) {
            // Ansible tries a JSON decoder first, which knows no limit to the length of a key.
            *self = Self::new(self.tree.dialect.clone(), self.comments);
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
            emit_comments: self.comments,
            max_buffered_comment_events: usize::MAX,
        };
        let mut parser = Parser::new_from_str_with_options(text, options);
        while let Some(event) = parser.next_event() {
            let step = match event {
                Ok((event, span)) => self.event(text, event, &span),
                Err(error) => {
                    let offset = error.marker().byte_offset().unwrap_or(0);
                    self.repair(text, &error, offset);
                    Err(Failure {
                        offset: Some(self.tree.dialect.original(offset)),
                        message: format!(
                            "{NO_YAML}: {}; mend it, or leave the file out with --exclude",
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
                if style == ScalarStyle::Plain {
                    self.check_line_start(text, range.start);
                    if self.in_flow() {
                        self.check_flow_scalar(text, range.clone());
                    }
                }
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    _ => Style::BlockScalar,
                };
                let id = self.add(Shape::Verbatim, style, span, tag.as_deref(), anchor);
                if style == Style::BlockScalar {
                    let header = dialect::block_header(&text[..range.start]);
                    self.precede(id, header.unwrap_or(range.start));
                }
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
                if self.is_settled() {
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
            Event::Comment(..) => {
                let dialect = &self.tree.dialect;
                let span = Span::new(dialect.original(range.start), dialect.original(range.end));
                self.tree.comments.push(span);
            }
            Event::DocumentEnd => self.tree.roots.append(&mut self.pending),
            _ => {}
        }
        Ok(())
    }

    fn undefined(&self, start: usize, alias: &str) -> Failure {
        let alias: String = alias.chars().take(80).collect();
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
    fn check_flow_scalar(&mut self, text: &str, scalar: Range<usize>) {
        let is_indicator = |byte: &u8| matches!(byte, b'?' | b':');
        let indicators = text[scalar.clone()].bytes().take_while(is_indicator).count();
        // a blank that is there already must not be added again
        let after = (1..=indicators).map(|n| scalar.start + n);
        let glued = after.filter(|&at| text[at..].starts_with(|c: char| !c.is_ascii_whitespace()));
        self.edits.extend(glued.map(Edit::space));
    }

    /// libyaml passes over a byte-order mark that starts a line, as if it were a blank.
    fn check_line_start(&mut self, text: &str, start: usize) {
        if text[..start].ends_with(['\n', '\r']) && text[start..].starts_with(BOM) {
            self.edits.push(Edit::replace(start, BOM.len(), " "));
        }
    }

    /// libyaml ends the name of an anchor where the engine may go on.
    fn check_anchor_name(&mut self, text: &str, start: usize, end: usize) -> Result<(), Failure> {
        let name = &text[start + 1..end];
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        match name.bytes().position(|byte| !is_word(byte)) {
            None => Ok(()),
            Some(at) if at > 0 && b"?:,]}%@`".contains(&name.as_bytes()[at]) => {
                self.anchor_edits.push(Edit::space(start + 1 + at));
                Ok(())
            }
            Some(_) => Err(Failure::unreliable(
                self.tree.dialect.original(start),
                "the anchor's name holds characters that YAML 1.1 does not allow; rename it",
            )),
        }
    }

    /// What the engine refuses and libyaml reads.
    fn repair(&mut self, text: &str, error: &ScanError, offset: usize) {
        let Some(rest) = text.get(offset..) else { return };
        let line = text[..offset].rfind(['\n', '\r']).map_or(0, |end| end + 1);
        match error.kind() {
            ErrorKind::CommentNotSeparated if rest.starts_with('#') => self.edits.push(Edit::space(offset)),
            ErrorKind::PlainScalarStartsWithDashFlowIndicator if rest.starts_with('-') => {
                self.edits.push(Edit::replace(offset, 1, "'-'"));
            }
            ErrorKind::TabInBlockIndentation => {
                // in a flow collection a tab is as good as a blank; whether this is one, shows later
                let tabs = text[line..offset].match_indices('\t');
                self.edits.extend(tabs.map(|(at, tab)| Edit::replace(line + at, tab.len(), " ")));
                self.tabs.push(self.tree.dialect.original(line));
            }
            ErrorKind::InvalidBlockScalarIndent => {
                // a comment ends an empty block scalar whose empty lines hold more blanks than it has in front
                let indent = text[line..].len() - text[line..].trim_start_matches(' ').len();
                if indent > 0 && text[line + indent..].starts_with('#') {
                    self.edits.push(Edit::replace(line, indent, ""));
                }
            }
            ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => {
                self.check_flow_scalar(text, offset..text.len());
                self.check_line_start(text, line);
            }
            ErrorKind::InvalidColonPlacement => self.check_key_before(text, offset),
            _ => {
                self.check_refused_anchor(text, offset);
                self.check_line_start(text, line);
                self.check_refused_key(text, offset);
            }
        }
    }

    /// A word that the engine cannot end, where libyaml may read its `?` as an indicator.
    fn check_refused_key(&mut self, text: &str, offset: usize) {
        if text[offset..].starts_with('?') {
            self.check_flow_scalar(text, offset..text.len());
            self.keys.push(self.tree.dialect.original(offset));
        }
    }

    /// A colon that nothing seems to stand before, where a `?` that starts a word is the key's indicator. That it
    /// is none, within quotes or a comment, shows by where the blank ends up.
    fn check_key_before(&mut self, text: &str, colon: usize) {
        let starts_word = |at: &usize| text[..*at].ends_with([' ', '\t', '\n', '\r', ',', '{', '[']);
        if let Some(at) = text[..colon].rmatch_indices('?').map(|(at, _)| at).find(starts_word) {
            self.check_refused_key(text, at);
        }
    }

    /// `*key: value`, which the engine refuses because it reads the colon as part of the name.
    fn check_refused_anchor(&mut self, text: &str, offset: usize) {
        let Some(name) = text.get(offset..).and_then(|rest| rest.strip_prefix(['*', '&'])) else { return };
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'));
        if let Some(at) = end.filter(|&at| at > 0 && name[at..].starts_with(':')) {
            self.anchor_edits.push(Edit::space(offset + 1 + at));
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
        let mut flags = if known == Tag::Unsafe { UNSAFE } else { 0 };
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
        if let Some(folded) = self.tree.dialect.refold(node.span(), node.style, value) {
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
        self.open.push(Open { node, children_from: self.pending.len() });
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
        if merges {
            node.flags |= MERGES;
        }
        self.pending.push(open.node);
    }
}

fn tag_name(tag: &granit_parser::Tag) -> String {
    format!("{}{}", tag.handle(), tag.suffix())
}

/// The value of a double-quoted scalar on one line.
fn decode(line: &str) -> Option<String> {
    Parser::new_from_str(line).find_map(|event| match event {
        Ok((Event::Scalar(value, ScalarStyle::DoubleQuoted, ..), _)) => Some(value.into_owned()),
        _ => None,
    })
}
