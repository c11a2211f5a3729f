//! Decides where and with which bytes a finding is fixed.
//!
//! Invariant: an edit affects only this task, and keeps the comments, quotes, line endings and indentation around it.
//! That the file then reads as intended is verified afterwards (`verify`).

use super::shared::SharedNodes;
use super::tree_diff::{Change, read_pairs};
use super::{Edit, Level, NotFixed, Planned};
use crate::parser::{MappingEntry, NodeId, Origin, Style, Tag, Task, Tree, Value};
use crate::rule::{Finding, IMMUTABLE, Kind};

/// Plans the edit for a flagged task.
pub(super) struct Planner<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) task: &'t Task<'t>,
    shared: &'t SharedNodes,
}

impl<'t> Planner<'t> {
    pub(super) fn new(task: &'t Task<'t>, shared: &'t SharedNodes) -> Self {
        Self { tree: task.arguments.resolver.tree, task, shared }
    }

    pub(super) fn plan(&self, finding: &Finding, level: Level) -> Planned {
        let origin = self.task.mutability.as_ref().map(|argument| argument.origin);
        if origin == Some(Origin::TemplatedArgs) {
            return Err(NotFixed::TemplatedArgs);
        }
        let planned = match origin {
            Some(Origin::Entry(entry)) => self.replace(entry),
            Some(Origin::KeyValues(string)) => self.set_pair(string),
            _ => self.add(),
        };
        // only what could be fixed lacks nothing but the level
        if level >= Level::needed(finding) || planned.is_err() {
            return planned;
        }
        Err(if finding.kind == Kind::Templated { NotFixed::Template } else { NotFixed::AwsMode })
    }

    /// The node, if no alias shares it. It then lies inside the task's mapping, since nothing else leads to it.
    pub(super) fn own(&self, node: NodeId) -> Result<NodeId, NotFixed> {
        match self.shared.alias_of(self.tree.follow(node)) {
            Some(line) => Err(NotFixed::Shared { line }),
            None => Ok(node),
        }
    }

    /// Adds the argument to the task, none of whose own arguments sets it.
    fn add(&self) -> Planned {
        let entry = self.task.entry;
        let value = self.own(entry.value)?;
        let is_action = matches!(self.tree.string(entry.key), Some("action" | "local_action"));
        let is_free_text = |text| read_pairs(text, is_action).is_some_and(|(_, pairs)| pairs.is_free_text());
        match (self.tree.value(value), self.args()) {
            (Value::Mapping, _) => self.insert(value),
            (Value::Text { text, .. }, _) if is_free_text(text) => Err(NotFixed::NotArguments),
            (Value::Text { .. } | Value::Null, Some(args)) => self.insert(args),
            (Value::Text { .. }, None) => self.append(value, is_action),
            (Value::Null, None) => Err(NotFixed::NoArguments),
            _ => Err(NotFixed::NotArguments),
        }
    }

    /// The task's `args`, if they are a mapping that can be edited.
    fn args(&self) -> Option<NodeId> {
        let args = self.task.arguments.resolver.get(self.task.item, "args").ok()??.value;
        (self.tree.value(args) == Value::Mapping).then(|| self.own(args).ok())?
    }

    /// Replaces the value of an entry.
    fn replace(&self, entry: MappingEntry) -> Planned {
        let (key, value) = (self.own(entry.key)?, self.own(entry.value)?);
        if self.tree.tag(value) != Tag::None {
            return Err(NotFixed::Tagged);
        }
        let plain = if self.is_quoted(key) { "\"immutable\"" } else { IMMUTABLE };
        let text = match self.tree.style(value) {
            Style::Plain if self.tree.is_absent(value) => {
                return Ok((self.after_colon(key, value, plain)?, Change::Replace(value)));
            }
            Style::Plain => plain,
            Style::SingleQuoted => "'immutable'",
            Style::DoubleQuoted => "\"immutable\"",
            Style::BlockScalar => return Err(NotFixed::BlockScalar),
            Style::Block | Style::Flow => return Err(NotFixed::Collection),
        };
        let span = self.tree.span(value);
        Ok((edit(span.start, span.end - span.start, text.to_owned()), Change::Replace(value)))
    }

    /// Adds a value after the colon of a key that has none.
    fn after_colon(&self, key: NodeId, value: NodeId, text: &str) -> Result<Edit, NotFixed> {
        let (start, key_end) = (self.tree.whole_span(value).start, self.tree.span(key).end);
        let gap = self.source()[key_end..start].trim_end();
        let has_anchor = start < self.tree.span(value).start;
        if has_anchor || !gap.ends_with(':') {
            return Err(NotFixed::Unclear);
        }
        Ok(edit(key_end + gap.len(), 0, format!(" {text}")))
    }
}

pub(super) fn edit(offset: usize, length: usize, text: String) -> Edit {
    Edit { offset, length, text: text.into() }
}
