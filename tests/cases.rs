//! Each file in `tests/cases` is a test of its own, and its expectation is in the file: `#~ missing` marks its own line,
//! each `^` moves the mark one line up (`#~^ wrong`), and `error` marks the line of a problem.
//!
//! `cargo test --test cases merge` runs those whose name contains `merge`.

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use common::Marks;
use ecr_lint::linter::{self, LintOptions};
use ecr_lint::parser::Modules;
use ecr_lint::report::Report;
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
    let expected = common::marks(bytes, &["missing", "wrong", "templated", "error"]);
    let differences = common::differences(&expected, &found(&check(Path::new(name), bytes)));
    if differences.is_empty() { Ok(()) } else { Err(differences.into()) }
}

fn found(report: &Report) -> Marks {
    let kind = |kind| match kind {
        Kind::Missing => "missing",
        Kind::Wrong => "wrong",
        Kind::Templated => "templated",
    };
    let findings = report.findings().map(|(finding, at)| (at.start.line, kind(finding.kind).to_owned()));
    let problems = report.problems().map(|(_, at)| {
        let line = at.map_or(0, |at| at.start.line);
        (line, "error".to_owned())
    });
    findings.chain(problems).collect()
}

/// The report for a file that the search may skip.
fn check(path: &Path, bytes: &[u8]) -> Report {
    let modules = Modules::default();
    if bytes.starts_with(b"$ANSIBLE_VAULT;") || !Search::new(&modules).concerns(bytes) {
        return Report::default();
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
    let (mut wrong, mut unreliable, mut merges) = (Vec::new(), 0, 0);
    for Row { text, findings } in &rows {
        let report = check(Path::new("document.yml"), text.as_bytes());
        let says = |text: &str| report.problems().any(|(message, _)| message.contains(text));
        if says("PyYAML 6.0.3 and 6.0.4") {
            merges += 1;
        } else if says("cannot be read reliably") {
            unreliable += 1;
        } else if !agrees(text, &found(&report), findings) {
            wrong.push(format!("{text:?}: {:?}, Ansible {findings:?}", found(&report)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    // half of the table is tangles, as which generate.py writes one document in twenty
    assert!(unreliable <= rows.len() / 50, "{unreliable} of {} cannot be read reliably", rows.len());
    assert!(merges <= rows.len() / 20, "{merges} of {} merge ambiguously", rows.len());
}

/// Trust is not followed through `!unsafe` lists and mappings: there a finding may be of another kind, and a template
/// that Ansible does not trust may count as one. No line that Ansible flags may be missing.
fn agrees(text: &str, found: &Marks, ansible: &Marks) -> bool {
    if !text.contains("!unsafe") {
        return found == ansible;
    }
    let lines = |marks: &Marks| marks.iter().map(|(line, _)| *line).collect::<BTreeSet<_>>();
    let (found_lines, ansible_lines) = (lines(found), lines(ansible));
    let is_more = |(line, kind): &(u32, String)| !ansible_lines.contains(line) && kind != "templated";
    ansible_lines.is_subset(&found_lines) && !found.iter().any(is_more)
}
