//! The configuration and the lists of files, through the command line.
#![cfg(unix)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{MUTABLE, tree};

const FINE: &str = "- ecs_ecr: {name: x, image_tag_mutability: immutable}\n";

fn run_with(folder: &Path, arguments: &[&str], input: &[u8]) -> (String, String, Option<i32>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ecr-lint"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ecr-lint runs");
    // who does not read its input closes the pipe
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    common::parts(child.wait_with_output().expect("it ends"))
}

fn run(folder: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    run_with(folder, arguments, b"")
}

fn paths(stdout: &str) -> Vec<&str> {
    stdout.lines().filter_map(|line| line.split(':').next()).collect()
}

#[test]
fn a_configuration_is_found_up_to_the_repository_and_no_further() {
    let files = [
        (".ecr-lint.yaml", "exclude: ['*']\n"),
        ("repo/.git/HEAD", ""),
        ("repo/.ecr-lint.yml", "exclude: [skipped/]\n"),
        ("repo/a/x.yml", MUTABLE),
        ("repo/skipped/x.yml", MUTABLE),
        ("plain/x.yml", MUTABLE),
    ];
    let folder = tree(&files);
    let (stdout, stderr, _) = run(&folder.path().join("repo"), &[]);
    assert_eq!(paths(&stdout), ["a/x.yml"]);
    assert!(stderr.contains("1 excluded\n1 fixable with --fix"), "{stderr}");
    let (stdout, stderr, _) = run(&folder.path().join("repo/a"), &[".", "../skipped/x.yml"]);
    assert_eq!(paths(&stdout), ["x.yml"], "{stderr}");
    let (stdout, _, _) = run(&folder.path().join("repo"), &["--no-config"]);
    assert_eq!(paths(&stdout), ["a/x.yml", "skipped/x.yml"]);
    // outside a repository one further up was planted by somebody else
    let (stdout, _, _) = run(&folder.path().join("plain"), &[]);
    assert_eq!(paths(&stdout), ["x.yml"]);
    let (stdout, _, code) = run(folder.path(), &[]);
    assert_eq!((stdout.as_str(), code), ("", Some(0)));
}

#[test]
fn excludes_hold_for_every_way_to_name_a_file() {
    let files =
        [(".ecr-lint.yaml", "exclude: [/skipped/]\n"), ("skipped/x.yml", MUTABLE), ("y.yml", MUTABLE)];
    let folder = tree(&files);
    let (stdout, _, _) = run(folder.path(), &["skipped/x.yml", "y.yml"]);
    assert_eq!(paths(&stdout), ["y.yml"]);
    let (stdout, _, _) = run_with(folder.path(), &["--files-from", "-"], b"skipped/x.yml\ny.yml\n");
    assert_eq!(paths(&stdout), ["y.yml"]);
    let (stdout, _, code) =
        run_with(folder.path(), &["--stdin-filename", "skipped/z.yml", "-"], MUTABLE.as_bytes());
    assert_eq!((stdout.as_str(), code), ("", Some(0)));
    let (stdout, _, _) = run(folder.path(), &["--list-files"]);
    assert_eq!(stdout, "y.yml\n");
}

#[test]
fn modules_take_part_in_the_search() {
    let files = [
        (".ecr-lint.yaml", "modules: [amazon.aws.ecs_ecr, acme.platform.registry]\n"),
        (
            "x.yml",
            "- acme.platform.registry: {name: x}\n- amazon.aws.ecs_ecr: {name: x}\n- other: {name: x}\n",
        ),
        (
            "y.yml",
            "- hosts: all\n  module_defaults: {acme.platform.registry: {image_tag_mutability: immutable}}\n  \
             tasks: [{acme.platform.registry: {name: x}}, {ecs_ecr: {name: x}}]\n",
        ),
        (
            "z.yml", // the defaults of a module are no other's
            "- hosts: all\n  module_defaults: {ecs_ecr: {image_tag_mutability: immutable}}\n  \
             tasks: [{amazon.aws.ecs_ecr: {name: x}}, {ecs_ecr: {name: x}}]\n",
        ),
    ];
    let folder = tree(&files);
    let (stdout, _, _) = run(folder.path(), &[]);
    assert_eq!(paths(&stdout), ["x.yml", "x.yml", "y.yml", "z.yml"]);
    assert!(stdout.contains("mutability not set in an unnamed task"), "{stdout}");
}

