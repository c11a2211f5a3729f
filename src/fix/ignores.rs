//! Plans the comments of `--add-ignores`, which suppress findings.
//!
//! Invariant: a comment stands alone on the line above its task, and covers no other task than flagged ones.

use super::edits::Planner;
use super::tree_diff::Change;
use super::{Edit, NotFixed, Planned};
use crate::parser::{Span, line_end, line_start};
use crate::suppress::Suppression;

/// What to write above flagged tasks.
#[derive(Debug)]
pub(super) struct Ignores {
    pub(super) suppression: Suppression,
    comment: String,
    /// The tasks that are not flagged.
    unflagged: Vec<Span>,
}

impl Ignores {
    pub(super) fn new(reason: &str) -> Self {
        Self {
            suppression: Suppression { reason: Some(reason.into()) },
            comment: format!("# ecr-lint: ignore ({reason})"),
            unflagged: Vec::new(),
        }
    }

    /// Remembers a task that no comment may cover.
    pub(super) fn keep(&mut self, task: Span) {
        self.unflagged.push(task);
    }

    pub(super) fn plan(&self, planner: &Planner<'_>) -> Planned {
        let source = planner.source();
        if planner.is_quoted(planner.task.entry.key) {
            return Err(NotFixed::Json);
        }
        let start = line_start(source, planner.task.span.start);
        let bom = if start == 0 && source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let line = &source[start + bom..];
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        let text = format!("{indent}{}{}", self.comment, planner.line_break(start));
        Ok((Edit { offset: start + bom, length: 0, text: text.into() }, Change::Comment))
    }

    /// Refuses the comments that would cover a task that is not flagged: one that is on the same line.
    pub(super) fn refuse_shared_lines<'p>(
        &mut self,
        source: &str,
        planned: impl Iterator<Item = &'p mut Planned>,
    ) {
        self.unflagged.sort_unstable();
        for plan in planned {
            let Ok((edit, _)) = plan else { continue };
            let end = line_end(source, edit.offset);
            let before = self.unflagged.partition_point(|task| task.start < end);
            if self.unflagged[..before].last().is_some_and(|task| task.end > edit.offset) {
                *plan = Err(NotFixed::SharedLine);
            }
        }
    }
}
