//! Shapes of strings that hold arguments, and of long texts that aliases repeat.

use ecr_lint::report::Verdict::{Clean, Flagged, Incomplete};

use crate::shape::{Shape, TASK, count, fill, halves, shape};

pub(crate) fn shapes() -> Vec<Shape> {
    [key_values(), repeated_texts()].concat()
}

/// A shape whose verdict depends on the size.
fn any_but_clean(name: &'static str, input: fn(usize) -> Vec<u8>) -> Shape {
    shape(name, Flagged, input).or_refused()
}

fn key_values() -> Vec<Shape> {
    vec![
        shape("k=v: quotes", Flagged, |n| fill(n, "- ecs_ecr: a=", "\"'\"\"'\"", "\n")),
        shape("k=v: an open quote", Incomplete, |n| fill(n, "- ecs_ecr: a='", "x ", "\n")),
        shape("k=v: blocks", Flagged, |n| fill(n, "- ecs_ecr: a=", "{{ x }}", "\n")),
        shape("k=v: open blocks", Incomplete, |n| fill(n, "- ecs_ecr: a=", "{{", "\n")),
        shape("k=v: open blocks with spaces", Incomplete, |n| fill(n, "- ecs_ecr: a=", "{{ {% {# ", "\n")),
        shape("k=v: blocks that close", Flagged, |n| {
            fill(n / 2, "- ecs_ecr: a=", "{{ ", &format!("{}\n", "}} ".repeat(n / 6 + 1)))
        })
        .or_refused(),
        shape("k=v: words", Flagged, |n| fill(n, "- ecs_ecr: ", "a=b ", "\n")),
        shape("k=v: free words", Flagged, |n| fill(n, "- ecs_ecr: ", "a ", "\n")),
        shape("k=v: distinct words", Flagged, |n| count(n, "- ecs_ecr: ", |at| format!("a{at}=b "), "\n")),
        shape("k=v: backslashes", Flagged, |n| fill(n, "- ecs_ecr: a=", "\\\\", "\n")),
        shape("k=v: lone backslashes", Flagged, |n| fill(n, "- ecs_ecr: |\n", "    a=b \\\n", "")),
        shape("k=v: escapes", Flagged, |n| fill(n, "- ecs_ecr: a=", "\\x41", "\n")),
        shape("k=v: named escapes left open", Flagged, |n| fill(n, "- ecs_ecr: a=", "\\N{", "\n")),
        shape("k=v: equals signs", Flagged, |n| fill(n, "- ecs_ecr: ", "=", "\n")),
        shape("k=v: escaped equals signs", Flagged, |n| fill(n, "- ecs_ecr: ", "\\=", "\n")),
        shape("k=v: lines", Flagged, |n| fill(n, "- ecs_ecr: |\n", "    a=b\n", "")),
        shape("k=v: blank lines", Flagged, |n| fill(n, "- ecs_ecr: |\n    a=b\n", "\n", "    c=d\n")),
        shape("k=v: spaces", Flagged, |n| fill(n, "- ecs_ecr: 'a=b", " ", "c=d'\n")),
        shape("k=v: wide spaces", Incomplete, |n| fill(n, "- ecs_ecr: 'a=", "\u{3000}", "'\n")),
        shape("action: words", Flagged, |n| fill(n, "- action: ecs_ecr ", "a=b ", "\n")),
        shape("action: open", Incomplete, |n| fill(n, "- action: ecs_ecr ", "{{ ", "\n")),
        shape("action: another module", Clean, |n| fill(n, "- action: copy content=ecs_ecr ", "a=b ", "\n")),
        shape("action: args in args", Incomplete, |n| fill(n, "- action: ecs_ecr args='", "a=b ", "'\n")),
        shape("many refused tasks", Incomplete, |n| fill(n, "", "- ecs_ecr: \"'\"\n", "")),
    ]
}