#[test]
fn a_broken_configuration_stops_before_anything_is_scanned() {
    for (text, complaint) in [
        ("exclud: [a]\n", "line 1, column 1: unknown field `exclud`"),
        ("exclude: {\n", "line"),
        ("exclude: ['[']\n", "error parsing glob '[': unclosed character class; missing ']'"),
        ("modules: ['']\n", "`` in `modules` is not a valid module name"),
        (&format!("exclude: {}", "[".repeat(100_000)), "is larger than 64 KiB"),
    ] {
        let folder = tree(&[(".ecr-lint.yaml", text), ("x.yml", MUTABLE)]);
        let (stdout, stderr, code) = run(folder.path(), &[]);
        assert_eq!((stdout.as_str(), code), ("", Some(2)), "{text}");
        assert!(stderr.starts_with("error: ") && stderr.contains(complaint), "{stderr}");
    }
    let folder = tree(&[("x.yml", MUTABLE)]);
    for path in ["no-such.yaml", "/dev/zero", "."] {
        let (_, stderr, code) = run(folder.path(), &["--config", path]);
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains("the configuration"), "{stderr}");
    }
}

/// The configuration of another directory applies to no run that starts here.
#[test]
fn a_configuration_that_does_not_apply_is_said() {
    let files = [("sub/.ecr-lint.yaml", "exclude: ['*']\n"), ("sub/x.yml", FINE)];
    let folder = tree(&files);
    let warning = "sub/.ecr-lint.yaml: warning: does not apply; start ecr-lint in its directory, or name it with --config\n";
    let summary = "no findings; 1 file checked, 1 ECR task\n";
    let expected = (String::new(), format!("{warning}{summary}"));
    for (arguments, code) in [(&["sub"][..], 0), (&["sub/"], 0), (&["--strict", "sub"], 1)] {
        let (stdout, stderr, found) = run(folder.path(), arguments);
        assert_eq!(((stdout, stderr), found), (expected.clone(), Some(code)), "{arguments:?}");
    }
    // whatever decides the exit code is printed
    assert_eq!(run(folder.path(), &["-q", "--strict", "sub"]), (String::new(), warning.to_owned(), Some(1)));
    for arguments in [&["-q", "sub"][..], &["--no-config", "-q", "--strict", "sub"]] {
        assert_eq!(run(folder.path(), arguments), (String::new(), String::new(), Some(0)), "{arguments:?}");
    }
    let (_, stderr, _) = run(folder.path(), &["."]);
    assert_eq!(stderr, summary);
    let (_, stderr, _) = run(folder.path(), &["--config", "sub/.ecr-lint.yaml", "sub"]);
    assert_eq!(stderr, "sub: warning: no YAML files found, 2 excluded\n");
}

#[test]
fn a_configuration_is_no_file_that_was_checked() {
    let folder = tree(&[(".ecr-lint.yaml", "modules: []\n")]);
    let warning = ".: warning: no YAML files found\n".to_owned();
    assert_eq!(run(folder.path(), &[]), (String::new(), warning.clone(), Some(0)));
    assert_eq!(run(folder.path(), &["-q", "--strict"]), (String::new(), warning, Some(1)));
}

