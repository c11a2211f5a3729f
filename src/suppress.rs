//! Decides which findings are suppressed by comments: ecr-lint's own, `noqa`, and those of Datadog's scanner and KICS.
//!
//! By the grammar of its tool a comment is a directive, and that has a reach: a span of the text, and what has to lie
//! there to be suppressed, the task or the finding.
//!
//! Invariant: only comments count, never the same text in a string; nothing outside of a comment's reach is suppressed,
//! and one for another tool reaches no further than it does there, but for the leniencies of `directive`.

mod comments;
mod directive;

use std::cmp::Reverse;
use std::sync::Arc;

use self::directive::Directive;
use crate::escape::{LONGEST_NAME, cut};
use crate::parser::Tree;
use crate::position::Span;
use crate::rule::Finding;

/// The reason that a comment gives, if it gives one.
pub(crate) type Reason = Option<Arc<str>>;

/// A finding, and the comment's reason if it is suppressed.
pub(crate) type MaybeSuppressed = (Finding, Option<Reason>);

/// What has to share a byte with the span of a comment to be suppressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// The task.
    Task,
    /// The first byte of the task: a comment on an item of a list inside a task is not about the task.
    TaskStart,
    /// What the finding marks.
    Finding,
}

/// Where something is suppressed, and what.
type Reach = (Target, Span);

/// Spans by target, each with an index into some list; a look-up takes logarithmic time. They are sorted, and of one
/// target none contains another, so that their ends are sorted, too.
#[derive(Debug, Default)]
struct Spans(Vec<(Reach, usize)>);

impl Spans {
    /// Keeps the spans that no other one of the same target contains; of equal ones, that with the lowest index.
    fn new(mut spans: Vec<(Reach, usize)>) -> Self {
        spans.sort_unstable_by_key(|&((target, span), index)| (target, span.start, Reverse(span.end), index));
        spans.dedup_by(|(inner, _), (outer, _)| inner.0 == outer.0 && inner.1.end <= outer.1.end);
        Self(spans)
    }

    /// The index of the first span of the target that shares a byte with this one.
    fn overlap(&self, (target, with): Reach) -> Option<usize> {
        let next = self.0.partition_point(|((on, span), _)| (*on, span.end) <= (target, with.start));
        let ((on, span), index) = self.0.get(next)?;
        (*on == target && span.start < with.end).then_some(*index)
    }
}

/// What the comments of one text suppress.
#[derive(Debug, Default)]
pub(crate) struct Suppressions<'t> {
    text: &'t str,
    directives: Vec<Directive>,
    require_reason: bool,
    /// What is suppressed, with the index of the directive.
    suppressed: Spans,
    /// What was flagged so far, each with 0.
    flagged: Vec<(Reach, usize)>,
}

impl<'t> Suppressions<'t> {
    /// Reads the comments of a text. With `require_reason`, they have an effect only
    /// if they give a reason.
    pub(crate) fn read(tree: &Tree<'t>, require_reason: bool) -> Self {
        let directives = directive::read(&comments::read(tree));
        let lacks_reason = |directive: &Directive| require_reason && directive.reason.is_none();
        let effective = directives.iter().zip(0..).filter(|(directive, _)| !lacks_reason(directive));
        let reaches = effective.filter_map(|(directive, index)| Some((directive.reach?, index)));
        let suppressed = Spans::new(reaches.collect());
        Self { text: tree.source, directives, require_reason, suppressed, flagged: Vec::new() }
    }

    /// The reason of the comment that suppresses a finding of a task, by the spans of both; `None` if none does.
    pub(crate) fn suppression(&mut self, task: Span, finding: Span) -> Option<Reason> {
        if self.directives.is_empty() {
            return None;
        }
        let start = Span::new(task.start, task.start + 1);
        let flagged = [(Target::Task, task), (Target::TaskStart, start), (Target::Finding, finding)];
        self.flagged.extend(flagged.map(|target| (target, 0)));
        let index = flagged.into_iter().find_map(|target| self.suppressed.overlap(target))?;
        Some(self.directives[index].reason.clone())
    }

    /// A warning, with its offset, for each comment that suppresses nothing.
    pub(crate) fn warnings(self) -> Vec<(usize, String)> {
        let flagged = Spans::new(self.flagged);
        let warning = |Directive { comment, reach, reason, advice }: Directive| {
            let is_used = reach.is_some_and(|reach| flagged.overlap(reach).is_some());
            let advice = match (is_used, reason) {
                (false, _) => advice?,
                (true, None) if self.require_reason => NO_REASON,
                (true, _) => return None,
            };
            let quoted = cut(self.text[comment.range()].trim_end(), LONGEST_NAME);
            Some((comment.start, format!("`{quoted}` suppresses nothing: {advice}")))
        };
        self.directives.into_iter().filter_map(warning).collect()
    }
}

const NO_REASON: &str = "the configuration requires a reason; add one in brackets";
