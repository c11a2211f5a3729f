//! Verifies planned fixes: what the text says with them, compared with what it said before.
//!
//! Invariant: with all edits that [`verify`] returns, the text has the same tree except for the argument, and the same
//! findings except for the fixed ones.

use super::tree_diff::{self, Change};
use super::{Edit, Fix, NotFixed, Planned, edited};
use crate::parser::{Failure, Modules, Parsed, positions};
use crate::rule::{self, Finding};
use crate::suppress::{self, MaybeSuppressed, Suppressions};

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

/// Turns the planned fixes, one for each finding that is not suppressed, into those that change nothing except the
/// argument, also together.
///
/// If they `are_ignores`, they are comments by which the findings become suppressed instead of fixed.
pub(super) fn verify(context: &FixContext<'_>, planned: Vec<Planned>, are_ignores: bool) -> Vec<Fix> {
    let source = context.parsed.tree.source();
    let open: Vec<usize> = (0..planned.len()).filter(|&at| planned[at].is_ok()).collect();
    let attempts_left = MOST_ATTEMPTS.min(1 + MOST_BYTES / (source.len() + 1));
    let results = vec![Err(None); planned.len()];
    let mut verifier = Verifier { context, planned: &planned, are_ignores, results, attempts_left };
    verifier.verify(&open);
    let results = verifier.results;
    let line_of = |offset| positions(source.as_bytes(), &[offset])[0].line;
    let fixes = planned.into_iter().zip(results).map(|(planned, result)| match (planned, result) {
        (Err(reason), _) => Fix::NotFixed(reason),
        (Ok((edit, _)), Ok(())) => Fix::Edit(edit),
        (Ok(_), Err(offset)) => Fix::NotFixed(NotFixed::Unverified { line: offset.map(line_of) }),
    });
    fixes.collect()
}

/// Fails with the offset from which on the text would not read the same, if that is known.
type Verified = Result<(), Option<usize>>;

struct Verifier<'k> {
    context: &'k FixContext<'k>,
    planned: &'k [Planned],
    are_ignores: bool,
    /// The result for each planned fix; those that succeeded were verified together.
    results: Vec<Verified>,
    attempts_left: usize,
}

impl Verifier<'_> {
    /// Verifies fixes together with the accepted ones; if that fails, each half of them separately: one fix that cannot
    /// be made must not cost the others of the file.
    fn verify(&mut self, fixes: &[usize]) {
        if fixes.is_empty() || self.attempts_left == 0 {
            return;
        }
        self.attempts_left -= 1;
        self.set_results(fixes, Ok(()));
        let accepted = self.planned.iter().zip(&self.results);
        let accepted: Vec<_> =
            accepted.map(|(planned, result)| planned.as_ref().ok().filter(|_| result.is_ok())).collect();
        let Err(offset) = check(self.context, &accepted, self.are_ignores) else { return };
        self.set_results(fixes, Err(offset.filter(|_| fixes.len() == 1)));
        if fixes.len() > 1 {
            let (one, other) = fixes.split_at(fixes.len() / 2);
            self.verify(one);
            self.verify(other);
        }
    }

    fn set_results(&mut self, fixes: &[usize], result: Verified) {
        for &at in fixes {
            self.results[at] = result;
        }
    }
}

/// What is to be done about each finding that is not suppressed.
type Accepted<'p> = [Option<&'p (Edit, Change)>];

/// Checks that the accepted fixes change nothing except the argument.
fn check(context: &FixContext<'_>, accepted: &Accepted<'_>, are_ignores: bool) -> Verified {
    let mut parts: Vec<&(Edit, Change)> = accepted.iter().copied().flatten().collect();
    parts.sort_by_key(|(edit, _)| edit.offset);
    parts.dedup();
    let edits: Vec<&Edit> = parts.iter().map(|(edit, _)| edit).collect();
    let overlaps = |pair: &&[&Edit]| {
        pair[0].offset >= pair[1].offset || pair[0].offset + pair[0].length > pair[1].offset
    };
    if let Some(pair) = edits.windows(2).find(overlaps) {
        return Err(Some(pair[1].offset));
    }
    let tree = &context.parsed.tree;
    let text = edited(tree.source(), edits);
    let parsed = Parsed::new(&text, context.comments || are_ignores);
    if parsed.stopped.is_some() {
        return Err(None);
    }
    let changes = parts.iter().map(|(_, change)| *change);
    tree_diff::differs_only_by(changes, tree, &parsed.tree).map_err(Some)?;
    let mut findings = Vec::new();
    let mut suppressions = Suppressions::read(&text, &parsed, context.require_reason);
    let (tasks, failures) = parsed.each_task(context.modules, |task| {
        let Some(finding) = rule::check(task) else { return };
        let suppression = suppressions.suppression(task.span, finding.span);
        findings.push((finding, suppression));
    });
    suppress::deduplicate(&mut findings);
    let reasons =
        |failures: &[Failure]| -> Vec<_> { failures.iter().map(|failure| failure.reason.clone()).collect() };
    let found = findings.iter().map(|(finding, suppression)| (finding, suppression.is_some()));
    let is_same = tasks == context.tasks
        && reasons(&failures) == reasons(context.failures)
        && remaining(context, accepted, are_ignores).into_iter().map(content).eq(found.map(content));
    if is_same { Ok(()) } else { Err(None) }
}

/// The findings that the fixes leave, in the order of the text, and whether they are suppressed.
fn remaining<'k>(
    context: &FixContext<'k>,
    accepted: &Accepted<'_>,
    are_ignores: bool,
) -> Vec<(&'k Finding, bool)> {
    let mut accepted = accepted.iter();
    let mut remaining = Vec::with_capacity(context.findings.len());
    for (finding, suppression) in context.findings {
        let is_edited = suppression.is_none() && accepted.next().is_some_and(Option::is_some);
        if are_ignores || !is_edited {
            remaining.push((finding, suppression.is_some() || is_edited));
        }
    }
    // one task that shares the finding had a comment before, and now the other has one, too
    remaining.dedup_by_key(|(finding, is_suppressed)| (finding.span, finding.kind, *is_suppressed));
    remaining
}

/// What is compared of a finding in the old and in the new text. Its spans and names follow from the tree, which is the
/// same; of several tasks that share the finding, it may name another one.
fn content((finding, is_suppressed): (&Finding, bool)) -> impl PartialEq + use<'_> {
    (finding.kind, &finding.value, finding.source, is_suppressed)
}
