//! A safe interface to libyaml, the parser that Ansible uses: it turns a text into events.
//!
//! Invariant: this is the only file with `unsafe` code. Whatever the text, [`Parser::next`] returns an event, an
//! [`LibyamlError`] or the end, and every offset that it hands out lies in the text, between two characters.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::slice;

use libyaml_rs::{
    yaml_error_type_t, yaml_event_delete, yaml_event_t, yaml_event_type_t as EventType, yaml_mapping_style_t,
    yaml_mark_t, yaml_parser_delete, yaml_parser_initialize, yaml_parser_parse, yaml_parser_set_input_string,
    yaml_parser_t, yaml_scalar_style_t, yaml_sequence_style_t,
};

use super::tree::{Shape, Style};
use crate::position::BOM;

/// What libyaml finds next in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event<'p> {
    pub(super) kind: EventKind<'p>,
    /// The offset of the first byte, including an anchor or tag.
    pub(super) start: usize,
    /// The offset after the last byte; for a collection, after the token that opens it.
    pub(super) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind<'p> {
    Scalar(Properties<'p>, Style, &'p str),
    /// The start of a sequence or mapping.
    Collection(Shape, Properties<'p>, Style),
    /// The end of the sequence or mapping that is open.
    End,
    /// The name of the anchor that an alias refers to.
    Alias(&'p str),
    DocumentEnd,
    /// The start of the stream or of a document.
    Start,
}

/// The anchor and tag of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Properties<'p> {
    pub(super) anchor: Option<&'p str>,
    /// The tag with its handle resolved; a lone `!` stays.
    pub(super) tag: Option<&'p str>,
}

/// Why libyaml refuses a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LibyamlError {
    /// What libyaml was parsing, and where that began.
    pub(super) context: Option<(String, usize)>,
    pub(super) problem: String,
    pub(super) offset: usize,
}

/// Parses one text.
pub(super) struct Parser<'t> {
    /// Owned by this struct. It is a raw pointer because libyaml stores pointers into the struct as well.
    raw: *mut yaml_parser_t,
    /// The event that was handed out last.
    event: yaml_event_t,
    /// How many bytes at the start of the text libyaml's marks do not count.
    uncounted: usize,
    text: PhantomData<&'t str>,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let parser = Box::into_raw(Box::<yaml_parser_t>::new_uninit()).cast::<yaml_parser_t>();
        // SAFETY: `parser` points to memory of its own for a parser, which the first call initializes. It fails
        // only for want of memory, in which case Rust's allocator has ended the program. `text` outlives the
        // parser by `'t`. An event of zeros is `YAML_NO_EVENT`, with null pointers.
        let event = unsafe {
            let _ = yaml_parser_initialize(parser);
            yaml_parser_set_input_string(parser, text.as_ptr(), text.len() as u64);
            MaybeUninit::<yaml_event_t>::zeroed().assume_init()
        };
        let uncounted = if text.starts_with(BOM) { BOM.len() } else { 0 };
        Self { raw: parser, event, uncounted, text: PhantomData }
    }

    /// The next event; `None` at the end of the text and after an error.
    pub(super) fn next(&mut self) -> Option<Result<Event<'_>, LibyamlError>> {
        // SAFETY: the event is the one that libyaml filled last, or zeros; deleting it leaves zeros, so that it
        // can be filled again. The parser was initialized and is not in use elsewhere.
        let parsed = unsafe {
            yaml_event_delete(&raw mut self.event);
            yaml_parser_parse(self.raw, &raw mut self.event)
        };
        if !parsed.ok {
            return Some(Err(self.error()));
        }
        let (start, end) = (self.offset(self.event.start_mark), self.offset(self.event.end_mark));
        Some(Ok(Event { kind: self.kind()?, start, end }))
    }

    fn offset(&self, mark: yaml_mark_t) -> usize {
        // a mark counts the bytes of a text that is in memory, so that it always fits
        self.uncounted + usize::try_from(mark.index).unwrap_or(usize::MAX)
    }

    fn kind(&self) -> Option<EventKind<'_>> {
        let data = &self.event.data;
        // SAFETY: the type says which part of the union libyaml has filled. Its strings are null or end in NUL, but
        // for a scalar's value, which has a length; all live until the event is deleted, for which `self` must be
        // borrowed mutably.
        unsafe {
            Some(match self.event.type_ {
                EventType::YAML_SCALAR_EVENT => {
                    let scalar = &data.scalar;
                    let length = usize::try_from(scalar.length).unwrap_or(0);
                    let value = std::str::from_utf8(slice::from_raw_parts(scalar.value, length));
                    let value = value.unwrap_or("\u{fffd}"); // libyaml refuses what is no character
                    EventKind::Scalar(
                        properties(scalar.anchor, scalar.tag),
                        scalar_style(scalar.style),
                        value,
                    )
                }
                EventType::YAML_SEQUENCE_START_EVENT => {
                    let sequence = &data.sequence_start;
                    let is_flow = sequence.style == yaml_sequence_style_t::YAML_FLOW_SEQUENCE_STYLE;
                    collection(Shape::Sequence, properties(sequence.anchor, sequence.tag), is_flow)
                }
                EventType::YAML_MAPPING_START_EVENT => {
                    let mapping = &data.mapping_start;
                    let is_flow = mapping.style == yaml_mapping_style_t::YAML_FLOW_MAPPING_STYLE;
                    collection(Shape::Mapping, properties(mapping.anchor, mapping.tag), is_flow)
                }
                EventType::YAML_ALIAS_EVENT => {
                    EventKind::Alias(string(data.alias.anchor.cast()).unwrap_or_default())
                }
                EventType::YAML_DOCUMENT_END_EVENT => EventKind::DocumentEnd,
                EventType::YAML_SEQUENCE_END_EVENT | EventType::YAML_MAPPING_END_EVENT => EventKind::End,
                EventType::YAML_STREAM_START_EVENT | EventType::YAML_DOCUMENT_START_EVENT => EventKind::Start,
                _ => return None,
            })
        }
    }

    fn error(&self) -> LibyamlError {
        // SAFETY: the parser was initialized. What it says of an error are C strings that live as long as the
        // program, or null pointers.
        let (parser, context, problem) = unsafe {
            let parser = &**self.raw;
            (parser, string(parser.context), string(parser.problem))
        };
        // libyaml reads ahead, and fails at a character that YAML forbids before it has parsed up to there
        let is_character = parser.error == yaml_error_type_t::YAML_READER_ERROR;
        LibyamlError {
            context: context.map(|context| (context.to_owned(), self.offset(parser.context_mark))),
            problem: problem.unwrap_or("it cannot be read").to_owned(),
            offset: if is_character {
                usize::try_from(parser.problem_offset).unwrap_or(usize::MAX) // counts a byte-order mark
            } else {
                self.offset(parser.problem_mark)
            },
        }
    }
}

