//! Each file in `tests/cases` is a test of its own, and its expectation is in the file: `#~ missing` marks its own
//! line, each `^` moves the mark one line up (`#~^ wrong`), and `error` and `warning` mark the line of a problem.
//!
//! `cargo test --test cases merge` runs those whose name contains `merge`.

mod common;

use std::path::Path;
use std::process::ExitCode;

use common::Marks;
use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::Modules;
use ecr_lint::report::{FileReport, Location, Status};
use ecr_lint::rule::Kind;
use ecr_lint::search::Search;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let files = common::case_files("cases");
    assert!(files.len() > 50, "tests/cases has only {} files", files.len());
    let mut trials: Vec<_> = files
        .into_iter()
        .map(|(name, bytes)| Trial::test(name.clone(), move || has_the_marked_findings(&name, &bytes)))
        .collect();
    trials.push(Trial::test("generated_documents_have_the_findings_that_ansible_sees", || {
        generated_documents_have_the_findings_that_ansible_sees();
        Ok(())
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn has_the_marked_findings(name: &str, bytes: &[u8]) -> Result<(), Failed> {
    let modules = Modules::default();
    let is_searched = Search::new(&modules).concerns(bytes);
    let report = linter::lint(Path::new(name), bytes, &LintOptions::new(modules));
    if !is_searched && (report.tasks > 0 || report.findings().next().is_some()) {
        return Err("the search would skip this file, which has ECR tasks".into());
    }
    let expected = common::marks(bytes, &["missing", "wrong", "templated", "error", "warning"]);
    let differences = common::differences(&expected, &found(&check(Path::new(name), bytes)));
    if differences.is_empty() { Ok(()) } else { Err(differences.into()) }
}

fn found(report: &FileReport) -> Marks {
    let kind = |kind| match kind {
        Kind::Missing => "missing",
        Kind::Wrong => "wrong",
        Kind::Templated => "templated",
    };
    let findings = report.findings().map(|(finding, at)| (at.start.line, kind(finding.kind).to_owned()));
    let line = |at: Option<Location>| at.map_or(0, |at| at.start.line);
    let errors = report.texts(Status::Problem).map(|(_, at)| (line(at), "error".to_owned()));
    let warnings = report.texts(Status::Warning).map(|(_, at)| (line(at), "warning".to_owned()));
    findings.chain(errors).chain(warnings).collect()
}

/// The report for a file that the search may skip.
fn check(path: &Path, bytes: &[u8]) -> FileReport {
    let modules = Modules::default();
    if bytes.starts_with(b"$ANSIBLE_VAULT;") || !Search::new(&modules).concerns(bytes) {
        return FileReport::default();
    }
    linter::lint(path, bytes, &LintOptions::new(modules))
}

/// Small generated documents, and what ansible-core sees in them (`tests/ansible/documents.py`).
fn generated_documents_have_the_findings_that_ansible_sees() {
    #[derive(serde::Deserialize)]
    struct Row {
        text: String,
        findings: Marks,
    }
    let rows: Vec<Row> = serde_json::from_str(include_str!("documents.json")).expect("a table");
    assert!(rows.len() > 900, "only {} rows", rows.len());
    let (mut wrong, mut unreliable) = (Vec::new(), 0);
    for Row { text, findings } in &rows {
        let report = check(Path::new("document.yml"), text.as_bytes());
        if report.texts(Status::Problem).any(|(message, _)| message.contains("cannot be read reliably")) {
            unreliable += 1;
            continue;
        }
        let mut found = found(&report);
        found.retain(|(_, kind)| kind != "warning");
        if found != *findings {
            wrong.push(format!("{text:?}: {found:?}, Ansible {findings:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert!(unreliable <= rows.len() / 20, "{unreliable} of {} cannot be read reliably", rows.len());
}
