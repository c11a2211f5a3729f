//! What the search rejects holds no task.
#![no_main]

use std::path::Path;

use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::Modules;
use ecr_lint::search::Search;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let modules = Modules::default();
    let search = Search::new(&modules);
    let concerns = search.concerns(bytes);
    if !concerns && std::str::from_utf8(bytes).is_ok() {
        assert_eq!(linter::lint(Path::new("fuzz.yml"), bytes, &LintOptions::new(modules)).tasks, 0);
    }
});
