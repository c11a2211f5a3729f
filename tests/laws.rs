//! Laws that hold whatever the file: each names the domain that it is tested on.

mod common;

use std::ops::Range;
use std::path::Path;

use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::Modules;
use ecr_lint::report::{FileReport, Status};
use ecr_lint::rule::Kind;
use ecr_lint::search::Search;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn lint(text: &[u8]) -> FileReport {
    linter::lint(Path::new("law.yml"), text, &LintOptions::new(Modules::default()))
}

/// Line and kind of every finding.
fn found(text: &str) -> Vec<(u32, Kind)> {
    let report = lint(text.as_bytes());
    assert_eq!(report.texts(Status::Problem).next(), None, "{text}");
    report.findings().map(|(finding, at)| (at.start.line, finding.kind)).collect()
}

fn kinds(text: &str) -> Vec<Kind> {
    let mut kinds: Vec<_> = found(text).into_iter().map(|(_, kind)| kind).collect();
    kinds.sort_unstable();
    kinds
}

/// An argument of a generated task: its key and its value as written.
type Argument = (&'static str, &'static str);

#[derive(Clone, Debug)]
struct Task {
    module: &'static str,
    arguments: Vec<Argument>,
    keywords: Vec<Argument>,
}

impl Task {
    fn text(&self, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let mut text = format!("{pad}- {}:\n", self.module);
        if self.arguments.is_empty() {
            text = format!("{pad}- {}: {{}}\n", self.module);
        }
        for (key, value) in &self.arguments {
            text.extend([&pad, "    ", key, ": ", value, "\n"]);
        }
        for (key, value) in &self.keywords {
            text.extend([&pad, "  ", key, ": ", value, "\n"]);
        }
        text
    }
}

fn text(tasks: &[Task], indent: usize) -> String {
    tasks.iter().map(|task| task.text(indent)).collect()
}

/// A task in block style with distinct keys.
fn task() -> impl Strategy<Value = Task> {
    let modules = &["ecs_ecr", "community.aws.ecs_ecr", "ansible.legacy.ecs_ecr", "debug", "ecs_ecr_info"];
    let value =
        select(&["immutable", "mutable", "\"{{ m }}\"", "~", "'immutable'", "Immutable", "[immutable]"][..]);
    let argument = prop_oneof![
        value.prop_map(|value| ("image_tag_mutability", value)),
        select(&["absent", "present", "\"{{ s }}\""][..]).prop_map(|value| ("state", value)),
        Just(("name", "shop/web")),
        Just(("policy", "{a: [b, {c: d}]}")),
    ];
    let keyword = select(
        &[("name", "create"), ("when", "x is defined"), ("tags", "[a, b]"), ("vars", "{ecs_ecr: {name: x}}")]
            [..],
    );
    (select(&modules[..]), vec(argument, 0..4), vec(keyword, 0..3)).prop_map(
        |(module, mut arguments, mut keywords)| {
            arguments.sort_by_key(|(key, _)| *key);
            arguments.dedup_by_key(|(key, _)| *key);
            keywords.sort_by_key(|(key, _)| *key);
            keywords.dedup_by_key(|(key, _)| *key);
            Task { module, arguments, keywords }
        },
    )
}

fn tasks() -> impl Strategy<Value = Vec<Task>> {
    vec(task(), 1..6)
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(['\n', '\r']) {
        lines.push(&rest[..end]);
        rest = if rest[end..].starts_with("\r\n") { &rest[end + 2..] } else { &rest[end + 1..] };
    }
    lines.push(rest);
    lines
}

fn columns(line: u32, lines: &[&str]) -> Range<u32> {
    1..u32::try_from(lines[line as usize - 1].chars().count()).expect("short") + 2
}

