//! How a file is formatted: its line breaks, its columns, and the extent of block scalars.
//!
//! Invariant: nothing here plans an edit, and every offset is a character boundary.

use super::edits::Planner;
use crate::parser::{NodeId, Span, Style, is_break, line_end, line_start, skip_break};

impl<'t> Planner<'t> {
    pub(super) fn source(&self) -> &'t str {
        self.tree.source()
    }

    /// The lines of a block scalar below its header, without trailing blank lines.
    pub(super) fn block_content(&self, node: NodeId) -> Option<Span> {
        let span = self.tree.span(node);
        let start = line_end(self.source(), span.start);
        let text =
            self.source()[start..span.end].trim_end_matches(|c: char| c == ' ' || c == '\t' || is_break(c));
        (!text.is_empty()).then(|| Span::new(start, start + text.len()))
    }

    /// The first line break at or after an offset, else the last one before it.
    pub(super) fn line_break(&self, offset: usize) -> &'t str {
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

    /// How many characters precede an offset on its line.
    pub(super) fn column(&self, offset: usize) -> usize {
        let source = self.source();
        source[line_start(source, offset)..offset].chars().filter(|&c| c != '\u{feff}').count()
    }

    /// Whether a new entry beside this key needs quotes: in a JSON file.
    pub(super) fn is_quoted(&self, key: NodeId) -> bool {
        let is_flow = |root: &NodeId| self.tree.style(*root) == Style::Flow;
        self.tree.style(key) == Style::DoubleQuoted && self.tree.roots().first().is_some_and(is_flow)
    }
}
