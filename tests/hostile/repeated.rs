//! Shapes in which aliases, merges or scopes make much of little: what each task costs must not depend on what others
//! wrote.

use ecr_lint::report::Verdict::{Clean, Flagged, Incomplete};

use crate::shape::{FORMATS, Shape, TASK, count, fill, halves, shape, shared_arguments, text};

pub(crate) fn shapes() -> Vec<Shape> {
    [merged(), scopes(), groups(), tasks(), names(), strings()].concat()
}

fn merged() -> Vec<Shape> {
    vec![
        shape("<< of three sources, one a list of empty mappings", Flagged, |n| {
            let task = |_| "- ecs_ecr: {<<: {state: a}, <<: {state: b}, <<: *l}\n".into();
            halves(n, "- vars: [&e {}, &l [", |_| "*e, ".into(), "]]\n", task, "")
        })
        .or_refused(),
        shape("many entries under one aliased key, merged by each task", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {}, <<: *m}\n".into();
            halves(n, "- vars: [&k x, &m {", |_| "*k : v, ".into(), "}]\n", task, "")
        })
        .or_refused(),
        shape("the same, merged by the arguments", Flagged, |n| {
            let task = |_| "- ecs_ecr: {<<: *m}\n".into();
            halves(n, "- vars: [&k x, &m {", |_| "*k : v, ".into(), "}]\n", task, "")
        })
        .or_refused(),
        shape("module_defaults merged from many alias keys and values", Incomplete, |n| {
            let head = "- vars: [&k x, &v y, &m {";
            let task = |_| "- {ecs_ecr: {}, module_defaults: {<<: *m}}\n".into();
            halves(n, head, |_| "*k : *v , ".into(), "}]\n", task, "")
        }),
        shape("module_defaults of many alias keys and values", Flagged, |n| {
            let head = "- vars: [&k x, &v y, &m {";
            let task = |_| "- {ecs_ecr: {}, module_defaults: *m}\n".into();
            halves(n, head, |_| "*k : *v , ".into(), "}]\n", task, "")
        })
        .or_refused(),
        shape("a large mapping merged by the module_defaults of many tasks", Incomplete, |n| {
            let task = |_| "- {ecs_ecr: {}, module_defaults: {<<: *m}}\n".into();
            halves(n, "- vars: &m {", |at| format!("k{at}: {{}}, "), "}\n", task, "")
        }),
        shape("a large mapping merged by the default of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {}, module_defaults: {ecs_ecr: {<<: *m}}}\n".into();
            halves(n, "- vars: &m {", |at| format!("k{at}: v, "), "}\n", task, "")
        })
        .or_refused(),
        shape("many sources in one <<, each with the argument", Flagged, |n| {
            count(n, "- ecs_ecr:\n    <<: [", |_| "{image_tag_mutability: mutable}, ".into(), "]\n")
        })
        .or_refused(),
        shape("two hundred sources merged by each task", Flagged, |n| {
            let sources: String = (0..190).map(|at| format!("{{k{at}: v}}, ")).collect();
            fill(n, &format!("- vars: &l [{sources}]\n"), "- {ecs_ecr: {}, <<: *l}\n", "")
        })
        .or_refused(),
        shape("<< in << in the arguments of each task", Flagged, |n| {
            let unit = "- ecs_ecr: {<<: {<<: {<<: {<<: {<<: {image_tag_mutability: mutable}}}}}}\n";
            fill(n, "", unit, "")
        }),
        shape("args merged by each task", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {}, args: {<<: *m}}\n".into();
            halves(n, "- vars: &m {", |at| format!("k{at}: v, "), "}\n", task, "")
        })
        .or_refused(),
    ]
}

