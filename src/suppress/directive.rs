//! Parses comments by the grammar of each tool.
//!
//! Invariant: what a tool would not read as its own comment is none here. One leniency: the ids of a `noqa` may be
//! separated by commas, which ansible-lint takes as part of an id.

use std::sync::Arc;

use crate::rule;

/// A text without any of these contains no comment that suppresses.
pub(super) const TRIGGERS: [&str; 4] = ["ecr-lint", "dd-iac-scan", "kics-scan", "noqa"];

const SCANNERS: [&str; 2] = ["dd-iac-scan", "kics-scan"];

/// What a comment asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) command: Command,
    /// The reason that it gives; only ecr-lint's own have reasons.
    pub(super) reason: Option<Arc<str>>,
}

/// The commands of all tools, except those for the head of a file ([`Head`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// `ecr-lint: ignore`.
    Ignore,
    /// `ecr-lint: ignore-block`.
    IgnoreBlock,
    /// `ecr-lint: ignore-file`.
    IgnoreFile,
    /// Addresses ecr-lint, but is none of these.
    NotUnderstood,
    /// ansible-lint's `noqa`, if it lists this rule.
    Noqa,
    /// A scanner's `ignore-line`.
    ScannerLine,
    /// A scanner's `ignore-block`.
    ScannerBlock,
}

impl Command {
    /// Whether it is one of ecr-lint's that are understood.
    pub(super) fn is_own(self) -> bool {
        matches!(self, Self::Ignore | Self::IgnoreBlock | Self::IgnoreFile)
    }
}

impl From<Command> for Directive {
    fn from(command: Command) -> Self {
        Self { command, reason: None }
    }
}

/// Parses a comment, including its `#`: at most one directive for each tool.
pub(super) fn parse(comment: &str) -> impl Iterator<Item = Directive> {
    let comment = comment.trim_end();
    // another tool's comment may precede ours: `# yamllint disable-line # noqa: …`
    let hashes = comment.match_indices('#').map(|(at, _)| at);
    let starts = hashes.filter(|&at| at == 0 || comment[..at].ends_with([' ', '\t', '#']));
    let mut parts = starts.map(|at| comment[at + 1..].trim_start());
    let own = parts.clone().find_map(own);
    let own = own.or_else(|| parts.any(is_misspelled).then(|| Command::NotUnderstood.into()));
    let noqa = is_noqa(comment).then(|| Command::Noqa.into());
    let scanner = scanner(comment).map(Directive::from);
    [own, noqa, scanner].into_iter().flatten()
}

/// Whether it looks like a misspelled directive rather than a sentence about ecr-lint.
fn is_misspelled(part: &str) -> bool {
    let Some(rest) = part.strip_prefix("ecr-lint") else { return false };
    let command = rest.trim_start();
    rest.starts_with(':') || command.starts_with("ignore") || command.starts_with("disable")
}

fn own(part: &str) -> Option<Directive> {
    let text = part.strip_prefix("ecr-lint:")?.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let command = match word {
        "ignore" => Command::Ignore,
        "ignore-block" => Command::IgnoreBlock,
        "ignore-file" => Command::IgnoreFile,
        _ => return None,
    };
    let reason = rest.trim_start_matches([' ', '\t', ':', '-', '–', '—']);
    let inner = reason.strip_prefix('(').and_then(|reason| reason.strip_suffix(')'));
    let reason = inner.unwrap_or(reason).trim();
    Some(Directive { command, reason: (!reason.is_empty()).then(|| reason.into()) })
}

/// ansible-lint's `get_rule_skips_from_line`: exactly `# noqa` anywhere in the comment, then ids.
fn is_noqa(comment: &str) -> bool {
    let Some((_, list)) = comment.split_once("# noqa") else { return false };
    let mut ids = list.trim_start_matches([' ', ':']).split([',', ' ', '\t']);
    ids.any(|id| id == rule::ID)
}

/// A scanner's command, which may be any word of the comment: KICS's `KICSCommentRgxp` and `ProcessCommands`.
fn scanner(comment: &str) -> Option<Command> {
    let comment = comment.trim_start_matches(['#', '/', ';', ' ', '\t']).to_ascii_lowercase();
    let words = SCANNERS.iter().find_map(|scanner| comment.strip_prefix(scanner))?;
    words.split_whitespace().find_map(|word| match word {
        "ignore-line" => Some(Command::ScannerLine),
        "ignore-block" => Some(Command::ScannerBlock),
        _ => None,
    })
}

/// The scanners' commands at the head of a file, of which the last one of each kind counts, as in KICS's
/// `CommentsCommands`.
#[derive(Debug, Default)]
pub(super) struct Head {
    ignore: bool,
    /// Whether the list names this rule.
    enable: Option<bool>,
    disable: Option<bool>,
}

impl Head {
    /// Reads a comment at the head of the file.
    pub(super) fn read(&mut self, comment: &str) {
        let mut words = comment.trim_start_matches('#').split_whitespace();
        if !words.next().is_some_and(|word| SCANNERS.contains(&word)) {
            return;
        }
        let (command, list) =
            words.next().map_or(("", ""), |word| word.split_once('=').unwrap_or((word, "")));
        let is_rule = |id: &str| [rule::ID, rule::KICS_ID].iter().any(|known| id.eq_ignore_ascii_case(known));
        let names_rule = list.split(',').any(is_rule);
        match command {
            "ignore" => self.ignore = true,
            "enable" => self.enable = Some(names_rule),
            "disable" => self.disable = Some(names_rule),
            _ => {}
        }
    }

    /// Whether a scanner would skip this rule in the file: KICS's `ShouldSkipVulnerability`.
    pub(super) fn ignores(&self) -> bool {
        self.ignore || self.enable.map_or(self.disable == Some(true), |names_rule| !names_rule)
    }
}
