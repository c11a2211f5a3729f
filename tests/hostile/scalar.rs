//! Shapes of the text: scalars, tokens, line ends and what libyaml takes long for.

use ecr_lint::report::Verdict::{Flagged, Incomplete};

use crate::shape::{Shape, TASK, count, fill, shape};

pub(crate) fn shapes() -> Vec<Shape> {
    [scalars(), floods(), separators(), question_marks(), limits()].concat()
}

fn scalars() -> Vec<Shape> {
    vec![
        shape("a plain scalar", Flagged, |n| fill(n, &format!("{TASK}- name: "), "x", "\n  ecs_ecr: {}\n")),
        shape("a plain scalar of many lines", Flagged, |n| {
            fill(n, &format!("{TASK}- name: x\n"), "    x\n", "  ecs_ecr: {}\n")
        }),
        shape("a single-quoted scalar", Flagged, |n| {
            fill(n, "- name: '", "x''\n\n   ", "'\n  ecs_ecr: {}\n")
        }),
        shape("a double-quoted scalar", Flagged, |n| {
            fill(n, "- name: \"", "x\\n\\\n   ", "\"\n  ecs_ecr: {}\n")
        }),
        shape("a literal scalar", Flagged, |n| fill(n, "- ecs_ecr: {}\n  name: |\n", "    x\n", "")),
        shape("a folded scalar", Flagged, |n| fill(n, "- ecs_ecr: {}\n  name: >\n", "    x\n\n     y\n", "")),
        shape("a literal scalar of blank lines", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n  name: |\n    x\n", "\n", "")
        }),
        shape("an open double quote", Incomplete, |n| fill(n, &format!("{TASK}- \""), "x ", "")),
        shape("an open single quote", Incomplete, |n| fill(n, &format!("{TASK}- '"), "x\n ", "")),
        shape("quotes", Incomplete, |n| fill(n, TASK, "\"", "")),
        shape("an open flow list", Incomplete, |n| fill(n, &format!("{TASK}- ["), "x, ", "")),
        shape("NULs", Incomplete, |n| fill(n, TASK, "\0", "")),
        shape("NULs in a comment", Incomplete, |n| fill(n, &format!("{TASK}# "), "\0", "\n")),
        shape("lone surrogates", Incomplete, |n| fill(n, &format!("{TASK}- \""), "\\ud800", "\"\n")),
        shape("a long key", Incomplete, |n| fill(n, &format!("{TASK}- "), "k", ": v\n")),
        shape("a long quoted key", Incomplete, |n| fill(n, &format!("{TASK}- \""), "k", "\": v\n")),
        shape("a long explicit key", Flagged, |n| fill(n, &format!("{TASK}- ? "), "k", "\n  : v\n")),
        shape("a long key in JSON", Flagged, |n| {
            fill(n / 2, "[{\"", "k", &format!("\": 1}}{}]", ",{\"ecs_ecr\":{}}".repeat(n / 32)))
        })
        .or_refused(),
        shape("many long keys in JSON", Incomplete, |n| {
            fill(n, "[{\"ecs_ecr\":{}}", &format!(",{{\"{}\":1}}", "k".repeat(1200)), "]")
        }),
        shape("invalid UTF-8 at the end", Incomplete, |n| {
            [fill(n, TASK, "# ä\n", "").as_slice(), b"\xff"].concat()
        }),
        shape("escapes only", Flagged, |n| fill(n, "- x: \"", "\\\\", "\"\n- \"\\x65cs_ecr\": {}\n")),
        shape("escapes of every kind", Flagged, |n| {
            fill(n, &format!("{TASK}- \""), "\\x41\\u0041\\U00000041\\L\\_", "\"\n")
        }),
    ]
}

