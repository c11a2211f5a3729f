//! What reaches standard output and standard error, byte by byte: streams, colour, closed pipes, and
//! files that would like to drive the terminal or the CI runner.
#![cfg(unix)]
#![allow(clippy::print_stderr)] // a test that cannot run here says so

mod common;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{MUTABLE, formats, tree};
use ecr_lint::cli::Format;
use nix::libc;

fn ecr_lint() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-lint"));
    common::plain(&mut command);
    command
}

fn run(command: &mut Command) -> (String, String, Option<i32>) {
    common::parts(command.output().expect("ecr-lint runs"))
}

#[test]
fn findings_and_the_rest_go_to_different_streams() {
    let folder = tree(&[("a.yml", MUTABLE), ("b.yml", "- ecs_ecr: {name: x\n")]);
    let (stdout, stderr, code) = run(ecr_lint().current_dir(&folder));
    assert_eq!(
        stdout,
        "a.yml:1:3: warning: mutability not set in an unnamed task \
         [ansible-aws-ecr-image-tag-not-immutable]\n"
    );
    let errors: Vec<_> = stderr.lines().collect();
    assert_eq!(errors.len(), 3, "{stderr}");
    assert!(errors[0].starts_with("b.yml:1:12: error: Ansible cannot load the file: "), "{stderr}");
    assert_eq!(
        errors[1..],
        [
            "1 error, 1 finding in 1 file; 2 files checked, 1 ECR task",
            "1 fixable with --fix (preview with --diff)"
        ]
    );
    assert_eq!(code, Some(2));
}

#[test]
fn quiet_keeps_errors() {
    let folder = tree(&[("b.yml", "- ecs_ecr: {name: x\n")]);
    let (_, stderr, code) = run(ecr_lint().arg("-q").current_dir(&folder));
    assert_eq!((stderr.lines().count(), code), (1, Some(2)), "{stderr}");
}

#[test]
fn nothing_to_check_is_said_and_no_error() {
    let folder = tree(&[("a.txt", MUTABLE)]);
    let (stdout, stderr, code) = run(ecr_lint().current_dir(&folder));
    assert_eq!((stdout.as_str(), stderr.as_str()), ("", ".: warning: no YAML files found\n"));
    assert_eq!(code, Some(0));
    let (_, stderr, _) = run(ecr_lint().arg("--quiet").current_dir(&folder));
    assert_eq!(stderr, "");
}