fn scopes() -> Vec<Shape> {
    vec![
        shape("many module names as defaults of many tasks", Flagged, |n| {
            let middle = "}\n  tasks:\n";
            let head = "- hosts: a\n  module_defaults: {ecs_ecr: {}, ";
            halves(n, head, |at| format!("m{at}: {{}}, "), middle, |_| "  - ecs_ecr: {}\n".into(), "")
        }),
        shape("many look-alikes as defaults of many tasks", Flagged, |n| {
            let head = "- hosts: a\n  module_defaults: {";
            let unit = |at| format!("a.b{at}.ecs_ecr: {{}}, ");
            halves(n, head, unit, "}\n  tasks:\n", |_| "  - ecs_ecr: {}\n".into(), "")
        })
        .or_refused(),
        shape("look-alikes as defaults of each task", Flagged, |n| {
            let unit = |at| format!("- {{ecs_ecr: {{}}, module_defaults: {{a.b{at}.ecs_ecr: {{}}}}}}\n");
            count(n, "", unit, "")
        }),
        shape("one long look-alike as default in many scopes", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {}, module_defaults: *d}\n".into();
            halves(n, "- vars: [&d {? ", |_| "a".into(), ".b.ecs_ecr : {}}]\n", task, "")
        })
        .or_refused(),
        shape("the argument in the defaults of each of many nested scopes", Flagged, |n| {
            let block = "{module_defaults: {ecs_ecr: {image_tag_mutability: mutable}}, block: [";
            fill(n, "", &format!("- {}{{ecs_ecr: {{}}}}{}\n", block.repeat(100), "]}".repeat(100)), "")
        }),
        shape("one block in many scopes that set the argument", Flagged, |n| {
            let unit = |_| "{ecs_ecr: {}}, ".into();
            let scope =
                |_| "- {module_defaults: {ecs_ecr: {image_tag_mutability: mutable}}, block: *t}\n".into();
            halves(n, "- vars: &t [", unit, "]\n", scope, "")
        })
        .or_refused(),
        shape("a list of a hundred mappings as module_defaults of each task", Flagged, |n| {
            let head = format!("- vars: &d [{}]\n", "{ecs_ecr: {}}, ".repeat(100));
            fill(n, &head, "- {ecs_ecr: {}, module_defaults: *d}\n", "")
        })
        .or_refused(),
    ]
}

/// Groups of `module_defaults`: those that may contain the module are kept.
fn groups() -> Vec<Shape> {
    const PLAY: &str = "- hosts: a\n  module_defaults: {";
    vec![
        shape("many groups, many tasks", Flagged, |n| {
            let unit = |at| format!("group/g{at}: {{}}, ");
            halves(n, PLAY, unit, "}\n  tasks:\n", |_| "  - ecs_ecr: {}\n".into(), "")
        })
        .or_refused(),
        shape("many groups, many tasks that set the argument", Flagged, |n| {
            let unit = |at| format!("group/g{at}: {{}}, ");
            let task = |_| "  - ecs_ecr: {image_tag_mutability: mutable}\n".into();
            halves(n, PLAY, unit, "}\n  tasks:\n", task, "")
        })
        .or_refused(),
        shape("many groups beside one that resolves, many tasks", Flagged, |n| {
            let unit = |at| format!("group/g{at}: {{}}, ");
            let middle = "group/aws: {}}\n  tasks:\n";
            halves(n, PLAY, unit, middle, |_| "  - ecs_ecr: {}\n".into(), "")
        })
        .or_refused(),
        shape("many groups that set the argument, many tasks", Incomplete, |n| {
            let unit = |at| format!("group/g{at}: {{image_tag_mutability: mutable}}, ");
            let middle = "group/aws: {}}\n  tasks:\n";
            halves(n, PLAY, unit, middle, |_| "  - ecs_ecr: {}\n".into(), "")
        }),
        shape("ninety groups beside one that resolves, many tasks", Flagged, |n| {
            let groups: String = (0..90).map(|at| format!("group/g{at}: {{}}, ")).collect();
            fill(n, &format!("{PLAY}{groups}group/aws: {{}}}}\n  tasks:\n"), "  - ecs_ecr: {}\n", "")
        })
        .or_refused(),
        shape("groups that resolve, in each task", Flagged, |n| {
            let defaults = "{group/aws: {image_tag_mutability: mutable}, group/other: {}}";
            fill(n, "", &format!("- {{ecs_ecr: {{}}, module_defaults: {defaults}}}\n"), "")
        })
        .or_refused(),
        shape("all three groups that resolve, in each task", Incomplete, |n| {
            let defaults = "{group/aws: *d, group/ansible.builtin.aws: *d, group/community.aws.aws: *d}";
            let unit = format!("- {{ecs_ecr: {{}}, module_defaults: {defaults}}}\n");
            fill(n, "- vars: &d {image_tag_mutability: mutable}\n", &unit, "")
        }),
        shape("many groups around blocks with defaults of their own", Flagged, |n| {
            let unit = |at| format!("group/g{at}: {{}}, ");
            let block =
                |at| format!("  - {{module_defaults: {{group/h{at}: {{}}}}, block: [{{ecs_ecr: {{}}}}]}}\n");
            halves(n, PLAY, unit, "}\n  tasks:\n", block, "")
        })
        .or_refused(),
        shape("distinct groups merged by the defaults of each task", Incomplete, |n| {
            let task = |_| "- {ecs_ecr: {}, module_defaults: {group/aws: {}, <<: *g}}\n".into();
            halves(n, "- vars: &g {", |at| format!("group/g{at}: {{}}, "), "}\n", task, "")
        }),
        shape("distinct groups as the defaults of each task", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {}, module_defaults: *g}\n".into();
            halves(n, "- vars: &g {group/aws: {}, ", |at| format!("group/g{at}: {{}}, "), "}\n", task, "")
        })
        .or_refused(),
        shape("distinct groups in a list as the defaults of each task", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {}, module_defaults: *g}\n".into();
            halves(
                n,
                "- vars: &g [{group/aws: {}}, ",
                |at| format!("{{group/g{at}: {{}}}}, "),
                "]\n",
                task,
                "",
            )
        })
        .or_refused(),
        shape("one group with a long name, many tasks", Flagged, |n| {
            let middle = ": {}, group/aws: {}}\n  tasks:\n";
            let head = format!("{PLAY}? group/");
            halves(n, &head, |_| "g".into(), middle, |_| "  - ecs_ecr: {}\n".into(), "")
        })
        .or_refused(),
        shape("one group with many arguments, many tasks", Flagged, |n| {
            let head = format!("{PLAY}group/g: {{");
            let middle = "}, group/aws: {}}\n  tasks:\n";
            halves(n, &head, |at| format!("k{at}: v, "), middle, |_| "  - ecs_ecr: {}\n".into(), "")
        })
        .or_refused(),
    ]
}