#[test]
fn a_path_that_does_not_exist_may_be_a_slip() {
    let folder = tree(&[("playbooks/site.yml", FINE)]);
    let problem = |path: &str| run(folder.path(), &["-q", path]).1;
    let expected = "plabooks: error: no such file or directory; did you mean `playbooks`?\n";
    assert_eq!(problem("plabooks"), expected);
    let expected =
        "playbooks/sit.yml: error: no such file or directory; did you mean `playbooks/site.yml`?\n";
    assert_eq!(problem("playbooks/sit.yml"), expected);
    assert!(problem("").starts_with("error: invalid value '' for '[PATH]...': a path is empty\n"));
    for path in ["other", "playbooks/x", "no/site.yml"] {
        assert_eq!(problem(path), format!("{path}: error: no such file or directory\n"));
    }
}

/// Whoever commits a link must not read in the log what it leads to.
#[test]
fn a_configuration_that_is_found_is_no_link() {
    let folder = tree(&[("netrc", "machine host login me password secret\n"), ("x.yml", MUTABLE)]);
    let link = folder.path().join(".ecr-lint.yaml");
    for target in ["netrc", "x.yml", "nowhere", "/dev/zero", ".ecr-lint.yaml"] {
        symlink(target, &link).expect("a link");
        let (stdout, stderr, code) = run(folder.path(), &[]);
        assert_eq!((stdout.as_str(), code), ("", Some(2)), "{target}: {stderr}");
        let expected = "is a symbolic link, which is not followed\n";
        assert!(stderr.starts_with("error: the configuration ") && stderr.ends_with(expected), "{stderr}");
        fs::remove_file(&link).expect("no link");
    }
    // errors quote the file, so that one that is named may be no link either
    symlink("netrc", &link).expect("a link");
    let (stdout, stderr, code) = run(folder.path(), &["--config", ".ecr-lint.yaml"]);
    assert_eq!((stdout.as_str(), code), ("", Some(2)));
    assert!(stderr.ends_with("is a symbolic link, which is not followed\n"), "{stderr}");
    assert!(!stderr.contains("machine") && !stderr.contains("secret"), "{stderr}");
}

#[test]
fn a_configuration_that_is_found_is_a_regular_file() {
    let folder = tree(&[("x.yml", MUTABLE)]);
    let path = folder.path().join(".ecr-lint.yml");
    for (program, argument) in [("mkfifo", "-m600"), ("mkdir", "-m700")] {
        assert!(Command::new(program).arg(argument).arg(&path).status().expect("it runs").success());
        let (_, stderr, code) = run(folder.path(), &[]);
        assert!(stderr.ends_with(".ecr-lint.yml: is not a regular file\n") && code == Some(2), "{stderr}");
        fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)).expect("nothing there");
    }
}

#[test]
fn two_configurations_in_one_folder_are_an_error() {
    let files = [(".ecr-lint.yaml", ""), (".ecr-lint.yml", "exclude: ['*']\n"), ("x.yml", MUTABLE)];
    let folder = tree(&files);
    let (stdout, stderr, code) = run(folder.path(), &[]);
    assert_eq!((stdout.as_str(), code), ("", Some(2)), "{stderr}");
    assert!(stderr.starts_with("error: there are both ") && stderr.ends_with("; remove one\n"), "{stderr}");
    assert_eq!(run(folder.path(), &["--config", ".ecr-lint.yaml"]).2, Some(1));
}

