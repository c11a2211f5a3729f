//! Hostile inputs: each must end in findings or a problem, on a small stack, with a report that is no larger than the
//! file.
//!
//! No test measures time. `cargo test --release --test hostile -- --ignored --nocapture growth_table` prints how time and
//! memory grow with each input; people read that table when they change the parser.
#![allow(clippy::print_stdout)] // the table

use std::fs;
use std::path::Path;
use std::thread;
use std::time::UNIX_EPOCH;

use ecr_lint::linter::{LintOptions, lint};
use ecr_lint::parser::Modules;
use ecr_lint::report::{FileReport, Verdict};

use Verdict::{Clean, Flagged, Incomplete};

/// The stack that every input must make do with. The frames of debug builds are several times as large.
const STACK: usize = if cfg!(debug_assertions) { 1 << 20 } else { 256 << 10 };

/// The size of an input in the regular run, in bytes.
const SMALL: usize = 5_000;

const TASK: &str = "- ecs_ecr: {name: x}\n";

/// One kind of hostile input.
#[derive(Debug)]
struct Row {
    name: &'static str,
    /// `None` where it depends on the size.
    verdict: Option<Verdict>,
    /// Makes an input of about this many bytes.
    input: fn(usize) -> Vec<u8>,
}

fn row(name: &'static str, verdict: Verdict, input: fn(usize) -> Vec<u8>) -> Row {
    Row { name, verdict: Some(verdict), input }
}

/// A row whose verdict depends on the size.
fn any_but_clean(name: &'static str, input: fn(usize) -> Vec<u8>) -> Row {
    row(name, Flagged, input).or_refused()
}

impl Row {
    fn or_refused(self) -> Self {
        Self { verdict: None, ..self }
    }

    /// Checks an input of this size and returns its length and report.
    fn check(&self, size: usize) -> (usize, FileReport) {
        let (length, report, _) = self.check_timed(size);
        (length, report)
    }

    /// The same with the milliseconds that it took.
    fn check_timed(&self, size: usize) -> (usize, FileReport, f64) {
        let input = (self.input)(size);
        let length = input.len();
        let options = LintOptions::new(Modules::default());
        let work = move || {
            let before = milliseconds();
            let report = lint(Path::new("hostile.yml"), &input, &options);
            (report, milliseconds() - before)
        };
        let thread = thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread");
        let (report, time) =
            thread.join().unwrap_or_else(|_| panic!("{}: a panic at {size} bytes", self.name));
        (length, report, time)
    }
}

/// The processor time of this thread if the system provides it, else the time of day.
fn milliseconds() -> f64 {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let worked = statistics.split(' ').next().and_then(|text| text.parse::<f64>().ok());
    let nanoseconds =
        worked.or_else(|| Some(UNIX_EPOCH.elapsed().ok()?.as_secs_f64() * 1e9)).unwrap_or_default();
    nanoseconds / 1e6
}

/// `unit` over and over, between `head` and `tail`.
fn fill(size: usize, head: &str, unit: &str, tail: &str) -> Vec<u8> {
    let rest = size.saturating_sub(head.len() + tail.len());
    [head, &unit.repeat(rest / unit.len() + 1), tail].concat().into_bytes()
}

/// Numbered units between `head` and `tail`.
fn count(size: usize, head: &str, unit: impl Fn(usize) -> String, tail: &str) -> Vec<u8> {
    [text(size, head, unit).as_str(), tail].concat().into_bytes()
}

fn text(size: usize, head: &str, unit: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    for index in 0.. {
        if text.len() >= size {
            break;
        }
        text += &unit(index);
    }
    text
}

/// Two floods, each of half the size: what is referred to, and the references.
fn halves(
    size: usize,
    head: &str,
    unit: impl Fn(usize) -> String,
    middle: &str,
    reference: impl Fn(usize) -> String,
    tail: &str,
) -> Vec<u8> {
    let first = text(size / 2, head, unit) + middle;
    let second = text(size / 2, "", reference);
    [first.as_str(), &second, tail].concat().into_bytes()
}

fn rows() -> Vec<Row> {
    let groups = [
        nesting(),
        aliases(),
        merges(),
        mappings(),
        defaults(),
        distrust(),
        scalars(),
        floods(),
        separators(),
        question_marks(),
        key_values(),
        repeated_texts(),
        limits(),
    ];
    groups.into_iter().flatten().collect()
}

fn nesting() -> Vec<Row> {
    vec![
        row("flow lists, open", Incomplete, |n| fill(n, TASK, "[", "")),
        row("flow lists, closed", Incomplete, |n| {
            fill(n, &(TASK.to_owned() + "- x: " + &"[".repeat(n / 2)), "]", "\n")
        }),
        row("flow lists as deep as allowed", Flagged, |n| {
            fill(n, TASK, &format!("- x: {}{}\n", "[".repeat(250), "]".repeat(250)), "")
        }),
        row("flow mappings, open", Incomplete, |n| fill(n, TASK, "{a: ", "")),
        row("dashes on one line", Incomplete, |n| fill(n, TASK, "- ", "x\n")),
        row("question marks on one line", Incomplete, |n| fill(n, TASK, "? ", "x\n")),
        row("indented mappings", Incomplete, |n| {
            let depth = (2 * n).isqrt().max(300);
            let lines = (1..depth).map(|depth| format!("{:depth$}a:\n", ""));
            (TASK.to_owned() + "- a:\n" + &lines.collect::<String>()).into_bytes()
        }),
        row("blocks in blocks", Flagged, |n| {
            fill(n, "", &format!("- {}{{ecs_ecr: {{}}}}{}\n", "{block: [".repeat(120), "]}".repeat(120)), "")
        }),
        row("blocks too deep through aliases", Incomplete, |n| {
            let last = n.max(12_000) / 40;
            let units = (1..=last).map(|at| format!("    - &b{at} {{block: [*b{}]}}\n", at - 1));
            let units: String = units.collect();
            format!("- vars:\n    x:\n    - &b0 {{ecs_ecr: {{}}}}\n{units}- block: [*b{last}]\n").into_bytes()
        }),
    ]
}

