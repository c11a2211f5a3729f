//! Plans the edits that fix findings, and verifies them in memory.
//!
//! Invariant: with all edits that `FixPlan::finish` returns, the text has the same tree except for the argument, and the
//! same findings except for the fixed ones.

mod edits;
mod layout;
mod mappings;
mod shared;
mod strings;
mod tree_diff;
mod write;

use std::borrow::{Borrow, Cow};
use std::collections::{HashMap, HashSet};
use std::fmt;

use self::edits::Refusal;
use self::shared::Shared;
use self::tree_diff::{Change, Changes};
use crate::parser::{self, Failure, Modules, NodeId, Parsed, Span, Task, Tree};
use crate::rule::{self, ARGUMENT, Finding, IMMUTABLE, Kind};
use crate::suppress::{self, MaybeSuppressed, Suppressions};

pub(crate) use write::replace;
pub use write::{Identity, WriteFailure, Written, apply};

/// How many times subsets of the edits of one file are verified, if they are not accepted all together.
const MOST_ATTEMPTS: usize = 64;
/// How many bytes of text are parsed for that in all.
const MOST_BYTES: usize = 64 << 20;

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

/// How many bytes a single edit may span that combines several.
pub const LONGEST_SPAN: usize = 64 << 10;

/// The fix of a finding, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// The edits that fix it, in the order of the text: one, or one for each task if several tasks share the finding's
    /// span.
    Edits(Vec<Edit>),
    /// It is not fixed, for this reason.
    NotFixed(NotFixed),
}

impl Fix {
    /// All edits; none if the finding is not fixed.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        match self {
            Self::Edits(edits) => edits,
            Self::NotFixed(_) => &[],
        }
    }

    /// All edits combined into one, which also spans the text between them; that takes the `source`. `None` if there
    /// are no edits, and if it would span more than [`LONGEST_SPAN`].
    #[must_use]
    pub fn edit(&self, source: Option<&str>) -> Option<Cow<'_, Edit>> {
        let edits = self.edits();
        if let [edit] = edits {
            return Some(Cow::Borrowed(edit));
        }
        let start = edits.first()?.offset;
        let end = edits.last().map(|edit| edit.offset + edit.length)?;
        let between = source?.get(start..end).filter(|between| between.len() <= LONGEST_SPAN)?;
        let moved = edits.iter().map(|edit| Edit { offset: edit.offset - start, ..edit.clone() });
        let text = edited(between, &moved.collect::<Vec<_>>()).into();
        Some(Cow::Owned(Edit { offset: start, length: end - start, text }))
    }
}

/// Which findings are fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Findings whose value is known.
    Safe,
    /// Also findings whose value is a template.
    Unsafe,
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
    /// The arguments are text or something else that Ansible refuses.
    NotArguments,
    /// The value is in a k=v string inside another k=v string.
    Nested,
    /// Inserting a line would change a block scalar.
    BlockScalar,
    /// The value is a list or mapping with comments or anchors.
    Collection,
    /// The value has an anchor and a tag that the fix would remove.
    Anchored,
    /// The value is written in a way that is not understood.
    Unclear,
    /// The text cannot be read to its end.
    Unreadable,
    /// The text would not read the same afterwards, from this line on if one is known.
    Unverified {
        /// From 1.
        line: Option<u32>,
    },
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
            Self::NotArguments => "Ansible does not accept its arguments",
            Self::Nested => "its value is in a k=v string inside another string",
            Self::BlockScalar => "its block scalar cannot be kept",
            Self::Collection => "its value is a list or mapping with comments or anchors",
            Self::Anchored => "its value has an anchor and a tag that the fix would remove",
            Self::Unclear => "its value is written in a way that is not understood",
            Self::Unreadable => "the file cannot be read to its end",
            Self::Unverified { line: Some(line) } => {
                return write!(f, "the file would not read the same afterwards, from line {line} on");
            }
            Self::Unverified { line: None } => "the file would not read the same afterwards",
            Self::Linked => {
                "a symbolic link that was only found is not written through; name it, or its target"
            }
        })
    }
}

