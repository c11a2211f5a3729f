//! A text with its fixes, or with comments that suppress, is the same but for these, byte for byte, and a second run
//! finds nothing to change, unless one was left that tasks share, or that was too costly to verify.
#![no_main]

use std::path::Path;

use ecr_lint::apply;
use ecr_lint::fix::{self, Fix, Level, NotFixed};
use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::Modules;
use ecr_lint::report::{FileReport, Status};
use libfuzzer_sys::fuzz_target;

fn check(text: &str, level: Level, ignore_reason: Option<&str>) {
    let ignore_reason = ignore_reason.map(Box::from);
    let options = LintOptions { fixes: Some(level), ignore_reason, ..LintOptions::new(Modules::default()) };
    let lint = |bytes: &[u8]| -> FileReport { linter::lint(Path::new("fuzz.yml"), bytes, &options) };
    let report = lint(text.as_bytes());
    assert_eq!(report.findings().count(), report.fixes().count());
    let edits = apply::edits(&report);
    assert!(edits.windows(2).all(|pair| pair[0].offset + pair[0].length <= pair[1].offset));
    let fixed = fix::edited(text, &edits);
    let again = lint(fixed.as_bytes());
    // the comments of one run may leave a shared finding with a single task, which the next run gives one; and in more
    // than a few lines the steps may run out before all fixes were tried
    let may_go_on = |fix: &Fix| match fix {
        Err(NotFixed::Shared) => options.ignore_reason.is_some(),
        Err(NotFixed::Unverified) => text.len() > 600,
        _ => false,
    };
    let may_go_on = report.fixes().any(may_go_on);
    assert!(may_go_on || apply::edits(&again).is_empty(), "{:?}", apply::edits(&again));
    let left = report.findings().zip(report.fixes()).filter(|(_, fix)| fix.is_err());
    let left: Vec<_> = left.map(|((finding, _), _)| finding.kind).collect();
    assert_eq!(again.findings().map(|(finding, _)| finding.kind).collect::<Vec<_>>(), left);
    assert_eq!((again.tasks, again.texts(Status::Problem).count()), (report.tasks, report.texts(Status::Problem).count()));
    // undoing the edits gives the old bytes
    let mut back = Vec::new();
    let (mut from, mut moved) = (0, 0isize);
    for edit in &edits {
        let at = edit.offset.checked_add_signed(moved).expect("in order");
        back.extend_from_slice(&fixed.as_bytes()[from..at]);
        back.extend_from_slice(&text.as_bytes()[edit.offset..edit.offset + edit.length]);
        from = at + edit.text.len();
        moved += edit.text.len().cast_signed() - edit.length.cast_signed();
    }
    back.extend_from_slice(&fixed.as_bytes()[from..]);
    assert_eq!(back, text.as_bytes());
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    check(text, Level::Safe, None);
    check(text, Level::Unsafe, None);
    check(text, Level::Safe, Some("x"));
});