fn aliases() -> Vec<Row> {
    vec![
        row("alias bomb of lists", Flagged, |n| {
            let tens = |at: usize| vec![format!("*l{at}"); 10].join(", ");
            let unit = |at: usize| format!("- vars: &l{} [{}]\n", at + 1, tens(at));
            count(n, &format!("{TASK}- vars: &l0 [x]\n"), unit, "")
        }),
        row("alias bomb of blocks", Incomplete, |n| {
            let tens = |at: usize| vec![format!("*b{at}"); 10].join(", ");
            let unit = |at: usize| format!("- &b{} {{block: [{}]}}\n", at + 1, tens(at));
            count(n, "- &b0 {ecs_ecr: {}}\n", unit, "")
        }),
        row("alias bomb of blocks, entered at the top", Incomplete, |n| {
            let last = n.max(30_000) / 90;
            let unit = |at: usize| {
                format!("    - &b{at} {{block: [{}]}}\n", vec![format!("*b{}", at - 1); 8].join(", "))
            };
            let units: String = (1..=last).map(unit).collect();
            format!("- vars:\n    x:\n    - &b0 {{ecs_ecr: {{}}}}\n{units}- block: [*b{last}]\n").into_bytes()
        }),
        row("blocks that hold themselves", Incomplete, |n| {
            count(n, TASK, |at| format!("- &c{at} {{block: [*c{at}, *c{at}, {{ecs_ecr: {{}}}}]}}\n"), "")
        }),
        row("a task aliased many times", Flagged, |n| fill(n, "- &t {ecs_ecr: {}}\n", "- *t\n", "")),
        row("a play aliased many times", Flagged, |n| {
            fill(n, "- &p {hosts: a, tasks: [{ecs_ecr: {}}]}\n", "- *p\n", "")
        }),
        row("anchors", Flagged, |n| count(n, TASK, |at| format!("- &a{at} x\n"), "")),
        row("one anchor over and over", Flagged, |n| fill(n, TASK, "- &a x\n- *a\n", "")),
        row("an alias with a long name", Flagged, |n| {
            let name = "a".repeat(n / 2);
            format!("{TASK}- &{name} x\n- *{name}\n").into_bytes()
        }),
        row("an undefined alias with a long name", Incomplete, |n| fill(n, &format!("{TASK}- *"), "a", "\n")),
        row("an alias as a key", Incomplete, |n| fill(n, &format!("{TASK}- &k key\n"), "- *k : v\n", "")),
    ]
}

fn merges() -> Vec<Row> {
    vec![
        row("<< over and over in one task", Flagged, |n| {
            fill(n, "- &m {a: b}\n- ecs_ecr: {}\n", "  <<: *m\n", "")
        }),
        row("mappings that merge themselves", Incomplete, |n| {
            count(n, "", |at| format!("- &m{at} {{<<: *m{at}, ecs_ecr: {{}}}}\n"), "")
        }),
        row("a merge chain, read upwards", Incomplete, |n| {
            let unit = |at: usize| format!("- &m{} {{<<: *m{at}}}\n", at + 1);
            count(n, "- &m0 {ecs_ecr: {}}\n", unit, "")
        }),
        row("a merge chain, entered at the top", Incomplete, |n| {
            let last = n.max(10_000) / 30;
            let unit = |at: usize| format!("    - &m{at} {{<<: *m{}}}\n", at - 1);
            let units: String = (1..=last).map(unit).collect();
            format!("- vars:\n    x:\n    - &m0 {{ecs_ecr: {{}}}}\n{units}- *m{last}\n").into_bytes()
        }),
        any_but_clean("a merge bomb", |n| {
            let unit = |at: usize| format!("- &m{0} {{<<: [*m{at}, *m{at}, *m{at}, *m{at}]}}\n", at + 1);
            count(n, "- &m0 {ecs_ecr: {}}\n", unit, "")
        }),
        row("one alias many times in a merged list", Flagged, |n| {
            fill(n, "- &m {a: b}\n- ecs_ecr: {}\n  <<: [", "*m, ", "]\n")
        }),
        any_but_clean("a long merged list, aliased by many tasks", |n| {
            let head = "- vars: {m: &m {a: b}, l: &l [";
            halves(n, head, |_| "*m, ".into(), "]}\n", |_| "- {ecs_ecr: {}, <<: *l}\n".into(), "")
        }),
        any_but_clean("many << of a long merged list", |n| {
            let head = "- vars: {m: &m {a: b}, l: &l [";
            halves(n, head, |_| "*m, ".into(), "]}\n- ecs_ecr: {}\n", |_| "  <<: *l\n".into(), "")
        }),
        any_but_clean("a huge mapping merged by many tasks", |n| {
            halves(
                n,
                "- vars: &v {",
                |at| format!("k{at}: v, "),
                "ecs_ecr: {}}\n",
                |_| "- <<: *v\n".into(),
                "",
            )
        }),
        row("many tasks that merge a small mapping", Flagged, |n| {
            fill(n, "- &m {ecs_ecr: {}}\n", "- <<: *m\n", "")
        }),
    ]
}

