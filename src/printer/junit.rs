//! JUnit XML, for test reports.
//!
//! Invariant: a suite for each file with something to say, a failure for each finding, an error for each
//! problem; a run without either has one case, which passes. Names stay when lines move.

use std::collections::HashMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Xml, TestCase, TestCaseStatus, TestSuite};

use super::escape::escape_controls;
use super::message::{help, message};
use super::path::{display_path, slash_path};
use crate::linter::{Report, Run, Verdict};
use crate::parser::Position;
use crate::rule;

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Xml::new(env!("CARGO_PKG_NAME"));
    if run.verdict() == Verdict::Clean {
        let mut suite = TestSuite::new(env!("CARGO_PKG_NAME"));
        suite.add_test_case(TestCase::new(rule::ID, TestCaseStatus::success()));
        xml.add_test_suite(suite);
    }
    let concerned = run.reports.iter().map(suite).filter(|suite| suite.tests > 0);
    xml.add_test_suites(concerned);
    out.write_all(xml.to_string().map_err(io::Error::other)?.as_bytes())
}

fn suite(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(escape_controls(&slash_path(&report.path)));
    let mut names = Names::default();
    for finding in &report.findings {
        let item = &finding.item;
        let message = message(item);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(rule::ID).set_message(message.as_str());
        let place = place(report, Some(finding.start));
        status.set_description(format!("{place}: {message}\nhelp: {}\nrule: {}", help(item), rule::PAGE));
        suite.add_test_case(case(report, names.next(message), Some(finding.start), status));
    }
    for problem in &report.problems {
        let message = escape_controls(&problem.message);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("error").set_message(message.as_str());
        status.set_description(format!("{}: {message}", place(report, problem.position)));
        suite.add_test_case(case(report, names.next(message), problem.position, status));
    }
    for suppressed in &report.suppressed {
        let finding = &suppressed.finding;
        let mut status = TestCaseStatus::skipped();
        let reason = suppressed.reason.as_deref().map(|reason| format!(": {}", escape_controls(reason)));
        status.set_message(format!("suppressed by a comment{}", reason.unwrap_or_default()));
        suite.add_test_case(case(report, names.next(message(&finding.item)), Some(finding.start), status));
    }
    suite
}

fn case(report: &Report, name: String, position: Option<Position>, status: TestCaseStatus) -> TestCase {
    let path = escape_controls(&slash_path(&report.path));
    let mut case = TestCase::new(name, status);
    case.set_classname(path.as_str());
    case.extra.insert("file".into(), path.into());
    if let Some(at) = position {
        case.extra.insert("line".into(), at.line.to_string().into());
    }
    case
}

fn place(report: &Report, position: Option<Position>) -> String {
    let at = position.map(|at| format!(":{}:{}", at.line, at.column)).unwrap_or_default();
    format!("{}{at}", display_path(&report.path))
}

/// Tells cases with the same message apart, by which test reports know them from run to run.
#[derive(Default)]
struct Names(HashMap<String, u64>);

impl Names {
    fn next(&mut self, name: String) -> String {
        let count = self.0.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name} ({count})") }
    }
}
