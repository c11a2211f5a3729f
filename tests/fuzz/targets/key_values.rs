//! The k=v splitter neither panics nor invents: a plain word appended to a balanced string decides.
#![no_main]

use ecr_lint::parser::KeyValues;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if KeyValues::parse(text).is_err() {
        return;
    }
    let longer = format!("{text} state=absent");
    // a backslash at the end continues the line, or takes the word's meaning away
    if let Ok(words) = KeyValues::parse(&longer) {
        if !text.ends_with('\\') {
            assert_eq!(words.get("state"), Some("absent"), "{text:?}");
        }
    }
});
