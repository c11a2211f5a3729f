//! Verifies planned fixes: what the text says with them, compared with what it said before.
//!
//! Invariant: with all edits that [`verify`] returns, the text has the same tree except for the argument, and the same
//! findings except for the fixed ones.

use std::collections::HashSet;

use super::tree_diff::{Change, Changes};
use super::{Edit, Fix, NotFixed, Planned, edited, key};
use crate::parser::{Failure, Modules, Parsed, positions};
use crate::rule::{self, ARGUMENT, Finding, IMMUTABLE};
use crate::suppress::{self, MaybeSuppressed, Suppression, Suppressions};

/// How many times subsets of the edits of one file are verified, if they are not accepted all together.
const MOST_ATTEMPTS: usize = 64;
/// How many bytes of text are parsed for that in all.
const MOST_BYTES: usize = 64 << 20;

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
    pub(crate) require_reason: bool,
}

/// Turns planned fixes into those that change nothing except the argument, also together.
///
/// With a `suppression`, the edits are comments by which the findings become suppressed instead of fixed.
pub(super) fn verify(
    context: &FixContext<'_>,
    planned: Vec<(&Finding, Planned)>,
    suppression: Option<Suppression>,
) -> Vec<Fix> {
    let source = context.parsed.tree.source();
    let open: Vec<usize> = (0..planned.len()).filter(|&at| planned[at].1.is_ok()).collect();
    let attempts_left = MOST_ATTEMPTS.min(1 + MOST_BYTES / (source.len() + 1));
    let results = vec![Err(None); planned.len()];
    let mut verifier = Verifier { context, planned: &planned, suppression, results, attempts_left };
    verifier.verify(&open);
    let results = verifier.results;
    let line_of = |offset| positions(source.as_bytes(), &[offset]).first().map(|position| position.line);
    let fixes = planned.into_iter().zip(results).map(|((_, planned), result)| match (planned, result) {
        (Err(reason), _) => Fix::NotFixed(reason),
        (Ok((edit, _)), Ok(())) => Fix::Edit(edit),
        (Ok(_), Err(offset)) => Fix::NotFixed(NotFixed::Unverified { line: offset.and_then(line_of) }),
    });
    fixes.collect()
}

/// Fails with the offset of another change than the planned ones, if that is known.
type Verification = Result<(), Option<usize>>;

struct Verifier<'k> {
    context: &'k FixContext<'k>,
    planned: &'k [(&'k Finding, Planned)],
    suppression: Option<Suppression>,
    /// The result for each planned fix; those that succeeded were verified together.
    results: Vec<Verification>,
    attempts_left: usize,
}

impl Verifier<'_> {
    /// Verifies fixes together with the accepted ones; if that fails, each half of them separately.
    fn verify(&mut self, open: &[usize]) {
        if open.is_empty() || self.attempts_left == 0 {
            return;
        }
        self.attempts_left -= 1;
        self.set_results(open, Ok(()));
        let Err(offset) = self.check() else { return };
        self.set_results(open, Err(if open.len() == 1 { offset } else { None }));
        if open.len() > 1 {
            let (one, other) = open.split_at(open.len() / 2);
            self.verify(one);
            self.verify(other);
        }
    }

    fn set_results(&mut self, fixes: &[usize], result: Verification) {
        for &at in fixes {
            self.results[at] = result;
        }
    }

    /// The accepted fixes, with the findings that they fix.
    fn accepted(&self) -> impl Iterator<Item = (&Finding, &(Edit, Change))> {
        let all = self.planned.iter().zip(&self.results);
        all.filter(|(_, result)| result.is_ok())
            .filter_map(|((finding, planned), _)| Some((*finding, planned.as_ref().ok()?)))
    }

    /// Checks that the accepted fixes change nothing except the argument.
    fn check(&self) -> Verification {
        let mut parts: Vec<&(Edit, Change)> = self.accepted().map(|(_, part)| part).collect();
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

    fn reads_the_same(&self, edits: &[&Edit], changes: &Changes<'_>) -> Verification {
        let context = self.context;
        let tree = &context.parsed.tree;
        let text = edited(tree.source(), edits);
        let parsed = Parsed::new(&text, context.comments || self.suppression.is_some());
        if parsed.stopped.is_some() {
            return Err(None);
        }
        changes.is_only(tree, &parsed.tree).map_err(Some)?;
        let mut findings = Vec::new();
        let mut suppressions = Suppressions::read(&text, &parsed, context.require_reason);
        let (tasks, failures) = parsed.each_task(context.modules, |task| {
            let Some(finding) = rule::check(task) else { return };
            let suppression = suppressions.suppression(task.span, finding.span);
            findings.push((finding, suppression));
        });
        suppress::deduplicate(&mut findings);
        let reasons = |failures: &[Failure]| -> Vec<_> {
            failures.iter().map(|failure| failure.reason.clone()).collect()
        };
        let is_same = tasks == context.tasks
            && reasons(&failures) == reasons(context.failures)
            && self.are_remaining(&findings);
        if is_same { Ok(()) } else { Err(None) }
    }

    /// Whether these are the findings that the accepted fixes leave, in the order of the text. Their spans follow from
    /// the tree, which is the same.
    fn are_remaining(&self, findings: &[MaybeSuppressed]) -> bool {
        let fixed: HashSet<_> = self.accepted().map(|(finding, _)| key(finding)).collect();
        let content = |finding: &Finding, suppression: Option<&Suppression>| {
            let Finding { kind, module, task, value, source, .. } = finding.clone();
            (kind, module, task, value, source, suppression.cloned())
        };
        let remaining = self.context.findings.iter().filter_map(|(finding, suppression)| {
            if suppression.is_none() && fixed.contains(&key(finding)) {
                return self.suppression.as_ref().map(|suppression| content(finding, Some(suppression)));
            }
            Some(content(finding, suppression.as_ref()))
        });
        remaining.eq(findings.iter().map(|(finding, suppression)| content(finding, suppression.as_ref())))
    }
}
