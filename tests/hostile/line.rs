//! Shapes of lines: all on one, other line ends, many findings or errors of every kind, in every format.

use ecr_lint::report::Verdict::{Clean, Flagged, Incomplete};

use crate::shape::{FILE, FORMATS, Shape, TASK, count, fill, shape, text, tree};

/// All formats, and the fixes themselves.
const WITH_UNSAFE: &[&str] =
    &["-q", "-f full --unsafe-fixes", "--diff --unsafe-fixes", "--diff --add-ignores x"];

pub(crate) fn shapes() -> Vec<Shape> {
    let shapes = [one_line(), line_ends(), findings(), failures()].concat();
    let fixed = [fixes(), long_texts()].concat();
    [shapes, fixed].concat()
}

fn json(size: usize, entry: &str, tail: &str) -> Vec<u8> {
    fill(size, &format!("[{entry}"), &format!(",{entry}"), tail)
}

fn one_line() -> Vec<Shape> {
    let shapes = vec![
        shape("flow tasks on one line", Flagged, |n| fill(n, "[", "{ecs_ecr: {name: a}},", "]\n")),
        shape("flow tasks with a wrong value on one line", Flagged, |n| {
            fill(n, "[", "{ecs_ecr: {name: a, image_tag_mutability: mutable}},", "]\n")
        }),
        shape("flow tasks with a k=v string on one line", Flagged, |n| {
            fill(n, "[", "{ecs_ecr: name=a},", "]\n")
        }),
        shape("flow tasks with a quoted k=v string on one line", Flagged, |n| {
            fill(n, "[", "{\"ecs_ecr\":\"name=a image_tag_mutability=mutable\"},", "]\n")
        }),
        shape("flow tasks without arguments on one line", Flagged, |n| fill(n, "[", "{ecs_ecr: },", "]\n")),
        shape("minified JSON", Flagged, |n| json(n, "{\"ecs_ecr\":{\"name\":\"a\"}}", "]")),
        shape("minified JSON with a wrong value", Flagged, |n| {
            json(n, "{\"name\":\"x\",\"ecs_ecr\":{\"name\":\"a\",\"image_tag_mutability\":\"mutable\"}}", "]")
        }),
        shape("minified JSON of plays", Flagged, |n| {
            json(n, "{\"hosts\":\"a\",\"tasks\":[{\"ecs_ecr\":{\"name\":\"a\"}}]}", "]")
        }),
        shape("minified JSON of one play", Flagged, |n| {
            let tasks = text(n, "{\"debug\":null}", |_| ",{\"ecs_ecr\":{\"name\":\"a\"}}".into());
            format!("[{{\"hosts\":\"a\",\"tasks\":[{tasks}]}}]").into_bytes()
        }),
        shape("minified JSON with surrogates", Flagged, |n| {
            json(n, "{\"name\":\"\\ud83d\\ude00\",\"ecs_ecr\":{}}", "]")
        }),
        shape("several minified documents", Flagged, |n| {
            let document = String::from_utf8(json(n / 8, "{\"ecs_ecr\":{}}", "]\n")).expect("text");
            format!("--- {document}").repeat(8).into_bytes()
        }),
        shape("many short minified documents", Flagged, |n| fill(n, "", "--- [{\"ecs_ecr\":{}}]\n", "")),
        shape("one line of many non-ASCII characters", Flagged, |n| {
            fill(n, "[", "{name: äöüßéè, ecs_ecr: {}},", "]\n")
        }),
        shape("one line of many astral characters", Flagged, |n| {
            fill(n, "[", "{name: 😀😀😀, ecs_ecr: {}},", "]\n")
        }),
        shape("a long non-ASCII text before tasks on the same line", Flagged, |n| {
            let head = format!("[{{name: {}, ecs_ecr: }},", "ä".repeat(n / 4));
            fill(n, &head, "{ecs_ecr: {}},", "]\n")
        }),
        shape("tasks on one line, then a comment", Flagged, |n| {
            fill(n, "[", "{ecs_ecr: {}},", "] # a comment\n")
        }),
        shape("a document per task, tasks with templates", Flagged, |n| {
            fill(n, "", "--- [{ecs_ecr: {image_tag_mutability: '{{ x }}'}}]\n", "")
        }),
        shape("all tasks in one block on one line", Flagged, |n| {
            fill(n, "- block: [", "{ecs_ecr: {a: b}},", "]\n")
        }),
        shape("flow tasks with spaces between them", Flagged, |n| {
            fill(n, "[", &format!("{}{{ecs_ecr: {{}}}},", " ".repeat(100)), "]\n")
        }),
    ];
    shapes.into_iter().map(|shape| shape.runs(FORMATS)).collect()
}

