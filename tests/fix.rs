//! Fixes: each `tests/fix/NAME.before.yml` becomes `NAME.after.yml`, each `NAME.kept.yml` stays for the
//! reason in its first line, and what must hold of every fix holds of damaged files too.
//!
//! `.unsafe` in a name asks for `--unsafe-fixes`.

#![allow(clippy::format_collect)] // short texts, said plainly

use std::fs;
use std::path::{Path, PathBuf};

use ecr_lint::apply;
use ecr_lint::fix::{self, Edit, Fix, Level};
use ecr_lint::linter::{self, Options, Report};
use ecr_lint::parser::{self, Modules};
use ecr_lint::rule::Kind;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn lint(text: &[u8], level: Level) -> Report {
    let options = Options { fixes: Some(level), ..Options::new(Modules::default()) };
    let report = linter::lint(Path::new("fix.yml"), text, &options);
    assert_eq!(report.findings.len(), report.fixes.len());
    report
}

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let list = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = list.collect();
    paths.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), fs::read(path).expect("a file"))).collect()
}

fn level(name: &str) -> Level {
    if name.contains(".unsafe.") { Level::Unsafe } else { Level::Safe }
}

/// The text with all its fixes.
fn fixed(text: &str, level: Level) -> String {
    fix::edited(text, &apply::edits(&lint(text.as_bytes(), level)))
}

#[test]
fn every_case_is_fixed_as_written() {
    let files = files("fix");
    let find = |name: &str| files.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes);
    let (mut checked, mut failed) = (0, Vec::new());
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".before.yml")) {
        let before = std::str::from_utf8(bytes).expect("UTF-8");
        let after =
            find(&name.replace(".before.", ".after.")).unwrap_or_else(|| panic!("{name} has no after"));
        let after = std::str::from_utf8(after).expect("UTF-8");
        let report = lint(bytes, level(name));
        let kept = report.fixes.iter().filter(|fix| matches!(fix, Fix::NotFixed(_))).count();
        let left = lint(after.as_bytes(), level(name)).findings.len();
        for (what, found) in [("once", fixed(before, level(name))), ("twice", fixed(after, level(name)))] {
            if found != after {
                failed.push(format!("{name}, fixed {what}: {:?}\n{found}", report.fixes));
            }
        }
        if left != kept {
            failed.push(format!("{name}: {left} findings are left, {kept} are not fixed"));
        }
        checked += 1;
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(checked > 30 && files.len() > 2 * checked, "tests/fix holds too few cases");
}

#[test]
fn what_is_kept_says_why() {
    for (name, bytes) in files("fix").iter().filter(|(name, _)| name.ends_with(".kept.yml")) {
        let reason = std::str::from_utf8(bytes)
            .expect("UTF-8")
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# "));
        let report = lint(bytes, level(name));
        assert!(!report.fixes.is_empty(), "{name}");
        for (found, fix) in report.findings.iter().zip(&report.fixes) {
            let Fix::NotFixed(why) = fix else { panic!("{name}: {fix:?}") };
            let words = why.to_string();
            let words = words.split(' ').map(|word| if word.parse::<u32>().is_ok() { "N" } else { word });
            let why = words.collect::<Vec<_>>().join(" ");
            assert_eq!(Some(&*why), reason, "{name}:{}", found.start.line);
        }
    }
}

#[test]
fn what_a_comment_suppresses_is_kept() {
    let before = "\
- ecs_ecr: {name: a}
  args: &shared {image_tag_mutability: mutable}
# ecr-lint: ignore -- shares its finding's place with the first task
- ecs_ecr: {name: b}
  args: *shared
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
    assert_eq!((report.findings.len(), report.suppressed.len()), (0, 3));
}

