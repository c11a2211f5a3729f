//! Parses comments by the grammar of each tool.
//!
//! Invariant: what a tool would not read as its own comment is none here, with two leniencies: the ids of a `noqa` may be
//! separated by commas, which ansible-lint takes as part of an id; and a scanner's `ignore-line` behind something else is
//! for its own line, where the scanners pass it by.

use std::sync::Arc;

use super::comments::{Comment, TRIGGERS};
use super::{Reach, Target};
use crate::escape::LONGEST_TEXT;
use crate::position::Span;
use crate::rule;

const SCANNERS: [&str; 2] = ["dd-iac-scan", "kics-scan"];

/// What a comment asks for.
#[derive(Debug)]
pub(super) struct Directive {
    pub(super) comment: Span,
    /// `None` if it is not understood, or stands where it has no effect.
    pub(super) reach: Option<Reach>,
    /// The reason that it gives, no longer than any other text of a finding.
    pub(super) reason: Option<Arc<str>>,
    /// What to do if it suppresses nothing; a scanner's comment may be about another of its rules, and needs no advice.
    pub(super) advice: Option<&'static str>,
}

const LINES: &str = "remove it, or put it on a task or alone above it; a block or play takes `ignore-block`";
const ITEM: &str = "remove it, or put it on the first line of a block or play, or alone above that";
const FILE: &str = "remove it, or put it before the first content of the file";
const NOT_UNDERSTOOD: &str = "write `ecr-lint: ignore`, `ecr-lint: ignore-block` or `ecr-lint: ignore-file`";
const NOQA: &str = "remove it, or put it on a task or alone above it, behind no other comment";

const EVERYTHING: Span = Span { start: 0, end: usize::MAX };

/// All directives of a text, by its comments. ecr-lint and ansible-lint go by tasks, the scanners by lines.
pub(super) fn read(comments: &[Comment<'_>]) -> Vec<Directive> {
    let each = comments.iter().flat_map(|comment| [own(comment), noqa(comment), scanner(comment)]);
    each.chain([head(comments)]).flatten().collect()
}

impl Directive {
    fn new(comment: &Comment<'_>, reach: Option<Reach>, reason: &str, advice: Option<&'static str>) -> Self {
        let reason: String = reason.trim().chars().take(LONGEST_TEXT).collect();
        let reason = (!reason.is_empty()).then(|| reason.into());
        Self { comment: comment.span, reach, reason, advice }
    }

    /// Of another tool. Its reason is the text in brackets: any other may be part of its command.
    fn foreign(comment: &Comment<'_>, reach: Option<Reach>, advice: Option<&'static str>) -> Self {
        let in_brackets = comment.text.split_once('(').and_then(|(_, text)| text.rsplit_once(')'));
        Self::new(comment, reach, in_brackets.map_or("", |(reason, _)| reason), advice)
    }
}

/// `ecr-lint:` with one of three commands in any letter case, or what looks like one that is misspelled.
fn own(comment: &Comment<'_>) -> Option<Directive> {
    let lower = comment.text.trim_end().to_ascii_lowercase();
    // what begins otherwise may be a task that was made a comment
    let text = lower.trim_start_matches('#').trim_start();
    if comment.is_alone && !TRIGGERS.iter().any(|tool| text.starts_with(tool)) {
        return None;
    }
    // another tool's comment may precede ours: `# yamllint disable-line # noqa: …`
    let hashes = lower.match_indices('#').map(|(at, _)| at);
    let starts = hashes.filter(|&at| at == 0 || lower[..at].ends_with([' ', '\t', '#']));
    let mut parts = starts.filter_map(|at| lower[at + 1..].trim_start().strip_prefix("ecr-lint"));
    let is_command = |part: &&str| [":", " ignore", " disable"].iter().any(|start| part.starts_with(start));
    let command = parts.find(is_command)?.strip_prefix(':').unwrap_or_default().trim_start();
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let (word, reason) = command.split_at(command.find(|c| !is_word(c)).unwrap_or(command.len()));
    let (reach, advice) = match word {
        "ignore" => (Some((Target::Task, comment.lines)), LINES),
        "ignore-block" => (comment.item.map(|item| (Target::TaskStart, item)), ITEM),
        "ignore-file" => (comment.is_at_head.then_some((Target::Task, EVERYTHING)), FILE),
        _ => (None, NOT_UNDERSTOOD),
    };
    let reason = &comment.text[lower.len() - reason.len()..lower.len()];
    let reason = reason.trim_start_matches([' ', '\t', ':', '-', '–', '—']);
    let in_brackets = reason.strip_prefix('(').and_then(|reason| reason.strip_suffix(')'));
    Some(Directive::new(comment, reach, in_brackets.unwrap_or(reason), Some(advice)))
}

/// ansible-lint's `get_rule_skips_from_line`: exactly `# noqa` anywhere in the comment, then ids.
fn noqa(comment: &Comment<'_>) -> Option<Directive> {
    let (_, list) = comment.text.trim_end().split_once("# noqa")?;
    list.trim_start_matches([' ', ':']).split([',', ' ', '\t']).find(|id| *id == rule::ID)?;
    Some(Directive::foreign(comment, Some((Target::Task, comment.noqa_lines)), Some(NOQA)))
}

/// A scanner's command, which may be any word of the comment: KICS's `KICSCommentRgxp` and `ProcessCommands`.
fn scanner(comment: &Comment<'_>) -> Option<Directive> {
    let text = comment.text.trim_start_matches(['#', '/', ';']).trim_start().to_ascii_lowercase();
    let words = SCANNERS.iter().find_map(|scanner| text.strip_prefix(scanner))?;
    let command = words.split_whitespace().find(|word| ["ignore-line", "ignore-block"].contains(word))?;
    let span = if command == "ignore-line" { Some(comment.scanner_lines) } else { comment.following };
    Some(Directive::foreign(comment, span.map(|span| (Target::Finding, span)), None))
}

/// The comment at the head of the file by which a scanner skips this rule there: as in KICS's `CommentsCommands` and
/// `ShouldSkipVulnerability` the last one of each command counts, and `ignore` more than `enable=` and `disable=`.
fn head(comments: &[Comment<'_>]) -> Option<Directive> {
    let head = comments.iter().filter(|comment| comment.is_at_head && comment.is_alone);
    let commands = head.filter_map(|comment| Some((comment, command(comment.text)?)));
    let (comment, (_, skips)) = commands.max_by_key(|(_, (rank, _))| *rank)?;
    skips.then(|| Directive::foreign(comment, Some((Target::Finding, EVERYTHING)), None))
}

/// The rank of a command for the whole file, and whether the scanner then skips this rule.
fn command(comment: &str) -> Option<(u8, bool)> {
    let mut words = comment.trim_start_matches('#').split_whitespace();
    words.next().filter(|word| SCANNERS.contains(word))?;
    let (command, list) = words.next().map(|word| word.split_once('=').unwrap_or((word, "")))?;
    let is_rule = |id: &str| [rule::ID, rule::KICS_ID].iter().any(|known| id.eq_ignore_ascii_case(known));
    let names_rule = list.split(',').any(is_rule);
    match command {
        "ignore" => Some((2, true)),
        "enable" => Some((1, !names_rule)),
        "disable" => Some((0, names_rule)),
        _ => None,
    }
}
