//! The last lines on standard error: what was found, fixed, checked and skipped.
//!
//! Invariant: errors come first, since "no findings" alone would sound like success.

use std::fmt::Display;
use std::io::{self, Write};

use colored::Colorize;

use super::diff;
use super::row::having;
use crate::apply::FixSummary;
use crate::cli::Mode;
use crate::fix::{Level, NotFixed};
use crate::paths::display_path;
use crate::report::{FileReport, Record, RunReport, Status};
use crate::walker::SkipReason;

/// That there was nothing to check.
pub(crate) fn nothing_checked(run: &RunReport) -> String {
    let advice = if run.skips([SkipReason::Ignored]) > 0 { "; check them with --no-ignore" } else { "" };
    format!("no YAML files found{}{advice}", skipped(run))
}

/// Writes which files were fixed, the summary, and what to do next.
pub(super) fn print(run: &RunReport, fixed: Option<&FixSummary>, out: &mut dyn Write) -> io::Result<()> {
    let mut changed = run.reports.iter().filter(|report| report.fixed > 0);
    if let Some(fixed) = fixed.filter(|fixed| fixed.mode == Mode::Fix) {
        for report in changed.clone().filter(|report| !report.is_stdin) {
            let (verb, path) = (verb(fixed).green().bold(), &report.shown);
            writeln!(out, "{verb}: {path} ({})", report.fixed)?;
        }
    }
    writeln!(out, "{}", summary(run, fixed))?;
    let Some(fixed) = fixed else { return print_fixable(run, out) };
    let note = "note".cyan().bold();
    if changed.next().is_some() && !fixed.are_ignores {
        writeln!(out, "{note}: with immutable tags, AWS refuses every push to a tag that already exists")?;
    }
    match diff::changed(run) {
        (files, Some(directory)) if fixed.mode == Mode::Diff && !files.is_empty() => writeln!(
            out,
            "{note}: the diff names files from {}; apply it there, with `git apply` or `patch -p1`",
            display_path(directory)
        ),
        _ => Ok(()),
    }
}

/// One line: what was found, or what of it was fixed, and in how much.
pub(super) fn summary(run: &RunReport, fixed: Option<&FixSummary>) -> String {
    let total = |number: fn(&FileReport) -> usize| {
        let numbers: Vec<_> = run.reports.iter().map(number).filter(|number| *number > 0).collect();
        let files = format!(" in {}", count(numbers.len(), "file"));
        (numbers.iter().sum::<usize>(), if numbers.is_empty() { String::new() } else { files })
    };
    let (problems, _) = total(|report| report.having(Status::Problem).count());
    let errors = if problems == 0 { String::new() } else { count(problems, "error") + ", " };
    let (findings, files) = total(|report| report.findings().count());
    let found = match (fixed.filter(|fixed| fixed.findings > 0), run.failing()) {
        (Some(fixed), _) => {
            let (number, files) = total(|report| report.fixed);
            format!("{} {number} of {}{files}", verb(fixed), count(fixed.findings, "finding"))
        }
        (None, _) if findings == 0 => "no findings".to_owned(),
        (None, failing) if failing == findings => count(findings, "finding") + &files,
        (None, failing) => format!("{}{files} ({failing} match fail-on)", count(findings, "finding")),
    };
    let (files, tasks) = (count(run.files, "file"), count(run.tasks, "ECR task"));
    format!("{errors}{found}; {files} checked, {tasks}{}", skipped(run))
}

fn verb(fixed: &FixSummary) -> &'static str {
    let (was_done, would_be) =
        if fixed.are_ignores { ("ignored", "would ignore") } else { ("fixed", "would fix") };
    if fixed.mode == Mode::Fix { was_done } else { would_be }
}

/// Writes how much `--fix` would fix, where the run has planned it.
fn print_fixable(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let level = |record: &Record| match record.fix.as_ref()? {
        Ok(_) => record.finding.as_ref().map(Level::needed),
        Err(NotFixed::Template | NotFixed::AwsMode) => Some(Level::Unsafe),
        Err(_) => None,
    };
    let levels = || run.reports.iter().flat_map(|report| &report.records).filter_map(level);
    let count = |level| levels().filter(|needed| *needed == level).count();
    let fixable = match (count(Level::Safe), count(Level::Unsafe)) {
        (0, 0) => return Ok(()),
        (0, more) => format!("{more} fixable with --fix --unsafe-fixes"),
        (safe, 0) => format!("{safe} fixable with --fix"),
        (safe, more) => format!("{safe} fixable with --fix, {more} more with --unsafe-fixes"),
    };
    writeln!(out, "{fixable} (preview with --diff)")
}

/// What was not checked or not reported, and the configuration that may be why.
fn skipped(run: &RunReport) -> String {
    let suppressed = having(run, Status::Suppressed).count();
    let links = run.skips([SkipReason::NotFollowed]);
    let parts = [
        (suppressed as u64, "suppressed"),
        (run.skips([SkipReason::Vault]), "vault skipped"),
        (run.skips([SkipReason::Ignored]), "ignored by .gitignore"),
        (run.skips([SkipReason::SkippedByName]), "skipped by name"),
        (run.skips([SkipReason::Installed]), "installed by ansible-galaxy"),
        (run.skips([SkipReason::Excluded]), "excluded"),
        (links, if links == 1 { "link not followed" } else { "links not followed" }),
    ];
    let mut said: Vec<_> = parts.into_iter().filter(|(number, _)| *number > 0).collect();
    if said.len() > 4 {
        // the summary takes two lines of a terminal
        let others = said.split_off(3).into_iter().map(|(number, _)| number);
        said.push((others.sum(), "more skipped"));
    }
    let said = said.into_iter().map(|(number, what)| format!(", {number} {what}"));
    let configuration = run.configuration.as_ref();
    said.chain(configuration.map(|path| format!("; configuration: {}", display_path(path)))).collect()
}

/// A number of things, with a plural `s`.
pub(super) fn count(number: impl Display, what: &str) -> String {
    let plural = if number.to_string() == "1" { "" } else { "s" };
    format!("{number} {what}{plural}")
}
