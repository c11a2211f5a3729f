//! The walker on trees in scratch directories, and its reading of ignore files held against git's.
//!
//! Tests that depend on the current directory or on git's configuration run themselves again in a process of their own,
//! since both belong to the process and not to the test.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and speaks to its reader"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ecr_lint::linter::LintOptions;
use ecr_lint::modules::Modules;
use ecr_lint::scan;
use ecr_lint::walker::{Entry, SkipReason, WalkOptions, Walker};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tempfile::TempDir;

/// Set in the process of its own that a test runs in.
const INSIDE: &str = "ECR_LINT_TEST_INSIDE";

/// Runs a test's body in a process whose current directory is empty and whose git knows no configuration.
fn alone(test: &str, body: impl FnOnce(&Path)) {
    if let Some(home) = env::var_os(INSIDE) {
        return body(Path::new(&home));
    }
    let (work, home) = (tempdir(), tempdir());
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).current_dir(work.path());
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    command
        .env(INSIDE, home.path())
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path().join("config"));
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("1 passed"), "no test is called {test}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn tempdir() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A directory in memory, if there is one: for tests that make thousands of files.
fn tempdir_in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempdir())
}

/// Writes a file, and the directories above it.
fn write(path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
    let path = path.as_ref();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn git(directory: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("git").arg("-C").arg(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", text(&output.stderr));
    output.stdout
}

/// What a walk found: sorted paths, the named ones marked with `!`, errors as `path: message`, and what was
/// skipped likewise.
#[derive(Debug, Default, PartialEq)]
struct Found {
    files: Vec<String>,
    errors: Vec<String>,
    skipped: Vec<String>,
    ignored: usize,
    excluded: usize,
    not_followed: usize,
}

fn walk(options: WalkOptions) -> Found {
    let mut found = Found::default();
    Walker::new(options).unwrap().walk(&mut [|entry| match entry {
        Entry::Skipped(path, reason, by) => {
            found.skipped.push(format!("{}: {reason}{by}", path.display()));
            match reason {
                SkipReason::SkippedByName | SkipReason::Ignored => found.ignored += 1,
                SkipReason::Excluded => found.excluded += 1,
                SkipReason::NotFollowed => found.not_followed += 1,
                _ => {}
            }
        }
        Entry::File(file) => {
            found.files.push(format!("{}{}", if file.named { "!" } else { "" }, file.path.display()));
        }
        Entry::Error(path, error) => found.errors.push(format!("{}: {error}", path.display())),
    }]);
    found.files.sort();
    found.errors.sort();
    found.skipped.sort();
    found
}

/// The paths of the reports about what these paths mean, on two threads.
fn reported(paths: &[&str]) -> Vec<String> {
    let walker = Walker::new(WalkOptions { follow: true, ..options(paths) }).unwrap();
    let options = LintOptions::new(Modules::default());
    let run = scan::lint_paths(&walker, &options, 2, None, false);
    let mut paths: Vec<_> = run.reports.iter().map(|report| report.path.display().to_string()).collect();
    paths.sort();
    paths
}

fn options<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> WalkOptions {
    WalkOptions { paths: paths.into_iter().map(Into::into).collect(), ..WalkOptions::default() }
}

/// The files below one directory, relative to it, and nothing else.
fn files_below(directory: &Path) -> Vec<String> {
    let found = walk(options([directory]));
    assert_eq!(found.errors, [""; 0]);
    let prefix = format!("{}/", directory.display());
    found.files.iter().map(|path| path.strip_prefix(&prefix).unwrap().to_owned()).collect()
}

/// What git lists: neither ignored nor inside `.git`.
fn files_of_git(directory: &Path) -> Vec<String> {
    let list = git(directory, &["ls-files", "-z", "--others", "--exclude-standard"]);
    let names = list.split(|byte| *byte == 0).map(text);
    let mut names: Vec<_> = names.filter(|name| name.strip_suffix(".yml").is_some()).collect();
    names.sort();
    names
}

/// A line as people write them.
fn line() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        6 => "[abc]{1,2}", 3 => Just("*".to_owned()), 1 => Just("?".to_owned()), 1 => Just("a*".to_owned()), 1 => Just("*.yml".to_owned()),
        1 => Just("[ab]*".to_owned()), 1 => Just("[!a]".to_owned()), 1 => Just("[a-c]?".to_owned()), 1 => Just("{a,b}*".to_owned()), 1 => Just("\\{a,b\\}".to_owned()),
        1 => Just("ä".to_owned()), 1 => Just("a b".to_owned()), 1 => Just("a\\ ".to_owned()), 1 => Just("\\!a".to_owned()), 1 => Just("b\t.yml".to_owned()),
        2 => Just("**".to_owned()),
    ];
    let path = prop::collection::vec(name, 1..4).prop_map(|names| names.join("/"));
    let mark = |weight, mark| prop::option::weighted(weight, Just(mark)).prop_map(Option::unwrap_or_default);
    (mark(0.25, "!"), mark(0.2, "/"), path, mark(0.2, "/"))
        .prop_map(|(negation, root, path, end)| [negation, root, &path, end].concat())
}

