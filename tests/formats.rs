//! Each format, read as its readers read it: SARIF by the official schema, JSON, XML and workflow
//! commands by parsers, and the drawn one byte by byte.
//!
//! Each with nothing found, with errors, with a thousand findings, and with names and values that would
//! like to drive the terminal or the runner.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use ecr_lint::fix::{self, Edit, Fix, Level};
use ecr_lint::linter::{self, Located, Options, Problem, Report, Run, Suppressed};
use ecr_lint::parser::{Modules, Position, Span};
use ecr_lint::printer::{self, Format};
use ecr_lint::rule::{self, Finding, Kind};
use proptest::prelude::*;
use serde_json::Value;

const MACHINES: [Format; 4] = [Format::Json, Format::Sarif, Format::Gitlab, Format::Junit];

fn print(run: &Run, format: Format) -> String {
    colored::control::set_override(false);
    let mut out = Vec::new();
    printer::print(run, format, false, &mut out).expect("a vector can be written to");
    String::from_utf8(out).expect("every format is UTF-8")
}

fn json(run: &Run, format: Format) -> Value {
    serde_json::from_str(&print(run, format)).expect("JSON")
}

fn run_of(reports: Vec<Report>) -> Run {
    Run { reports, ..Run::default() }
}

fn lint_as(path: &str, text: &str) -> Report {
    let options = Options { keep_source: true, ..Options::new(Modules::default()) };
    linter::lint(Path::new(path), text.as_bytes(), &options)
}

fn lint(text: &str) -> Run {
    run_of(vec![lint_as("site.yml", text)])
}

/// Text that a terminal, GitHub, Azure or TeamCity would obey, that XML cannot hold, or that ends what it
/// stands in.
const HOSTILE: &str = "\u{1b}]0;t\u{7}\u{9b}31m\r\n::error::x\n##[error]y ##vso[task.complete]z \
                       ##teamcity[m] \u{202e}\u{2066}\u{2028}\u{85}\u{200b}\u{feff}\u{0}\u{ffff}\
                       ]]>\"'<&>%0A::warning file=a,line=1::b%25[c](https://example.org)`{0}` \
                       ::error::x ::error file=a::y ::error::z ::error::y ::error::x ::error::y ::error::z";

fn hostile_finding(kind: Kind, source: &str) -> Located<Finding> {
    let end = source.len();
    let item = Finding {
        kind,
        span: Span::new(0, end),
        module_key: Span::new(end / 2, end),
        module: HOSTILE.into(),
        task: Some(HOSTILE.into()),
        value: Some(HOSTILE.into()),
        source: None,
    };
    Located { start: Position { line: 1, column: 1 }, end: Position { line: 2, column: 1 }, item }
}

fn hostile() -> Run {
    let findings = [Kind::Missing, Kind::Wrong, Kind::Templated].map(|kind| hostile_finding(kind, HOSTILE));
    let finding = hostile_finding(Kind::Missing, HOSTILE);
    let suppressed = vec![Suppressed { finding, reason: Some(HOSTILE.into()) }];
    let position = Some(Position { line: 1, column: 1 });
    let problems = vec![Problem { position, message: HOSTILE.to_owned() }];
    let report = |path: &str| Report {
        path: PathBuf::from(path),
        findings: findings.to_vec(),
        suppressed: suppressed.clone(),
        problems: problems.clone(),
        warnings: vec![Problem { position: None, message: HOSTILE.to_owned() }],
        tasks: 4,
        source: Some(HOSTILE.into()),
        ..Report::default()
    };
    let paths = [HOSTILE, "::error::x.yml", "a,line=1::b.yml", "/##[group]/x.yml", "-->.yml"];
    run_of(paths.into_iter().map(report).collect())
}

fn thousand() -> Run {
    let text = "- name: Create it\n  ecs_ecr: {name: x}\n".repeat(100);
    run_of((0..10).map(|number| lint_as(&format!("roles/r{number}/tasks/main.yml"), &text)).collect())
}

fn broken() -> Run {
    lint("- ecs_ecr: {name: x}\n---\n- ecs_ecr: [")
}

