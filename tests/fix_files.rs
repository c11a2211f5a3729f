//! Writing fixes: a file is the old or the new one, whole, whatever happens, and nothing else changes.
#![cfg(unix)]
#![allow(clippy::print_stderr, clippy::unwrap_used)] // a test that cannot run here says so

mod common;

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use common::PROGRAM;
use ecr_lint::apply;
use ecr_lint::cli::Mode;
use ecr_lint::fix::{self, Level, WriteFailure};
use ecr_lint::linter;
use ecr_lint::modules::Modules;
use ecr_lint::report::Status;
use ecr_lint::scan;
use ecr_lint::walker::{WalkOptions, Walker};
use nix::libc;
use tempfile::TempDir;

const OLD: &str = "- ecs_ecr: {name: x}\n";
const NEW: &str = "- ecs_ecr: {name: x, image_tag_mutability: immutable}\n";

fn run(folder: &Path, arguments: &[&str]) -> (Output, String) {
    let output = Command::new(PROGRAM).args(arguments).current_dir(folder).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, stderr)
}

fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        fs::write(folder.path().join(file), OLD).unwrap();
    }
    folder
}

fn read(folder: &TempDir, file: &str) -> String {
    fs::read_to_string(folder.path().join(file)).unwrap()
}

/// Everything in a folder, so that what should not be there shows.
fn names(folder: &Path) -> Vec<String> {
    let list = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = list.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_mode_stays() {
    for mode in [0o600, 0o640, 0o755, 0o666] {
        let folder = folder(&["a.yml"]);
        let file = folder.path().join("a.yml");
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let (output, stderr) = run(folder.path(), &["--fix"]);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, mode);
        assert_eq!((read(&folder, "a.yml").as_str(), names(folder.path())), (NEW, vec!["a.yml".to_owned()]));
    }
}

#[test]
fn added_ignores_are_written_once() {
    let folder = folder(&["a.yml"]);
    fs::write(folder.path().join("b.yml"), OLD.replace('\n', "\r\n")).unwrap();
    for _ in 0..2 {
        let (output, stderr) = run(folder.path(), &["--add-ignores", " a cache "]);
        assert_eq!((output.status.code(), output.stdout), (Some(0), vec![]), "{stderr}");
        assert_eq!(read(&folder, "a.yml"), format!("# ecr-lint: ignore (a cache)\n{OLD}"));
        assert_eq!(
            read(&folder, "b.yml"),
            format!("# ecr-lint: ignore (a cache)\n{OLD}").replace('\n', "\r\n")
        );
    }
    assert_eq!(names(folder.path()), ["a.yml", "b.yml"]);
    for reason in ["", "\t", "a\nb", "a\u{2028}b", "a\u{1b}[31m", "a\u{85}b"] {
        let (output, stderr) = run(folder.path(), &["--add-ignores", reason]);
        assert!(output.status.code() == Some(2) && stderr.contains("--add-ignores"), "{stderr}");
    }
}

#[test]
fn the_owner_stays_where_that_is_possible() {
    let folder = folder(&["a.yml"]);
    let file = folder.path().join("a.yml");
    if std::os::unix::fs::chown(&file, Some(12345), Some(54321)).is_err() {
        return eprintln!("not checked: only root gives files away");
    }
    run(folder.path(), &["--fix"]);
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), read(&folder, "a.yml").as_str()), (12345, 54321, NEW));

    fs::write(&file, OLD).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    if let Some(output) = common::as_nobody(folder.path(), "\"$1\" --fix", &[]) {
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            stderr.contains("a.yml: warning: was changed, and its owner or group could not be kept"),
            "{stderr}"
        );
        assert_eq!((output.status.code(), read(&folder, "a.yml").as_str()), (Some(0), NEW));
    }
}

