//! A set of spans that finds the one at a given location.
//!
//! Invariant: a look-up takes logarithmic time, however many spans there are.

use std::cmp::Reverse;

use crate::parser::Span;

/// Spans, each with an index into some list. They are sorted and none contains another, so their ends are sorted, too.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<(Span, usize)>);

impl Spans {
    /// Keeps the spans that no other one contains; of equal ones, that with the lowest index.
    pub(super) fn new(mut spans: Vec<(Span, usize)>) -> Self {
        spans.sort_unstable_by_key(|&(span, index)| (span.start, Reverse(span.end), index));
        spans.dedup_by(|(inner, _), (outer, _)| inner.end <= outer.end);
        Self(spans)
    }

    /// The index of the first span that shares a byte with this one.
    pub(super) fn overlap(&self, with: Span) -> Option<usize> {
        let next = self.0.partition_point(|(span, _)| span.end <= with.start);
        self.0.get(next).filter(|(span, _)| span.start < with.end).map(|(_, index)| *index)
    }
}
