//! The k=v splitter does not panic, and a pair that is appended to a string that it reads is found.
#![no_main]

use ecr_lint::parser::KeyValues;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if KeyValues::parse(text).is_none() {
        return;
    }
    let longer = format!("{text} state=absent");
    let pairs = KeyValues::parse(&longer).expect("a pair makes nothing unusual");
    assert_eq!(pairs.get("state"), Some("absent"), "{text:?}");
});