fn tasks() -> Vec<Shape> {
    vec![
        shape("a task with many keys, aliased many times", Flagged, |n| {
            halves(n, "- &t {ecs_ecr: {}, ", |at| format!("k{at}: v, "), "}\n", |_| "- *t\n".into(), "")
        })
        .or_refused(),
        shape("an item with many keys that is no task, aliased many times", Flagged, |n| {
            let head = format!("{TASK}- &t {{debug: , ");
            halves(n, &head, |at| format!("k{at}: v, "), "}\n", |_| "- *t\n".into(), "")
        })
        .or_refused(),
        shape("a task that ends in blank lines, aliased many times", Flagged, |n| {
            let head = format!("- &t\n  ecs_ecr: {{}}\n  name: |+\n    x{}", "\n".repeat(4_000));
            fill(n, &head, "- *t\n", "")
        })
        .or_refused(),
        shape("a value that ends in blank lines, of many tasks", Flagged, |n| {
            let head = format!("- vars:\n  - &v\n    a: |+\n     x{}", "\n".repeat(4_000));
            fill(n, &head, "- {ecs_ecr: {image_tag_mutability: *v}}\n", "")
        })
        .or_refused(),
        shape("a task with many arguments, aliased many times", Flagged, |n| {
            halves(n, "- &t {ecs_ecr: {", |at| format!("k{at}: v, "), "}}\n", |_| "- *t\n".into(), "")
        })
        .or_refused(),
        shape("arguments with many mappings, aliased by many tasks", Flagged, |n| {
            let unit = |at| format!("k{at}: *e, ");
            halves(n, "- vars: [&e {}, &v {", unit, "}]\n", |_| "- ecs_ecr: *v\n".into(), "")
        })
        .or_refused(),
        shape("arguments with many nearly right names, aliased by many tasks", Flagged, |n| {
            let unit = |_| "image_tag_mutabilitie_: v, ".into();
            shared_arguments(n, unit)
        })
        .or_refused(),
        shape("arguments with keys as long as the argument, aliased by many tasks", Flagged, |n| {
            let unit = |at| format!("? \"aaaaaaaaaaaa{at:06}\",");
            shared_arguments(n, unit)
        })
        .or_refused(),
        shape("a k=v string of many keys, aliased by many tasks", Flagged, |n| {
            let unit = |_| "abcdefghijklmnopqr=b ".into();
            halves(n, "- vars: &v '", unit, "'\n", |_| "- ecs_ecr: *v\n".into(), "")
        })
        .or_refused(),
        shape("fixes that cannot be verified", Flagged, |n| {
            let unit = "- ecs_ecr: image_tag_mutability=mutable ximage_tag_mutability=mutable\n";
            let filler = String::from_utf8_lossy(&fill(n / 2, "- [", "a,", "]\n")).into_owned();
            fill(n, &filler, unit, "")
        })
        .runs(&["-f json -q", "--diff -q", "--fix -q"]),
        shape("nearly right names in many tasks", Flagged, |n| {
            fill(n, "", "- ecs_ecr: {imageTagMutability: IMMUTABLE}\n", "")
        })
        .runs(FORMATS),
        shape("an action with many keys, aliased by many tasks", Flagged, |n| {
            let head = "- vars: &v {module: ecs_ecr, ";
            halves(n, head, |at| format!("k{at}: v, "), "}\n", |_| "- action: *v\n".into(), "")
        })
        .or_refused(),
        shape("a block with many tasks, aliased many times", Flagged, |n| {
            halves(n, "- &b {block: [", |_| "{ecs_ecr: {}}, ".into(), "]}\n", |_| "- *b\n".into(), "")
        })
        .or_refused(),
        shape("a block with many other tasks, aliased many times", Flagged, |n| {
            let head = format!("{TASK}- &b {{block: [");
            halves(n, &head, |_| "{debug: }, ".into(), "]}\n", |_| "- *b\n".into(), "")
        })
        .or_refused(),
        shape("a list of tasks in many plays", Flagged, |n| {
            let play = |_| "- {hosts: a, tasks: *t, handlers: *t}\n".into();
            halves(n, "- vars: &t [", |_| "{ecs_ecr: {}}, ".into(), "]\n", play, "")
        })
        .or_refused(),
        shape("plays", Flagged, |n| fill(n, "", "- {hosts: a, tasks: [{ecs_ecr: {}}]}\n", "")).runs(FORMATS),
        shape("tasks that are not ours", Clean, |n| fill(n, "- {debug: ecs_ecr}\n", "- {debug: x}\n", "")),
        shape("the module everywhere but in a task", Clean, |n| {
            fill(n, "- vars:\n", "  - {ecs_ecr: {}}\n", "")
        }),
    ]
}

