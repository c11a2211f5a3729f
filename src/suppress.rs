//! Decides which findings are suppressed by comments: ecr-lint's own, `noqa`, and those of Datadog's scanner and KICS.
//!
//! Invariant: only comments count, never the same text in a string. A finding is suppressed only by a comment that
//! covers its task or its line.

mod directive;
mod lines;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use memchr::memmem;

use self::directive::{Head, Own, Scanner};
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
    /// Whether there was a finding for an `ignore-file` to suppress.
    file_used: bool,
    /// In the order of their lines.
    own: Vec<Comment>,
    /// The offsets of comments that address ecr-lint but are not understood.
    unknown: Vec<usize>,
    /// The indexes in `own` of the comments directly above a line, by that line.
    above: HashMap<usize, Vec<usize>>,
    /// The keys of `above` that have suppressed something.
    used_above: HashSet<usize>,
    /// The lines that end with a `noqa` for this rule.
    noqa: Vec<usize>,
    /// The lines whose findings a scanner's comment suppresses.
    covered: Ranges,
    /// The answers so far: aliases may repeat a task.
    cache: HashMap<Span, Option<Suppression>>,
}

/// One of ecr-lint's own comments.
#[derive(Debug)]
struct Comment {
    /// Where it starts.
    offset: usize,
    line: usize,
    own: Own,
    /// Whether it precedes all content.
    at_head: bool,
    used: bool,
}

impl Suppressions {
    /// Reads the comments of a text that was parsed with its comments.
    #[must_use]
    pub(crate) fn read(text: &str, parsed: &Parsed<'_>) -> Self {
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
        for span in comments {
            let comment = &text[span.range()];
            let line = found.lines.at(span.start);
            let alone = is_alone(&text[found.lines.start(line)..span.start]);
            let at_head = span.start < content;
            run.next(line, alone, &mut found.above);
            if alone && at_head {
                head.read(comment);
            }
            let directives = directive::parse(comment);
            if let Some(own) = directives.own {
                if alone && !own.file {
                    run.own.push(found.own.len());
                }
                found.own.push(Comment { offset: span.start, line, own, at_head, used: false });
            } else if directives.unknown {
                found.unknown.push(span.start);
            }
            if directives.noqa && !alone {
                found.noqa.push(line);
            }
            match directives.scanner {
                Some(Scanner::Line) => covered.push((line, line + 1)),
                Some(Scanner::Block) if alone => {
                    let node = parsed.following(span.end);
                    covered.extend(node.map(|node| (line, found.lines.at(node.end))));
                }
                _ => {}
            }
        }
        run.close(&mut found.above);
        found.scanner_ignores_file = head.ignores();
        found.covered = Ranges::new(covered);
        found
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
        let from = self.own.partition_point(|comment| comment.line < first);
        let to = self.own.partition_point(|comment| comment.line <= last);
        let mut suppression = None;
        for comment in self.own[from..to].iter_mut().filter(|comment| !comment.own.file) {
            comment.used = true;
            suppression.get_or_insert_with(|| comment.own.suppression());
        }
        if let Some(above) = self.above.get(&first) {
            self.used_above.insert(first);
            suppression =
                suppression.or_else(|| above.last().map(|&index| self.own[index].own.suppression()));
        }
        let noqa = self.noqa.partition_point(|&line| line < first);
        if self.noqa.get(noqa).is_some_and(|&line| line <= last) || self.scanner_ignores_file {
            suppression.get_or_insert_default();
        }
        self.file_used = true;
        suppression.or_else(|| self.file_suppression())
    }

    /// The suppression of an `ignore-file`, which must be at the head of the file.
    fn file_suppression(&self) -> Option<Suppression> {
        let mut head = self.own.iter().take_while(|comment| comment.at_head);
        head.find(|comment| comment.own.file).map(|comment| comment.own.suppression())
    }

    /// A warning for each of ecr-lint's own comments that has suppressed nothing, with the offset of the comment.
    #[must_use]
    pub(crate) fn warnings(mut self) -> Vec<(usize, String)> {
        for line in &self.used_above {
            for &index in &self.above[line] {
                self.own[index].used = true;
            }
        }
        let file_used = self.file_used;
        let is_used = |comment: &&Comment| {
            if comment.own.file { comment.at_head && file_used } else { comment.used }
        };
        let unused = self.own.iter().filter(|comment| !is_used(comment));
        let unknown = self.unknown.iter().map(|&offset| (offset, UNKNOWN.to_owned()));
        let mut warnings: Vec<_> =
            unused.map(|comment| (comment.offset, comment.warning().to_owned())).chain(unknown).collect();
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
    fn next(&mut self, line: usize, alone: bool, above: &mut HashMap<usize, Vec<usize>>) {
        if self.last.is_some_and(|last| last + 1 != line || !alone) {
            self.close(above);
        }
        self.last = alone.then_some(line);
    }

    fn close(&mut self, above: &mut HashMap<usize, Vec<usize>>) {
        let own = std::mem::take(&mut self.own);
        if let Some(last) = self.last.filter(|_| !own.is_empty()) {
            above.insert(last + 1, own);
        }
    }
}

/// The warning for a comment that addresses ecr-lint but is not understood.
const UNKNOWN: &str = "not understood; write `ecr-lint: ignore` or `ecr-lint: ignore-file`";

impl Comment {
    fn warning(&self) -> &'static str {
        match (self.own.file, self.at_head) {
            (true, false) => {
                "ecr-lint: ignore-file suppresses nothing: it must come before the first content"
            }
            (true, true) => "ecr-lint: ignore-file suppresses nothing; remove it",
            (false, _) => {
                "ecr-lint: ignore suppresses nothing; remove it, or put it on a task or alone on the line above"
            }
        }
    }
}

/// Whether only indentation, and perhaps the dash of a list item, precedes a comment.
fn is_alone(before: &str) -> bool {
    let before = before.trim_start_matches('\u{feff}');
    before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'-')) && !before.contains("--")
}