fn line_ends() -> Vec<Shape> {
    let shapes = vec![
        shape("lines that end in CR", Flagged, |n| fill(n, "", "- ecs_ecr: {}\r", "")),
        shape("lines that end in CR LF", Flagged, |n| fill(n, "", "- ecs_ecr: {}\r\n", "")),
        shape("lines that end in NEL", Flagged, |n| fill(n, "", "- ecs_ecr: {a: b}\u{85}", "")),
        shape("lines that end in LS", Flagged, |n| fill(n, "", "- ecs_ecr: {a: b}\u{2028}", "")),
        shape("lines that end in PS", Flagged, |n| fill(n, "", "- ecs_ecr: {a: b}\u{2029}", "")),
        shape("block arguments on lines that end in NEL", Flagged, |n| {
            fill(n, "", "- ecs_ecr:\u{85}    a: b\u{85}", "")
        }),
        shape("block arguments on lines that end in CR", Flagged, |n| {
            fill(n, "", "- ecs_ecr:\r    a: b\r", "")
        }),
        shape("flow tasks on lines that end in CR", Flagged, |n| fill(n, "[", "{ecs_ecr: {a: b}},\r", "]\r")),
        shape("a byte-order mark before tasks", Flagged, |n| fill(n, "\u{feff}", TASK, "")),
    ];
    shapes.into_iter().map(|shape| shape.runs(FORMATS)).collect()
}

/// Many findings of each kind, on lines of their own.
fn findings() -> Vec<Shape> {
    let shapes = vec![
        shape("block tasks", Flagged, |n| fill(n, "", "- name: a\n  ecs_ecr:\n    name: a\n", "")),
        shape("block tasks with a wrong value", Flagged, |n| {
            fill(n, "", "- ecs_ecr:\n    image_tag_mutability: mutable\n", "")
        }),
        shape("the shortest tasks", Flagged, |n| fill(n, "", "- ecs_ecr:\n", "")),
        shape("distinct names and values", Flagged, |n| {
            let unit =
                |at| format!("- {{name: n{at}, ecs_ecr: {{image_tag_mutability: v{at}, state: s{at}}}}}\n");
            count(n, "", unit, "")
        }),
        shape("tasks one indentation deeper each", Flagged, |n| {
            let level = |depth| format!("{:depth$}- ecs_ecr: {{}}\n{:depth$}- block:\n", "", "");
            let unit: String = (0..100).map(|at| level(2 * at)).collect();
            let unit = format!("{unit}{:200}- ecs_ecr: {{}}\n", "");
            fill(n, "", &unit, "")
        }),
        shape("control and invisible characters in names and values", Flagged, |n| {
            let text = "\"\\e[1m\\x07\\u202e\\u200b\\u0085\"";
            fill(n, "", &format!("- {{name: {text}, ecs_ecr: {{image_tag_mutability: {text}}}}}\n"), "")
        }),
        shape("characters that each format escapes", Flagged, |n| {
            let text = "'<>&\"%::,|`*_[]()\\'";
            fill(n, "", &format!("- {{name: {text}, ecs_ecr: {{image_tag_mutability: {text}}}}}\n"), "")
        }),
        shape("wide characters and tabs in the source", Flagged, |n| {
            fill(n, "", "- {name: '漢\t字', ecs_ecr: {image_tag_mutability: 漢字}}\n", "")
        }),
        shape("tasks of four kilobytes each", Flagged, |n| {
            let unit = format!("- ecs_ecr:\n{}    image_tag_mutability: x\n", "    a: b\n".repeat(430));
            fill(n, "", &unit, "")
        }),
        shape("lines of four kilobytes with many tasks each", Flagged, |n| {
            fill(n, "", &format!("- block: [{}]\n", "{ecs_ecr: {a: b}},".repeat(220)), "")
        }),
    ];
    shapes.into_iter().map(|shape| shape.runs(FORMATS)).collect()
}