/// Long names that aliases repeat.
fn names() -> Vec<Shape> {
    vec![
        shape("a long look-alike as the key of many tasks", Incomplete, |n| {
            let task = |_| "- {*n : {}}\n".into();
            halves(n, "- vars: &n amazon.", |_| "a".into(), ".ecs_ecr\n", task, "")
        })
        .runs(FORMATS),
        shape("a long look-alike as the action of many tasks", Flagged, |n| {
            let task = |_| "- action: *n\n".into();
            halves(n, &format!("{TASK}- vars: &n amazon."), |_| "a".into(), ".ecs_ecr\n", task, "")
        })
        .or_refused(),
        shape("a long look-alike as the module of many actions", Flagged, |n| {
            let task = |_| "- action: {module: *n}\n".into();
            halves(n, &format!("{TASK}- vars: &n amazon."), |_| "a".into(), ".ecs_ecr\n", task, "")
        })
        .or_refused(),
        shape("a long name with many dots as the key of many tasks", Incomplete, |n| {
            let task = |_| "- {*n : {}}\n".into();
            halves(n, "- vars: &n ecs_ecr", |_| ".a".into(), "\n", task, "")
        }),
        shape("look-alikes", Clean, |n| fill(n, "", "- amazon.aws.ecs_ecr: {}\n", "")).runs(FORMATS),
        shape("distinct look-alikes", Clean, |n| count(n, "", |at| format!("- a.b{at}.ecs_ecr: {{}}\n"), ""))
            .runs(FORMATS),
        shape("an action that is a long run of spaces, of many tasks", Flagged, |n| {
            let task = |_| "- action: *n\n".into();
            halves(n, &format!("{TASK}- vars: [ecs_ecr, &n '"), |_| " ".into(), "']\n", task, "")
        })
        .or_refused(),
        shape("an action that is a long template, of many tasks", Flagged, |n| {
            let task = |_| "- action: *n\n".into();
            halves(n, &format!("{TASK}- vars: [&n '{{{{ ecs_ecr"), |_| "a".into(), " }}']\n", task, "")
        })
        .or_refused(),
        shape("an undefined alias with a long name in many documents", Incomplete, |n| {
            let unit = format!("---\n- *{}\n", "a".repeat(2_000));
            fill(n, TASK, &unit, "")
        }),
        shape("a long value of many tasks, in every format", Flagged, |n| {
            let task = |_| "- {name: *v, ecs_ecr: {image_tag_mutability: *v, state: *v}}\n".into();
            halves(n, "- vars: &v ", |_| "ä".into(), "\n", task, "")
        })
        .runs(FORMATS),
        shape("a long vault of many tasks", Flagged, |n| {
            let task = |_| "- {ecs_ecr: {image_tag_mutability: *v}}\n".into();
            halves(n, "- vars: &v !vault |\n", |_| "    6162\n".into(), "", task, "")
        }),
    ]
}

