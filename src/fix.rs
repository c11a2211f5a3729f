//! The byte edits that fix findings.
//!
//! Invariant: the edits that `FixPlan::finish` hands out were tried in memory. With all of them made,
//! the text has the same tree but for the argument, and the same findings but for the fixed ones.

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

pub use write::{Identity, WriteFailure, Written, apply, replace};

/// How many times the edits of one file are verified, where they do not hold all together.
const MOST_ATTEMPTS: usize = 64;
/// How many bytes are read for that in all.
const MOST_BYTES: usize = 64 << 20;

/// Bytes of a file that become others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The first byte that changes.
    pub offset: usize,
    /// How many bytes go.
    pub length: usize,
    /// What stands there instead.
    pub text: Box<str>,
}

/// How many bytes one edit spans in place of several.
pub const LONGEST_SPAN: usize = 64 << 10;

/// What can be done about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// The edits that fix it, in the order of the text: one, or one for each task where tasks share the
    /// finding's place.
    Edits(Vec<Edit>),
    /// Nothing, and why not.
    NotFixed(NotFixed),
}

impl Fix {
    /// All edits, of which there are none where nothing can be done.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        match self {
            Self::Edits(edits) => edits,
            Self::NotFixed(_) => &[],
        }
    }

    /// All edits as one: where there are several, it spans the text between them too, of which `source`
    /// must be known. `None` without an edit, and where that would be more than [`LONGEST_SPAN`].
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
    /// Those whose value is known.
    Safe,
    /// Also those whose value is a template.
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
    /// The value stands in a string within a string.
    Nested,
    /// A block scalar would change with its last line.
    BlockScalar,
    /// The value is a list or mapping with comments or anchors.
    Collection,
    /// The value has an anchor and a tag that would have to go.
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
                return write!(f, "an alias or merge on line {line} shares its arguments with another place");
            }
            Self::TemplatedArgs => "its arguments are one template",
            Self::Template => "its value is a template, which --unsafe-fixes replaces",
            Self::NotArguments => "its arguments are none that Ansible accepts",
            Self::Nested => "its value stands in a string within a string",
            Self::BlockScalar => "its block scalar cannot be kept",
            Self::Collection => "its value is a list or mapping with comments or anchors",
            Self::Anchored => "its value has an anchor and a tag that would have to go",
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

/// The text with the edits made, which are in order and do not overlap.
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
    (finding.place, finding.kind)
}

/// The edits for one finding that were not verified yet.
#[derive(Debug, Default)]
struct PlannedFix {
    /// In the order of their offsets, seldom more than one.
    edits: Vec<(Edit, Change)>,
    refused: Option<Refusal>,
}

/// Edits that were not verified yet, collected task by task.
#[derive(Debug)]
pub(crate) struct FixPlan {
    level: Level,
    by_finding: HashMap<FindingKey, PlannedFix>,
    /// Which tasks were looked at for which findings: other scopes may bring a task back.
    seen: HashSet<(FindingKey, NodeId)>,
    /// Made for the first flagged task.
    shared: Option<Shared>,
    layout: layout::Layout,
}