fn failures() -> Vec<Shape> {
    let shapes = vec![
        shape("many refused tasks on one line", Incomplete, |n| fill(n, "[", "{ecs_ecr: \"'\"},", "]\n")),
        shape("many refused tasks on lines", Incomplete, |n| fill(n, "", "- ecs_ecr: \"'\"\n", "")),
        shape("many refused arguments on one line", Incomplete, |n| {
            fill(n, "[", "{ecs_ecr: {}, args: x},", "]\n")
        }),
        shape("many templates without quotes", Incomplete, |n| fill(n, "", "- ecs_ecr: {{ x }}\n", "")),
        shape("many findings, then an error", Incomplete, |n| fill(n, "", TASK, "- [\n")),
        shape("many findings on one line, then an error", Incomplete, |n| {
            fill(n, "[", "{ecs_ecr: {}},", "\n")
        }),
        shape("a flow list that is never closed, with comments", Incomplete, |n| {
            fill(n, &format!("{TASK}- [\n"), "x, # ecr-lint: ignore\n", "")
        }),
        shape("a NUL at the end of many documents", Incomplete, |n| {
            fill(n, "", "---\n- ecs_ecr: {}\n", "\0")
        }),
        shape("half UTF-8", Incomplete, |n| [fill(n, "", TASK, "").as_slice(), b"\xc3"].concat()),
    ];
    shapes.into_iter().map(|shape| shape.runs(FORMATS)).collect()
}