/// A value that an alias repeats stays, and so does the alias: else the value could be fixed in another run. Where
/// the value is suppressed, the alias may give way.
#[test]
fn aliases_stay_where_another_run_would_go_on() {
    let tasks = |comment: &str, second: &str| {
        format!(
            "\
- ecs_ecr: {{name: a, image_tag_mutability: &v mutable}}{comment}
- ecs_ecr: {{name: b, image_tag_mutability: {second}}}
"
        )
    };
    assert_eq!(fixed(&tasks("", "*v"), Level::Safe), tasks("", "*v"));
    let comment = " # ecr-lint: ignore";
    assert_eq!(fixed(&tasks(comment, "*v"), Level::Safe), tasks(comment, "immutable"));
}

/// Promises 1 to 3, for one text.
fn promises(text: &[u8], level: Level) -> Result<(), TestCaseError> {
    let Ok(source) = std::str::from_utf8(text) else { return Ok(()) };
    let report = lint(text, level);
    let edits = apply::edits(&report);
    for pair in edits.windows(2) {
        prop_assert!(pair[0].offset + pair[0].length <= pair[1].offset);
    }
    let fixed = fix::edited(source, &edits);
    prop_assert!(is_other_wise_identical(source, &fixed, &edits));
    let again = lint(fixed.as_bytes(), level);
    prop_assert_eq!(apply::edits(&again), vec![], "a second time:\n{}", fixed);
    let kinds = |report: &Report| report.findings.iter().map(|found| found.item.kind).collect::<Vec<_>>();
    let left: Vec<Kind> = report
        .findings
        .iter()
        .zip(&report.fixes)
        .filter(|(_, fix)| matches!(fix, Fix::NotFixed(_)))
        .map(|(found, _)| found.item.kind)
        .collect();
    prop_assert_eq!(kinds(&again), left, "{}", fixed);
    prop_assert_eq!(again.tasks, report.tasks);
    let messages =
        |report: &Report| report.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>();
    prop_assert_eq!(messages(&again), messages(&report));
    prop_assert_eq!(others(&fixed), others(source), "{}", fixed);
    prop_assert_eq!(comments(&fixed), comments(source), "{}", fixed);
    Ok(())
}

/// The bytes between the edits, told from the end of each text as well as from its start.
fn is_other_wise_identical(old: &str, new: &str, edits: &[Edit]) -> bool {
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

/// What every task says about arguments that no fix touches.
fn others(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    parser::Parsed::new(text, false).each_task(&Modules::default(), |task| {
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
    let parsed = parser::Parsed::new(text, true);
    parsed.comments().iter().map(|span| text[span.range()].to_owned()).collect()
}

const FRAGMENTS: [&str; 36] = [
    "ecs_ecr",
    "image_tag_mutability",
    "immutable",
    "mutable",
    "- ",
    ": ",
    "\n",
    "\n  ",
    "\n    ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "&a ",
    "*a",
    "<<: ",
    "!unsafe ",
    "!vault ",
    "|\n",
    ">-\n",
    "\\x65",
    "\\\n",
    "{{ x }}",
    "{%",
    " #",
    "? ",
    "\t",
    "\r",
    "\u{2028}",
    "\u{85}",
    "module_defaults: ",
    "args: ",
    "name: x",
    ",",
];

/// A case file with some of its bytes replaced, taken out or doubled.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let seeds: Vec<Vec<u8>> =
        files("cases").into_iter().chain(files("fix")).map(|(_, bytes)| bytes).collect();
    let edit = (any::<Index>(), 0usize..12, select(&FRAGMENTS[..]));
    (select(seeds), vec(edit, 0..6)).prop_map(|(mut bytes, edits)| {
        for (at, length, fragment) in edits {
            let start = at.index(bytes.len() + 1);
            let end = (start + length).min(bytes.len());
            bytes.splice(start..end, fragment.bytes());
        }
        bytes
    })
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
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    /// Domain: damaged case files.
    #[test]
    fn promises_hold_of_damaged_files(text in damaged(), is_unsafe: bool) {
        promises(&text, if is_unsafe { Level::Unsafe } else { Level::Safe })?;
    }

    /// Domain: generated tasks.
    #[test]
    fn promises_hold_of_generated_tasks(text in generated(), is_unsafe: bool) {
        promises(text.as_bytes(), if is_unsafe { Level::Unsafe } else { Level::Safe })?;
    }
}
