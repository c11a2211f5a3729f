//! Laws of `--fix` and `--add-ignores`: whatever the file, a fix changes the argument and nothing else, a comment
//! suppresses its finding and changes nothing, and a second run finds nothing to do.

#![allow(clippy::format_collect)] // short texts

mod common;

use std::path::Path;

use ecr_lint::apply;
use ecr_lint::fix::{self, Edit, Level};
use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::Modules;
use ecr_lint::parser;
use ecr_lint::position::Span;
use ecr_lint::report::{FileReport, Status};
use ecr_lint::rule::{self, Kind};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn lint(text: &[u8], level: Level) -> FileReport {
    let options = LintOptions { fixes: Some(level), ..LintOptions::new(Modules::default()) };
    let report = linter::lint(Path::new("fix.yml"), text, &options);
    assert_eq!(report.findings().count(), report.fixes().count());
    report
}

/// The text with all its fixes.
fn fixed(text: &str, level: Level) -> String {
    fix::edited(text, &apply::edits(&lint(text.as_bytes(), level)))
}

#[test]
fn what_a_comment_suppresses_is_kept() {
    let before = "\
- ecs_ecr: {name: a}
- ecs_ecr: {name: c} # noqa: ansible-aws-ecr-image-tag-not-immutable
- ecs_ecr:
    name: d
# ecr-lint: ignore
- ecs_ecr:
    name: e
";
    let after = before
        .replace("{name: a}", "{name: a, image_tag_mutability: immutable}")
        .replace("    name: d\n", "    name: d\n    image_tag_mutability: immutable\n");
    assert_eq!(fixed(before, Level::Safe), after);
    let report = lint(after.as_bytes(), Level::Safe);
    assert_eq!((report.findings().count(), report.having(Status::Suppressed).count()), (0, 2));
}

/// Checks for one text that its fixes change what they say and nothing else, and leave nothing to fix.
fn promises(text: &[u8], level: Level) -> Result<(), TestCaseError> {
    let Ok(source) = std::str::from_utf8(text) else { return Ok(()) };
    let report = lint(text, level);
    let edits = apply::edits(&report);
    for pair in edits.windows(2) {
        prop_assert!(pair[0].offset + pair[0].length <= pair[1].offset);
    }
    let fixed = fix::edited(source, &edits);
    prop_assert!(is_otherwise_identical(source, &fixed, &edits));
    let again = lint(fixed.as_bytes(), level);
    prop_assert_eq!(apply::edits(&again), vec![], "a second time:\n{}", fixed);
    let kinds = |report: &FileReport| report.findings().map(|(finding, _)| finding.kind).collect::<Vec<_>>();
    let left: Vec<Kind> = report
        .findings()
        .zip(report.fixes())
        .filter(|(_, fix)| fix.is_err())
        .map(|((finding, _), _)| finding.kind)
        .collect();
    prop_assert_eq!(kinds(&again), left, "{}", fixed);
    prop_assert_eq!(again.tasks, report.tasks);
    let messages = |report: &FileReport| {
        report.texts(Status::Problem).map(|(message, _)| message.to_owned()).collect::<Vec<_>>()
    };
    prop_assert_eq!(messages(&again), messages(&report));
    prop_assert_eq!(others(&fixed), others(source), "{}", fixed);
    prop_assert_eq!(comments(&fixed), comments(source), "{}", fixed);
    Ok(())
}

/// Checks for one text that comments are added which suppress what they say and no other task, change nothing, and are
/// added once.
fn ignores_promise(text: &[u8]) -> Result<(), TestCaseError> {
    let Ok(source) = std::str::from_utf8(text) else { return Ok(()) };
    let options = LintOptions {
        fixes: Some(Level::Safe),
        ignore_reason: Some("a law".into()),
        ..LintOptions::new(Modules::default())
    };
    let lint = |text: &[u8]| linter::lint(Path::new("fix.yml"), text, &options);
    let report = lint(text);
    let edits = apply::edits(&report);
    let (mut flagged, mut unflagged) = (Vec::new(), Vec::new());
    parser::Tree::parse(source).each_task(&Modules::default(), |task| {
        if rule::check(task).is_some() { &mut flagged } else { &mut unflagged }.push(task.span);
    });
    // one that is not flagged where an alias repeats it, under other defaults
    unflagged.retain(|task| !flagged.contains(task));
    for edit in &edits {
        prop_assert!(edit.length == 0 && edit.text.trim() == "# ecr-lint: ignore (a law)", "{:?}", edit);
        let below = &source[edit.offset..];
        let end =
            edit.offset + below.find(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).unwrap_or(below.len());
        let is_covered = |task: &&Span| task.start < end && edit.offset < task.end;
        prop_assert_eq!(unflagged.iter().find(is_covered), None, "{}", source);
    }
    let ignored = fix::edited(source, &edits);
    prop_assert!(is_otherwise_identical(source, &ignored, &edits));
    let again = lint(ignored.as_bytes());
    prop_assert_eq!(apply::edits(&again), vec![], "a second time:\n{}", ignored);
    let left = report.fixes().filter(|fix| fix.is_err()).count();
    prop_assert_eq!(again.findings().count(), left, "{}", ignored);
    let all = |report: &FileReport| report.findings().count() + report.having(Status::Suppressed).count();
    prop_assert_eq!((again.tasks, all(&again)), (report.tasks, all(&report)), "{}", ignored);
    let messages = |report: &FileReport| {
        report.texts(Status::Problem).map(|(message, _)| message.to_owned()).collect::<Vec<_>>()
    };
    prop_assert_eq!(messages(&again), messages(&report));
    prop_assert_eq!(
        again.texts(Status::Warning).count(),
        report.texts(Status::Warning).count(),
        "{}",
        ignored
    );
    prop_assert_eq!(others(&ignored), others(source), "{}", ignored);
    Ok(())
}

