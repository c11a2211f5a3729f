//! Nothing panics, every span lies in the text, and a repeated run gives the same report.
#![no_main]

use std::path::Path;

use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::Modules;
use ecr_lint::report::Status;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzz.yml");
    let options = LintOptions::new(Modules::new(&["my.own.ecr".to_owned()]));
    let report = linter::lint(path, bytes, &options);
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    for (finding, at) in report.findings() {
        assert!(at.start < at.end && at.span == finding.span);
        assert!(at.end.line as usize <= lines);
        assert!(at.span.end <= bytes.len());
        let text = std::str::from_utf8(bytes).expect("findings are found in UTF-8 only");
        assert!(text.get(at.span.range()).is_some_and(|key| !key.is_empty()));
    }
    assert!(report.texts(Status::Problem).filter_map(|(_, at)| at).all(|at| at.start.line as usize <= lines));
    assert_eq!(report, linter::lint(path, bytes, &options));
});