fn mappings() -> Vec<Row> {
    vec![
        row("a task with many keys", Flagged, |n| {
            count(n, "- ecs_ecr: {}\n", |at| format!("  key{at}: v\n"), "")
        }),
        row("many arguments", Flagged, |n| count(n, "- ecs_ecr:\n", |at| format!("    key{at}: v\n"), "")),
        row("one argument over and over", Flagged, |n| {
            fill(n, "- ecs_ecr:\n", "    image_tag_mutability: x\n", "")
        }),
        row("one module key over and over", Flagged, |n| fill(n, "- name: x\n", "  ecs_ecr: {}\n", "")),
        row("a huge mapping aliased by many tasks", Flagged, |n| {
            let unit = |at: usize| format!("k{at}: v, ");
            halves(n, "- vars: &v {", unit, "}\n", |_| "- ecs_ecr: *v\n".into(), "")
        }),
        row("tasks with seventeen keys", Flagged, |n| {
            let keys = (0..17).map(|at| format!(", {at}: v")).collect::<Vec<_>>().concat();
            fill(n, "", &format!("- {{ecs_ecr: {{}}{keys}}}\n"), "")
        }),
        row("collections as keys", Incomplete, |n| fill(n, "- ecs_ecr: {}\n", "  [a, b]: v\n", "")),
        row("a mapping at the root", Clean, |n| count(n, "ecs_ecr: {}\n", |at| format!("key{at}: v\n"), "")),
    ]
}

fn defaults() -> Vec<Row> {
    vec![
        row("many scopes around one list", Flagged, |n| {
            let unit = |_| "{ecs_ecr: {}}, ".into();
            let play = |_| "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: *t}\n".into();
            halves(n, "- vars: &t [", unit, "]\n", play, "")
        })
        .or_refused(),
        row("scopes in scopes", Flagged, |n| {
            let block = "{module_defaults: {ecs_ecr: {}}, block: [";
            fill(n, "", &format!("- {}{{ecs_ecr: {{}}}}{}\n", block.repeat(100), "]}".repeat(100)), "")
        }),
        row("a large module_defaults", Flagged, |n| {
            count(
                n,
                "- hosts: a\n  tasks: [{ecs_ecr: {}}]\n  module_defaults:\n",
                |at| format!("    m{at}: {{}}\n"),
                "",
            )
        }),
        row("a large module_defaults aliased by many tasks", Flagged, |n| {
            let unit = |at: usize| format!("m{at}: {{}}, ");
            let task = |_| "- {ecs_ecr: {}, module_defaults: *d}\n".into();
            halves(n, "- vars: &d {", unit, "}\n", task, "")
        }),
        row("a long list as the default of many tasks", Incomplete, |n| {
            let middle = "]\n- module_defaults: {ecs_ecr: *d}\n  block:\n";
            halves(n, "- vars: &d [", |_| "a, ".into(), middle, |_| "  - ecs_ecr:\n".into(), "")
        }),
        row("a long list as the inner args of many tasks", Incomplete, |n| {
            let task = |_| "- action: {module: ecs_ecr, args: *d}\n".into();
            halves(n, "- vars: &d [", |_| "a, ".into(), "]\n", task, "")
        }),
        row("large and equal module_defaults in many tasks", Flagged, |n| {
            let unit = |at: usize| format!("k{at}: *v , ");
            let entries: String = (0..n / 40).map(unit).collect();
            let task = "- {module_defaults: [*a , *b ], ecs_ecr: }\n";
            let before = format!("- vars: [&v x, &a {{{entries}}}, &b {{{entries}}}]\n");
            fill(n, &before, task, "")
        }),
        row("a large module_defaults that many equal", Flagged, |n| {
            let unit = |at: usize| format!("k{at}: *v , ");
            let entries: String = (0..n / 40).map(unit).collect();
            let before = format!("- vars: [&v x, &a {{{entries}}}]\n");
            fill(n, &before, "- {module_defaults: [*a , {<<: *a , ecs_ecr: {}}], ecs_ecr: }\n", "")
        })
        .or_refused(),
        row("a large module_defaults under many scopes", Flagged, |n| {
            let unit = |at: usize| format!("m{at}: {{}}, ");
            let play = |_| {
                "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: [{ecs_ecr: {}, module_defaults: *d}]}\n"
                    .into()
            };
            halves(n, "- vars: &d {", unit, "}\n", play, "")
        }),
        row("a list of one large module_defaults", Flagged, |n| {
            let unit = |at: usize| format!("m{at}: {{}}, ");
            let middle = "}\n- {hosts: a, tasks: [{ecs_ecr: {}}], module_defaults: [";
            halves(n, "- vars: &d {", unit, middle, |_| "*d, ".into(), "]}\n")
        }),
        row("a long list of module_defaults under many scopes", Flagged, |n| {
            let play = |_| {
                "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: [{ecs_ecr: {}, module_defaults: *d}]}\n"
                    .into()
            };
            halves(n, "- vars: [&e {}, &d [", |_| "*e, ".into(), "]]\n", play, "")
        }),
        row("module_defaults that merge a bomb of entries", Flagged, |n| {
            let unit = |at: usize| format!("- vars: &m{0} {{<<: [*m{at}, *m{at}]}}\n", at + 1);
            let last = n.clamp(3000, 6000) / 45;
            let units: String = (0..last).map(unit).collect();
            fill(
                n,
                &format!("- vars: &m0 {{a: {{}}}}\n{units}- {{ecs_ecr: {{}}, module_defaults: *m{last}}}\n"),
                TASK,
                "",
            )
        })
        .or_refused(),
        row("many module_defaults that merge a bomb of entries", Incomplete, |n| {
            let unit = |at: usize| format!("- vars: &m{0} {{<<: [*m{at}, *m{at}]}}\n", at + 1);
            let units: String = (0..30).map(unit).collect();
            let task = "- {ecs_ecr: {}, module_defaults: {<<: *m30}}\n";
            fill(n, &format!("- vars: &m0 {{a: {{}}}}\n{units}"), task, "")
        }),
        row("module_defaults that merge a bomb of nothing", Flagged, |n| {
            let unit = |at: usize| format!("- vars: &m{0} {{<<: [*m{at}, *m{at}]}}\n", at + 1);
            let last = n.clamp(3000, 6000) / 45;
            let units: String = (0..last).map(unit).collect();
            fill(
                n,
                &format!("- vars: &m0 {{}}\n{units}- {{ecs_ecr: {{}}, module_defaults: *m{last}}}\n"),
                TASK,
                "",
            )
        })
        .or_refused(),
    ]
}

