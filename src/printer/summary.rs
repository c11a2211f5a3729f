//! The last lines on standard error: what was found, fixed, checked and skipped.
//!
//! Invariant: errors come first, since "no findings" alone would sound like success.

use std::io::{self, Write};

use colored::Colorize;

use super::diff;
use crate::apply::{FixSummary, Mode};
use crate::fix::{Level, NotFixed};
use crate::paths::display_path;
use crate::report::{Report, Run};

/// Writes that there was nothing to check. `quiet` suppresses that, unless it decides the exit code.
pub(super) fn print_nothing(run: &Run, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    let (severity, advice) = match run.ignored_all() {
        true => ("error".red(), "; check them with --no-ignore"),
        false if quiet && !run.strict => return Ok(()),
        false => ("warning".yellow(), ""),
    };
    writeln!(out, "{}: no YAML files found{}{advice}", severity.bold(), skipped(run))
}

/// Writes which files were fixed, the summary, and what to do next.
pub(super) fn print(run: &Run, fixed: Option<&FixSummary>, out: &mut dyn Write) -> io::Result<()> {
    let changed = run.reports.iter().filter(|report| report.fixed > 0);
    for report in changed.clone().filter(|report| !report.is_stdin) {
        if let Some(fixed) = fixed.filter(|fixed| fixed.mode == Mode::Fix) {
            let (verb, path) = (verb(fixed).green().bold(), display_path(&report.path));
            writeln!(out, "{verb}: {path} ({})", report.fixed)?;
        }
    }
    writeln!(out, "{}", summary(run, fixed))?;
    let Some(fixed) = fixed else { return print_fixable(run, out) };
    let note = "note".cyan().bold();
    if changed.count() > 0 && !fixed.are_ignores {
        writeln!(out, "{note}: with immutable tags, AWS refuses every push to a tag that already exists")?;
    }
    let (files, directory) = diff::changed(run);
    let Some(directory) = directory.filter(|_| fixed.mode == Mode::Diff && !files.is_empty()) else {
        return Ok(());
    };
    let directory = display_path(directory);
    writeln!(
        out,
        "{note}: the diff names files from {directory}; apply it there, with `git apply` or `patch -p1`"
    )
}

/// One line: what was found, or what of it was fixed, and in how much.
pub(super) fn summary(run: &Run, fixed: Option<&FixSummary>) -> String {
    let total = |number: fn(&Report) -> usize| {
        let numbers = run.reports.iter().map(number).filter(|number| *number > 0);
        let files = format!(" in {}", count(numbers.clone().count() as u64, "file"));
        match numbers.sum() {
            0 => (0, String::new()),
            sum => (sum, files),
        }
    };
    let (problems, _) = total(|report| report.problems().count());
    let errors = if problems == 0 { String::new() } else { count(problems as u64, "error") + ", " };
    let (findings, files) = total(|report| report.findings().count());
    let found = match (fixed.filter(|fixed| fixed.findings > 0), run.failing()) {
        (Some(fixed), _) => {
            let (number, files) = total(|report| report.fixed);
            format!("{} {number} of {}{files}", verb(fixed), count(fixed.findings as u64, "finding"))
        }
        (None, _) if findings == 0 => "no findings".to_owned(),
        (None, failing) => {
            let failing = match failing {
                _ if failing == findings => String::new(),
                1 => " (1 matches fail-on)".to_owned(),
                _ => format!(" ({failing} match fail-on)"),
            };
            format!("{}{files}{failing}", count(findings as u64, "finding"))
        }
    };
    let (files, tasks) = (count(run.totals.files, "file"), count(run.totals.tasks, "ECR task"));
    format!("{errors}{found}; {files} checked, {tasks}{}", skipped(run))
}

fn verb(fixed: &FixSummary) -> &'static str {
    match (fixed.mode, fixed.are_ignores) {
        (Mode::Fix, false) => "fixed",
        (Mode::Fix, true) => "ignored",
        (Mode::Diff, false) => "would fix",
        (Mode::Diff, true) => "would ignore",
    }
}

/// Writes how much `--fix` would fix, where the run has planned it.
fn print_fixable(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let (mut safe, mut unsafe_) = (0, 0);
    for record in run.reports.iter().flat_map(|report| &report.records) {
        let level = record.finding.as_ref().map(Level::needed);
        match (record.edit(), record.not_fixed()) {
            (Some(_), _) if level == Some(Level::Safe) => safe += 1,
            (Some(_), _) | (_, Some(NotFixed::Template | NotFixed::AwsMode)) => unsafe_ += 1,
            _ => {}
        }
    }
    match (safe, unsafe_) {
        (0, 0) => Ok(()),
        (0, _) => writeln!(out, "{unsafe_} fixable with --fix --unsafe-fixes (preview with --diff)"),
        (_, 0) => writeln!(out, "{safe} fixable with --fix (preview with --diff)"),
        _ => writeln!(
            out,
            "{safe} fixable with --fix, {unsafe_} more with --unsafe-fixes (preview with --diff)"
        ),
    }
}

/// What was not checked or not reported, and the configuration that may be why.
fn skipped(run: &Run) -> String {
    let totals = run.totals;
    let suppressed = run.reports.iter().flat_map(Report::suppressed).count();
    let links = if totals.not_followed == 1 { "link not followed" } else { "links not followed" };
    let parts = [
        (suppressed as u64, "suppressed"),
        (totals.skipped, "vault skipped"),
        (totals.ignored, "ignored by .gitignore"),
        (totals.by_name, "skipped by name"),
        (totals.installed, "installed by ansible-galaxy"),
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
pub(super) fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
