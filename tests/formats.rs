//! Each format, read as its readers read it: SARIF by the official schema, JSON, XML and workflow
//! commands by parsers, and the drawn one byte by byte.
//!
//! Each with nothing found, with errors, with a thousand findings, and with names and values that would
//! like to drive the terminal or the runner.

#[path = "common/check.rs"]
mod check;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use check::assert_harmless;
use ecr_lint::apply;
use ecr_lint::cli::Format;
use ecr_lint::fix::{self, Edit, Fix, Level};
use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::{Modules, Slip};
use ecr_lint::position::{Position, Span};
use ecr_lint::report::{FileReport, Location, Record, RunReport, Status};
use ecr_lint::rule::{self, Finding, Kind};
use proptest::prelude::*;
use serde_json::Value;

fn print(run: &RunReport, format: Format) -> String {
    colored::control::set_override(false);
    check::print(run, format)
}

fn json(run: &RunReport, format: Format) -> Value {
    serde_json::from_str(&print(run, format)).expect("JSON")
}

fn run_of(reports: Vec<FileReport>) -> RunReport {
    let mut run = RunReport { files: reports.len() as u64, reports, ..RunReport::default() };
    run.name_files();
    run
}

fn lint_as(path: &str, text: &str) -> FileReport {
    let options = LintOptions { keep_source: true, ..LintOptions::new(Modules::default()) };
    linter::lint(Path::new(path), text.as_bytes(), &options)
}

fn lint(text: &str) -> RunReport {
    run_of(vec![lint_as("site.yml", text)])
}

/// Text that a terminal, GitHub, Azure or TeamCity would obey, that XML cannot hold, or that ends what it
/// stands in.
const HOSTILE: &str = "\u{1b}]0;t\u{7}\u{9b}31m\r\n::error::x\n##[error]y ##vso[task.complete]z \
                       ##teamcity[m] \u{202e}\u{2066}\u{2028}\u{85}\u{200b}\u{feff}\u{0}\u{ffff}\
                       ]]>\"'<&>%0A::warning file=a,line=1::b%25[c](https://example.org)`{0}` \
                       ::error::x ::error file=a::y ::error::z ::error::y ::error::x ::error::y ::error::z";

fn hostile_finding(kind: Kind, source: &str) -> Finding {
    let end = source.len();
    Finding {
        kind,
        span: Span::new(0, end),
        module_key: Span::new(end / 2, end),
        module: HOSTILE.into(),
        task: Some(HOSTILE.into()),
        value: Some(HOSTILE.into()),
        source: None,
        refused_state: Some(HOSTILE.into()),
        value_span: None,
        slip: Some(Slip::Misspelled(HOSTILE.into())),
    }
}

fn open_finding(finding: Finding, fix: Option<Fix>) -> Record {
    let location = Some(hostile_location(finding.span));
    Record { status: Status::Open, location, finding: Some(finding), fix, text: None }
}

/// A location from the first line to the second.
fn hostile_location(span: Span) -> Location {
    Location { span, start: Position::START, end: Position { line: 2, ..Position::START } }
}

fn hostile() -> RunReport {
    let open = |kind| open_finding(hostile_finding(kind, HOSTILE), None);
    let text = Some(HOSTILE.into());
    let suppressed = Record { status: Status::Suppressed, text: text.clone(), ..open(Kind::Missing) };
    let point = Location { end: Position::START, ..hostile_location(Span::new(3, 3)) };
    let warning = Record { status: Status::Warning, location: None, finding: None, fix: None, text };
    let problem = Record { status: Status::Problem, location: Some(point), ..warning.clone() };
    let records =
        [open(Kind::Missing), open(Kind::Wrong), open(Kind::Templated), suppressed, problem, warning];
    let report = |path: &str| FileReport {
        path: PathBuf::from(path),
        records: records.to_vec(),
        tasks: 4,
        source: Some(HOSTILE.into()),
        ..FileReport::default()
    };
    let paths = [HOSTILE, "::error::x.yml", "a,line=1::b.yml", "/##[group]/x.yml", "-->.yml"];
    run_of(paths.into_iter().map(report).collect())
}

fn thousand() -> RunReport {
    let text = "- name: Create it\n  ecs_ecr: {name: x}\n".repeat(100);
    run_of((0..10).map(|number| lint_as(&format!("roles/r{number}/tasks/main.yml"), &text)).collect())
}

fn broken() -> RunReport {
    lint("- ecs_ecr: {name: x}\n---\n- ecs_ecr: [")
}

/// Every shape that a run can have.
fn runs() -> Vec<RunReport> {
    vec![
        RunReport::default(),
        lint("- debug:\n"),
        lint("- ecs_ecr: {name: x}\n"),
        broken(),
        thousand(),
        hostile(),
        stale(),
    ]
}

fn findings(run: &RunReport) -> usize {
    run.reports.iter().flat_map(FileReport::findings).count()
}

fn problems(run: &RunReport) -> usize {
    run.reports.iter().flat_map(|report| report.texts(Status::Problem)).count()
}

fn warnings(run: &RunReport) -> usize {
    run.reports.iter().flat_map(|report| report.texts(Status::Warning)).count()
}

/// A comment that suppresses nothing.
fn stale() -> RunReport {
    lint("# ecr-lint: ignore\n- ecs_ecr: {name: x, image_tag_mutability: immutable}\n")
}

/// Each format, by its arm in `tests/common/check.rs`; what exactly it says is for tests of its own.
#[test]
fn every_format_is_valid_and_complete_and_nothing_in_it_is_obeyed() {
    colored::control::set_override(false);
    runs().iter().for_each(check::check_every_format);
}

#[test]
fn auto_is_for_people_on_a_terminal_and_for_grep_in_a_pipe() {
    assert_eq!(Format::Auto.resolve(true), Format::Full);
    assert_eq!(Format::Auto.resolve(false), Format::Text);
    for is_terminal in [true, false] {
        assert_eq!(Format::Text.resolve(is_terminal), Format::Text);
    }
    assert!(Format::Full.needs_source() && !Format::Text.needs_source());
}

