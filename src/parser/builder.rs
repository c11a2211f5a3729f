//! Builds a [`Tree`] from libyaml's events.
//!
//! Invariant: the tree is what libyaml, the parser that Ansible uses, reads in the text, up to the returned failure if
//! there is one. What would take libyaml more than time proportional to the text is refused.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use memchr::memmem;
use serde::de::IgnoredAny;

use super::failure::{Failure, Reason, Result};
use super::libyaml::{Event, EventKind, LibyamlError, Parser, Properties};
use super::tree::{DEPTH, Node, NodeId, Shape, Style, Tag, Tree, narrow};
use crate::escape::{LONGEST_NAME, cut};
use crate::position::{BOM, Span, is_break, line_end, line_start};

/// How many nodes a tree may have, each of which takes 20 bytes; a text of 64 MiB that people wrote has fewer.
const MOST_NODES: usize = 8_000_000;
/// Runs of white space that are shorter than twice this cost too little to matter.
const RUN: usize = 2048;
/// How many bytes libyaml may clear in all: after every word of a scalar, it clears a buffer as long as the scalar's
/// longest run of white space so far.
const CLEARED: usize = 1 << 33;
const JINJA: &str = "this looks like a Jinja template; in YAML a template stands in quotes";
/// Keys because of which Ansible's JSON decoder replaces the whole object.
const JSON_KEYS: [&str; 2] = ["__ansible_unsafe", "__ansible_vault"];
const IN_JSON: &str = "Ansible reads this differently in JSON; write it as YAML";
/// Line breaks in YAML, ordinary characters in JSON.
const JSON_BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

impl<'s> Tree<'s> {
    /// Parses a text into its documents. Where that stops before its end, the documents before that are kept, and so
    /// are their findings.
    #[must_use]
    pub fn parse(source: &'s str) -> Self {
        let mut builder = Builder {
            tree: Self::new(source),
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            end: 0,
        };
        // Ansible tries JSON first, and its documents begin so
        let is_json = source.trim_start().starts_with(['[', '{']);
        let text = if is_json { without_surrogates(source) } else { Cow::Borrowed(source) };
        let read = slow(source).map_or_else(|| builder.run(&text), Err);
        let is_loaded = || serde_json::from_str::<IgnoredAny>(source).is_ok();
        builder.tree.stopped = match read {
            Ok(()) if is_json => builder.tree.means_more_in_json(),
            Err(Failure { offset: Some(offset), .. }) if is_json && is_loaded() => {
                Some(Failure::unreliable(offset, IN_JSON))
            }
            read => read.err(),
        };
        builder.tree
    }

    /// Parses what the text of a tree becomes by fixes; both trees share the steps that are left.
    pub(crate) fn parse_fixed(source: &'s str, old: &Tree<'_>) -> Self {
        Self { steps: Rc::clone(&old.steps), ..Self::parse(source) }
    }

    /// The first construct that means something else in JSON than in the tree, which was read as YAML.
    fn means_more_in_json(&self) -> Option<Failure> {
        let special = self.nodes.iter().find(|node| JSON_KEYS.contains(&self.text(node)));
        let special = special.map(|node| node.start as usize).or_else(|| self.source.find(JSON_BREAKS))?;
        Some(Failure::unreliable(special, IN_JSON))
    }
}

/// The same JSON with U+FFFD in place of each surrogate escape, which libyaml refuses; no key or value that the rule
/// looks for contains one. Offsets do not change.
fn without_surrogates(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    for (at, _) in text.match_indices("\\u") {
        let digits = text.get(at + 2..at + 6).unwrap_or_default();
        if u16::from_str_radix(digits, 16).is_ok_and(|unit| (0xD800..=0xDFFF).contains(&unit)) {
            out.to_mut().replace_range(at + 2..at + 6, "FFFD");
        }
    }
    out
}

/// Where the first line starts that starts so.
fn find_line(text: &str, start: &str) -> Option<usize> {
    let starts_line = |&at: &usize| matches!(&text[..at], "" | BOM) || text[..at].ends_with(is_break);
    memmem::find_iter(text.as_bytes(), start).find(starts_line)
}

/// What would take libyaml seconds to read.
fn slow(text: &str) -> Option<Failure> {
    if let Some(at) = find_line(text, "%TAG") {
        // libyaml searches all of them for every tag
        return Some(Failure::unreliable(at, "it has a %TAG directive; write the tags out"));
    }
    let mut run = 0;
    for (chunk, start) in text.as_bytes().chunks(RUN).zip((0..).step_by(RUN)) {
        if chunk.iter().all(|byte| b" \t\n\r\xC2\x85\xE2\x80\xA8\xA9".contains(byte)) {
            run += RUN;
        } else if run.saturating_mul(text.len() - start) > CLEARED {
            let offset = (start..=text.len()).find(|&at| text.is_char_boundary(at))?;
            return Some(Failure::unreliable(offset, "this run of white space is too long; shorten it"));
        } else {
            run = 0;
        }
    }
    None
}

