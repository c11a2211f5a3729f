//! What a report is, whatever was found: valid in its format, complete, and without a command to a terminal, GitHub,
//! Azure or TeamCity. `tests/formats.rs` and the fuzz target `printers` share it; a format without an arm here does not
//! compile.

use clap::ValueEnum;
use ecr_lint::cli::Format;
use ecr_lint::printer::Printer;
use ecr_lint::report::{FileReport, RunReport, Status};
use serde_json::Value;

pub(crate) fn check_every_format(run: &RunReport) {
    for &format in Format::value_variants() {
        check(format, &print(run, format), run);
    }
}

pub(crate) fn print(run: &RunReport, format: Format) -> String {
    let mut out = Vec::new();
    Printer { run, fixed: None, format, quiet: false }.print(&mut out).expect("a vector can be written to");
    String::from_utf8(out).expect("every format is UTF-8")
}

fn check(format: Format, text: &str, run: &RunReport) {
    let findings = run.reports.iter().flat_map(FileReport::findings).count();
    let problems = run.reports.iter().flat_map(|report| report.having(Status::Problem)).count();
    let warnings = run.reports.iter().flat_map(|report| report.having(Status::Warning)).count();
    let json = || -> Value { serde_json::from_str(text).expect("JSON") };
    let length = |value: &Value| value.as_array().map(Vec::len);
    match format {
        Format::Auto | Format::Text => assert_eq!(text.lines().count(), findings, "{text:?}"),
        Format::Full => {
            let titles = text.lines().filter(|line| line.starts_with("warning: "));
            assert_eq!(titles.count(), findings, "{text:?}");
        }
        Format::Json => {
            for (name, count) in [("findings", findings), ("errors", problems), ("warnings", warnings)] {
                assert_eq!(length(&json()[name]), Some(count), "{name}");
            }
        }
        Format::Sarif => assert_eq!(length(&json()["runs"][0]["results"]), Some(findings)),
        Format::Gitlab => assert_eq!(length(&json()), Some(findings + problems + warnings)),
        Format::Junit => {
            let document = roxmltree::Document::parse(text).expect("XML");
            let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
            assert_eq!((count("failure"), count("error")), (findings, problems), "{text:?}");
        }
        Format::Github => {
            assert_eq!(text.lines().count(), findings + problems + warnings, "{text:?}");
            assert!(text.lines().all(|line| line.starts_with("::")), "{text:?}");
        }
    }
    assert_harmless(text);
    // the commands of GitHub Actions begin with `::`
    let is_command = |line: &str| line.trim_start().starts_with("::");
    assert!(format == Format::Github || !text.lines().any(is_command), "{text:?}");
}

pub(crate) fn assert_harmless(text: &str) {
    let lower = text.to_lowercase();
    for command in ["##[", "##vso[", "##teamcity["] {
        assert!(!lower.contains(command), "{text:?}");
    }
    for line in text.split('\n') {
        let separates = |c: char| c.is_control() || matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}');
        let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}');
        let isolates = |c: char| matches!(c, '\u{61c}' | '\u{2066}'..='\u{2069}');
        let hidden = |c: char| separates(c) || turns(c) || isolates(c);
        assert!(!line.contains(hidden), "{line:?}");
    }
}
