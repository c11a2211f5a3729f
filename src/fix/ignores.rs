//! Plans the comments of `--add-ignores`, which suppress findings.
//!
//! Invariant: a comment stands alone on the line above its task, and nothing else is on the line that it covers.

use super::edits::{Planner, edit};
use super::tree_diff::Change;
use super::{NotFixed, Planned};
use crate::parser::{line_end, line_start};

impl Planner<'_> {
    /// Adds a comment above the task.
    pub(super) fn ignore(&self, reason: &str) -> Planned {
        let source = self.source();
        if self.is_quoted(self.task.entry.key) {
            return Err(NotFixed::Json);
        }
        let task = self.task.span;
        let line = line_start(source, task.start);
        let before = source[line..task.start].trim_start_matches('\u{feff}');
        // empty if the task ends on another line
        let after = source.get(task.end..line_end(source, task.start)).unwrap_or_default();
        let after = after.trim_start_matches([' ', '\t', ',', ']', '}']);
        if before.contains(',') || !(after.is_empty() || after.starts_with('#')) {
            return Err(NotFixed::SharedLine);
        }
        let indent = &before[..before.len() - before.trim_start_matches([' ', '\t']).len()];
        let text = format!("{indent}# ecr-lint: ignore ({reason}){}", self.line_break(line));
        Ok((edit(task.start - before.len(), 0, text), Change::Comment))
    }
}