/// Explains libyaml's error to people, where possible at its cause. `bracket` is the innermost one that was open.
fn explain(source: &str, error: LibyamlError, bracket: Option<usize>) -> Failure {
    let (before, after) = source.split_at(error.offset);
    let line = source[line_start(source, error.offset)..line_end(source, error.offset)]
        .trim_start_matches([' ', '-']);
    let context = error.context.as_ref().map(|(_, start)| *start);
    let quote = context.filter(|start| {
        let c = source[*start..].chars().next();
        c.is_some_and(|c| matches!(c, '"' | '\'') && !after.contains(c))
    });
    let bracket = bracket.filter(|bracket| context == Some(*bracket) || after.trim().is_empty());
    let marks = ["<<<<<<< ", ">>>>>>> "].into_iter();
    let conflict = marks.filter_map(|mark| find_line(&source[..line_end(source, error.offset)], mark)).min();
    let (at, why) = if let Some(at) = conflict {
        (at, "this is a merge conflict marker".into())
    } else if line.starts_with('\t') && after.starts_with('\t') {
        (error.offset, "a tab indents this line; indent with spaces".into())
    } else if before.ends_with('*') {
        (error.offset - 1, "an asterisk starts an alias; write it in quotes".into())
    } else if ["{%", ": {{", "- {{"].iter().any(|start| line.contains(start)) || line.starts_with("{{") {
        (error.offset, JINJA.into())
    } else if let Some(quote) = quote {
        (quote, "this quote is never closed".into())
    } else if let Some(bracket) = bracket {
        (bracket, "this bracket is not closed, or a comma is missing after it".into())
    } else if let Some(key) = context.filter(|_| error.problem == "could not find expected ':'") {
        (key, "this is no `key: value`; a colon, or the space behind it, is missing".into())
    } else {
        let context = error.context.map(|(context, _)| context + ", ").unwrap_or_default();
        (error.offset, (context + &error.problem).into())
    };
    Failure::new(at, Reason::Refused(why))
}

struct Builder<'s> {
    tree: Tree<'s>,
    /// The collections whose end has not been reached.
    open: Vec<NodeId>,
    /// The outermost node of the document.
    root: Option<NodeId>,
    /// The anchors of the document.
    anchors: HashMap<Box<str>, NodeId>,
    /// Where the last node ends: a missing value stands there, though libyaml may find it behind comments.
    end: usize,
}