// SARIF

fn schema() -> jsonschema::Validator {
    // this pattern is no regular expression; the first errata of SARIF fix it so
    let schema = include_str!("schemas/sarif-schema-2.1.0.json")
        .replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    let schema = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

fn sarif(run: &RunReport) -> Value {
    let document = json(run, Format::Sarif);
    let errors: Vec<_> = schema().iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    document
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let mut document = sarif(&lint("- ecs_ecr:\n"));
    document["runs"][0]["results"][0]["level"] = "high".into();
    assert!(!schema().is_valid(&document));
    let mut document = sarif(&lint("- ecs_ecr:\n"));
    let location = &mut document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    location["artifactLocation"]["uri"] = "a b.yml".into();
    assert!(!schema().is_valid(&document));
}

#[test]
fn sarif_is_valid() {
    for run in runs() {
        let document = sarif(&run);
        let of_run = &document["runs"][0];
        let results = of_run["results"].as_array().expect("results");
        let suppressed = run.reports.iter().flat_map(|report| report.having(Status::Suppressed)).count();
        assert_eq!(results.len(), findings(&run));
        assert!(results.iter().all(|result| result.get("suppressions").is_none()));
        assert_eq!(of_run["properties"]["suppressed"], suppressed);
        let successful = of_run["invocations"][0]["executionSuccessful"].as_bool();
        assert_eq!(successful, Some(problems(&run) == 0));
        let fingerprints: HashSet<_> =
            results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
        assert_eq!(fingerprints.len(), results.len());
    }
}

#[test]
fn sarif_tells_about_the_rule() {
    let driver = &sarif(&RunReport::default())["runs"][0]["tool"]["driver"];
    assert_eq!(driver["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(sarif(&RunReport::default())["runs"][0]["automationDetails"]["id"], "ecr-lint/");
    let described = &driver["rules"][0];
    assert_eq!(described["id"], rule::ID);
    assert_eq!(described["helpUri"], rule::PAGE);
    assert_eq!(described["properties"]["security-severity"], "5.0");
    assert!(described["properties"]["tags"].as_array().expect("tags").contains(&"CWE-710".into()));
}

#[test]
fn sarif_names_places() {
    let path = if cfg!(windows) { r"C:\a b\x.yml" } else { "/a b/x.yml" };
    let reports =
        vec![lint_as("./dïr/a b#.yml", "- name: ä\n  ecs_ecr: {name: x}\n"), lint_as(path, "- ecs_ecr: [")];
    let document = sarif(&run_of(reports));
    let location = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "d%C3%AFr/a%20b%23.yml");
    assert_eq!(location["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    let region = serde_json::json!({"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 10});
    assert_eq!(location["region"], region);
    let notification = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    let location = &notification["locations"][0]["physicalLocation"];
    let uri = if cfg!(windows) { "file:///C%3A/a%20b/x.yml" } else { "file:///a%20b/x.yml" };
    assert_eq!(
        (&location["artifactLocation"]["uri"], &notification["level"]),
        (&uri.into(), &"error".into())
    );
    assert!(location["artifactLocation"].get("uriBaseId").is_none());
}

/// GitHub opens alerts for results with `suppressions` too.
#[test]
fn sarif_leaves_out_what_a_comment_suppresses() {
    let mut report = lint_as("site.yml", "- ecs_ecr: {name: x}\n- ecs_ecr: {name: y}\n");
    let open = fingerprints(&sarif(&run_of(vec![report.clone()])));
    report.records[0].status = Status::Suppressed;
    report.records[0].text = Some("dev cache".into());
    let document = sarif(&run_of(vec![report]));
    assert_eq!(fingerprints(&document), open[1..], "suppressing changes no other fingerprint");
    assert_eq!(document["runs"][0]["properties"]["suppressed"], 1);
}

/// A text as VS Code holds it: lines of UTF-16 code units, without a byte-order mark.
struct Editor(Vec<Vec<u16>>);

impl Editor {
    fn open(text: &str) -> Self {
        let text: Vec<u16> = text.trim_start_matches('\u{feff}').encode_utf16().collect();
        let (cr, lf) = (u16::from(b'\r'), u16::from(b'\n'));
        let mut lines = vec![Vec::new()];
        for (at, &unit) in text.iter().enumerate() {
            lines.last_mut().expect("a line").push(unit);
            if unit == lf || unit == cr && text.get(at + 1) != Some(&lf) {
                lines.push(Vec::new());
            }
        }
        Self(lines)
    }

    /// The code units in front of a line and column.
    fn offset(&self, line: usize, column: usize) -> usize {
        let is_break = |unit: &&u16| [u16::from(b'\r'), u16::from(b'\n')].contains(unit);
        let width = self.0[line - 1].iter().take_while(|unit| !is_break(unit)).count();
        assert!(column <= width + 1, "column {column} lies behind the end of line {line}");
        self.0[..line - 1].iter().map(Vec::len).sum::<usize>() + column - 1
    }

    /// The region as the SARIF viewer selects it (`regionToSelection`): from behind the indentation of its first line.
    fn selection(&self, region: &Value) -> std::ops::Range<usize> {
        let number = |key: &str| usize::try_from(region[key].as_u64().expect(key)).expect("a small number");
        let line = String::from_utf16(&self.0[number("startLine") - 1]).expect("UTF-16");
        let is_indentation = |c: &char| c.is_whitespace() && !['\r', '\n', '\u{85}'].contains(c);
        let indented: usize = line.chars().take_while(is_indentation).map(char::len_utf16).sum();
        let start = self.offset(number("startLine"), number("startColumn").max(indented + 1));
        start..self.offset(number("endLine"), number("endColumn"))
    }
}

/// The text with the fixes of all results, made from the last to the first; a fix that several results share is one.
fn edited_by_sarif(text: &str, document: &Value) -> String {
    let editor = Editor::open(text);
    let results = document["runs"][0]["results"].as_array().expect("results");
    let fixes = results
        .iter()
        .filter_map(|result| result["fixes"][0]["artifactChanges"][0]["replacements"].as_array());
    let replacements = fixes.flatten().map(|replacement| {
        let inserted = replacement["insertedContent"]["text"].as_str().expect("a text");
        (editor.selection(&replacement["deletedRegion"]), inserted.encode_utf16().collect::<Vec<_>>())
    });
    let mut replacements: Vec<_> = replacements.collect();
    replacements.sort_by_key(|(range, _)| (range.start, range.end));
    replacements.dedup();
    let mut units = editor.0.concat();
    for (range, inserted) in replacements.into_iter().rev() {
        units.splice(range, inserted);
    }
    let mark = if text.starts_with('\u{feff}') { "\u{feff}" } else { "" };
    mark.to_owned() + &String::from_utf16(&units).expect("no surrogate is on its own")
}

fn assert_sarif_fixes(name: &str, text: &str) -> usize {
    let level = if name.contains(".unsafe.") { Level::Unsafe } else { Level::Safe };
    let options =
        LintOptions { keep_source: true, fixes: Some(level), ..LintOptions::new(Modules::default()) };
    let report = linter::lint(Path::new("fix.yml"), text.as_bytes(), &options);
    let edits = apply::edits(&report);
    let document = sarif(&run_of(vec![report]));
    assert_eq!(edited_by_sarif(text, &document), fix::edited(text, &edits), "{name}");
    edits.len()
}

#[test]
fn an_editor_makes_the_fixes_of_sarif_as_fix_does() {
    let mut made = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fix")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        made += assert_sarif_fixes(&name, &fs::read_to_string(&path).expect("UTF-8"));
    }
    assert!(made > 150, "only {made} edits were made");
    let texts = [
        "- ecs_ecr: {name: '🦀', image_tag_mutability: mutable}\n",
        "- name: 漢🦀e\u{301}\n  ecs_ecr: {name: x}\n",
        "- ecs_ecr:\n    name: x\n  when: y\n- ecs_ecr:\n    name: 🦀",
        "- ecs_ecr:\n    # about the region\n    region: x\n    # about the name\n    name: &a |\n      y\n\n- ecs_ecr:\n",
        "-\n  # above the first key\n  ecs_ecr:\n    # above the argument\n    region: x\n",
    ];
    for text in texts {
        for end in ["\n", "\r\n", "\r", "\u{85}", "\u{2028}"] {
            for mark in ["", "\u{feff}"] {
                let text = format!("{mark}{}", text.replace('\n', end));
                assert!(assert_sarif_fixes("", &text) > 0, "{text:?}");
            }
        }
    }
    for mixed in [
        "- ecs_ecr:\r\n    # above\n    region: x\r\n",
        "- ecs_ecr:\n    # above\r\n    region: x\n",
        "- ecs_ecr:\n    # above\r    region: x\r\n    y: z",
        "- ecs_ecr:\n    name: x\r\n  when: y\r",
    ] {
        assert!(assert_sarif_fixes("", mixed) > 0, "{mixed:?}");
    }
}

/// In the columns that editors count, also where the file is not UTF-8 and its text is not kept.
#[test]
fn sarif_counts_utf_16_code_units() {
    let run = lint("- {vars: {a: '🦀'}, ecs_ecr: {name: x}}\n---\n- ecs_ecr: {name: 🦀, a: [\n");
    let of_run = &sarif(&run)["runs"][0];
    assert_eq!(of_run["columnKind"], "utf16CodeUnits");
    let region = &of_run["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startColumn"], &region["endColumn"]), (&21.into(), &28.into()));
    assert_eq!(json(&run, Format::Json)["findings"][0]["column"], 20);
    let report = linter::lint(
        Path::new("a.yml"),
        b"# \xf0\x9f\xa6\x80 \xff ecs_ecr",
        &LintOptions::new(Modules::default()),
    );
    let of_run = &sarif(&run_of(vec![report]))["runs"][0];
    let location =
        &of_run["invocations"][0]["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["region"]["startColumn"], 6);
}