/// Applies edits, which are sorted and do not overlap.
#[must_use]
pub fn edited(text: &str, edits: &[impl Borrow<Edit>]) -> String {
    let edits = edits.iter().map(Borrow::borrow);
    let added: usize = edits.clone().map(|edit: &Edit| edit.text.len()).sum();
    let mut out = String::with_capacity(text.len() + added);
    let mut from = 0;
    for edit in edits {
        out.push_str(&text[from..edit.offset]);
        out.push_str(&edit.text);
        from = edit.offset + edit.length;
    }
    out.push_str(&text[from..]);
    out
}

/// Identifies a finding: its span and kind.
type FindingKey = (Span, Kind);

fn key(finding: &Finding) -> FindingKey {
    (finding.span, finding.kind)
}

/// The edits for one finding before they are verified.
#[derive(Debug, Default)]
struct PlannedFix {
    /// Sorted by offset, seldom more than one.
    edits: Vec<(Edit, Change)>,
    refused: Option<Refusal>,
}

/// Collects edits task by task, before they are verified.
#[derive(Debug)]
pub(crate) struct FixPlan {
    level: Level,
    by_finding: HashMap<FindingKey, PlannedFix>,
    /// The tasks seen for each finding: a task is visited again for each scope that it is in.
    seen: HashSet<(FindingKey, NodeId)>,
    /// Computed for the first flagged task.
    shared: Option<Shared>,
    layout: layout::Layout,
}

/// The result of linting a text, to verify fixes against.
#[derive(Debug)]
pub(crate) struct FixContext<'k> {
    pub(crate) parsed: &'k Parsed<'k>,
    pub(crate) modules: &'k Modules,
    /// All findings, as [`suppress::deduplicate`] leaves them.
    pub(crate) findings: &'k [MaybeSuppressed],
    pub(crate) failures: &'k [Failure],
    pub(crate) tasks: u64,
    /// Whether comments count.
    pub(crate) comments: bool,
}

impl FixPlan {
    pub(crate) fn new(level: Level) -> Self {
        Self {
            level,
            by_finding: HashMap::new(),
            seen: HashSet::new(),
            shared: None,
            layout: layout::Layout::default(),
        }
    }

    /// Plans the edit that fixes a flagged task.
    pub(crate) fn add(&mut self, task: &Task<'_>, finding: &Finding) {
        if !self.seen.insert((key(finding), task.item)) {
            return;
        }
        let tree = task.arguments.resolver.tree;
        let shared = self.shared.get_or_insert_with(|| Shared::new(tree));
        let planned = self.by_finding.entry(key(finding)).or_default();
        if planned.refused.is_some() {
            return;
        }
        match edits::Planner::new(task, shared, &mut self.layout).plan(finding, self.level) {
            Ok(part) => planned.add(part),
            Err(refusal) => planned.refused = Some(refusal),
        }
    }

    /// The first nodes of the parts that are not fixed because aliases share them. No other fix may replace these
    /// aliases, or a second run would find more to fix.
    fn shared_parts(&self, tree: &Tree<'_>) -> HashSet<NodeId> {
        let part = |planned: &PlannedFix| match planned.refused {
            Some(Refusal::Shared(alias)) => {
                self.shared.as_ref()?.part_of(tree.follow(alias)).map(|(part, _)| part)
            }
            _ => None,
        };
        self.by_finding.values().filter_map(part).collect()
    }

