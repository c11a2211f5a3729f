//! Sets a pair of a k=v string.
//!
//! Invariant: all other pairs of the string stay the same.

use super::edits::{Planner, edit};
use super::tree_diff::{Change, read_pairs, sets_only};
use super::{NotFixed, Planned};
use crate::parser::{KeyValues, KvString, NodeId, Span, Style, is_break, line_start};
use crate::rule::{ARGUMENT, IMMUTABLE};

const PAIR: &str = "image_tag_mutability=immutable";

impl Planner<'_> {
    /// Replaces the value of the pair that decides; if that pair cannot be found in the text, appends a pair, which
    /// overrides it.
    pub(super) fn set_pair(&self, string: KvString) -> Planned {
        let (node, action) = match string {
            KvString::Scalar(node) => (node, false),
            KvString::Action(node) => (node, true),
            KvString::Nested(_) => return Err(NotFixed::Nested),
        };
        let node = self.own(node)?;
        let text = self.tree.string(node).ok_or(NotFixed::Unclear)?;
        match self.pair_value(node, text, action) {
            Some(span) => {
                let change = Change::KeyValues { node, action };
                Ok((edit(span.start, span.end - span.start, IMMUTABLE.to_owned()), change))
            }
            None => self.append(node, action),
        }
    }

    /// The bytes of the deciding pair's value, without its quotes. Of several pairs the last one decides.
    fn pair_value(&self, node: NodeId, text: &str, action: bool) -> Option<Span> {
        let raw = &self.source()[self.tree.span(node).range()];
        let mark = format!("{ARGUMENT}=");
        // an escape or a comment may hold one of them
        if text.matches(&mark).count() != raw.matches(&mark).count() {
            return None;
        }
        let after_mark = |text: &str| Some(text.rfind(&mark)? + mark.len());
        let (in_text, in_raw) = (after_mark(text)?, after_mark(raw)?);
        let (_, pairs) = read_pairs(text, action)?;
        let value = pairs.get(ARGUMENT)?;
        let quoted = leading_value(&text[in_text..], value, &["'", "\"", ""])?;
        let new = format!("{}{IMMUTABLE}{}", &text[..in_text + quoted.start], &text[in_text + quoted.end..]);
        if !sets_only((text, &new), action) {
            return None;
        }
        let quoted = leading_value(&raw[in_raw..], value, &["\\\"", "''", "'", "\"", ""])?;
        let start = self.tree.span(node).start + in_raw;
        Some(Span::new(start + quoted.start, start + quoted.end))
    }

    /// Adds a pair at the end of a string.
    pub(super) fn append(&self, node: NodeId, action: bool) -> Planned {
        let text = self.tree.string(node).ok_or(NotFixed::Unclear)?;
        let span = self.tree.span(node);
        let space = if text.is_empty() { "" } else { " " };
        if !sets_only((text, &format!("{text}{space}{PAIR}")), action) {
            return Err(NotFixed::Unclear);
        }
        let change = Change::KeyValues { node, action };
        let end = match self.tree.style(node) {
            Style::BlockScalar => {
                let content = self.block_content(node).ok_or(NotFixed::BlockScalar)?;
                if let Some(indent) = self.indent_of_pairs(content) {
                    let line_break = self.line_break(line_start(self.source(), content.start));
                    return Ok((edit(content.end, 0, format!("{line_break}{indent}{PAIR}")), change));
                }
                content.end
            }
            // if the closing quote is on its own line, or follows a backslash, the pair goes directly before it
            Style::SingleQuoted | Style::DoubleQuoted => {
                let inside = self.source()[span.start..span.end - 1].trim_end();
                let is_open = inside.len() < 2 || inside.ends_with('\\');
                if is_open { span.end - 1 } else { span.start + inside.len() }
            }
            _ => span.end,
        };
        Ok((edit(end, 0, format!("{space}{PAIR}")), change))
    }

    /// The indentation of a block scalar's lines, if each line is one pair.
    fn indent_of_pairs(&self, content: Span) -> Option<&str> {
        let text = &self.source()[content.range()];
        let is_pair = |line: &str| KeyValues::parse(line).is_ok_and(|pairs| pairs.is_pair());
        let mut lines = text.split(is_break).filter(|line| !line.trim().is_empty());
        let last = lines.clone().next_back()?;
        lines.all(|line| is_pair(line.trim())).then(|| &last[..last.len() - last.trim_start().len()])
    }
}

/// The span of a value at the start of a text, in one of these quotes and ending there.
fn leading_value(text: &str, value: &str, quotes: &[&str]) -> Option<Span> {
    quotes.iter().find_map(|quote| {
        let rest = text.strip_prefix(quote)?.strip_prefix(value)?.strip_prefix(quote)?;
        let ends = rest.is_empty() || rest.starts_with([' ', '\t', '\'', '"']) || rest.starts_with(is_break);
        ends.then(|| Span::new(quote.len(), quote.len() + value.len()))
    })
}
