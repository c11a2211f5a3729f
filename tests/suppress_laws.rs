//! The grammar of the comments that suppress, and laws that hold wherever they are.

mod common;

use std::path::Path;

use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::Modules;
use ecr_lint::position::Position;
use ecr_lint::report::{FileReport, Status};
use proptest::prelude::*;

fn lint(text: &str, suppress: bool) -> FileReport {
    let options = LintOptions { suppress, ..LintOptions::new(Modules::default()) };
    linter::lint(Path::new("case.yml"), text.as_bytes(), &options)
}

#[test]
fn reasons() {
    for (comment, reason) in [
        ("# ecr-lint: ignore", None),
        ("# ecr-lint: ignore-block", None),
        ("# ecr-lint: ignore-block (dev cache)", Some("dev cache")),
        ("#ecr-lint:ignore", None),
        ("# ECR-LINT: IGNORE", None),
        ("# Ecr-lint: Ignore-Block (Dev Cache, ÄÖ)", Some("Dev Cache, ÄÖ")),
        ("# ecr-lint: ignore (dev cache, rebuilt nightly)", Some("dev cache, rebuilt nightly")),
        ("# ecr-lint: ignore dev cache", Some("dev cache")),
        ("# ecr-lint: ignore: dev cache (see #12)", Some("dev cache (see #12)")),
        ("# ecr-lint: ignore - dev cache", Some("dev cache")),
        ("# ecr-lint: ignore — Zwischenspeicher für Tests", Some("Zwischenspeicher für Tests")),
        ("# noqa: other # ecr-lint: ignore dev", Some("dev")),
    ] {
        for text in
            [format!("- ecs_ecr: {comment}\n    name: x\n"), format!("{comment}\n- ecs_ecr: name=x\n")]
        {
            let report = lint(&text, true);
            let reasons: Vec<_> =
                report.having(Status::Suppressed).map(|record| record.text.as_deref()).collect();
            assert_eq!((report.findings().count(), &*reasons), (0, &[reason] as &[_]), "{text}");
            assert_eq!(report.texts(Status::Warning).next(), None, "{text}");
        }
    }
}

#[test]
fn a_comment_that_suppresses_nothing_says_what_to_do() {
    for (text, advice) in [
        (
            "# ecr-lint: ignore\n- debug:\n",
            "`# ecr-lint: ignore` suppresses nothing: remove it, or put it on a task",
        ),
        ("# ecr-lint: ignore-block\n- debug:\n", "put it on the first line of a block or play"),
        ("# ecr-lint: ignore-file\n- debug:\n", "`# ecr-lint: ignore-file` suppresses nothing: remove it"),
        ("- debug:\n# ecr-lint: ignore-file\n", "put it before the first content"),
        ("# noqa: ansible-aws-ecr-image-tag-not-immutable\n- debug:\n", "behind no other comment"),
        (
            "# ecr-lint: ignored\n- debug:\n",
            "`# ecr-lint: ignored` suppresses nothing: write `ecr-lint: ignore`, ",
        ),
    ] {
        let report = lint(text, true);
        let warnings: Vec<_> = report.texts(Status::Warning).map(|(message, _)| message).collect();
        assert!(matches!(&*warnings, [warning] if warning.contains(advice)), "{text}: {warnings:?}");
    }
}

#[test]
fn other_comments_suppress_nothing() {
    for comment in [
        "# ecr-lint is run by CI",
        "# ecr-lints: ignore",
        "# say \"# ecr-lint: ignore\"",
        "# my-ecr-lint: ignore",
        "# noqa",
        "# noqa:",
        "# noqa: other",
        "#noqa: ansible-aws-ecr-image-tag-not-immutable",
        "# noqa: ansible-aws-ecr-image-tag-not-immutable-at-all",
        "# dd-iac-scan",
        "# dd-iac-scan ignore-lines",
        "# kics-scan disable",
    ] {
        let report = lint(&format!("- ecs_ecr: {comment}\n    name: x\n"), true);
        assert_eq!(
            (report.findings().count(), report.having(Status::Suppressed).count()),
            (1, 0),
            "{comment}"
        );
        assert_eq!(report.texts(Status::Warning).next(), None, "{comment}");
    }
}