impl Builder<'_> {
    fn run(&mut self, text: &str) -> Result<()> {
        let mut parser = Parser::new(text);
        while let Some(event) = parser.next() {
            let event = event.map_err(|error| explain(self.tree.source, error, self.open_bracket()))?;
            self.event(event)?;
        }
        Ok(())
    }

    fn event(&mut self, Event { kind, start, end }: Event<'_>) -> Result<()> {
        match kind {
            EventKind::Scalar(properties, style, value) => {
                // to libyaml the blank lines below a block scalar are a part of it
                let written = &self.tree.source[start..end];
                let length =
                    if style == Style::BlockScalar { written.trim_end().len() } else { written.len() };
                let start = if start == end { self.end } else { start };
                self.end = start + length;
                let id = self.add(Shape::Verbatim, style, Span::new(start, self.end), properties)?;
                self.set_value(id, value);
            }
            EventKind::Alias(name) => {
                self.end = end;
                let Some(&target) = self.anchors.get(name) else {
                    let name = cut(name, LONGEST_NAME);
                    let why = format!("the alias *{name} names no anchor before it in this document");
                    return Err(Failure::new(start, Reason::Refused(why.into())));
                };
                let span = Span::new(start, end);
                let id = self.add(Shape::Alias, Style::Plain, span, Properties::default())?;
                self.tree.nodes[id.index()].a = target.0;
            }
            EventKind::Collection(..) if self.open.len() == DEPTH => {
                let why = "more than 255 lists and mappings are nested here";
                return Err(Failure::unreliable(start, why));
            }
            EventKind::Collection(shape, properties, style) => {
                let id = self.add(shape, style, Span::new(start, end), properties)?;
                self.open.push(id);
                self.end = end;
            }
            EventKind::End => {
                // libyaml ends a block collection at the next token: its own end is that of its last child
                self.end = if start < end { end } else { self.end };
                let behind = narrow(self.tree.nodes.len());
                if let Some(node) = self.open.pop() {
                    let node = &mut self.tree.nodes[node.index()];
                    (node.end, node.b) = (narrow(self.end), behind);
                }
            }
            EventKind::DocumentEnd => {
                self.anchors.clear();
                self.tree.roots.extend(self.root.take());
            }
            EventKind::Start => {}
        }
        Ok(())
    }

    /// Adds a node, and hands it to the collection around it.
    fn add(&mut self, shape: Shape, style: Style, span: Span, properties: Properties<'_>) -> Result<NodeId> {
        let id = NodeId::at(self.tree.nodes.len());
        if id.index() == MOST_NODES {
            return Err(Failure::unreliable(span.start, "it has more than 8 million values; split it"));
        }
        let tag = properties.tag.map_or(Tag::None, Tag::named);
        let parent = self.open.last().map(|parent| &mut self.tree.nodes[parent.index()]);
        let is_key = parent.is_some_and(|parent| {
            parent.a += 1;
            parent.shape == Shape::Mapping && parent.a % 2 == 1
        });
        let is_collection = shape.is_collection();
        // PyYAML 6.0.4 merges a key once, whatever values it has
        let is_other = !matches!(tag, Tag::None | Tag::Ignored | Tag::Str);
        if is_key && is_collection {
            let is_template = self.tree.source[..span.start].ends_with('{');
            let why = if is_template { JINJA } else { "a list or mapping cannot be a key" };
            return Err(Failure::new(span.start, Reason::Refused(why.into())));
        }
        if is_key && (is_other || shape == Shape::Alias) {
            return Err(Failure::unreliable(span.start, "this key has a tag or is an alias; write it out"));
        }
        if is_collection && !matches!(tag, Tag::None | Tag::Ignored) {
            // Ansible up to 2.18 loses what is in an !unsafe list or mapping
            let why = "this list or mapping has the tag of a scalar; tag its strings instead";
            return Err(Failure::unreliable(span.start, why));
        }
        let is_anchored = properties.anchor.is_some();
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor.into(), id);
        }
        let (start, end) = (narrow(span.start), narrow(span.end));
        self.tree.nodes.push(Node { start, end, a: 0, b: 0, shape, style, tag, is_anchored });
        self.root.get_or_insert(id);
        Ok(id)
    }

    /// Stores a scalar's value, by its place in the text if it stands there as it is.
    fn set_value(&mut self, id: NodeId, value: &str) {
        let node = &mut self.tree.nodes[id.index()];
        let quotes = usize::from(matches!(node.style, Style::SingleQuoted | Style::DoubleQuoted));
        let end = (node.end as usize).saturating_sub(quotes);
        let start = end.saturating_sub(value.len());
        if self.tree.source.get(start..end) == Some(value) {
            (node.a, node.b) = (narrow(start), narrow(end));
        } else {
            node.shape = Shape::Decoded;
            node.a = narrow(self.tree.values.len());
            self.tree.values.push(value.into());
        }
    }

    /// The offset of the innermost bracket that is still open.
    fn open_bracket(&self) -> Option<usize> {
        let mut starts = self.open.iter().rev().map(|&open| self.tree.start(open));
        starts.find(|&start| self.tree.source[start..].starts_with(['[', '{']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_of_white_space_before_many_words_are_refused() {
        let stops = |run: usize, words: usize| {
            let text = format!("- a{}{}", " \u{85}".repeat(run / 3), " b".repeat(words / 2));
            Tree::parse(&text)
                .stopped
                .is_some_and(|failure| (3..=3 + run).contains(&failure.offset.unwrap_or(0)))
        };
        assert!(stops(120_000, 120_000));
        assert!(stops(4_200, 5_000_000));
        assert!(!stops(60_000, 60_000));
        assert!(!stops(1_000, 3_000_000));
        assert!(!stops(1_000_000, 0));
    }

    #[test]
    fn surrogates_give_way_to_a_character_of_the_same_length() {
        for (text, expected) in [
            (r#"["\ud83d\ude00 a"]"#, r#"["\uFFFD\uFFFD a"]"#),
            (r#"["\\\uDBFF"]"#, r#"["\\\uFFFD"]"#),
            (r#"["\ud7ff\ue000\ud8", "\é\"#, r#"["\ud7ff\ue000\ud8", "\é\"#),
        ] {
            assert_eq!(without_surrogates(text), expected);
        }
    }
}