/// `!unsafe`, for which mappings are compared and values made in an order.
fn distrust() -> Vec<Row> {
    vec![
        row("equal module_defaults with !unsafe under many scopes", Flagged, |n| {
            let unit = |at: usize| format!("m{at}: !unsafe x, ");
            let play =
                |_| "- {hosts: a, module_defaults: *d, tasks: [{ecs_ecr: {}, module_defaults: *e}]}\n".into();
            let half = text(n / 3, "", unit);
            let head = format!("- vars: [&d {{{half}}}, &e {{{half}}}]\n");
            (head + &text(n / 3, "", play)).into_bytes()
        }),
        row("many distinct module_defaults around equal ones with !unsafe", Flagged, |n| {
            let unit = |at: usize| format!("m{at}: !unsafe x, ");
            let half = text(n / 3, "", unit);
            let head = format!("- vars: [&e {{{half}}}]\n");
            let play = |at: usize| {
                format!(
                    "- {{hosts: a, module_defaults: {{m0: !unsafe x, b{at}: c}}, tasks: [{{ecs_ecr: {{}}, module_defaults: *e}}]}}\n"
                )
            };
            (head + &text(2 * n / 3, "", play)).into_bytes()
        }),
        row("long equal texts in a list of module_defaults", Flagged, |n| {
            let long = "v".repeat(n / 2);
            let head = format!("- vars: [&v {long}]\n- ecs_ecr: {{}}\n  module_defaults: [");
            count(n / 2, &head, |_| "{ecs_ecr: {a: *v, b: !unsafe x}}, ".into(), "]\n")
        }),
        row("module_defaults that hold themselves with !unsafe", Flagged, |n| {
            let unit = |at: usize| format!("{{x: &a{at} {{x: *a{at}, y: !unsafe z}}}}, ");
            count(n, "- ecs_ecr: {}\n  module_defaults: [", unit, "]\n")
        })
        .or_refused(),
        row("lists of pairs in lists of pairs", Flagged, |n| {
            let unit = |at: usize| format!("- vars: &p{} !!omap [k: *p{at}]\n", at + 1);
            count(n, &format!("{TASK}- vars: &p0 [x]\n"), unit, "")
        }),
        row("lists of pairs, entered at the top", Flagged, |n| {
            let last = n.max(10_000) / 40;
            let unit = |at: usize| format!("    - &p{at} !!omap [k: *p{}]\n", at - 1);
            let units: String = (1..=last).map(unit).collect();
            format!("- vars:\n    x:\n    - &p0 [x]\n{units}- vars: !!pairs [k: *p{last}]\n{TASK}")
                .into_bytes()
        }),
    ]
}

fn scalars() -> Vec<Row> {
    vec![
        row("a plain scalar", Flagged, |n| fill(n, &format!("{TASK}- name: "), "x", "\n  ecs_ecr: {}\n")),
        row("a plain scalar of many lines", Flagged, |n| {
            fill(n, &format!("{TASK}- name: x\n"), "    x\n", "  ecs_ecr: {}\n")
        }),
        row("a single-quoted scalar", Flagged, |n| fill(n, "- name: '", "x''\n\n   ", "'\n  ecs_ecr: {}\n")),
        row("a double-quoted scalar", Flagged, |n| {
            fill(n, "- name: \"", "x\\n\\\n   ", "\"\n  ecs_ecr: {}\n")
        }),
        row("a literal scalar", Flagged, |n| fill(n, "- ecs_ecr: {}\n  name: |\n", "    x\n", "")),
        row("a folded scalar", Flagged, |n| fill(n, "- ecs_ecr: {}\n  name: >\n", "    x\n\n     y\n", "")),
        row("a literal scalar of blank lines", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n  name: |\n    x\n", "\n", "")
        }),
        row("an open double quote", Incomplete, |n| fill(n, &format!("{TASK}- \""), "x ", "")),
        row("an open single quote", Incomplete, |n| fill(n, &format!("{TASK}- '"), "x\n ", "")),
        row("quotes", Incomplete, |n| fill(n, TASK, "\"", "")),
        row("an open flow list", Incomplete, |n| fill(n, &format!("{TASK}- ["), "x, ", "")),
        row("NULs", Incomplete, |n| fill(n, TASK, "\0", "")),
        row("NULs in a comment", Incomplete, |n| fill(n, &format!("{TASK}# "), "\0", "\n")),
        row("lone surrogates", Incomplete, |n| fill(n, &format!("{TASK}- \""), "\\ud800", "\"\n")),
        row("a long key", Incomplete, |n| fill(n, &format!("{TASK}- "), "k", ": v\n")),
        row("a long quoted key", Incomplete, |n| fill(n, &format!("{TASK}- \""), "k", "\": v\n")),
        row("a long explicit key", Flagged, |n| fill(n, &format!("{TASK}- ? "), "k", "\n  : v\n")),
        row("a long key in JSON", Flagged, |n| {
            fill(n / 2, "[{\"", "k", &format!("\": 1}}{}]", ",{\"ecs_ecr\":{}}".repeat(n / 32)))
        }),
        row("many long keys in JSON", Incomplete, |n| {
            fill(n, "[{\"ecs_ecr\":{}}", &format!(",{{\"{}\":1}}", "k".repeat(1200)), "]")
        }),
        row("invalid UTF-8 at the end", Incomplete, |n| {
            [fill(n, TASK, "# ä\n", "").as_slice(), b"\xff"].concat()
        }),
        row("escapes only", Flagged, |n| fill(n, "- x: \"", "\\\\", "\"\n- \"\\x65cs_ecr\": {}\n")),
        row("escapes of every kind", Flagged, |n| {
            fill(n, &format!("{TASK}- \""), "\\x41\\u0041\\U00000041\\L\\_", "\"\n")
        }),
    ]
}

