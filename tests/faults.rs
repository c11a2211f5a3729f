//! Faults of the system around the linter: files that cannot be read, change while it runs or never
//! end, and streams, descriptors and directories that it has to do without.
//!
//! Every fault has a clear answer and the exit code that the README gives it; what was not checked is
//! always said.
#![cfg(unix)]
#![allow(clippy::print_stderr, clippy::unwrap_used)] // a test that cannot run here says so

mod common;

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use common::{MUTABLE, PROGRAM, formats, plain};
use tempfile::TempDir;

const FINDING: &str = "1:3: warning: mutability not set in an unnamed task \
                       [ansible-aws-ecr-image-tag-not-immutable]\n";

/// What a run said, and its exit code.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

impl Answer {
    fn of(output: Output) -> Self {
        let (stdout, stderr, code) = common::parts(output);
        Self { stdout, stderr, code }
    }

    #[track_caller]
    fn is(&self, stdout: &str, stderr: &str, code: i32) {
        assert_eq!((&*self.stdout, &*self.stderr, self.code), (stdout, stderr, Some(code)));
    }
}

fn answer(command: &mut Command) -> Answer {
    Answer::of(plain(command).output().expect("the program runs"))
}

fn lint(directory: &Path, arguments: &[&str]) -> Answer {
    answer(Command::new(PROGRAM).args(arguments).current_dir(directory))
}

/// Runs a shell script in which `"$@"` is the linter with its arguments.
fn shell(directory: &Path, script: &str, arguments: &[&str]) -> Answer {
    let command = &mut Command::new("sh");
    answer(command.args(["-c", script, "sh", PROGRAM]).args(arguments).current_dir(directory))
}

/// Runs a shell script as a user whom permissions restrict, if that is possible.
fn shell_as_nobody(directory: &Path, script: &str, arguments: &[&str]) -> Option<Answer> {
    common::as_nobody(directory, script, arguments).map(Answer::of)
}

/// A folder that every user may read.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = common::tree(files);
    set_mode(folder.path(), 0o755);
    folder
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn spawn(directory: &Path, arguments: &[&str]) -> Child {
    let command = &mut Command::new(PROGRAM);
    let streams = plain(command).stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
    streams.args(arguments).current_dir(directory).spawn().expect("ecr-lint runs")
}

fn end(child: Child) -> Answer {
    Answer::of(child.wait_with_output().expect("it ends"))
}

/// Opens a FIFO for writing, which waits until the linter has opened it for reading.
fn writer(path: &Path) -> File {
    OpenOptions::new().write(true).open(path).unwrap()
}

fn exists(path: &str) -> bool {
    let exists = Path::new(path).exists();
    if !exists {
        eprintln!("not checked: this system has no {path}");
    }
    exists
}

