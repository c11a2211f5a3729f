//! Where a task's finding is fixed, and with which bytes.
//!
//! Invariant: an edit touches what decides for this task only, and keeps the comments, quotes, line
//! endings and indentation around it. Whether the file then reads as intended is verified elsewhere.

use std::borrow::Cow;

use super::shared::Shared;
use super::{Edit, Level, NotFixed};
use crate::parser::{
    Change, Entry, Form, NodeId, Origin, Owner, Pairs, Span, Style, Tag, Task, Tree, Value, Words, is_break,
    line_end, line_start, sets_only, skip_break, split_action,
};
use crate::rule::{ARGUMENT, Finding, IMMUTABLE, Kind};

const ENTRY: &str = "image_tag_mutability: immutable";
const QUOTED_ENTRY: &str = "\"image_tag_mutability\": \"immutable\"";
const WORD: &str = "image_tag_mutability=immutable";

/// How many places in a `k=v` string are tried as the one that decides.
const WORDS_TRIED: usize = 8;

/// The step of a file that has no nested mapping to tell it.
const STEP: usize = 2;

/// Why there is no edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// This alias repeats what would change.
    Shared(NodeId),
    Other(NotFixed),
}

impl From<NotFixed> for Refusal {
    fn from(reason: NotFixed) -> Self {
        Self::Other(reason)
    }
}

type Planned = Result<(Edit, Change), Refusal>;

/// How a file is written, as far as it was asked for.
#[derive(Debug, Default)]
pub(super) struct Layout {
    step: Option<usize>,
    is_json: Option<bool>,
}

/// A flagged task, and what is known of its file.
pub(super) struct Planner<'t> {
    tree: &'t Tree<'t>,
    task: &'t Task<'t>,
    shared: &'t Shared,
    layout: &'t mut Layout,
}

impl<'t> Planner<'t> {
    pub(super) fn new(task: &'t Task<'t>, shared: &'t Shared, layout: &'t mut Layout) -> Self {
        Self { tree: task.arguments.resolver.tree, task, shared, layout }
    }

    pub(super) fn plan(&mut self, finding: &Finding, level: Level) -> Planned {
        let origin = self.task.mutability.as_ref().map(|argument| argument.origin);
        if origin == Some(Origin::Whole) {
            return Err(NotFixed::WholeTemplate.into());
        }
        if finding.kind == Kind::Templated && level == Level::Safe {
            return Err(NotFixed::Template.into());
        }
        match origin {
            Some(Origin::Entry(entry)) => match self.own(entry.key) {
                Ok(_) => self.replace(entry),
                Err(refusal) => self.add().map_err(|_| refusal),
            },
            Some(Origin::Words(site)) => self.set_word(site),
            _ => self.add(),
        }
    }

    /// The node, if it lies in the task's mapping and nowhere else.
    fn own(&self, node: NodeId) -> Result<NodeId, Refusal> {
        if let Some(alias) = self.shared.alias_of(node) {
            return Err(Refusal::Shared(alias));
        }
        let item = self.task.item;
        if (item..self.tree.after(item)).contains(&node) { Ok(node) } else { Err(NotFixed::Unclear.into()) }
    }

    /// The same for a node that is no alias itself.
    fn own_text(&self, node: NodeId) -> Result<NodeId, Refusal> {
        if self.tree.is_alias(node) { Err(Refusal::Shared(node)) } else { self.own(node) }
    }

    /// Sets the argument in the strongest place that can be written.
    fn add(&mut self) -> Planned {
        let task = self.task;
        let value = self.own_text(task.entry.value)?;
        for source in &task.arguments.sources {
            match (&source.form, source.owner) {
                (_, Owner::Defaults) => break,
                (Form::Mapping(mapping), owner) => match self.own_text(*mapping) {
                    Ok(mapping) => return self.insert(mapping),
                    // what stands beside these is weaker, but they do not set the argument
                    Err(_) if owner == Owner::Inner => {}
                    Err(_) if owner == Owner::Keyword && self.tree.value(value) == Value::Null => {}
                    Err(refusal) => return Err(refusal),
                },
                (
                    Form::KeyValues(_, _, Words::Nested(_))
                    | Form::Template(_)
                    | Form::FreeText(_)
                    | Form::Unread(_),
                    _,
                ) => {}
                (Form::KeyValues(words, ..), _) if words.is_free_text() => {
                    return Err(NotFixed::NotArguments.into());
                }
                (Form::KeyValues(_, _, site), _) => match self.own_text(site.node()) {
                    Ok(node) => return self.append(node, matches!(site, Words::Action(_))),
                    Err(_) if source.owner == Owner::Inner => {}
                    Err(refusal) => return Err(refusal),
                },
            }
        }
        match self.tree.value(value) {
            Value::Null => self.nest(task.entry),
            Value::Text { .. } => self.append(value, self.is_action()),
            _ => Err(NotFixed::NotArguments.into()),
        }
    }

