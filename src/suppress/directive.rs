//! Parses comments by the grammar of each tool.
//!
//! Invariant: a comment for another tool has no wider effect than it has there. One leniency: the ids of a `noqa` may be
//! separated by commas, which ansible-lint takes as part of an id.

use std::sync::Arc;

use crate::rule;

/// A text without any of these contains no comment that suppresses.
pub(super) const TRIGGERS: [&str; 4] = ["ecr-lint", "dd-iac-scan", "kics-scan", "noqa"];

const SCANNERS: [&str; 2] = ["dd-iac-scan", "kics-scan"];

/// The directives in one comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directives {
    /// `ecr-lint: ignore`, `ignore-block` or `ignore-file`, with the reason.
    pub(super) own: Option<(Scope, Option<Arc<str>>)>,
    /// Whether it addresses ecr-lint, but is not understood.
    pub(super) unknown: bool,
    /// Whether it is a `noqa` that lists this rule.
    pub(super) noqa: bool,
    /// A scanner's command for this line or block.
    pub(super) scanner: Option<Scanner>,
}

/// The commands of `dd-iac-scan` and `kics-scan` that are valid anywhere in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scanner {
    /// `ignore-line`.
    Line,
    /// `ignore-block`.
    Block,
}

/// What a comment suppresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// `ecr-lint: ignore`: the task that it is on or above.
    Task,
    /// `noqa`: the same, by ansible-lint's rules.
    Noqa,
    /// `ecr-lint: ignore-block`: the list item that it is on or above.
    Block,
    /// `ecr-lint: ignore-file`.
    File,
}

/// Parses a comment, including its `#`.
pub(super) fn parse(comment: &str) -> Directives {
    let comment = comment.trim_end();
    // another tool's comment may precede ours: `# yamllint disable-line # noqa: …`
    let hashes = comment.match_indices('#').map(|(at, _)| at);
    let starts = hashes.filter(|&at| at == 0 || comment[..at].ends_with([' ', '\t', '#']));
    let mut parts = starts.map(|at| comment[at + 1..].trim_start());
    Directives {
        own: parts.clone().find_map(own),
        unknown: parts.any(is_unknown),
        noqa: is_noqa(comment),
        scanner: scanner(comment),
    }
}

/// Whether it looks like a misspelled directive rather than a sentence about ecr-lint.
fn is_unknown(part: &str) -> bool {
    let Some(rest) = part.strip_prefix("ecr-lint") else { return false };
    let command = rest.trim_start();
    rest.starts_with(':') || command.starts_with("ignore") || command.starts_with("disable")
}

fn own(part: &str) -> Option<(Scope, Option<Arc<str>>)> {
    let command = part.strip_prefix("ecr-lint:")?.trim_start().strip_prefix("ignore")?;
    let suffix = [("-file", Scope::File), ("-block", Scope::Block)];
    let long = suffix.into_iter().find_map(|(suffix, scope)| Some((scope, command.strip_prefix(suffix)?)));
    let (scope, rest) = long.unwrap_or((Scope::Task, command));
    if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_')) {
        return None; // another word
    }
    let reason = rest.trim_start_matches([' ', '\t', ':', '-', '–', '—']);
    let inner = reason.strip_prefix('(').and_then(|reason| reason.strip_suffix(')'));
    let reason = inner.unwrap_or(reason).trim();
    Some((scope, (!reason.is_empty()).then(|| reason.into())))
}

/// ansible-lint's `get_rule_skips_from_line`: exactly `# noqa` anywhere in the comment, then ids.
fn is_noqa(comment: &str) -> bool {
    let Some((_, list)) = comment.split_once("# noqa") else { return false };
    let mut ids = list.trim_start_matches([' ', ':']).split([',', ' ', '\t']);
    ids.any(|id| id == rule::ID)
}

/// A scanner's command, which may be any word of the comment: KICS's `KICSCommentRgxp` and `ProcessCommands`.
fn scanner(comment: &str) -> Option<Scanner> {
    let comment = comment.trim_start_matches(['#', '/', ';', ' ', '\t']).to_ascii_lowercase();
    let words = SCANNERS.iter().find_map(|scanner| comment.strip_prefix(scanner))?;
    words.split_whitespace().find_map(|word| match word {
        "ignore-line" => Some(Scanner::Line),
        "ignore-block" => Some(Scanner::Block),
        _ => None,
    })
}

/// The scanners' commands at the head of a file; the last one of each kind counts, as in KICS's `CommentsCommands`.
#[derive(Debug, Default)]
pub(super) struct Head {
    scanners: [Commands; 2],
}

#[derive(Debug, Default)]
struct Commands {
    ignore: bool,
    /// Whether the list names this rule.
    enable: Option<bool>,
    disable: Option<bool>,
}

impl Head {
    /// Reads a comment at the head of the file.
    pub(super) fn read(&mut self, comment: &str) {
        let mut words = comment.trim_start_matches('#').split_whitespace();
        let Some(at) = words.next().and_then(|word| SCANNERS.iter().position(|scanner| *scanner == word))
        else {
            return;
        };
        let (command, list) =
            words.next().map_or(("", ""), |word| word.split_once('=').unwrap_or((word, "")));
        let commands = &mut self.scanners[at];
        match command {
            "ignore" => commands.ignore = true,
            "enable" => commands.enable = Some(names_rule(list)),
            "disable" => commands.disable = Some(names_rule(list)),
            _ => {}
        }
    }

    /// Whether a scanner would skip this rule in the file: KICS's `ShouldSkipVulnerability`.
    pub(super) fn ignores(&self) -> bool {
        self.scanners.iter().any(|commands| {
            commands.ignore
                || commands.enable.map_or(commands.disable == Some(true), |names_rule| !names_rule)
        })
    }
}

fn names_rule(list: &str) -> bool {
    list.split(',').any(|id| [rule::ID, rule::KICS_ID].iter().any(|known| id.eq_ignore_ascii_case(known)))
}