/// One ignore file's text.
fn ignore_file() -> impl Strategy<Value = Vec<u8>> {
    let ending = prop_oneof![6 => Just("\n"), 1 => Just("\r\n"), 1 => Just(" \n")];
    let lines = prop::collection::vec((line(), ending).prop_map(|(line, ending)| line + ending), 0..5);
    (prop::bool::weighted(0.1), lines).prop_map(|(mark, lines)| {
        let mark = if mark { "\u{feff}" } else { "" };
        (mark.to_owned() + &lines.concat()).into_bytes()
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[abc]{1,2}", 2 => Just("ä".to_owned()), 1 => Just("a b".to_owned()), 1 => Just("{a,b}".to_owned()), 1 => Just("a ".to_owned()),
        1 => Just("[".to_owned()), 1 => Just("a]".to_owned()), 1 => Just("b-".to_owned()), 1 => Just("!a".to_owned()),
        1 => Just("#a".to_owned()), 1 => Just("a\\".to_owned()), 1 => Just("*".to_owned()), 1 => Just("b\t".to_owned()), 1 => Just("^,".to_owned()), 1 => Just("}".to_owned()), 1 => Just("\u{3000}".to_owned()),
    ]
}

fn directory() -> impl Strategy<Value = String> {
    prop::collection::vec(name(), 0..4)
        .prop_map(|names| names.iter().map(|name| name.clone() + "/").collect())
}

#[derive(Debug)]
struct Tree {
    files: BTreeSet<String>,
    ignore_files: Vec<(String, Vec<u8>)>,
    exclude: Vec<u8>,
    global: Vec<u8>,
}

fn tree() -> impl Strategy<Value = Tree> {
    let files = prop::collection::btree_set(
        (directory(), name()).prop_map(|(directory, name)| directory + &name + ".yml"),
        4..24,
    );
    let ignore_files = prop::collection::vec((directory(), ignore_file()), 0..3);
    (files, ignore_file(), ignore_files, ignore_file(), ignore_file()).prop_map(
        |(files, top, mut ignore_files, exclude, global)| {
            ignore_files.push((String::new(), top));
            Tree { files, ignore_files, exclude, global }
        },
    )
}

fn build(tree: &Tree, directory: &Path, home: &Path) {
    git(directory, &["init", "-q"]);
    for file in &tree.files {
        write(directory.join(file), "");
    }
    for (below, text) in &tree.ignore_files {
        write(directory.join(below).join(".gitignore"), text);
    }
    write(directory.join(".git/info/exclude"), &tree.exclude);
    write(home.join("config/git/ignore"), &tree.global);
}

#[test]
fn agrees_with_git_on_what_people_write() {
    alone("agrees_with_git_on_what_people_write", |home| {
        let cases = env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(250);
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let agrees = |tree| {
            let directory = tempdir();
            build(&tree, directory.path(), home);
            prop_assert_eq!(files_below(directory.path()), files_of_git(directory.path()));
            Ok(())
        };
        runner.run(&tree(), agrees).unwrap();
    });
}

#[test]
fn finds_yaml_in_any_letter_case() {
    let tree = tempdir();
    for name in ["a.yml", "b.YAML", "c/d.Yml", ".e/.f.yaml", "no.yml.j2", "yml", "noyml", "g.yml/h.txt"] {
        write(tree.path().join(name), "");
    }
    assert_eq!(files_below(tree.path()), [".e/.f.yaml", "a.yml", "b.YAML", "c/d.Yml"]);
}

/// Ansible loads them from a role, and a play's tasks from nowhere else by such a name.
#[test]
fn finds_a_roles_main_without_extension() {
    alone("finds_a_roles_main_without_extension", |_| {
        let found = ["r/handlers/main.json", "r/tasks/main", "r/tasks/main.json"];
        let others = [
            "main",
            "main.json",
            "r/main",
            "r/meta/main",
            "r/tasks/Main",
            "r/tasks/a/main",
            "r/tasks/x.main",
            "r/vars/main.json",
        ];
        for name in found.iter().chain(&others) {
            write(name, "");
        }
        symlink("main", "r/tasks/other");
        symlink("../tasks/main", "r/handlers/main");
        let names = ["r/handlers/main", "r/handlers/main.json", "r/tasks/main", "r/tasks/main.json"];
        assert_eq!(walk(options(["."])).files, names);
        assert_eq!(walk(options(["r/tasks"])).files, &names[2..]);
        env::set_current_dir("r/tasks").unwrap();
        assert_eq!(walk(options(["."])).files, ["main", "main.json"]);
    });
}

/// A play may name any file of a role's, and a role's tasks may be a link.
#[test]
fn finds_what_else_may_be_tasks() {
    alone("finds_what_else_may_be_tasks", |_| {
        for name in ["r/tasks/install.json", "r/files/policy.json", "common/main", "common/other"] {
            write(name, "");
        }
        fs::create_dir("s").unwrap();
        symlink("../common", "s/tasks");
        symlink("../common", "s/files");
        assert_eq!(walk(options(["."])).files, ["r/tasks/install.json", "s/tasks/main"]);
        assert_eq!(walk(options(["s/tasks"])).files, ["s/tasks/main"]);
    });
}

#[test]
fn shows_paths_as_grep_does() {
    alone("shows_paths_as_grep_does", |_| {
        write("a/b.yml", "");
        for (path, shown) in [
            (".", "a/b.yml"),
            ("./", "a/b.yml"),
            ("a", "a/b.yml"),
            ("./a/", "a/b.yml"),
            ("././a", "a/b.yml"),
            ("a//", "a/b.yml"),
            ("a/../a", "a/../a/b.yml"),
            ("./a/b.yml", "!a/b.yml"),
        ] {
            assert_eq!(walk(options([path])).files, [shown], "{path}");
        }
        assert_eq!(walk(WalkOptions::default()), Found::default());
        let whole = env::current_dir().unwrap().join("a");
        assert_eq!(walk(options([&whole])).files, [whole.join("b.yml").to_string_lossy()]);
        env::set_current_dir("a").unwrap();
        assert_eq!(walk(options([".."])).files, ["../a/b.yml"]);
        assert_eq!(walk(options(["../a/b.yml"])).files, ["!../a/b.yml"]);
    });
}

#[test]
fn reads_a_named_file_whatever_it_is() {
    alone("reads_a_named_file_whatever_it_is", |_| {
        git(Path::new("."), &["init", "-q"]);
        write(".gitignore", "*");
        write("playbook", "");
        write("ignored.yml", "");
        fifo("pipe");
        let found = walk(options(["playbook", "ignored.yml", "pipe", "/dev/null", "./playbook"]));
        assert_eq!(found.files, ["!/dev/null", "!ignored.yml", "!pipe", "!playbook"]);
    });
}

#[test]
fn reports_a_missing_path_and_goes_on() {
    let tree = tempdir();
    write(tree.path().join("a.yml"), "");
    let missing = tree.path().join("missing");
    let found = walk(options([&missing, tree.path()]));
    assert_eq!(found.files.len(), 1);
    assert_eq!(found.errors, [format!("{}: no such file or directory", missing.display())]);
}

#[test]
fn skips_directories_by_name() {
    let tree = tempdir();
    for name in
        [".git/a.yml", ".hg/a.yml", ".tox/a.yml", "b/node_modules/c/d.yml", "b/.cache/a.yml", "b/cache/a.yml"]
    {
        write(tree.path().join(name), "");
    }
    let found = walk(options([tree.path()]));
    assert_eq!(found.files, [tree.path().join("b/cache/a.yml").to_string_lossy()]);
    assert_eq!(found.ignored, 4);
    assert_eq!(walk(options([tree.path().join(".tox")])).files.len(), 1);
    let found = walk(WalkOptions { no_ignore: true, ..options([tree.path()]) });
    assert_eq!((found.files.len(), found.ignored), (6, 0));
}

/// By the files that it leaves and not by the name of a directory, under which people keep their own collections.
#[test]
fn skips_what_ansible_galaxy_installed() {
    alone("skips_what_ansible_galaxy_installed", |_| {
        for name in [
            "ansible_collections/acme/own/MANIFEST.json",
            "ansible_collections/acme/own/roles/a.yml",
            "ansible_collections/acme/own/roles/installed/meta/.galaxy_install_info",
            "ansible_collections/acme/own/roles/installed/tasks/main.yml",
            "ansible_collections/acme/got/MANIFEST.json",
            "ansible_collections/acme/got/FILES.json",
            "ansible_collections/acme/got/a.yml",
            "ansible_collections/acme/got/0/b.yml",
            "roles/got/meta/.galaxy_install_info",
            "roles/got/meta/main.yml",
            "roles/got/defaults/main.yml",
            "roles/got/a.yml",
            "roles/own/meta/main.yml",
            "roles/own/MANIFEST.json/FILES.json",
            "z.yml",
        ] {
            write(name, "");
        }
        let own = ["ansible_collections/acme/own/roles/a.yml", "roles/own/meta/main.yml", "z.yml"];
        let found = walk(options(["."]));
        assert_eq!(found.files, own);
        let names =
            ["ansible_collections/acme/got", "ansible_collections/acme/own/roles/installed", "roles/got"];
        assert_eq!(found.skipped, names.map(|name| format!("{name}: installed by ansible-galaxy")));
        assert_eq!(walk(options(["roles/got"])).files.len(), 3);
        assert_eq!(walk(options(["ansible_collections/acme/got/0"])).files.len(), 1);
        assert_eq!(walk(options(["ansible_collections/acme/own"])).files.len(), 1);
        assert_eq!(walk(WalkOptions { no_ignore: true, ..options(["."]) }).files.len(), 9);
    });
}

#[test]
fn counts_what_git_ignores() {
    let tree = tempdir();
    git(tree.path(), &["init", "-q"]);
    write(tree.path().join(".gitignore"), "*.log\nbuild/\n/top.yml\n");
    for name in ["top.yml", "a.log", "build/a.yml", "build/b.yml", "sub/build/c.yml", "sub/top.yml"] {
        write(tree.path().join(name), "");
    }
    let found = walk(options([tree.path()]));
    assert_eq!(found.files, [tree.path().join("sub/top.yml").to_string_lossy()]);
    assert_eq!(found.ignored, 3);
}

#[test]
fn obeys_the_rules_above_a_named_directory() {
    let tree = tempdir();
    let sub = tree.path().join("a/b");
    git(tree.path(), &["init", "-q"]);
    write(tree.path().join(".gitignore"), "/a/b/\none.yml\n/a/b/c/two.yml\n");
    write(tree.path().join("a/.gitignore"), "/b/three.yml\n!/b/c/one.yml");
    for name in ["one.yml", "three.yml", "c/one.yml", "c/two.yml", "c/three.yml"] {
        write(sub.join(name), "");
    }
    assert_eq!(files_below(&sub), ["c/one.yml", "c/three.yml"]);
}

#[test]
fn ignores_nothing_outside_a_repository() {
    let tree = tempdir();
    write(tree.path().join(".gitignore"), "*.yml");
    write(tree.path().join("a.yml"), "");
    assert_eq!(files_below(tree.path()), ["a.yml"]);
}

#[test]
fn begins_anew_in_a_nested_repository() {
    let tree = tempdir();
    git(tree.path(), &["init", "-q"]);
    write(tree.path().join(".gitignore"), "a.yml");
    git(tree.path(), &["init", "-q", "inner"]);
    write(tree.path().join("inner/.gitignore"), "b.yml");
    write(tree.path().join("outer/.gitignore"), "b.yml\n!a.yml");
    for directory in ["inner", "outer", "."] {
        write(tree.path().join(directory).join("a.yml"), "");
        write(tree.path().join(directory).join("b.yml"), "");
    }
    assert_eq!(files_below(tree.path()), ["b.yml", "inner/a.yml", "outer/a.yml"]);
    assert_eq!(files_below(&tree.path().join("inner")), ["a.yml"]);
}

#[test]
fn obeys_the_users_excludes() {
    alone("obeys_the_users_excludes", |home| {
        write(home.join("mine"), "a.yml\n/c.yml");
        write(home.join(".gitconfig"), format!("[core]\n\texcludesFile = {}/mine\n", home.display()));
        git(Path::new("."), &["init", "-q", "repository"]);
        for name in
            ["repository/d/a.yml", "repository/d/c.yml", "repository/c.yml", "repository/b.yml", "a.yml"]
        {
            write(name, "");
        }
        assert_eq!(walk(options(["."])).files, ["a.yml", "repository/b.yml", "repository/d/c.yml"]);
        assert_eq!(walk(options(["repository/d"])).files, ["repository/d/c.yml"]);
    });
}

#[test]
fn reads_ignore_files_with_care() {
    let tree = tempdir();
    let at = |name: &str| tree.path().join(name);
    git(tree.path(), &["init", "-q"]);
    for name in ["linked", "large", "pipe", "directory", "fine"] {
        write(at(name).join("a.yml"), "");
    }
    symlink("/dev/zero", at("linked/.gitignore"));
    write(at("large/.gitignore"), "*\n".repeat(1 << 20));
    fifo(at("pipe/.gitignore"));
    fs::create_dir(at("directory/.gitignore")).unwrap();
    write(at("fine/.gitignore"), [b"#".repeat((64 << 10) - 6), b"\na.yml".to_vec()].concat());
    let found = walk(options([tree.path()]));
    assert_eq!(found.files.len(), 4, "{found:?}");
    let errors: Vec<_> =
        found.errors.iter().map(|error| error.split_once(".gitignore: ").unwrap().1).collect();
    assert_eq!(
        errors,
        [
            "is not a regular file; its patterns do not apply",
            "is larger than 64 KiB; its patterns do not apply",
            "is a symbolic link, which is not followed; its patterns do not apply",
            "is not a regular file; its patterns do not apply",
        ]
    );
}

#[test]
fn survives_a_strange_dot_git() {
    for text in ["", "gitdir: ", "gitdir: ../../nowhere\n", "gitdir: /dev\n", "nonsense"] {
        let tree = tempdir();
        write(tree.path().join(".git"), text);
        write(tree.path().join(".gitignore"), "a.yml");
        write(tree.path().join("a.yml"), "");
        write(tree.path().join("b.yml"), "");
        assert_eq!(files_below(tree.path()), ["b.yml"], "{text}");
    }
}

#[test]
fn skips_what_exclude_says() {
    alone("skips_what_exclude_says", |_| {
        for name in ["a.yml", "b/a.yml", "b/c/d.yml", "b/c/keep.yml", "e/f.yml"] {
            write(name, "");
        }
        let files = |exclude: &[&str], paths: &[&str]| {
            let exclude = exclude.iter().map(ToString::to_string).collect();
            walk(WalkOptions { exclude, no_ignore: true, ..options(paths) }).files
        };
        let whole = env::current_dir().unwrap().to_string_lossy().into_owned();
        assert_eq!(files(&["a.yml"], &["."]), ["b/c/d.yml", "b/c/keep.yml", "e/f.yml"]);
        assert_eq!(files(&["/a.yml"], &["."]).len(), 4);
        assert_eq!(files(&["./a.yml"], &["."]).len(), 4);
        assert_eq!(files(&["b/"], &["."]), ["a.yml", "e/f.yml"]);
        assert_eq!(files(&["b/c", "!keep.yml"], &["b"]), ["b/a.yml"]);
        assert_eq!(files(&["b/c/*", "!keep.yml"], &["b"]), ["b/a.yml", "b/c/keep.yml"]);
        assert_eq!(files(&["!keep.yml", "b/c/*"], &["./b"]), ["b/a.yml"]);
        assert_eq!(files(&["b"], &["b", "b/c", "b/c/d.yml", "./e"]), ["e/f.yml"]);
        assert_eq!(files(&["/b/c"], &[&whole]).len(), 3);
        assert_eq!(files(&["/b/c"], &[&format!("{whole}/b/c/d.yml")]), [""; 0]);
        assert_eq!(files(&["*"], &["."]), [""; 0]);
        let link = Path::new(&env::var_os("HOME").unwrap()).join("link");
        symlink(&whole, &link);
        assert_eq!(files(&["/a.yml", "/b"], &[link.to_str().unwrap()]).len(), 1);
        assert_eq!(files(&["/a.yml"], &[link.join("a.yml").to_str().unwrap()]), [""; 0]);
        env::set_current_dir("e").unwrap();
        assert_eq!(files(&["a.yml"], &["../b"]), ["../b/c/d.yml", "../b/c/keep.yml"]);
        assert_eq!(files(&["/a.yml", "*/a.yml", "/*"], &["../b"]).len(), 3);
        assert_eq!(files(&["c"], &["..", "../b/c/d.yml"]), ["../a.yml", "../b/a.yml", "../e/f.yml"]);
        assert_eq!(files(&["e", &whole[1..]], &["."]), ["f.yml"]);
    });
}

#[test]
fn counts_and_answers_what_is_excluded() {
    alone("counts_and_answers_what_is_excluded", |_| {
        for name in ["a.yml", "b/a.yml", "c/d.yml", "e.txt"] {
            write(name, "");
        }
        let exclude = vec!["a.yml".to_owned(), "c/".to_owned(), "e.txt".to_owned()];
        let options = WalkOptions { exclude, ..options([".", "a.yml", "e.txt"]) };
        let walker = Walker::new(options.clone()).unwrap();
        for (path, is_excluded) in [
            ("a.yml", true),
            ("x/../a.yml", true),
            ("c/x/y.yml", true),
            ("c", false),
            ("x.yml", false),
            ("../c/x", true),
        ] {
            assert_eq!(walker.excludes(Path::new(path)), is_excluded, "{path}");
        }
        // two named files, of which the walk finds one again, another file and a directory
        assert_eq!(walk(options).excluded, 5);
    });
}

#[test]
fn says_what_is_wrong_with_a_pattern() {
    for (pattern, message) in [
        ("[a", "--exclude: error parsing glob '[a': unclosed character class; missing ']'"),
        ("[c-a]", "--exclude: error parsing glob '[c-a]': invalid range; 'c' > 'a'"),
        ("a\\", "--exclude: error parsing glob 'a\\': dangling '\\'"),
        ("", "--exclude: the pattern `` is empty"),
        ("/", "--exclude: the pattern `/` is empty"),
    ] {
        let options = WalkOptions { exclude: vec![pattern.to_owned()], ..WalkOptions::default() };
        assert_eq!(Walker::new(options).unwrap_err(), message);
    }
}

#[test]
fn walks_each_directory_once() {
    alone("walks_each_directory_once", |_| {
        for name in ["a/b/c.yml", "a/d.yml", "e.yml"] {
            write(name, "");
        }
        let whole = env::current_dir().unwrap().to_string_lossy().into_owned();
        for paths in [
            &["a", "a/b", "./a", "e.yml"][..],
            &["e.yml", "a/b", "./a", "a"],
            &["a/b", "e.yml", "a/../a", "./e.yml", "a"],
            &["a", "a/b/", "e.yml", "./././a/b"],
        ] {
            assert_eq!(walk(options(paths)).files, ["!e.yml", "a/b/c.yml", "a/d.yml"], "{paths:?}");
        }
        assert_eq!(walk(options([".", &whole])).files.len(), 3);
        fs::hard_link("e.yml", "hard.yml").unwrap();
        assert_eq!(walk(options(["."])).files, ["a/b/c.yml", "a/d.yml", "e.yml", "hard.yml"]);
    });
}

/// A file may be read under each of its names, but there is one report of it, under the best of them.
#[test]
fn reports_each_file_once() {
    alone("reports_each_file_once", |_| {
        let mutable = "- ecs_ecr: {name: x}\n";
        for name in ["d/x.yml", "in/real.yml", "in/other.txt", "out/far.yml"] {
            write(name, mutable);
        }
        let whole = env::current_dir().unwrap().to_string_lossy().into_owned();
        let absolute = format!("{whole}/d/x.yml");
        symlink("real.yml", "in/a_link.yml");
        symlink("other.txt", "in/link2.yml");
        symlink("other.txt", "in/link1.yml");
        symlink("../out/far.yml", "in/far.yml");
        symlink("../out", "in/directory.yml");
        symlink("d", "c");
        for (paths, expected) in [
            (&["d/x.yml", &*absolute][..], &["d/x.yml"][..]),
            (&[&*absolute, "d/x.yml"], &["d/x.yml"]),
            (&["d", "./d/x.yml", &*absolute], &["d/x.yml"]),
            (&["c/x.yml", "d/x.yml"], &["d/x.yml"]),
            (&["c", "d/x.yml"], &["d/x.yml"]),
            (&["c", "d"], &["c/x.yml"]), // of two names of a directory the first one is walked
            (&["in"], &["in/directory.yml/far.yml", "in/link1.yml", "in/real.yml"]),
            (&["in", "out/far.yml"], &["in/link1.yml", "in/real.yml", "out/far.yml"]),
            (&["in/a_link.yml", "in"], &["in/directory.yml/far.yml", "in/link1.yml", "in/real.yml"]),
            (&["in/link2.yml", "in/other.txt"], &["in/other.txt"]),
            (&["in/link2.yml", "in/link1.yml"], &["in/link1.yml"]),
        ] {
            assert_eq!(reported(paths), expected, "{paths:?}");
        }
        env::set_current_dir("d").unwrap();
        assert_eq!(reported(&["../d/x.yml", "x.yml", &absolute]), ["x.yml"]);
        assert_eq!(reported(&[&absolute, "../d/x.yml"]), ["../d/x.yml"]);
        assert_eq!(reported(&["../d", "."]), ["x.yml"]);
    });
}

#[test]
fn reads_links_within_the_walk() {
    alone("reads_links_within_the_walk", |_| {
        for name in ["in/real.yml", "in/other.txt", "out/far.yml"] {
            write(name, "");
        }
        symlink("real.yml", "in/a_link.yml");
        symlink("other.txt", "in/link.yml");
        symlink("../out/far.yml", "in/far.yml");
        symlink("../out", "in/directory.yml");
        symlink("nowhere", "in/broken.yml");
        symlink("nowhere", "in/broken");
        symlink("loop.yml", "in/loop.yml");
        symlink("loop", "in/loop");
        let found = walk(options(["in"]));
        assert_eq!(found.files, ["in/a_link.yml", "in/link.yml", "in/real.yml"]);
        assert_eq!(
            found.errors,
            [
                "in/broken.yml: a symbolic link that leads nowhere",
                "in/loop.yml: too many levels of symbolic links"
            ]
        );
        assert_eq!(found.not_followed, 2);
        assert_eq!(
            walk(options(["in", "out"])).files,
            ["in/a_link.yml", "in/far.yml", "in/link.yml", "in/real.yml", "out/far.yml"]
        );
    });
}

/// Or a small tree of links could make a scan read without end.
#[test]
fn of_the_links_to_a_file_one_is_read() {
    alone("of_the_links_to_a_file_one_is_read", |_| {
        for name in ["in/real.yml", "in/other.txt", "in/z/main"] {
            write(name, "");
        }
        for link in ["c", "b", "a"] {
            symlink("real.yml", format!("in/{link}.yml"));
            symlink("other.txt", format!("in/{link}{link}.yml"));
            fs::create_dir(format!("in/{link}")).unwrap();
            symlink("../z", format!("in/{link}/tasks"));
        }
        let expected = ["in/a.yml", "in/a/tasks/main", "in/aa.yml", "in/real.yml"];
        assert_eq!(walk(options(["in"])).files, expected);
        let named = ["in/c.yml", "in/b.yml", "in/real.yml"];
        assert_eq!(walk(options(named)).files, ["!in/b.yml", "!in/real.yml"]);
        // neither does a costly ignore file apply in many directories
        write("in/rules", "*.yml\n");
        fs::create_dir_all("in/.git/info").unwrap();
        symlink("../../rules", "in/.git/info/exclude");
        assert_eq!(walk(options(["in"])).files, expected);
    });
}

#[test]
fn follows_links_only_with_the_option() {
    alone("follows_links_only_with_the_option", |_| {
        for name in ["in/real/a.yml", "out/b.yml", "out/sub/c.yml"] {
            write(name, "");
        }
        symlink("real", "in/again");
        symlink("..", "in/real/up");
        symlink("../out", "in/z_diamond");
        symlink("../out", "in/diamond");
        symlink("../out/sub", "in/a_sub");
        symlink("nowhere", "in/broken");
        symlink("../../out/b.yml", "in/real/link.yml");
        assert_eq!(walk(options(["in"])).files, ["in/real/a.yml"]);
        let followed = |paths: &[&str], exclude: &[&str]| {
            let exclude = exclude.iter().map(ToString::to_string).collect();
            let found = walk(WalkOptions { follow: true, exclude, ..options(paths) });
            assert_eq!(found.errors, [""; 0]);
            found.files
        };
        let link = "in/real/link.yml";
        assert_eq!(followed(&["in"], &[]), ["in/a_sub/c.yml", "in/diamond/b.yml", "in/real/a.yml", link]);
        assert_eq!(
            followed(&["in"], &["a_sub/"]),
            ["in/diamond/b.yml", "in/diamond/sub/c.yml", "in/real/a.yml", link]
        );
        assert_eq!(followed(&["in", "out"], &[]), ["in/real/a.yml", link, "out/b.yml", "out/sub/c.yml"]);
        // a link to a directory above it may lead to `/`
        let found = walk(WalkOptions { follow: true, ..options(["in/again"]) });
        assert_eq!(found.files, ["in/again/a.yml", "in/again/link.yml"]);
        let reason = "a symbolic link out of the given paths; name its target too, or use --follow if it leads neither up nor into the system";
        assert_eq!(found.skipped, [format!("in/again/up: {reason}")]);
        env::set_current_dir("in").unwrap();
        assert_eq!(followed(&["."], &[]), ["a_sub/c.yml", "diamond/b.yml", "real/a.yml", "real/link.yml"]);
    });
}

/// A link to `/` must lead neither to `/proc` nor to everything that is mounted.
#[test]
fn follows_no_link_to_what_the_system_makes_up() {
    let tree = tempdir();
    let at = |name: &str| tree.path().join(name);
    write(at("out/here.yml"), "");
    write(at("in/a.yml"), "");
    symlink("../out", at("in/out"));
    for (target, link) in
        [("/", "in/all"), ("/dev", "in/dev"), ("/proc/self/mounts", "in/f.yml"), ("/", "out/e")]
    {
        symlink(target, at(link));
    }
    let found = walk(WalkOptions { follow: true, ..options([at("in")]) });
    let names: Vec<_> = found.files.iter().map(|path| path.rsplit_once("/in/").unwrap().1).collect();
    assert_eq!((names, found.errors), (vec!["a.yml", "out/here.yml"], vec![]));
    let reason = "a symbolic link out of the given paths; name its target too, or use --follow if it leads neither up nor into the system";
    let links = if Path::new("/proc/self/mounts").exists() {
        &["in/all", "in/dev", "in/f.yml", "in/out/e"][..]
    } else {
        return eprintln!("not checked: no /proc");
    };
    let skipped: Vec<_> = links.iter().map(|name| format!("{}: {reason}", at(name).display())).collect();
    assert_eq!(found.skipped, skipped);
}

#[test]
fn reports_what_is_no_file() {
    let tree = tempdir();
    fifo(tree.path().join("pipe.yml"));
    symlink("pipe.yml", tree.path().join("link.yml"));
    symlink("/dev/zero", tree.path().join("zero.yml"));
    let _socket = std::os::unix::net::UnixListener::bind(tree.path().join("socket.yml")).unwrap();
    symlink("pipe.yml", tree.path().join("not_yaml"));
    let errors = ["link.yml", "pipe.yml", "socket.yml", "zero.yml"].map(|name| {
        format!("{}: not a regular file, and not read unless it is named", tree.path().join(name).display())
    });
    assert_eq!(walk(options([tree.path()])), Found { errors: errors.into(), ..Found::default() });
}

#[test]
fn counts_links_that_lead_out_of_the_walk() {
    alone("counts_links_that_lead_out_of_the_walk", |_| {
        for name in ["in/real/a.yml", "out/b.yml", "out/sub/c.yml", "out/d.txt"] {
            write(name, "");
        }
        for (target, link) in [
            ("real", "in/again"),
            (".", "in/real/here"),
            ("../out", "in/out"),
            ("../out/sub", "in/sub.yml"),
            ("../out/b.yml", "in/file.yml"),
            ("../out/b.yml", "in/other.yml"),
            ("../out/b.yml", "in/not_yaml"),
            ("../out/d.txt", "in/text"),
            ("real/a.yml", "in/same.yml"),
            ("../out", "in/node_modules"),
        ] {
            symlink(target, link);
        }
        let count = |paths: &[&str], follow| {
            let found = walk(WalkOptions { follow, ..options(paths) });
            (found.not_followed, found.ignored)
        };
        assert_eq!(count(&["in", "out"], false), (0, 1));
        assert_eq!(count(&["in"], true), (0, 1));
        let found = walk(options(["in"]));
        assert_eq!((found.not_followed, found.ignored), (4, 1));
        assert_eq!(
            found.skipped,
            [
                "in/file.yml: a symbolic link out of the given paths; name its target too, or use --follow if it leads neither up nor into the system",
                "in/node_modules: directories of this name are skipped",
                "in/other.yml: a symbolic link out of the given paths; name its target too, or use --follow if it leads neither up nor into the system",
                "in/out: a symbolic link out of the given paths; name its target too, or use --follow if it leads neither up nor into the system",
                "in/sub.yml: a symbolic link out of the given paths; name its target too, or use --follow if it leads neither up nor into the system",
            ]
        );
    });
}

#[test]
fn reports_a_directory_that_cannot_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let tree = tempdir();
    git(tree.path(), &["init", "-q"]);
    write(tree.path().join("a.yml"), "");
    write(tree.path().join("closed/b.yml"), "");
    let closed = tree.path().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&closed).is_ok() {
        eprintln!("skipped: this user may read everything");
    } else {
        let found = walk(options([tree.path()]));
        assert_eq!(found.files.len(), 1);
        assert_eq!(found.errors, [format!("{}: permission denied", closed.display())]);
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn reports_a_path_that_is_too_long_and_goes_on() {
    let tree = tempdir();
    let (name, deep) = ("d".repeat(200), |count| PathBuf::from_iter(vec!["d".repeat(200); count]));
    write(tree.path().join("a").join(deep(12)).join("a.yml"), "");
    write(tree.path().join("b").join(deep(12)).join("b.yml"), "");
    write(tree.path().join("c.yml"), "");
    git(tree.path(), &["init", "-q"]);
    fs::rename(tree.path().join("b").join(&name), tree.path().join("a").join(deep(12)).join(&name)).unwrap();
    let found = walk(options([tree.path()]));
    assert_eq!(found.files.len(), 2, "{found:?}");
    assert_eq!(found.errors.len(), 1, "{found:?}");
    assert!(found.errors[0].ends_with("d: file name too long"), "{found:?}");
}

#[test]
fn reports_what_it_has_no_descriptors_for() {
    let tree = tempdir();
    git(tree.path(), &["init", "-q"]);
    write(tree.path().join("d/".repeat(100)).join("a.yml"), "");
    write(tree.path().join("z.yml"), "");
    let program = env::current_exe().unwrap();
    let script = r#"ulimit -n "$1"; shift; exec "$@""#;
    for limit in ["16", "7"] {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", limit]).arg(&program).args([
            "--exact",
            "walks_what_the_environment_names",
            "--nocapture",
        ]);
        let output = command.env("ECR_LINT_TEST_WALK", tree.path()).output().unwrap();
        let lines = text(&output.stderr).lines().filter(|line| line.starts_with("walked ")).count();
        assert!(lines >= 2, "{limit}: {}{}", text(&output.stdout), text(&output.stderr));
        assert!(limit == "7" || !text(&output.stderr).contains("too many"), "{}", text(&output.stderr));
    }
}

