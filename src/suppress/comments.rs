//! The comments of a text, and the spans that directives in them could be about.
//!
//! Invariant: the time to find them grows with the text only, however many comments there are.

use crate::parser::Tree;
use crate::position::{Span, line_end, line_start, skip_break};

/// A comment, and what stands around it.
pub(super) struct Comment<'t> {
    pub(super) span: Span,
    pub(super) text: &'t str,
    /// Whether it precedes all content of the file.
    pub(super) is_at_head: bool,
    /// Whether nothing but indentation and the dash of a list item precedes it on its line.
    pub(super) is_alone: bool,
    /// Its line; if it is alone there, up to and with the first line below that is more than a comment.
    pub(super) lines: Span,
    /// Its line; if it is a `noqa` that ansible-lint takes for what is below, up to and with the next line that is not
    /// empty.
    pub(super) noqa_lines: Span,
    /// Its line; if it is alone there, the next one, too: what a scanner's `ignore-line` is for.
    pub(super) scanner_lines: Span,
    /// The first item of a block list that starts on `lines`.
    pub(super) item: Option<Span>,
    /// If it is alone, its line and what follows: an entry of a mapping, a list's first item or another node.
    pub(super) following: Option<Span>,
}

/// A comment that holds none of these, in any letter case, suppresses nothing. One that begins with none, alone on its
/// line, may be a task that was made a comment.
pub(super) const TRIGGERS: [&str; 5] = ["ecr-lint", "dd-iac-scan", "kics-scan", "noqa", "yamllint"];

/// All comments, in the order of the text; none if none of them suppresses.
pub(super) fn read<'t>(tree: &Tree<'t>) -> Vec<Comment<'t>> {
    let (text, spans) = (tree.source, tree.comments());
    let is_trigger = |span: &Span| {
        let lower = text[span.range()].to_ascii_lowercase();
        TRIGGERS.iter().any(|word| lower.contains(word))
    };
    if !spans.iter().any(is_trigger) {
        return Vec::new(); // as of most texts
    }
    let mut items: Vec<Span> = tree.list_items().collect();
    items.sort_by_key(|item| item.start); // of those that start together, the outermost stays the first
    let content = tree.content_start().unwrap_or(text.len());
    let line_below = |offset| skip_break(text, line_end(text, offset));
    debug_assert!(spans.is_sorted());
    let mut comments: Vec<Comment<'_>> = Vec::with_capacity(spans.len());
    for (index, &span) in spans.iter().enumerate().rev() {
        let (start, end) = (line_start(text, span.start), line_below(span.end));
        let (before, is_at_head) = (&text[start..span.start], span.start < content);
        let is_alone = before.trim_matches(['\u{feff}', ' ', '\t', '-']).is_empty() && !before.contains("--");
        let is_above = |below: &&Comment<'_>| is_alone && below.is_alone && below.lines.start == end;
        let is_task = |below: &Comment<'_>| below.text.trim_start_matches(['#', ' ']).starts_with("- ");
        let run = comments.last().filter(is_above).filter(|below| !is_task(below));
        let lines_end = run.map_or(if is_alone { line_below(end) } else { end }, |below| below.lines.end);
        // ansible-lint's `_continue_skip_next_lines`
        let above = &text[index.checked_sub(1).map_or(0, |above| spans[above].end)..span.start];
        let is_first = is_at_head || !above.trim().is_empty();
        let takes_below = is_first && before.trim().is_empty() && text[span.range()].starts_with("# noqa");
        let below = text.len() - text[end..].trim_start().len();
        let item = items.get(items.partition_point(|item| item.start < start)).copied();
        comments.push(Comment {
            span,
            text: &text[span.range()],
            is_at_head,
            is_alone,
            lines: Span::new(start, lines_end),
            noqa_lines: Span::new(start, if takes_below { line_below(below) } else { end }),
            scanner_lines: Span::new(start, if is_alone { line_below(end) } else { end }),
            item: item.filter(|item| item.start < lines_end),
            following: tree.following(span.end).filter(|_| is_alone).map(|node| Span::new(start, node.end)),
        });
    }
    comments.reverse();
    comments
}