/// Every shape that a run can have.
fn runs() -> Vec<Run> {
    vec![Run::default(), lint("- debug:\n"), lint("- ecs_ecr: {name: x}\n"), broken(), thousand(), hostile()]
}

fn findings(run: &Run) -> usize {
    run.reports.iter().map(|report| report.findings.len()).sum()
}

fn problems(run: &Run) -> usize {
    run.reports.iter().map(|report| report.problems.len()).sum()
}

fn assert_harmless(text: &str) {
    let lower = text.to_lowercase();
    for command in ["##[", "##vso[", "##teamcity["] {
        assert!(!lower.contains(command), "{text}");
    }
    for line in text.split('\n') {
        let hidden = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!line.contains(hidden), "{line:?}");
    }
}

#[test]
fn nothing_is_obeyed_in_any_format() {
    let run = hostile();
    for format in [Format::Full, Format::Text].into_iter().chain(MACHINES) {
        let text = print(&run, format);
        assert_harmless(&text);
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    }
}

#[test]
fn auto_is_for_people_on_a_terminal_and_for_grep_in_a_pipe() {
    assert_eq!(Format::Auto.resolve(true), Format::Full);
    assert_eq!(Format::Auto.resolve(false), Format::Text);
    for is_terminal in [true, false] {
        assert_eq!(Format::Text.resolve(is_terminal), Format::Text);
    }
    assert!(Format::Full.draws_source() && !Format::Text.draws_source());
}

// SARIF