/// The other process of the test above.
#[test]
fn walks_what_the_environment_names() {
    if let Some(tree) = env::var_os("ECR_LINT_TEST_WALK") {
        let found = walk(options([tree]));
        found.files.iter().chain(&found.errors).for_each(|line| eprintln!("walked {line}"));
    }
}

#[test]
fn walks_deep_trees_without_recursion() {
    let tree = tempdir();
    git(tree.path(), &["init", "-q"]);
    let mut path = tree.path().to_owned();
    for depth in 0..1000 {
        path.push("d");
        write(path.join("a.yml"), "");
        if depth % 100 == 0 {
            write(path.join(".gitignore"), if depth % 200 == 0 { "a.yml" } else { "!a.yml" });
        }
    }
    assert_eq!(files_below(tree.path()).len(), 500);
}

/// Makes two directories, `a` and `b`, with ten directories, 16 files and six links between all of them.
fn scatter(tree: &Path, rng: &mut impl FnMut(usize) -> usize) {
    let mut directories = vec![tree.join("a"), tree.join("b")];
    for index in 0..10 {
        // deep ones as well as many side by side; what is called `gone` vanishes while others walk
        let latest = if rng(2) == 0 { 0 } else { directories.len() - 1 };
        let name = if rng(8) == 0 { format!("gone{index}") } else { format!("d{index}") };
        directories.push(directories[rng(directories.len()).max(latest)].join(name));
    }
    for directory in &directories {
        fs::create_dir_all(directory).unwrap();
    }
    let mut files = Vec::new();
    for index in 0..16 {
        let name = ["f.yml", "f.yaml", "gone.yml", "text"][rng(4)];
        files.push(directories[rng(directories.len())].join(format!("{index}{name}")));
        fs::write(&files[index], "").unwrap();
    }
    for index in 0..6 {
        let link = directories[rng(directories.len())].join(format!("link{index}.yml"));
        let target = if rng(3) == 0 { &directories[rng(12)] } else { &files[rng(16)] };
        std::os::unix::fs::symlink(target, link).unwrap();
    }
}