fn floods() -> Vec<Row> {
    vec![
        row("tags", Flagged, |n| fill(n, TASK, "- !a x\n", "")),
        row("known tags", Flagged, |n| fill(n, TASK, "- !!str x\n- !unsafe y\n- !vault z\n", "")),
        row("a long tag", Flagged, |n| fill(n, &format!("{TASK}- !"), "a", " x\n")),
        row("a long tag prefix, often used", Incomplete, |n| {
            let tags = "- !e!a x\n".repeat(n / 18);
            fill(n / 2, "%TAG !e! tag:", "a", &format!("\n---\n{TASK}{tags}"))
        }),
        row("tags in a row", Incomplete, |n| fill(n, &format!("{TASK}- "), "!a ", "x\n")),
        row("unknown directives", Incomplete, |n| fill(n, "", "%FOO x\n", &format!("---\n{TASK}"))),
        row("tag directives", Incomplete, |n| {
            count(n, "", |at| format!("%TAG !a{at}! tag:x\n"), &format!("---\n{TASK}"))
        }),
        row("comments", Flagged, |n| fill(n, TASK, "# x\n", "")),
        row("comments behind items", Flagged, |n| fill(n, TASK, "- x # y\n", "")),
        row("a long comment", Flagged, |n| fill(n, &format!("{TASK}#"), "x", "")),
        row("blank lines", Flagged, |n| fill(n, "", "\n", TASK)),
        row("spaces", Flagged, |n| fill(n, &format!("{TASK}- x"), " ", "\n")),
        row("indented blank lines", Flagged, |n| fill(n, TASK, "     \n", TASK)),
        row("tabs", Flagged, |n| fill(n, &format!("{TASK}- x"), "\t", "\n")),
        row("tasks on one line", Flagged, |n| fill(n, "[", "{ecs_ecr: {name: x}}, ", "]\n")),
        row("tasks in JSON on one line", Flagged, |n| {
            fill(n, "[{\"ecs_ecr\":{}}", ",{\"ecs_ecr\":{}}", "]\n")
        }),
        row("tasks", Flagged, |n| fill(n, "", TASK, "")),
        row("lone CRs", Flagged, |n| fill(n, "", "- ecs_ecr: {name: x}\r", "")),
        row("lone CRs and nothing else", Flagged, |n| fill(n, TASK, "\r", "")),
        row("empty documents", Flagged, |n| fill(n, TASK, "---\n", "")),
        row("ended documents", Flagged, |n| fill(n, TASK, "---\n...\n", "")),
        row("documents with tasks", Flagged, |n| fill(n, "", "---\n- ecs_ecr: {}\n", "")),
        row("byte-order marks", Incomplete, |n| fill(n, TASK, "\u{feff}", "\n")).or_refused(),
        row("byte-order marks at the start", Incomplete, |n| fill(n, "", "\u{feff}", TASK)).or_refused(),
        row("byte-order marks of documents", Incomplete, |n| {
            fill(n, TASK, "...\n\u{feff}---\n- ecs_ecr: {}\n", "")
        }),
        row("empty items", Flagged, |n| fill(n, TASK, "-\n", "")),
        row("empty flow collections", Flagged, |n| fill(n, &format!("{TASK}- ["), "[],{},", "]\n")),
        row("commas", Incomplete, |n| fill(n, &format!("{TASK}- ["), ",", "]\n")),
        row("closing brackets", Incomplete, |n| fill(n, TASK, "]", "\n")),
        row("null keys", Flagged, |n| fill(n, "- ecs_ecr: {}\n", "  : v\n", "")).or_refused(),
    ]
}

