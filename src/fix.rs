//! The byte edits that mend findings.
//!
//! Invariant: the edits that `Drafts::settle` hands out were tried in memory. With all of them made,
//! the text has the same tree but for the argument, and the same findings but for the mended ones.

mod edits;
mod write;

use std::borrow::{Borrow, Cow};
use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::parser::{Change, Changes, Failure, Modules, NodeId, Parsed, Sharing, Span, Task, Tree};
use crate::rule::{self, ARGUMENT, Finding, IMMUTABLE, Kind};
use crate::suppress::{self, Judged, Suppressions};

pub use write::{Failure as WriteFailure, Identity, Written, apply, replace};

/// How many times the edits of one file are tried on it, where they do not hold all together.
const TRIALS: usize = 64;
/// How many bytes are read for that in all.
const TRIED: usize = 64 << 20;

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
pub enum Mend {
    /// The edits that mend it, in the order of the text: one, or one for each task where tasks share the
    /// finding's place.
    Edits(Vec<Edit>),
    /// Nothing, and why not.
    NotFixed(&'static str),
}

impl Mend {
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

/// Which findings are mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Those whose value is known.
    Safe,
    /// Also those whose value is a template.
    Unsafe,
}

/// How many times aliases that give way may make others give way.
const ROUNDS: usize = 8;

const UNVERIFIED: &str = "the file would not read the same afterwards";
const UNREADABLE: &str = "the file cannot be read to its end";

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

/// A place and a way to break the rule: what makes a finding one of its own.
type Key = (Span, Kind);

fn key(finding: &Finding) -> Key {
    (finding.place, finding.kind)
}

/// Edits for one finding that were not tried yet.
#[derive(Debug, Default)]
struct Draft {
    /// In the order of their places, seldom more than one.
    edits: Vec<(Edit, Change)>,
    refused: Option<&'static str>,
}

/// Edits that were not tried yet, collected task by task.
#[derive(Debug)]
pub(crate) struct Drafts {
    level: Level,
    by_finding: HashMap<Key, Draft>,
    /// Which tasks were looked at for which findings: other scopes may bring a task back.
    seen: HashSet<(Key, NodeId)>,
    /// Made for the first flagged task.
    sharing: Option<Sharing>,
    /// Aliases that the edits of an earlier round replace.
    gone: HashSet<NodeId>,
    layout: edits::Layout,
}

/// What was found out about a text before anything is edited.
#[derive(Debug)]
pub(crate) struct Known<'k> {
    pub(crate) parsed: &'k Parsed<'k>,
    pub(crate) modules: &'k Modules,
    /// All findings, as [`suppress::deduplicate`] leaves them.
    pub(crate) findings: &'k [Judged],
    pub(crate) failures: &'k [Failure],
    pub(crate) tasks: u64,
    /// Whether comments count.
    pub(crate) comments: bool,
}

impl Drafts {
    pub(crate) fn new(level: Level) -> Self {
        Self {
            level,
            by_finding: HashMap::new(),
            seen: HashSet::new(),
            sharing: None,
            gone: HashSet::new(),
            layout: edits::Layout::default(),
        }
    }

    /// Notes what would mend a flagged task.
    pub(crate) fn add(&mut self, task: &Task<'_>, finding: &Finding) {
        if !self.seen.insert((key(finding), task.item)) {
            return;
        }
        let tree = task.arguments.tree();
        let sharing = self.sharing.get_or_insert_with(|| Sharing::new(tree, &self.gone));
        let draft = self.by_finding.entry(key(finding)).or_default();
        if draft.refused.is_some() {
            return;
        }
        match edits::Site::new(task, sharing, &mut self.layout).mend(finding, self.level) {
            Ok(part) => draft.add(part),
            Err(reason) => draft.refused = Some(reason),
        }
    }

