//! What a comment says: the grammar of each tool.
//!
//! Invariant: a comment is read as the tool that it is meant for reads it; what that tool would pass
//! over in silence is passed over here.

use std::sync::Arc;

use super::Silence;
use crate::rule;

/// Without one of these a text holds no comment that silences.
pub(super) const TRIGGERS: [&str; 4] = ["ecr-lint", "dd-iac-scan", "kics-scan", "noqa"];

const SCANNERS: [&str; 2] = ["dd-iac-scan", "kics-scan"];

/// What one part of a comment asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    /// `ecr-lint: ignore` and `ecr-lint: ignore-file`.
    Own(Own),
    /// `noqa:` with this rule among others.
    Noqa,
    /// A scanner's `ignore-line`.
    Line,
    /// A scanner's `ignore-block`.
    Block,
}

/// One of ecr-lint's own comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// It is `ignore-file`.
    pub(super) file: bool,
    pub(super) reason: Option<Arc<str>>,
}

impl Own {
    pub(super) fn silence(&self) -> Silence {
        Silence { reason: self.reason.clone() }
    }
}

/// What a comment, its `#` included, asks for.
pub(super) fn parse(comment: &str) -> Vec<Directive> {
    let scanner = scanner(comment);
    // another tool's comment may go before: `# yamllint disable-line # noqa: …`
    let hashes = comment.match_indices('#').map(|(at, _)| at);
    let starts = hashes.filter(|&at| at == 0 || comment[..at].ends_with([' ', '\t', '#']));
    let parts: Vec<&str> = starts.map(|at| comment[at + 1..].trim()).collect();
    let own = parts.iter().find_map(|part| own(part)).map(Directive::Own);
    let noqa = parts.iter().any(|part| is_noqa(part)).then_some(Directive::Noqa);
    scanner.into_iter().chain(own).chain(noqa).collect()
}

fn own(part: &str) -> Option<Own> {
    let command = part.strip_prefix("ecr-lint:")?.trim_start().strip_prefix("ignore")?;
    let file = command.strip_prefix("-file");
    let rest = file.unwrap_or(command);
    if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_')) {
        return None; // another word
    }
    let reason = rest.trim_start_matches([' ', '\t', ':', '-', '–', '—']);
    let inner = reason.strip_prefix('(').and_then(|reason| reason.strip_suffix(')'));
    let reason = inner.unwrap_or(reason).trim();
    Some(Own { file: file.is_some(), reason: (!reason.is_empty()).then(|| reason.into()) })
}

fn is_noqa(part: &str) -> bool {
    let Some(list) = part.strip_prefix("noqa:") else { return false };
    // ids up to another comment
    let list = list.split('#').next().unwrap_or_default();
    list.split([',', ' ', '\t']).any(|id| id == rule::ID)
}

/// `KICSCommentRgxp` and `ProcessCommands`: any word of the comment may be the command.
fn scanner(comment: &str) -> Option<Directive> {
    let comment = comment.trim_start_matches(['#', '/', ';', ' ', '\t']).to_ascii_lowercase();
    let words = SCANNERS.iter().find_map(|scanner| comment.strip_prefix(scanner))?;
    words.split_whitespace().find_map(|word| match word {
        "ignore-line" => Some(Directive::Line),
        "ignore-block" => Some(Directive::Block),
        _ => None,
    })
}

/// The commands at the head of a file; of each the last one counts, as in `CommentsCommands`.
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
    /// Takes in a comment at the head of the file.
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

    /// Whether a scanner would pass over this rule in the file: `ShouldSkipVulnerability`.
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
