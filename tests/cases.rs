//! One file in `tests/cases` is one case, and what it expects stands in it: `#~ missing` marks the line
//! that it stands on, each `^` moves the mark one line up (`#~^ wrong`). `error` marks the line of a
//! problem. Adding a case is adding a file.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ecr_lint::linter::{self, Options, Report};
use ecr_lint::parser::Modules;
use ecr_lint::rule::Kind;
use ecr_lint::search::Search;

type Marks = BTreeSet<(u32, String)>;

const KINDS: [&str; 4] = ["missing", "wrong", "templated", "error"];

fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let entries = fs::read_dir(&folder).expect("tests/cases can be listed");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(files.len() > 50, "tests/cases holds only {} files", files.len());
    files
}

fn expected(bytes: &[u8]) -> Marks {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let mut marks = Marks::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        for mark in line.split("#~").skip(1) {
            let rest = mark.trim_start_matches('^');
            let up = u32::try_from(mark.len() - rest.len()).expect("few");
            let kind = rest.trim_start().split([' ', '"', '\u{85}', '\u{2028}']).next().unwrap_or_default();
            assert!(KINDS.contains(&kind), "line {number}: `#~{mark}` names no kind");
            marks.insert((number - up, kind.to_owned()));
        }
    }
    marks
}

fn found(report: &Report) -> Marks {
    let kind = |kind| match kind {
        Kind::Missing => "missing",
        Kind::Wrong => "wrong",
        Kind::Templated => "templated",
    };
    let findings = report.findings.iter().map(|found| (found.start.line, kind(found.item.kind).to_owned()));
    let problems = report.problems.iter().map(|problem| {
        let line = problem.position.map_or(0, |at| at.line);
        (line, "error".to_owned())
    });
    findings.chain(problems).collect()
}

/// What the linter would report for the file, the search in front of it included.
fn check(path: &Path, bytes: &[u8]) -> Report {
    let modules = Modules::default();
    if bytes.starts_with(b"$ANSIBLE_VAULT;") || !Search::new(&modules).concerns(bytes) {
        return Report::default();
    }
    linter::lint(path, bytes, &Options::new(modules))
}

#[test]
fn cases() {
    let mut failed = String::new();
    for path in case_files() {
        let bytes = fs::read(&path).expect("the case can be read");
        let (expected, found) = (expected(&bytes), found(&check(&path, &bytes)));
        if expected != found {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            writeln!(failed, "{name}:").expect("a string");
            for (line, kind) in expected.difference(&found) {
                writeln!(failed, "  line {line}: {kind} is marked, and not found").expect("a string");
            }
            for (line, kind) in found.difference(&expected) {
                writeln!(failed, "  line {line}: {kind} is found, and not marked").expect("a string");
            }
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

/// Small generated documents, and what ansible-core sees in them (`tests/ansible/documents.py`).
#[test]
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
        let says = |words: &str| report.problems.iter().any(|problem| problem.message.contains(words));
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

#[test]
fn the_search_changes_nothing() {
    for path in case_files() {
        let bytes = fs::read(&path).expect("the case can be read");
        let modules = Modules::default();
        if !Search::new(&modules).concerns(&bytes) {
            let report = linter::lint(&path, &bytes, &Options::new(modules));
            assert!(report.findings.is_empty() && report.tasks == 0, "{}", path.display());
        }
    }
}