    /// The mends of the findings that are not silenced, in their order, each tried together with all the
    /// others.
    pub(crate) fn settle(mut self, known: &Known<'_>) -> Vec<Mend> {
        let wanted = known.findings.iter().filter(|(_, silence)| silence.is_none());
        let wanted: Vec<&Finding> = wanted.map(|(finding, _)| finding).collect();
        for _ in 0..ROUNDS {
            match self.another_round(known, &wanted) {
                Some(next) => self = next,
                None => break,
            }
        }
        let is_cut = known.parsed.stopped.is_some();
        let mut take = |finding: &Finding| {
            let draft = self.by_finding.remove(&key(finding)).unwrap_or_default();
            if is_cut { Draft { refused: Some(UNREADABLE), ..draft } } else { draft }
        };
        let drafts: Vec<_> = wanted.into_iter().map(|finding| (finding, take(finding))).collect();
        drop(self); // what it took to find them has no use any more, and a trial takes as much as the file's tree
        let open: Vec<usize> = (0..drafts.len()).filter(|&at| drafts[at].1.refused.is_none()).collect();
        let size = known.parsed.tree.source().len();
        let left = TRIALS.min(1 + TRIED / (size + 1));
        let mut trial = Trial { known, drafts: &drafts, held: Vec::new(), failed: Vec::new(), left };
        trial.settle(&open);
        trial.settle_failed();
        let mut held = vec![false; drafts.len()];
        trial.held.iter().for_each(|&at| held[at] = true);
        drafts.into_iter().zip(held).map(|((_, draft), held)| draft.into_mend(held)).collect()
    }
}

impl Drafts {
    /// What is shared only with aliases that give way to `immutable` is shared no more: else it would be
    /// mended when the fixed file is fixed again.
    fn another_round(&self, known: &Known<'_>, wanted: &[&Finding]) -> Option<Self> {
        let drafts = || wanted.iter().filter_map(|finding| self.by_finding.get(&key(finding)));
        if !drafts().any(|draft| draft.refused == Some(edits::SHARED)) {
            return None;
        }
        let tree = &known.parsed.tree;
        let gone: HashSet<_> = drafts().flat_map(|draft| draft.replaced_aliases(tree)).collect();
        if gone.len() <= self.gone.len() {
            return None;
        }
        let mut next = Self { gone, ..Self::new(self.level) };
        each_finding(known.parsed, known.modules, |task, (finding, silence)| {
            if silence.is_none() {
                next.add(task, &finding);
            }
        });
        Some(next)
    }
}

impl Draft {
    fn add(&mut self, part: (Edit, Change)) {
        match self.edits.binary_search_by_key(&part.0.offset, |(edit, _)| edit.offset) {
            Ok(at) => self.edits[at] = part,
            Err(at) => {
                if self.edits.is_empty() {
                    self.edits.reserve_exact(1); // seldom more follow, and a file may have a million drafts
                }
                self.edits.insert(at, part);
            }
        }
    }

    fn replaced_aliases(&self, tree: &Tree<'_>) -> impl Iterator<Item = NodeId> {
        let edits = if self.refused.is_some() { None } else { Some(self.edits.iter()) };
        edits.into_iter().flatten().filter_map(|(_, change)| match change {
            Change::Replace(node) if tree.is_alias(*node) => Some(*node),
            _ => None,
        })
    }

    fn into_mend(self, held: bool) -> Mend {
        match self.refused {
            Some(reason) => Mend::NotFixed(reason),
            None if held => Mend::Edits(self.edits.into_iter().map(|(edit, _)| edit).collect()),
            None => Mend::NotFixed(UNVERIFIED),
        }
    }
}

/// Finds out which drafts hold.
struct Trial<'k> {
    known: &'k Known<'k>,
    drafts: &'k [(&'k Finding, Draft)],
    /// The indexes of drafts that hold together.
    held: Vec<usize>,
    /// The indexes of those that did not hold with the ones before them.
    failed: Vec<usize>,
    left: usize,
}