/// The paths of the YAML files that a plain walk finds, links to files included, each with its real path.
fn plain_walk(tree: &Path) -> BTreeMap<PathBuf, PathBuf> {
    let entries = walkdir::WalkDir::new(tree).into_iter().map(Result::unwrap);
    let is_yaml =
        |path: &Path| path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
    let files = entries.filter(|entry| is_yaml(entry.path()) && entry.path().is_file());
    files.map(|entry| (entry.path().to_owned(), entry.path().canonicalize().unwrap())).collect()
}

/// Those of some files that have no link in their name, and the first of the links to each.
fn without_further_links(files: &BTreeMap<PathBuf, PathBuf>) -> BTreeSet<PathBuf> {
    let mut targets = BTreeSet::new();
    let kept = files.iter().filter(|(path, real)| !path.is_symlink() || targets.insert(*real));
    kept.map(|(path, _)| path.clone()).collect()
}

/// Walks `a` and `b` below a directory with so many threads; what was found, and the paths of the errors.
fn walk_with(tree: &Path, threads: usize) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let walker =
        Walker::new(WalkOptions { no_ignore: true, ..options([tree.join("b"), tree.join("a")]) }).unwrap();
    let mut found = vec![(Vec::new(), Vec::new()); threads];
    let mut sinks: Vec<_> = found
        .iter_mut()
        .map(|(files, errors)| {
            |entry| match entry {
                Entry::File(file) => files.push(file.path),
                Entry::Error(path, _) => errors.push(path),
                Entry::Skipped(..) => {}
            }
        })
        .collect();
    walker.walk(&mut sinks);
    let (files, errors): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    (files.concat(), errors.concat())
}

