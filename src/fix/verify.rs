//! Verifies planned fixes: what the text says with them, compared with what it said before.
//!
//! Invariant: with all edits that [`verify`] returns, the text has the same tree except for the argument, and the same
//! findings except for the fixed ones.

use super::tree_diff::{self, Change};
use super::{Edit, Fix, NotFixed, Planned, edited};
use crate::parser::{Failure, Modules, Parsed, positions};
use crate::rule::{self, Finding};
use crate::suppress::{self, MaybeSuppressed, Suppressions};

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

/// Returns the planned fixes, one for each finding that is not suppressed, if all of them together change nothing
/// except the argument; otherwise none of them.
///
/// If they `are_ignores`, they are comments by which the findings become suppressed instead of fixed.
pub(super) fn verify(context: &FixContext<'_>, planned: Vec<Planned>, are_ignores: bool) -> Vec<Fix> {
    let verified = check(context, &planned, are_ignores);
    let fix = |planned| match (planned, verified) {
        (Err(reason), _) => Fix::NotFixed(reason),
        (Ok((edit, _)), Ok(())) => Fix::Edit(edit),
        (Ok(_), Err(offset)) => {
            let source = context.parsed.tree.source().as_bytes();
            let line = offset.map(|offset| positions(source, &[offset])[0].line);
            Fix::NotFixed(NotFixed::Unverified { line })
        }
    };
    planned.into_iter().map(fix).collect()
}

/// Fails with the offset from which on the text would not read the same, if that is known.
type Verified = Result<(), Option<usize>>;

/// Checks that the planned fixes change nothing except the argument.
fn check(context: &FixContext<'_>, planned: &[Planned], are_ignores: bool) -> Verified {
    let mut parts: Vec<&(Edit, Change)> = planned.iter().flatten().collect();
    if parts.is_empty() {
        return Ok(());
    }
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
        && remaining(context, planned, are_ignores).into_iter().map(content).eq(found.map(content));
    if is_same { Ok(()) } else { Err(None) }
}

/// The findings that the fixes leave, in the order of the text, and whether they are suppressed.
fn remaining<'k>(
    context: &FixContext<'k>,
    planned: &[Planned],
    are_ignores: bool,
) -> Vec<(&'k Finding, bool)> {
    let mut planned = planned.iter();
    let mut remaining = Vec::with_capacity(context.findings.len());
    for (finding, suppression) in context.findings {
        let is_edited = suppression.is_none() && planned.next().is_some_and(Result::is_ok);
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
