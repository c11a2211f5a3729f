//! Shapes of comments that suppress, or look as if they did.

use ecr_lint::report::Verdict::{Clean, Flagged};

use crate::shape::{FORMATS, Shape, TASK, count, fill, shape};

pub(crate) fn shapes() -> Vec<Shape> {
    let shapes = [suppressing(), scanners(), useless(), reasons()].concat();
    let says = |shape: &Shape| if shape.verdict == Some(Clean) { "suppressed" } else { "" };
    shapes.into_iter().map(|shape| shape.says(says(&shape)).runs(FORMATS)).collect()
}

const ALL_IDS: &str = "ansible-aws-ecr-image-tag-not-immutable";

fn suppressing() -> Vec<Shape> {
    vec![
        shape("ignore on each task", Clean, |n| fill(n, "", "- ecs_ecr: {} # ecr-lint: ignore\n", "")),
        shape("ignore above each task", Clean, |n| {
            fill(n, "", "# ecr-lint: ignore (x)\n- ecs_ecr: {}\n", "")
        }),
        shape("ignore on each item of a flow list", Clean, |n| {
            fill(n, "[\n", "{ecs_ecr: {}}, # ecr-lint: ignore\n", "]\n")
        }),
        shape("ignore behind a line of many tasks", Clean, |n| {
            fill(n, "[", "{ecs_ecr: {}},", "] # ecr-lint: ignore\n")
        }),
        shape("ignore on one task that is aliased many times", Clean, |n| {
            fill(n, "- &t {ecs_ecr: {}} # ecr-lint: ignore\n", "- *t\n", "")
        }),
        shape("ignore-block on one block of many tasks", Clean, |n| {
            fill(n, "# ecr-lint: ignore-block\n- block:\n", "  - ecs_ecr: {}\n", "")
        }),
        shape("ignore-block on many blocks", Clean, |n| {
            fill(n, "", "- block: # ecr-lint: ignore-block\n  - ecs_ecr: {}\n", "")
        }),
        shape("ignore-block on nested blocks", Clean, |n| {
            let depth = 60;
            let line = |at: usize| format!("{:1$}- block: # ecr-lint: ignore-block\n", "", 2 * at);
            let blocks: String = (0..depth).map(line).collect();
            fill(n, "", &format!("{blocks}{:1$}- ecs_ecr: {{}}\n", "", 2 * depth), "")
        }),
        shape("many ignore-block above one block", Clean, |n| {
            fill(n, "", "# ecr-lint: ignore-block\n", "- block: [{ecs_ecr: {}}]\n")
        }),
        shape("a task behind a long anchor, aliased many times", Flagged, |n| {
            let long = "A".repeat(n / 3);
            let shared = "- vars: [&v {image_tag_mutability: x}]\n- ecs_ecr: *v\n";
            fill(n, &format!("{shared}- block: &{long} [&b {{ecs_ecr: *v}}]\n- block: ["), "*b,", "]\n")
        })
        .or_refused(),
        shape("many comments above a run of blanks", Flagged, |n| {
            let comments = "#\n".repeat(n / 4);
            let head = format!("{TASK}# ecr-lint: ignore\n{comments}- a");
            fill(n, &head, " ", "\n")
        }),
        shape("ignore-file over and over", Clean, |n| fill(n, "", "# ecr-lint: ignore-file\n", TASK)),
        shape("ignore-file and many findings", Clean, |n| fill(n, "# ecr-lint: ignore-file\n", TASK, "")),
        shape("ignore on lines that end in CR", Clean, |n| {
            fill(n, "", "- ecs_ecr: {} # ecr-lint: ignore\r", "")
        }),
        shape("ignore on lines that end in NEL", Clean, |n| {
            fill(n, "", "- ecs_ecr: {} # ecr-lint: ignore\u{85}", "")
        }),
        shape("noqa on each task", Clean, |n| {
            fill(n, "", &format!("- ecs_ecr: {{}} # noqa: {ALL_IDS}\n"), "")
        }),
        shape("noqa above each task, with empty lines between", Clean, |n| {
            fill(n, "", &format!("# noqa: {ALL_IDS}\n\n\n\n\n- ecs_ecr: {{}}\n"), "")
        }),
    ]
}