/// What was found out about a text before anything is edited.
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

    /// Notes what would fix a flagged task.
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

    /// The first nodes of the parts that would be edited, were it not for their aliases. No other fix may take these
    /// aliases away: else another run would find more to fix.
    fn waiting_parts(&self, tree: &Tree<'_>) -> HashSet<NodeId> {
        let part = |planned: &PlannedFix| match planned.refused {
            Some(Refusal::Shared(alias)) => {
                self.shared.as_ref()?.part_of(tree.follow(alias)).map(|(part, _)| part)
            }
            _ => None,
        };
        self.by_finding.values().filter_map(part).collect()
    }

    /// The fixes of the findings that are not suppressed, in their order, each verified together with all the
    /// others.
    pub(crate) fn finish(mut self, context: &FixContext<'_>) -> Vec<Fix> {
        let tree = &context.parsed.tree;
        let is_cut = context.parsed.stopped.is_some();
        let open = context.findings.iter().filter(|(_, suppression)| suppression.is_none());
        let waiting = self.waiting_parts(tree);
        let shared = self.shared.take();
        let mut take = |finding: &Finding| {
            let mut planned = self.by_finding.remove(&key(finding)).unwrap_or_default();
            let part_of = |node| shared.as_ref().and_then(|shared| shared.part_of(node));
            let gives_way = |alias: &NodeId| {
                part_of(tree.follow(*alias)).is_some_and(|(part, _)| waiting.contains(&part))
            };
            let gives_way = planned.replaced_aliases(tree).find(gives_way).map(Refusal::Shared);
            planned.refused = planned.refused.or(gives_way);
            if is_cut {
                PlannedFix { refused: Some(NotFixed::Unreadable.into()), ..planned }
            } else {
                planned
            }
        };
        let planned: Vec<_> = open.map(|(finding, _)| (finding, take(finding))).collect();
        drop(shared);
        drop(self); // what it took to find them is not needed any more, and a verifier takes as much as the tree
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
        let mut lines: HashMap<usize, u32> = HashMap::new(); // one alias may be in the way of every task
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

    /// The aliases that give way to the value.
    fn replaced_aliases(&self, tree: &Tree<'_>) -> impl Iterator<Item = NodeId> {
        self.edits.iter().filter_map(|(_, change)| match change {
            Change::Replace(node) if tree.is_alias(*node) => Some(*node),
            _ => None,
        })
    }
}

/// Finds out which planned fixes leave the text as it is but for the argument.
struct Verifier<'k> {
    context: &'k FixContext<'k>,
    planned: &'k [(&'k Finding, PlannedFix)],
    /// The indexes of fixes that were verified together.
    accepted: Vec<usize>,
    /// Those that were not, with the offset of what would change.
    rejected: HashMap<usize, Option<usize>>,
    left: usize,
}

impl Verifier<'_> {
    /// Verifies fixes together with those that are accepted already; where that fails, each half of them.
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

    /// Whether the accepted fixes change nothing but the argument, else where the first other change is.
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
        changes.find_other(tree, &parsed.tree).map_err(Some)?;
        let mut findings = Vec::new();
        let (tasks, failures) = each_finding(&parsed, context.modules, |_, finding| findings.push(finding));
        suppress::deduplicate(&mut findings);
        let is_same = tasks == context.tasks
            && same_failures(context.failures, &failures, edits)
            && self.remaining_findings(edits) == findings;
        if is_same { Ok(()) } else { Err(None) }
    }

    /// The findings that are not fixed, where the edits move them.
    fn remaining_findings(&self, edits: &[&Edit]) -> Vec<MaybeSuppressed> {
        let fixed: HashSet<FindingKey> = self.accepted.iter().map(|&at| key(self.planned[at].0)).collect();
        let shift = Shift::new(edits);
        let remaining = self.context.findings.iter();
        let remaining = remaining
            .filter(|(finding, suppression)| suppression.is_some() || !fixed.contains(&key(finding)));
        let moved = remaining.map(|(finding, suppression)| {
            let finding = Finding {
                place: shift.span(finding.place),
                module_key: shift.span(finding.module_key),
                ..finding.clone()
            };
            (finding, suppression.clone())
        });
        moved.collect()
    }
}

/// Visits every flagged task; returns what [`Parsed::each_task`] does.
fn each_finding(
    parsed: &Parsed<'_>,
    modules: &Modules,
    mut each: impl FnMut(&Task<'_>, MaybeSuppressed),
) -> (u64, Vec<Failure>) {
    let mut suppressions = Suppressions::read(parsed.tree.source(), parsed);
    parsed.each_task(modules, |task| {
        let Some(finding) = rule::check(task) else { return };
        let suppression = suppressions.suppression(task.span, finding.place);
        each(task, (finding, suppression));
    })
}

fn same_failures(old: &[Failure], new: &[Failure], edits: &[&Edit]) -> bool {
    let shift = Shift::new(edits);
    let moved = |failure: &Failure| failure.offset.map(|offset| shift.start(offset));
    old.len() == new.len()
        && old.iter().zip(new).all(|(old, new)| old.reason == new.reason && moved(old) == new.offset)
}

/// Where offsets lie once the edits are made.
struct Shift {
    /// The end of each edit, and by how much what follows it moves.
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

impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edits(_) => f.write_str("fixed"),
            Self::NotFixed(reason) => write!(f, "not fixed: {reason}"),
        }
    }
}