fn separators() -> Vec<Row> {
    vec![
        row("U+2028 in a comment", Flagged, |n| fill(n, TASK, "#\u{2028}", "")),
        row("U+2028 in a plain scalar", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n  name: x", "\u{2028}   x", "\n")
        }),
        row("U+2028 in a single-quoted scalar", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n  name: '", "\u{2028}   x''", "'\n")
        }),
        row("U+2028 in a double-quoted scalar", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n  name: \"", "\u{2028}   \\x41", "\"\n")
        }),
        row("U+2028 in many scalars", Flagged, |n| fill(n, TASK, "- \"a\u{2028}  b\"\n", "")),
        row("U+2028 in a literal scalar", Flagged, |n| fill(n, "- ecs_ecr: {}\n- |\n", "   x\u{2029}", "\n")),
        row("U+2028 between tokens", Flagged, |n| {
            fill(n, &format!("{TASK}- ["), "\u{2028}  x,\u{2029} ", "]\n")
        }),
        row("U+2028 in a run", Flagged, |n| fill(n, TASK, "\u{2028}", TASK)),
        row("U+2028 in a run in quotes", Flagged, |n| {
            fill(n, "- ecs_ecr: {}\n  name: \"x", "\u{2028}", " x\"\n")
        }),
        row("U+0085 instead of line feeds", Flagged, |n| fill(n, "", "- ecs_ecr: {}\u{85}", "")),
    ]
}

fn question_marks() -> Vec<Row> {
    vec![
        row("question marks before words", Flagged, |n| {
            count(n, &format!("{TASK}- ["), |at| format!("?a{at}, "), "x]\n")
        }),
        row("a run of question marks in flow", Flagged, |n| fill(n, &format!("{TASK}- ["), "?", "]\n"))
            .or_refused(),
        row("a run of question marks", Flagged, |n| fill(n, &format!("{TASK}- "), "?", "\n")),
        row("runs of question marks in flow", Flagged, |n| fill(n, &format!("{TASK}- ["), "???x, ", "]\n"))
            .or_refused(),
        row("colons in flow", Flagged, |n| fill(n, &format!("{TASK}- ["), ":x, ", "]\n")).or_refused(),
        row("question marks before keys", Flagged, |n| fill(n, TASK, "- {?ecs_ecr: {name: x}}\n", "")),
        row("question marks that hide each other", Flagged, |n| {
            fill(n, &format!("{TASK}- ["), "?a:?b?:c, ", "]\n")
        })
        .or_refused(),
    ]
}

fn key_values() -> Vec<Row> {
    vec![
        row("k=v: quotes", Flagged, |n| fill(n, "- ecs_ecr: a=", "\"'\"\"'\"", "\n")),
        row("k=v: an open quote", Incomplete, |n| fill(n, "- ecs_ecr: a='", "x ", "\n")),
        row("k=v: blocks", Flagged, |n| fill(n, "- ecs_ecr: a=", "{{ x }}", "\n")),
        row("k=v: open blocks", Incomplete, |n| fill(n, "- ecs_ecr: a=", "{{", "\n")),
        row("k=v: open blocks with spaces", Incomplete, |n| fill(n, "- ecs_ecr: a=", "{{ {% {# ", "\n")),
        row("k=v: blocks that close", Flagged, |n| {
            fill(n / 2, "- ecs_ecr: a=", "{{ ", &format!("{}\n", "}} ".repeat(n / 6 + 1)))
        })
        .or_refused(),
        row("k=v: words", Flagged, |n| fill(n, "- ecs_ecr: ", "a=b ", "\n")),
        row("k=v: free words", Flagged, |n| fill(n, "- ecs_ecr: ", "a ", "\n")),
        row("k=v: distinct words", Flagged, |n| count(n, "- ecs_ecr: ", |at| format!("a{at}=b "), "\n")),
        row("k=v: backslashes", Incomplete, |n| fill(n, "- ecs_ecr: a=", "\\\\", "\n")),
        row("k=v: lone backslashes", Incomplete, |n| fill(n, "- ecs_ecr: |\n", "    a=b \\\n", "")),
        row("k=v: escapes", Incomplete, |n| fill(n, "- ecs_ecr: a=", "\\x41", "\n")),
        row("k=v: named escapes left open", Incomplete, |n| fill(n, "- ecs_ecr: a=", "\\N{", "\n")),
        row("k=v: equals signs", Flagged, |n| fill(n, "- ecs_ecr: ", "=", "\n")),
        row("k=v: escaped equals signs", Incomplete, |n| fill(n, "- ecs_ecr: ", "\\=", "\n")),
        row("k=v: lines", Flagged, |n| fill(n, "- ecs_ecr: |\n", "    a=b\n", "")),
        row("k=v: blank lines", Flagged, |n| fill(n, "- ecs_ecr: |\n    a=b\n", "\n", "    c=d\n")),
        row("k=v: spaces", Flagged, |n| fill(n, "- ecs_ecr: 'a=b", " ", "c=d'\n")),
        row("k=v: wide spaces", Incomplete, |n| fill(n, "- ecs_ecr: 'a=", "\u{3000}", "'\n")),
        row("action: words", Flagged, |n| fill(n, "- action: ecs_ecr ", "a=b ", "\n")),
        row("action: open", Incomplete, |n| fill(n, "- action: ecs_ecr ", "{{ ", "\n")),
        row("action: another module", Clean, |n| fill(n, "- action: copy content=ecs_ecr ", "a=b ", "\n")),
        row("action: args in args", Incomplete, |n| fill(n, "- action: ecs_ecr args='", "a=b ", "'\n")),
        row("many refused tasks", Incomplete, |n| fill(n, "", "- ecs_ecr: \"'\"\n", "")),
    ]
}