fn floods() -> Vec<Shape> {
    vec![
        shape("tags", Flagged, |n| fill(n, TASK, "- !a x\n", "")),
        shape("known tags", Flagged, |n| fill(n, TASK, "- !!str x\n- !unsafe y\n- !vault z\n", "")),
        shape("a long tag", Flagged, |n| fill(n, &format!("{TASK}- !"), "a", " x\n")),
        shape("a long tag prefix, often used", Incomplete, |n| {
            let tags = "- !e!a x\n".repeat(n / 18);
            fill(n / 2, "%TAG !e! tag:", "a", &format!("\n---\n{TASK}{tags}"))
        }),
        shape("tags in a row", Incomplete, |n| fill(n, &format!("{TASK}- "), "!a ", "x\n")),
        shape("unknown directives", Incomplete, |n| fill(n, "", "%FOO x\n", &format!("---\n{TASK}"))),
        shape("tag directives", Incomplete, |n| {
            count(n, "", |at| format!("%TAG !a{at}! tag:x\n"), &format!("---\n{TASK}"))
        }),
        shape("comments", Flagged, |n| fill(n, TASK, "# x\n", "")),
        shape("comments behind items", Flagged, |n| fill(n, TASK, "- x # y\n", "")),
        shape("a long comment", Flagged, |n| fill(n, &format!("{TASK}#"), "x", "")),
        shape("blank lines", Flagged, |n| fill(n, "", "\n", TASK)),
        shape("spaces", Flagged, |n| fill(n, &format!("{TASK}- x"), " ", "\n")),
        shape("indented blank lines", Flagged, |n| fill(n, TASK, "     \n", TASK)),
        shape("tabs", Flagged, |n| fill(n, &format!("{TASK}- x"), "\t", "\n")),
        shape("tasks on one line", Flagged, |n| fill(n, "[", "{ecs_ecr: {name: x}}, ", "]\n")),
        shape("tasks in JSON on one line", Flagged, |n| {
            fill(n, "[{\"ecs_ecr\":{}}", ",{\"ecs_ecr\":{}}", "]\n")
        }),
        shape("tasks", Flagged, |n| fill(n, "", TASK, "")),
        shape("lone CRs", Flagged, |n| fill(n, "", "- ecs_ecr: {name: x}\r", "")),
        shape("lone CRs and nothing else", Flagged, |n| fill(n, TASK, "\r", "")),
        shape("empty documents", Flagged, |n| fill(n, TASK, "---\n", "")),
        shape("ended documents", Flagged, |n| fill(n, TASK, "---\n...\n", "")),
        shape("documents with tasks", Flagged, |n| fill(n, "", "---\n- ecs_ecr: {}\n", "")),
        shape("byte-order marks", Incomplete, |n| fill(n, TASK, "\u{feff}", "\n")).or_refused(),
        shape("byte-order marks at the start", Incomplete, |n| fill(n, "", "\u{feff}", TASK)).or_refused(),
        shape("byte-order marks of documents", Incomplete, |n| {
            fill(n, TASK, "...\n\u{feff}---\n- ecs_ecr: {}\n", "")
        }),
        shape("empty items", Flagged, |n| fill(n, TASK, "-\n", "")),
        shape("empty flow collections", Flagged, |n| fill(n, &format!("{TASK}- ["), "[],{},", "]\n")),
        shape("commas", Incomplete, |n| fill(n, &format!("{TASK}- ["), ",", "]\n")),
        shape("closing brackets", Incomplete, |n| fill(n, TASK, "]", "\n")),
        shape("null keys", Flagged, |n| fill(n, "- ecs_ecr: {}\n", "  : v\n", "")).or_refused(),
    ]
}

