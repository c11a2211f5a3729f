//! Lints one text.
//!
//! Invariant: findings, problems and warnings stand side by side, and each position is computed once.

use std::collections::HashSet;
use std::path::Path;
use std::{env, iter};

use crate::fix::{Fix, FixPlan, Level};
use crate::modules::Modules;
use crate::parser::{Failure, Reason, Tree};
use crate::paths::below;
use crate::position::{Position, Span, positions};
use crate::report::{FileReport, Location, Record, Status};
use crate::rule::{self, Finding};
use crate::suppress::{MaybeSuppressed, Suppressions};

/// How many findings of a text are kept, since each takes some hundred bytes; one counts again for each 64 bytes that it
/// quotes.
const MOST_FINDINGS: usize = 500_000;

/// Lints one text.
#[must_use]
pub fn lint(path: &Path, bytes: &[u8], options: &LintOptions) -> FileReport {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return not_utf8(path, bytes, error.valid_up_to()),
    };
    let tree = Tree::parse(text);
    let mut plan = options.fixes.map(|level| FixPlan::new(&tree, level, options.ignore_reason.as_deref()));
    let (linted, suppressions) = check(&tree, options, plan.as_mut());
    let is_same =
        |new: &Tree<'_>, fixed: &[usize]| linted.is_same_but_for(fixed, &check(new, options, None).0);
    let refused = plan.as_ref().and_then(|plan| plan.refused);
    let fixes = plan.map_or_else(Vec::new, |plan| plan.finish(&is_same));
    let fixes = fixes.into_iter().map(Some).chain(iter::repeat(refused.map(Err)));
    let Linted { mut findings, mut failures, tasks } = linted;
    // Ansible loads no tasks from `templates`; one above the current directory may be called anything
    let current = || env::current_dir().unwrap_or_default();
    let has_templates = |folder: &Path| folder.iter().any(|name| name == "templates");
    if !failures.is_empty() && below(path, &current()).unwrap_or(path).parent().is_some_and(has_templates) {
        failures.iter_mut().for_each(Failure::expect_template);
    }
    // a span and kind counts as suppressed only if all of its findings are
    findings.dedup_by_key(|(finding, _)| (finding.span, finding.kind));
    // a comment on a task that could not be read may well be needed
    let all_read = failures.iter().all(|failure| failure.reason.is_warning());
    let warnings = if all_read { suppressions.warnings() } else { Vec::new() };
    drop(tree); // saves memory: the tree of a large file is not needed for the report

    let mut records = records(findings, fixes, failures, warnings);
    locate(&mut records, bytes);
    let source = (options.keep_source && !records.is_empty()).then(|| text.into());
    let mut report = FileReport { path: path.to_owned(), tasks, source, ..FileReport::default() };
    report.add(records);
    report
}

/// What linting a text gives.
struct Linted {
    /// At most one open and one suppressed finding for a span and kind, the open one first.
    findings: Vec<MaybeSuppressed>,
    failures: Vec<Failure>,
    tasks: u64,
}

impl Linted {
    /// The findings that are not suppressed, in the order of the text.
    fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|(_, suppression)| suppression.is_none()).map(|(finding, _)| finding)
    }

    /// Whether linting another text gives the same, except for the open findings with these indices, which are fixed.
    fn is_same_but_for(&self, fixed: &[usize], other: &Self) -> bool {
        let reason = |failure: &Failure| failure.reason.clone();
        // the spans and names of findings are compared with the rest of the text
        let content = |finding: &Finding| (finding.kind, finding.value.clone(), finding.source);
        let left = self.open().enumerate().filter(|(at, _)| fixed.binary_search(at).is_err());
        self.tasks == other.tasks
            && self.failures.iter().map(reason).eq(other.failures.iter().map(reason))
            && left.map(|(_, finding)| content(finding)).eq(other.open().map(content))
    }
}