/// An access control list as the system keeps it: for its owner, another user, its group, and as its mask.
fn access_list(user: u32, permissions: [u16; 4]) -> Vec<u8> {
    let mut list = 2_u32.to_le_bytes().to_vec();
    let [owner, other_user, group, mask] = permissions;
    let nobody = u32::MAX;
    for (tag, permissions, id) in [
        (0x01_u16, owner, nobody),
        (0x02, other_user, user),
        (0x04, group, nobody),
        (0x10, mask, nobody),
        (0x20, 0, nobody),
    ] {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";

/// Sets an attribute; a word where the file system has none.
fn set_attribute(path: &Path, name: &str, value: &[u8]) -> bool {
    let set = xattr::set(path, name, value);
    if let Err(error) = &set {
        eprintln!("not checked: {name} cannot be set here: {error}");
    }
    set.is_ok()
}

/// The group bits of a file with a list are the list's mask: without the list they would be its group's.
#[test]
fn access_control_lists_stay() {
    let folder = folder(&["a.yml", "b.yml"]);
    let list = access_list(12345, [6, 6, 0, 6]);
    if !set_attribute(&folder.path().join("a.yml"), ACCESS, &list) {
        return;
    }
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o7777;
    let attribute = |name: &str| xattr::get(folder.path().join(name), ACCESS).unwrap();
    assert_eq!(mode("a.yml"), 0o660);
    run(folder.path(), &["--fix"]);
    assert_eq!((read(&folder, "a.yml").as_str(), mode("a.yml")), (NEW, 0o660));
    assert_eq!((attribute("a.yml"), attribute("b.yml")), (Some(list), None));
}

#[test]
fn a_directorys_list_for_new_files_opens_no_old_one() {
    let folder = folder(&["a.yml"]);
    let file = folder.path().join("a.yml");
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    if !set_attribute(folder.path(), DEFAULT, &access_list(12345, [7, 7, 7, 7])) {
        return;
    }
    run(folder.path(), &["--fix"]);
    assert_eq!((read(&folder, "a.yml").as_str(), xattr::get(&file, ACCESS).unwrap()), (NEW, None));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o640);
}

#[test]
fn a_list_that_would_bind_others_is_not_carried_over() {
    let folder = folder(&["a.yml"]);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    let list = access_list(65534, [6, 6, 0, 6]);
    if !set_attribute(&folder.path().join("a.yml"), ACCESS, &list) {
        return;
    }
    let is_root = fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0);
    let Some(output) = common::as_nobody(folder.path(), "\"$1\" --fix", &[]).filter(|_| is_root) else {
        return;
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    let expected =
        "a.yml: error: not changed: has an access control list, and its owner or group cannot be kept\n";
    assert!(stderr.contains(expected), "{stderr}");
    assert_eq!((output.status.code(), read(&folder, "a.yml").as_str()), (Some(2), OLD));
    assert_eq!(names(folder.path()), ["a.yml"]);
}

/// Those of the old group are everybody now, and the new group's members were everybody.
#[test]
fn where_the_group_is_lost_nobody_gains_access() {
    for (before, after) in [(0o664, 0o644), (0o660, 0o600), (0o604, 0o600), (0o646, 0o644)] {
        let folder = folder(&["a.yml"]);
        let file = folder.path().join("a.yml");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        if std::os::unix::fs::chown(&file, Some(65534), Some(12345)).is_err() {
            return eprintln!("not checked: only root gives files away");
        }
        fs::set_permissions(&file, Permissions::from_mode(before)).unwrap();
        let Some(output) = common::as_nobody(folder.path(), "\"$1\" --fix", &[]) else { return };
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            stderr.contains("a.yml: warning: was changed, and its owner or group could not be kept"),
            "{stderr}"
        );
        let metadata = fs::metadata(&file).unwrap();
        assert_eq!((metadata.gid(), metadata.permissions().mode() & 0o7777), (65534, after), "{before:o}");
    }
}

#[test]
fn attributes_of_the_user_stay() {
    let folder = folder(&["a.yml"]);
    let file = folder.path().join("a.yml");
    let long = vec![b'x'; 2000];
    if !set_attribute(&file, "user.origin", &long) || !set_attribute(&file, "user.empty", b"") {
        return;
    }
    run(folder.path(), &["--fix"]);
    assert_eq!(read(&folder, "a.yml"), NEW);
    assert_eq!(xattr::get(&file, "user.origin").unwrap(), Some(long));
    assert_eq!(xattr::get(&file, "user.empty").unwrap(), Some(Vec::new()));
}

#[test]
fn a_named_link_stays_and_its_target_is_fixed() {
    let folder = folder(&["target.txt"]);
    symlink("target.txt", folder.path().join("a.yml")).unwrap();
    let (output, stderr) = run(folder.path(), &["--fix", "./a.yml"]);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(fs::symlink_metadata(folder.path().join("a.yml")).unwrap().is_symlink());
    assert_eq!(read(&folder, "target.txt"), NEW);
}

