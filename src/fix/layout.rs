//! How a file is formatted: its line breaks and indentation, and the extent of block scalars.
//!
//! Invariant: nothing here plans an edit, and every offset is a character boundary.

use super::edits::Planner;
use crate::parser::{NodeId, Shape, Span, Style, Tree, is_break, line_end, line_start, skip_break};

/// The indentation step of a file without nested mappings.
const STEP: usize = 2;

/// What is computed once for each file.
#[derive(Debug, Default)]
pub(super) struct Layout {
    step: Option<usize>,
    is_json: Option<bool>,
}

impl<'t> Planner<'t> {
    pub(super) fn source(&self) -> &'t str {
        self.tree.source()
    }

    /// The first line of a block scalar, from its `|` or `>`.
    pub(super) fn block_header(&self, node: NodeId) -> &'t str {
        let start = self.tree.span(node).start;
        &self.source()[start..line_end(self.source(), start)]
    }

    /// The lines of a block scalar below its header, without trailing blank lines.
    pub(super) fn block_content(&self, node: NodeId) -> Option<Span> {
        let span = self.tree.span(node);
        let start = span.start + self.block_header(node).len();
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

    /// Where a mapping's entry starts: at its key, or at the `?` before it.
    pub(super) fn entry_start(&self, key: NodeId) -> usize {
        let start = self.tree.whole_span(key).start;
        let before = self.source()[..start].trim_end_matches([' ', '\t']);
        let is_indicator = before.len() < start && before.ends_with('?') && {
            let front = &before[..before.len() - 1];
            front.is_empty() || front.ends_with(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '['))
        };
        if is_indicator { before.len() - 1 } else { start }
    }

    /// How many characters precede an offset on its line.
    pub(super) fn column(&self, offset: usize) -> usize {
        let source = self.source();
        source[line_start(source, offset)..offset].chars().filter(|&c| c != '\u{feff}').count()
    }

    pub(super) fn step(&mut self) -> usize {
        let step = self.layout.step.unwrap_or_else(|| self.usual_step());
        self.layout.step = Some(step);
        step
    }

    /// Whether a new entry beside this key needs quotes: in a JSON file.
    pub(super) fn is_quoted(&mut self, key: NodeId) -> bool {
        let source = self.source();
        self.tree.style(key) == Style::DoubleQuoted
            && *self.layout.is_json.get_or_insert_with(|| source.trim_start().starts_with(['[', '{']))
    }

    /// The most frequent difference between the columns of nested mappings.
    pub(super) fn usual_step(&self) -> usize {
        let mut counts = std::collections::BTreeMap::new();
        for (outer, inner) in nested_blocks(self.tree) {
            let columns = [outer, inner].map(|key| self.column(self.entry_start(key)));
            *counts.entry(columns[1].saturating_sub(columns[0])).or_insert(0_usize) += 1;
        }
        let most = counts
            .into_iter()
            .filter(|(step, _)| *step > 0)
            .max_by_key(|&(step, count)| (count, usize::MAX - step));
        most.map_or(STEP, |(step, _)| step)
    }
}

/// Where the last of the blank lines after a line ends, given where that line ends.
pub(super) fn blank_lines_end(source: &str, mut end: usize) -> usize {
    loop {
        let next = skip_break(source, end);
        let next_end = line_end(source, next);
        let is_last = next == end || next_end == source.len() || !source[next..next_end].trim().is_empty();
        if is_last {
            return end;
        }
        end = next_end;
    }
}

/// For each block mapping that is a value in a block mapping: its key and its own first key.
fn nested_blocks(tree: &Tree<'_>) -> impl Iterator<Item = (NodeId, NodeId)> {
    let blocks = tree.nodes.iter().filter(|node| node.shape == Shape::Mapping && node.style == Style::Block);
    blocks.flat_map(move |node| {
        tree.children[node.range()].chunks_exact(2).filter_map(move |pair| {
            let value = tree.node(pair[1]);
            let is_block = value.shape == Shape::Mapping && value.style == Style::Block;
            let inner = if is_block { tree.children[value.range()].first()? } else { return None };
            Some((pair[0], *inner))
        })
    })
}