/// Checks every task of a text, and plans how the findings are fixed if asked to.
fn check<'t>(
    tree: &Tree<'t>,
    options: &LintOptions,
    mut plan: Option<&mut FixPlan<'_>>,
) -> (Linted, Suppressions<'t>) {
    let suppressions = options.suppress.then(|| Suppressions::read(tree, options.require_reason));
    let mut suppressions = suppressions.unwrap_or_default();
    let (mut findings, mut known, mut weight) = (Vec::new(), HashSet::new(), 0);
    let key = |finding: &Finding, is_suppressed| (finding.span, finding.kind, is_suppressed);
    let (tasks, mut failures) = tree.each_task(&options.modules, |task| {
        let Some(finding) = rule::check(task) else { return };
        if weight > MOST_FINDINGS {
            return;
        }
        let suppression = suppressions.suppression(task.span, finding.span);
        if let Some(plan) = plan.as_mut().filter(|_| suppression.is_none()) {
            plan.add(task, &finding);
        }
        // tasks that share a value through aliases have findings with the same span
        if known.insert(key(&finding, suppression.is_some())) {
            let texts = [&finding.task, &finding.value, &finding.refused_state].into_iter().flatten();
            weight += 1 + texts.map(|text| text.len()).sum::<usize>() / 64;
            findings.extend((weight <= MOST_FINDINGS).then_some((finding, suppression)));
        }
    });
    findings.sort_by_key(|(finding, suppression)| key(finding, suppression.is_some()));
    if weight > MOST_FINDINGS {
        let why =
            format!("it has more than {MOST_FINDINGS} findings, or long ones; the others are not listed");
        failures.push(Failure { offset: None, reason: Reason::Unreliable(why.into()) });
    }
    (Linted { findings, failures, tasks }, suppressions)
}

fn not_utf8(path: &Path, bytes: &[u8], offset: usize) -> FileReport {
    let mut report = FileReport::of(path, Status::Problem, "the file is not UTF-8; save it as UTF-8");
    report.records[0].location = Some(point(offset));
    locate(&mut report.records, bytes);
    report
}

/// What there is to say about a text, each with its span; its positions are yet to be found. The fixes are those of the
/// findings that are not suppressed.
fn records(
    findings: Vec<MaybeSuppressed>,
    mut fixes: impl Iterator<Item = Option<Fix>>,
    failures: Vec<Failure>,
    warnings: Vec<(usize, String)>,
) -> Vec<Record> {
    let findings = findings.into_iter().map(|(finding, suppression)| {
        let (status, fix, text) = match suppression {
            None => (Status::Open, fixes.next().flatten(), None),
            Some(reason) => (Status::Suppressed, None, reason),
        };
        Record { status, location: Some(unlocated(finding.span)), finding: Some(finding), fix, text }
    });
    let failures = failures.into_iter().map(|Failure { offset, reason }| {
        let status = if reason.is_warning() { Status::Warning } else { Status::Problem };
        Record::new(status, offset.map(point), &reason.to_string())
    });
    let warning = |(at, message): (_, String)| Record::new(Status::Warning, Some(point(at)), &message);
    findings.chain(failures).chain(warnings.into_iter().map(warning)).collect()
}

fn point(offset: usize) -> Location {
    unlocated(Span::new(offset, offset))
}

/// A span whose positions are yet to be found.
fn unlocated(span: Span) -> Location {
    Location { span, start: Position::START, end: Position::START }
}

/// Finds the lines and columns of all records in one sweep over the text.
fn locate(records: &mut [Record], bytes: &[u8]) {
    let spans = records.iter().filter_map(|record| Some(record.location?.span));
    let offsets: Vec<_> = spans.flat_map(|span| [span.start, span.end]).collect();
    let mut positions = positions(bytes, &offsets).into_iter();
    for location in records.iter_mut().filter_map(|record| record.location.as_mut()) {
        if let (Some(start), Some(end)) = (positions.next(), positions.next()) {
            (location.start, location.end) = (start, end);
        }
    }
}

/// What to look for in a text, and what the report keeps.
#[derive(Clone, Debug, Default)]
pub struct LintOptions {
    /// The modules to look for.
    pub modules: Modules,
    /// Whether reports keep the text of a file about which there is something to say.
    pub keep_source: bool,
    /// Whether comments can suppress findings.
    pub suppress: bool,
    /// Whether ecr-lint's own comments must give a reason.
    pub require_reason: bool,
    /// Which findings get a fix, if any.
    pub fixes: Option<Level>,
    /// The reason to give in comments that suppress the findings, if they are to get those instead of fixes.
    pub ignore_reason: Option<Box<str>>,
}

impl LintOptions {
    /// Looks for these modules; comments can suppress, nothing is fixed.
    #[must_use]
    pub fn new(modules: Modules) -> Self {
        Self { modules, suppress: true, ..Self::default() }
    }
}