fn schema() -> jsonschema::Validator {
    // this pattern is no regular expression; the first errata of SARIF fix it so
    let schema = include_str!("schemas/sarif-schema-2.1.0.json")
        .replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    let schema = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

fn sarif(run: &Run) -> Value {
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
    let place = &mut document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    place["artifactLocation"]["uri"] = "a b.yml".into();
    assert!(!schema().is_valid(&document));
}

#[test]
fn sarif_is_valid() {
    for run in runs() {
        let document = sarif(&run);
        let of_run = &document["runs"][0];
        let results = of_run["results"].as_array().expect("results");
        let suppressed: usize = run.reports.iter().map(|report| report.suppressed.len()).sum();
        assert_eq!(results.len(), findings(&run) + suppressed);
        let successful = of_run["invocations"][0]["executionSuccessful"].as_bool();
        assert_eq!(successful, Some(problems(&run) == 0));
        let fingerprints: HashSet<_> =
            results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
        assert_eq!(fingerprints.len(), results.len());
    }
}

#[test]
fn sarif_tells_about_the_rule() {
    let driver = &sarif(&Run::default())["runs"][0]["tool"]["driver"];
    assert_eq!(driver["version"], env!("CARGO_PKG_VERSION"));
    let told = &driver["rules"][0];
    assert_eq!(told["id"], rule::ID);
    assert_eq!(told["helpUri"], rule::PAGE);
    assert_eq!(told["properties"]["security-severity"], "5.0");
    assert!(told["properties"]["tags"].as_array().expect("tags").contains(&"CWE-710".into()));
}

#[test]
fn sarif_names_places() {
    let path = if cfg!(windows) { r"C:\a b\x.yml" } else { "/a b/x.yml" };
    let reports =
        vec![lint_as("./dïr/a b#.yml", "- name: ä\n  ecs_ecr: {name: x}\n"), lint_as(path, "- ecs_ecr: [")];
    let document = sarif(&run_of(reports));
    let place = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "d%C3%AFr/a%20b%23.yml");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    let region = serde_json::json!({"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 10});
    assert_eq!(place["region"], region);
    let told = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    let place = &told["locations"][0]["physicalLocation"];
    let uri = if cfg!(windows) { "file:///C%3A/a%20b/x.yml" } else { "file:///a%20b/x.yml" };
    assert_eq!((&place["artifactLocation"]["uri"], &told["level"]), (&uri.into(), &"error".into()));
    assert!(place["artifactLocation"].get("uriBaseId").is_none());
}

#[test]
fn sarif_shows_what_a_comment_suppresses() {
    let mut report = lint_as("site.yml", "- ecs_ecr: {name: x}\n- ecs_ecr: {name: y}\n");
    let open = fingerprints(&sarif(&run_of(vec![report.clone()])));
    let finding = report.findings.remove(0);
    report.suppressed = vec![Suppressed { finding, reason: Some("dev cache".into()) }];
    let document = sarif(&run_of(vec![report]));
    let results = &document["runs"][0]["results"];
    let expected = serde_json::json!([{"kind": "inSource", "justification": "dev cache"}]);
    assert_eq!(results[0]["suppressions"], expected);
    assert_eq!(results[1]["suppressions"], serde_json::json!([]));
    assert_eq!(fingerprints(&document), open, "suppressing changes no fingerprint");
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

// GitLab

#[test]
fn gitlab_gets_what_it_asks_for() {
    for run in runs() {
        let document = json(&run, Format::Gitlab);
        let issues = document.as_array().expect("an array");
        assert_eq!(issues.len(), findings(&run) + problems(&run));
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

#[test]
fn junit_passes_when_nothing_is_found() {
    assert_eq!(
        print(&lint("- debug:\n"), Format::Junit),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"ecr-lint\" tests=\"1\" skipped=\"0\" failures=\"0\" errors=\"0\">\n\
         \u{20}   <testsuite name=\"ecr-lint\" tests=\"1\" skipped=\"0\" errors=\"0\" failures=\"0\">\n\
         \u{20}       <testcase name=\"ansible-aws-ecr-image-tag-not-immutable\"/>\n\
         \u{20}   </testsuite>\n\
         </testsuites>\n"
    );
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
        let total = usize::from(findings(&run) + problems(&run) > 0);
        assert_eq!(count("warning"), findings(&run));
        assert_eq!(count("error"), problems(&run));
        assert_eq!((count("notice"), commands.len()), (total, findings(&run) + problems(&run) + total));
        for command in &commands {
            let keys: Vec<_> = command.properties.iter().map(|(key, _)| key.as_str()).collect();
            let known = [
                &["file", "line", "endLine", "col", "endColumn", "title"][..],
                &["file", "line", "endLine", "title"],
                &["file", "line", "col", "title"],
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
         title=ansible-aws-ecr-image-tag-not-immutable::ecs_ecr task does not set image_tag_mutability; \
         add `image_tag_mutability: immutable` to the task's arguments\n\
         ::notice title=ecr-lint::1 finding in 1 file; 0 files checked, 0 ECR tasks\n"
    );
    assert_eq!(command(&text).expect("a command").properties[0].1, "a,line=1::b%0A\nc.yml");
    assert_eq!(print(&Run::default(), Format::Github), "");
}

// Drawn

/// The lines of the drawing between its head and its notes.
fn drawn(text: &str) -> Vec<String> {
    let drawing = print(&lint(text), Format::Full);
    assert_harmless(&drawing);
    let lines = drawing.lines().skip(1).map(str::trim_end);
    lines.take_while(|line| !line.trim_start().starts_with("= ")).map(str::to_owned).collect()
}

#[test]
fn a_finding_is_drawn() {
    let text = "- name: Create it\n  ecs_ecr:\n    name: x\n    image_tag_mutability: mutable\n  when: y\n";
    assert_eq!(
        print(&lint(text), Format::Full),
        "medium: ecs_ecr task \"Create it\" sets image_tag_mutability to \"mutable\", not \"immutable\"\n\
         \u{20}--> site.yml:4:5\n\
         \u{20} |\n\
         1 | - name: Create it\n\
         2 |   ecs_ecr:\n\
         \u{20} |   ------- in this task\n\
         3 |     name: x\n\
         4 |     image_tag_mutability: mutable\n\
         \u{20} |     ^^^^^^^^^^^^^^^^^^^^ not `immutable`\n\
         5 |   when: y\n\
         \u{20} |\n\
         \u{20} = note: only the string `immutable` makes tags immutable; otherwise, whoever\n\
         \u{20}         can push can replace the image behind a tag that is already deployed\n\
         \u{20} = help: set `image_tag_mutability: immutable`\n\
         \u{20} = rule: ansible-aws-ecr-image-tag-not-immutable\n\
         \u{20}         https://docs.datadoghq.com/security/code_security/iac_security/iac_rules/ansible/aws/\
         ecr_image_tag_not_immutable\n\n"
    );
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
        ("- {x: '\u{202e}\u{a0}', ", "- {x: '\u{fffd}\u{fffd}', ", 12),
        ("- {x: '{{ y }}', ", "- {x: '{{ y }}', ", 17),
    ] {
        let close = if front.contains('{') { "}" } else { "" };
        let lines = drawn(&format!("{front}ecs_ecr: {{name: x}}{close}\n"));
        assert_eq!(lines[2], format!("1 | {shown}ecs_ecr: {{name: x}}{close}"));
        assert_eq!(lines[3], format!("  | {}^^^^^^^ tags stay mutable", " ".repeat(width)), "{front:?}");
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
            "  |   ^^^^^^^ tags stay mutable",
            "4 |     name: x",
            "  |",
        ];
        assert_eq!(drawn(&text), expected, "{end:?}");
        assert_eq!(drawn(&format!("\u{feff}{text}")), expected);
    }
}

#[test]
fn a_mark_far_from_its_task_gets_lines_of_its_own() {
    let filler = "    # filler\n".repeat(50);
    let text = format!("- ecs_ecr:\n    name: x\n{filler}    image_tag_mutability: mutable\n");
    let drawing = print(&lint(&text), Format::Full);
    let lines: Vec<_> = drawing.lines().map(str::trim_end).collect();
    let head = [
        "  --> site.yml:53:5",
        "   |",
        "52 |     # filler",
        "53 |     image_tag_mutability: mutable",
        "   |     ^^^^^^^^^^^^^^^^^^^^ not `immutable`",
        "   |",
    ];
    let tail = [
        "note: the task is here",
        "  --> site.yml:1:3",
        "   |",
        " 1 | - ecs_ecr:",
        "   |   ------- in this task",
        " 2 |     name: x",
        "   |",
        "",
    ];
    assert_eq!(lines[1..=head.len()], head, "{drawing}");
    assert_eq!(lines[lines.len() - tail.len()..], tail, "{drawing}");
}

/// A file of one line costs each finding a piece of the line.
#[test]
fn long_lines_are_cut() {
    let text = format!("[{}]", "{ecs_ecr: {name: x}}, ".repeat(3_000));
    let run = lint(&text);
    assert_eq!(findings(&run), 3_000);
    let drawing = print(&run, Format::Full);
    assert!(drawing.len() < 3_000 * 1_500, "{}", drawing.len());
    let last = drawing.rsplit("medium: ").next().expect("the last finding");
    assert!(last.contains(&format!("--> site.yml:1:{}\n", 22 * 2_999 + 3)), "{last}");
    let lines: Vec<_> = last.lines().collect();
    let (source, mark) = (lines[3], lines[4]);
    let at = mark.find('^').expect("a mark");
    let under: String = source.chars().skip(at).take(7).collect();
    assert_eq!(under, "ecs_ecr", "{last}");
}

#[test]
fn a_finding_without_source_is_told() {
    let mut run = lint("- ecs_ecr:\n");
    run.reports[0].source = None;
    let drawing = print(&run, Format::Full);
    assert!(drawing.contains("--> site.yml:1:3\n") && drawing.contains("= help: "), "{drawing}");
}

#[test]
fn what_is_found_in_strings_is_fixed_there() {
    let drawing = print(&lint("- ecs_ecr: name=x image_tag_mutability=mutable\n"), Format::Full);
    assert!(drawing.contains("= help: set `image_tag_mutability=immutable`\n"), "{drawing}");
}

#[test]
fn a_message_says_where_the_value_is_set() {
    for (task, expected) in [
        ("ecs_ecr: {image_tag_mutability: m}", "sets image_tag_mutability to \"m\", not \"immutable\""),
        ("ecs_ecr: image_tag_mutability=m", "sets image_tag_mutability to \"m\", not \"immutable\""),
        ("ecs_ecr: {name: x}", "gets image_tag_mutability \"d\" from module_defaults, not \"immutable\""),
        (
            "ecs_ecr: {image_tag_mutability: '{{ m }}'}",
            "sets image_tag_mutability to the template \"{{ m }}\"",
        ),
        ("ecs_ecr: '{{ m }}'", "takes its arguments from the template \"{{ m }}\""),
        ("ecs_ecr: !vault m", "takes its arguments from a value encrypted with vault"),
        (
            "ecs_ecr: {image_tag_mutability: !vault m}",
            "sets image_tag_mutability to a value encrypted with vault",
        ),
        (
            "ecs_ecr: , module_defaults: {ecs_ecr: {image_tag_mutability: '{{ m }}'}}",
            "gets image_tag_mutability from module_defaults, where it is the template \"{{ m }}\"",
        ),
        (
            "ecs_ecr: , module_defaults: {ecs_ecr: '{{ m }}'}",
            "takes its module_defaults from the template \"{{ m }}\"",
        ),
    ] {
        let play = "- module_defaults: {ecs_ecr: {image_tag_mutability: d}}\n  hosts: all\n  tasks:";
        let text = format!("{play} [{{{task}}}]\n");
        let message = json(&lint(&text), Format::Json)["findings"][0]["message"].as_str().map(str::to_owned);
        let message = message.unwrap_or_default();
        assert!(message.starts_with(&format!("ecs_ecr task {expected}")), "{text}{message}");
        let template = message.ends_with(", which cannot be verified without running Ansible");
        assert_eq!(template, !message.ends_with("not \"immutable\""), "{message}");
    }
}

/// The report with its fixes, drawn.
fn fixed(text: &str) -> (Report, String) {
    let options =
        Options { keep_source: true, fixes: Some(Level::Unsafe), ..Options::new(Modules::default()) };
    let report = linter::lint(Path::new("site.yml"), text.as_bytes(), &options);
    let run = run_of(vec![report]);
    let drawing = print(&run, Format::Full);
    (run.reports.into_iter().next().expect("the report"), drawing)
}

/// The lines under each `help:`, without the empty ones of the frame.
fn patches(drawing: &str) -> Vec<Vec<&str>> {
    let parts = drawing.split("\nhelp: ").skip(1);
    parts
        .map(|part| {
            let lines = part.split("\n\n").next().unwrap_or_default().lines().skip(1);
            lines.map(str::trim_end).filter(|line| !line.trim_start().eq("|")).collect()
        })
        .collect()
}

#[test]
fn several_edits_are_one_replacement_in_json() {
    let tasks = "- ecs_ecr: {name: x}\n  args: *a\n- ecs_ecr:\n    name: y\n  args: *a\n";
    let text = format!("- vars: {{a: &a {{image_tag_mutability: m}}}}\n  debug:\n{tasks}");
    let (report, _) = fixed(&text);
    assert_eq!(report.fixes.iter().map(|fix| fix.edits().len()).collect::<Vec<_>>(), [2]);
    let fix = json(&run_of(vec![report.clone()]), Format::Json)["findings"][0]["fix"].clone();
    let number =
        |key: &str| fix[key].as_u64().and_then(|value| usize::try_from(value).ok()).expect("a number");
    let text_of_fix = fix["text"].as_str().expect("a text");
    let edit = Edit { offset: number("offset"), length: number("length"), text: text_of_fix.into() };
    let mut edits = report.fixes[0].edits().to_vec();
    edits.sort();
    assert_eq!(fix::edited(&text, &[edit]), fix::edited(&text, &edits));

    let apart = text.replace("- ecs_ecr:\n", &format!("# {}\n- ecs_ecr:\n", "x".repeat(fix::LONGEST_SPAN)));
    let (report, _) = fixed(&apart);
    assert_eq!(json(&run_of(vec![report]), Format::Json)["findings"][0]["fix"], Value::Null);
}

#[test]
fn a_fix_is_drawn_as_a_patch() {
    for (text, expected) in [
        ("- ecs_ecr:\n    name: x\n  when: y\n", &["3 +     image_tag_mutability: immutable"] as &[&str]),
        ("- ecs_ecr:\r\n    name: x\r\n  when: y\r\n", &["3 +     image_tag_mutability: immutable"]),
        ("- ecs_ecr:\r    name: x\r  when: y\r", &["3 +     image_tag_mutability: immutable"]),
        ("- ecs_ecr:\n    name: x", &["2 ~     name: x", "3 +     image_tag_mutability: immutable"]),
        ("\u{feff}- ecs_ecr:\n", &["2 +     image_tag_mutability: immutable"]),
        (
            "- ecs_ecr: name=x # c\n",
            &[
                "1 | - ecs_ecr: name=x image_tag_mutability=immutable # c",
                "  |                   ++++++++++++++++++++++++++++++",
            ],
        ),
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
    let patch = patches(&drawing)[0][0];
    assert!(patch.starts_with("1 | …x") && patch.ends_with("x image_tag_mutability=immutable"), "{patch}");
}

/// Every line of a patch that stays or is new is a line of the fixed file.
#[test]
fn patches_show_the_fixed_file() {
    let mut shown = 0;
    for folder in ["tests/fix", "tests/cases"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let (report, drawing) = fixed(&text);
            let fixes = report.fixes.iter().map(Fix::edits).filter(|edits| !edits.is_empty());
            let patches = patches(&drawing);
            assert!(patches.len() <= fixes.clone().count(), "{}", path.display());
            if patches.len() < fixes.clone().count() {
                continue; // one that is too large to be drawn, and which one is not known here
            }
            for (edits, patch) in fixes.zip(patches) {
                let expected = fix::edited(&text, edits).replace("\r\n", "\n").replace('\r', "\n");
                let lines: HashSet<_> =
                    expected.lines().map(|line| line.trim_start_matches('\u{feff}')).collect();
                for line in patch {
                    let Some((number, rest)) = line.trim_start().split_once(' ') else { continue };
                    let (sign, rest) = rest.split_at(1);
                    let is_kept = number.parse::<u32>().is_ok() && sign != "-";
                    if !is_kept || rest.contains(['…', '\u{fffd}']) {
                        continue;
                    }
                    let is_line = |line: &&str| {
                        line.replace('\t', "    ").trim_end() == rest.get(1..).unwrap_or_default()
                    };
                    assert!(lines.iter().any(is_line), "{}: {line}\n{drawing}", path.display());
                    shown += 1;
                }
            }
        }
    }
    assert!(shown > 300, "only {shown} lines of patches were seen");
}

/// Edits that the text can take, in their order.
fn edits(text: &str, cuts: [usize; 4], added: &str) -> Vec<Edit> {
    let floor = |offset: usize| (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let mut cuts = cuts.map(|offset| floor(offset).unwrap_or_default());
    cuts.sort_unstable();
    let pairs = [(cuts[0], cuts[1]), (cuts[2], cuts[3])];
    pairs.map(|(start, end)| Edit { offset: start, length: end - start, text: added.into() }).into()
}

proptest! {
    /// Neither a text nor a span makes the drawing fail, or lets anything through.
    #[test]
    fn drawing_is_total(
        source in "(?s)([a-z:# \\[\t\r\n\u{feff}漢\u{301}\u{85}\u{1b}]{0,40}|##\\[|::|.{0,40}){0,8}",
        spans in prop::array::uniform4(0_usize..400),
        cuts in prop::array::uniform4(0_usize..400),
        added in "(?s)[a-z:#\\[ \r\n\t\u{1b}]{0,30}",
        several: bool,
        line in 1_u32..200_000,
    ) {
        let mut edits = edits(&source, cuts, &added);
        edits.truncate(1 + usize::from(several));
        let mut finding = hostile_finding(Kind::Wrong, &source);
        finding.item.span = Span::new(spans[0], spans[1]);
        finding.item.module_key = Span::new(spans[2], spans[3]);
        finding.start.line = line;
        let report = Report {
            path: PathBuf::from(&source),
            findings: vec![finding],
            fixes: vec![Fix::Edits(edits)],
            source: Some(source.into()),
            ..Report::default()
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
        let source = &lines[lines.iter().position(|line| line == mark).expect("its place") - 1];
        let at = mark.find('^').expect("a mark");
        prop_assert_eq!(source.chars().skip(at).take(7).collect::<String>(), "ecs_ecr");
    }
}
