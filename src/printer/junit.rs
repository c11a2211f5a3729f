//! JUnit XML, for test reports.
//!
//! Invariant: a suite for each file with something to say, a failure for each finding, an error for each problem; a run
//! without either has one case, which passes, or is skipped if there was no file. Names stay when lines move. Every
//! text is escaped twice: so that XML can hold it, and so that it is read as it was.

use std::io::{self, Write};

use super::message::help;
use super::row::{Ordinals, Row, hash, having, rows_of};
use crate::escape::escape_controls;
use crate::paths::display_path;
use crate::report::{FileReport, RunReport, Status};
use crate::rule;

/// What is a case of its own: what fails first, then what is skipped.
const CASES: [Status; 3] = [Status::Open, Status::Problem, Status::Suppressed];

pub(super) fn print(run: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let is_clean = !run.has(Status::Open) && !run.has(Status::Problem);
    let [empty, passed] = [true, false].map(|is| usize::from(is_clean && run.checked_nothing() == is));
    let [failures, errors, skipped] = CASES.map(|status| having(run, status).count());
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let total = counts([failures, errors, skipped + empty], passed);
    writeln!(out, r#"<testsuites name="ecr-lint" {total}>"#)?;
    if is_clean {
        let outcome = if empty > 0 { skipped_because("no YAML files found") } else { String::new() };
        writeln!(out, r#"    <testsuite name="ecr-lint" {}>"#, counts([0, 0, empty], passed))?;
        writeln!(out, r#"        <testcase name="{}">{outcome}</testcase>"#, rule::ID)?;
        writeln!(out, "    </testsuite>")?;
    }
    let mut names = Ordinals::default();
    run.reports.iter().try_for_each(|report| suite(run, report, &mut names, out))?;
    writeln!(out, "</testsuites>")
}

/// The suite of one file, if it has a case.
fn suite(run: &RunReport, report: &FileReport, names: &mut Ordinals, out: &mut dyn Write) -> io::Result<()> {
    let cases = CASES.map(|status| report.having(status).count());
    if cases == [0; 3] {
        return Ok(());
    }
    let path = display_path(&report.name);
    // Jenkins takes what stands behind the last dot for the class and the rest for its package
    let class = display_path(&report.name.with_extension("")).replace('.', "_");
    let file = format!(r#"classname="{}" file="{}""#, xml(&class), xml(&path));
    writeln!(out, r#"    <testsuite name="{}" {}>"#, xml(&path), counts(cases, 0))?;
    for row in CASES.iter().flat_map(|status| rows_of(run, report).filter(|row| row.record.status == *status))
    {
        let message = row.message();
        // test reports know a case by its class and name from run to run
        let name = match names.next(hash(&[&class, &message])) {
            1 => message.clone(),
            ordinal => format!("{message} ({ordinal})"),
        };
        let outcome = outcome(&row, &row.location(&path), &message);
        writeln!(out, r#"        <testcase name="{}" {file}>{outcome}</testcase>"#, xml(&name))?;
    }
    writeln!(out, "    </testsuite>")
}

/// The numbers of cases of each status, and of all with those that passed.
fn counts([failures, errors, skipped]: [usize; 3], passed: usize) -> String {
    let tests = failures + errors + skipped + passed;
    format!(r#"tests="{tests}" skipped="{skipped}" failures="{failures}" errors="{errors}""#)
}

/// The element that says how a case ended.
fn outcome(row: &Row<'_>, location: &str, message: &str) -> String {
    if row.record.status == Status::Suppressed {
        let reason = row.record.text.as_deref().map(|reason| format!(": {}", escape_controls(reason)));
        return skipped_because(&format!("suppressed by a comment{}", reason.unwrap_or_default()));
    }
    let (tag, kind, advice) = match &row.record.finding {
        Some(finding) => {
            ("failure", rule::ID, format!("\nhelp: {}\nrule: {}", xml(help(finding)), xml(rule::PAGE)))
        }
        None => ("error", "error", String::new()),
    };
    let (location, message) = (xml(location), xml(message));
    format!(r#"<{tag} message="{message}" type="{kind}">{location}: {message}{advice}</{tag}>"#)
}

fn skipped_because(message: &str) -> String {
    format!(r#"<skipped message="{}"/>"#, xml(message))
}

fn xml(text: &str) -> String {
    let escapes = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&apos;")];
    escapes.iter().fold(text.to_owned(), |text, (c, escape)| text.replace(*c, escape))
}