/// A sequence that is always the same for the same seed: the next number below a bound.
fn sequence(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |bound| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % bound
    }
}

#[test]
fn no_schedule_loses_or_doubles_a_file() {
    for seed in 0..1000 {
        let tree = tempdir_in_memory();
        scatter(tree.path(), &mut sequence(seed));
        let expected = without_further_links(&plain_walk(tree.path()));
        for threads in [1, 2, 16] {
            let (files, errors) = walk_with(tree.path(), threads);
            assert_eq!(files.len(), expected.len(), "seed {seed}, {threads} threads: {files:?}");
            assert_eq!(BTreeSet::from_iter(files), expected, "seed {seed}, {threads} threads");
            assert_eq!(errors, [""; 0].map(PathBuf::from), "seed {seed}, {threads} threads");
        }
    }
}

#[test]
fn what_vanishes_takes_nothing_else_along() {
    let may_vanish = |path: &Path| path.to_string_lossy().contains("gone");
    for seed in 0..60 {
        for threads in [1, 2, 16] {
            let tree = tempdir_in_memory();
            scatter(tree.path(), &mut sequence(seed));
            let expected = plain_walk(tree.path());
            let stay = expected.iter().filter(|(path, _)| !may_vanish(path));
            let entries: Vec<_> =
                walkdir::WalkDir::new(tree.path()).into_iter().map(Result::unwrap).collect();
            let (files, errors) = std::thread::scope(|scope| {
                scope.spawn(|| {
                    for entry in entries.iter().filter(|entry| may_vanish(entry.path())) {
                        let _ = if entry.file_type().is_dir() {
                            fs::remove_dir_all(entry.path())
                        } else {
                            fs::remove_file(entry.path())
                        };
                    }
                });
                walk_with(tree.path(), threads)
            });
            let found: BTreeSet<_> = files.iter().cloned().collect();
            // a file is found if it is by one of its names
            let found_files: BTreeSet<_> = found.iter().map(|path| expected.get(path)).collect();
            let lost = stay.filter(|(path, real)| !found_files.contains(&Some(real)) && path.exists());
            assert_eq!(lost.collect::<Vec<_>>(), [], "seed {seed}, {threads} threads");
            assert!(!found_files.contains(&None), "seed {seed}, {threads} threads");
            assert_eq!(found.len(), files.len(), "seed {seed}, {threads} threads: {files:?}");
            let is_known = |path: &PathBuf| may_vanish(path) || path.is_symlink();
            assert!(errors.iter().all(is_known), "seed {seed}, {threads} threads: {errors:?}");
        }
    }
}

#[test]
fn a_panic_of_one_thread_ends_the_walk() {
    let tree = tempdir();
    for index in 0..3000 {
        write(tree.path().join(format!("d{}/{index}.yml", index % 300)), "");
    }
    for panicking in 0..4 {
        let walker = Walker::new(options([tree.path()])).unwrap();
        let mut seen = [0; 4];
        let mut sinks: Vec<_> = seen
            .iter_mut()
            .enumerate()
            .map(|(index, seen)| {
                move |_| {
                    *seen += 1;
                    assert!(index != panicking, "as the test wants it");
                    // the others wait a little, so that each gets something to do
                    std::thread::sleep(std::time::Duration::from_micros(20));
                }
            })
            .collect();
        let walk = std::panic::AssertUnwindSafe(|| walker.walk(&mut sinks));
        let result = std::panic::catch_unwind(walk);
        assert!(result.is_err() || seen[panicking] == 0, "thread {panicking}");
    }
}

fn symlink(target: &str, link: impl AsRef<Path>) {
    std::os::unix::fs::symlink(target, link).unwrap();
}

fn fifo(path: impl AsRef<Path>) {
    assert!(Command::new("mkfifo").arg(path.as_ref()).status().unwrap().success());
}