/// Whether the texts are equal except for the edits.
fn is_otherwise_identical(old: &str, new: &str, edits: &[Edit]) -> bool {
    let (mut old_at, mut new_at) = (0, 0);
    for edit in edits {
        let kept = edit.offset - old_at;
        if old[old_at..edit.offset] != new[new_at..new_at + kept] {
            return false;
        }
        new_at += kept + edit.text.len();
        old_at = edit.offset + edit.length;
    }
    old[old_at..] == new[new_at..]
}

/// The arguments of every task that no fix changes.
fn others(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    parser::Tree::parse(text).each_task(&Modules::default(), |task| {
        let arguments = ["name", "region", "state", "policy", "tags", "a"].map(|key| {
            format!(
                "{:?}",
                task.argument(key)
                    .map_err(|failure| failure.reason)
                    .map(|argument| argument.map(|argument| format!("{:?}", argument.value)))
            )
        });
        found.push(format!("{} {:?} {arguments:?}", task.module, task.name));
    });
    found
}

/// The text of each comment.
fn comments(text: &str) -> Vec<String> {
    let tree = parser::Tree::parse(text);
    tree.comments().iter().map(|span| text[span.range()].to_owned()).collect()
}

/// Tasks with arguments in many spellings, in block style.
fn generated() -> impl Strategy<Value = String> {
    let value = select(
        &[
            "mutable",
            "'mutable'",
            "\"mutable\" # why",
            "",
            " # why",
            "~",
            "&v x",
            "!!str x",
            "!!int 5",
            "|\n      x",
            ">- # why\n      x\n\n",
            "\"{{ x }}\"",
            "[a,\n      b]",
            "{}",
            "immutable",
            "x\n      y",
            "\n      x",
        ][..],
    );
    let argument =
        (select(&["name", "image_tag_mutability", "region", "state", "\"name\"", "<<"][..]), value);
    let arguments = prop_oneof![
        4 => vec(argument, 1..4).prop_map(|list| {
            list.iter().map(|(key, value)| format!("\n    {key}: {value}")).collect::<String>()
        }),
        3 => select(
            &[
                " {name: x}", " { name: x, }", " {}", "", " ~", " \"\"", " name=x", " name=x\n    region=y", " >\n    name=x\n",
                " \"name=x image_tag_mutability=mutable\"", " {name: [a, {b: c}], # why\n    }", " &m {name: x}",
                " {image_tag_mutability: }", " {name:\n    x}", " 'name=''x y'''", " |+\n    name=x\n\n",
            ][..],
        ).prop_map(str::to_owned),
    ];
    let keyword = select(
        &[
            "",
            "  when: a\n",
            "  args: {name: y}\n",
            "  args:\n    image_tag_mutability: x\n",
            "  # why\n",
            "\n",
        ][..],
    );
    let module = select(&["ecs_ecr", "community.aws.ecs_ecr", "\"ecs_ecr\"", "? ecs_ecr\n  ", "debug"][..]);
    let task = (module, arguments, keyword)
        .prop_map(|(module, arguments, keyword)| format!("- {module}:{arguments}\n{keyword}"));
    let ends = select(&["\n", "\r\n", "\r"][..]);
    (vec(task, 1..5), ends, any::<bool>()).prop_map(|(tasks, ends, is_cut)| {
        let text = tasks.concat().replace('\n', ends);
        if is_cut { text.trim_end().to_owned() } else { text }
    })
}

proptest! {
    #![proptest_config(common::inputs(1500))]

    /// Domain: damaged case files.
    #[test]
    fn promises_hold_of_damaged_files(text in common::damaged(&["cases", "fix"]), is_unsafe: bool) {
        promises(&text, if is_unsafe { Level::Unsafe } else { Level::Safe })?;
    }

    /// Domain: damaged case files.
    #[test]
    fn ignores_hold_of_damaged_files(text in common::damaged(&["cases", "fix", "suppress"])) {
        ignores_promise(&text)?;
    }

    /// Domain: generated tasks.
    #[test]
    fn ignores_hold_of_generated_tasks(text in generated()) {
        ignores_promise(text.as_bytes())?;
    }

    /// Domain: generated tasks.
    #[test]
    fn promises_hold_of_generated_tasks(text in generated(), is_unsafe: bool) {
        promises(text.as_bytes(), if is_unsafe { Level::Unsafe } else { Level::Safe })?;
    }
}
