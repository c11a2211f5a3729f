//! Plans the edits that fix findings, and verifies them in memory.
//!
//! Invariant: with all edits that `FixPlan::finish` returns, the text has the same tree except for the argument, and
//! the same findings except for the fixed ones.

mod edits;
mod ignores;
mod layout;
mod mappings;
mod shared;
mod strings;
mod tree_diff;
mod verify;
mod write;

use std::collections::HashMap;
use std::fmt;

use self::shared::SharedNodes;
use self::tree_diff::Change;
use self::verify::verify;
use crate::parser::{Span, Task};
use crate::rule::{Effect, Finding, Kind};

pub(crate) use verify::FixContext;
pub(crate) use write::replace;
pub use write::{Identity, WriteFailure, Written, apply};

/// Replaces some bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The offset of the first byte that is replaced.
    pub offset: usize,
    /// How many bytes are replaced; 0 for an insertion.
    pub length: usize,
    /// The replacement.
    pub text: Box<str>,
}

/// The fix of a finding, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// The edit that fixes it.
    Edit(Edit),
    /// It is not fixed, for this reason.
    NotFixed(NotFixed),
}

impl Fix {
    /// The edit; `None` if the finding is not fixed.
    #[must_use]
    pub fn edit(&self) -> Option<&Edit> {
        match self {
            Self::Edit(edit) => Some(edit),
            Self::NotFixed(_) => None,
        }
    }
}

/// Which findings are fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Findings whose value is known and means no more than mutable or immutable.
    Safe,
    /// Also findings whose value is a template or a mode of AWS with exclusions.
    Unsafe,
}

impl Level {
    /// The lowest level at which a finding is fixed, if it can be fixed at all.
    #[must_use]
    pub fn needed(finding: &Finding) -> Self {
        match finding.effect() {
            Effect::Mutable | Effect::Refused => Self::Safe,
            Effect::RefusedMode | Effect::Unknown => Self::Unsafe,
        }
    }
}

/// Why a finding is not fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFixed {
    /// The alias on this line repeats what would change.
    Shared {
        /// From 1.
        line: u32,
    },
    /// All arguments are one template.
    TemplatedArgs,
    /// The value is a template, and only safe fixes are asked for.
    Template,
    /// The value is a mode of AWS with exclusions, and only safe fixes are asked for.
    AwsMode,
    /// The task has no arguments of its own.
    NoArguments,
    /// The arguments are text or something else that Ansible refuses.
    NotArguments,
    /// The value is in a k=v string inside another k=v string.
    Nested,
    /// The value or the k=v string is a block scalar that cannot be edited.
    BlockScalar,
    /// The value is a list or mapping.
    Collection,
    /// The value has a tag.
    Tagged,
    /// The value is written in a way that is not understood.
    Unclear,
    /// The text cannot be read to its end.
    Unreadable,
    /// The text would not read the same afterwards, from this line on if one is known.
    Unverified {
        /// From 1.
        line: Option<u32>,
    },
    /// A JSON file takes no comment.
    Json,
    /// A comment would also cover something else on the line.
    SharedLine,
    /// A comment on one of the tasks that share the finding does not suppress it.
    SharedFinding,
    /// The file was found through a symbolic link.
    Linked,
}

impl fmt::Display for NotFixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared { line } => {
                return write!(
                    f,
                    "an alias or merge on line {line} shares its arguments with another task or key"
                );
            }
            Self::TemplatedArgs => "its arguments are given by one template",
            Self::Template => "its value is a template, which --unsafe-fixes replaces",
            Self::AwsMode => "its value is a mode of AWS with exclusions, which --unsafe-fixes replaces",
            Self::NoArguments => "it has no arguments of its own",
            Self::NotArguments => "Ansible does not accept its arguments",
            Self::Nested => "its value is in a k=v string inside another string",
            Self::BlockScalar => "its value is a block scalar",
            Self::Collection => "its value is a list or mapping",
            Self::Tagged => "its value has a tag",
            Self::Unclear => "its value is written in a way that is not understood",
            Self::Unreadable => "the file cannot be read to its end",
            Self::Unverified { line: Some(line) } => {
                return write!(f, "the file would not read the same afterwards, from line {line} on");
            }
            Self::Unverified { line: None } => "the file would not read the same afterwards",
            Self::Json => "a JSON file takes no comments; exclude it, or set the argument",
            Self::SharedLine => {
                "a comment would also cover what else is on its line; write the task on a line of its own"
            }
            Self::SharedFinding => "aliases make several tasks of it; write a comment on each of them",
            Self::Linked => {
                "a symbolic link that was only found is not written through; name it, or its target"
            }
        })
    }
}

/// Applies edits, which are sorted and do not overlap.
#[must_use]
pub fn edited<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        out.push_str(&text[from..edit.offset]);
        out.push_str(&edit.text);
        from = edit.offset + edit.length;
    }
    out.push_str(&text[from..]);
    out
}

/// The edit for one finding before it is verified, or why there is none.
type Planned = Result<(Edit, Change), NotFixed>;

/// Identifies a finding: its span and kind.
type FindingKey = (Span, Kind);

fn key(finding: &Finding) -> FindingKey {
    (finding.span, finding.kind)
}

/// Collects edits task by task, before they are verified.
#[derive(Debug)]
pub(crate) struct FixPlan {
    level: Level,
    by_finding: HashMap<FindingKey, Planned>,
    /// Computed for the first flagged task.
    shared: Option<SharedNodes>,
    /// Set if findings are suppressed instead of fixed.
    ignore_reason: Option<Box<str>>,
}

impl FixPlan {
    /// Plans fixes; or, if there is a reason for it, comments that suppress.
    pub(crate) fn new(level: Level, ignore_reason: Option<&str>) -> Self {
        let ignore_reason = ignore_reason.map(Box::from);
        Self { level, by_finding: HashMap::new(), shared: None, ignore_reason }
    }

    /// Plans the edit that fixes a flagged task. Only where aliases share what it would change, several tasks have the
    /// same finding, and none of them is fixed.
    pub(crate) fn add(&mut self, task: &Task<'_>, finding: &Finding) {
        let shared = self.shared.get_or_insert_with(|| SharedNodes::new(task.arguments.resolver.tree));
        let planner = edits::Planner::new(task, shared);
        let Some(reason) = &self.ignore_reason else {
            let plan = || planner.plan(finding, self.level);
            self.by_finding.entry(key(finding)).or_insert_with(plan);
            return;
        };
        let plan = planner.ignore(reason);
        let earlier = self.by_finding.entry(key(finding)).or_insert_with(|| plan.clone());
        if *earlier != plan {
            *earlier = Err(NotFixed::SharedFinding);
        }
    }

    /// The fixes of the findings that are not suppressed, in their order, verified together.
    pub(crate) fn finish(mut self, context: &FixContext<'_>) -> Vec<Fix> {
        let is_cut = context.parsed.stopped.is_some();
        let are_ignores = self.ignore_reason.is_some();
        let mut take = |finding: &Finding| match self.by_finding.remove(&key(finding)) {
            Some(planned) if !is_cut => planned,
            _ => Err(NotFixed::Unreadable),
        };
        let open = context.findings.iter().filter(|(_, suppression)| suppression.is_none());
        let planned: Vec<_> = open.map(|(finding, _)| take(finding)).collect();
        drop(self); // verifying needs as much memory as the tree
        verify(context, planned, are_ignores)
    }
}
