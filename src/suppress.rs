//! Decides which findings are suppressed by comments: ecr-lint's own, `noqa`, and those of Datadog's scanner and KICS.
//!
//! Invariant: only comments count, never the same text in a string. A finding is suppressed only by a comment that
//! covers its task or its line.

mod directive;
mod lines;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use memchr::memmem;

use self::directive::{Head, Scanner, Scope};
use self::lines::{LineStarts, Ranges};
use crate::parser::{Parsed, Span};
use crate::rule::Finding;

/// Whether a text could contain a comment that suppresses. Most do not, so their comments need not be collected.
#[must_use]
pub(crate) fn has_trigger(bytes: &[u8]) -> bool {
    directive::TRIGGERS.iter().any(|word| memmem::find(bytes, word.as_bytes()).is_some())
}

/// How a finding is suppressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Suppression {
    /// The reason that the comment gives, if it gives one.
    pub reason: Option<Arc<str>>,
}

/// A finding, and whether it is suppressed.
pub(crate) type MaybeSuppressed = (Finding, Option<Suppression>);

/// Sorts findings, and keeps at most one open and one suppressed finding per span and kind, the open one first: tasks
/// that share a value through aliases have findings with the same span.
pub(crate) fn deduplicate(findings: &mut Vec<MaybeSuppressed>) {
    let key = |(finding, suppression): &MaybeSuppressed| (finding.span, finding.kind, suppression.is_some());
    if !findings.is_sorted_by_key(key) {
        findings.sort_by_key(key);
    }
    findings.dedup_by_key(|finding| key(finding));
}

/// What the comments of one text suppress.
#[derive(Debug, Default)]
pub(crate) struct Suppressions {
    lines: LineStarts,
    /// Whether a scanner's comment at the head of the file suppresses every finding.
    scanner_ignores_file: bool,
    /// ecr-lint's own comments and each `noqa`.
    comments: Vec<Comment>,
    /// The offsets of comments that address ecr-lint and have no effect, with the reason.
    rejected: Vec<(usize, String)>,
    /// The comments that suppress the task on a line, by that line.
    by_line: BTreeMap<usize, LineComments>,
    /// The list items whose tasks an `ignore-block` suppresses, each with its index, sorted. None contains another.
    blocks: Vec<(Span, usize)>,
    /// The index of the `ignore-file`, which must be at the head of the file.
    file: Option<usize>,
    /// The lines whose findings a scanner's comment suppresses.
    covered: Ranges,
    /// The answers so far: aliases may repeat a task.
    cache: HashMap<Span, Option<Suppression>>,
}

/// The comments for one line. They are used all together, since one line may hold many tasks.
#[derive(Debug, Default)]
struct LineComments {
    /// Their indexes.
    comments: Vec<usize>,
    used: bool,
}

/// A comment that suppresses, unless it is one of a scanner's.
#[derive(Debug)]
struct Comment {
    /// Where it starts.
    offset: usize,
    scope: Scope,
    reason: Option<Arc<str>>,
    used: bool,
}