#[test]
fn what_may_not_be_read_is_an_error() {
    let folder = folder(&[("a.yml", MUTABLE), ("b.yml", MUTABLE), ("closed/c.yml", MUTABLE)]);
    set_mode(&folder.path().join("b.yml"), 0);
    set_mode(&folder.path().join("closed"), 0);
    let walked = shell_as_nobody(folder.path(), r#""$@""#, &[]);
    let named = shell_as_nobody(folder.path(), r#""$@""#, &["b.yml", "closed", "closed/c.yml"]);
    set_mode(&folder.path().join("closed"), 0o755);
    let (Some(walked), Some(named)) = (walked, named) else { return };
    walked.is(
        &format!("a.yml:{FINDING}"),
        "b.yml: error: cannot be read: permission denied\n\
         closed: error: permission denied\n\
         2 errors, 1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n",
        2,
    );
    named.is(
        "",
        "b.yml: error: cannot be read: permission denied\n\
         closed: error: permission denied\n\
         closed/c.yml: error: permission denied\n",
        2,
    );
}

#[test]
fn an_ignore_file_that_may_not_be_read_is_an_error() {
    let folder = folder(&[(".git/HEAD", ""), (".gitignore", "b.yml"), ("a.yml", MUTABLE)]);
    set_mode(&folder.path().join(".gitignore"), 0);
    let Some(answer) = shell_as_nobody(folder.path(), r#""$@""#, &[]) else { return };
    answer.is(
        &format!("a.yml:{FINDING}"),
        ".gitignore: error: permission denied\n1 error, 1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n",
        2,
    );
}

/// A configuration further up that nobody may look for could name modules.
#[test]
fn a_configuration_that_may_not_be_looked_for_is_an_error() {
    let files = [
        ("repo/.git/HEAD", ""),
        ("repo/.ecr-lint.yaml", "modules: [my.own.registry]\n"),
        ("repo/sub/a.yml", "- my.own.registry: {name: x}\n"),
    ];
    let folder = folder(&files);
    let (repository, sub) = (folder.path().join("repo"), folder.path().join("repo/sub"));
    let reach = r#"cd repo/sub && "$@""#;
    let Some(open) = shell_as_nobody(folder.path(), reach, &[]) else { return };
    assert_eq!((open.stdout.lines().count(), open.code), (1, Some(1)), "{open:?}");
    // one that can be entered but whose parent cannot: started there, as a login shell may be
    set_mode(&repository, 0);
    let closed = shell_as_nobody(&sub, r#""$@""#, &[]);
    let unconfigured = shell_as_nobody(&sub, r#""$@""#, &["--no-config"]);
    set_mode(&repository, 0o755);
    let (Some(closed), Some(unconfigured)) = (closed, unconfigured) else { return };
    assert_eq!((closed.stdout.as_str(), closed.code), ("", Some(2)), "{closed:?}");
    assert!(
        closed.stderr.starts_with("error: cannot look for a configuration; name one with --config, "),
        "{closed:?}"
    );
    assert_eq!(unconfigured.code, Some(0), "{unconfigured:?}");
}

#[test]
fn a_wide_encoding_is_an_error_where_it_names_a_module() {
    let folder = folder(&[]);
    let wide = |text: &str, mark: &[u8], width: usize, big: bool| {
        let mut bytes = mark.to_vec();
        for byte in text.bytes() {
            let mut unit = vec![0; width];
            unit[if big { width - 1 } else { 0 }] = byte;
            bytes.extend(unit);
        }
        bytes
    };
    for (mark, width, big) in [
        (&b"\xff\xfe"[..], 2, false),
        (b"\xfe\xff", 2, true),
        (b"", 2, false),
        (b"", 2, true),
        (b"\xff\xfe\0\0", 4, false),
        (b"\0\0\xfe\xff", 4, true),
        (b"", 4, true),
    ] {
        fs::write(folder.path().join("a.yml"), wide(MUTABLE, mark, width, big)).unwrap();
        let named = lint(folder.path(), &["a.yml"]);
        assert_eq!((named.stdout.as_str(), named.code), ("", Some(2)), "{mark:?} {width}: {named:?}");
        fs::write(folder.path().join("a.yml"), wide("- debug:\n", mark, width, big)).unwrap();
        lint(folder.path(), &["a.yml"]).is("", "no findings; 1 file checked, 0 ECR tasks\n", 0);
    }
}

#[test]
fn an_editors_lock_is_no_file() {
    let folder = folder(&[("a.yml", "")]);
    symlink("me@host.1:2", folder.path().join(".#a.yml")).unwrap();
    lint(folder.path(), &[]).is("", "no findings; 1 file checked, 0 ECR tasks\n", 0);
    symlink("a.yml", folder.path().join(".#b.yml")).unwrap();
    fs::write(folder.path().join("a.yml"), MUTABLE).unwrap();
    assert_eq!(lint(folder.path(), &[]).code, Some(1));
}

#[test]
fn a_read_that_fails_is_an_error_even_for_root() {
    if !exists("/proc/self/mem") {
        return;
    }
    let answer = lint(folder(&[]).path(), &["/proc/self/mem"]);
    answer.is("", "/proc/self/mem: error: cannot be read: input/output error\n", 2);
}

#[test]
fn a_file_that_grows_is_read_to_some_end() {
    let folder = folder(&[("a.yml", &(MUTABLE.to_owned() + &"# x\n".repeat(50_000)))]);
    let mut file = OpenOptions::new().append(true).open(folder.path().join("a.yml")).unwrap();
    let child = spawn(folder.path(), &["a.yml"]);
    for _ in 0..100 {
        file.write_all("# y\n".repeat(4_000).as_bytes()).unwrap();
    }
    let expected =
        "1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n";
    end(child).is(&format!("a.yml:{FINDING}"), expected, 1);
}

/// Files of `/proc` say that they hold nothing.
#[test]
fn a_size_is_not_believed() {
    if !exists("/proc/self/environ") {
        return;
    }
    let text = MUTABLE.to_owned() + &"# x\n".repeat(40_000);
    let folder = folder(&[]);
    let script = r#"env -i A="$1" sh -c 'exec "$0" /proc/$$/environ' "$2""#;
    let command = &mut Command::new("sh");
    let value = &text[..120_000]; // the system allows 128 KiB
    let answer = answer(command.args(["-c", script, "sh", value, PROGRAM]).current_dir(&folder));
    // `A=- ecs_ecr: …` and a NUL at the end: YAML does not allow it, and the error says so
    assert_eq!(answer.code, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("error: Ansible cannot load the file: "), "{answer:?}");
}

#[test]
fn loops_of_links_are_reported_and_not_walked() {
    let folder = folder(&[("d/a.yml", MUTABLE)]);
    symlink("nowhere", folder.path().join("d/tree.yml")).unwrap();
    let nowhere = "d/tree.yml: error: a symbolic link that leads nowhere\n";
    lint(folder.path(), &["d/tree.yml"]).is("", nowhere, 2);
    fs::remove_file(folder.path().join("d/tree.yml")).unwrap();
    symlink("two.yml", folder.path().join("one.yml")).unwrap();
    symlink("one.yml", folder.path().join("two.yml")).unwrap();
    symlink("nowhere", folder.path().join("three.yml")).unwrap();
    symlink(".", folder.path().join("d/here")).unwrap();
    symlink("../d", folder.path().join("d/above")).unwrap();
    for arguments in [&["-j", "1"][..], &["--follow"]] {
        lint(folder.path(), arguments).is(
            &format!("d/a.yml:{FINDING}"),
            "one.yml: error: too many levels of symbolic links\n\
             three.yml: error: a symbolic link that leads nowhere\n\
             two.yml: error: too many levels of symbolic links\n\
             3 errors, 1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n",
            2,
        );
    }
    let named = lint(folder.path(), &["one.yml"]);
    assert!(named.stderr.starts_with("one.yml: error: too many levels of symbolic links"), "{named:?}");
    assert_eq!(named.code, Some(2));
}

#[test]
fn a_fifo_in_a_walk_is_reported_and_not_waited_for() {
    let folder = folder(&[]);
    fifo(&folder.path().join("pipe.yml"));
    let warning = "pipe.yml: warning: not a regular file, and not read unless it is named\n";
    let expected = format!(".: warning: no YAML files found\n{warning}");
    lint(folder.path(), &[]).is("", &expected, 0);
    fs::write(folder.path().join("a.yml"), MUTABLE).unwrap();
    let expected = format!(
        "{warning}1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n"
    );
    lint(folder.path(), &[]).is(&format!("a.yml:{FINDING}"), &expected, 1);
}

#[test]
fn a_link_out_of_the_walk_is_counted() {
    let folder = folder(&[("in/a.yml", ""), ("out/b.yml", MUTABLE)]);
    symlink("../out/b.yml", folder.path().join("in/b.yml")).unwrap();
    let expected = "no findings; 1 file checked, 0 ECR tasks, 1 link not followed\n";
    lint(folder.path(), &["in"]).is("", expected, 0);
    symlink("../out", folder.path().join("in/out")).unwrap();
    let expected = "no findings; 1 file checked, 0 ECR tasks, 2 links not followed\n";
    lint(folder.path(), &["in"]).is("", expected, 0);
    let followed = lint(folder.path(), &["--follow", "in"]);
    followed.is(
        &format!("in/out/b.yml:{FINDING}"),
        "1 finding in 1 file; 3 files checked, 2 ECR tasks\n1 fixable with --fix (preview with --diff)\n",
        1,
    );
}

#[test]
fn an_ignore_file_that_is_none_is_a_warning() {
    let folder = folder(&[(".git/HEAD", ""), ("a.yml", MUTABLE)]);
    let ignore = folder.path().join(".gitignore");
    let check = |warning: &str| {
        let summary =
            "1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n";
        let stderr = format!(".gitignore: warning: {warning}; its patterns do not apply\n{summary}");
        lint(folder.path(), &[]).is(&format!("a.yml:{FINDING}"), &stderr, 1);
        lint(folder.path(), &["-q"]).is(&format!("a.yml:{FINDING}"), "", 1);
        lint(folder.path(), &["--exit-zero"]).is(&format!("a.yml:{FINDING}"), &stderr, 0);
    };
    symlink("/dev/zero", &ignore).unwrap();
    check("is a symbolic link, which is not followed");
    fs::remove_file(&ignore).unwrap();
    fifo(&ignore);
    check("is not a regular file");
    fs::remove_file(&ignore).unwrap();
    fs::create_dir(&ignore).unwrap();
    check("is not a regular file");
    fs::remove_dir(&ignore).unwrap();
    fs::write(&ignore, "a\n".repeat(600_000)).unwrap();
    check("is larger than 64 KiB");
}

/// The matcher takes memory for each pattern: beyond a bound more is checked, not less.
#[test]
fn ignore_files_are_bounded_along_a_path() {
    let folder =
        folder(&[(".git/HEAD", ""), ("a.yml", MUTABLE), ("d/e/b.yml", MUTABLE), ("f/b.yml", MUTABLE)]);
    let patterns =
        |bytes: usize| format!("# {}\n\n{}\n*a.yml\n", "none".repeat(9_000), "x".repeat(bytes - 16));
    let ignore = |directory: &str| folder.path().join(directory).join(".gitignore");
    let summary = "2 findings in 2 files; 2 files checked, 2 ECR tasks, 1 ignored by .gitignore\n2 fixable with --fix (preview with --diff)\n";
    fs::write(ignore("."), patterns(16_000)).unwrap();
    let found = format!("d/e/b.yml:{FINDING}f/b.yml:{FINDING}");
    lint(folder.path(), &[]).is(&found, summary, 1);
    fs::write(ignore("."), patterns(16_001)).unwrap();
    let too_much = "warning: more than 1,000 patterns or 16 KB, with those above it, or too many wildcards; its patterns do not apply\n";
    let listed = lint(folder.path(), &["--list-files"]);
    listed.is("a.yml\nd/e/b.yml\nf/b.yml\n", &format!(".gitignore: {too_much}"), 0);
    fs::write(ignore("."), "x\n".repeat(999) + "a.yml").unwrap();
    lint(folder.path(), &[]).is(&found, summary, 1);
    fs::write(ignore("."), "x\n".repeat(1_000) + "a.yml").unwrap();
    assert_eq!(lint(folder.path(), &["--list-files"]), listed);
    // those of several directories count together, but not those of others
    fs::write(ignore("."), patterns(6_000)).unwrap();
    fs::write(ignore("d"), patterns(6_000)).unwrap();
    fs::write(ignore("f"), patterns(10_000)).unwrap();
    lint(folder.path(), &[]).is(&found, summary, 1);
    fs::write(ignore("d/e"), "b.yml\n".to_owned() + &patterns(6_000)).unwrap();
    lint(folder.path(), &[]).is(&found, &format!("d/e/.gitignore: {too_much}{summary}"), 1);
    // however many of the directories below are named, it is said once
    fs::remove_file(ignore("d/e")).unwrap();
    fs::write(ignore("d"), patterns(20_000)).unwrap();
    fs::create_dir(folder.path().join("d/g")).unwrap();
    let summary = summary.replace(", 1 ignored by .gitignore", "");
    lint(folder.path(), &["d", "d/g", "d/e", "f"]).is(
        &found,
        &format!("d/.gitignore: {too_much}{summary}"),
        1,
    );
}

#[test]
fn links_that_wait_keep_no_ignore_rules_in_memory() {
    let folder = folder(&[("target/a.yml", MUTABLE)]);
    fs::create_dir(folder.path().join(".git")).unwrap();
    for index in 0..200 {
        let directory = folder.path().join(format!("d{index}"));
        fs::create_dir(&directory).unwrap();
        let patterns: Vec<_> = (0..1000).map(|pattern| format!("*x{index}_{pattern}*y")).collect();
        fs::write(directory.join(".gitignore"), patterns.join("\n")).unwrap();
        symlink("../target", directory.join("link")).unwrap();
    }
    // the patterns of one file take 2 MB, those of all 200 more than the bound
    let answer = shell(folder.path(), r#"ulimit -v 100000; exec "$@""#, &["-j", "1", "-q", "--follow"]);
    assert_eq!((answer.stdout.lines().count(), answer.code), (1, Some(1)), "{answer:?}");
}

#[test]
fn what_never_ends_is_too_large() {
    if !exists("/dev/zero") {
        return;
    }
    let folder = folder(&[]);
    let answer =
        shell(folder.path(), r#"ulimit -v 600000 2>/dev/null; exec "$@""#, &["-j", "1", "/dev/zero"]);
    let expected = "/dev/zero: error: cannot be read: is larger than 64 MiB; split it or exclude it\n";
    answer.is("", expected, 2);
    let answer = shell(folder.path(), r#""$@" < /dev/null"#, &["/dev/null", "-"]);
    answer.is("", "no findings; 2 files checked, 0 ECR tasks\n", 0);
}

/// It is not read to its end: that may never come.
#[test]
fn a_large_stream_is_an_error_at_once() {
    let folder = folder(&[]);
    let script =
        |text: &str| format!(r#"ulimit -v 600000 2>/dev/null; (yes "{text}" 2>/dev/null; true) | "$@""#);
    let expected = "<stdin>: error: cannot be read: is larger than 64 MiB; split it or exclude it\n";
    let excluded = ["-j", "1", "--fix", "--exclude", "a.yml", "--stdin-filename", "a.yml", "-"];
    for text in ["# x", "x: [ecs_ecr]"] {
        shell(folder.path(), &script(text), &["-j", "1", "-"]).is("", expected, 2);
        shell(folder.path(), &script(text), &["-j", "1", "--fix", "-"]).is("", expected, 2);
        shell(folder.path(), &script(text), &excluded).is("", &expected.replace("<stdin>", "a.yml"), 2);
    }
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    if !exists("/dev/full") {
        return;
    }
    let folder = folder(&[("a.yml", MUTABLE)]);
    let expected = "error: the report could not be written: no space left on device\n";
    shell(folder.path(), r#""$@" > /dev/full"#, &["--exit-zero"]).is("", expected, 2);
    for arguments in [["--help"], ["-h"], ["--version"]] {
        let answer = shell(folder.path(), r#""$@" > /dev/full"#, &arguments);
        answer.is("", "error: the help could not be written: no space left on device\n", 2);
    }
    let answer = shell(folder.path(), r#""$@""#, &["-o", "/dev/full"]);
    assert!(answer.stderr.starts_with("error: the report could not be written to /dev/full: "), "{answer:?}");
    // nothing to write is nothing lost
    fs::write(folder.path().join("a.yml"), "").unwrap();
    let expected = "no findings; 1 file checked, 0 ECR tasks\n";
    shell(folder.path(), r#""$@" > /dev/full"#, &[]).is("", expected, 0);
}

/// Whoever commits a link must not have a file elsewhere overwritten.
#[test]
fn a_report_is_not_written_through_a_link() {
    let folder = folder(&[("a.yml", MUTABLE), ("elsewhere", "kept\n")]);
    let report = folder.path().join("report.sarif");
    symlink("elsewhere", folder.path().join("other")).unwrap();
    for target in ["elsewhere", "nowhere", "other", "a.yml", "/dev/null", "."] {
        symlink(target, &report).unwrap();
        for arguments in [&["--fix", "-o", "report.sarif"][..], &["-f", "sarif", "-o", "./report.sarif", "."]]
        {
            let expected = "which is a symbolic link; name its target\n";
            let answer = lint(folder.path(), arguments);
            assert!(answer.stderr.starts_with("error: the report is not written through "), "{answer:?}");
            assert!(answer.stderr.ends_with(expected) && answer.stdout.is_empty(), "{answer:?}");
            assert_eq!(answer.code, Some(2));
        }
        fs::remove_file(&report).unwrap();
    }
    assert!(!folder.path().join("nowhere").exists());
    // everybody may make links in /dev/shm, unlike in /dev
    match TempDir::new_in("/dev/shm") {
        Ok(shared) => {
            let link = shared.path().join("link");
            symlink(folder.path().join("elsewhere"), &link).unwrap();
            assert_eq!(lint(folder.path(), &["-o", link.to_str().unwrap()]).code, Some(2));
        }
        Err(error) => eprintln!("not checked: /dev/shm: {error}"),
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!((read("elsewhere").as_str(), read("a.yml").as_str()), ("kept\n", MUTABLE));
}

/// Of a directory as well: only links above the current directory are the user's own.
#[test]
fn a_report_is_not_written_through_a_committed_directory() {
    let folder =
        folder(&[("repo/a.yml", MUTABLE), ("repo/real/sub/old.txt", "old\n"), ("else/old.txt", "kept\n")]);
    let repository = folder.path().join("repo");
    symlink("../else", repository.join("reports")).unwrap();
    symlink("..", repository.join("real/up")).unwrap();
    symlink("repo", folder.path().join("checkout")).unwrap();
    let whole = |path: &str| folder.path().join(path).to_str().unwrap().to_owned();
    for path in [
        "reports/old.txt",
        "./reports/new.txt",
        "real/up/reports/old.txt",
        "real/../reports/new.txt",
        "reports/no/such.txt",
        &whole("repo/reports/old.txt"),
        &whole("checkout/reports/new.txt"),
    ] {
        let answer = lint(&repository, &["--fix", "-o", path]);
        assert!(answer.stderr.starts_with("error: the report is not written through "), "{path}: {answer:?}");
        assert!(answer.stderr.ends_with("which is a symbolic link; name its target\n"), "{path}: {answer:?}");
        assert_eq!((answer.stdout.as_str(), answer.code), ("", Some(2)), "{path}");
    }
    assert_eq!(fs::read_to_string(repository.join("a.yml")).unwrap(), MUTABLE);
    assert_eq!(fs::read_dir(folder.path().join("else")).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(folder.path().join("else/old.txt")).unwrap(), "kept\n");
    for path in ["real/sub/old.txt", "../else/old.txt", &whole("checkout/real/new.txt")] {
        assert_eq!(lint(&repository, &["-q", "-o", path]).code, Some(1), "{path}");
        assert_eq!(fs::read_to_string(repository.join(path)).unwrap(), format!("a.yml:{FINDING}"), "{path}");
    }
}

#[test]
fn a_report_does_not_replace_what_is_checked() {
    let files = [
        ("a.yml", MUTABLE),
        ("d/b.YAML", MUTABLE),
        ("d/c.txt", MUTABLE),
        ("e/f.yml", MUTABLE),
        ("list", "a.yml\n"),
        (".ecr-lint.yaml", "exclude: [x]\n"),
        ("d/.gitignore", "x\n"),
    ];
    let folder = folder(&files);
    symlink("a.yml", folder.path().join("link")).unwrap();
    for (inputs, path) in [
        (&[] as &[&str], "a.yml"),
        (&["a.yml"], "./a.yml"),
        (&["link"], "a.yml"),
        (&["d"], "d/b.YAML"),
        (&["e", "."], "d/../d/b.YAML"),
        (&["d/c.txt"], "d/c.txt"),
        (&["--files-from", "list"], "a.yml"),
        (&["--files-from", "list"], "list"),
        (&["e"], ".ecr-lint.yaml"),
        (&["d"], "d/.gitignore"),
    ] {
        let arguments = [&["--fix", "-o", path], inputs].concat();
        let expected =
            format!("error: the report cannot be written to {path}, which is a file that this run reads\n");
        lint(folder.path(), &arguments).is("", &expected, 2);
    }
    let expected = "error: the report cannot be written to a.yml, which is a file that this run reads\n";
    shell(folder.path(), r#""$@" <a.yml"#, &["-o", "a.yml", "-"]).is("", expected, 2);
    for (name, text) in files {
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text);
    }
    for path in ["d/c.txt", "e/f.yml", "b.YAML", "d/new.yml"] {
        assert_eq!(lint(folder.path(), &["-q", "-o", path, "d"]).code, Some(1), "{path}");
    }
}

#[test]
fn a_report_in_standard_output_keeps_what_is_there() {
    let folder = folder(&[("a.yml", MUTABLE)]);
    let found = format!("a.yml:{FINDING}");
    for path in ["/dev/stdout", "/proc/self/fd/1", "-"] {
        if path != "-" && !exists(path) {
            continue;
        }
        for (script, before, behind) in [
            (r#"echo old >log; "$@" >>log; cat log"#, "old\n", ""),
            (r#""$@" >log; cat log"#, "", ""),
            (r#"(echo old; "$@"; echo new) >log; cat log"#, "old\n", "new\n"),
        ] {
            if path.starts_with("/proc") && behind == "new\n" {
                continue; // that is another open file
            }
            let answer = shell(folder.path(), script, &["-q", "-o", path]);
            assert_eq!(answer.stdout, format!("{before}{found}{behind}"), "{script} {path}: {answer:?}");
        }
    }
    assert!(!folder.path().join("-").exists());
    let colored = shell(folder.path(), r#"CLICOLOR_FORCE=1 "$@""#, &["-q", "-o", "-"]);
    assert!(colored.stdout.contains('\u{1b}'), "as without the option: {colored:?}");
}

#[test]
fn a_report_that_would_be_a_directory_is_refused_before_anything_is_fixed() {
    let folder = folder(&[("a.yml", MUTABLE), ("d/b.txt", "")]);
    for path in ["d", "d/", "."] {
        let expected = format!("error: the report cannot be written to {path}, which is a directory\n");
        lint(folder.path(), &["--fix", "-o", path]).is("", &expected, 2);
    }
    assert_eq!(fs::read_to_string(folder.path().join("a.yml")).unwrap(), MUTABLE);
}

#[test]
fn a_new_report_takes_the_old_ones_place_whole() {
    let folder = folder(&[("a.yml", MUTABLE), ("report.txt", "old\n")]);
    let report = folder.path().join("report.txt");
    let mode = || fs::metadata(&report).unwrap().permissions().mode() & 0o7777;
    set_mode(&report, 0o640);
    fs::hard_link(&report, folder.path().join("other name")).unwrap();
    let mut reader = File::open(&report).unwrap();
    assert_eq!(lint(folder.path(), &["-o", "report.txt"]).code, Some(1));
    let mut old = String::new();
    reader.read_to_string(&mut old).unwrap();
    assert_eq!(old, "old\n", "whoever has it open reads it to its end");
    assert_eq!(fs::read_to_string(folder.path().join("other name")).unwrap(), "old\n");
    assert_eq!(fs::read_to_string(&report).unwrap(), format!("a.yml:{FINDING}"));
    assert_eq!(mode(), 0o640);
    // a new one is as the user's mask has it
    fs::remove_file(&report).unwrap();
    assert_eq!(shell(folder.path(), r#"umask 027; "$@""#, &["-o", "report.txt"]).code, Some(1));
    assert_eq!(mode(), 0o640);
    // one that cannot be written leaves the old one
    let script = r#"trap '' XFSZ; ulimit -f 0; "$@""#;
    let answer = shell(folder.path(), script, &["-q", "-f", "json", "-o", "report.txt"]);
    answer.is(
        "",
        "error: the report could not be written to report.txt: cannot be written: file too large\n",
        2,
    );
    assert_eq!(fs::read_to_string(&report).unwrap(), format!("a.yml:{FINDING}"));
    set_mode(&report, 0o444);
    let answer = lint(folder.path(), &["-o", "report.txt"]);
    answer.is("", "error: the report could not be written to report.txt: is read-only\n", 2);
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.yml", "other name", "report.txt"], "no temporary file is left");
}

#[test]
fn a_report_goes_to_devices_and_pipes() {
    let folder = folder(&[("a.yml", MUTABLE)]);
    let found = format!("a.yml:{FINDING}");
    for (script, path) in [
        (r#""$@" 2>/dev/null | cat"#, "/dev/stdout"),
        (r#""$@" 2>/dev/null | cat"#, "/dev/fd/1"),
        (r#""$@" 2>/dev/null | cat"#, "/proc/self/fd/1"),
        (r#""$@" 3>&1 >/dev/null 2>&1 | cat"#, "/dev/fd/3"),
        (r#""$@" 2>/dev/null >out; cat out"#, "/dev/stdout"),
    ] {
        if exists(path) || path.ends_with('3') {
            let answer = shell(folder.path(), script, &["-o", path]);
            assert_eq!(answer.stdout, found, "{script} {path}: {answer:?}");
        }
    }
    lint(folder.path(), &["-q", "-o", "/dev/null"]).is("", "", 1);
    assert!(!fs::symlink_metadata("/dev/null").unwrap().is_file());
    let pipe = folder.path().join("pipe");
    fifo(&pipe);
    let child = spawn(folder.path(), &["-q", "-o", "pipe", "a.yml"]);
    assert_eq!(fs::read_to_string(&pipe).unwrap(), found);
    end(child).is("", "", 1);
    let bash = r#""$0" -q -o >(cat >got) a.yml; wait $!; cat got"#;
    let command = &mut Command::new("bash");
    match command.args(["-c", bash, PROGRAM]).current_dir(&folder).output() {
        Ok(output) => assert_eq!(Answer::of(output).stdout, found),
        Err(_) => eprintln!("not checked: this system has no bash"),
    }
}

#[test]
fn closed_streams_leave_the_exit_code() {
    let folder = folder(&[("a.yml", MUTABLE), ("clean/b.yml", ""), ("broken/c.yml", "- ecs_ecr: [\n")]);
    for (path, code) in [("a.yml", 1), ("clean", 0), ("broken", 2)] {
        for script in [r#""$@" >&-"#, r#""$@" 2>&-"#, r#""$@" >&- 2>&-"#, r#""$@" <&- >&- 2>&-"#] {
            let answer = shell(folder.path(), script, &[path]);
            assert_eq!(answer.code, Some(code), "{path} {script}: {answer:?}");
        }
    }
    let answer = shell(folder.path(), r#""$@" 2>&-"#, &["a.yml"]);
    answer.is(&format!("a.yml:{FINDING}"), "", 1);
    let answer = shell(folder.path(), r#""$@" >&-"#, &["a.yml"]);
    answer.is(
        "",
        "1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n",
        1,
    );
}

#[test]
fn odd_standard_input_is_answered() {
    let folder = folder(&[]);
    let empty = "no findings; 1 file checked, 0 ECR tasks\n";
    shell(folder.path(), r#""$@" <&-"#, &["-"]).is("", empty, 0);
    let directory = "<stdin>: error: cannot be read: is a directory\n";
    shell(folder.path(), r#""$@" < ."#, &["-"]).is("", directory, 2);
}

#[test]
fn every_name_is_read_and_shown_on_one_line() {
    let folder = folder(&[]);
    let long = [&[b'n'; 251][..], b".yml"].concat();
    let names: [&[u8]; 6] =
        [b"a\nb.yml", b"\x1b[2J\x07.yml", b"\xff\xfe.yml", b" .yml", b"-x.yml", long.as_slice()];
    let mut made = 0;
    for name in names {
        match fs::write(folder.path().join(OsStr::from_bytes(name)), MUTABLE) {
            Ok(()) => made += 1,
            Err(error) => eprintln!("not checked: {}: {error}", String::from_utf8_lossy(name)),
        }
    }
    let answer = lint(folder.path(), &[]);
    assert_eq!(answer.stdout.lines().count(), made, "{answer:?}");
    assert!(answer.stdout.lines().all(|line| format!("{line}\n").ends_with(FINDING)), "{answer:?}");
    assert!(!answer.stdout.contains('\u{1b}') && answer.code == Some(1), "{answer:?}");
    let dashed = lint(folder.path(), &["./-x.yml", "--", "-x.yml"]);
    dashed.is(
        &format!("-x.yml:{FINDING}"),
        "1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n",
        1,
    );
}

#[test]
fn a_path_that_is_too_long_is_an_error() {
    let deep = |count: usize| PathBuf::from_iter(vec!["d".repeat(200); count]);
    let folder = folder(&[("z.yml", MUTABLE)]);
    for name in ["a", "b"] {
        fs::create_dir_all(folder.path().join(name).join(deep(12))).unwrap();
    }
    let from = folder.path().join("b").join(deep(1));
    fs::write(folder.path().join("b").join(deep(12)).join("b.yml"), MUTABLE).unwrap();
    fs::rename(from, folder.path().join("a").join(deep(12)).join("d".repeat(200))).unwrap();
    let answer = lint(folder.path(), &["."]);
    assert!(answer.stdout.contains(&format!("z.yml:{FINDING}")), "{answer:?}");
    let (errors, found) = (answer.stderr.matches("error: ").count(), answer.stdout.lines().count());
    assert!(
        found == 2 || (errors == 1 && answer.stderr.contains("d: error: file name too long\n")),
        "{answer:?}"
    );
    assert_eq!(answer.code, Some(if found == 2 { 1 } else { 2 }));
    let named = lint(folder.path(), &[&"d/".repeat(3000)]);
    assert!(named.stderr.contains(": error: file name too long\n"), "{named:?}");
    assert_eq!(named.code, Some(2));
}

/// A tree with findings, errors, warnings and files without anything to say.
fn mixed_tree(count: usize) -> TempDir {
    let folder = folder(&[(".git/HEAD", ""), (".gitignore", "ignored.yml"), ("ignored.yml", MUTABLE)]);
    for index in 0..count {
        let directory = folder.path().join(format!("d{}", index % 9)).join(format!("e{}", index % 4));
        fs::create_dir_all(&directory).unwrap();
        let text = [MUTABLE, "- ecs_ecr: [", "- debug:\n", "$ANSIBLE_VAULT;1.1;AES256\n"][index % 4];
        fs::write(directory.join(format!("f{index}.yml")), text).unwrap();
    }
    symlink("/dev/zero", folder.path().join("d0/.gitignore")).unwrap();
    folder
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = mixed_tree(800);
    let expected = lint(folder.path(), &["-j", "1"]);
    assert_eq!((expected.stdout.lines().count(), expected.code), (200, Some(2)), "{expected:?}");
    assert_eq!(expected.stderr.lines().count(), 203, "{expected:?}");
    for threads in ["2", "64"] {
        assert_eq!(lint(folder.path(), &["-j", threads]), expected, "-j {threads}");
    }
}

#[test]
fn too_few_descriptors_skip_nothing() {
    let folder = folder(&[]);
    let mut directory = folder.path().to_owned();
    for depth in 0..300 {
        if depth < 100 {
            directory.push("d");
            fs::create_dir(&directory).unwrap();
        }
        fs::write(directory.join(format!("f{depth}.yml")), MUTABLE).unwrap();
    }
    let script = r#"ulimit -n 16; exec "$@""#;
    let alone = shell(folder.path(), script, &["-j", "1"]);
    assert_eq!((alone.stdout.lines().count(), alone.code), (300, Some(1)), "{alone:?}");
    for limit in ["7", "9", "12", "16"] {
        let script = script.replace("16", limit);
        let many = shell(folder.path(), &script, &["-j", "64"]);
        let (found, errors) = (many.stdout.lines().count(), many.stderr.matches(": error: ").count());
        let listed = !many.stderr.contains("d: error: too many open files");
        assert!(found + errors == 300 || !listed, "{limit}: {found} found, {errors} errors: {}", many.stderr);
        assert_eq!(many.code, Some(if errors == 0 { 1 } else { 2 }), "{limit}: {}", many.stderr);
    }
}

#[test]
fn nothing_is_written_to_the_current_directory() {
    let folder = folder(&[("a.yml", MUTABLE)]);
    set_mode(folder.path(), 0o555);
    let answer = shell_as_nobody(folder.path(), r#""$@""#, &[]);
    set_mode(folder.path(), 0o755);
    let Some(answer) = answer else { return };
    answer.is(
        &format!("a.yml:{FINDING}"),
        "1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n",
        1,
    );
}

#[test]
fn a_deleted_current_directory_is_an_error_unless_nothing_is_looked_for_there() {
    let folder = folder(&[("a.yml", MUTABLE), ("gone/b.yml", MUTABLE)]);
    let script = r#"mkdir away && cd away && rmdir ../away && exec "$@""#;
    let path = folder.path().join("a.yml");
    let path = path.to_str().unwrap();
    let expected = "error: cannot look for a configuration; name one with --config, or use --no-config: no such file or \
                    directory\n";
    shell(folder.path(), script, &[path]).is("", expected, 2);
    let named = shell(folder.path(), script, &["--no-config", path]);
    named.is(
        &format!("{path}:{FINDING}"),
        "1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n",
        1,
    );
    let excluded = shell(folder.path(), script, &["--no-config", path, "--exclude", "a.yml"]);
    excluded.is("", &format!("{path}: warning: no YAML files found, 1 excluded\n"), 0);
    let relative = shell(folder.path(), script, &["--no-config", "a.yml"]);
    let expected = "a.yml: error: no such file or directory\n";
    relative.is("", expected, 2);
    let expected = expected.replace("a.yml", ".");
    for arguments in [&[][..], &["."], &["--fix"]] {
        shell(folder.path(), script, &[&["--no-config"], arguments].concat()).is("", &expected, 2);
    }
    let listed = shell(folder.path(), script, &["--no-config", "--list-files"]);
    listed.is("", ".: error: no such file or directory\n", 2);
}

#[test]
fn the_users_excludes_are_not_waited_for() {
    let files =
        [("repo/.git/HEAD", ""), ("repo/a.yml", MUTABLE), ("mine", "a.yml\n"), ("home/xdg/git/x", "")];
    let folder = folder(&files);
    let home = folder.path().join("home");
    let check = || {
        let mut command = Command::new(PROGRAM);
        command
            .current_dir(folder.path().join("repo"))
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("xdg"));
        command.env("GIT_CONFIG_SYSTEM", "/dev/null").env_remove("GIT_CONFIG_GLOBAL");
        answer(&mut command)
    };
    let nothing = ".: error: no YAML files found, 1 ignored by .gitignore; check them with --no-ignore\n";
    let excludes = home.join("xdg/git/ignore");
    fifo(&excludes);
    let found = check();
    assert_eq!((found.stdout.lines().count(), found.code), (1, Some(1)), "{found:?}");
    let warning = "warning: is not a regular file; its patterns do not apply\n";
    assert!(found.stderr.starts_with(&format!("{}: {warning}", excludes.display())), "{found:?}");
    fs::remove_file(&excludes).unwrap();
    if exists("/dev/zero") {
        symlink("/dev/zero", &excludes).unwrap();
        assert_eq!(check(), found);
        fs::remove_file(&excludes).unwrap();
    }
    symlink(folder.path().join("mine"), &excludes).unwrap();
    check().is("", nothing, 2);
    fs::remove_file(&excludes).unwrap();
    // a configuration names another file, and the one in the home folder wins
    let configs = [home.join(".gitconfig"), home.join("xdg/git/config")];
    let text = |name: &str| format!("[core]\n\texcludesFile = {}\n", folder.path().join(name).display());
    fs::write(&configs[1], text("none")).unwrap();
    assert_eq!(check().code, Some(1));
    fs::write(&configs[0], text("mine")).unwrap();
    check().is("", nothing, 2);
    fs::write(&configs[0], "[core]\nexcludesfile = ~/../mine").unwrap();
    check().is("", nothing, 2);
    fs::write(&configs[0], "[core]\nexcludesfile = /dev/null").unwrap();
    let none = check();
    assert!(none.code == Some(1) && !none.stderr.contains("warning"), "{none:?}");
}

#[test]
fn an_empty_directory_is_said() {
    lint(folder(&[]).path(), &[]).is("", ".: warning: no YAML files found\n", 0);
}

#[test]
fn a_process_substitution_is_a_file() {
    let bash = |script: &str| {
        let command = &mut Command::new("bash");
        command.args(["-c", script, PROGRAM]).output().map(Answer::of)
    };
    let Ok(answer) =
        bash(r#""$0" <(printf '%s\n' '- ecs_ecr: {name: x}') <(printf '%s' '- ecs_ecr: name=x')"#)
    else {
        eprintln!("not checked: this system has no bash");
        return;
    };
    assert_eq!((answer.stdout.lines().count(), answer.code), (2, Some(1)), "{answer:?}");
    assert!(answer.stdout.lines().all(|line| line.starts_with("/dev/fd/")), "{answer:?}");
    assert!(answer.stderr.ends_with("2 findings in 2 files; 2 files checked, 2 ECR tasks\n2 fixable with --fix (preview with --diff)\n"), "{answer:?}");
}

#[test]
fn a_slow_writer_is_waited_for() {
    let folder = folder(&[]);
    let path = folder.path().join("pipe");
    fifo(&path);
    let child = spawn(folder.path(), &["pipe"]);
    let mut writer = writer(&path);
    writer.write_all(b"- ecs_").unwrap();
    writer.flush().unwrap();
    thread::sleep(Duration::from_millis(50)); // time for a read that comes back short
    writer.write_all(b"ecr: {name: x}\n").unwrap();
    drop(writer);
    end(child).is(
        &format!("pipe:{FINDING}"),
        "1 finding in 1 file; 1 file checked, 1 ECR task\n1 fixable with --fix (preview with --diff)\n",
        1,
    );
}

/// Nothing that stands where git keeps its own files hangs a run, or hides a file without a word.
#[test]
fn a_file_in_the_place_of_gits_folder_hides_nothing() {
    let folder = folder(&[("repo/a.yml", MUTABLE), ("pipes/info/x", ""), ("loop/commondir", "../loop\n")]);
    let pipes = folder.path().join("pipes");
    fifo(&pipes.join("commondir"));
    fifo(&pipes.join("info/exclude"));
    for (name, target) in [("zeros", "/dev/zero"), ("full", "/dev/full"), ("self", "exclude")] {
        fs::create_dir_all(folder.path().join(name).join("info")).unwrap();
        symlink(target, folder.path().join(name).join("info/exclude")).unwrap();
    }
    let git = folder.path().join("repo/.git");
    let long = format!("gitdir: {}\n", "x/".repeat(3_000));
    let large = "gitdir: ".to_owned() + &"x".repeat(2 << 20);
    for text in [
        "",
        "gitdir:",
        "gitdir: ",
        "gitdir: .git",
        "gitdir: nowhere\n",
        "gitdir: ../pipes\n",
        "gitdir: ../loop\r\n",
        "gitdir: ../zeros",
        "gitdir: ../full",
        "gitdir: ../self",
        "gitdir: /dev/zero",
        "gitdir: /proc/self/fd/0",
        "gitdir: a\0b",
        "gitdir: \u{1b}[2J",
        "gitdir: ::error::x",
        &long,
        &large,
    ] {
        fs::write(&git, text).unwrap();
        let answer = shell(&folder.path().join("repo"), r#""$@" </dev/null"#, &[]);
        assert_eq!(answer.stdout, format!("a.yml:{FINDING}"), "{text:.40}: {answer:?}");
        let errors = answer.stderr.matches(": error: ").count();
        assert_eq!(answer.code, Some(if errors == 0 { 1 } else { 2 }), "{text:.40}: {answer:?}");
        assert!(!answer.stderr.contains('\u{1b}') && !answer.stderr.contains("\n::"), "{answer:?}");
    }
    fs::remove_file(&git).unwrap();
    for target in [None, Some(".git"), Some("/dev/zero"), Some("../pipes")] {
        match target {
            None => fifo(&git),
            Some(target) => symlink(target, &git).unwrap(),
        }
        let answer = lint(&folder.path().join("repo"), &[]);
        assert_eq!(answer.stdout, format!("a.yml:{FINDING}"), "{target:?}: {answer:?}");
        fs::remove_file(&git).unwrap();
    }
}

/// pre-commit puts the names of files behind the arguments of its hook.
#[test]
fn a_name_that_looks_like_an_option_is_none_to_the_hook() {
    let hook =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")).unwrap();
    let hook: serde_yaml::Value = serde_yaml::from_str(&hook).unwrap();
    assert_eq!(hook[0]["entry"].as_str(), Some("ecr-lint"));
    let arguments = hook[0]["args"].as_sequence().unwrap().iter().map(|argument| argument.as_str().unwrap());
    let names = ["--exclude=*.yml", "--exit-zero.yml", "-oa.yml", "a.yml"];
    let folder = folder(&names.map(|name| (name, MUTABLE)));
    let answer = lint(folder.path(), &arguments.chain(names).collect::<Vec<_>>());
    assert_eq!(answer.stdout, names.map(|name| format!("{name}:{FINDING}")).concat());
    assert_eq!(answer.code, Some(1));
    assert_eq!(fs::read_to_string(folder.path().join("a.yml")).unwrap(), MUTABLE);
}

#[test]
fn what_a_link_leads_to_is_not_printed() {
    let folder = folder(&[("in/a.yml", ""), ("secret", "- ecs_ecr: {name: secret}\n")]);
    for (name, target) in [
        ("b.yml", "\u{1b}[2J\n::error::no-secret"),
        ("c.yml", "../secret"),
        ("d", "../secret"),
        ("e.yml", "/proc/self/environ"),
    ] {
        symlink(target, folder.path().join("in").join(name)).unwrap();
    }
    for (_, name) in formats() {
        let answer = lint(folder.path(), &["-v", "-f", &name, "in"]);
        let all = answer.stdout + &answer.stderr;
        assert!(!all.contains("secret") && !all.contains('\u{1b}') && !all.contains("PATH="), "{all}");
        assert_eq!(answer.code, Some(2)); // for the link that leads nowhere
    }
}

/// Each folder leads to the next by many names: a billion paths.
#[test]
fn links_that_multiply_are_followed_once() {
    let folder = folder(&[]);
    for level in 0..30 {
        let directory = folder.path().join(format!("d{level}"));
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("a.yml"), MUTABLE).unwrap();
        for name in ["x", "y"] {
            symlink(format!("../d{}", level + 1), directory.join(name)).unwrap();
        }
    }
    fs::create_dir(folder.path().join("d30")).unwrap();
    let answer = lint(folder.path(), &["--follow", "d0"]);
    assert_eq!((answer.stdout.lines().count(), answer.code), (30, Some(1)), "{answer:?}");
}

/// Git packs such a file into a few bytes.
#[test]
fn a_sparse_file_is_read_within_bounds() {
    let folder = folder(&[]);
    let path = folder.path().join("a.yml");
    File::create(&path).unwrap().set_len(200 << 20).unwrap();
    let script = r#"ulimit -v 600000 2>/dev/null; exec "$@""#;
    let answer = shell(folder.path(), script, &["-j", "1", "--fix"]);
    let expected = "a.yml: error: cannot be read: is larger than 64 MiB; split it or exclude it\n";
    answer.is("", expected, 2);
}

#[test]
fn times_mean_nothing() {
    let folder = folder(&[]);
    let far = Duration::from_secs(10_000_000_000);
    for time in [UNIX_EPOCH, UNIX_EPOCH - Duration::from_secs(1 << 30), UNIX_EPOCH + far] {
        let path = folder.path().join("a.yml");
        fs::write(&path, MUTABLE).unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        if let Err(error) = file.set_times(FileTimes::new().set_modified(time).set_accessed(time)) {
            eprintln!("not checked: {time:?}: {error}");
        }
        assert_eq!(lint(folder.path(), &["-f", "junit"]).code, Some(1));
        assert_eq!(lint(folder.path(), &["--fix"]).code, Some(0));
    }
}

#[test]
fn a_hostile_configuration_is_refused_at_once() {
    let folder = folder(&[("a.yml", MUTABLE)]);
    let path = folder.path().join(".ecr-lint.yaml");
    let bomb = (1..30).fold("x0: &a0 [a]\n".to_owned(), |text, level| {
        let above = level - 1;
        text + &format!("x{level}: &a{level} [*a{above}, *a{above}]\n")
    });
    let nested = (1..30).fold("exclude:\n- &a0 [a]\n".to_owned(), |text, level| {
        let above = level - 1;
        text + &format!("- &a{level} [*a{above}, *a{above}]\n")
    });
    let many = |key: &str| format!("{key}:\n{}", "- '[[:alpha:]]a?'\n".repeat(50_000));
    for (text, expected) in [
        (bomb, "line 1, column 1: unknown field `x0`"),
        (nested, "line 2, column 3: exclude[0]: invalid type: sequence, expected a string"),
        (many("exclude"), "is larger than 64 KiB\n"),
        (many("modules"), "is larger than 64 KiB\n"),
        ("exclude: [\u{1b}[2J]".to_owned(), "control characters are not allowed"),
        ("exclude: &a [*a]\n".to_owned(), ""),
        ("a\n".repeat(600_000), "is larger than 64 KiB\n"),
    ] {
        fs::write(&path, &text).unwrap();
        let answer = lint(folder.path(), &[]);
        assert!(answer.stderr.contains(expected) && answer.code == Some(2), "{text:.40}: {answer:?}");
        assert!(answer.stdout.is_empty() && !answer.stderr.contains('\u{1b}'), "{answer:?}");
    }
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let answer = shell(folder.path(), r#"ulimit -v 600000 2>/dev/null; exec "$@""#, &["-j", "1"]);
    assert!(answer.stderr.ends_with("is larger than 64 KiB\n") && answer.code == Some(2), "{answer:?}");
}

#[test]
fn a_list_of_files_that_never_ends_is_an_error() {
    if !exists("/dev/zero") {
        return;
    }
    let folder = folder(&[("a.yml", MUTABLE)]);
    symlink("/dev/zero", folder.path().join("list")).unwrap();
    let script = r#"ulimit -v 1000000 2>/dev/null; exec "$@""#;
    let answer = shell(folder.path(), script, &["-j", "1", "--files-from", "list"]);
    answer.is("", "error: the list of files list cannot be read: is larger than 16 MiB\n", 2);
    // a short name takes more memory than its bytes
    fs::write(folder.path().join("names"), "a\n".repeat(100_001)).unwrap();
    let expected = "error: the list of files names cannot be read: it holds more than 100000 names; \
                    name directories instead\n";
    shell(folder.path(), script, &["-j", "1", "--files-from", "names"]).is("", expected, 2);
}

/// The name of the temporary file is longer than that of the file.
#[test]
fn a_file_near_the_longest_path_is_fixed_or_left_alone() {
    let folder = folder(&[]);
    let prefix = folder.path().as_os_str().len() + 1;
    // a path may have 4,095 bytes
    for end in 4_060..4_094 {
        let mut directory = PathBuf::from("d".repeat(end % 200 + 1));
        while prefix + directory.as_os_str().len() + 207 < end {
            directory.push("d".repeat(200));
        }
        let rest = end.saturating_sub(prefix + directory.as_os_str().len() + 7);
        directory.push("d".repeat(rest.clamp(1, 255)));
        let whole = folder.path().join(&directory);
        if fs::create_dir_all(&whole).is_err() || fs::write(whole.join("a.yml"), MUTABLE).is_err() {
            continue;
        }
        let answer = lint(folder.path(), &["--fix", directory.to_str().unwrap()]);
        let text = fs::read_to_string(whole.join("a.yml")).unwrap();
        let is_fixed = text.contains("immutable");
        assert!(is_fixed || (text == MUTABLE && answer.code == Some(2)), "{answer:?}");
        assert!(!is_fixed || answer.code == Some(0), "{answer:?}");
        assert_eq!(fs::read_dir(&whole).unwrap().count(), 1);
        fs::remove_dir_all(folder.path().join(directory.iter().next().unwrap())).unwrap();
    }
}

#[test]
fn what_may_not_be_renamed_over_is_left_alone() {
    let folder = folder(&[("a.yml", MUTABLE)]);
    set_mode(&folder.path().join("a.yml"), 0o666);
    set_mode(folder.path(), 0o1777); // others' files stay there, as in /tmp
    let Some(answer) = shell_as_nobody(folder.path(), r#""$@"; ls -A"#, &["--fix", "-q"]) else { return };
    let text = fs::read_to_string(folder.path().join("a.yml")).unwrap();
    if fs::metadata(folder.path()).unwrap().uid() == 0 {
        assert_eq!(text, MUTABLE);
        assert!(
            answer.stdout.ends_with("\na.yml\n") && answer.stdout.starts_with("a.yml:1:3: "),
            "{answer:?}"
        );
        assert!(answer.stderr.starts_with("a.yml: error: not changed: cannot be replaced: "), "{answer:?}");
    }
}

#[test]
#[ignore = "makes a million files, which takes minutes"]
fn a_million_files_are_walked() {
    let folder = folder(&[]);
    for index in 0..1_000_000 {
        let text = if index % 100_000 == 0 { MUTABLE } else { "- debug:\n" };
        fs::write(folder.path().join(format!("{index}.yml")), text).unwrap();
    }
    // a bound on memory: 200 bytes a file, and the threads' stacks
    let answer = shell(folder.path(), r#"ulimit -v 800000; exec "$@""#, &["-j", "2"]);
    assert_eq!(answer.stdout.lines().count(), 10, "{answer:?}");
    assert_eq!(
        answer.stderr,
        "10 findings in 10 files; 1000000 files checked, 10 ECR tasks\n10 fixable with --fix (preview with --diff)\n"
    );
    assert_eq!(answer.code, Some(1));
}

#[test]
#[ignore = "parses 32 MB, which takes a minute unless it is optimized"]
fn a_file_of_too_many_values_is_an_error() {
    let folder = folder(&[("a.yml", &("- ecs_ecr:\n".repeat(2_600_000) + "- x\n".repeat(200_000).as_str()))]);
    let answer = lint(folder.path(), &["-q"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(2), ""));
    let expected = ": error: the file cannot be read reliably: it has more than 8 million values; split it\n";
    assert!(answer.stderr.ends_with(expected), "{}", answer.stderr);
}
