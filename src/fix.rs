//! Plans the edits that fix findings, and verifies them in memory.
//!
//! Invariant: with all edits that `FixPlan::finish` returns, the text has the same tree except for the argument, and
//! the same findings except for the fixed ones.

mod access;
mod edits;
mod unnamed;
mod verify;
mod write;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;

use self::edits::SharedPart;
use crate::parser::{NodeId, Task, Tree};
use crate::position::Span;
use crate::rule::{Effect, Finding, Kind};

pub(crate) use write::replace;
pub use write::{WriteFailure, apply};

/// The size of the largest text that is fixed, in bytes.
const LARGEST: usize = 16 << 20;

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

/// The edit that fixes a finding, or why there is none.
pub type Fix = Result<Edit, NotFixed>;

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
    pub(crate) fn needed(finding: &Finding) -> Self {
        match finding.effect() {
            Effect::Mutable | Effect::Refused => Self::Safe,
            Effect::RefusedMode | Effect::Unknown => Self::Unsafe,
        }
    }
}

/// Why a finding is not fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFixed {
    /// An alias repeats what would change, or the tasks that it makes of one would need different edits.
    Shared,
    /// All arguments are one template.
    TemplatedArgs,
    /// The value is a template, and only safe fixes are asked for.
    Template,
    /// The value is a mode of AWS with exclusions, and only safe fixes are asked for.
    AwsMode,
    /// The task has no arguments of its own, or some that Ansible refuses.
    NoArguments,
    /// The value is a block scalar, a list or a mapping, or has a tag.
    NotPlain,
    /// The argument stands there under another name, or in another place.
    Slip,
    /// The text is so large that the memory for what it becomes may be lacking.
    TooLarge,
    /// The text cannot be read to its end.
    Unreadable,
    /// The text would not read the same afterwards, or to verify that takes too long.
    Unverified,
    /// A JSON file takes no comment.
    Json,
    /// A comment would also cover something else on the line.
    SharedLine,
    /// The file was found through a symbolic link.
    Linked,
}

impl fmt::Display for NotFixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared => "an alias repeats it or a part of it; edit it by hand",
            Self::TemplatedArgs => "its arguments are given by one template",
            Self::Template => "its value is a template, which --unsafe-fixes replaces",
            Self::AwsMode => "its value is a mode of AWS, which --unsafe-fixes replaces",
            Self::NoArguments => "it has no arguments of its own, or some that Ansible refuses",
            Self::NotPlain => "its value is no plain or quoted string, or has a tag",
            Self::Slip => "the argument is misspelled or misplaced; correct it by hand",
            Self::TooLarge => return write!(f, "the file is larger than {} MiB; split it", LARGEST >> 20),
            Self::Unreadable => "the file cannot be read to its end",
            Self::Unverified => "it could not be verified that nothing else changes",
            Self::Json => "a JSON file takes no comments; exclude it, or set the argument",
            Self::SharedLine => "a comment would also cover something else; write the task on its own lines",
            Self::Linked => {
                "a symbolic link that was only found is not written through; name it, or its target"
            }
        })
    }
}

/// Applies edits, which are sorted and do not overlap.
#[must_use]
pub fn edited<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit, IntoIter: Clone>) -> String {
    let edits = edits.into_iter();
    let inserted: usize = edits.clone().map(|edit| edit.text.len()).sum();
    let mut out = String::with_capacity(text.len() + inserted);
    let mut from = 0;
    for edit in edits {
        out.push_str(&text[from..edit.offset]);
        out.push_str(&edit.text);
        from = edit.offset + edit.length;
    }
    out.push_str(&text[from..]);
    out
}

/// An edit, and the node that it changes if it does more than add a comment.
type NodeEdit = (Edit, Option<NodeId>);

/// The edit for one finding before it is verified, or why there is none.
type Planned = Result<NodeEdit, NotFixed>;

/// Collects the edits of a text task by task, before they are verified.
#[derive(Debug)]
pub(crate) struct FixPlan<'t> {
    tree: &'t Tree<'t>,
    /// Why nothing in the text is fixed, if so; then nothing is planned.
    pub(crate) refused: Option<NotFixed>,
    level: Level,
    /// Set if findings are suppressed instead of fixed.
    ignore_reason: Option<&'t str>,
    /// Found when first needed.
    shared: OnceCell<Vec<SharedPart>>,
    /// By the finding's span and kind, with the task for which it was planned first.
    planned: BTreeMap<(Span, Kind), (Span, Planned)>,
}

impl<'t> FixPlan<'t> {
    /// Plans fixes; or, if there is a reason for it, comments that suppress.
    pub(crate) fn new(tree: &'t Tree<'t>, level: Level, ignore_reason: Option<&'t str>) -> Self {
        let too_large = (tree.source.len() > LARGEST).then_some(NotFixed::TooLarge);
        let refused = too_large.or_else(|| tree.stopped.as_ref().map(|_| NotFixed::Unreadable));
        Self { tree, refused, level, ignore_reason, shared: OnceCell::new(), planned: BTreeMap::new() }
    }

    /// Plans the edit for a flagged task that no comment suppresses.
    pub(crate) fn add(&mut self, task: &Task<'_>, finding: &Finding) {
        let key = (finding.span, finding.kind);
        let is_known = |(span, planned): &(Span, Planned)| *span == task.span || planned.is_err();
        let planned = match self.ignore_reason {
            _ if self.refused.is_some() => return,
            // of many aliases of a task, each gets the same comment, or none
            Some(_) if self.planned.get(&key).is_some_and(is_known) => return,
            Some(reason) => self.ignore(task, reason),
            None => self.fix(task, finding),
        };
        let (_, known) = self.planned.entry(key).or_insert_with(|| (task.span, planned.clone()));
        if *known != planned {
            *known = Err(NotFixed::Shared);
        }
    }
}
