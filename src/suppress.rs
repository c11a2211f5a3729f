//! Decides which findings are suppressed by comments: ecr-lint's own, `noqa`, and those of Datadog's scanner and KICS.
//!
//! Each comment has a reach, which is a span of the text and whether the comment suppresses the tasks or the findings
//! there: the function [`reach`] lists it for every kind of comment.
//!
//! Invariant: only comments count, never the same text in a string; nothing outside of a comment's reach is suppressed,
//! and one for another tool reaches no further than it does there.

mod comments;
mod directive;
mod spans;

use std::sync::Arc;

use memchr::memmem;

use self::comments::{Comment, CommentedText};
use self::directive::{Command, Directive, Head};
use self::spans::Spans;
use crate::parser::{Parsed, Span};
use crate::rule::Finding;

/// Whether a text could contain a comment that suppresses. Most do not, so their comments need not be collected.
#[must_use]
pub(crate) fn has_trigger(bytes: &[u8]) -> bool {
    directive::TRIGGERS.iter().any(|word| memmem::find(bytes, word.as_bytes()).is_some())
}

/// How a finding is suppressed.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What a comment suppresses.
#[derive(Clone, Copy, Debug)]
enum Reach {
    /// The findings of every task that has a byte in the span.
    Tasks(Span),
    /// The findings of every task that starts in the span.
    TasksInside(Span),
    /// Every finding that has a byte in the span.
    Findings(Span),
    /// Nothing: the comment is not understood, or not where it could have an effect.
    Nothing,
}

/// What a command suppresses in a comment. ecr-lint and ansible-lint go by tasks, the scanners by lines.
fn reach(command: Command, comment: &Comment, text: &CommentedText<'_>) -> Reach {
    let from_here_to = |end| Span::new(comment.line.start, end);
    match command {
        Command::Ignore => Reach::Tasks(comment.lines),
        Command::Noqa => Reach::Tasks(text.lines_of_noqa(comment)),
        Command::IgnoreBlock => text.item_in(comment.lines).map_or(Reach::Nothing, Reach::TasksInside),
        Command::IgnoreFile if comment.is_at_head => Reach::Tasks(text.span()),
        Command::ScannerLine => Reach::Findings(from_here_to(text.line(comment.line.end).end)),
        Command::ScannerBlock if comment.is_alone => {
            let node = text.parsed.following(comment.span.end);
            node.map_or(Reach::Nothing, |node| Reach::Findings(from_here_to(node.end)))
        }
        Command::IgnoreFile | Command::ScannerBlock | Command::NotUnderstood => Reach::Nothing,
    }
}

/// A command in a comment, or those of the scanners at the head of the file together.
#[derive(Debug)]
struct Suppressor {
    reach: Reach,
    reason: Option<Arc<str>>,
    /// Where the comment starts, and what to say if it suppresses nothing; of a scanner's nothing is said.
    warning: Option<(usize, String)>,
}

/// What the comments of one text suppress.
#[derive(Debug, Default)]
pub(crate) struct Suppressions {
    suppressors: Vec<Suppressor>,
    /// The spans in which tasks are suppressed, each with the index of its suppressor.
    tasks: Spans,
    /// The spans in which tasks are suppressed that start there, each with the index of its suppressor.
    tasks_inside: Spans,
    /// The spans in which findings are suppressed, each with the index of its suppressor.
    findings: Spans,
    /// The flagged tasks so far.
    flagged: Vec<Span>,
}

impl Suppressions {
    /// Reads the comments of a text that was parsed with its comments. With `require_reason`, ecr-lint's own have an
    /// effect only if they give a reason.
    #[must_use]
    pub(crate) fn read(text: &str, parsed: &Parsed<'_>, require_reason: bool) -> Self {
        if parsed.comments().is_empty() {
            return Self::default();
        }
        let suppressors = suppressors(text, parsed, require_reason);
        let (mut tasks, mut tasks_inside, mut findings) = (Vec::new(), Vec::new(), Vec::new());
        for (index, suppressor) in suppressors.iter().enumerate() {
            match suppressor.reach {
                Reach::Tasks(span) => tasks.push((span, index)),
                Reach::TasksInside(span) => tasks_inside.push((span, index)),
                Reach::Findings(span) => findings.push((span, index)),
                Reach::Nothing => {}
            }
        }
        Self {
            suppressors,
            tasks: Spans::new(tasks),
            tasks_inside: Spans::new(tasks_inside),
            findings: Spans::new(findings),
            flagged: Vec::new(),
        }
    }