#[test]
fn misspelled_directives_are_reported() {
    for comment in [
        "# ecr-lint: ignored",
        "# ecr-lint: ignore_file",
        "# ecr-lint: ignore-line",
        "# ecr-lint: ignore-blocks",
        "# ecr-lint ignore",
        "# ecr-lint ignore: dev",
        "#ecr-lint:disable",
        "# ECR-LINT IGNORE",
        "# ecr-lint disable",
        "# ecr-lint: please ignore",
        "# ecr-lint:",
        "# yamllint disable # ecr-lint: off",
    ] {
        let report = lint(&format!("- ecs_ecr: {comment}\n    name: x\n"), true);
        assert_eq!(
            (report.findings().count(), report.having(Status::Suppressed).count()),
            (1, 0),
            "{comment}"
        );
        let warnings: Vec<_> = report.texts(Status::Warning).collect();
        let [(message, at)] = *warnings else { panic!("{comment}: {warnings:?}") };
        assert!(message.contains(" suppresses nothing: write `ecr-lint: ignore`, "), "{comment}: {message}");
        let position = Position { line: 1, column: 12, utf16_column: 12 };
        assert_eq!(at.map(|at| at.start), Some(position), "{comment}");
    }
}

#[test]
fn commands_at_the_head() {
    const KICS: &str = "60bfbb8a-c72f-467f-a6dd-a46b7d612789";
    const ID: &str = "ansible-aws-ecr-image-tag-not-immutable";
    for (head, silent) in [
        ("ignore".to_owned(), true),
        ("ignore because of this".to_owned(), true),
        (format!("disable={ID}"), true),
        (format!("disable={KICS}"), true),
        (format!("disable={}", KICS.to_uppercase()), true),
        (format!("disable=abc,{ID},def"), true),
        ("disable=abc".to_owned(), false),
        ("disable=".to_owned(), false),
        // the scanners take the first word only
        (format!("disable=abc, {ID}"), false),
        ("enable=abc".to_owned(), true),
        (format!("enable=abc,{KICS}"), false),
        (format!("enable={ID}"), false),
        // enable= beats disable=, and the last of each counts
        (format!("disable={ID}\n# $ enable={ID}"), false),
        (format!("disable={ID}\n# $ disable=abc"), false),
        (format!("enable={ID}\n# $ ignore"), true),
    ] {
        for scanner in ["dd-iac-scan", "kics-scan"] {
            let head = format!("# {scanner} {}", head.replace('$', scanner));
            for before in ["", "\n# Copyright\n\n", "---\n", "\u{feff}"] {
                let text = format!("{before}{head}\n\n- ecs_ecr: name=x\n");
                let report = lint(&text, true);
                assert_eq!(report.findings().next().is_none(), silent, "{text}");
                assert_eq!(report.texts(Status::Warning).next(), None, "{text}");
            }
            let late = format!("- debug:\n{head}\n\n- ecs_ecr: name=x\n");
            assert_eq!(lint(&late, true).findings().count(), 1, "{late}");
        }
    }
}

#[test]
fn many_comments_are_no_problem() {
    let many = |part: &str| part.repeat(20_000);
    let flow = format!("- {{block: [{}]}}\n", many("{ecs_ecr: {name: x}}, "));
    for text in [
        many("# kics-scan ignore-block\n-\n"),
        many("- ecs_ecr: # ecr-lint: ignore\n"),
        many("# ecr-lint: ignore\n") + &flow,
        many("# noqa: ansible-aws-ecr-image-tag-not-immutable\n") + &flow,
        many("# ecr-lint: ignore-block\n") + &flow,
        many("# ecr-lint: ignore\n") + "[" + &many("{ecs_ecr: },") + "]\n",
        many("# ecr-lint: ignore-file\n") + &many("- ecs_ecr:\n"),
        "- ecs_ecr: #".to_owned() + &many(" # noqa:") + &many("    ") + "\n",
        many("- ecs_ecr:\n") + &many("# ecr-lint: ignore\n"),
    ] {
        let report = lint(&text, true);
        assert_eq!(report.texts(Status::Problem).next(), None, "{}", &text[..60]);
    }
}