#[test]
fn a_link_that_was_only_found_is_not_written_through() {
    let folder = folder(&["target.txt"]);
    symlink("target.txt", folder.path().join("a.yml")).unwrap();
    let (output, stderr) = run(folder.path(), &["--fix"]);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.starts_with("a.yml:1:3: ") && stdout.contains("not fixed: a symbolic link that was only"));
    assert_eq!(read(&folder, "target.txt"), OLD);

    let outside = self::folder(&["b.yml"]);
    let below = tempfile::tempdir().unwrap();
    symlink(outside.path(), below.path().join("linked")).unwrap();
    let (output, stderr) = run(below.path(), &["--fix", "--follow"]);
    assert_eq!((output.status.code(), read(&outside, "b.yml").as_str()), (Some(1), OLD), "{stderr}");
    let (output, stderr) = run(below.path(), &["--fix", "linked"]);
    assert_eq!((output.status.code(), read(&outside, "b.yml").as_str()), (Some(0), NEW), "{stderr}");
}

/// A file may become a link between any two looks at it.
#[test]
fn what_has_become_a_link_is_not_written_through() {
    let folder = folder(&["target.txt"]);
    let link = folder.path().join("a.yml");
    symlink("target.txt", &link).unwrap();
    let result = fix::apply(&link, OLD.as_bytes(), NEW.as_bytes());
    assert!(matches!(result, Err(WriteFailure::Irregular)), "{result:?}");
    assert_eq!((read(&folder, "target.txt").as_str(), names(folder.path()).len()), (OLD, 2));
    assert!(link.is_symlink());
}

#[test]
fn other_hard_links_keep_the_old_text() {
    let folder = folder(&["a.yml"]);
    fs::hard_link(folder.path().join("a.yml"), folder.path().join("other.txt")).unwrap();
    let (output, _) = run(folder.path(), &["--fix"]);
    assert_eq!((output.status.code(), read(&folder, "a.yml").as_str()), (Some(0), NEW));
    assert_eq!(read(&folder, "other.txt"), OLD);
}