/// What libyaml would take long for: refused where it is large enough.
fn limits() -> Vec<Row> {
    vec![
        row("nesting as deep as allowed, with many items", Flagged, |n| {
            fill(n, &format!("{TASK}- {}", "[".repeat(253)), "a, ", &format!("{}\n", "]".repeat(253)))
        }),
        row("nesting deeper than allowed, with many items", Incomplete, |n| {
            fill(n, &format!("{TASK}- {}", "[".repeat(255)), "a, ", &format!("{}\n", "]".repeat(255)))
        }),
        row("as many tag directives as allowed", Incomplete, |n| {
            fill(n, &format!("{}---\n{TASK}", tag_directives(100)), "- !a99!x y\n", "")
        }),
        row("more tag directives than allowed", Incomplete, |n| {
            fill(n, &format!("{}---\n{TASK}", tag_directives(101)), "- !a99!x y\n", "")
        }),
        row("short runs of spaces among many words", Flagged, |n| {
            fill(n, &format!("{TASK}- a{}", " ".repeat(4000)), "b ", "c\n")
        }),
        row("a run of spaces before many words", Flagged, |n| run_before_words(n, "- a", " ", "b ", "c\n"))
            .or_refused(),
        row("a run of tabs before many words", Flagged, |n| run_before_words(n, "- a", "\t", "b ", "c\n"))
            .or_refused(),
        row("a run of line breaks before many lines", Flagged, |n| {
            run_before_words(n, "- 'a", "\n", " b\n", " c'\n")
        })
        .or_refused(),
        row("a run of U+2028 before many lines", Flagged, |n| {
            run_before_words(n, "- \"a", "\u{2028}", " b\n", " c\"\n")
        })
        .or_refused(),
        row("a run of empty lines in a block scalar", Flagged, |n| {
            run_before_words(n, "- >\n  a", "\n", "  b\n\n", "  c\n")
        })
        .or_refused(),
    ]
}

fn tag_directives(count: usize) -> String {
    let directives: Vec<_> = (0..count).map(|at| format!("%TAG !a{at}! tag:x\n")).collect();
    directives.concat()
}

/// A scalar: a run, then as many bytes of words.
fn run_before_words(size: usize, head: &str, run: &str, word: &str, tail: &str) -> Vec<u8> {
    let (runs, words) = (size / 2 / run.len(), size / 2 / word.len());
    [TASK, head, &run.repeat(runs), &word.repeat(words), tail].concat().into_bytes()
}

/// One long text or refusal that aliases repeat: what is said of it must not be repeated with it.
fn repeated_texts() -> Vec<Row> {
    vec![
        row("a long name of many tasks", Flagged, |n| {
            let task = |_| "- {name: *n, ecs_ecr: {}}\n".into();
            halves(n, "- vars: &n ", |_| "n".into(), "\n", task, "")
        }),
        row("a long name under many scopes", Flagged, |n| {
            let play = |_| "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: *t}\n".into();
            halves(n, "- vars: &t [{ecs_ecr: {}, name: ", |_| "n".into(), "}]\n", play, "")
        }),
        row("a long value of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {image_tag_mutability: *v}}\n".into();
            halves(n, "- vars: &v ", |_| "v".into(), "\n", task, "")
        }),
        row("a large mapping as the value of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {image_tag_mutability: *v}}\n".into();
            halves(n, "- vars: &v {", |_| "a: b, ".into(), "}\n", task, "")
        }),
        row("a long template of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {image_tag_mutability: *v}}\n".into();
            halves(n, "- vars: &v '", |_| "v".into(), "{{ x }}'\n", task, "")
        }),
        row("a long k=v string of many tasks", Flagged, |n| {
            let task = |_| "- ecs_ecr: *v\n".into();
            halves(n, "- vars: &v '", |_| "a=b ".into(), "'\n", task, "")
        }),
        row("a long k=v string under many scopes", Flagged, |n| {
            let play = |_| "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: *t}\n".into();
            halves(n, "- vars: &t [{ecs_ecr: '", |_| "a=b ".into(), "'}]\n", play, "")
        }),
        row("a long k=v string in a play aliased many times", Flagged, |n| {
            let play = "- &p {hosts: a, tasks: [{ecs_ecr: '";
            halves(n, play, |_| "a=b ".into(), "'}]}\n", |_| "- *p\n".into(), "")
        }),
        row("a k=v string with a long value of many tasks", Flagged, |n| {
            let task = |_| "- ecs_ecr: *v\n".into();
            halves(n, "- vars: &v image_tag_mutability=", |_| "v".into(), "\n", task, "")
        }),
        row("an action with long args of many tasks", Incomplete, |n| {
            let task = |_| "- action: *v\n".into();
            halves(n, "- vars: &v 'ecs_ecr args=\"", |_| "a=b ".into(), "\"'\n", task, "")
        }),
        row("a long default of many tasks", Flagged, |n| {
            let play = "- {hosts: a, module_defaults: {ecs_ecr: {image_tag_mutability: ";
            halves(n, play, |_| "v".into(), "}}, tasks: [", |_| "{ecs_ecr: {}}, ".into(), "]}\n")
        }),
        any_but_clean("a long text as the default of many tasks", |n| {
            let play = "- {hosts: a, module_defaults: {ecs_ecr: ";
            halves(n, play, |_| "v".into(), "}, tasks: [", |_| "{ecs_ecr: {}}, ".into(), "]}\n")
        }),
        row("a long state of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {state: *v}}\n".into();
            halves(n, "- vars: &v ", |_| "v".into(), "\n", task, "")
        }),
        row("a long action of many tasks", Clean, |n| {
            let task = |_| "- action: *v\n".into();
            halves(n, "- vars: &v 'copy content=ecs_ecr ", |_| "a=b ".into(), "'\n", task, "")
        }),
        row("long args of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {}, args: *v}\n".into();
            halves(n, "- vars: &v '{{ ", |_| "a b ".into(), "}}'\n", task, "")
        }),
        row("a refused k=v string of many tasks", Incomplete, |n| {
            let task = |_| "- ecs_ecr: *v\n".into();
            halves(n, "- vars: &v \"'", |_| "a=b ".into(), "\"\n", task, "")
        }),
        row("refused tasks under many scopes", Incomplete, |n| {
            let play = |_| "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: *t}\n".into();
            halves(n, "- vars: &t [", |_| "{ecs_ecr: \"'\"}, ".into(), "]\n", play, "")
        }),
    ]
}

