//! Shapes of the tree: nesting, aliases, merges and `module_defaults`.

use ecr_lint::report::Verdict::{Clean, Flagged, Incomplete};

use crate::shape::{Shape, TASK, count, fill, halves, shape, shared_arguments, text};

pub(crate) fn shapes() -> Vec<Shape> {
    [nesting(), aliases(), merges(), mappings(), defaults(), distrust()].concat()
}

/// A shape whose verdict depends on the size.
fn any_but_clean(name: &'static str, input: fn(usize) -> Vec<u8>) -> Shape {
    shape(name, Flagged, input).or_refused()
}

fn nesting() -> Vec<Shape> {
    vec![
        shape("flow lists, open", Incomplete, |n| fill(n, TASK, "[", "")),
        shape("flow lists, closed", Incomplete, |n| {
            fill(n, &(TASK.to_owned() + "- x: " + &"[".repeat(n / 2)), "]", "\n")
        }),
        shape("flow lists as deep as allowed", Flagged, |n| {
            fill(n, TASK, &format!("- x: {}{}\n", "[".repeat(250), "]".repeat(250)), "")
        }),
        shape("flow mappings, open", Incomplete, |n| fill(n, TASK, "{a: ", "")),
        shape("dashes on one line", Incomplete, |n| fill(n, TASK, "- ", "x\n")),
        shape("question marks on one line", Incomplete, |n| fill(n, TASK, "? ", "x\n")),
        shape("indented mappings", Incomplete, |n| {
            let depth = (2 * n).isqrt().max(300);
            let lines = (1..depth).map(|depth| format!("{:depth$}a:\n", ""));
            (TASK.to_owned() + "- a:\n" + &lines.collect::<String>()).into_bytes()
        }),
        shape("blocks in blocks", Flagged, |n| {
            fill(n, "", &format!("- {}{{ecs_ecr: {{}}}}{}\n", "{block: [".repeat(120), "]}".repeat(120)), "")
        }),
        shape("blocks too deep through aliases", Incomplete, |n| {
            let last = n.max(12_000) / 40;
            let units = (1..=last).map(|at| format!("    - &b{at} {{block: [*b{}]}}\n", at - 1));
            let units: String = units.collect();
            format!("- vars:\n    x:\n    - &b0 {{ecs_ecr: {{}}}}\n{units}- block: [*b{last}]\n").into_bytes()
        }),
    ]
}

fn aliases() -> Vec<Shape> {
    vec![
        shape("alias bomb of lists", Flagged, |n| {
            let tens = |at: usize| vec![format!("*l{at}"); 10].join(", ");
            let unit = |at: usize| format!("- vars: &l{} [{}]\n", at + 1, tens(at));
            count(n, &format!("{TASK}- vars: &l0 [x]\n"), unit, "")
        }),
        shape("alias bomb of blocks", Incomplete, |n| {
            let tens = |at: usize| vec![format!("*b{at}"); 10].join(", ");
            let unit = |at: usize| format!("- &b{} {{block: [{}]}}\n", at + 1, tens(at));
            count(n, "- &b0 {ecs_ecr: {}}\n", unit, "")
        }),
        shape("alias bomb of blocks, entered at the top", Incomplete, |n| {
            let last = n.max(30_000) / 90;
            let unit = |at: usize| {
                format!("    - &b{at} {{block: [{}]}}\n", vec![format!("*b{}", at - 1); 8].join(", "))
            };
            let units: String = (1..=last).map(unit).collect();
            format!("- vars:\n    x:\n    - &b0 {{ecs_ecr: {{}}}}\n{units}- block: [*b{last}]\n").into_bytes()
        }),
        shape("blocks that hold themselves", Incomplete, |n| {
            count(n, TASK, |at| format!("- &c{at} {{block: [*c{at}, *c{at}, {{ecs_ecr: {{}}}}]}}\n"), "")
        }),
        shape("a task aliased many times", Flagged, |n| fill(n, "- &t {ecs_ecr: {}}\n", "- *t\n", "")),
        shape("a play aliased many times", Flagged, |n| {
            fill(n, "- &p {hosts: a, tasks: [{ecs_ecr: {}}]}\n", "- *p\n", "")
        }),
        shape("anchors", Flagged, |n| count(n, TASK, |at| format!("- &a{at} x\n"), "")),
        shape("one anchor over and over", Flagged, |n| fill(n, TASK, "- &a x\n- *a\n", "")),
        shape("an alias with a long name", Flagged, |n| {
            let name = "a".repeat(n / 2);
            format!("{TASK}- &{name} x\n- *{name}\n").into_bytes()
        }),
        shape("an undefined alias with a long name", Incomplete, |n| {
            fill(n, &format!("{TASK}- *"), "a", "\n")
        }),
        shape("an alias as a key", Incomplete, |n| fill(n, &format!("{TASK}- &k key\n"), "- *k : v\n", "")),
    ]
}

