//! What the search rejects holds no task, and a scan in pieces agrees with the search.
#![no_main]

use std::path::Path;

use ecr_lint::linter::{self, Options};
use ecr_lint::parser::Modules;
use ecr_lint::search::{Scan, Search};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let modules = Modules::default();
    let search = Search::new(&modules);
    let concerns = search.concerns(bytes);
    if !concerns && std::str::from_utf8(bytes).is_ok() {
        assert_eq!(linter::lint(Path::new("fuzz.yml"), bytes, &Options::new(modules)).tasks, 0);
    }
    let piece = 1 + bytes.first().map_or(0, |byte| usize::from(*byte % 13));
    let mut scan = Scan::new(&search);
    assert_eq!(bytes.chunks(piece).any(|piece| scan.feed(piece)), concerns);
});