    fn is_action(&self) -> bool {
        matches!(self.tree.string(self.task.entry.key), Some("action" | "local_action"))
    }

    // -- mappings ---------------------------------------------------------------------------------

    fn insert(&mut self, mapping: NodeId) -> Planned {
        let entries = self.tree.own_entries(mapping);
        match self.tree.style(mapping) {
            Style::Flow => Ok(self.insert_flow(mapping, entries)),
            _ => self.insert_block(mapping, entries),
        }
    }

    fn insert_flow(&mut self, mapping: NodeId, entries: &[NodeId]) -> (Edit, Change) {
        let span = self.tree.span(mapping);
        let Some(&[key, value]) = entries.rchunks_exact(2).next() else {
            let entry = if self.is_quoted(self.task.entry.key) { QUOTED_ENTRY } else { ENTRY };
            return self.only_entry(mapping, span, entry);
        };
        let entry = if self.is_quoted(key) { QUOTED_ENTRY } else { ENTRY };
        if self.tree.is_absent(value) {
            // where nothing is written, nothing can follow: the entry goes in front of all
            let first = entries[0];
            let edit = edit(self.entry_start(first), 0, format!("{entry}, "));
            return (edit, Change::Insert { mapping, before: first });
        }
        let edit = edit(self.tree.span(value).end, 0, format!(", {entry}"));
        (edit, Change::Insert { mapping, before: self.tree.after(mapping) })
    }

    /// In a flow mapping that holds nothing but blanks and comments.
    fn only_entry(&self, mapping: NodeId, span: Span, entry: &str) -> (Edit, Change) {
        let inside = &self.source()[span.start + 1..span.end];
        let text = match inside.chars().next() {
            Some(' ') => format!(" {entry}"),
            Some('#') => format!("{entry} "),
            _ => entry.to_owned(),
        };
        (edit(span.start + 1, 0, text), Change::Insert { mapping, before: self.tree.after(mapping) })
    }

    fn insert_block(&self, mapping: NodeId, entries: &[NodeId]) -> Planned {
        let Some(&first) = entries.first() else { return Err(NotFixed::Unclear.into()) };
        let start = self.entry_start(first);
        let indent = " ".repeat(self.column(start));
        let name = entries.chunks_exact(2).rfind(|pair| self.tree.string(pair[0]) == Some("name"));
        if let Some((end, name)) = name.and_then(|pair| Some((self.block_end(pair[0], pair[1])?, pair))) {
            let edit = self.new_line(end, &format!("{indent}{ENTRY}"));
            return Ok((edit, Change::Insert { mapping, before: self.tree.after(name[1]) }));
        }
        let line_break = self.line_break(start);
        let edit = edit(start, 0, format!("{ENTRY}{line_break}{indent}"));
        Ok((edit, Change::Insert { mapping, before: first }))
    }

    /// Where the last line of a block mapping's entry ends; `None` where a line break more would change
    /// its value.
    fn block_end(&self, key: NodeId, value: NodeId) -> Option<usize> {
        let source = self.source();
        let last = self.tree.last(value);
        if self.tree.style(last) != Style::BlockScalar {
            let end = self.tree.span(last).end.max(self.tree.span(value).end).max(self.tree.span(key).end);
            return Some(line_end(source, end));
        }
        let content = self.block_content(last)?;
        if content.end == source.len() {
            return None;
        }
        let is_kept = self.block_header(last).split('#').next()?.contains('+');
        let end = line_end(source, content.end);
        Some(if is_kept { blank_lines_end(source, end) } else { end })
    }

