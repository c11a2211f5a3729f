//! How files are named: for programs from the repository's root, for people from the current directory.
#![cfg(unix)]
#![allow(clippy::print_stderr)] // a test that cannot run here says so

mod common;

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::formats;
use ecr_lint::cli::Format;
use serde_json::Value;
use tempfile::TempDir;

const OLD: &str = "- ecs_ecr: {name: x}\n";
const NEW: &str = "- ecs_ecr: {name: x, image_tag_mutability: immutable}\n";

/// Whether a format's files have the same names wherever the program was started; where people read a report, or a
/// script that they started, the names are from there.
fn names_from_root(format: Format) -> bool {
    match format {
        Format::Sarif | Format::Github | Format::Gitlab | Format::Junit => true,
        Format::Auto | Format::Full | Format::Text | Format::Json => false,
    }
}

/// A repository with `roles/web/a.yml`, `b.yml`, which cannot be read to its end, and a link to `roles`.
fn repository() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let root = folder.path();
    fs::create_dir_all(root.join("roles/web")).expect("folders");
    fs::create_dir(root.join(".git")).expect("a folder");
    fs::write(root.join("roles/web/a.yml"), OLD).expect("a file");
    fs::write(root.join("roles/web/b.yml"), "- ecs_ecr: {name: x}\n---\n- [").expect("a file");
    symlink("roles", root.join("link")).expect("a link");
    folder
}

