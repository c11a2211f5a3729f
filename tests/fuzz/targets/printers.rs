//! Every format is what `tests/common/check.rs` says, whatever stands in the report.
#![no_main]

#[path = "../../common/check.rs"]
mod check;

use std::path::PathBuf;

use ecr_lint::fix::{Edit, Fix};
use ecr_lint::position::{Position, Span};
use ecr_lint::report::{FileReport, Location, Record, RunReport, Status};
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
        value_span: None,
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
    let report = FileReport { path: PathBuf::from(path), records, source, ..FileReport::default() };
    let mut run = RunReport { reports: vec![report], ..RunReport::default() };
    run.name_files();
    check::check_every_format(&run);
});