#[test]
fn lists_of_files_are_split_at_nul_or_newline() {
    let folder = tree(&[("a b.yml", MUTABLE), ("c\nd.yml", MUTABLE), ("e.txt", MUTABLE)]);
    let (stdout, _, _) = run_with(folder.path(), &["--files-from", "-"], b"a b.yml\0c\nd.yml\0e.txt\0");
    assert_eq!(paths(&stdout), ["a b.yml", "c\\nd.yml", "e.txt"]);
    let (stdout, _, code) = run_with(folder.path(), &["--files-from", "-"], b"a b.yml\r\ne.txt\n");
    assert_eq!((paths(&stdout), code), (vec!["a b.yml", "e.txt"], Some(1)));
    let (stdout, _, code) = run_with(folder.path(), &["--files-from", "-"], b"");
    assert_eq!((stdout.as_str(), code), ("", Some(0)), "an empty list is not the current directory");
    let (_, stderr, code) = run(folder.path(), &["--files-from", "-", "-"]);
    assert_eq!((stderr.as_str(), code), ("error: --files-from cannot be used together with `-`\n", Some(2)));
    let (stdout, stderr, code) = run_with(folder.path(), &["--list-files", "--files-from", "-"], b"");
    assert_eq!((stdout.as_str(), stderr.as_str(), code), ("", "", Some(0)));
    // in a list, `-` is a file
    fs::write(folder.path().join("-"), MUTABLE).expect("a file");
    let (stdout, stderr, code) = run_with(folder.path(), &["--files-from", "-"], b"-\n");
    assert_eq!((paths(&stdout), code), (vec!["-"], Some(1)), "{stderr}");
}

/// `git ls-files` lists what was deleted and not committed yet.
#[test]
fn a_deleted_file_in_a_list_is_a_warning() {
    let folder = tree(&[("a.yml", "- debug:\n")]);
    let (stdout, stderr, code) = run_with(folder.path(), &["--files-from", "-"], b"a.yml\ngone.yml\n");
    let expected = "gone.yml: warning: does not exist, but is in the list of files\n\
                    no findings; 1 file checked, 0 ECR tasks\n";
    assert_eq!((stdout.as_str(), stderr.as_str(), code), ("", expected, Some(0)));
    assert_eq!(run_with(folder.path(), &["--strict", "--files-from", "-"], b"gone.yml\n").2, Some(1));
    // one that is named too, or that cannot be looked up, is an error
    let (_, stderr, code) = run_with(folder.path(), &["gone.yml", "--files-from", "-"], b"gone.yml\n");
    assert!(
        stderr.starts_with("gone.yml: error: no such file or directory\n") && code == Some(2),
        "{stderr}"
    );
    symlink("nowhere", folder.path().join("link.yml")).expect("a link");
    for path in ["a.yml/gone.yml", "link.yml"] {
        let (_, stderr, code) = run_with(folder.path(), &["--files-from", "-"], path.as_bytes());
        assert!(stderr.starts_with(&format!("{path}: error: ")) && code == Some(2), "{stderr}");
    }
}

/// Without --relative, git lists from the repository's root in any of its directories, and it quotes what is not ASCII;
/// files that are there would be passed by as deleted.
#[test]
fn names_as_git_writes_them_are_an_error() {
    let files = ["a.yml", "ansible/a.yml", "ansible/b.yml", "ansible/\u{e4}.yml"].map(|path| (path, MUTABLE));
    let folder = tree(&[&files[..], &[(".git/HEAD", "")]].concat());
    let directory = folder.path().join("ansible");
    let run = |list: &[u8]| run_with(&directory, &["-q", "--files-from", "-"], list);
    let (stdout, stderr, code) = run(b"a.yml\nansible/b.yml\n");
    let expected = "error: the list of files names ansible/b.yml from the repository's root; start there, or list names \
                    from here (git diff --relative)\n";
    assert_eq!((stdout.as_str(), stderr.as_str(), code), ("", expected, Some(2)));
    let (stdout, stderr, code) = run(b"a.yml\n\"\\303\\244.yml\"\n");
    let expected = "error: the list of files - cannot be read: a name is in quotes; separate the names by NUL (git … -z)\n";
    assert_eq!((stdout.as_str(), stderr.as_str(), code), ("", expected, Some(2)));
    assert_eq!(paths(&run("\u{e4}.yml\0".as_bytes()).0), ["\u{e4}.yml"]);
    // what is deleted here stays so, though there is a file of its name at the root
    fs::remove_file(directory.join("a.yml")).expect("a file");
    for list in ["a.yml", "gone.yml", "ansible/gone.yml", "ansible", "../ansible/gone.yml"] {
        assert_eq!(run(list.as_bytes()), (String::new(), String::new(), Some(0)), "{list}");
    }
}