/// Findings that take an edit of each kind.
fn fixes() -> Vec<Shape> {
    let shapes = vec![
        shape("templates", Flagged, |n| fill(n, "", "- ecs_ecr: {image_tag_mutability: '{{ x }}'}\n", "")),
        shape("templates on one line", Flagged, |n| {
            fill(n, "[", "{ecs_ecr: {image_tag_mutability: '{{ x }}'}},", "]\n")
        }),
        shape("values of every style", Flagged, |n| {
            let values =
                ["MUTABLE", "'mutable'", "\"mutable\"", "", "~", "[a]", "|\n      x", "!!str x", "&a x"];
            let unit: String =
                values.map(|value| format!("- ecs_ecr:\n    image_tag_mutability: {value}\n")).concat();
            fill(n, "", &unit, "")
        }),
        shape("arguments of every style", Flagged, |n| {
            let arguments = [
                "{}",
                "{a: b}",
                "{a: b,}",
                "{a: b, # c\n    }",
                "\n    a: b",
                "{\n    a: b\n    }",
                "? a\n    : b",
            ];
            let unit: String = arguments.map(|arguments| format!("- ecs_ecr: {arguments}\n")).concat();
            fill(n, "", &unit, "")
        })
        .or_refused(),
        shape("arguments shared by two tasks each", Flagged, |n| {
            count(n, "", |at| format!("- ecs_ecr: &a{at} {{a: b}}\n- ecs_ecr: *a{at}\n"), "")
        }),
        shape("values shared by two tasks each", Flagged, |n| {
            let unit = |at| {
                format!(
                    "- ecs_ecr: {{image_tag_mutability: &a{at} MUTABLE}}\n- ecs_ecr: {{image_tag_mutability: *a{at}}}\n"
                )
            };
            count(n, "", unit, "")
        }),
        shape("one value shared by all tasks", Flagged, |n| {
            let unit = "- ecs_ecr: {image_tag_mutability: *v}\n";
            fill(n, "- ecs_ecr: {image_tag_mutability: &v mutable}\n", unit, "")
        }),
        shape("one finding above many comments", Flagged, |n| {
            fill(n, "- ecs_ecr:\n", "    # a comment\n", "    name: a\n")
        }),
        shape("many arguments under comments", Flagged, |n| {
            fill(n, "", &format!("- ecs_ecr:\n{}    name: a\n", "    # c\n".repeat(50)), "")
        }),
        shape("tasks that a fix cannot be verified in", Flagged, |n| {
            fill(n, "", "- ecs_ecr: {a: b}\n- ecs_ecr: &x\n    ? - a\n    : b\n", "")
        })
        .or_refused(),
        shape("tasks beside others on a line", Flagged, |n| {
            fill(n, "", "- [{ecs_ecr: {}}]\n- block: [{ecs_ecr: {}}, {ecs_ecr: {}}]\n", "")
        }),
        shape("defaults that set the argument, one play each", Flagged, |n| {
            let play = "- hosts: a\n  module_defaults: {ecs_ecr: {image_tag_mutability: mutable}}\n  tasks:\n  - ecs_ecr: {a: b}\n";
            fill(n, "", play, "")
        }),
        shape("defaults that set the argument for all tasks", Flagged, |n| {
            let head =
                "- hosts: a\n  module_defaults: {ecs_ecr: {image_tag_mutability: mutable}}\n  tasks:\n";
            fill(n, head, "  - ecs_ecr: {a: b}\n", "")
        }),
        shape("half of the tasks not fixable", Flagged, |n| {
            fill(n, "", "- ecs_ecr: {a: b}\n- ecs_ecr: '{{ x }}'\n", "")
        }),
    ];
    let fixes = shapes.into_iter().map(|shape| shape.runs(WITH_UNSAFE));
    let in_place = [
        tree("block tasks, fixed in place", Clean, |n| vec![(FILE.to_owned(), fill(n, "", TASK, ""))])
            .runs(&["--fix", "--fix -", "--add-ignores x", "--fix -f full"]),
        tree("minified JSON, fixed in place", Clean, |n| {
            vec![(FILE.to_owned(), json(n, "{\"ecs_ecr\":{\"name\":\"a\"}}", "]"))]
        })
        .runs(&["--fix", "--fix -"])
        .says("fixed"),
    ];
    fixes.chain(in_place).collect()
}

/// One long text each, in every format.
fn long_texts() -> Vec<Shape> {
    let shapes = vec![
        shape("a long name in one task", Flagged, |n| fill(n, "- name: ", "n", "\n  ecs_ecr: {}\n")),
        shape("a long value in one task", Flagged, |n| {
            fill(n, "- ecs_ecr: {image_tag_mutability: '", "v", "'}\n")
        }),
        shape("a long value of many lines in one task", Flagged, |n| {
            fill(n, "- ecs_ecr:\n    image_tag_mutability: '", "v\n      ", "'\n")
        }),
        shape("a long literal value in one task", Flagged, |n| {
            fill(n, "- ecs_ecr:\n    image_tag_mutability: |\n", "      v\n", "")
        }),
        shape("a long list as the value in one task", Flagged, |n| {
            fill(n, "- ecs_ecr: {image_tag_mutability: [", "v, ", "]}\n")
        }),
        shape("a long line of spaces behind many tasks", Flagged, |n| {
            fill(n, &TASK.repeat(n / 42), " ", "\n")
        }),
        shape("blank lines inside a literal below many comments", Flagged, |n| {
            let comments = "# ecr-lint: ignore\n".repeat(n / 38);
            fill(n, &format!("{TASK}{comments}- ecs_ecr: {{}}\n  name: |+\n    x\n"), "\n", "")
        }),
        shape("many comments above a literal of blank lines", Flagged, |n| {
            let comments = "  # ecr-lint: ignore-block\n".repeat(n / 52);
            fill(n, &format!("{TASK}- a: b\n{comments}  name: |+\n    x\n"), "\n", "")
        }),
    ];
    shapes.into_iter().map(|shape| shape.runs(FORMATS)).collect()
}