/// Strings that hold arguments, and that aliases repeat.
fn strings() -> Vec<Shape> {
    const TASKS: fn(usize) -> String = |_| "- action: *v\n".into();
    vec![
        shape("a long action that cannot be split, of many tasks", Incomplete, |n| {
            halves(n, "- vars: &v 'ecs_ecr {{ ", |_| "a=b ".into(), "'\n", TASKS, "")
        }),
        shape("a long action of another module that cannot be split, of many tasks", Flagged, |n| {
            halves(
                n,
                &format!("{TASK}- vars: [ecs_ecr, &v 'copy {{{{ "),
                |_| "a=b ".into(),
                "']\n",
                TASKS,
                "",
            )
        })
        .or_refused(),
        shape("a long task of many aliases", Flagged, |n| {
            halves(n, "- &t {vars: '", |_| "x".into(), "', ecs_ecr: {name: a}}\n", |_| "- *t\n".into(), "")
        }),
        shape("a long action of escaped tabs, of many tasks", Flagged, |n| {
            halves(n, "- vars: &v \"ecs_ecr a=b", |_| "\\t".into(), "\"\n", TASKS, "")
        })
        .or_refused(),
        shape("a long action of open quotes, of many tasks", Incomplete, |n| {
            halves(n, "- vars: &v \"ecs_ecr ", |_| "' ".into(), "'\"\n", TASKS, "")
        })
        .or_refused(),
        shape("a long local_action and action of many tasks", Flagged, |n| {
            let task = |_| "- {action: *v, local_action: *v}\n".into();
            halves(n, "- vars: &v 'ecs_ecr ", |_| "a=b ".into(), "'\n", task, "")
        })
        .or_refused(),
        shape("long args of the actions of many tasks", Flagged, |n| {
            let task = |_| "- action: {module: ecs_ecr, args: *v}\n".into();
            halves(n, "- vars: &v 'a=b ", |_| "c=d ".into(), "'\n", task, "")
        })
        .or_refused(),
        shape("a long k=v string with many wrong values, of one task", Flagged, |n| {
            fill(n, "- ecs_ecr: ", "image_tag_mutability=mutable ", "\n")
        })
        .runs(FORMATS),
        shape("many k=v strings", Flagged, |n| {
            fill(n, "", "- ecs_ecr: name=a image_tag_mutability=mutable\n", "")
        })
        .runs(FORMATS),
        shape("many k=v strings in block scalars", Flagged, |n| {
            fill(n, "", "- ecs_ecr: |\n    name=a\n    state=present\n", "")
        })
        .runs(FORMATS),
        shape("one long k=v string in a block scalar", Flagged, |n| {
            fill(n, "- ecs_ecr: |\n", "    a=b\n", "    image_tag_mutability=mutable\n")
        })
        .runs(FORMATS),
        shape("many folded k=v strings", Flagged, |n| {
            fill(n, "", "- ecs_ecr: >-\n    name=a\n    b=c\n", "")
        })
        .runs(FORMATS),
        shape("many quoted k=v strings with escapes", Flagged, |n| {
            fill(n, "", "- ecs_ecr: \"name=a\\x20image_tag_mutability=mutable\"\n", "")
        })
        .runs(FORMATS),
        shape("many actions", Flagged, |n| {
            let distinct = text(n / 2, "", |at| format!("- action: ecs_ecr name=a{at}\n"));
            fill(n, &distinct, "- local_action: {module: ecs_ecr, name: a}\n", "")
        })
        .runs(FORMATS),
    ]
}