/// A file that is larger than what is read would be an error in the next run.
#[test]
fn a_large_file_is_left_alone() {
    let folder = folder(&[]);
    let file = folder.path().join("a.yml");
    let text = OLD.to_owned() + "#" + &"x".repeat(16 << 20);
    fs::write(&file, &text).unwrap();
    let (output, stderr) = run(folder.path(), &["--fix"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("not fixed: the file is larger than 16 MiB; split it"), "{stdout}{stderr}");
    assert_eq!((output.status.code(), names(folder.path())), (Some(1), vec!["a.yml".to_owned()]));
    assert!(read(&folder, "a.yml") == text);
}

#[test]
fn a_file_that_changed_is_left_alone() {
    let folder = folder(&["a.yml"]);
    let file = folder.path().join("a.yml");
    for other in ["", "- debug: {}\n", "- ecs_ecr: {name: y}\n", "- ecs_ecr: {name: x}\n\n"] {
        fs::write(&file, other).unwrap();
        let result = fix::apply(&file, OLD.as_bytes(), NEW.as_bytes());
        assert!(matches!(result, Err(WriteFailure::Changed)), "{result:?}");
        assert_eq!(
            (read(&folder, "a.yml").as_str(), names(folder.path())),
            (other, vec!["a.yml".to_owned()])
        );
    }
    fs::remove_file(&file).unwrap();
    assert!(fix::apply(&file, OLD.as_bytes(), NEW.as_bytes()).is_err());
    assert!(names(folder.path()).is_empty());
}

#[test]
fn what_changes_after_it_was_read_is_left_alone() {
    let names_of_files =
        ["closed", "deleted", "directory", "edited", "kept", "linked", "moved", "opened", "pipe", "zeros"];
    let (folder, outside) = (folder(&[]), folder(&["x.txt"]));
    let path = |name: &str| folder.path().join(name).with_extension("yml");
    for name in names_of_files {
        fs::write(path(name), OLD).unwrap();
    }
    let options = linter::LintOptions {
        keep_source: true,
        fixes: Some(Level::Safe),
        ..linter::LintOptions::new(Modules::default())
    };
    let paths = vec![folder.path().to_owned()];
    let walker = Walker::new(WalkOptions { paths: paths.clone(), ..Default::default() }).unwrap();
    let mut run = scan::lint_paths(&walker, &options, 1, None, false);
    assert_eq!(run.reports.len(), names_of_files.len());
    for name in ["deleted", "directory", "linked", "moved", "pipe", "zeros"] {
        fs::remove_file(path(name)).unwrap();
    }
    fs::create_dir(path("directory")).unwrap();
    symlink(outside.path().join("x.txt"), path("linked")).unwrap();
    symlink("/dev/zero", path("zeros")).unwrap();
    assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    fs::write(path("edited"), "- ecs_ecr: {name: y}\n").unwrap();
    fs::write(path("moved"), OLD).unwrap(); // the same bytes in another file
    fs::set_permissions(path("closed"), Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(path("opened"), Permissions::from_mode(0o666)).unwrap();
    let outcome = apply::apply_fixes(Mode::Fix, &mut run, &options, &paths, false);
    let fixed: usize = run.reports.iter().map(|report| report.fixed).sum();
    assert_eq!((fixed, outcome.findings), (3, 10));
    let link = "a symbolic link that was only found is not written through; name it, or its target";
    for report in &run.reports {
        let name = report.path.file_stem().unwrap().to_str().unwrap();
        let (problems, planned): (Vec<_>, Vec<_>) =
            (report.texts(Status::Problem).collect(), report.fixes().collect());
        let said = match (&*problems, &*planned) {
            ([(message, _)], []) => (*message).to_owned(),
            ([], [Err(reason)]) => reason.to_string(),
            _ => String::new(),
        };
        let expected = match name {
            "closed" => "not changed: is read-only",
            "deleted" => "not changed: cannot be found: no such file or directory",
            "directory" | "pipe" => "not changed: is not a regular file",
            "edited" => "not changed: has changed since it was read; run again",
            "linked" | "zeros" => link,
            _ => "",
        };
        assert_eq!(said, expected, "{name}");
        assert_eq!(expected.is_empty(), report.findings().next().is_none(), "{name}");
    }
    assert_eq!(
        (read(&outside, "x.txt").as_str(), read(&folder, "edited.yml").as_str()),
        (OLD, "- ecs_ecr: {name: y}\n")
    );
    assert_eq!((read(&folder, "kept.yml").as_str(), read(&folder, "moved.yml").as_str()), (NEW, NEW));
    assert_eq!(fs::metadata(path("opened")).unwrap().permissions().mode() & 0o7777, 0o666);
    assert_eq!(names(folder.path()).len(), names_of_files.len() - 1);
}

#[test]
fn what_is_read_only_is_an_error() {
    let folder = folder(&["a.yml", "b.yml"]);
    fs::set_permissions(folder.path().join("a.yml"), Permissions::from_mode(0o444)).unwrap();
    let (output, stderr) = run(folder.path(), &["--fix"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("a.yml: error: not changed: is read-only\n"), "{stderr}");
    assert!(stderr.contains("fixed 1 of 2 findings in 1 file;"), "{stderr}");
    assert!(stderr.contains("fixed: ") && stderr.contains(".yml (1)\n"), "{stderr}");
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("a.yml:1:3: warning: "),
        "it stays a finding"
    );
    assert_eq!((read(&folder, "a.yml").as_str(), read(&folder, "b.yml").as_str()), (OLD, NEW));
}

#[test]
fn a_directory_without_permission_is_an_error() {
    let folder = folder(&["a.yml"]);
    fs::set_permissions(folder.path().join("a.yml"), Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
    let output = common::as_nobody(folder.path(), "\"$1\" --fix", &[]);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let Some(output) = output else { return };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("a.yml: error: not changed: cannot be written, since its directory"), "{stderr}");
    assert_eq!((output.status.code(), read(&folder, "a.yml").as_str()), (Some(2), OLD));
}

#[test]
fn a_file_of_someone_else_is_an_error() {
    let folder = folder(&["a.yml"]);
    fs::set_permissions(folder.path().join("a.yml"), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    let is_root = fs::metadata(folder.path()).is_ok_and(|metadata| metadata.uid() == 0);
    let Some(output) = common::as_nobody(folder.path(), "\"$1\" --fix", &[]).filter(|_| is_root) else {
        return;
    };
    assert_eq!((output.status.code(), read(&folder, "a.yml").as_str()), (Some(2), OLD));
}

#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let folder = folder(&[]);
    let big = OLD.to_owned() + &"# ecs_ecr\n".repeat(10_000);
    fs::write(folder.path().join("a.yml"), &big).unwrap();
    // the shell's limit is in blocks of 512 or 1024 bytes; the signal that comes with it would end the program
    let script = "trap '' XFSZ && ulimit -f 20 && exec \"$0\" --fix";
    let output =
        Command::new("sh").args(["-c", script, PROGRAM]).current_dir(folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("a.yml: error: not changed: cannot be written: "), "{stderr}");
    assert_eq!((output.status.code(), read(&folder, "a.yml")), (Some(2), big));
    assert_eq!(names(folder.path()), ["a.yml"]);
}

#[test]
fn a_pipe_is_not_written_to() {
    let folder = folder(&["a.yml"]);
    let script = "cat a.yml | \"$0\" --fix /dev/stdin; echo $?";
    let output =
        Command::new("sh").args(["-c", script, PROGRAM]).current_dir(folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("/dev/stdin: error: not changed: "), "{stderr}");
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("2\n"), "{output:?}");
}

/// A tree in which writing takes a while.
fn many() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..300 {
        fs::write(folder.path().join(format!("f{index}.yml")), OLD).unwrap();
    }
    folder
}