fn fingerprints(document: &Value) -> Vec<String> {
    let results = document["runs"][0]["results"].as_array().expect("results");
    let of =
        |result: &Value| result["partialFingerprints"]["ecrLintTask/v1"].as_str().expect("one").to_owned();
    results.iter().map(of).collect()
}

#[test]
fn fingerprints_stay() {
    let text = "- name: a\n  ecs_ecr: {name: x}\n- name: a\n  ecs_ecr: {name: y}\n- ecs_ecr:\n";
    let marks = fingerprints(&sarif(&lint(text)));
    // published: a change here makes every known alert of every user a new one
    assert_eq!(
        marks,
        [
            "b995e0641cebbcfc7bf43310ca14360a:1",
            "b995e0641cebbcfc7bf43310ca14360a:2",
            "ecbd1fa9f6fe8058f3902bf78ef71b35:1"
        ]
    );
    let moved = text.replace("- name", "# a comment\n\n- name").replace('\n', "\r\n");
    assert_eq!(fingerprints(&sarif(&lint(&moved))), marks);
    let elsewhere = run_of(vec![lint_as("other.yml", text)]);
    assert!(fingerprints(&sarif(&elsewhere)).iter().all(|mark| !marks.contains(mark)));
    let issues = json(&lint(text), Format::Gitlab);
    let of_gitlab: Vec<_> =
        issues.as_array().expect("issues").iter().map(|issue| &issue["fingerprint"]).collect();
    assert_eq!(of_gitlab, marks.iter().collect::<Vec<_>>());
}

// JSON