    /// The first line of a block scalar, from its `|` or `>`.
    fn block_header(&self, node: NodeId) -> &'t str {
        let start = self.tree.span(node).start;
        &self.source()[start..line_end(self.source(), start)]
    }

    /// The lines of a block scalar below its header, without the blank ones at the end.
    fn block_content(&self, node: NodeId) -> Option<Span> {
        let span = self.tree.span(node);
        let start = span.start + self.block_header(node).len();
        let text =
            self.source()[start..span.end].trim_end_matches(|c: char| c == ' ' || c == '\t' || is_break(c));
        (!text.is_empty()).then(|| Span::new(start, start + text.len()))
    }

    /// A line behind the line that ends at `end`.
    fn new_line(&self, end: usize, line: &str) -> Edit {
        let next = skip_break(self.source(), end);
        let line_break = self.line_break(end);
        if next == end {
            return edit(end, 0, format!("{line_break}{line}"));
        }
        edit(next, 0, format!("{line}{line_break}"))
    }

    /// The line break at or behind an offset, else the last one in front of it.
    fn line_break(&self, offset: usize) -> &'t str {
        let source = self.source();
        let end = line_end(source, offset);
        if end < source.len() {
            return &source[end..skip_break(source, end)];
        }
        match source[..offset].rfind(is_break) {
            Some(at) if source[..at].ends_with('\r') && source[at..].starts_with('\n') => "\r\n",
            Some(at) => &source[at..skip_break(source, at)],
            None => "\n",
        }
    }

    /// Where a mapping's entry starts: at its key, or at the `?` in front of it.
    fn entry_start(&self, key: NodeId) -> usize {
        let start = self.tree.whole_span(key).start;
        let before = self.source()[..start].trim_end_matches([' ', '\t']);
        let is_indicator = before.len() < start && before.ends_with('?') && {
            let front = &before[..before.len() - 1];
            front.is_empty() || front.ends_with(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '['))
        };
        if is_indicator { before.len() - 1 } else { start }
    }

    /// How many characters stand in front of an offset on its line.
    fn column(&self, offset: usize) -> usize {
        let source = self.source();
        source[line_start(source, offset)..offset].chars().filter(|&c| c != '\u{feff}').count()
    }

    /// A mapping with one entry where nothing or a null is written.
    fn nest(&mut self, entry: Entry) -> Planned {
        let Entry { key, value } = entry;
        let is_quoted = self.is_quoted(key);
        let flow = format!("{{{}}}", if is_quoted { QUOTED_ENTRY } else { ENTRY });
        if self.tree.tag(value) != Tag::None {
            return Err(NotFixed::Unclear.into());
        }
        let span = self.tree.span(value);
        if !self.tree.is_absent(value) {
            return Ok((edit(span.start, span.end - span.start, flow), Change::Nest(value)));
        }
        if self.is_in_flow() {
            return Ok((self.behind_colon(key, value, &flow), Change::Nest(value)));
        }
        let indent = self.column(self.entry_start(key)) + self.step();
        let end = line_end(self.source(), self.tree.span(key).end);
        Ok((self.new_line(end, &format!("{}{ENTRY}", " ".repeat(indent))), Change::Nest(value)))
    }

    fn is_in_flow(&self) -> bool {
        self.tree.style(self.task.item) == Style::Flow
    }

    fn step(&mut self) -> usize {
        let step = self.layout.step.unwrap_or_else(|| self.usual_step());
        self.layout.step = Some(step);
        step
    }

    /// Whether what stands beside a key needs quotes too: in a file that is JSON.
    fn is_quoted(&mut self, key: NodeId) -> bool {
        let source = self.source();
        self.tree.style(key) == Style::DoubleQuoted
            && *self.layout.is_json.get_or_insert_with(|| source.trim_start().starts_with(['[', '{']))
    }

    /// The most frequent difference between the columns of nested mappings.
    fn usual_step(&self) -> usize {
        let mut counts = std::collections::BTreeMap::new();
        for (outer, inner) in self.tree.nested_blocks() {
            let columns = [outer, inner].map(|key| self.column(self.entry_start(key)));
            *counts.entry(columns[1].saturating_sub(columns[0])).or_insert(0_usize) += 1;
        }
        let most = counts
            .into_iter()
            .filter(|(step, _)| *step > 0)
            .max_by_key(|&(step, count)| (count, usize::MAX - step));
        most.map_or(STEP, |(step, _)| step)
    }

    /// A value behind the colon of a key that has none, or behind the key's anchor or tag.
    fn behind_colon(&self, key: NodeId, value: NodeId, text: &str) -> Edit {
        let source = self.source();
        let properties = self.tree.whole_span(value);
        let key_end = self.tree.span(key).end;
        if properties.start < self.tree.span(value).start {
            let end = properties_end(source, properties.start);
            return edit(end, 0, format!(" {text}"));
        }
        let rest = source[key_end..].trim_start_matches(|c: char| c == ' ' || c == '\t' || is_break(c));
        if rest.starts_with(':') {
            return edit(source.len() - rest.len() + 1, 0, format!(" {text}"));
        }
        edit(key_end, 0, format!(": {text}"))
    }

    // -- values -----------------------------------------------------------------------------------

    /// Replaces the value of an entry.
    fn replace(&mut self, entry: Entry) -> Planned {
        let Entry { key, value } = entry;
        self.own(value)?;
        let (span, whole) = (self.tree.span(value), self.tree.whole_span(value));
        let change = Change::Replace(value);
        if self.tree.is_alias(value) {
            return Ok((edit(span.start, span.end - span.start, IMMUTABLE.to_owned()), change));
        }
        let keeps_tag = matches!(self.tree.tag(value), Tag::None | Tag::Str | Tag::NonSpecific | Tag::Unsafe);
        let start = if keeps_tag { span.start } else { whole.start };
        if !keeps_tag && self.source()[whole.start..span.start].contains('&') {
            return Err(NotFixed::Anchored.into());
        }
        let is_quoted = self.is_quoted(key);
        let plain = if is_quoted { "\"immutable\"" } else { IMMUTABLE };
        match self.tree.style(value) {
            _ if matches!(self.tree.value(value), Value::Mapping | Value::Sequence) => {
                self.replace_collection(entry, plain)
            }
            Style::BlockScalar => self.replace_block_scalar(value, keeps_tag),
            _ if self.tree.is_absent(value) && keeps_tag => {
                Ok((self.behind_colon(key, value, plain), change))
            }
            _ if self.tree.is_absent(value) => {
                let end = properties_end(self.source(), whole.start);
                Ok((edit(whole.start, end - whole.start, plain.to_owned()), change))
            }
            style => {
                let text = match style {
                    Style::SingleQuoted => "'immutable'",
                    Style::DoubleQuoted => "\"immutable\"",
                    _ => plain,
                };
                Ok((edit(start, span.end - start, text.to_owned()), change))
            }
        }
    }

    /// From the indicator to the end of the last line; a comment behind the indicator stays.
    fn replace_block_scalar(&self, value: NodeId, keeps_tag: bool) -> Planned {
        let end = self.block_scalar_end(value).ok_or(NotFixed::BlockScalar)?;
        let rest = self
            .block_header(value)
            .trim_start_matches(|c: char| matches!(c, '|' | '>' | '+' | '-') || c.is_ascii_digit());
        let start = if keeps_tag { self.tree.span(value).start } else { self.tree.whole_span(value).start };
        let rest = if rest.contains('#') { rest } else { rest.trim_end() };
        let text = format!("{IMMUTABLE}{rest}");
        Ok((edit(start, end - start, text), Change::Replace(value)))
    }

    /// Where a block scalar's last line with content ends, the blanks behind it included.
    fn block_scalar_end(&self, node: NodeId) -> Option<usize> {
        let source = self.source();
        let rest = source[self.block_content(node)?.end..].trim_start_matches([' ', '\t']);
        Some(source.len() - rest.len())
    }

    /// A list or mapping gives way where no comment or anchor goes with it.
    fn replace_collection(&self, entry: Entry, text: &str) -> Planned {
        let span = self.tree.whole_span(entry.value);
        let start = match self.tree.style(entry.value) {
            Style::Flow => span.start,
            _ => self.behind_colon_at(entry.key).ok_or(NotFixed::Unclear)?,
        };
        let last = self.tree.last(entry.value);
        let end = match self.tree.style(last) {
            Style::BlockScalar => self.block_scalar_end(last).ok_or(NotFixed::BlockScalar)?,
            _ => span.end.max(start),
        };
        let old = &self.source()[start..end];
        if old.contains(['#', '&']) {
            return Err(NotFixed::Collection.into());
        }
        let blank = if old.starts_with(|c: char| c == ' ' || is_break(c)) { " " } else { "" };
        Ok((edit(start, end - start, format!("{blank}{text}")), Change::Replace(entry.value)))
    }

    fn behind_colon_at(&self, key: NodeId) -> Option<usize> {
        let end = self.tree.span(key).end;
        let rest = self.source()[end..].trim_start_matches([' ', '\t']);
        rest.starts_with(':').then(|| self.source().len() - rest.len() + 1)
    }

    // -- k=v strings ------------------------------------------------------------------------------

    /// Replaces the value of the word that decides; where it cannot be told from the text, a later word
    /// wins over it.
    fn set_word(&self, site: Words) -> Planned {
        let action = match site {
            Words::Whole(_) => false,
            Words::Action(_) => true,
            Words::Nested(_) => return Err(NotFixed::Nested.into()),
        };
        let node = self.own_text(site.node())?;
        let text = self.tree.string(node).ok_or(NotFixed::Unclear)?;
        match self.word_value(node, text, action) {
            Some(span) => {
                let change = Change::Words { node, action };
                Ok((edit(span.start, span.end - span.start, IMMUTABLE.to_owned()), change))
            }
            None => self.append(node, action),
        }
    }

    /// The bytes of the deciding word's value, without its quotes.
    fn word_value(&self, node: NodeId, text: &str, action: bool) -> Option<Span> {
        let raw = &self.source()[self.tree.span(node).range()];
        let mark = format!("{ARGUMENT}=");
        let found = |text: &str| text.match_indices(&mark).map(|(at, _)| at + mark.len()).collect::<Vec<_>>();
        let (in_text, in_raw) = (found(text), found(raw));
        if in_text.len() != in_raw.len() {
            return None;
        }
        let value = current_word(text, action)?;
        in_text.iter().zip(&in_raw).rev().take(WORDS_TRIED).find_map(|(&in_text, &in_raw)| {
            let quoted = value_behind(&text[in_text..], &value, &["'", "\"", ""])?;
            let new =
                format!("{}{IMMUTABLE}{}", &text[..in_text + quoted.start], &text[in_text + quoted.end..]);
            if !sets_only((text, &new), action, ARGUMENT, IMMUTABLE) {
                return None;
            }
            let raw = &raw[in_raw..];
            let quoted = value_behind(raw, &value, &["\\\"", "''", "'", "\"", ""])?;
            let start = self.tree.span(node).start + in_raw;
            Some(Span::new(start + quoted.start, start + quoted.end))
        })
    }

    /// Adds a word at the end of a string.
    fn append(&self, node: NodeId, action: bool) -> Planned {
        let text = self.tree.string(node).ok_or(NotFixed::Unclear)?;
        let span = self.tree.span(node);
        let blank = if text.is_empty() { "" } else { " " };
        if !sets_only((text, &format!("{text}{blank}{WORD}")), action, ARGUMENT, IMMUTABLE) {
            return Err(NotFixed::Unclear.into());
        }
        let end = match self.tree.style(node) {
            Style::BlockScalar => self.block_content(node).ok_or(NotFixed::BlockScalar)?.end,
            Style::SingleQuoted | Style::DoubleQuoted => span.end - 1,
            _ => span.end,
        };
        Ok((edit(end, 0, format!("{blank}{WORD}")), Change::Words { node, action }))
    }

    fn source(&self) -> &'t str {
        self.tree.source()
    }
}

