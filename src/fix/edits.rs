//! Decides where and with which bytes a finding is fixed.
//!
//! Invariant: an edit affects only this task, and keeps the comments, quotes, line endings and indentation around it.
//! That the file then reads as intended is verified by `tree_diff`.

use super::layout::Layout;
use super::shared::Shared;
use super::tree_diff::Change;
use super::{Edit, Level, NotFixed};
use crate::parser::{
    Form, KvString, MappingEntry, NodeId, Origin, Owner, Style, Tag, Task, Tree, Value, is_break,
};
use crate::rule::{Finding, IMMUTABLE, Kind};

pub(super) const ENTRY: &str = "image_tag_mutability: immutable";
pub(super) const QUOTED_ENTRY: &str = "\"image_tag_mutability\": \"immutable\"";
/// Why there is no edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// This alias shares what the edit would change.
    Shared(NodeId),
    Other(NotFixed),
}

impl From<NotFixed> for Refusal {
    fn from(reason: NotFixed) -> Self {
        Self::Other(reason)
    }
}

pub(super) type Planned = Result<(Edit, Change), Refusal>;

/// Plans the edit for a flagged task.
pub(super) struct Planner<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) task: &'t Task<'t>,
    shared: &'t Shared,
    pub(super) layout: &'t mut Layout,
}

impl<'t> Planner<'t> {
    pub(super) fn new(task: &'t Task<'t>, shared: &'t Shared, layout: &'t mut Layout) -> Self {
        Self { tree: task.arguments.resolver.tree, task, shared, layout }
    }

    pub(super) fn plan(&mut self, finding: &Finding, level: Level) -> Planned {
        let origin = self.task.mutability.as_ref().map(|argument| argument.origin);
        if origin == Some(Origin::TemplatedArgs) {
            return Err(NotFixed::TemplatedArgs.into());
        }
        if finding.kind == Kind::Templated && level == Level::Safe {
            return Err(NotFixed::Template.into());
        }
        match origin {
            Some(Origin::Entry(entry)) => match self.own(entry.key) {
                Ok(_) => self.replace(entry),
                Err(refusal) => self.add().map_err(|_| refusal),
            },
            Some(Origin::KeyValues(string)) => self.set_pair(string),
            _ => self.add(),
        }
    }

    /// The node, if it is inside the task's mapping and no alias shares it.
    fn own(&self, node: NodeId) -> Result<NodeId, Refusal> {
        if let Some(alias) = self.shared.alias_of(node) {
            return Err(Refusal::Shared(alias));
        }
        let item = self.task.item;
        if (item..self.tree.after(item)).contains(&node) { Ok(node) } else { Err(NotFixed::Unclear.into()) }
    }

    /// The same, but an alias is refused too.
    pub(super) fn own_text(&self, node: NodeId) -> Result<NodeId, Refusal> {
        if self.tree.is_alias(node) { Err(Refusal::Shared(node)) } else { self.own(node) }
    }

    /// Sets the argument in the strongest source that can be edited.
    fn add(&mut self) -> Planned {
        let task = self.task;
        let value = self.own_text(task.entry.value)?;
        for source in &task.arguments.sources {
            match (&source.form, source.owner) {
                (_, Owner::Defaults) => break,
                (Form::Mapping(mapping), owner) => match self.own_text(*mapping) {
                    Ok(mapping) => return self.insert(mapping),
                    // the sources that follow are weaker, but these do not set the argument
                    Err(_) if owner == Owner::Inner => {}
                    Err(_) if owner == Owner::Keyword && self.tree.value(value) == Value::Null => {}
                    Err(refusal) => return Err(refusal),
                },
                (
                    Form::KeyValues(_, _, KvString::Nested(_))
                    | Form::Template(_)
                    | Form::FreeText(_)
                    | Form::Unread(_),
                    _,
                ) => {}
                (Form::KeyValues(key_values, ..), _) if key_values.is_free_text() => {
                    return Err(NotFixed::NotArguments.into());
                }
                (Form::KeyValues(_, _, string), _) => match self.own_text(string.node()) {
                    Ok(node) => return self.append(node, matches!(string, KvString::Action(_))),
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

    /// Replaces the value of an entry.
    fn replace(&mut self, entry: MappingEntry) -> Planned {
        let MappingEntry { key, value } = entry;
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
            _ if self.tree.is_absent(value) && keeps_tag => Ok((self.after_colon(key, value, plain), change)),
            _ if self.tree.is_absent(value) => {
                Ok((edit(whole.start, span.end - whole.start, plain.to_owned()), change))
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

    /// Replaces the scalar from its indicator to the end of its last line; a comment after the indicator stays.
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

    /// Where a block scalar's last line with content ends, including trailing white space.
    fn block_scalar_end(&self, node: NodeId) -> Option<usize> {
        let source = self.source();
        let rest = source[self.block_content(node)?.end..].trim_start_matches([' ', '\t']);
        Some(source.len() - rest.len())
    }

    /// Replaces a list or mapping, unless a comment or anchor would be lost.
    fn replace_collection(&self, entry: MappingEntry, text: &str) -> Planned {
        let span = self.tree.whole_span(entry.value);
        let start = match self.tree.style(entry.value) {
            Style::Flow => span.start,
            _ => self.after_colon_at(entry.key).ok_or(NotFixed::Unclear)?,
        };
        let last = self.tree.last(entry.value);
        let end = match self.tree.style(last) {
            Style::BlockScalar => self.block_scalar_end(last).ok_or(NotFixed::BlockScalar)?,
            _ => span.end.max(start),
        };
        let old = &self.source()[start..end];
        let rest = self.source()[end..].trim_start_matches([' ', '\t']);
        let is_block = self.tree.style(entry.value) == Style::Block;
        let is_about_the_last = is_block
            && rest.starts_with('#')
            && (self.tree.items(entry.value).len() > 1 || self.tree.own_entries(entry.value).len() > 2);
        if is_about_the_last || old.contains(['#', '&']) {
            return Err(NotFixed::Collection.into());
        }
        let space = if old.starts_with(|c: char| c == ' ' || is_break(c)) { " " } else { "" };
        Ok((edit(start, end - start, format!("{space}{text}")), Change::Replace(entry.value)))
    }

    fn after_colon_at(&self, key: NodeId) -> Option<usize> {
        let end = self.tree.span(key).end;
        let rest = self.source()[end..].trim_start_matches([' ', '\t']);
        rest.starts_with(':').then(|| self.source().len() - rest.len() + 1)
    }

    /// Adds a value after the colon of a key that has none, or after the anchor or tag of the missing value.
    pub(super) fn after_colon(&self, key: NodeId, value: NodeId, text: &str) -> Edit {
        let (span, key_end) = (self.tree.span(value), self.tree.span(key).end);
        if self.tree.whole_span(value).start < span.start {
            return edit(span.start, 0, format!(" {text}"));
        }
        let gap = self.source()[key_end..span.start].trim_end();
        let colon = if gap.ends_with(':') { "" } else { ":" };
        edit(key_end + gap.len(), 0, format!("{colon} {text}"))
    }
}

pub(super) fn edit(offset: usize, length: usize, text: String) -> Edit {
    Edit { offset, length, text: text.into() }
}