    /// How comments suppress a finding of a task, by the spans of both; `None` if they do not.
    pub(crate) fn suppression(&mut self, task: Span, finding: Span) -> Option<Suppression> {
        if self.suppressors.is_empty() {
            return None;
        }
        self.flagged.push(task);
        let task_or_block = self.tasks.overlap(task).or_else(|| self.tasks_inside.overlap(first_byte(task)));
        let index = task_or_block.or_else(|| self.findings.overlap(finding))?;
        Some(Suppression { reason: self.suppressors[index].reason.clone() })
    }

    /// A warning, with its offset, for each comment that reaches no flagged task.
    #[must_use]
    pub(crate) fn warnings(self) -> Vec<(usize, String)> {
        let starts = Spans::new(self.flagged.iter().map(|&task| (first_byte(task), 0)).collect());
        let flagged = Spans::new(self.flagged.into_iter().map(|task| (task, 0)).collect());
        let is_used = |suppressor: &Suppressor| match suppressor.reach {
            Reach::Tasks(span) => flagged.overlap(span).is_some(),
            Reach::TasksInside(span) => starts.overlap(span).is_some(),
            Reach::Findings(_) | Reach::Nothing => false,
        };
        let unused = self.suppressors.into_iter().filter(|suppressor| !is_used(suppressor));
        unused.filter_map(|suppressor| suppressor.warning).collect()
    }
}

fn first_byte(task: Span) -> Span {
    Span::new(task.start, task.start + 1)
}

fn suppressors(text: &str, parsed: &Parsed<'_>, require_reason: bool) -> Vec<Suppressor> {
    let text_with_comments = CommentedText::new(text, parsed);
    let mut suppressors = Vec::new();
    let mut head = Head::default();
    for comment in text_with_comments.comments() {
        let content = &text[comment.span.range()];
        if comment.is_alone && comment.is_at_head {
            head.read(content);
        }
        for Directive { command, reason } in directive::parse(content) {
            let (reach, warning) = if require_reason && command.is_own() && reason.is_none() {
                (Reach::Nothing, Some(NO_REASON.to_owned()))
            } else {
                (reach(command, &comment, &text_with_comments), warning(command, content, &comment))
            };
            let warning = warning.map(|warning| (comment.span.start, warning));
            suppressors.push(Suppressor { reach, reason, warning });
        }
    }
    if head.ignores() {
        let reach = Reach::Findings(text_with_comments.span());
        suppressors.push(Suppressor { reach, reason: None, warning: None });
    }
    suppressors
}

/// The warning for a comment that suppresses nothing.
fn warning(command: Command, content: &str, comment: &Comment) -> Option<String> {
    let warning = match command {
        Command::Ignore => {
            "ecr-lint: ignore suppresses nothing; remove it, or put it on a task or alone on the line above \
             (for a whole block or play write `ignore-block`)"
        }
        Command::IgnoreBlock => {
            "ecr-lint: ignore-block suppresses nothing; remove it, or put it on the first line of a block or \
             play or alone on the line above"
        }
        Command::IgnoreFile if comment.is_at_head => "ecr-lint: ignore-file suppresses nothing; remove it",
        Command::IgnoreFile => {
            "ecr-lint: ignore-file suppresses nothing: it must come before the first content"
        }
        Command::Noqa => {
            "noqa suppresses nothing; remove it, or put it on a task or alone above it, behind no other comment"
        }
        Command::NotUnderstood => {
            let quoted: String = content.trim_end().chars().take(MOST_QUOTED).collect();
            return Some(format!(
                "`{quoted}` is not understood; write `ecr-lint: ignore`, `ecr-lint: ignore-block` or \
                 `ecr-lint: ignore-file`"
            ));
        }
        Command::ScannerLine | Command::ScannerBlock => return None,
    };
    Some(warning.to_owned())
}

/// How many characters are quoted of a comment that is not understood.
const MOST_QUOTED: usize = 80;
const NO_REASON: &str = "suppresses nothing: the configuration requires a reason; add one in brackets";
