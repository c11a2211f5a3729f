//! JUnit XML, for test reports.
//!
//! Invariant: a suite for each file with something to say, a failure for each finding, an error for each
//! problem; a run without either has one case, which passes, or is skipped if there was no file. Names stay when lines move.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

use quick_junit::{NonSuccessKind, Report as Xml, TestCase, TestCaseStatus, TestSuite};

use super::escape::escape_controls;
use super::message::{help, message};
use super::path::{display_path, escaped_slash_path, location};
use crate::linter::{Report, Run, Verdict};
use crate::rule;

pub(super) fn print(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Xml::new(env!("CARGO_PKG_NAME"));
    if run.verdict() == Verdict::Clean {
        let mut suite = TestSuite::new(env!("CARGO_PKG_NAME"));
        let mut status = TestCaseStatus::success();
        if run.checked_nothing() {
            status = TestCaseStatus::skipped();
            status.set_message("no YAML files found");
        }
        suite.add_test_case(TestCase::new(rule::ID, status));
        xml.add_test_suite(suite);
    }
    let mut names = Names::default();
    let concerned =
        run.reports.iter().map(|report| suite(run, report, &mut names)).filter(|suite| suite.tests > 0);
    xml.add_test_suites(concerned);
    out.write_all(xml.to_string().map_err(io::Error::other)?.as_bytes())
}

fn suite(run: &Run, report: &Report, names: &mut Names) -> TestSuite {
    let path = run.base.from_root(&report.path);
    let mut suite = TestSuite::new(escaped_slash_path(&path));
    for finding in &report.findings {
        let item = &finding.item;
        let message = message(item);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(rule::ID).set_message(message.as_str());
        let location = location(&display_path(&path), Some(finding.start));
        status.set_description(format!("{location}: {message}\nhelp: {}\nrule: {}", help(item), rule::PAGE));
        suite.add_test_case(case(&path, names, message, status));
    }
    for problem in &report.problems {
        let message = escape_controls(&problem.message);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("error").set_message(message.as_str());
        status.set_description(format!("{}: {message}", location(&display_path(&path), problem.position)));
        suite.add_test_case(case(&path, names, message, status));
    }
    for suppressed in &report.suppressed {
        let finding = &suppressed.finding;
        let mut status = TestCaseStatus::skipped();
        let reason = suppressed.reason.as_deref().map(|reason| format!(": {}", escape_controls(reason)));
        status.set_message(format!("suppressed by a comment{}", reason.unwrap_or_default()));
        suite.add_test_case(case(&path, names, message(&finding.item), status));
    }
    suite
}

fn case(path: &Path, names: &mut Names, message: String, status: TestCaseStatus) -> TestCase {
    let class = class_name(path);
    let mut case = TestCase::new(names.next(&class, message), status);
    case.set_classname(class);
    case.extra.insert("file".into(), escaped_slash_path(path).into());
    case
}

/// The path without its extension. Jenkins takes what stands behind the last dot for the class and the rest for
/// its package.
fn class_name(path: &Path) -> String {
    escaped_slash_path(&path.with_extension("")).replace('.', "_")
}

/// Tells cases of a class with the same message apart, by which test reports know them from run to run.
#[derive(Default)]
struct Names(HashMap<(String, String), u64>);

impl Names {
    fn next(&mut self, class: &str, message: String) -> String {
        let count = self.0.entry((class.to_owned(), message.clone())).or_default();
        *count += 1;
        if *count == 1 { message } else { format!("{message} ({count})") }
    }
}