proptest! {
    #![proptest_config(common::inputs(400))]

    /// Domain: damaged case files.
    #[test]
    fn nothing_panics_and_every_place_lies_in_the_text(bytes in common::damaged(&["cases"])) {
        let report = lint(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let lines = lines(&text);
        for (_, found) in report.findings() {
            prop_assert!(found.start < found.end);
            prop_assert!(columns(found.start.line, &lines).contains(&found.start.column));
            prop_assert!(columns(found.end.line, &lines).contains(&found.end.column));
        }
        for at in report.texts(Status::Problem).filter_map(|(_, at)| Some(at?.start)) {
            prop_assert!(columns(at.line, &lines).contains(&at.column), "{at:?}");
        }
    }

    /// Domain: damaged case files. What the search rejects holds no task.
    #[test]
    fn the_search_never_changes_a_result(bytes in common::damaged(&["cases"])) {
        let search = Search::new(&Modules::default());
        let concerns = search.concerns(&bytes);
        if !concerns && std::str::from_utf8(&bytes).is_ok() {
            prop_assert_eq!(lint(&bytes).tasks, 0);
        }
    }

    /// Domain: task files in block style.
    #[test]
    fn comment_lines_in_front_move_findings(tasks in tasks(), n in 0u32..5) {
        let plain = text(&tasks, 0);
        let moved = "# ecs_ecr: a comment\n".repeat(n as usize) + &plain;
        let expected: Vec<_> = found(&plain).into_iter().map(|(line, kind)| (line + n, kind)).collect();
        prop_assert_eq!(found(&moved), expected);
    }

    /// Domain: task files in block style.
    #[test]
    fn line_endings_change_nothing(tasks in tasks()) {
        let plain = text(&tasks, 0);
        prop_assert_eq!(found(&plain.replace('\n', "\r\n")), found(&plain));
        prop_assert_eq!(found(&plain.replace('\n', "\r")), found(&plain));
        prop_assert_eq!(found(&format!("\u{feff}{plain}")), found(&plain));
    }

    /// Domain: task files in block style.
    #[test]
    fn a_block_or_a_play_around_tasks_keeps_findings(tasks in tasks()) {
        let expected: Vec<_> = found(&text(&tasks, 0)).into_iter().map(|(line, kind)| (line + 1, kind)).collect();
        prop_assert_eq!(&found(&format!("- block:\n{}", text(&tasks, 4))), &expected);
        prop_assert_eq!(&found(&format!("- always:\n{}", text(&tasks, 4))), &expected);
        let play: Vec<_> = expected.iter().map(|(line, kind)| (line + 1, *kind)).collect();
        prop_assert_eq!(&found(&format!("- hosts: all\n  handlers:\n{}", text(&tasks, 4))), &play);
    }

    /// Domain: task files in block style, without anchors, keys distinct.
    #[test]
    fn the_order_of_keys_changes_nothing(tasks in tasks()) {
        let mut turned = tasks.clone();
        for task in &mut turned {
            task.arguments.reverse();
            task.keywords.reverse();
        }
        turned.reverse();
        prop_assert_eq!(kinds(&text(&turned, 0)), kinds(&text(&tasks, 0)));
    }

    /// Domain: task files in block style.
    #[test]
    fn setting_the_key_clears(tasks in tasks()) {
        let mut fixed = tasks;
        for task in &mut fixed {
            task.arguments.push(("image_tag_mutability", "immutable")); // the last key wins
        }
        prop_assert_eq!(found(&text(&fixed, 0)), []);
    }

    /// Domain: task files in block style. Defaults are weaker than what a task says itself.
    #[test]
    fn a_default_only_fills_what_is_missing(tasks in tasks()) {
        let play = |defaults: &str| format!("- hosts: all\n  module_defaults: {defaults}\n  tasks:\n{}", text(&tasks, 4));
        let with = kinds(&play("{ecs_ecr: {image_tag_mutability: immutable}}"));
        let explicit_null = |task: &Task| {
            task.arguments.contains(&("image_tag_mutability", "~"))
                && !task.arguments.contains(&("state", "absent"))
                && !["debug", "ecs_ecr_info"].contains(&task.module)
        };
        let mut expected: Vec<_> = kinds(&play("{}")).into_iter().filter(|kind| *kind != Kind::Missing).collect();
        expected.extend(tasks.iter().filter(|task| explicit_null(task)).map(|_| Kind::Missing));
        expected.sort_unstable();
        prop_assert_eq!(with, expected);
    }
}

#[test]
fn more_findings_than_are_kept_are_an_error() {
    for (tasks, problems) in [(500_000, 0), (500_001, 1)] {
        let report = lint("- ecs_ecr:\n".repeat(tasks).as_bytes());
        assert_eq!((report.findings().count(), report.texts(Status::Problem).count()), (500_000, problems));
    }
}
