//! Maps offsets to lines, and holds sets of lines.
//!
//! Invariant: look-ups take logarithmic time, however long the lines and however many the ranges.

use crate::parser::text_line_end;

/// The offsets at which the lines of a text start; the first line is 0.
#[derive(Debug, Default)]
pub(super) struct LineStarts {
    starts: Vec<usize>,
}

impl LineStarts {
    pub(super) fn new(text: &str) -> Self {
        let next = |&start: &usize| Some(text_line_end(text.as_bytes(), start..text.len())?.1);
        Self { starts: std::iter::successors(Some(0), next).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The line that holds an offset.
    pub(super) fn at(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The offset of a line's first byte.
    pub(super) fn start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or_default()
    }
}

/// Ranges of lines, both ends included, that do not overlap.
#[derive(Debug, Default)]
pub(super) struct Ranges(Vec<(usize, usize)>);

impl Ranges {
    pub(super) fn new(mut ranges: Vec<(usize, usize)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut().filter(|range| first <= range.1) {
                Some(range) => range.1 = range.1.max(last),
                None => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    pub(super) fn contains(&self, line: usize) -> bool {
        let after = self.0.partition_point(|range| range.0 <= line);
        after.checked_sub(1).is_some_and(|at| line <= self.0[at].1)
    }
}
