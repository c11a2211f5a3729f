//! Inserts an entry into a mapping, formatted like its neighbours.
//!
//! Invariant: every comment stays next to the key that it describes.

use super::edits::{ENTRY, Planned, Planner, QUOTED_ENTRY, edit};
use super::layout::blank_lines_end;
use super::tree_diff::Change;
use super::{Edit, NotFixed};
use crate::parser::{MappingEntry, NodeId, Span, Style, Tag, line_end, line_start, skip_break};

impl Planner<'_> {
    pub(super) fn insert(&mut self, mapping: NodeId) -> Planned {
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
            // no entry can follow one without a value, so the new entry becomes the first
            let first = entries[0];
            let edit = edit(self.entry_start(first), 0, format!("{entry}, "));
            return (edit, Change::Insert { mapping, before: first });
        }
        let edit = self
            .line_of_its_own(key, value, entry)
            .unwrap_or_else(|| edit(self.tree.span(value).end, 0, format!(", {entry}")));
        (edit, Change::Insert { mapping, before: self.tree.after(mapping) })
    }

    /// An entry on a new line after the last one of a flow mapping, if that is on its own line.
    fn line_of_its_own(&self, key: NodeId, value: NodeId, entry: &str) -> Option<Edit> {
        let source = self.source();
        let start = self.entry_start(key);
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

    /// The entry in a flow mapping that is empty except for white space and comments.
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
        let edit = match self.comments_above(start) {
            Some(line) => edit(line, 0, format!("{indent}{ENTRY}{line_break}")),
            None => edit(start, 0, format!("{ENTRY}{line_break}{indent}")),
        };
        Ok((edit, Change::Insert { mapping, before: first }))
    }

    /// Where the comment lines directly above a key start: they describe that key.
    fn comments_above(&self, start: usize) -> Option<usize> {
        let source = self.source();
        let mut first = line_start(source, start);
        let mut found = None;
        while source[first..start].bytes().all(|byte| byte == b' ') || found.is_some() {
            let Some(above) = source[..first].char_indices().next_back() else { break };
            let above = line_start(source, above.0);
            if !source[above..first].trim_start().starts_with('#') {
                break;
            }
            (first, found) = (above, Some(above));
        }
        found
    }

    /// Where the last line of a block mapping's entry ends; `None` if another line break would change its value.
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

    /// Replaces a missing value or null by a mapping with the entry.
    pub(super) fn nest(&mut self, entry: MappingEntry) -> Planned {
        let MappingEntry { key, value } = entry;
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
            return Ok((self.after_colon(key, value, &flow), Change::Nest(value)));
        }
        let indent = self.column(self.entry_start(key)) + self.step();
        let end = line_end(self.source(), self.tree.span(key).end);
        Ok((self.new_line(end, &format!("{}{ENTRY}", " ".repeat(indent))), Change::Nest(value)))
    }

    fn is_in_flow(&self) -> bool {
        self.tree.style(self.task.item) == Style::Flow
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