impl Suppressions {
    /// Reads the comments of a text that was parsed with its comments. With `require_reason`, ecr-lint's own have an
    /// effect only if they give a reason.
    #[must_use]
    pub(crate) fn read(text: &str, parsed: &Parsed<'_>, require_reason: bool) -> Self {
        if parsed.comments().is_empty() {
            return Self::default();
        }
        let mut comments = parsed.comments().to_vec();
        comments.sort_unstable();
        comments.dedup();
        let content = parsed.content_start().unwrap_or(usize::MAX);
        let mut found = Self { lines: LineStarts::new(text), ..Self::default() };
        let mut head = Head::default();
        let mut covered = Vec::new();
        let mut run = CommentBlock::default();
        let mut by_line = Vec::new();
        let mut previous_end = 0;
        for span in comments {
            let comment = &text[span.range()];
            let line = found.lines.at(span.start);
            let before = &text[found.lines.start(line)..span.start];
            let alone = is_alone(before);
            let at_head = span.start < content;
            run.next(line, alone, &mut by_line);
            if alone && at_head {
                head.read(comment);
            }
            let directives = directive::parse(comment);
            match directives.own {
                Some((_, None)) if require_reason => found.rejected.push((span.start, NO_REASON.into())),
                Some((Scope::File, _)) if !at_head => found.rejected.push((span.start, TOO_LATE.into())),
                Some((scope, reason)) => {
                    let index = found.add(span, scope, reason);
                    by_line.push((line, index));
                    run.own.extend(alone.then_some(index));
                }
                None if directives.unknown => found.rejected.push((span.start, unknown(comment))),
                None => {}
            }
            if directives.noqa {
                let index = found.add(span, Scope::Noqa, None);
                by_line.push((line, index));
                let is_first = at_head || !text[previous_end..span.start].trim().is_empty();
                let below = noqa_reach(text, span, before).filter(|_| is_first);
                by_line.extend(below.map(|below| (found.lines.at(below), index)));
            }
            match directives.scanner {
                Some(Scanner::Line) => covered.push((line, line + 1)),
                Some(Scanner::Block) if alone => {
                    let node = parsed.following(span.end);
                    covered.extend(node.map(|node| (line, found.lines.at(node.end))));
                }
                _ => {}
            }
            previous_end = span.end;
        }
        run.close(&mut by_line);
        found.scanner_ignores_file = head.ignores();
        found.covered = Ranges::new(covered);
        found.assign(by_line, parsed);
        found
    }

    fn add(&mut self, span: Span, scope: Scope, reason: Option<Arc<str>>) -> usize {
        let index = self.comments.len();
        self.comments.push(Comment { offset: span.start, scope, reason, used: false });
        index
    }

    /// Assigns each comment, for each line that it is about, to that line, to the list item that starts there, or to the
    /// file.
    fn assign(&mut self, by_line: Vec<(usize, usize)>, parsed: &Parsed<'_>) {
        let mut blocks = Vec::new();
        for (line, index) in by_line {
            match self.comments[index].scope {
                Scope::Task | Scope::Noqa => self.by_line.entry(line).or_default().comments.push(index),
                Scope::Block => blocks.push((line, index)),
                Scope::File => self.file = self.file.or(Some(index)),
            }
        }
        if blocks.is_empty() {
            return;
        }
        let mut items = HashMap::new();
        for item in parsed.list_items() {
            items.entry(self.lines.at(item.start)).or_insert(item);
        }
        let item = |(line, index)| Some((*items.get(&line)?, index));
        self.blocks = blocks.into_iter().filter_map(item).collect();
        self.blocks.sort_unstable_by_key(|&(item, index)| (item.start, Reverse(item.end), index));
        self.blocks.dedup_by(|(inner, _), (outer, _)| inner.end <= outer.end);
    }

    /// How comments suppress a finding at `span` of the task that covers `task`; `None` if they do not.
    pub(crate) fn suppression(&mut self, task: Span, span: Span) -> Option<Suppression> {
        if self.lines.is_empty() {
            return None;
        }
        if let Some(cached) = self.cache.get(&task) {
            return cached.clone().or_else(|| self.line_suppression(span));
        }
        let suppression = self.task_suppression(task);
        self.cache.insert(task, suppression.clone());
        suppression.or_else(|| self.line_suppression(span))
    }

    fn line_suppression(&self, span: Span) -> Option<Suppression> {
        self.covered.contains(self.lines.at(span.start)).then(Suppression::default)
    }