/// One long text or refusal that aliases repeat: what is said of it must not be repeated with it.
fn repeated_texts() -> Vec<Shape> {
    vec![
        shape("a long name of many tasks", Flagged, |n| {
            let task = |_| "- {name: *n, ecs_ecr: {}}\n".into();
            halves(n, "- vars: &n ", |_| "n".into(), "\n", task, "")
        }),
        shape("a long name under many scopes", Flagged, |n| {
            let play = |_| "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: *t}\n".into();
            halves(n, "- vars: &t [{ecs_ecr: {}, name: ", |_| "n".into(), "}]\n", play, "")
        }),
        shape("a long value of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {image_tag_mutability: *v}}\n".into();
            halves(n, "- vars: &v ", |_| "v".into(), "\n", task, "")
        }),
        shape("a large mapping as the value of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {image_tag_mutability: *v}}\n".into();
            halves(n, "- vars: &v {", |_| "a: b, ".into(), "}\n", task, "")
        }),
        shape("a long template of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {image_tag_mutability: *v}}\n".into();
            halves(n, "- vars: &v '", |_| "v".into(), "{{ x }}'\n", task, "")
        }),
        shape("a long k=v string of many tasks", Flagged, |n| {
            let task = |_| "- ecs_ecr: *v\n".into();
            halves(n, "- vars: &v '", |_| "a=b ".into(), "'\n", task, "")
        })
        .or_refused(),
        shape("a long k=v string under many scopes", Flagged, |n| {
            let play = |_| "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: *t}\n".into();
            halves(n, "- vars: &t [{ecs_ecr: '", |_| "a=b ".into(), "'}]\n", play, "")
        })
        .or_refused(),
        shape("a long k=v string in a play aliased many times", Flagged, |n| {
            let play = "- &p {hosts: a, tasks: [{ecs_ecr: '";
            halves(n, play, |_| "a=b ".into(), "'}]}\n", |_| "- *p\n".into(), "")
        })
        .or_refused(),
        shape("a k=v string with a long value of many tasks", Flagged, |n| {
            let task = |_| "- ecs_ecr: *v\n".into();
            halves(n, "- vars: &v image_tag_mutability=", |_| "v".into(), "\n", task, "")
        })
        .or_refused(),
        shape("an action with long args of many tasks", Incomplete, |n| {
            let task = |_| "- action: *v\n".into();
            halves(n, "- vars: &v 'ecs_ecr args=\"", |_| "a=b ".into(), "\"'\n", task, "")
        }),
        shape("a long default of many tasks", Flagged, |n| {
            let play = "- {hosts: a, module_defaults: {ecs_ecr: {image_tag_mutability: ";
            halves(n, play, |_| "v".into(), "}}, tasks: [", |_| "{ecs_ecr: {}}, ".into(), "]}\n")
        }),
        any_but_clean("a long text as the default of many tasks", |n| {
            let play = "- {hosts: a, module_defaults: {ecs_ecr: ";
            halves(n, play, |_| "v".into(), "}, tasks: [", |_| "{ecs_ecr: {}}, ".into(), "]}\n")
        }),
        shape("a long state of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {state: *v}}\n".into();
            halves(n, "- vars: &v ", |_| "v".into(), "\n", task, "")
        }),
        shape("a long action of many tasks", Flagged, |n| {
            let task = |_| "- action: *v\n".into();
            halves(n, "- vars: &v 'copy content=ecs_ecr ", |_| "a=b ".into(), "'\n", task, TASK)
        })
        .or_refused(),
        shape("long args of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {}, args: *v}\n".into();
            halves(n, "- vars: &v '{{ ", |_| "a b ".into(), "}}'\n", task, "")
        }),
        shape("a refused k=v string of many tasks", Incomplete, |n| {
            let task = |_| "- ecs_ecr: *v\n".into();
            halves(n, "- vars: &v \"'", |_| "a=b ".into(), "\"\n", task, "")
        }),
        shape("refused tasks under many scopes", Incomplete, |n| {
            let play = |_| "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: *t}\n".into();
            halves(n, "- vars: &t [", |_| "{ecs_ecr: \"'\"}, ".into(), "]\n", play, "")
        }),
    ]
}