impl Drop for Parser<'_> {
    fn drop(&mut self) {
        // SAFETY: both were initialized and are deleted once, here; the parser's memory came from a `Box` of the
        // same layout.
        unsafe {
            yaml_event_delete(&raw mut self.event);
            yaml_parser_delete(self.raw);
            drop(Box::from_raw(self.raw.cast::<MaybeUninit<yaml_parser_t>>()));
        }
    }
}

/// # Safety
/// Both are null or C strings that live for `'p`.
unsafe fn properties<'p>(anchor: *const u8, tag: *const u8) -> Properties<'p> {
    // SAFETY: by this function's own condition
    unsafe { Properties { anchor: string(anchor.cast()), tag: string(tag.cast()) } }
}

/// # Safety
/// `text` is null or a C string that lives for `'p`.
unsafe fn string<'p>(text: *const c_char) -> Option<&'p str> {
    // SAFETY: by this function's own condition
    let text = if text.is_null() { return None } else { unsafe { CStr::from_ptr(text) } };
    // anchors are ASCII; a tag whose escapes give no UTF-8 is one that Ansible does not know
    Some(text.to_str().unwrap_or_default())
}

fn collection(shape: Shape, properties: Properties<'_>, is_flow: bool) -> EventKind<'_> {
    EventKind::Collection(shape, properties, if is_flow { Style::Flow } else { Style::Block })
}

fn scalar_style(style: yaml_scalar_style_t) -> Style {
    match style {
        yaml_scalar_style_t::YAML_SINGLE_QUOTED_SCALAR_STYLE => Style::SingleQuoted,
        yaml_scalar_style_t::YAML_DOUBLE_QUOTED_SCALAR_STYLE => Style::DoubleQuoted,
        yaml_scalar_style_t::YAML_LITERAL_SCALAR_STYLE | yaml_scalar_style_t::YAML_FOLDED_SCALAR_STYLE => {
            Style::BlockScalar
        }
        _ => Style::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a text: what each is and the part of the text that it covers.
    fn events(text: &str) -> Vec<(String, &str)> {
        let mut parser = Parser::new(text);
        let mut events = Vec::new();
        while let Some(event) = parser.next() {
            let Event { kind, start, end } = event.expect("YAML");
            let name = match kind {
                EventKind::Scalar(Properties { anchor, tag }, style, value) => {
                    format!("{style:?} {anchor:?} {tag:?} {value:?}").replace("None ", "")
                }
                EventKind::Collection(Shape::Sequence, _, style) => format!("[ {style:?}"),
                EventKind::Collection(_, _, style) => format!("{{ {style:?}"),
                kind => format!("{kind:?}"),
            };
            events.push((name, &text[start..end]));
        }
        events
    }

    fn scalars(text: &str) -> Vec<(String, &str)> {
        let is_scalar =
            |name: &str| ["Plain", "Single", "Double", "BlockS"].iter().any(|s| name.starts_with(s));
        events(text).into_iter().filter(|(name, _)| is_scalar(name)).collect()
    }

    #[test]
    fn marks_count_bytes_of_the_text() {
        for mark in ["", BOM] {
            let text = format!("{mark}- é: [漢, 'b''c']\r\n- \"\\u00e9\"");
            let expected = [("é", "é"), ("漢", "漢"), ("'b''c'", "b'c"), ("\"\\u00e9\"", "é")];
            let found = scalars(&text);
            assert_eq!(found.len(), expected.len());
            for ((name, source), (part, value)) in found.iter().zip(expected) {
                assert_eq!((*source, name.ends_with(&format!("{value:?}"))), (part, true), "{name}");
            }
        }
    }

    #[test]
    fn scalars_have_a_style_and_properties() {
        for (text, name, part) in [
            ("a", "Plain \"a\"", "a"),
            ("a\n b", "Plain \"a b\"", "a\n b"),
            ("'a'", "SingleQuoted \"a\"", "'a'"),
            ("\"a\\0\"", "DoubleQuoted \"a\\0\"", "\"a\\0\""),
            ("| # c\n a\n", "BlockScalar \"a\\n\"", "| # c\n a\n"),
            (">-\n a\n b", "BlockScalar \"a b\"", ">-\n a\n b"),
            ("&x a", "Plain Some(\"x\") \"a\"", "&x a"),
            ("!!str &x\n a", "Plain Some(\"x\") Some(\"tag:yaml.org,2002:str\") \"a\"", "!!str &x\n a"),
            ("! 'a'", "SingleQuoted Some(\"!\") \"a\"", "! 'a'"),
            ("!<tag:a,b> a", "Plain Some(\"tag:a,b\") \"a\"", "!<tag:a,b> a"),
            ("%TAG !e! tag:e,\n--- !e!f a", "Plain Some(\"tag:e,f\") \"a\"", "!e!f a"),
            ("&x", "Plain Some(\"x\") \"\"", "&x"),
            ("---\n...", "Plain \"\"", ""),
        ] {
            assert_eq!(scalars(text), [(name.to_owned(), part)], "{text:?}");
        }
    }

    #[test]
    fn collections_end_their_event_behind_what_starts_them() {
        for (text, name, part) in [
            ("[a]", "[ Flow", "["),
            ("&x {a: b}", "{ Flow", "&x {"),
            ("- a", "[ Block", ""),
            ("&x\n- a", "[ Block", "&x\n"),
            ("a: b", "{ Block", ""),
            ("? a", "{ Block", ""),
        ] {
            let found = events(text).into_iter().find(|(name, _)| name.starts_with(['[', '{']));
            assert_eq!(found, Some((name.to_owned(), part)), "{text:?}");
        }
        // a list that is not indented deeper than its key, and a pair in a flow list
        assert_eq!(events("a:\n- b")[4], ("[ Block".to_owned(), "-"));
        assert_eq!(events("[a: b]")[3], ("{ Flow".to_owned(), ""));
        assert_eq!(events("[? a]")[3], ("{ Flow".to_owned(), "?"));
    }

    #[test]
    fn documents_and_aliases() {
        let names = |text| events(text).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(
            names("&a x\n...\n--- *b"),
            [
                "Start",
                "Start",
                "Plain Some(\"a\") \"x\"",
                "DocumentEnd",
                "Start",
                "Alias(\"b\")",
                "DocumentEnd",
            ]
        );
        assert_eq!(names(""), ["Start"]);
    }

    #[test]
    fn errors_say_what_and_where_and_end_the_events() {
        for (text, context, problem, offset) in [
            ("[a", Some(("while parsing a flow sequence", 0)), "did not find expected ',' or ']'", 2),
            ("\u{feff}'é", Some(("while scanning a quoted scalar", 3)), "found unexpected end of stream", 6),
            ("a: b: c", None, "mapping values are not allowed in this context", 4),
            ("\u{feff}é\u{7}", None, "control characters are not allowed", 5),
            (
                "\"\\ud800\"",
                Some(("while parsing a quoted scalar", 0)),
                "found invalid Unicode character escape code",
                3,
            ),
        ] {
            let mut parser = Parser::new(text);
            let error = loop {
                match parser.next().expect("an error") {
                    Ok(_) => {}
                    Err(error) => break error,
                }
            };
            let context = context.map(|(what, at): (&str, usize)| (what.to_owned(), at));
            let expected = LibyamlError { context, problem: problem.to_owned(), offset };
            assert_eq!(error, expected, "{text:?}");
            assert!(parser.next().is_none() && parser.next().is_none(), "{text:?}");
        }
    }

    /// Dropping a parser early frees its events and tokens.
    #[test]
    fn a_parser_may_stop_anywhere() {
        let text = "%TAG !e! tag:e\n--- &a !e!x\n- [{k: *a}, 'q', \"d\\x41\", |\n  b]\n- !!str &b c\n";
        for count in 0..20 {
            let mut parser = Parser::new(text);
            for _ in 0..count {
                if parser.next().is_none() {
                    break;
                }
            }
        }
    }
}