impl Trial<'_> {
    /// Tries drafts together with those that hold already; where they do not, each half of them.
    fn settle(&mut self, open: &[usize]) {
        if open.is_empty() || self.left == 0 {
            return;
        }
        self.left -= 1;
        let before = self.held.len();
        self.held.extend(open);
        if self.holds() {
            return;
        }
        self.held.truncate(before);
        if let [failed] = open {
            self.failed.push(*failed);
            return;
        }
        let (one, other) = open.split_at(open.len() / 2);
        self.settle(one);
        self.settle(other);
    }

    /// Tries again what failed, as long as more and more holds: a value that an alias repeats can change
    /// only when the alias has given way.
    fn settle_failed(&mut self) {
        let mut before = 0;
        while self.held.len() > before && !self.failed.is_empty() {
            before = self.held.len();
            for at in std::mem::take(&mut self.failed) {
                self.settle(&[at]);
            }
        }
    }

    fn holds(&self) -> bool {
        let parts = self.held.iter().flat_map(|&at| self.drafts[at].1.edits.iter());
        let mut parts: Vec<&(Edit, Change)> = parts.collect();
        parts.sort_by_key(|(edit, _)| edit.offset);
        parts.dedup();
        let edits: Vec<&Edit> = parts.iter().map(|(edit, _)| edit).collect();
        let is_clear = |pair: &[&Edit]| {
            pair[0].offset < pair[1].offset && pair[0].offset + pair[0].length <= pair[1].offset
        };
        if !edits.windows(2).all(is_clear) {
            return false;
        }
        let changes = Changes::new(ARGUMENT, IMMUTABLE, parts.iter().map(|(_, change)| *change));
        drop(parts);
        self.reads_the_same(&edits, &changes)
    }

    fn reads_the_same(&self, edits: &[&Edit], changes: &Changes<'_>) -> bool {
        let tree = &self.known.parsed.tree;
        let text = edited(tree.source(), edits);
        let parsed = Parsed::new(&text, self.known.comments);
        if parsed.stopped.is_some() || !changes.explain(tree, &parsed.tree) {
            return false;
        }
        let mut findings = Vec::new();
        let (tasks, failures) =
            each_finding(&parsed, self.known.modules, |_, finding| findings.push(finding));
        suppress::deduplicate(&mut findings);
        tasks == self.known.tasks
            && same_failures(self.known.failures, &failures, edits)
            && self.remaining_findings(edits) == findings
    }

    /// The findings that no draft mends, where the edits move them.
    fn remaining_findings(&self, edits: &[&Edit]) -> Vec<Judged> {
        let mended: HashSet<Key> = self.held.iter().map(|&at| key(self.drafts[at].0)).collect();
        let shift = Shift::new(edits);
        let remaining = self.known.findings.iter();
        let remaining =
            remaining.filter(|(finding, silence)| silence.is_some() || !mended.contains(&key(finding)));
        let moved = remaining.map(|(finding, silence)| {
            let finding = Finding {
                place: shift.span(finding.place),
                module_key: shift.span(finding.module_key),
                ..finding.clone()
            };
            (finding, silence.clone())
        });
        moved.collect()
    }
}

/// Visits every flagged task; returns what [`Parsed::each_task`] does.
fn each_finding(
    parsed: &Parsed<'_>,
    modules: &Modules,
    mut each: impl FnMut(&Task<'_>, Judged),
) -> (u64, Vec<Failure>) {
    let mut suppressions = Suppressions::read(parsed.tree.source(), parsed);
    parsed.each_task(modules, |task| {
        let Some(finding) = rule::check(task) else { return };
        let silence = suppressions.silence(task.span, finding.place);
        each(task, (finding, silence));
    })
}

fn same_failures(old: &[Failure], new: &[Failure], edits: &[&Edit]) -> bool {
    let shift = Shift::new(edits);
    let moved = |failure: &Failure| failure.offset.map(|offset| shift.start(offset));
    old.len() == new.len()
        && old.iter().zip(new).all(|(old, new)| old.message == new.message && moved(old) == new.offset)
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

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edits(_) => f.write_str("fixed"),
            Self::NotFixed(reason) => write!(f, "not fixed: {reason}"),
        }
    }
}