fn start_fixing(folder: &Path) -> Child {
    let mut command = Command::new(PROGRAM);
    command.arg("--fix").current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    Command::new("kill").args([signal, &id]).stderr(Stdio::null()).status().unwrap();
}

/// How many files are fixed; fails where one is neither old nor new.
fn whole_files(folder: &Path) -> usize {
    let files = names(folder).into_iter().filter(|name| name.strip_suffix(".yml").is_some());
    let texts: Vec<_> = files.map(|name| fs::read_to_string(folder.join(name)).unwrap()).collect();
    assert_eq!(texts.len(), 300);
    assert!(texts.iter().all(|text| text == OLD || text == NEW));
    texts.iter().filter(|text| *text == NEW).count()
}

#[test]
fn a_kill_leaves_whole_files() {
    let mut partly = 0;
    for step in 0..25 {
        let folder = many();
        let mut child = start_fixing(folder.path());
        thread::sleep(Duration::from_millis(step * 4));
        send("-KILL", &child);
        let signal = child.wait().unwrap().signal();
        let fixed = whole_files(folder.path());
        let left = names(folder.path())
            .into_iter()
            .filter(|name| name.starts_with(".ecr-lint-"))
            .collect::<Vec<_>>();
        assert!(left.len() <= 1 && left.iter().all(|name| name.strip_suffix(".tmp").is_some()), "{left:?}");
        assert_eq!(names(folder.path()).len(), 300 + left.len());
        partly += usize::from(signal == Some(9) && fixed > 0);
    }
    eprintln!("{partly} of 25 runs were killed while they wrote");
}

/// Each signal comes at another moment; `src/fix/write.rs` has the moments at which a temporary file has a name.
#[test]
fn signals_leave_no_temporary_file() {
    let signals = [
        ("-HUP", libc::SIGHUP),
        ("-INT", libc::SIGINT),
        ("-QUIT", libc::SIGQUIT),
        ("-USR1", libc::SIGUSR1),
        ("-ALRM", libc::SIGALRM),
        ("-TERM", libc::SIGTERM),
        ("-XCPU", libc::SIGXCPU),
    ];
    let mut partly = 0;
    for (index, (name, number)) in signals.into_iter().cycle().take(42).enumerate() {
        let folder = many();
        let mut child = start_fixing(folder.path());
        thread::sleep(Duration::from_millis(index as u64 * 3));
        send(name, &child);
        let status = child.wait().unwrap();
        let fixed = whole_files(folder.path());
        assert_eq!(names(folder.path()).len(), 300, "{name}");
        if status.signal() == Some(number) {
            partly += usize::from(fixed > 0);
        } else {
            assert_eq!(
                (status.code(), fixed),
                (Some(0), 300),
                "{name}: it came too late, or is ignored here"
            );
        }
    }
    eprintln!("{partly} of 42 runs were ended while they wrote");
}