    /// The fixes of the findings that are not suppressed, in their order, verified together.
    pub(crate) fn finish(mut self, context: &FixContext<'_>) -> Vec<Fix> {
        let tree = &context.parsed.tree;
        let is_cut = context.parsed.stopped.is_some();
        let open = context.findings.iter().filter(|(_, suppression)| suppression.is_none());
        let shared_parts = self.shared_parts(tree);
        let shared = self.shared.take();
        let mut take = |finding: &Finding| {
            let mut planned = self.by_finding.remove(&key(finding)).unwrap_or_default();
            let part_of = |node| shared.as_ref().and_then(|shared| shared.part_of(node));
            let is_shared = |alias: &NodeId| {
                part_of(tree.follow(*alias)).is_some_and(|(part, _)| shared_parts.contains(&part))
            };
            let needed = planned.replaced_aliases(tree).find(is_shared).map(Refusal::Shared);
            planned.refused = planned.refused.or(needed);
            if is_cut {
                PlannedFix { refused: Some(NotFixed::Unreadable.into()), ..planned }
            } else {
                planned
            }
        };
        let planned: Vec<_> = open.map(|(finding, _)| (finding, take(finding))).collect();
        drop(shared);
        drop(self); // verifying needs as much memory as the tree
        let open: Vec<usize> = (0..planned.len()).filter(|&at| planned[at].1.refused.is_none()).collect();
        let left = MOST_ATTEMPTS.min(1 + MOST_BYTES / (tree.source().len() + 1));
        let mut verifier =
            Verifier { context, planned: &planned, accepted: vec![], rejected: HashMap::new(), left };
        verifier.verify(&open);
        let Verifier { accepted, rejected, .. } = verifier;
        let mut is_accepted = vec![false; planned.len()];
        for at in accepted {
            is_accepted[at] = true;
        }
        let line = |offset| {
            let position = parser::positions(tree.source().as_bytes(), &[offset]);
            position.first().map_or(1, |position| position.line)
        };
        let mut lines: HashMap<usize, u32> = HashMap::new(); // one alias may prevent the fixes of all tasks
        let mut line = |offset| *lines.entry(offset).or_insert_with(|| line(offset));
        let fixes = planned.into_iter().enumerate().map(|(at, (_, planned))| match planned.refused {
            Some(Refusal::Shared(alias)) => {
                Fix::NotFixed(NotFixed::Shared { line: line(tree.span(alias).start) })
            }
            Some(Refusal::Other(reason)) => Fix::NotFixed(reason),
            None if is_accepted[at] => Fix::Edits(planned.edits.into_iter().map(|(edit, _)| edit).collect()),
            None => Fix::NotFixed(NotFixed::Unverified {
                line: rejected.get(&at).copied().flatten().map(&mut line),
            }),
        });
        fixes.collect()
    }
}

impl PlannedFix {
    fn add(&mut self, part: (Edit, Change)) {
        match self.edits.binary_search_by_key(&part.0.offset, |(edit, _)| edit.offset) {
            Ok(at) => self.edits[at] = part,
            Err(at) => {
                if self.edits.is_empty() {
                    self.edits.reserve_exact(1); // seldom more follow, and a file may have a million
                }
                self.edits.insert(at, part);
            }
        }
    }

    /// The aliases that the value replaces.
    fn replaced_aliases(&self, tree: &Tree<'_>) -> impl Iterator<Item = NodeId> {
        self.edits.iter().filter_map(|(_, change)| match change {
            Change::Replace(node) if tree.is_alias(*node) => Some(*node),
            _ => None,
        })
    }
}

/// Finds out which planned fixes change nothing except the argument.
struct Verifier<'k> {
    context: &'k FixContext<'k>,
    planned: &'k [(&'k Finding, PlannedFix)],
    /// The indexes of the fixes that were verified together.
    accepted: Vec<usize>,
    /// The indexes of the others, with the offset of what would change.
    rejected: HashMap<usize, Option<usize>>,
    left: usize,
}