/// Names that a shell, a terminal or a runner might make something of, in their order and as people see them.
const ODD_NAMES: [(&[u8], &str); 9] = [
    (b"\x1b[1m.yml", "\\u{1b}[1m.yml"),
    (b" .yml", " .yml"),
    (b" ::b.yml", "./ ::b.yml"),
    (b"##[error]d.yml", "##\\[error]d.yml"),
    (b"-c.yml", "-c.yml"),
    (b"::error::a.yml", "./::error::a.yml"),
    (b"a\n::error::b.yml", "a\\n::error::b.yml"),
    (b"e\\n.yml", "e\\\\n.yml"),
    (b"\xff.yml", "\\xff.yml"),
];

fn list(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-lint"));
    command.arg("--list-files").args(arguments).current_dir(folder).output().expect("ecr-lint runs")
}

#[test]
fn a_list_of_files_is_escaped_for_people_and_exact_with_nul() {
    let folder = tree(&[]);
    for (name, _) in ODD_NAMES {
        fs::write(folder.path().join(OsStr::from_bytes(name)), MUTABLE).expect("a file");
    }
    let lines = list(folder.path(), &[]);
    assert_eq!((lines.stderr.as_slice(), lines.status.code()), (&b""[..], Some(0)));
    assert_eq!(
        String::from_utf8_lossy(&lines.stdout),
        ODD_NAMES.map(|(_, line)| format!("{line}\n")).concat()
    );
    for arguments in [&["-0"][..], &["--null", "."]] {
        let list = list(folder.path(), arguments);
        assert_eq!((list.stderr.as_slice(), list.status.code()), (&b""[..], Some(0)));
        assert_eq!(list.stdout, ODD_NAMES.map(|(name, _)| [name, b"\0"].concat()).concat());
        let (stdout, stderr, code) = run_with(folder.path(), &["-q", "--files-from", "-"], &list.stdout);
        assert_eq!((stderr.as_str(), code), ("", Some(1)));
        assert_eq!(stdout.lines().count(), ODD_NAMES.len(), "{stdout}");
    }
    // an option that the list would not heed is refused
    for arguments in [&["-0"][..], &["-0", "--fix"], &["--list-files", "-ox"], &["--list-files", "-fjson"]] {
        let (stdout, stderr, code) = run(folder.path(), arguments);
        assert!(stdout.is_empty() && code == Some(2), "{arguments:?}: {stderr}");
    }
}

#[test]
fn what_is_said_beside_a_list_starts_no_command() {
    let files =
        [("::group::a.txt", ""), ("::group::/::node/x", ""), (".git/HEAD", ""), ("::d/.gitignore/x", "")];
    let folder = tree(&files);
    symlink("nowhere", folder.path().join("::error::a.yml")).expect("a link");
    let list = list(folder.path(), &["-v", "--exclude", "::node"]);
    let stderr = String::from_utf8_lossy(&list.stderr);
    let expected = ".git: not checked: version control's own directory\n\
                    ./::group::/::node: not checked: excluded by --exclude or the configuration\n\
                    ./::d/.gitignore: warning: is not a regular file; its patterns do not apply\n\
                    ./::error::a.yml: error: a symbolic link that leads nowhere\n";
    assert_eq!((&*stderr, list.status.code()), (expected, Some(2)));
}