/// As `nohup` starts a program, and a shell its jobs in the background.
#[test]
fn signals_that_are_ignored_stay_ignored() {
    let (folder, gate) = (many(), tempfile::tempdir().unwrap());
    let gate = gate.path().join("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let script = "trap '' HUP INT; exec \"$0\" --fix -j 1 . \"$1\"";
    let mut child = Command::new("sh")
        .args(["-c", script, PROGRAM])
        .arg(&gate)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let writer = fs::OpenOptions::new().write(true).open(&gate).unwrap();
    drop(writer); // from here on it lints and writes
    while child.try_wait().unwrap().is_none() {
        for signal in ["-HUP", "-INT"] {
            Command::new("kill")
                .args([signal, &child.id().to_string()])
                .stderr(Stdio::null())
                .status()
                .unwrap();
        }
    }
    assert_eq!((child.wait().unwrap().code(), whole_files(folder.path())), (Some(0), 300));
}

#[test]
fn standard_input_comes_back_whatever_it_is() {
    let folder = folder(&[]);
    let pass = |input: &[u8], arguments: &[&str]| {
        let mut child = Command::new(PROGRAM)
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        let writer = thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().unwrap();
        let _ = writer.join().unwrap(); // it need not read what is too large
        (output.stdout, output.status.code())
    };
    let fix = ["--fix", "-"];
    assert_eq!(pass(OLD.as_bytes(), &fix), (NEW.as_bytes().to_owned(), Some(0)));
    let excluded = ["--fix", "-", "--stdin-filename", "a.yml", "--exclude", "a.yml"];
    assert_eq!(pass(OLD.as_bytes(), &excluded), (OLD.as_bytes().to_owned(), Some(0)));
    let large = b"# no module\n".repeat(200_000);
    let huge = b"- ecs_ecr: {name: x}\n".repeat(3_300_000);
    // what is too large comes not back in part
    assert_eq!(pass(&huge, &fix), (vec![], Some(2)));
    assert_eq!(pass(&huge, &excluded), (vec![], Some(2)));
    let others: [(&[u8], i32); 6] = [
        (b"", 0),
        (b"text\r", 0),
        (b"- ecs_ecr: [", 2),
        (b"- ecs_ecr: {name: \xff}", 2),
        (b"$ANSIBLE_VAULT;1.1;AES256\n- ecs_ecr: {}\n", 0),
        (&large, 0),
    ];
    for (input, code) in others {
        let (output, found) = pass(input, &fix);
        assert!(output == input && found == Some(code), "{} bytes, {found:?}", input.len());
    }
}

/// The diff of every case file applies, and gives what `--fix` gives.
#[test]
fn diffs_apply() {
    let folder = tempfile::tempdir().unwrap();
    for cases in ["tests/cases", "tests/fix"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(cases);
        for name in names(&source) {
            fs::copy(source.join(&name), folder.path().join(name)).unwrap();
        }
    }
    for odd in ["with space.yml", "qu\"ote.yml", "back\\slash.yml", "ünï.yml", "tab\t.yml"] {
        fs::write(folder.path().join(odd), OLD).unwrap();
    }
    fs::write(folder.path().join("ends_in_cr.yml"), "- ecs_ecr:\n    name: x\r").unwrap();
    let path = folder.path();
    let copy = |to: &Path| {
        for name in names(path).iter().filter(|name| name.strip_suffix(".yml").is_some()) {
            fs::copy(path.join(name), to.join(name)).unwrap();
        }
    };
    let (fixed, by_git, by_patch) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for to in [&fixed, &by_git, &by_patch] {
        copy(to.path());
    }
    let (output, stderr) = run(path, &["--diff"]);
    assert_eq!(output.status.code(), Some(2), "{stderr}"); // some cases cannot be read
    run(fixed.path(), &["--fix"]);
    let programs: [(&TempDir, &[&str]); 2] =
        [(&by_git, &["git", "apply", "-"]), (&by_patch, &["patch", "-p1", "--binary", "-s"])];
    for (to, command) in programs {
        let child =
            Command::new(command[0]).args(&command[1..]).current_dir(to.path()).stdin(Stdio::piped()).spawn();
        let Ok(mut child) = child else {
            eprintln!("not checked: no {}", command[0]);
            continue;
        };
        child.stdin.take().unwrap().write_all(&output.stdout).unwrap();
        assert!(child.wait().unwrap().success(), "{command:?}");
        assert_eq!(names(to.path()), names(fixed.path()));
        for name in names(to.path()) {
            assert_eq!(
                fs::read(to.path().join(&name)).unwrap(),
                fs::read(fixed.path().join(&name)).unwrap(),
                "{command:?}: {name}"
            );
        }
    }
}