/// A committed file may be ignored, so that git has it and this run does not.
#[test]
fn a_run_in_which_everything_was_ignored_fails() {
    let folder = tree(&[(".git/HEAD", ""), (".gitignore", "a.yml\n"), ("a.yml", MUTABLE)]);
    let expected = ".: error: no YAML files found, 1 ignored by .gitignore; check them with --no-ignore\n";
    for arguments in [&[][..], &["--quiet"], &["--strict"], &["--exit-zero"]] {
        let (stdout, stderr, code) = run(ecr_lint().args(arguments).current_dir(&folder));
        assert_eq!((&*stdout, &*stderr, code), ("", expected, Some(2)), "{arguments:?}");
    }
    let expected_of = [
        (
            "json",
            r#""errors":[{"path":".","line":null,"column":null,"message":"no YAML files found, 1 ignored"#,
        ),
        ("sarif", r#""level":"error","locations":[{"physicalLocation":{"artifactLocation":{"uri":".""#),
        ("github", "::error file=.,title=ecr-lint::.: no YAML files found, 1 ignored by .gitignore; check "),
        ("gitlab", r#""description":"not checked: no YAML files found, 1 ignored by .gitignore; check "#),
        ("junit", r#"<error message="no YAML files found, 1 ignored by .gitignore; check "#),
    ];
    assert_eq!(expected_of.len(), formats().filter(|(format, _)| format.is_for_programs()).count());
    for (format, errors) in expected_of {
        let (stdout, stderr, code) = run(ecr_lint().args(["-f", format]).current_dir(&folder));
        assert_eq!((stdout.matches(errors).count(), code), (1, Some(2)), "{stdout}");
        assert_eq!(stderr, if format == "github" { "" } else { expected });
    }
    assert_eq!(run(ecr_lint().arg("--no-ignore").current_dir(&folder)).2, Some(1));
    std::fs::write(folder.path().join("b.yml"), "- debug:\n").expect("a file");
    let (_, stderr, code) = run(ecr_lint().current_dir(&folder));
    let expected = "no findings; 1 file checked, 0 ECR tasks, 1 ignored by .gitignore\n";
    assert_eq!((&*stderr, code), (expected, Some(0)));
    let (_, stderr, code) = run(ecr_lint().args(["--quiet", "--strict"]).current_dir(&folder));
    let expected = ".: warning: 1 ignored by .gitignore; check them with --no-ignore\n";
    assert_eq!((&*stderr, code), (expected, Some(1)));
}

/// Also with `--quiet`, what decides the exit code is said.
#[test]
fn quiet_keeps_the_warnings_that_fail_a_strict_run() {
    let folder = tree(&[("a.yml", "- ecs_ecr: {image_tag_mutability: immutable} # ecr-lint: ignore\n")]);
    let arguments = ["--quiet", "--strict"];
    let (_, stderr, code) = run(ecr_lint().args(arguments).current_dir(&folder));
    assert!(stderr.starts_with("a.yml:1:46: warning: `# ecr-lint: ignore` suppresses nothing"), "{stderr}");
    assert_eq!((stderr.lines().count(), code), (1, Some(1)));
    assert_eq!(run(ecr_lint().arg("--quiet").current_dir(&folder)).1, "");
    std::fs::remove_file(folder.path().join("a.yml")).expect("it is there");
    let (_, stderr, code) = run(ecr_lint().args(arguments).current_dir(&folder));
    assert_eq!((&*stderr, code), (".: warning: no YAML files found\n", Some(1)));
}

/// A terminal of 80 columns, and what the program shows on it.
#[allow(unsafe_code)]
fn screen(arguments: &[&str], color: (&str, &str)) -> String {
    let (mut near, mut far) = (0, 0);
    let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: all pointers are valid or null, and the descriptors are owned by nothing else
    let (mut near, far) = unsafe {
        let null = std::ptr::null_mut();
        assert_eq!(
            libc::openpty(&raw mut near, &raw mut far, null, null.cast(), (&raw const size).cast_mut()),
            0
        );
        (File::from_raw_fd(near), File::from_raw_fd(far))
    };
    let mut command = ecr_lint();
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env(color.0, color.1);
    let mut child = command.stdout(far.try_clone().expect("a handle")).stderr(far).spawn().expect("it runs");
    drop(command); // holds the far end
    let mut shown = Vec::new();
    let _ = near.read_to_end(&mut shown); // Linux ends it with an error
    child.wait().expect("it ends");
    String::from_utf8(shown).expect("UTF-8").replace("\r\n", "\n")
}

/// A change that would be wider than the terminal is said instead of drawn.
#[test]
fn a_terminal_of_80_columns_is_not_overrun() {
    let shown = screen(&["tests/playbooks"], ("NO_COLOR", "1"));
    assert!(shown.contains("\n  = help: add `image_tag_mutability: immutable` to the task's"), "{shown}");
    assert!(shown.contains("\n20 +         image_tag_mutability: immutable\n"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert!(shown.lines().count() <= 60, "{shown}");
}

#[test]
fn colour_is_decided_once() {
    let folder = tree(&[("a.yml", MUTABLE)]);
    let colored = |arguments: &[&str], environment: &[(&str, &str)]| {
        let (stdout, _, _) =
            run(ecr_lint().args(arguments).envs(environment.iter().copied()).current_dir(&folder));
        stdout.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]), "a pipe gets none");
    assert!(colored(&["--color", "always"], &[]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    for none in ["FORCE_COLOR", "CLICOLOR_FORCE"] {
        assert!(!colored(&[], &[(none, "0")]), "{none}=0");
    }
    assert!(!colored(&[], &[("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&["-f", "full"], &[]));
    assert!(colored(&["-f", "full", "--color", "always"], &[]));
}

#[test]
fn a_terminal_has_colour_unless_it_is_turned_off() {
    let has_color = |name, value| screen(&["tests/playbooks"], (name, value)).contains('\u{1b}');
    assert!(has_color("CLICOLOR_FORCE", "1") && has_color("FORCE_COLOR", "1"));
    for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("CLICOLOR_FORCE", "0"), ("FORCE_COLOR", "0")]
    {
        assert!(!has_color(name, value), "{name}={value}");
    }
}

/// Only standard output goes to a file here, so the color of the rest is another matter.
#[test]
fn what_goes_beside_a_report_in_a_file_may_have_colour() {
    let folder = tree(&[("a.yml", MUTABLE)]);
    let (_, stderr, _) = run(ecr_lint().args(["-o", "out"]).env("CLICOLOR_FORCE", "1").current_dir(&folder));
    assert_eq!(
        stderr,
        "1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n",
        "the summary has none"
    );
    let arguments = ["-o", "out", "no.yml"];
    let stderr = |color| run(ecr_lint().args(arguments).env(color, "1").current_dir(&folder)).1;
    assert!(stderr("CLICOLOR_FORCE").contains("\u{1b}[1;31merror"), "{:?}", stderr("CLICOLOR_FORCE"));
    assert!(!stderr("NO_COLOR").contains('\u{1b}'));
}

/// A diff for programs is exact; one for people has colours, and nothing that a terminal would obey.
#[test]
fn a_diff_in_colour_is_for_people() {
    let old = "- ecs_ecr:\r\n    a: \"\u{202e}\rb\"\r\n    name: x";
    let folder = tree(&[("\u{202e}a.yml", old)]);
    let diff = |color| run(ecr_lint().args(["--diff", "--color", color]).current_dir(&folder)).0;
    let lines = [
        "--- \"a/\\342\\200\\256a.yml\"\n",
        "+++ \"b/\\342\\200\\256a.yml\"\n",
        "@@ -1,3 +1,4 @@\n",
        " - ecs_ecr:\r\n",
        "     a: \"\u{202e}\rb\"\r\n",
        "-    name: x\n\\ No newline at end of file\n",
        "+    name: x\r\n",
        "+    image_tag_mutability: immutable\n\\ No newline at end of file\n",
    ];
    assert_eq!(diff("never"), lines.concat());
    let colored = [
        "\u{1b}[1m--- \"a/\\342\\200\\256a.yml\"\u{1b}[0m\n",
        "\u{1b}[1m+++ \"b/\\342\\200\\256a.yml\"\u{1b}[0m\n",
        "\u{1b}[36m@@ -1,3 +1,4 @@\u{1b}[0m\n",
        " - ecs_ecr:\r\n",
        "     a: \"\u{fffd}\u{fffd}b\"\r\n",
        "\u{1b}[31m-    name: x\u{1b}[0m\n\\ No newline at end of file\n",
        "\u{1b}[32m+    name: x\u{1b}[0m\r\n",
        "\u{1b}[32m+    image_tag_mutability: immutable\u{1b}[0m\n\\ No newline at end of file\n",
    ];
    assert_eq!(diff("always"), colored.concat());
}

#[test]
fn a_file_gets_colour_only_if_it_must() {
    let folder = tree(&[("a.yml", MUTABLE)]);
    let colored = |color: &str| {
        run(ecr_lint().args(["--color", color, "-o", "out"]).env("CLICOLOR_FORCE", "1").current_dir(&folder));
        fs::read_to_string(folder.path().join("out")).expect("the report").contains('\u{1b}')
    };
    assert!(!colored("auto") && !colored("never") && colored("always"));
}

/// Where a report for programs goes to a file, the log says what failed.
#[test]
fn the_log_shows_the_findings_of_a_report_in_a_file() {
    let folder = tree(&[("a.yml", MUTABLE), ("b.yml", "- ecs_ecr: [")]);
    let (text, stderr, _) = run(ecr_lint().arg("-f").arg("text").current_dir(&folder));
    let stderr_of = |arguments: &[&str]| {
        let (stdout, stderr, code) = run(ecr_lint().args(arguments).current_dir(&folder));
        assert_eq!((stdout.as_str(), code), ("", Some(2)), "{arguments:?}");
        stderr
    };
    for (format, name) in formats().filter(|(format, _)| format.is_for_programs()) {
        assert_eq!(stderr_of(&["-f", &name, "-o", "out"]), format!("{text}{stderr}"), "{name}");
        assert_eq!(stderr_of(&["-q", "-f", &name, "-o", "out"]).lines().count(), 1, "{name}");
        let (stdout, beside, _) =
            run(ecr_lint().args(["-f", &name, "-o", "/dev/stdout"]).current_dir(&folder));
        // annotations are in the same log
        let is_error = |line: &&str| line.contains(": error: ");
        let mut expected = stderr.lines().filter(|line| format != Format::Github || !is_error(line));
        assert!(!stdout.is_empty() && expected.by_ref().eq(beside.lines()), "{name}: {beside}");
    }
    assert_eq!(stderr_of(&["-f", "text", "-o", "out"]), stderr);
    let drawn = stderr_of(&["-f", "full", "-o", "out"]);
    assert!(
        drawn.starts_with("error: Ansible cannot load ") && drawn.contains("\n --> b.yml:1:12\n"),
        "{drawn}"
    );
}

#[test]
fn a_closed_pipe_is_silent_and_keeps_the_verdict() {
    let folder = tree(&[("a.yml", &MUTABLE.repeat(20_000))]);
    let mut child = ecr_lint()
        .arg("-q")
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ecr-lint runs");
    drop(child.stdout.take()); // what `head` does once it has its lines
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_full_disk_is_no_success() {
    if !Path::new("/dev/full").exists() {
        eprintln!("not checked: this system has no /dev/full");
        return;
    }
    let folder = tree(&[("a.yml", MUTABLE)]);
    let full = || File::create("/dev/full").expect("/dev/full");
    for (_, name) in formats() {
        let (_, stderr, code) =
            run(ecr_lint().args(["--format", &name, "--exit-zero"]).stdout(full()).current_dir(&folder));
        assert!(stderr.starts_with("error: the report could not be written: "), "{stderr}");
        assert_eq!(code, Some(2));
    }
    // without standard error, only the exit code is left
    let code =
        ecr_lint().stdout(full()).stderr(full()).current_dir(&folder).status().expect("a status").code();
    assert_eq!(code, Some(2));
}

#[test]
fn standard_input_is_a_file() {
    let lint = |text: &str, arguments: &[&str]| {
        let mut child = ecr_lint()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ecr-lint runs");
        // an excluded standard input is not read, and the pipe may be closed already
        let _ = child.stdin.take().expect("a pipe").write_all(text.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        (String::from_utf8(output.stdout).expect("UTF-8"), output.status.code())
    };
    let (stdout, code) = lint(MUTABLE, &["-"]);
    assert!(stdout.starts_with("<stdin>:1:3: "), "{stdout}");
    assert_eq!(code, Some(1));
    let (stdout, _) = lint(&format!("\u{feff}{MUTABLE}"), &["-", "--stdin-filename", "a/b.yml"]);
    assert!(stdout.starts_with("a/b.yml:1:3: "), "{stdout}");
    let (stdout, _) = lint(MUTABLE, &["-", "--stdin-filename", ":"]);
    assert!(stdout.starts_with("./::1:3: "), "no command for a CI runner: {stdout}");
    let excluded = lint(MUTABLE, &["-", "--stdin-filename", "a/b.yml", "--exclude", "/a/"]);
    assert_eq!(excluded, (String::new(), Some(0)));
}

/// Text that a terminal, GitHub, Azure or TeamCity would obey.
const HOSTILE: &str = "\u{1b}]0;t\u{7}\u{9b}31m\r\n::error::x\n##[error]y ##vso[task.complete]z \
                       ##teamcity[m] \u{202e}\u{2066}\u{2028}\u{85}\u{200b}\u{feff}";

fn assert_harmless(text: &str) {
    for line in text.split('\n') {
        assert!(!line.trim_start().starts_with("::"), "{line:?}");
        let lower = line.to_lowercase();
        for command in ["##[", "##vso[", "##teamcity["] {
            assert!(!lower.contains(command), "{line:?}");
        }
        for c in line.chars() {
            assert!(!c.is_control(), "{line:?}");
            assert!(
                !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
                "{line:?}"
            );
        }
    }
}

#[test]
fn no_name_or_value_drives_the_reader() {
    let quoted = HOSTILE.chars().fold(String::new(), |out, c| out + &format!("\\U{:08x}", u32::from(c)));
    let text = format!(
        "- name: \"{quoted}\"\n  ecs_ecr: {{image_tag_mutability: \"{quoted}\"}}\n\
         - ecs_ecr: {{image_tag_mutability: \"{{{{ {quoted} }}}}\"}}\n"
    );
    let folder = tree(&[("a.yml", &text), ("b.yml", "- ecs_ecr: *##vso[x\n")]);
    let (stdout, stderr, code) = run(ecr_lint().current_dir(&folder));
    assert_eq!((stdout.lines().count(), code), (2, Some(2)), "{stdout}");
    assert_harmless(&stdout);
    assert_harmless(&stderr);
    let (json, _, _) = run(ecr_lint().args(["--format", "json"]).current_dir(&folder));
    assert_harmless(&json);
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(document["findings"][0]["task"], HOSTILE);
    assert_eq!(document["findings"][0]["value"], HOSTILE);
}

#[test]
fn no_path_drives_the_reader() {
    let folder = tree(&[]);
    let names: [&[u8]; 5] =
        [b"::error::x.yml", b" ::warning::x.yml", b"a\n::error::b.yml", b"##vso[a].yml", b"\x1b[31m\xff.yml"];
    for name in names {
        fs::write(folder.path().join(OsStr::from_bytes(name)), "- ecs_ecr: {name: x}\n---\n- [")
            .expect("a file");
    }
    let (stdout, stderr, _) = run(ecr_lint().current_dir(&folder));
    assert_eq!((stdout.lines().count(), stderr.lines().count()), (5, 6), "{stdout}{stderr}");
    assert_harmless(&stdout);
    assert_harmless(&stderr);
    assert!(stdout.contains("./::error::x.yml:1:3: "), "{stdout}");
    let (json, _, _) = run(ecr_lint().args(["--format", "json"]).current_dir(&folder));
    assert_harmless(&json);
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(document["findings"].as_array().map(Vec::len), Some(5));
}

#[test]
fn no_argument_drives_the_reader() {
    for argument in ["--##vso[x]", "--x\n::error::y", "--\u{1b}[31m"] {
        let (stdout, stderr, code) = run(ecr_lint().arg(argument));
        assert_eq!((stdout.as_str(), code), ("", Some(2)));
        assert_harmless(&stderr);
        let (_, stderr, _) = run(ecr_lint().arg(argument.trim_start_matches('-')));
        assert_harmless(&stderr);
    }
}

#[test]
fn long_texts_are_cut() {
    let text = format!("- name: {0}\n  ecs_ecr: {{image_tag_mutability: {0}}}\n", "n".repeat(10_000));
    let folder = tree(&[("a.yml", &text)]);
    let (stdout, _, _) = run(ecr_lint().current_dir(&folder));
    assert!(stdout.len() < 500 && stdout.contains('…'), "{stdout}");
}

/// A stale comment is a warning everywhere but in JUnit, and fails the run only if asked to.
#[test]
fn strict_runs_fail_for_warnings() {
    let stale = "# ecr-lint: ignore\n- ecs_ecr: {name: x, image_tag_mutability: immutable}\n";
    let folder =
        tree(&[("stale.yml", stale), ("clean.yml", "- debug:\n"), ("a.yml", MUTABLE), ("a.txt", "")]);
    fs::create_dir(folder.path().join("none")).expect("a folder");
    let code = |arguments: &[&str]| run(ecr_lint().args(arguments).current_dir(&folder)).2;
    for (arguments, expected) in [
        (&["stale.yml"] as &[&str], 0),
        (&["--strict", "stale.yml"], 1),
        (&["--strict", "-q", "-f", "json", "stale.yml"], 1),
        (&["--strict", "clean.yml"], 0),
        (&["--strict", "a.yml"], 1),
        (&["--strict", "stale.yml", "no.yml"], 2),
        (&["none"], 0),
        (&["--strict", "none"], 1), // that there was nothing to check
        (&["--strict", "--exit-zero", "stale.yml"], 2),
    ] {
        assert_eq!(code(arguments), Some(expected), "{arguments:?}");
    }
}

/// The order of the report depends neither on the threads nor on the order of the arguments.
#[test]
fn the_order_never_changes() {
    let folder = tree(&[]);
    for index in 0..300 {
        let parent = folder.path().join(format!("d{}", index % 7));
        fs::create_dir_all(&parent).expect("a folder");
        fs::write(parent.join(format!("f{index}.yml")), MUTABLE.repeat(index % 3 + 1)).expect("a file");
    }
    let (expected, _, _) = run(ecr_lint().args(["-j", "1"]).current_dir(&folder));
    assert_eq!(expected.lines().count(), 600);
    for threads in ["2", "7", "64"] {
        let arguments = ["-j", threads, "d6", "d1", "d5", "d0", "d2", "d4", "d3"];
        let (stdout, _, _) = run(ecr_lint().args(arguments).current_dir(&folder));
        assert_eq!(stdout, expected, "-j {threads}");
    }
}

/// The README's way to fail only on what is new: fingerprints survive lines that come and go above a task.
#[test]
fn fingerprints_tell_what_is_new() {
    let folder = tree(&[("a.yml", MUTABLE)]);
    let bash = |script: &str| {
        let program = Path::new(env!("CARGO_BIN_EXE_ecr-lint")).parent().expect("a folder");
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("bash");
        common::plain(&mut command);
        run(command.args(["-c", script]).env("PATH", path).current_dir(&folder))
    };
    if bash("jq --version").2 != Some(0) {
        return eprintln!("not checked: jq is not installed");
    }
    let list = "ecr-lint --format json . | jq -r '.findings[].fingerprint' | sort";
    assert_eq!(bash(&format!("{list} > known.txt; wc -l < known.txt")).0.trim(), "1");
    fs::write(folder.path().join("a.yml"), format!("# moved\n\n{MUTABLE}")).expect("a file");
    let new = format!("comm -13 known.txt <({list})");
    assert_eq!(bash(&new).0, "");
    fs::write(folder.path().join("b.yml"), MUTABLE).expect("a file");
    assert_eq!(bash(&new).0.lines().count(), 1);
    assert_eq!(bash(&format!("! {new} | grep .")).2, Some(1), "a gate fails on what is new");
}
