//! Inserts an entry into a mapping, formatted like its neighbours.
//!
//! Invariant: every comment stays next to the key that it describes.

use super::edits::{Planner, edit};
use super::tree_diff::Change;
use super::{Edit, NotFixed, Planned};
use crate::parser::{NodeId, Style, line_end, line_start, skip_break};

const ENTRY: &str = "image_tag_mutability: immutable";
const QUOTED_ENTRY: &str = "\"image_tag_mutability\": \"immutable\"";

impl Planner<'_> {
    pub(super) fn insert(&self, mapping: NodeId) -> Planned {
        let entries = self.tree.own_entries(mapping);
        if entries.is_empty() {
            return Err(NotFixed::NoArguments);
        }
        match self.tree.style(mapping) {
            Style::Flow => self.insert_flow(mapping, entries),
            _ => Ok(self.insert_block(mapping, entries)),
        }
    }

    /// The entry as text; `key` is one beside which it is written.
    fn entry(&self, key: NodeId) -> &'static str {
        if self.is_quoted(key) { QUOTED_ENTRY } else { ENTRY }
    }

    fn insert_flow(&self, mapping: NodeId, entries: &[NodeId]) -> Planned {
        let change = Change::Insert { mapping, before: self.tree.after(mapping) };
        let [.., key, value] = *entries else { return Err(NotFixed::Unclear) };
        if self.tree.is_absent(value) {
            return Err(NotFixed::Unclear); // no entry can follow one without a value
        }
        let entry = self.entry(key);
        let beside = || edit(self.tree.span(value).end, 0, format!(", {entry}"));
        Ok((self.line_of_its_own(key, value, entry).unwrap_or_else(beside), change))
    }

    /// An entry on a new line after the last one of a flow mapping, if that is on its own line.
    fn line_of_its_own(&self, key: NodeId, value: NodeId, entry: &str) -> Option<Edit> {
        let source = self.source();
        let start = self.tree.whole_span(key).start;
        let indent = &source[line_start(source, start)..start];
        if !indent.bytes().all(|byte| byte == b' ') {
            return None;
        }
        let end = self.tree.span(value).end;
        let rest = &source[end..line_end(source, end)];
        let line_break = self.line_break(end);
        let (comma, after_comma) = match rest.trim_start().strip_prefix(',') {
            Some(after) => (true, after.trim_start()),
            None => (false, rest.trim_start()),
        };
        if after_comma.is_empty() || after_comma.starts_with('#') {
            let (before, after) = if comma { ("", ",") } else { (",", "") };
            let text = format!("{before}{rest}{line_break}{indent}{entry}{after}");
            return Some(edit(end, rest.len(), text));
        }
        // the closing brace is on the same line
        (!comma).then(|| edit(end, 0, format!(",{line_break}{indent}{entry}")))
    }

    /// Inserts a line after the name; where there is none, or a block scalar that might take the line in, above the
    /// first entry and its comments.
    fn insert_block(&self, mapping: NodeId, entries: &[NodeId]) -> (Edit, Change) {
        let first = entries[0];
        let start = self.tree.whole_span(first).start;
        let indent = " ".repeat(self.column(start));
        let name = entries.chunks_exact(2).rfind(|pair| self.tree.string(pair[0]) == Some("name"));
        if let Some((end, name)) =
            name.and_then(|pair| Some((self.last_line_end(pair[0], pair[1])?, pair[1])))
        {
            let edit = self.new_line(end, &format!("{indent}{ENTRY}"));
            return (edit, Change::Insert { mapping, before: self.tree.after(name) });
        }
        let line_break = self.line_break(start);
        let edit = match self.comments_above(start) {
            Some(line) => edit(line, 0, format!("{indent}{ENTRY}{line_break}")),
            None => edit(start, 0, format!("{ENTRY}{line_break}{indent}")),
        };
        (edit, Change::Insert { mapping, before: first })
    }

    /// Where the comment lines directly above a key start: they describe that key.
    fn comments_above(&self, key: usize) -> Option<usize> {
        let source = self.source();
        let mut first = line_start(source, key);
        let mut found = None;
        while source[first..key].bytes().all(|byte| byte == b' ') || found.is_some() {
            let Some((break_above, _)) = source[..first].char_indices().next_back() else { break };
            let above = line_start(source, break_above);
            if !source[above..first].trim_start().starts_with('#') {
                break;
            }
            (first, found) = (above, Some(above));
        }
        found
    }

    /// Where the last line of a block mapping's entry ends; `None` if that is in a block scalar, which a line after it
    /// may change.
    fn last_line_end(&self, key: NodeId, value: NodeId) -> Option<usize> {
        let last = self.tree.last(value);
        let end = [last, value, key].map(|node| self.tree.span(node).end).into_iter().max()?;
        (self.tree.style(last) != Style::BlockScalar).then(|| line_end(self.source(), end))
    }

    /// Inserts a line after the line that ends at `end`.
    fn new_line(&self, end: usize, line: &str) -> Edit {
        let next = skip_break(self.source(), end);
        let line_break = self.line_break(end);
        if next == end {
            return edit(end, 0, format!("{line_break}{line}"));
        }
        edit(next, 0, format!("{line}{line_break}"))
    }
}