    fn task_suppression(&mut self, task: Span) -> Option<Suppression> {
        let (first, last) = (self.lines.at(task.start), self.lines.at(task.end));
        let before = self.blocks.partition_point(|(item, _)| item.start <= task.start);
        let block = self.blocks[..before].last().filter(|(item, _)| task.start < item.end);
        let mut suppression = None;
        let mut suppress = |comment: &mut Comment| {
            comment.used = true;
            suppression.get_or_insert_with(|| Suppression { reason: comment.reason.clone() });
        };
        for line in self.by_line.range_mut(first..=last).map(|(_, line)| line) {
            line.used = true;
            suppress(&mut self.comments[line.comments[0]]);
        }
        for &index in block.map(|(_, index)| index).into_iter().chain(&self.file) {
            suppress(&mut self.comments[index]);
        }
        suppression.or_else(|| self.scanner_ignores_file.then(Suppression::default))
    }

    /// A warning for each comment that has suppressed nothing, unless it is one of a scanner's, with its offset.
    #[must_use]
    pub(crate) fn warnings(mut self) -> Vec<(usize, String)> {
        for &index in self.by_line.values().filter(|line| line.used).flat_map(|line| &line.comments) {
            self.comments[index].used = true;
        }
        let unused = self.comments.into_iter().filter(|comment| !comment.used);
        let unused = unused.map(|comment| (comment.offset, comment.scope.unused().to_owned()));
        let mut warnings: Vec<_> = unused.chain(self.rejected).collect();
        warnings.sort_unstable();
        warnings
    }
}

/// Comments on consecutive lines of their own; they apply to the line below the last one.
#[derive(Debug, Default)]
struct CommentBlock {
    last: Option<usize>,
    own: Vec<usize>,
}

impl CommentBlock {
    fn next(&mut self, line: usize, alone: bool, by_line: &mut Vec<(usize, usize)>) {
        if self.last.is_some_and(|last| last + 1 != line || !alone) {
            self.close(by_line);
        }
        self.last = alone.then_some(line);
    }

    fn close(&mut self, by_line: &mut Vec<(usize, usize)>) {
        let own = std::mem::take(&mut self.own);
        if let Some(last) = self.last {
            by_line.extend(own.into_iter().map(|index| (last + 1, index)));
        }
    }
}

// The warnings for comments that address ecr-lint and have no effect.
fn unknown(comment: &str) -> String {
    let comment: String = comment.trim_end().chars().take(MOST_QUOTED).collect();
    format!(
        "`{comment}` is not understood; write `ecr-lint: ignore`, `ecr-lint: ignore-block` or `ecr-lint: ignore-file`"
    )
}

/// How many characters of such a comment are quoted.
const MOST_QUOTED: usize = 80;
const NO_REASON: &str = "suppresses nothing: the configuration requires a reason; add one in brackets";
const TOO_LATE: &str = "ecr-lint: ignore-file suppresses nothing: it must come before the first content";

impl Scope {
    /// The warning for a comment that has suppressed nothing.
    fn unused(self) -> &'static str {
        match self {
            Self::Task => {
                "ecr-lint: ignore suppresses nothing; remove it, or put it on a task or alone on the line above \
                 (for a whole block or play write `ignore-block`)"
            }
            Self::Noqa => {
                "noqa suppresses nothing; remove it, or put it on a task or alone above it, behind no other comment"
            }
            Self::Block => {
                "ecr-lint: ignore-block suppresses nothing; remove it, or put it on the first line of a block or \
                 play or alone on the line above"
            }
            Self::File => "ecr-lint: ignore-file suppresses nothing; remove it",
        }
    }
}

/// Where the content starts that a `noqa` on a line of its own reaches below, if no other comment precedes it: ansible-lint's
/// `_continue_skip_next_lines`.
fn noqa_reach(text: &str, comment: Span, before: &str) -> Option<usize> {
    let is_alone = before.trim().is_empty() && text[comment.range()].starts_with("# noqa");
    is_alone.then(|| text.len() - text[comment.end..].trim_start().len())
}

/// Whether only indentation, and perhaps the dash of a list item, precedes a comment.
fn is_alone(before: &str) -> bool {
    let before = before.trim_start_matches('\u{feff}');
    before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'-')) && !before.contains("--")
}
