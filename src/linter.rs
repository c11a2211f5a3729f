//! Lints one text.
//!
//! Invariant: findings and problems stand side by side, each in the order of their offsets.

use std::path::Path;

use crate::fix::{FixPlan, Level};
use crate::parser::{self, Failure, Modules, Parsed, Position, Span};
pub use crate::report::{Located, Problem, Report, Run, Suppressed, Totals, Verdict};
use crate::rule::{self, Finding};
use crate::suppress::{self, MaybeSuppressed, Suppression, Suppressions};

/// Lints one text.
#[must_use]
pub fn lint(path: &Path, bytes: &[u8], options: &LintOptions) -> Report {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return not_utf8(path, bytes, error.valid_up_to()),
    };
    let parsed = Parsed::new(text);
    let mut plan = options.fixes.map(|level| FixPlan::new(&parsed, level, options.ignore_reason.as_deref()));
    let (linted, suppressions) = check(&parsed, options, plan.as_mut());
    let is_same =
        |new: &Parsed<'_>, fixed: &[bool]| linted.is_same_but_for(fixed, &check(new, options, None).0);
    let fixes = plan.map_or_else(Vec::new, |plan| plan.finish(&is_same));
    let Linted { mut findings, failures, tasks } = linted;
    // a span and kind counts as suppressed only if all of its findings are
    findings.dedup_by_key(|(finding, _)| (finding.span, finding.kind));
    // a comment on a task that could not be read may well be needed
    let all_read = failures.iter().all(|failure| failure.reason.is_warning());
    let warnings = if all_read { suppressions.warnings() } else { Vec::new() };
    drop(parsed); // saves memory: the tree of a large file is not needed for the report

    let is_clean = findings.is_empty() && failures.is_empty() && warnings.is_empty();
    let source = (options.keep_source && !is_clean).then(|| text.into());
    let mut report = Report { fixes, tasks, source, ..Report::new(path) };
    locate(&mut report, bytes, findings, failures, warnings);
    report
}

/// What linting a text gives.
struct Linted {
    findings: Vec<MaybeSuppressed>,
    failures: Vec<Failure>,
    tasks: u64,
}

impl Linted {
    /// The findings that are not suppressed, in the order of the text.
    fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|(_, suppression)| suppression.is_none()).map(|(finding, _)| finding)
    }

    /// Whether linting another text gives the same, except for those of the open findings that are fixed.
    fn is_same_but_for(&self, fixed: &[bool], other: &Self) -> bool {
        let reason = |failure: &Failure| failure.reason.clone();
        // the spans and names of findings are compared with the rest of the text
        let content = |finding: &Finding| (finding.kind, finding.value.clone(), finding.source);
        let left =
            self.open().zip(fixed).filter(|(_, is_fixed)| !**is_fixed).map(|(finding, _)| content(finding));
        self.tasks == other.tasks
            && self.failures.iter().map(reason).eq(other.failures.iter().map(reason))
            && left.eq(other.open().map(content))
    }
}

/// Checks every task of a text, and plans how the findings are fixed if asked to.
fn check<'t>(
    parsed: &Parsed<'t>,
    options: &LintOptions,
    mut plan: Option<&mut FixPlan<'_>>,
) -> (Linted, Suppressions<'t>) {
    let text = parsed.tree.source;
    let mut suppressions = Suppressions::default();
    if options.suppress && suppress::has_trigger(text.as_bytes()) {
        suppressions = Suppressions::read(text, parsed, options.require_reason);
    }
    let mut findings = Vec::new();
    let mut limit = 1 << 16;
    let (tasks, failures) = parsed.each_task(&options.modules, |task| {
        let Some(finding) = rule::check(task) else { return };
        let suppression = suppressions.suppression(task.span, finding.span);
        if let Some(plan) = plan.as_mut().filter(|_| suppression.is_none()) {
            plan.add(task, &finding);
        }
        findings.push((finding, suppression));
        if findings.len() > limit {
            // findings that aliases repeat must not take more memory than the file
            suppress::deduplicate(&mut findings);
            limit = 2 * findings.len();
        }
    });
    suppress::deduplicate(&mut findings);
    (Linted { findings, failures, tasks }, suppressions)
}

fn not_utf8(path: &Path, bytes: &[u8], offset: usize) -> Report {
    let position = parser::positions(bytes, &[offset]).first().copied();
    let message = "is not UTF-8; save the file as UTF-8".to_owned();
    Report { problems: vec![Problem { position, offset, message }], ..Report::new(path) }
}

/// Stores findings, failures and warnings in the report, with their lines and columns.
fn locate(
    report: &mut Report,
    bytes: &[u8],
    findings: Vec<MaybeSuppressed>,
    failures: Vec<Failure>,
    warnings: Vec<(usize, String)>,
) {
    let spans = findings.iter().flat_map(|(Finding { span: Span { start, end }, .. }, _)| [*start, *end]);
    let failed = failures.iter().filter_map(|failure| failure.offset);
    let offsets: Vec<usize> = spans.chain(failed).chain(warnings.iter().map(|(offset, _)| *offset)).collect();
    let mut positions = parser::positions(bytes, &offsets).into_iter();
    let mut next = || positions.next().unwrap_or(Position::START);
    for (item, suppression) in findings {
        let finding = Located { start: next(), end: next(), item };
        match suppression {
            None => report.findings.push(finding),
            Some(Suppression { reason }) => report.suppressed.push(Suppressed { finding, reason }),
        }
    }
    for Failure { offset, reason } in failures {
        let problems = if reason.is_warning() { &mut report.warnings } else { &mut report.problems };
        let position = offset.map(|_| next());
        problems.push(Problem { position, offset: offset.unwrap_or_default(), message: reason.to_string() });
    }
    report.problems.sort_by_key(|problem| problem.position);
    let warning = |(offset, message)| Problem { position: Some(next()), offset, message };
    report.warnings.extend(warnings.into_iter().map(warning));
    report.warnings.sort_by_key(|warning| warning.position);
}

/// What to look for in a text, and what the report keeps.
#[derive(Clone, Debug)]
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
        Self {
            modules,
            keep_source: false,
            suppress: true,
            require_reason: false,
            fixes: None,
            ignore_reason: None,
        }
    }
}