#[test]
fn the_name_of_standard_input_is_for_standard_input() {
    let folder = tree(&[("x.yml", MUTABLE)]);
    let (stdout, stderr, code) = run(folder.path(), &["--stdin-filename", "y.yml", "x.yml"]);
    assert_eq!((stdout.as_str(), code), ("", Some(2)));
    assert!(stderr.starts_with("error: --stdin-filename names standard input"), "{stderr}");
    let arguments = ["-v", "--exclude", "y.yml", "--stdin-filename", "y.yml", "-"];
    let (stdout, stderr, code) = run_with(folder.path(), &arguments, MUTABLE.as_bytes());
    let expected = "y.yml: not checked: excluded by --exclude or the configuration\n\
                    .: warning: no YAML files found, 1 excluded\n";
    assert_eq!((stdout.as_str(), stderr.as_str(), code), ("", expected, Some(0)));
}

#[test]
fn a_report_goes_to_a_file() {
    let folder = tree(&[("x.yml", MUTABLE)]);
    let (stdout, stderr, code) = run(folder.path(), &["-o", "report.txt", "--format", "text"]);
    assert_eq!((stdout.as_str(), code), ("", Some(1)));
    assert!(stderr.contains("1 finding"), "{stderr}");
    let report = fs::read_to_string(folder.path().join("report.txt")).expect("the report");
    assert!(report.starts_with("x.yml:1:3: warning: "), "{report}");
    let (_, stderr, code) = run(folder.path(), &["-o", "no/such/folder.txt"]);
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("error: the report could not be written to no/such/folder.txt: "), "{stderr}");
}

#[test]
fn verbose_says_why_each_file_was_skipped() {
    let files = [
        (".git/HEAD", ""),
        (".gitignore", "*.tmp.yml\n"),
        ("a.tmp.yml", MUTABLE),
        ("b.yml", "$ANSIBLE_VAULT;1.1;AES256\n"),
        ("c.txt", ""),
        ("node_modules/d.yml", MUTABLE),
        ("role/meta/.galaxy_install_info", ""),
        ("role/tasks/main.yml", MUTABLE),
        ("e/f.yml", MUTABLE),
    ];
    let folder = tree(&files);
    let (stdout, stderr, code) = run(folder.path(), &["-v", "--exclude", "e"]);
    assert_eq!((stdout.as_str(), code), ("", Some(0)));
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(
        lines,
        [
            ".git: not checked: version control's own directory",
            "a.tmp.yml: not checked: ignored by `*.tmp.yml` in .gitignore",
            "b.yml: not checked: a vault file, which is opaque",
            "e: not checked: excluded by --exclude or the configuration",
            "node_modules: not checked: directories of this name are skipped",
            "role: not checked: installed by ansible-galaxy",
            "no findings; 0 files checked, 0 ECR tasks, 1 vault skipped, 1 ignored by .gitignore, 1 skipped by name, 2 more skipped",
        ]
    );
}

#[test]
fn a_module_that_is_named_again_is_checked_once() {
    let play = "- hosts: a\n  module_defaults: {community.aws.ecs_ecr: {image_tag_mutability: immutable}, \
        a.b.own: {image_tag_mutability: immutable}}\n  tasks:\n  - community.aws.ecs_ecr: {name: x}\n  - a.b.own: {name: x}\n";
    let config = "modules: [community.aws.ecs_ecr, a.b.own, a.b.own]\n";
    let folder = tree(&[(".ecr-lint.yaml", config), ("x.yml", play)]);
    let (stdout, stderr, code) = run(folder.path(), &[]);
    assert_eq!((&*stdout, code), ("", Some(0)), "{stderr}");
    // a redirect may lead from one of the two to the other
    let warning = "a.b.own is not checked here: a redirect may make these the task's defaults\n";
    assert!(
        stderr.contains(warning) && stderr.contains(&warning.replace("a.b.own", "community.aws.ecs_ecr"))
    );
    assert!(stderr.contains("no findings; 1 file checked, 2 ECR tasks"), "{stderr}");
}