fn edit(offset: usize, length: usize, text: String) -> Edit {
    Edit { offset, length, text: text.into() }
}

/// The value that the words of a string give the argument.
fn current_word(text: &str, action: bool) -> Option<String> {
    let words = if action { Cow::Owned(split_action(text).ok()?.1) } else { Cow::Borrowed(text) };
    Pairs::parse(&words).ok()?.get(ARGUMENT).map(str::to_owned)
}

/// Where a value stands at the start of a text, in one of these quotes and with nothing behind it.
fn value_behind(text: &str, value: &str, quotes: &[&str]) -> Option<Span> {
    quotes.iter().find_map(|quote| {
        let rest = text.strip_prefix(quote)?.strip_prefix(value)?.strip_prefix(quote)?;
        let ends = rest.is_empty() || rest.starts_with([' ', '\t', '\'', '"']) || rest.starts_with(is_break);
        ends.then(|| Span::new(quote.len(), quote.len() + value.len()))
    })
}

/// Where the last of the blank lines behind a line ends, given where that line ends.
fn blank_lines_end(source: &str, mut end: usize) -> usize {
    loop {
        let next = skip_break(source, end);
        let blank = line_end(source, next);
        let is_last = next == end || blank == source.len() || !source[next..blank].trim().is_empty();
        if is_last {
            return end;
        }
        end = blank;
    }
}

/// Where the anchor and tag that start at an offset end.
fn properties_end(source: &str, start: usize) -> usize {
    let mut end = start;
    let mut rest = &source[start..];
    while rest.starts_with(['&', '!']) {
        let length =
            rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']')).unwrap_or(rest.len());
        end = source.len() - rest.len() + length;
        rest = rest[length..].trim_start_matches([' ', '\t']);
    }
    end
}