impl Verifier<'_> {
    /// Verifies fixes together with the accepted ones; if that fails, each half of them separately.
    fn verify(&mut self, open: &[usize]) {
        if open.is_empty() || self.left == 0 {
            return;
        }
        self.left -= 1;
        let before = self.accepted.len();
        self.accepted.extend(open);
        let Err(offset) = self.check() else { return };
        self.accepted.truncate(before);
        if let [failed] = open {
            self.rejected.insert(*failed, offset);
            return;
        }
        let (one, other) = open.split_at(open.len() / 2);
        self.verify(one);
        self.verify(other);
    }

    /// Checks that the accepted fixes change nothing except the argument; fails with the offset of another change.
    fn check(&self) -> Result<(), Option<usize>> {
        let parts = self.accepted.iter().flat_map(|&at| self.planned[at].1.edits.iter());
        let mut parts: Vec<&(Edit, Change)> = parts.collect();
        parts.sort_by_key(|(edit, _)| edit.offset);
        parts.dedup();
        let edits: Vec<&Edit> = parts.iter().map(|(edit, _)| edit).collect();
        let overlaps = |pair: &&[&Edit]| {
            pair[0].offset >= pair[1].offset || pair[0].offset + pair[0].length > pair[1].offset
        };
        if let Some(pair) = edits.windows(2).find(overlaps) {
            return Err(Some(pair[1].offset));
        }
        let changes = Changes::new(ARGUMENT, IMMUTABLE, parts.iter().map(|(_, change)| *change));
        drop(parts);
        self.reads_the_same(&edits, &changes)
    }

    fn reads_the_same(&self, edits: &[&Edit], changes: &Changes<'_>) -> Result<(), Option<usize>> {
        let context = self.context;
        let tree = &context.parsed.tree;
        let text = edited(tree.source(), edits);
        let parsed = Parsed::new(&text, context.comments);
        if parsed.stopped.is_some() {
            return Err(None);
        }
        changes.is_only(tree, &parsed.tree).map_err(Some)?;
        let mut findings = Vec::new();
        let (tasks, failures) = each_finding(&parsed, context.modules, |_, finding| findings.push(finding));
        suppress::deduplicate(&mut findings);
        let is_same = tasks == context.tasks
            && same_failures(context.failures, &failures, edits)
            && self.remaining_findings(edits) == findings;
        if is_same { Ok(()) } else { Err(None) }
    }

    /// The findings that are not fixed, at their offsets after the edits.
    fn remaining_findings(&self, edits: &[&Edit]) -> Vec<MaybeSuppressed> {
        let fixed: HashSet<FindingKey> = self.accepted.iter().map(|&at| key(self.planned[at].0)).collect();
        let shift = Shift::new(edits);
        let remaining = self.context.findings.iter();
        let remaining = remaining
            .filter(|(finding, suppression)| suppression.is_some() || !fixed.contains(&key(finding)));
        let moved = remaining.map(|(finding, suppression)| {
            let finding = Finding {
                span: shift.span(finding.span),
                module_key: shift.span(finding.module_key),
                ..finding.clone()
            };
            (finding, suppression.clone())
        });
        moved.collect()
    }
}

/// Visits every flagged task; returns the same as [`Parsed::each_task`].
fn each_finding(
    parsed: &Parsed<'_>,
    modules: &Modules,
    mut each: impl FnMut(&Task<'_>, MaybeSuppressed),
) -> (u64, Vec<Failure>) {
    let mut suppressions = Suppressions::read(parsed.tree.source(), parsed);
    parsed.each_task(modules, |task| {
        let Some(finding) = rule::check(task) else { return };
        let suppression = suppressions.suppression(task.span, finding.span);
        each(task, (finding, suppression));
    })
}

fn same_failures(old: &[Failure], new: &[Failure], edits: &[&Edit]) -> bool {
    let shift = Shift::new(edits);
    let moved = |failure: &Failure| failure.offset.map(|offset| shift.start(offset));
    old.len() == new.len()
        && old.iter().zip(new).all(|(old, new)| old.reason == new.reason && moved(old) == new.offset)
}

/// Maps offsets in the text to offsets after the edits.
struct Shift {
    /// The end of each edit, and by how much the text after it moves.
    ends: Vec<(usize, isize)>,
}

impl Shift {
    fn new(edits: &[&Edit]) -> Self {
        let mut moved = 0;
        let ends = edits.iter().map(|edit| {
            moved += edit.text.len().cast_signed() - edit.length.cast_signed();
            (edit.offset + edit.length, moved)
        });
        Self { ends: ends.collect() }
    }

    fn at(&self, offset: usize, index: usize) -> usize {
        let moved = index.checked_sub(1).map_or(0, |last| self.ends[last].1);
        offset.saturating_add_signed(moved)
    }

    fn start(&self, offset: usize) -> usize {
        self.at(offset, self.ends.partition_point(|(end, _)| *end <= offset))
    }

    fn end(&self, offset: usize) -> usize {
        self.at(offset, self.ends.partition_point(|(end, _)| *end < offset))
    }

    fn span(&self, span: Span) -> Span {
        Span::new(self.start(span.start), self.end(span.end))
    }
}