/// The size of what is said about a file.
fn weight(report: &FileReport) -> usize {
    let length = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
    let findings = report.findings().map(|(finding, _)| 1 + length(&finding.task) + length(&finding.value));
    let problems = report.problems().map(|(message, _)| 1 + message.len());
    findings.chain(problems).sum()
}

/// A problem's own words, of which a file may cause many.
const WORDS: usize = 16;

/// What is wrong with the report on an input of this size.
fn complaint(row: &Row, size: usize) -> Option<String> {
    let (length, report) = row.check(size);
    let (verdict, weight) = (report.verdict(), weight(&report));
    let (findings, problems) = (report.findings().count(), report.problems().count());
    let longest = report.problems().map(|(message, _)| message.len()).max().unwrap_or(0);
    let what = if row.verdict.map_or(verdict == Clean, |expected| expected != verdict) {
        format!("{verdict:?}: {:?}", report.problems().next())
    } else if findings > length || problems > length {
        format!("{findings} findings and {problems} problems in {length} bytes")
    } else if weight > WORDS * length + 1000 {
        format!("{weight} bytes said of {length}")
    } else if longest > 1000 {
        format!("a message of {longest} bytes")
    } else {
        return None;
    };
    Some(format!("{} at {size} bytes: {what}", row.name))
}

fn complaints(rows: impl Iterator<Item = Row>) -> Vec<String> {
    rows.flat_map(|row| [SMALL, 2 * SMALL].map(|size| complaint(&row, size))).flatten().collect()
}

#[test]
fn every_input_is_answered() {
    let complaints = complaints(rows().into_iter());
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn names_are_distinct() {
    let rows = rows();
    let names: std::collections::HashSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len());
    assert!(names.len() >= 40);
}

#[cfg(unix)]
mod growth {
    //! The table, each cell in a process of its own with bounded memory.

    use std::env;
    use std::fs;
    use std::process::Command;

    use super::{Row, rows};

    /// What one cell is about, for the process that measures it.
    const CELL: &str = "ECR_LINT_HOSTILE_CELL";
    /// The smallest size in bytes; a quarter of the largest.
    const BASE: &str = "ECR_LINT_HOSTILE_BYTES";
    /// Only rows whose name contains this.
    const ROWS: &str = "ECR_LINT_HOSTILE_ROWS";
    /// Virtual memory in KiB and seconds that a cell may take.
    const LIMITS: &str = "ulimit -v 6000000; ulimit -t 10; exec \"$@\"";

    /// Prints the time for three sizes of each input, the exponent of its growth and the peak memory.
    #[test]
    #[ignore = "prints a table for people"]
    fn growth_table() {
        if let Ok(cell) = env::var(CELL) {
            return measure_cell(&cell);
        }
        let base = env::var(BASE).ok().and_then(|text| text.parse().ok()).unwrap_or(256 << 10);
        let selected = env::var(ROWS).unwrap_or_default();
        println!("{:<52}{:>9}{:>9}{:>9}  exp   peak MiB  verdict", "", "n ms", "2n ms", "4n ms");
        for row in rows().iter().filter(|row| row.name.contains(&selected)) {
            print_row(row, base);
        }
    }

    fn print_row(row: &Row, base: usize) {
        let mut cells: Vec<_> =
            [base, 2 * base, 4 * base].into_iter().map_while(|size| measure(row, size).map(Some)).collect();
        cells.resize_with(3, || None); // what died did not get better
        let times: Vec<Option<f64>> = cells.iter().map(|cell| cell.as_ref().map(|cell| cell.0)).collect();
        let shown: String =
            times.iter().map(|time| time.map_or("      died".into(), |ms| format!("{ms:9.1}"))).collect();
        let exponent = match times[..] {
            [Some(first), _, Some(last)] => format!("{:5.2}", (last / first).log2() / 2.0),
            [Some(first), Some(last), _] => format!("{:5.2}", (last / first).log2()),
            _ => "    ?".to_owned(),
        };
        let rest = cells.into_iter().rev().flatten().next().map_or(String::new(), |cell| cell.1);
        println!("{:<52}{shown} {exponent}  {rest}", row.name);
    }

    /// Milliseconds, and what else there is to say.
    fn measure(row: &Row, size: usize) -> Option<(f64, String)> {
        let output = Command::new("sh")
            .args(["-c", LIMITS, "sh"])
            .arg(env::current_exe().expect("this program"))
            .args(["--exact", "growth::growth_table", "--ignored", "--nocapture"])
            .env(CELL, format!("{size} {}", row.name))
            .output()
            .expect("a process");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find_map(|line| line.split_once("cell: "))?.1.to_owned();
        let (time, rest) = line.split_once(' ')?;
        Some((time.parse().ok()?, rest.to_owned()))
    }

    /// Measures one cell, in a process of its own.
    fn measure_cell(cell: &str) {
        let (size, name) = cell.split_once(' ').expect("a size and a name");
        let row = rows().into_iter().find(|row| row.name == name).expect("a row");
        let (_, report, time) = row.check_timed(size.parse().expect("a size"));
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak =
            peak.and_then(|text| text.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) >> 10;
        println!("cell: {time} {peak:8}   {:?}", report.verdict());
    }
}