#[test]
fn only_some_kinds_fail_the_run() {
    let templated = "- ecs_ecr: {name: x, image_tag_mutability: '{{ x }}'}\n";
    let folder = tree(&[(".ecr-lint.yaml", "fail-on: [missing, wrong]\n"), ("x.yml", templated)]);
    let run = |arguments: &[&str]| run(folder.path(), arguments);
    let (stdout, stderr, code) = run(&[]);
    assert_eq!((paths(&stdout), code), (vec!["x.yml"], Some(0)), "{stderr}");
    assert!(stderr.starts_with("1 finding in 1 file (0 match fail-on); "), "{stderr}");
    for (arguments, expected) in [
        // the command line replaces what the configuration says
        (["--fail-on", "templated"], 1),
        (["--fail-on", "missing,templated"], 1),
        (["--fail-on", "missing"], 0),
        (["--fail-on", "all"], 1),
        (["--strict", "--quiet"], 0),
        (["--no-config", "--quiet"], 1),
        (["--no-config", "--exit-zero"], 0),
    ] {
        assert_eq!(run(&arguments).2, Some(expected), "{arguments:?}");
    }
    fs::write(folder.path().join("y.yml"), MUTABLE).expect("a file");
    let (_, stderr, code) = run(&[]);
    assert_eq!(code, Some(1));
    assert!(stderr.starts_with("2 findings in 2 files (1 match fail-on); "), "{stderr}");
    // one that fails the run is a warning, the other a note
    for (format, note, warning) in [
        ("text", "x.yml:1:22: note: mutability templated: ", "y.yml:1:3: warning: mutability not set "),
        ("full", "note: mutability templated ", "warning: mutability not set "),
        ("github", "::notice file=x.yml,line=1,", "::warning file=y.yml,line=1,"),
    ] {
        let (stdout, _, _) = run(&["--format", format]);
        assert!(
            [note, warning].iter().all(|start| stdout.lines().any(|line| line.starts_with(start))),
            "{stdout}"
        );
    }
    fs::write(folder.path().join("y.yml"), "- ecs_ecr: name='x\n").expect("a file");
    assert_eq!(run(&[]).2, Some(2), "an error fails the run whatever was found");
    fs::write(
        folder.path().join("y.yml"),
        "- ecs_ecr: name=x image_tag_mutability=immutable # ecr-lint: ignore\n",
    )
    .expect("a file");
    assert_eq!((run(&[]).2, run(&["--strict"]).2), (Some(0), Some(1)));
}

#[test]
fn comments_may_have_to_give_a_reason() {
    let ignored = |comment: &str| format!("- ecs_ecr: # ecr-lint: {comment}\n    name: x\n");
    let folder = tree(&[("x.yml", &ignored("ignore")), ("y.yml", &ignored("ignore (cache)"))]);
    let (stdout, _, code) = run(folder.path(), &[]);
    assert_eq!((stdout.as_str(), code), ("", Some(0)));
    fs::write(folder.path().join(".ecr-lint.yaml"), "require-reason: true\n").expect("a file");
    let (stdout, stderr, code) = run(folder.path(), &[]);
    assert_eq!((paths(&stdout), code), (vec!["x.yml"], Some(1)));
    assert!(stderr.starts_with(
        "x.yml:1:12: warning: `# ecr-lint: ignore` suppresses nothing: the configuration requires a reason; "
    ));
}

/// Without a reason the path after the option would be taken for it, and everything here would be commented.
#[test]
fn a_path_is_no_reason_to_ignore() {
    let folder = tree(&[("x.yml", MUTABLE)]);
    let (stdout, stderr, code) = run(folder.path(), &["--add-ignores", "x.yml"]);
    assert_eq!((stdout.as_str(), code), ("", Some(2)));
    assert_eq!(stderr, "error: `x.yml` is a path, not a reason: write --add-ignores 'REASON' x.yml\n");
    assert_eq!(fs::read_to_string(folder.path().join("x.yml")).expect("a file"), MUTABLE);
}
