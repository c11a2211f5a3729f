//! The last lines on standard error: what was found, fixed, checked and skipped.
//!
//! Invariant: errors come first, since "no findings" alone would sound like success.

use std::io::{self, Write};

use colored::Colorize;

use super::diff;
use super::path::display_path;
use super::row::Severity;
use crate::apply::{FixSummary, Mode};
use crate::fix::{Level, NotFixed};
use crate::report::{Record, Report, Run};

/// Writes which files were fixed, the summary, and what to know about a diff.
pub(super) fn print(run: &Run, fixed: Option<&FixSummary>, out: &mut dyn Write) -> io::Result<()> {
    if run.checked_nothing() {
        return writeln!(out, "{}: no YAML files found{}", Severity::Warning.colored(), skipped(run));
    }
    let mut notes = Vec::new();
    if let Some(fixed) = fixed {
        let changed = || run.reports.iter().filter(|report| report.fixed > 0);
        for report in changed().filter(|report| fixed.mode == Mode::Fix && !report.is_stdin) {
            let (verb, path) = (verb(fixed).green().bold(), display_path(&report.path));
            writeln!(out, "{verb}: {path} ({})", report.fixed)?;
        }
        if changed().next().is_some() && !fixed.are_ignores {
            notes.push("with immutable tags, AWS refuses every push to a tag that already exists".to_owned());
        }
        if let (Mode::Diff, (files, Some(directory))) = (fixed.mode, diff::changed(run))
            && !files.is_empty()
        {
            let directory = display_path(directory);
            notes.push(format!(
                "the diff names files from {directory}; apply it there, with `git apply` or `patch -p1`"
            ));
        }
    }
    writeln!(out, "{}", summary(run, fixed))?;
    notes.iter().try_for_each(|note| writeln!(out, "{}: {note}", "note".cyan().bold()))
}

/// One line: what was found, or what of it was fixed, and in how much.
pub(super) fn summary(run: &Run, fixed: Option<&FixSummary>) -> String {
    let errors = run.reports.iter().flat_map(Report::problems).count();
    let errors = if errors == 0 { String::new() } else { format!("{}, ", count(errors, "error")) };
    let (found, fixable) = match fixed.filter(|fixed| fixed.findings > 0) {
        Some(fixed) => (fixed_findings(run, fixed), String::new()),
        None => (findings(run), fixable(run)),
    };
    let (files, tasks) = (count(run.totals.files, "file"), count(run.totals.tasks, "ECR task"));
    format!("{errors}{found}; {files} checked, {tasks}{}{fixable}", skipped(run))
}

fn fixed_findings(run: &Run, fixed: &FixSummary) -> String {
    let numbers = run.reports.iter().map(|report| report.fixed).filter(|number| *number > 0);
    let (findings, files) = (count(fixed.findings, "finding"), count(numbers.clone().count(), "file"));
    format!("{} {} of {findings} in {files}", verb(fixed), numbers.sum::<usize>())
}

fn verb(fixed: &FixSummary) -> &'static str {
    match (fixed.mode, fixed.are_ignores) {
        (Mode::Fix, false) => "fixed",
        (Mode::Fix, true) => "ignored",
        (Mode::Diff, false) => "would fix",
        (Mode::Diff, true) => "would ignore",
    }
}

fn findings(run: &Run) -> String {
    let numbers = run.reports.iter().map(|report| report.findings().count()).filter(|number| *number > 0);
    let findings: usize = numbers.clone().sum();
    let failing = match run.failing() {
        number if number == findings => String::new(),
        1 => " (1 matches fail-on)".to_owned(),
        number => format!(" ({number} match fail-on)"),
    };
    match findings {
        0 => "no findings".to_owned(),
        _ => format!("{} in {}{failing}", count(findings, "finding"), count(numbers.count(), "file")),
    }
}

/// What `--fix` would fix, where the run has planned it.
fn fixable(run: &Run) -> String {
    let (mut safe, mut unsafe_) = (0, 0);
    for record in run.reports.iter().flat_map(|report| &report.records) {
        let level = record.finding().map(Level::needed);
        match record.fix() {
            Some(Ok(_)) if level == Some(Level::Safe) => safe += 1,
            Some(Ok(_) | Err(NotFixed::Template | NotFixed::AwsMode)) => unsafe_ += 1,
            _ => {}
        }
    }
    match (safe, unsafe_) {
        (0, 0) => String::new(),
        (0, _) => format!("; {unsafe_} fixable with --fix --unsafe-fixes (preview with --diff)"),
        (_, 0) => format!("; {safe} fixable with --fix (preview with --diff)"),
        _ => format!("; {safe} fixable with --fix (preview with --diff), {unsafe_} more with --unsafe-fixes"),
    }
}

/// What was not checked or not reported, and the configuration that may be why.
fn skipped(run: &Run) -> String {
    let totals = run.totals;
    let is_suppressed = |record: &&Record| matches!(record, Record::Suppressed { .. });
    let records = run.reports.iter().flat_map(|report| &report.records);
    let links = if totals.not_followed == 1 { "link not followed" } else { "links not followed" };
    let parts = [
        (records.filter(is_suppressed).count() as u64, "suppressed"),
        (totals.skipped, "vault skipped"),
        (totals.ignored, "ignored"),
        (totals.excluded, "excluded"),
        (totals.not_followed, links),
    ];
    let said = parts.into_iter().filter(|(number, _)| *number > 0);
    let said: Vec<_> = said.map(|(number, what)| format!(", {number} {what}")).collect();
    let configuration = run.configuration.as_deref();
    let configuration = configuration.map(|path| format!("; configuration: {}", display_path(path)));
    said.concat() + &configuration.unwrap_or_default()
}

/// A number of things, with a plural `s`.
pub(super) fn count(number: impl TryInto<u64>, what: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