fn merges() -> Vec<Shape> {
    vec![
        shape("<< over and over in one task", Flagged, |n| {
            fill(n, "- &m {a: b}\n- ecs_ecr: {}\n", "  <<: *m\n", "")
        }),
        shape("mappings that merge themselves", Incomplete, |n| {
            count(n, "", |at| format!("- &m{at} {{<<: *m{at}, ecs_ecr: {{}}}}\n"), "")
        }),
        shape("a merge chain, read upwards", Incomplete, |n| {
            let unit = |at: usize| format!("- &m{} {{<<: *m{at}}}\n", at + 1);
            count(n, "- &m0 {ecs_ecr: {}}\n", unit, "")
        }),
        shape("a merge chain, entered at the top", Incomplete, |n| {
            let last = n.max(10_000) / 30;
            let unit = |at: usize| format!("    - &m{at} {{<<: *m{}}}\n", at - 1);
            let units: String = (1..=last).map(unit).collect();
            format!("- vars:\n    x:\n    - &m0 {{ecs_ecr: {{}}}}\n{units}- *m{last}\n").into_bytes()
        }),
        any_but_clean("a merge bomb", |n| {
            let unit = |at: usize| format!("- &m{0} {{<<: [*m{at}, *m{at}, *m{at}, *m{at}]}}\n", at + 1);
            count(n, "- &m0 {ecs_ecr: {}}\n", unit, "")
        }),
        shape("one alias many times in a merged list", Flagged, |n| {
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
        shape("many tasks that merge a small mapping", Flagged, |n| {
            fill(n, "- &m {ecs_ecr: {}}\n", "- <<: *m\n", "")
        }),
    ]
}

fn mappings() -> Vec<Shape> {
    vec![
        shape("a task with many keys", Flagged, |n| {
            count(n, "- ecs_ecr: {}\n", |at| format!("  key{at}: v\n"), "")
        }),
        shape("many arguments", Flagged, |n| count(n, "- ecs_ecr:\n", |at| format!("    key{at}: v\n"), "")),
        shape("one argument over and over", Flagged, |n| {
            fill(n, "- ecs_ecr:\n", "    image_tag_mutability: x\n", "")
        }),
        shape("one module key over and over", Flagged, |n| fill(n, "- name: x\n", "  ecs_ecr: {}\n", "")),
        shape("a huge mapping aliased by many tasks", Flagged, |n| {
            let unit = |at: usize| format!("k{at}: v, ");
            shared_arguments(n, unit)
        })
        .or_refused(),
        shape("tasks with seventeen keys", Flagged, |n| {
            let keys = (0..17).map(|at| format!(", {at}: v")).collect::<Vec<_>>().concat();
            fill(n, "", &format!("- {{ecs_ecr: {{}}{keys}}}\n"), "")
        }),
        shape("collections as keys", Incomplete, |n| fill(n, "- ecs_ecr: {}\n", "  [a, b]: v\n", "")),
        shape("a mapping at the root", Clean, |n| {
            count(n, "ecs_ecr: {}\n", |at| format!("key{at}: v\n"), "")
        }),
    ]
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn defaults() -> Vec<Shape> {
    vec![
        shape("many scopes around one list", Flagged, |n| {
            let unit = |_| "{ecs_ecr: {}}, ".into();
            let play = |_| "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: *t}\n".into();
            halves(n, "- vars: &t [", unit, "]\n", play, "")
        })
        .or_refused(),
        shape("scopes in scopes", Flagged, |n| {
            let block = "{module_defaults: {ecs_ecr: {}}, block: [";
            fill(n, "", &format!("- {}{{ecs_ecr: {{}}}}{}\n", block.repeat(100), "]}".repeat(100)), "")
        }),
        shape("a large module_defaults", Flagged, |n| {
            count(
                n,
                "- hosts: a\n  tasks: [{ecs_ecr: {}}]\n  module_defaults:\n",
                |at| format!("    m{at}: {{}}\n"),
                "",
            )
        }),
        shape("a large module_defaults aliased by many tasks", Flagged, |n| {
            let unit = |at: usize| format!("m{at}: {{}}, ");
            let task = |_| "- {ecs_ecr: {}, module_defaults: *d}\n".into();
            halves(n, "- vars: &d {", unit, "}\n", task, "")
        })
        .or_refused(),
        shape("a long list as the default of many tasks", Incomplete, |n| {
            let middle = "]\n- module_defaults: {ecs_ecr: *d}\n  block:\n";
            halves(n, "- vars: &d [", |_| "a, ".into(), middle, |_| "  - ecs_ecr:\n".into(), "")
        }),
        shape("a long list as the inner args of many tasks", Incomplete, |n| {
            let task = |_| "- action: {module: ecs_ecr, args: *d}\n".into();
            halves(n, "- vars: &d [", |_| "a, ".into(), "]\n", task, "")
        }),
        shape("large and equal module_defaults in many tasks", Flagged, |n| {
            let unit = |at: usize| format!("k{at}: *v , ");
            let entries: String = (0..n / 40).map(unit).collect();
            let task = "- {module_defaults: [*a , *b ], ecs_ecr: }\n";
            let before = format!("- vars: [&v x, &a {{{entries}}}, &b {{{entries}}}]\n");
            fill(n, &before, task, "")
        })
        .or_refused(),
        shape("a large module_defaults that many equal", Flagged, |n| {
            let unit = |at: usize| format!("k{at}: *v , ");
            let entries: String = (0..n / 40).map(unit).collect();
            let before = format!("- vars: [&v x, &a {{{entries}}}]\n");
            fill(n, &before, "- {module_defaults: [*a , {<<: *a , ecs_ecr: {}}], ecs_ecr: }\n", "")
        })
        .or_refused(),
        shape("a large module_defaults under many scopes", Flagged, |n| {
            let unit = |at: usize| format!("m{at}: {{}}, ");
            let play = |_| {
                "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: [{ecs_ecr: {}, module_defaults: *d}]}\n"
                    .into()
            };
            halves(n, "- vars: &d {", unit, "}\n", play, "")
        })
        .or_refused(),
        shape("a list of one large module_defaults", Flagged, |n| {
            let unit = |at: usize| format!("m{at}: {{}}, ");
            let middle = "}\n- {hosts: a, tasks: [{ecs_ecr: {}}], module_defaults: [";
            halves(n, "- vars: &d {", unit, middle, |_| "*d, ".into(), "]}\n")
        })
        .or_refused(),
        shape("a long list of module_defaults under many scopes", Flagged, |n| {
            let play = |_| {
                "- {hosts: a, module_defaults: {ecs_ecr: {}}, tasks: [{ecs_ecr: {}, module_defaults: *d}]}\n"
                    .into()
            };
            halves(n, "- vars: [&e {}, &d [", |_| "*e, ".into(), "]]\n", play, "")
        })
        .or_refused(),
        shape("<< of many mappings with the same long text", Flagged, |n| {
            let long = "v".repeat(n / 4);
            let head = format!("- vars: [&x {{state: {long}}}, &y {{state: {long}}}]\n- ecs_ecr: {{<<: [*x");
            fill(n, &head, ",*y", "]}\n")
        })
        .or_refused(),
        shape("many look-alikes as defaults of a play with many tasks", Flagged, |n| {
            let entries: String = (0..n / 256).map(|at| format!("a.b{at}.ecs_ecr: , ")).collect();
            fill(
                n,
                &format!("- hosts: a\n  module_defaults: {{{entries}}}\n  tasks:\n"),
                "  - ecs_ecr:\n",
                "",
            )
        })
        .or_refused(),
        shape("many groups as defaults of tasks whose own are ambiguous", Flagged, |n| {
            let groups: String = (0..n / 64).map(|at| format!("group/{at}: , ")).collect();
            let head = format!(
                "{TASK}- vars: &m [{{module_defaults: {{a: }}}}, {{module_defaults: {{b: }}}}]\n\
                 - hosts: a\n  module_defaults: {{{groups}}}\n  tasks:\n"
            );
            fill(n, &head, "  - <<: *m\n", "")
        })
        .or_refused(),
        shape("a block of tasks with long names and values, aliased many times", Flagged, |n| {
            let tasks = "{name: *n, ecs_ecr: *m},".repeat(50);
            let long = "\u{1f600}".repeat(400);
            fill(n, &format!("- vars: [&n '{long}', &m {{state: *n}}, &b [{tasks}]]\n"), "- block: *b\n", "")
        })
        .or_refused(),
        shape("names of many dots, merged by many tasks", Flagged, |n| {
            let names: String =
                (0..100).map(|at| format!("{}{at}: ,", ".".repeat(n.min(50_000) / 500))).collect();
            fill(n, &format!("- vars: [&m {{{names}}}, &t {{<<: *m}}]\n{TASK}"), "- *t\n", "")
        })
        .or_refused(),
        shape("defaults and names of wide characters, many tasks", Flagged, |n| {
            let long = "\u{1f600}".repeat(400);
            let head = format!(
                "- vars: [&n '{long}']\n- hosts: a\n  module_defaults: {{ecs_ecr: {{state: *n}}}}\n  \
                 tasks: ["
            );
            fill(n, &head, "{ecs_ecr: ,name: *n},", "]\n")
        })
        .or_refused(),
        shape("<< of a long list of scalars", Flagged, |n| {
            let task = |_| "- ecs_ecr: {<<: *d}\n".into();
            halves(n, "- vars: [&d [", |_| "a, ".into(), "]]\n", task, "")
        })
        .or_refused(),
        shape("module_defaults that merge a bomb of entries", Flagged, |n| {
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
        shape("many module_defaults that merge a bomb of entries", Incomplete, |n| {
            let unit = |at: usize| format!("- vars: &m{0} {{<<: [*m{at}, *m{at}]}}\n", at + 1);
            let units: String = (0..30).map(unit).collect();
            let task = "- {ecs_ecr: {}, module_defaults: {<<: *m30}}\n";
            fill(n, &format!("- vars: &m0 {{a: {{}}}}\n{units}"), task, "")
        }),
        shape("module_defaults that merge a bomb of nothing", Flagged, |n| {
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
fn distrust() -> Vec<Shape> {
    vec![
        shape("equal module_defaults with !unsafe under many scopes", Flagged, |n| {
            let unit = |at: usize| format!("m{at}: !unsafe x, ");
            let play =
                |_| "- {hosts: a, module_defaults: *d, tasks: [{ecs_ecr: {}, module_defaults: *e}]}\n".into();
            let half = text(n / 3, "", unit);
            let head = format!("- vars: [&d {{{half}}}, &e {{{half}}}]\n");
            (head + &text(n / 3, "", play)).into_bytes()
        })
        .or_refused(),
        shape("many distinct module_defaults around equal ones with !unsafe", Flagged, |n| {
            let unit = |at: usize| format!("m{at}: !unsafe x, ");
            let half = text(n / 3, "", unit);
            let head = format!("- vars: [&e {{{half}}}]\n");
            let play = |at: usize| {
                format!(
                    "- {{hosts: a, module_defaults: {{m0: !unsafe x, b{at}: c}}, tasks: [{{ecs_ecr: {{}}, module_defaults: *e}}]}}\n"
                )
            };
            (head + &text(2 * n / 3, "", play)).into_bytes()
        })
        .or_refused(),
        shape("long equal texts in a list of module_defaults", Flagged, |n| {
            let long = "v".repeat(n / 2);
            let head = format!("- vars: [&v {long}]\n- ecs_ecr: {{}}\n  module_defaults: [");
            count(n / 2, &head, |_| "{ecs_ecr: {a: *v, b: !unsafe x}}, ".into(), "]\n")
        }),
        shape("module_defaults that hold themselves with !unsafe", Flagged, |n| {
            let unit = |at: usize| format!("{{x: &a{at} {{x: *a{at}, y: !unsafe z}}}}, ");
            count(n, "- ecs_ecr: {}\n  module_defaults: [", unit, "]\n")
        })
        .or_refused(),
        shape("lists of pairs in lists of pairs", Flagged, |n| {
            let unit = |at: usize| format!("- vars: &p{} !!omap [k: *p{at}]\n", at + 1);
            count(n, &format!("{TASK}- vars: &p0 [x]\n"), unit, "")
        }),
        shape("lists of pairs, entered at the top", Flagged, |n| {
            let last = n.max(10_000) / 40;
            let unit = |at: usize| format!("    - &p{at} !!omap [k: *p{}]\n", at - 1);
            let units: String = (1..=last).map(unit).collect();
            format!("- vars:\n    x:\n    - &p0 [x]\n{units}- vars: !!pairs [k: *p{last}]\n{TASK}")
                .into_bytes()
        }),
    ]
}