fn separators() -> Vec<Shape> {
    vec![
        shape("U+2028 in a comment", Flagged, |n| fill(n, TASK, "#\u{2028}", "")),
        shape("U+2028 in a plain scalar", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n  name: x", "\u{2028}   x", "\n")
        }),
        shape("U+2028 in a single-quoted scalar", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n  name: '", "\u{2028}   x''", "'\n")
        }),
        shape("U+2028 in a double-quoted scalar", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n  name: \"", "\u{2028}   \\x41", "\"\n")
        }),
        shape("U+2028 in many scalars", Flagged, |n| fill(n, TASK, "- \"a\u{2028}  b\"\n", "")),
        shape("U+2028 in a literal scalar", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n- |\n", "   x\u{2029}", "\n")
        }),
        shape("U+2028 between tokens", Flagged, |n| {
            fill(n, &format!("{TASK}- ["), "\u{2028}  x,\u{2029} ", "]\n")
        }),
        shape("U+2028 in a run", Flagged, |n| fill(n, TASK, "\u{2028}", TASK)),
        shape("U+2028 in a run in quotes", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n  name: \"x", "\u{2028}", " x\"\n")
        }),
        shape("U+0085 instead of line feeds", Flagged, |n| fill(n, "", "- ecs_ecr: {}\u{85}", "")),
    ]
}

fn question_marks() -> Vec<Shape> {
    vec![
        shape("question marks before words", Flagged, |n| {
            count(n, &format!("{TASK}- ["), |at| format!("?a{at}, "), "x]\n")
        }),
        shape("a run of question marks in flow", Flagged, |n| fill(n, &format!("{TASK}- ["), "?", "]\n"))
            .or_refused(),
        shape("a run of question marks", Flagged, |n| fill(n, &format!("{TASK}- "), "?", "\n")),
        shape("runs of question marks in flow", Flagged, |n| fill(n, &format!("{TASK}- ["), "???x, ", "]\n"))
            .or_refused(),
        shape("colons in flow", Flagged, |n| fill(n, &format!("{TASK}- ["), ":x, ", "]\n")).or_refused(),
        shape("question marks before keys", Flagged, |n| fill(n, TASK, "- {?ecs_ecr: {name: x}}\n", "")),
        shape("question marks that hide each other", Flagged, |n| {
            fill(n, &format!("{TASK}- ["), "?a:?b?:c, ", "]\n")
        })
        .or_refused(),
    ]
}

/// What libyaml would take long for: refused where it is large enough.
fn limits() -> Vec<Shape> {
    vec![
        shape("nesting as deep as allowed, with many items", Flagged, |n| {
            fill(n, &format!("{TASK}- {}", "[".repeat(253)), "a, ", &format!("{}\n", "]".repeat(253)))
        }),
        shape("nesting deeper than allowed, with many items", Incomplete, |n| {
            fill(n, &format!("{TASK}- {}", "[".repeat(255)), "a, ", &format!("{}\n", "]".repeat(255)))
        }),
        shape("short runs of spaces among many words", Flagged, |n| {
            fill(n, &format!("{TASK}- a{}", " ".repeat(4000)), "b ", "c\n")
        }),
        shape("a run of spaces before many words", Flagged, |n| run_before_words(n, "- a", " ", "b ", "c\n"))
            .or_refused(),
        shape("a run of tabs before many words", Flagged, |n| run_before_words(n, "- a", "\t", "b ", "c\n"))
            .or_refused(),
        shape("a run of line breaks before many lines", Flagged, |n| {
            run_before_words(n, "- 'a", "\n", " b\n", " c'\n")
        })
        .or_refused(),
        shape("a run of U+2028 before many lines", Flagged, |n| {
            run_before_words(n, "- \"a", "\u{2028}", " b\n", " c\"\n")
        })
        .or_refused(),
        shape("a run of empty lines in a block scalar", Flagged, |n| {
            run_before_words(n, "- >\n  a", "\n", "  b\n\n", "  c\n")
        })
        .or_refused(),
    ]
}

/// A scalar: a run, then as many bytes of words.
fn run_before_words(size: usize, head: &str, run: &str, word: &str, tail: &str) -> Vec<u8> {
    let (runs, words) = (size / 2 / run.len(), size / 2 / word.len());
    [TASK, head, &run.repeat(runs), &word.repeat(words), tail].concat().into_bytes()
}
