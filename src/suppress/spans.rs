//! A set of spans that finds the one at a given location.
//!
//! Invariant: a look-up takes logarithmic time, however many spans there are.

use std::cmp::Reverse;

use crate::parser::Span;

/// What has to share a byte with the span of a comment to be suppressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// The task.
    Task,
    /// The first byte of the task: a comment on an item of a list inside a task is not about the task.
    TaskStart,
    /// What the finding marks.
    Finding,
}

/// Where something is suppressed, and what.
pub(super) type Reach = (Target, Span);

/// Spans by target, each with an index into some list. They are sorted, and of one target none contains another, so
/// that their ends are sorted, too.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<(Reach, usize)>);

impl Spans {
    /// Keeps the spans that no other one of the same target contains; of equal ones, that with the lowest index.
    pub(super) fn new(mut spans: Vec<(Reach, usize)>) -> Self {
        spans.sort_unstable_by_key(|&((target, span), index)| (target, span.start, Reverse(span.end), index));
        spans.dedup_by(|(inner, _), (outer, _)| inner.0 == outer.0 && inner.1.end <= outer.1.end);
        Self(spans)
    }

    /// The index of the first span of the target that shares a byte with this one.
    pub(super) fn overlap(&self, (target, with): Reach) -> Option<usize> {
        let next = self.0.partition_point(|((on, span), _)| (*on, span.end) <= (target, with.start));
        let ((on, span), index) = self.0.get(next)?;
        (*on == target && span.start < with.end).then_some(*index)
    }
}
