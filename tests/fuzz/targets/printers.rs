//! Every format is valid, has one line for each finding if it promises that, and contains no command to a terminal,
//! GitHub, Azure or TeamCity.
#![no_main]

use std::path::PathBuf;

use clap::ValueEnum;
use ecr_lint::cli::Format;
use ecr_lint::fix::{Edit, Fix};
use ecr_lint::parser::{Position, Span};
use ecr_lint::printer::Printer;
use ecr_lint::report::{Location, Record, FileReport, RunReport, Status};
use ecr_lint::rule::{Finding, Kind};
use libfuzzer_sys::fuzz_target;

/// An edit that the text can take.
fn fix(text: &str, from: usize, to: usize, added: &str) -> Fix {
    let floor = |offset: usize| (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let (from, to) = (floor(from.min(to)).unwrap_or(0), floor(from.max(to)).unwrap_or(0));
    Ok(Edit { offset: from, length: to - from, text: added.into() })
}

fuzz_target!(|input: (&str, &str, &str, &str, u8, [u16; 4])| {
    let (path, task, value, message, kind, spans) = input;
    let [start, end, key_start, key_end] = spans.map(usize::from);
    let kind = [Kind::Missing, Kind::Wrong, Kind::Templated][usize::from(kind % 3)];
    let position = Position::START;
    let finding = Finding {
        kind,
        span: Span::new(start, end),
        module_key: Span::new(key_start, key_end),
        module: task.into(),
        task: Some(task.into()),
        value: Some(value.into()),
        source: None,
        refused_state: None,
        slip: None,
    };
    let location = |span| Location { span, start: position, end: position };
    let fixes = [fix(value, start, key_start, task), fix(value, key_start, key_end, path)];
    let records = fixes.map(|fix| Record {
        status: Status::Open,
        location: Some(location(finding.span)),
        finding: Some(finding.clone()),
        fix: Some(fix),
        text: None,
    });
    let problem = Record {
        status: Status::Problem,
        location: Some(location(Span::new(1, 1))),
        finding: None,
        fix: None,
        text: Some(message.into()),
    };
    let records = records.into_iter().chain([problem]).collect();
    // the value is the source too, so that anything may be drawn
    let source = Some(value.into());
    let report = FileReport { path: PathBuf::from(path), name: PathBuf::from(path), records, source, ..FileReport::default() };
    let run = RunReport { reports: vec![report], ..RunReport::default() };
    for &format in Format::value_variants() {
        let mut out = Vec::new();
        Printer { run: &run, fixed: None, format, quiet: false }.print(&mut out).expect("a vector can be written to");
        let text = String::from_utf8(out).expect("every format is UTF-8");
        check(format, &text);
    }
});

fn check(format: Format, text: &str) {
    match format {
        Format::Auto | Format::Text => assert_eq!(text.lines().count(), 2, "{text:?}"),
        Format::Json => {
            let document: serde_json::Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(document["findings"].as_array().map(Vec::len), Some(2));
        }
        Format::Sarif => {
            let document: serde_json::Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(document["runs"][0]["results"].as_array().map(Vec::len), Some(2));
        }
        Format::Gitlab => {
            let document: serde_json::Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(document.as_array().map(Vec::len), Some(3));
        }
        Format::Junit => {
            let document = roxmltree::Document::parse(text).expect("XML");
            let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
            assert_eq!(cases.count(), 3);
        }
        Format::Github => {
            assert_eq!(text.lines().count(), 4, "{text:?}"); // two findings, one error, the total
            assert!(text.lines().all(|line| line.starts_with("::")), "{text:?}");
        }
        Format::Full => assert_eq!(text.lines().filter(|line| line.starts_with("warning: ")).count(), 2),
    }
    let lower = text.to_ascii_lowercase();
    for command in ["##[", "##vso[", "##teamcity["] {
        assert!(!lower.contains(command), "{text:?}");
    }
    for line in text.split('\n') {
        assert!(format == Format::Github || !line.trim_start().starts_with("::"), "{text:?}");
        assert!(!line.chars().any(char::is_control), "{text:?}");
        let turns = |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!line.chars().any(turns), "{text:?}");
    }
}