fn run(directory: &Path, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-lint"));
    let Output { stdout, stderr, .. } =
        command.args(arguments).current_dir(directory).output().expect("ecr-lint runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(stdout), text(stderr))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_clone_below_a_directory_named_templates_holds_no_templates() {
    let folder = TempDir::new().expect("a folder");
    let clone = folder.path().canonicalize().expect("a path").join("templates/clone");
    fs::create_dir_all(clone.join("roles/web/templates")).expect("folders");
    fs::write(clone.join("a.yml"), "- ecs_ecr: [").expect("a file");
    fs::write(clone.join("roles/web/templates/b.yml"), "- ecs_ecr: [").expect("a file");
    for path in [".", clone.to_str().expect("UTF-8")] {
        let (_, stderr) = run(&clone, &["-f", "text", "--no-ignore", path]);
        let of_file = |name: &str| stderr.lines().find(|line| line.contains(name)).map(str::to_owned);
        let (broken, template) = (of_file("a.yml"), of_file("b.yml"));
        assert!(broken.is_some_and(|line| line.contains("error: ")), "{path}: {stderr}");
        assert!(
            template.is_some_and(|line| line.contains("warning: the file is a template")),
            "{path}: {stderr}"
        );
    }
}

#[test]
fn programs_get_the_same_report_however_a_file_is_named() {
    let folder = repository();
    let root = folder.path();
    let absolute = root.join("roles").display().to_string();
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/REFERENCE.md");
    let reference = fs::read_to_string(reference).expect("REFERENCE.md");
    let (before, _) = reference.split_once(" name files from the repository's root").expect("a sentence");
    let documented = before.lines().last().expect("the formats that do");
    for (format, name) in formats() {
        assert_eq!(
            documented.contains(&format!("`{name}`")),
            names_from_root(format),
            "REFERENCE.md on {name}"
        );
    }
    for (_, name) in formats().filter(|(format, _)| names_from_root(*format)) {
        let report = |from: &str, path: &str| run(&root.join(from), &["-q", "-f", &name, path]).0;
        let expected = report("", "roles");
        assert!(expected.contains("roles/web/a.yml") && !expected.contains("../"), "{expected}");
        for (from, path) in [
            ("", "./roles"),
            ("", "roles/web/../../roles/web"),
            ("", "link/"),
            ("", &absolute),
            ("roles", "."),
            ("roles", "../roles/web"),
            ("roles/web", "."),
            ("roles/web", &absolute),
            ("link/web", "."),
        ] {
            assert_eq!(report(from, path), expected, "{name}: {path} in /{from}");
        }
    }
}

#[test]
fn people_get_paths_from_where_they_are() {
    let folder = repository();
    let root = folder.path();
    let absolute = root.join("roles/web/a.yml").display().to_string();
    for (from, path, expected) in [
        ("", "roles/web/a.yml", "roles/web/a.yml"),
        ("", &absolute, "roles/web/a.yml"),
        ("", "roles/../roles/web/a.yml", "roles/web/a.yml"),
        ("", "link/web/a.yml", "link/web/a.yml"),
        ("roles", "web/a.yml", "web/a.yml"),
        ("roles", &absolute, "web/a.yml"),
        ("roles", "../roles/web/a.yml", "web/a.yml"),
    ] {
        let from = root.join(from);
        let (text, _) = run(&from, &["-q", "-f", "text", path]);
        assert!(text.starts_with(&format!("{expected}:1:3: ")), "{path}: {text}");
        let (full, _) = run(&from, &["-q", "-f", "full", path]);
        assert!(full.contains(&format!("--> {expected}:1:3\n")), "{path}: {full}");
        assert_eq!(json(&run(&from, &["-q", "-f", "json", path]).0)["findings"][0]["path"], expected);
    }
    let (text, _) = run(&root.join("roles/web"), &["-q", "../../roles/web/a.yml", "../../link/web/b.yml"]);
    assert!(text.starts_with("a.yml:1:3: "), "{text}");
    // where they lie elsewhere, they stay as they were named
    fs::write(root.join("c.yml"), OLD).expect("a file");
    let (text, _) = run(&root.join("roles"), &["-q", "../c.yml"]);
    assert!(text.starts_with("../c.yml:1:3: "), "{text}");
    let (_, stderr) = run(root, &["-q", root.join("no.yml").to_str().expect("UTF-8")]);
    assert!(stderr.starts_with("no.yml: error: "), "{stderr}");
}

#[test]
fn outside_a_repository_the_current_directory_is_the_root() {
    let folder = repository();
    fs::remove_dir(folder.path().join(".git")).expect("the folder");
    let root = fs::canonicalize(folder.path()).expect("a path");
    let a = root.join("roles/web/a.yml").display().to_string();
    let path_of = |from: &str, path: &str| {
        let (report, _) = run(&root.join(from), &["-q", "-f", "gitlab", path]);
        json(&report)[0]["location"]["path"].as_str().expect("a path").to_owned()
    };
    assert_eq!(path_of("roles", &a), "web/a.yml");
    assert_eq!(path_of("roles/web", &a), "a.yml");
    assert_eq!(path_of("link", "../link/web/a.yml"), "web/a.yml");
    // what lies outside has its absolute path, from wherever it is named
    fs::write(root.join("c.yml"), OLD).expect("a file");
    assert_eq!(path_of("roles", "../c.yml"), root.join("c.yml").display().to_string());
    let (report, _) = run(&root.join("roles"), &["-q", "-f", "sarif", "../c.yml"]);
    let location = &json(&report)["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    let uri = location["artifactLocation"]["uri"].as_str().expect("a URI");
    assert!(uri.starts_with("file:///") && location["artifactLocation"]["uriBaseId"].is_null(), "{uri}");
}

#[test]
fn a_link_keeps_its_name() {
    let (folder, other) = (repository(), TempDir::new().expect("a folder"));
    let root = folder.path();
    fs::write(other.path().join("a.yml"), OLD).expect("a file");
    symlink(other.path().join("a.yml"), root.join("out.yml")).expect("a link");
    symlink(other.path(), root.join("out")).expect("a link");
    symlink("roles/web/a.yml", root.join("in.yml")).expect("a link");
    for path in ["out.yml", "out/a.yml", "in.yml"] {
        let (report, _) = run(&root.join("roles"), &["-q", "-f", "gitlab", &format!("../{path}")]);
        assert_eq!(json(&report)[0]["location"]["path"], path);
        let absolute = root.join(path).display().to_string();
        assert_eq!(run(root, &["-q", &absolute]).0, run(root, &["-q", path]).0);
    }
}

fn pipe(directory: &Path, command: &[&str], input: &[u8]) -> Option<Output> {
    let mut process = Command::new(command[0]);
    process.args(&command[1..]).current_dir(directory).stdin(Stdio::piped());
    let child = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("not checked: no {}", command[0]);
        return None;
    };
    child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
    Some(child.wait_with_output().expect("it ends"))
}

#[test]
fn standard_input_has_the_name_that_it_is_given() {
    let folder = repository();
    let path_of = |arguments: &[&str]| {
        let command = [&[env!("CARGO_BIN_EXE_ecr-lint"), "-q", "-f", "gitlab", "-"], arguments].concat();
        let output = pipe(&folder.path().join("roles"), &command, OLD.as_bytes()).expect("ecr-lint runs");
        json(&String::from_utf8(output.stdout).expect("UTF-8"))[0]["location"]["path"].clone()
    };
    assert_eq!(path_of(&[]), "<stdin>");
    assert_eq!(path_of(&["--stdin-filename", "web/new.yml"]), "roles/web/new.yml");
}

/// Below the current directory git and patch take the names from there, else from where a note says.
#[test]
fn a_diff_applies_where_it_says() {
    let folder = repository();
    let root = &fs::canonicalize(folder.path()).expect("a path");
    fs::write(root.join("c.yml"), OLD).expect("a file");
    let real_git = pipe(root, &["git", "init", "--quiet"], b"").is_some();
    let elsewhere = TempDir::new().expect("a folder");
    let note = |directory: &Path| {
        let directory = directory.display();
        format!(
            "note: the diff names files from {directory}; apply it there, with `git apply` or `patch -p1`\n"
        )
    };
    let absolute = root.join("roles/web/a.yml").display().to_string();
    let runs: [(&str, &[&str], &str); 3] = [
        ("", &["roles"], ""),
        ("roles", &[&absolute], "roles"),
        ("roles/web", &["a.yml", "../../c.yml"], ""),
    ];
    for (from, paths, at) in runs {
        let (diff, stderr) = run(&root.join(from), &[&["--diff"], paths].concat());
        assert_eq!(stderr.ends_with(&note(root)), at != from, "{stderr}");
        assert_eq!(stderr.contains("note: the diff"), at != from, "{stderr}");
        let at = root.join(at);
        for command in [&["git", "apply", "-"][..], &["patch", "-p1", "--binary", "-s"]] {
            if command[0] == "git" && !real_git {
                continue;
            }
            let Some(output) = pipe(&at, command, diff.as_bytes()) else { continue };
            assert!(output.status.success(), "{command:?} in {}: {output:?}\n{diff}", at.display());
            let a = fs::read_to_string(root.join("roles/web/a.yml")).expect("a file");
            assert_eq!(a, NEW, "{command:?} in {}", at.display());
            for file in ["roles/web/a.yml", "c.yml"] {
                fs::write(root.join(file), OLD).expect("a file");
            }
        }
    }
    // a link that is named stands for its target
    symlink("roles/web/a.yml", root.join("in.yml")).expect("a link");
    let (diff, _) = run(root, &["--diff", "in.yml"]);
    assert!(diff.starts_with("--- a/roles/web/a.yml\n"), "{diff}");
    // outside the repository
    let (diff, stderr) = run(elsewhere.path(), &["--diff", root.join("c.yml").to_str().expect("UTF-8")]);
    assert!(stderr.ends_with(&note(Path::new("/"))), "{stderr}");
    if let Some(output) = pipe(Path::new("/"), &["patch", "-p1", "--binary", "-s"], diff.as_bytes()) {
        assert!(output.status.success(), "{output:?}\n{diff}");
        assert_eq!(fs::read_to_string(root.join("c.yml")).expect("a file"), NEW);
    }
}