/// Tasks of different shapes, each with one finding, and lines between which comments may stand.
const TASKS: [&str; 5] = [
    "- ecs_ecr:\n    name: x\n",
    "- name: create\n  community.aws.ecs_ecr:\n    name: x\n    image_tag_mutability: mutable\n  when: a\n",
    "- {ecs_ecr: {name: x}}\n",
    "- ecs_ecr: name=x\n  register:\n",
    "- block:\n    - ecs_ecr:\n        name: x\n",
];

fn playbook() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::collection::vec(proptest::sample::select(TASKS.as_slice()), 1..6)
}

proptest! {
    /// Domain: playbooks of `TASKS`.
    #[test]
    fn an_unrelated_comment_changes_nothing(tasks in playbook(), at: prop::sample::Index) {
        let text = tasks.concat();
        let mut lines: Vec<_> = text.lines().collect();
        let at = at.index(lines.len() + 1);
        lines.insert(at, "# nothing to see");
        let with = lines.join("\n") + "\n";
        let found = lint(&with, true);
        prop_assert_eq!(found.findings().count(), lint(&text, true).findings().count(), "{}", with);
        prop_assert!(found.having(Status::Suppressed).next().is_none() && found.texts(Status::Warning).next().is_none());
    }

    /// Domain: playbooks of `TASKS`, those in a block aside.
    #[test]
    fn a_comment_above_a_task_suppresses_that_task_only(tasks in playbook(), at: prop::sample::Index) {
        let at = at.index(tasks.len());
        prop_assume!(!tasks[at].starts_with("- block"));
        let mut with = tasks.clone();
        with.insert(at, "# ecr-lint: ignore\n");
        let with = with.concat();
        let report = lint(&with, true);
        let line = u32::try_from(tasks[..at].concat().lines().count() + 1).expect("few");
        let suppressed: Vec<_> = report.having(Status::Suppressed).filter_map(|record| Some(record.location?.start.line)).collect();
        let end = line + u32::try_from(tasks[at].lines().count()).expect("few");
        prop_assert!(suppressed.len() == 1 && (line + 1..=end).contains(&suppressed[0]), "{}", with);
        prop_assert_eq!(report.findings().count(), tasks.len() - 1, "{}", with);
        prop_assert!(report.texts(Status::Warning).next().is_none(), "{}", with);
    }

    /// Domain: playbooks of `TASKS` with any comments.
    #[test]
    fn a_finding_is_open_or_suppressed(
        tasks in playbook(),
        comments in proptest::collection::vec((any::<prop::sample::Index>(), 0..6_usize), 0..6),
    ) {
        const COMMENTS: [&str; 6] = [
            "# ecr-lint: ignore", "# ecr-lint: ignore-file", "# kics-scan ignore-block",
            "# dd-iac-scan ignore-line", "# kics-scan ignore", "# plain",
        ];
        let text = tasks.concat();
        let mut lines: Vec<_> = text.lines().collect();
        for (at, comment) in comments {
            lines.insert(at.index(lines.len() + 1), COMMENTS[comment]);
        }
        let text = lines.join("\n") + "\n";
        let (report, all) = (lint(&text, true), lint(&text, false));
        prop_assert_eq!(all.findings().count(), tasks.len(), "{}", text);
        prop_assert_eq!(report.findings().count() + report.having(Status::Suppressed).count(), tasks.len(), "{}", text);
    }
}
