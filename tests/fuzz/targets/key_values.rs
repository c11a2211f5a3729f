//! The k=v splitter does not panic, and a pair that is appended to a valid string is found.
#![no_main]

use ecr_lint::parser::KeyValues;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if KeyValues::parse(text).is_err() {
        return;
    }
    let longer = format!("{text} state=absent");
    // a backslash at the end continues the line, or escapes the space
    if let Ok(pairs) = KeyValues::parse(&longer) {
        if !text.ends_with('\\') {
            assert_eq!(pairs.get("state"), Some("absent"), "{text:?}");
        }
    }
});
