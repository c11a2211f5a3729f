//! The comments of a text, and what stands around them.
//!
//! Invariant: each line is read once, however many comments there are.

use std::cmp::Reverse;

use crate::parser::{Parsed, Span, line_end, line_start, skip_break};

/// A comment, and where it stands.
pub(super) struct Comment {
    pub(super) span: Span,
    /// Its line, with the line break.
    pub(super) line: Span,
    /// Its line; if it is alone there, up to and with the first line below that is more than a comment.
    pub(super) lines: Span,
    /// Whether nothing but indentation and the dash of a list item precedes it on its line.
    pub(super) is_alone: bool,
    /// Whether it precedes all content of the file.
    pub(super) is_at_head: bool,
    /// Whether only white space separates it from another comment before it.
    is_below_another: bool,
}

/// A text that was parsed with its comments.
pub(super) struct CommentedText<'t> {
    text: &'t str,
    pub(super) parsed: &'t Parsed<'t>,
    /// The items of block lists, sorted; of those that start together the outermost first.
    items: Vec<Span>,
}

impl<'t> CommentedText<'t> {
    pub(super) fn new(text: &'t str, parsed: &'t Parsed<'t>) -> Self {
        let mut items: Vec<Span> = parsed.list_items().collect();
        items.sort_unstable_by_key(|item| (item.start, Reverse(item.end)));
        Self { text, parsed, items }
    }

    /// All comments, in the order of the text.
    pub(super) fn comments(&self) -> Vec<Comment> {
        let mut spans = self.parsed.comments().to_vec();
        spans.sort_unstable();
        spans.dedup();
        let content = self.parsed.content_start().unwrap_or(usize::MAX);
        let mut comments: Vec<Comment> = Vec::with_capacity(spans.len());
        for (index, &span) in spans.iter().enumerate().rev() {
            let gap = index.checked_sub(1).map(|previous| &self.text[spans[previous].end..span.start]);
            let line = self.line(span.start);
            let is_alone = is_alone(&self.text[line.start..span.start]);
            let below = comments.last().filter(|below| below.is_alone && below.line.start == line.end);
            let end = match below {
                _ if !is_alone => line.end,
                Some(below) => below.lines.end,
                None => self.line(line.end).end,
            };
            comments.push(Comment {
                span,
                line,
                lines: Span::new(line.start, end),
                is_alone,
                is_at_head: span.start < content,
                is_below_another: gap.is_some_and(|gap| gap.trim().is_empty()),
            });
        }
        comments.reverse();
        comments
    }

    /// The line that contains an offset, with its line break.
    pub(super) fn line(&self, offset: usize) -> Span {
        let end = skip_break(self.text, line_end(self.text, offset));
        Span::new(line_start(self.text, offset), end)
    }

    /// The first item of a block list that starts in a span.
    pub(super) fn item_in(&self, span: Span) -> Option<Span> {
        let next = self.items.partition_point(|item| item.start < span.start);
        self.items.get(next).copied().filter(|item| item.start < span.end)
    }

    /// The lines that a `noqa` is about, by ansible-lint's `_continue_skip_next_lines`: its own, and if it is alone
    /// there and below no other comment, up to the next one that is not empty.
    pub(super) fn lines_of_noqa(&self, comment: &Comment) -> Span {
        let before = &self.text[comment.line.start..comment.span.start];
        let starts_it = self.text[comment.span.range()].starts_with("# noqa");
        if !before.trim().is_empty() || !starts_it || (comment.is_below_another && !comment.is_at_head) {
            return comment.line;
        }
        let below = self.text.len() - self.text[comment.span.end..].trim_start().len();
        Span::new(comment.line.start, self.line(below).end)
    }

    /// All of the text.
    pub(super) fn span(&self) -> Span {
        Span::new(0, self.text.len())
    }
}

fn is_alone(before: &str) -> bool {
    let before = before.trim_start_matches('\u{feff}');
    before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'-')) && !before.contains("--")
}