/// The schema of our own report: as users get it, or with no field allowed that it does not describe.
fn report_schema(is_strict: bool) -> jsonschema::Validator {
    fn close(schema: &mut Value) {
        if schema.get("properties").is_some() {
            schema["additionalProperties"] = false.into();
        }
        match schema {
            Value::Object(entries) => entries.values_mut().for_each(close),
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    let text = include_str!("schemas/report.schema.json");
    let mut schema = serde_json::from_str(text).expect("the schema is JSON");
    if is_strict {
        close(&mut schema);
    }
    jsonschema::validator_for(&schema).expect("a schema")
}

fn report_of(run: &RunReport) -> Value {
    let document = json(run, Format::Json);
    for is_strict in [false, true] {
        let schema = report_schema(is_strict);
        let errors: Vec<_> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    document
}

#[test]
fn json_is_what_its_schema_says() {
    for run in runs() {
        let document = report_of(&run);
        let suppressed = run.reports.iter().flat_map(|report| report.having(Status::Suppressed)).count();
        for (name, expected) in [
            ("findings", findings(&run)),
            ("suppressed", suppressed),
            ("errors", problems(&run)),
            ("warnings", warnings(&run)),
        ] {
            assert_eq!(document[name].as_array().map(Vec::len), Some(expected), "{name}");
            assert_eq!(document["summary"][name], expected, "{name}");
        }
        assert_eq!(document["tool"]["version"], env!("CARGO_PKG_VERSION"));
    }
    let document = report_of(&lint("- ecs_ecr:\n"));
    let schema = report_schema(false);
    for (path, value) in [
        ("/findings/0/line", Value::from(0)),
        ("/findings/0/fingerprint", "1".into()),
        ("/findings/0/kind", "odd".into()),
        ("/summary/files", (-1).into()),
        ("/version", 2.into()),
    ] {
        let mut other = document.clone();
        *other.pointer_mut(path).expect(path) = value;
        assert!(!schema.is_valid(&other), "{path}");
    }
}

#[test]
fn json_tells_all_that_is_known() {
    let text = "\
- ecs_ecr: {name: x}
- ecs_ecr: '{{ x }}'
- ecs_ecr: {name: y} # ecr-lint: ignore (dev cache)
- ecs_ecr: # ecr-lint: ignore
# ecr-lint: ignore
- debug:
";
    let (report, _) = fixed(text);
    let run = run_of(vec![report]);
    let document = report_of(&run);
    let (findings, suppressed) = (&document["findings"], &document["suppressed"]);
    assert_eq!(findings[0]["help"], "add `image_tag_mutability: immutable` to the task's arguments");
    assert_eq!(findings[0]["not_fixed"], Value::Null);
    assert_eq!(findings[1]["fix"], Value::Null);
    assert_eq!(findings[1]["not_fixed"], "its arguments are given by one template");
    assert_eq!(suppressed[0]["reason"], "dev cache");
    assert_eq!((&suppressed[1]["reason"], &suppressed[1]["line"]), (&Value::Null, &4.into()));
    assert_eq!(suppressed[0]["not_fixed"], "a comment suppresses it");
    let warning = &document["warnings"][0];
    assert_eq!((&warning["path"], &warning["line"]), (&"site.yml".into(), &5.into()));
    assert!(warning["message"].as_str().is_some_and(|message| message.contains("suppresses nothing")));
    let of_json = findings.as_array().expect("findings").iter().map(|finding| &finding["fingerprint"]);
    assert_eq!(of_json.collect::<Vec<_>>(), fingerprints(&sarif(&run)).iter().collect::<Vec<_>>());
}

/// The one behind the module's name, with which `args` is only merged.
#[test]
fn of_two_templates_one_is_named() {
    let tasks = "- ecs_ecr: '{{ a }}'\n  args: '{{ b }}'\n- args: '{{ b }}'\n  ecs_ecr: name=x {{ a }}\n";
    let document = report_of(&lint(tasks));
    let values = document["findings"].as_array().expect("findings").iter().map(|finding| &finding["value"]);
    assert_eq!(values.collect::<Vec<_>>(), ["{{ a }}", "{{ a }}"]);
}

#[test]
fn offsets_in_json_count_a_byte_order_mark() {
    let offset = |text: &str| {
        let (report, _) = fixed(text);
        report_of(&run_of(vec![report]))["findings"][0]["fix"]["offset"].as_u64().expect("an offset")
    };
    let text = "- ecs_ecr: {name: x}\n";
    assert_eq!(offset(&format!("\u{feff}{text}")), offset(text) + 3);
}

// GitLab

#[test]
fn gitlab_gets_what_it_asks_for() {
    for run in runs() {
        let document = json(&run, Format::Gitlab);
        let issues = document.as_array().expect("an array");
        assert_eq!(issues.len(), findings(&run) + problems(&run) + warnings(&run));
        let infos = issues.iter().filter(|issue| issue["severity"] == "info").count();
        assert_eq!(infos, warnings(&run));
        let mut known = HashSet::new();
        for issue in issues {
            for field in ["description", "check_name", "fingerprint"] {
                assert!(issue[field].as_str().is_some_and(|text| !text.is_empty()), "{issue}");
            }
            let severity = issue["severity"].as_str().expect("a severity");
            assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
            let path = issue["location"]["path"].as_str().expect("a path");
            assert!(!path.starts_with("./"), "{path}");
            assert!(issue["location"]["lines"]["begin"].as_u64() >= Some(1));
            assert!(known.insert(issue["fingerprint"].to_string()), "{issue}");
        }
    }
}

// JUnit

#[test]
fn junit_is_xml_and_counts_right() {
    for run in runs() {
        let text = print(&run, Format::Junit);
        let document = roxmltree::Document::parse(&text).expect("XML");
        let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
        let said = |name: &str| document.root_element().attribute(name).and_then(|text| text.parse().ok());
        assert_eq!((said("failures"), count("failure")), (Some(findings(&run)), findings(&run)));
        assert_eq!((said("errors"), count("error")), (Some(problems(&run)), problems(&run)));
        assert_eq!(said("tests"), Some(count("testcase")));
        assert_eq!(said("skipped"), Some(count("skipped")));
        assert!(count("testcase") > 0, "{text}");
        let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
        let names: HashSet<_> =
            cases.map(|case| (case.attribute("classname"), case.attribute("name"))).collect();
        assert_eq!(names.len(), count("testcase"), "reports tell cases apart by their names");
    }
}

/// Jenkins splits the name of a class at its last dot, and GitLab links the file.
#[test]
fn junit_names_a_class_for_each_file() {
    let task = "- ecs_ecr: {name: x}\n";
    let paths = ["Makefile", "a.b.yml", "roles/v1.2/tasks/main.yml", "roles/v1_2/tasks/main.yaml"];
    let text = print(&run_of(paths.map(|path| lint_as(path, task)).into()), Format::Junit);
    let document = roxmltree::Document::parse(&text).expect("XML");
    let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let of = |name: &str| cases.iter().map(|case| case.attribute(name)).collect::<Vec<_>>();
    let class = Some("roles/v1_2/tasks/main");
    assert_eq!(of("classname"), [Some("Makefile"), Some("a_b"), class, class]);
    assert_eq!(of("file"), paths.map(Some));
    assert_eq!(of("line"), [None; 4]);
    assert!(of("name")[3].is_some_and(|name| name.ends_with(" (2)")), "{text}");
}

#[test]
fn junit_passes_when_nothing_is_found() {
    assert_eq!(
        print(&lint("- debug:\n"), Format::Junit),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"ecr-lint\" tests=\"1\" skipped=\"0\" failures=\"0\" errors=\"0\">\n\
         \u{20}   <testsuite name=\"ecr-lint\" tests=\"1\" skipped=\"0\" failures=\"0\" errors=\"0\">\n\
         \u{20}       <testcase name=\"ansible-aws-ecr-image-tag-not-immutable\"></testcase>\n\
         \u{20}   </testsuite>\n\
         </testsuites>\n"
    );
}

#[test]
fn junit_skips_its_test_when_there_was_no_file() {
    let text = print(&RunReport::default(), Format::Junit);
    assert!(text.contains("tests=\"1\" skipped=\"1\""), "{text}");
    assert!(text.contains("<skipped message=\"no YAML files found\"/>"), "{text}");
}

// GitHub

/// A workflow command, read as the runner reads it (`ActionCommand.TryParseV2`).
#[derive(Debug)]
struct Command {
    name: String,
    properties: Vec<(String, String)>,
    message: String,
}

fn command(line: &str) -> Option<Command> {
    let (head, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let unescape = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",");
        text.replace("%25", "%")
    };
    let properties = properties.split(',').filter_map(|property| property.split_once('='));
    let properties = properties.map(|(key, value)| (key.to_owned(), unescape(value))).collect();
    Some(Command { name: name.to_owned(), properties, message: unescape(message) })
}

#[test]
fn github_gets_one_command_for_each_finding_and_error() {
    for run in runs() {
        let text = print(&run, Format::Github);
        assert_harmless(&text);
        let commands: Vec<_> = text.lines().map(|line| command(line).expect("a command")).collect();
        let count = |name: &str| commands.iter().filter(|command| command.name == name).count();
        assert_eq!(count("warning"), findings(&run) + warnings(&run));
        assert_eq!(count("error"), problems(&run));
        assert_eq!(commands.len(), count("warning") + count("error"));
        for command in &commands {
            let keys: Vec<_> = command.properties.iter().map(|(key, _)| key.as_str()).collect();
            let known = [
                &["file", "line", "endLine", "col", "endColumn", "title"][..],
                &["file", "line", "endLine", "title"],
                &["file", "line", "col", "title"],
                &["file", "title"],
                &["title"],
            ];
            assert!(known.contains(&keys.as_slice()), "{command:?}");
            assert!(!command.message.contains('\n'), "{command:?}");
        }
    }
}

#[test]
fn github_gets_the_name_of_the_file() {
    let report = lint_as("./a,line=1::b%0A\nc.yml", "- ecs_ecr:\n");
    let text = print(&run_of(vec![report]), Format::Github);
    assert_eq!(
        text,
        "::warning file=a%2Cline=1%3A%3Ab%250A%0Ac.yml,line=1,endLine=1,col=3,endColumn=10,\
         title=ansible-aws-ecr-image-tag-not-immutable::a,line=1::b%250A\\nc.yml:1:3: \
         mutability not set in an unnamed task; \
         add `image_tag_mutability: immutable` to the task's arguments\n"
    );
    assert_eq!(command(&text).expect("a command").properties[0].1, "a,line=1::b%0A\nc.yml");
    assert_eq!(print(&RunReport::default(), Format::Github), "");
}

/// GitHub does not show the properties of an annotation in the log.
#[test]
fn github_gets_the_location() {
    let messages = |run: &RunReport| -> Vec<String> {
        let text = print(run, Format::Github);
        text.lines().map(|line| command(line).expect("a command").message).collect()
    };
    let of_broken = messages(&broken());
    assert!(of_broken[0].starts_with("site.yml:1:3: mutability not set "), "{of_broken:?}");
    assert!(of_broken[1].starts_with("site.yml:3:12: Ansible cannot load the file: "), "{of_broken:?}");
    assert!(messages(&stale())[0].starts_with("site.yml:1:1: `# ecr-lint: ignore` suppresses nothing: "));
}

// Drawn

/// The lines of a drawing behind its title, up to the empty line.
fn drawn(text: &str) -> Vec<String> {
    let drawing = print(&lint(text), Format::Full);
    assert_harmless(&drawing);
    let lines = drawing.lines().skip_while(|line| !line.trim_start().starts_with("--> ")).map(str::trim_end);
    lines.take_while(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn a_finding_is_drawn() {
    let text = "- name: Create it\n  ecs_ecr:\n    name: x\n    image_tag_mutability: mutable\n  when: y\n";
    assert_eq!(
        print(&lint(text), Format::Full),
        "warning: mutability \"mutable\" in \"Create it\"\n\
         \u{20}--> site.yml:4:5\n\
         \u{20} |\n\
         2 |   ecs_ecr:\n\
         3 |     name: x\n\
         4 |     image_tag_mutability: mutable\n\
         \u{20} |                           ^^^^^^^ must be `immutable`\n\
         \u{20} |\n\
         \u{20} = help: set `image_tag_mutability: immutable`\n\
         \n\
         note: such tasks fail, or make tags mutable that may be immutable now; see\n      \
         `ecr-lint --explain` for ansible-aws-ecr-image-tag-not-immutable\n"
    );
}

/// The more findings, the fewer lines each: what is the same for all is said once.
#[test]
fn findings_take_few_lines() {
    let text = "- ecs_ecr:\n    name: x\n".repeat(200);
    let (_, drawing) = fixed(&text);
    assert_eq!(drawing.lines().count(), 200 * 11 + 2, "{drawing}");
    assert_eq!(drawing.matches("--explain").count(), 1);
}

#[test]
fn marks_lie_under_what_they_mark() {
    // the text in front of the key, and its width on a terminal
    for (front, shown, width) in [
        ("- ", "- ", 2),
        ("- {x: y,\t", "- {x: y,    ", 12),
        ("- {x: 漢字, ", "- {x: 漢字, ", 12),
        ("- {x: e\u{301}e\u{301}, ", "- {x: e\u{301}e\u{301}, ", 10),
        ("- {x: '##[a]', ", "- {x: '##\u{fffd}a]', ", 15),
        ("- {x: '\u{202e}\u{a0}', ", "- {x: '\u{fffd}\u{a0}', ", 12),
        ("- {x: '{{ y }}', ", "- {x: '{{ y }}', ", 17),
    ] {
        let close = if front.contains('{') { "}" } else { "" };
        let lines = drawn(&format!("{front}ecs_ecr: {{name: x}}{close}\n"));
        assert_eq!(lines[2], format!("1 | {shown}ecs_ecr: {{name: x}}{close}"));
        assert_eq!(lines[3], format!("  | {}^^^^^^^ mutable is the default", " ".repeat(width)), "{front:?}");
        let column = front.chars().count() + 1;
        assert_eq!(lines[0], format!(" --> site.yml:1:{column}"));
    }
}

#[test]
fn lines_are_numbered_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["- debug:", "", "- ecs_ecr:", "    name: x", "- debug:"].join(end);
        let expected = [
            " --> site.yml:3:3",
            "  |",
            "3 | - ecs_ecr:",
            "  |   ^^^^^^^ mutable is the default",
            "  |",
            "  = help: add `image_tag_mutability: immutable` to the task's arguments",
        ];
        assert_eq!(drawn(&text), expected, "{end:?}");
        assert_eq!(drawn(&format!("\u{feff}{text}")), expected);
    }
}

#[test]
fn a_mark_is_shown_with_its_task_unless_that_is_far() {
    let drawn_with = |lines: usize| {
        let filler = "    # filler\n".repeat(lines);
        drawn(&format!("- ecs_ecr:\n    name: x\n{filler}    image_tag_mutability: mutable\n"))
    };
    let expected = |number: usize, between: &[&str]| {
        let gutter = " ".repeat(number.to_string().len());
        let location = format!("{gutter}--> site.yml:{number}:5");
        let line = format!("{number} |     image_tag_mutability: mutable");
        let mark = format!("{gutter} |                           ^^^^^^^ must be `immutable`");
        let (empty, help) =
            (format!("{gutter} |"), format!("{gutter} = help: set `image_tag_mutability: immutable`"));
        let rows = [&[&*location, &*empty], between, &[&*line, &*mark, &*empty, &*help]].concat();
        rows.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(drawn_with(30), expected(33, &[" 1 | - ecs_ecr:", "..."]));
    assert_eq!(drawn_with(400), expected(403, &[]));
}

/// A file of one line costs each finding a piece of the line.
#[test]
fn long_lines_are_cut() {
    let text = format!("[{}]", "{ecs_ecr: {name: x}}, ".repeat(3_000));
    let run = lint(&text);
    assert_eq!(findings(&run), 3_000);
    let drawing = print(&run, Format::Full);
    assert!(drawing.len() < 3_000 * 1_000, "{}", drawing.len());
    let last = drawing.rsplit("warning: ").next().expect("the last finding");
    assert!(last.contains(&format!("--> site.yml:1:{}\n", 22 * 2_999 + 3)), "{last}");
    let lines: Vec<_> = last.lines().skip_while(|line| !line.contains("--> ")).collect();
    let (source, mark) = (lines[2], lines[3]);
    assert!(source.starts_with("1 | ...") && source.chars().count() <= 140, "{last}");
    let at = mark.find('^').expect("a mark");
    let under: String = source.chars().skip(at).take(7).collect();
    assert_eq!(under, "ecs_ecr", "{last}");
}

#[test]
fn a_finding_without_source_is_drawn() {
    let mut run = lint("- ecs_ecr:\n");
    run.reports[0].source = None;
    let drawing = print(&run, Format::Full);
    assert!(drawing.contains("\n--> site.yml:1:3\n = help: add "), "{drawing}");
}

#[test]
fn what_is_found_in_strings_is_fixed_there() {
    let drawing = print(&lint("- ecs_ecr: name=x image_tag_mutability=mutable\n"), Format::Full);
    assert!(drawing.contains("= help: set `image_tag_mutability=immutable`\n"), "{drawing}");
}

#[test]
fn a_message_says_where_the_value_is_set() {
    for (task, expected) in [
        ("ecs_ecr: {image_tag_mutability: null}", "refused: null"),
        ("ecs_ecr: {image_tag_mutability: mutable}", "\"mutable\""),
        ("ecs_ecr: {image_tag_mutability: m}", "refused: \"m\""),
        ("ecs_ecr: {image_tag_mutability: [mutable]}", "refused: \"[mutable]\""),
        ("ecs_ecr: image_tag_mutability=Mutable", "refused: \"Mutable\""),
        (
            "ecs_ecr: {image_tag_mutability: IMMUTABLE_WITH_EXCLUSION}",
            "refused: \"IMMUTABLE_WITH_EXCLUSION\"",
        ),
        ("ecs_ecr: image_tag_mutability=mutable_with_exclusion", "refused: \"mutable_with_exclusion\""),
        ("ecs_ecr: {name: x}", "refused: \"d\" by module_defaults"),
        ("ecs_ecr: {image_tag_mutability: '{{ m }}'}", "templated: \"{{ m }}\""),
        ("ecs_ecr: '{{ m }}'", "templated: \"{{ m }}\" with all arguments"),
        ("ecs_ecr: !vault m", "encrypted with all arguments"),
        ("ecs_ecr: {image_tag_mutability: !vault m}", "encrypted"),
        (
            "ecs_ecr: , module_defaults: {ecs_ecr: {image_tag_mutability: '{{ m }}'}}",
            "templated: \"{{ m }}\" by module_defaults",
        ),
        ("ecs_ecr: , module_defaults: {ecs_ecr: '{{ m }}'}", "templated: \"{{ m }}\" by module_defaults"),
    ] {
        let play = "- module_defaults: {ecs_ecr: {image_tag_mutability: d}}\n  hosts: all\n  tasks:";
        let text = format!("{play} [{{{task}}}]\n");
        let finding = json(&lint(&text), Format::Json)["findings"][0].clone();
        let expected = format!("mutability {expected} in an unnamed task");
        assert_eq!(finding["message"], expected, "{text}");
    }
}

/// With a name of 40 characters, the heading of a drawing takes 80 columns at most, and a line takes 130 behind its
/// path, whatever the value is.
#[test]
fn headings_and_lines_are_short() {
    let name = "n".repeat(40);
    for arguments in [
        "name: x",
        "name: x, state: Absent",
        "image_tag_mutability: ",
        "image_tag_mutability: mutable",
        "image_tag_mutability: Immutable",
        "image_tag_mutability: MUTABLE_WITH_EXCLUSION, state: Absent",
        "image_tag_mutability: \"\\e\\e\\e\\e\\e\"",
        "image_tag_mutability: '{{ x }}'",
        "image_tag_mutability: '{{ some.long.name | default(\"mutable\") }}'",
        "image_tag_mutability: !vault x",
        "image_tag_mutabilty: x",
        "image_tag_mutability:x",
        "tags: {image_tag_mutability: immutable}",
    ] {
        let run = lint(&format!("- name: {name}\n  ecs_ecr: {{{arguments}}}\n"));
        let drawing = print(&run, Format::Full);
        let heading = drawing.lines().next().unwrap_or_default();
        assert!(heading.contains(&name) && heading.len() <= 80, "{heading}");
        let text = print(&run, Format::Text);
        let line = text.trim_end().strip_prefix("site.yml:2").expect("a path");
        assert!(line.contains(&name[..9]) && line.ends_with(&format!(" [{}]", rule::ID)), "{line}");
        assert!(line.chars().count() <= 130, "{line}");
    }
}

#[test]
fn a_message_names_the_literal_that_a_template_falls_back_to() {
    let message = |arguments: &str| {
        let text = format!("- ecs_ecr:\n    {arguments}\n");
        json(&lint(&text), Format::Json)["findings"][0]["message"].as_str().expect("a message").to_owned()
    };
    for (template, fallback) in [
        ("{{ x | default('mutable') }}", "mutable"),
        ("{{x|d('immutable')}}", "immutable"),
        ("{{ item.mutability | default(\\\"mutable\\\") }}", "mutable"),
        ("{{ x['y'] | default('mutable', true) }}", "mutable"),
        ("{{ x | d( 'm' , boolean=True ) }}", "m"),
        ("{{ x | d('') }}", ""),
    ] {
        let message = message(&format!("image_tag_mutability: \"{template}\""));
        assert!(message.starts_with(&format!("mutability templated or \"{fallback}\": \"{{{{")), "{message}");
    }
    let defaults = "{{ x | default('mutable') }}";
    for arguments in [
        "image_tag_mutability: \"{{ x | default(y) }}\"",
        "image_tag_mutability: \"{{ x | default('m') | upper }}\"",
        "image_tag_mutability: \"{{ 'im' ~ x | default('mutable') }}\"",
        "image_tag_mutability: \"{{ x }}{{ y | default('mutable') }}\"",
        "image_tag_mutability: \"im{{ y | default('mutable') }}\"",
        "image_tag_mutability: \"{{ y | default('m' ~ 'x') }}\"",
        "image_tag_mutability: \"{{ y | default('m\\\\x') }}\"",
        &format!("\"{defaults}\""),
    ] {
        let message = message(arguments);
        assert!(!message.contains(" or "), "{arguments}\n{message}");
    }
}

/// The report with its fixes, drawn.
fn fixed(text: &str) -> (FileReport, String) {
    let options =
        LintOptions { keep_source: true, fixes: Some(Level::Unsafe), ..LintOptions::new(Modules::default()) };
    let report = linter::lint(Path::new("site.yml"), text.as_bytes(), &options);
    let run = run_of(vec![report]);
    let drawing = print(&run, Format::Full);
    (run.reports.into_iter().next().expect("the report"), drawing)
}

/// Of each finding the lines of its patch: those with a number that follow the help.
fn patches(drawing: &str) -> Vec<Vec<&str>> {
    let is_numbered = |line: &&str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let findings = drawing.split("\n\n").filter(|finding| finding.starts_with("warning: "));
    let behind_help = findings.map(|finding| finding.lines().skip_while(|line| !line.starts_with("help: ")));
    behind_help.map(|lines| lines.filter(is_numbered).collect()).collect()
}

#[test]
fn a_fix_is_drawn_as_a_patch() {
    for (text, expected) in [
        (
            "- ecs_ecr:\n    name: x\n  when: y\n",
            &["2 ~     name: x", "3 +     image_tag_mutability: immutable"] as &[&str],
        ),
        (
            "- ecs_ecr:\r\n    name: x\r\n  when: y\r\n",
            &["2 ~     name: x", "3 +     image_tag_mutability: immutable"],
        ),
        (
            "- ecs_ecr:\r    name: x\r  when: y\r",
            &["2 ~     name: x", "3 +     image_tag_mutability: immutable"],
        ),
        ("- ecs_ecr:\n    name: x", &["2 ~     name: x", "3 +     image_tag_mutability: immutable"]),
        (
            "\u{feff}- ecs_ecr:\n    name: |\n      x\n",
            &["1 ~ - ecs_ecr:", "2 +     image_tag_mutability: immutable"],
        ),
        ("- ecs_ecr: name=x # c\n", &["1 | - ecs_ecr: name=x image_tag_mutability=immutable # c"]),
        ("- ecs_ecr:\n    image_tag_mutability: mutable\n", &["2 |     image_tag_mutability: immutable"]),
        (
            "- ecs_ecr: {image_tag_mutability: 'x'}\n",
            &[
                "1 - - ecs_ecr: {image_tag_mutability: 'x'}",
                "1 + - ecs_ecr: {image_tag_mutability: 'immutable'}",
            ],
        ),
        (
            "- ecs_ecr:\n    image_tag_mutability: \"a\n      b\" # c\n",
            &[
                "2 -     image_tag_mutability: \"a",
                "3 -       b\" # c",
                "2 +     image_tag_mutability: \"immutable\" # c",
            ],
        ),
    ] {
        let (_, drawing) = fixed(text);
        assert_eq!(patches(&drawing), [expected], "{text:?}\n{drawing}");
    }
    let (_, drawing) = fixed(&format!("- ecs_ecr: name={}\n", "x".repeat(5_000)));
    assert_eq!(patches(&drawing), [[""; 0]], "a part of a line would look like all of it:\n{drawing}");
    assert!(drawing.contains("\n  = help: add "), "{drawing}");
}

/// What a patch removes is a line of the file, and what it adds is a line of the fixed file, by its number.
#[test]
fn patches_show_the_fixed_file() {
    let mut shown = 0;
    for folder in ["tests/fix", "tests/cases"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let (report, drawing) = fixed(&text);
            let (fixes, patches) = (report.fixes(), patches(&drawing));
            assert_eq!(patches.len(), report.findings().count(), "{}", path.display());
            for (fix, patch) in fixes.zip(patches) {
                let Ok(edit) = fix else {
                    assert_eq!(patch, [""; 0], "{}", path.display());
                    continue;
                };
                let lines = |text: &str| {
                    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', "    ");
                    text.replace('\u{feff}', "").lines().map(str::to_owned).collect::<Vec<_>>()
                };
                let (old, new) = (lines(&text), lines(&fix::edited(&text, [edit])));
                for line in patch.iter().filter(|line| !line.contains('\u{fffd}')) {
                    let (number, rest) = line.trim_start().split_once(' ').expect("a number");
                    let lines = if rest.starts_with('-') { &old } else { &new };
                    let number: usize = number.parse().expect("a number");
                    let line = rest.get(2..).unwrap_or_default();
                    assert_eq!(lines[number - 1], line, "{}:\n{drawing}", path.display());
                    shown += 1;
                }
            }
        }
    }
    assert!(shown > 200, "only {shown} lines of patches were seen");
}

/// An edit that the text can take.
fn edit(text: &str, cuts: [usize; 2], added: &str) -> Edit {
    let floor = |offset: usize| (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let mut cuts = cuts.map(|offset| floor(offset).unwrap_or_default());
    cuts.sort_unstable();
    Edit { offset: cuts[0], length: cuts[1] - cuts[0], text: added.into() }
}

proptest! {
    /// Neither a text nor a span makes the drawing fail, or lets anything through.
    #[test]
    fn drawing_is_total(
        source in "(?s)([a-z:# \\[\t\r\n\u{feff}漢\u{301}\u{85}\u{1b}]{0,40}|##\\[|::|.{0,40}){0,8}",
        spans in prop::array::uniform4(0_usize..400),
        cuts in prop::array::uniform2(0_usize..400),
        added in "(?s)[a-z:#\\[ \r\n\t\u{1b}]{0,30}",
        line in 1_u32..200_000,
    ) {
        let edit = edit(&source, cuts, &added);
        let mut finding = hostile_finding(Kind::Wrong, &source);
        finding.span = Span::new(spans[0], spans[1]);
        finding.module_key = Span::new(spans[2], spans[3]);
        let mut record = open_finding(finding, Some(Ok(edit)));
        record.location.as_mut().expect("a location").start.line = line;
        let report = FileReport {
            path: PathBuf::from(&source),
            records: vec![record],
            source: Some(source.into()),
            ..FileReport::default()
        };
        assert_harmless(&print(&run_of(vec![report]), Format::Full));
    }

    /// What is marked is what the file says, for every task anywhere.
    #[test]
    fn marks_are_exact(name in "[a-z漢é]{0,12}", indent in 1_usize..30, comments in 0_usize..30, end in "\n|\r\n|\r") {
        let pad = " ".repeat(indent);
        let comments = format!("# {name}{end}").repeat(comments);
        let text = format!("{comments}- name: \"{name}\"{end}  block:{end}{pad}  - ecs_ecr: {{name: {name}y}}{end}");
        let lines = drawn(&text);
        let mark = lines.iter().find(|line| line.contains('^')).expect("a mark");
        let source = &lines[lines.iter().position(|line| line == mark).expect("the mark") - 1];
        let at = mark.find('^').expect("a mark");
        prop_assert_eq!(source.chars().skip(at).take(7).collect::<String>(), "ecs_ecr");
    }
}
