//! How a file is written: its line breaks, its indentation, what belongs to a block scalar.
//!
//! Invariant: nothing here plans an edit; every offset lies between two characters.

use super::edits::Planner;
use crate::parser::{NodeId, Shape, Span, Style, Tree, is_break, line_end, line_start, skip_break};

/// The step of a file that has no nested mapping to tell it.
const STEP: usize = 2;

/// What is asked for once a file.
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

    /// The lines of a block scalar below its header, without the blank ones at the end.
    pub(super) fn block_content(&self, node: NodeId) -> Option<Span> {
        let span = self.tree.span(node);
        let start = span.start + self.block_header(node).len();
        let text =
            self.source()[start..span.end].trim_end_matches(|c: char| c == ' ' || c == '\t' || is_break(c));
        (!text.is_empty()).then(|| Span::new(start, start + text.len()))
    }

    /// The line break at or behind an offset, else the last one in front of it.
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

    /// Where a mapping's entry starts: at its key, or at the `?` in front of it.
    pub(super) fn entry_start(&self, key: NodeId) -> usize {
        let start = self.tree.whole_span(key).start;
        let before = self.source()[..start].trim_end_matches([' ', '\t']);
        let is_indicator = before.len() < start && before.ends_with('?') && {
            let front = &before[..before.len() - 1];
            front.is_empty() || front.ends_with(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '['))
        };
        if is_indicator { before.len() - 1 } else { start }
    }

    /// How many characters stand in front of an offset on its line.
    pub(super) fn column(&self, offset: usize) -> usize {
        let source = self.source();
        source[line_start(source, offset)..offset].chars().filter(|&c| c != '\u{feff}').count()
    }

    pub(super) fn step(&mut self) -> usize {
        let step = self.layout.step.unwrap_or_else(|| self.usual_step());
        self.layout.step = Some(step);
        step
    }

    /// Whether what stands beside a key needs quotes too: in a file that is JSON.
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

/// Where the last of the blank lines behind a line ends, given where that line ends.
pub(super) fn blank_lines_end(source: &str, mut end: usize) -> usize {
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

/// The block mappings that are values of block mappings: both first keys.
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
