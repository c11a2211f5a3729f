//! What the search rejects holds no task, and what it finds is found in pieces that overlap.
#![no_main]

use std::path::Path;

use ecr_lint::linter::{self, LintOptions};
use ecr_lint::parser::Modules;
use ecr_lint::search::Search;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let modules = Modules::default();
    let search = Search::new(&modules);
    let concerns = search.concerns(bytes);
    if !concerns && std::str::from_utf8(bytes).is_ok() {
        assert_eq!(linter::lint(Path::new("fuzz.yml"), bytes, &LintOptions::new(modules)).tasks, 0);
    }
    let piece = 1 + bytes.first().map_or(0, |byte| usize::from(*byte % 13));
    let mut pieces = (0..bytes.len())
        .step_by(piece)
        .map(|start| &bytes[start.saturating_sub(search.overlap())..bytes.len().min(start + piece)]);
    assert!(!concerns || pieces.any(|piece| search.may_concern(piece)));
});