fn scanners() -> Vec<Shape> {
    vec![
        shape("a scanner's ignore-line above each task", Clean, |n| {
            fill(n, "", "# kics-scan ignore-line\n- ecs_ecr: {}\n", "")
        }),
        shape("a scanner's ignore-block above each task", Clean, |n| {
            fill(n, "", "# dd-iac-scan ignore-block\n- ecs_ecr: {}\n", "")
        }),
        shape("a scanner's ignore-line over and over", Clean, |n| {
            fill(n, "", "# kics-scan ignore-line\n", TASK)
        }),
        shape("a scanner's ignore-block above a list of many tasks", Flagged, |n| {
            fill(n, "- hosts: a\n  # kics-scan ignore-block\n  tasks:\n", "  - ecs_ecr: {}\n", TASK)
        }),
        shape("a scanner's command for the file over and over", Clean, |n| {
            fill(n, "", "# kics-scan enable=a,b\n", &format!("# kics-scan disable={ALL_IDS}\n{TASK}"))
        }),
        shape("a scanner's command with many rules", Clean, |n| {
            fill(n, "# dd-iac-scan disable=", "a,", &format!("{ALL_IDS}\n{TASK}"))
        }),
        shape("a scanner's comment of many words", Flagged, |n| {
            fill(n, "# kics-scan", " x", &format!("\n{TASK}"))
        }),
    ]
}

fn useless() -> Vec<Shape> {
    vec![
        shape("ignore that suppresses nothing", Flagged, |n| {
            fill(n, TASK, "- debug: x # ecr-lint: ignore\n", "")
        }),
        shape("ignore over and over, above another task", Flagged, |n| {
            fill(n, TASK, "# ecr-lint: ignore\n", "- debug: x\n")
        }),
        shape("ignore with empty lines between", Flagged, |n| fill(n, TASK, "# ecr-lint: ignore\n\n\n", "")),
        shape("ignore-block that suppresses nothing", Flagged, |n| {
            fill(n, TASK, "- debug: # ecr-lint: ignore-block\n    a: b\n", "")
        }),
        shape("misspelled commands", Flagged, |n| fill(n, TASK, "# ecr-lint: ignroe\n", "")),
        shape("misspelled commands with distinct words", Flagged, |n| {
            count(n, TASK, |at| format!("# ecr-lint: ignore-{at}\n"), "")
        }),
        shape("one comment of many number signs", Flagged, |n| fill(n, TASK, "# ", "ecr-lint: ignore\n"))
            .or_refused(),
        shape("one comment of many commands", Flagged, |n| fill(n, TASK, "# ecr-lint: ignroe ", "\n")),
        shape("one comment of many noqa", Flagged, |n| fill(n, TASK, "# noqa ", "\n")),
        shape("one noqa with many ids", Flagged, |n| fill(n, &format!("{TASK}# noqa: "), "a,b ", "\n")),
        shape("triggers in strings", Flagged, |n| fill(n, TASK, "- 'ecr-lint # ecr-lint: ignore'\n", "")),
        shape("triggers in a literal", Flagged, |n| {
            fill(n, &format!("{TASK}- |\n"), "  # ecr-lint: ignore\n", "")
        }),
        shape("comments beside a trigger", Flagged, |n| {
            fill(n, &format!("{TASK}# ecr-lint: ignore-file\n"), "- x # y\n", "")
        }),
        shape("comments without end in nested lists", Flagged, |n| {
            let unit = format!("{}# ecr-lint: ignore\n{}x\n", "- ".repeat(100), "  ".repeat(100));
            fill(n, TASK, &unit, "")
        })
        .or_refused(),
    ]
}

/// Long reasons, which each finding repeats.
fn reasons() -> Vec<Shape> {
    vec![
        shape("a long reason in ignore-file with many findings", Clean, |n| {
            let reason = "r".repeat(n / 2);
            fill(n, &format!("# ecr-lint: ignore-file ({reason})\n"), TASK, "")
        }),
        shape("a long reason of escapes in ignore-file with many findings", Clean, |n| {
            let reason = "\u{202e}".repeat(n / 6);
            fill(n, &format!("# ecr-lint: ignore-file ({reason})\n"), TASK, "")
        }),
        shape("a long reason in ignore-block with many findings", Clean, |n| {
            let reason = "r".repeat(n / 2);
            fill(n, &format!("# ecr-lint: ignore-block ({reason})\n- block:\n"), "  - ecs_ecr: {}\n", "")
        }),
        shape("long reasons on many tasks", Clean, |n| {
            fill(n, "", &format!("- ecs_ecr: {{}} # ecr-lint: ignore ({})\n", "r".repeat(1_000)), "")
        }),
    ]
}
