//! The command line and the documents, run as written: console blocks by trycmd, shell blocks by bash.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fences(text: &str) -> Vec<(&str, String)> {
    let mut fences = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            fences.push((language, body.join("\n")));
        }
    }
    fences
}

/// The documents whose blocks are run.
#[cfg(unix)]
const DOCUMENTS: [&str; 2] = ["README.md", ".github/REFERENCE.md"];

#[test]
fn command_line() {
    // the README's commands find something; trycmd's mark for that, `? 1`, would puzzle its readers
    trycmd::TestCases::new().case("tests/cli/*.trycmd").case("tests/cli/*.toml").fail("README.md");
}

/// The README's picture is what a terminal shows. `SNAPSHOTS=overwrite` draws it again.
#[test]
fn the_picture_in_the_readme_is_real_output() {
    let path = "tests/cli/files/registry.yml";
    let output = Command::new(env!("CARGO_BIN_EXE_ecr-lint"))
        .args(["--format", "full", "--color", "always", path])
        .current_dir(root())
        .output()
        .expect("ecr-lint runs");
    let text = [format!("$ ecr-lint {path}\n").as_bytes(), &output.stdout, &output.stderr].concat();
    let text = String::from_utf8(text).expect("UTF-8");
    snapbox::assert_data_eq!(text, snapbox::file!["../.github/finding.svg": TermSvg]);
}

fn transcripts() -> Vec<PathBuf> {
    let list = fs::read_dir(root().join("tests/cli")).expect("tests/cli");
    let files = list.map(|entry| entry.expect("an entry").path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "trycmd")).collect()
}

/// trycmd ignores blocks that it does not understand, so that a mistake would go unnoticed.
#[test]
fn trycmd_understands_every_block() {
    let mut files = transcripts();
    assert!(files.len() >= 5, "tests/cli holds too few cases");
    files.push(root().join("README.md"));
    for file in files {
        let text = fs::read_to_string(&file).expect("the case can be read");
        let console: Vec<_> =
            fences(&text).into_iter().filter(|(language, _)| *language == "console").collect();
        assert!(!console.is_empty(), "{} holds no console block", file.display());
        for (_, block) in console {
            let mut commands = block.lines().filter(|line| line.starts_with("$ ")).peekable();
            assert!(commands.peek().is_some(), "{}: no command in\n{block}", file.display());
            for command in commands {
                let plain = command.starts_with("$ ecr-lint") && !command.contains(['|', '>', '<', ';', '&']);
                assert!(plain, "{}: trycmd cannot run `{command}`", file.display());
            }
        }
    }
}

/// Adding a format means a row in the README's table and a transcript.
#[test]
fn every_format_is_documented_and_has_a_transcript() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let transcripts: String =
        transcripts().iter().map(|file| fs::read_to_string(file).expect("a transcript")).collect();
    for (_, name) in common::formats() {
        assert!(readme.contains(&format!("\n| `{name}` |")), "the README's table lacks the format {name}");
        let option = format!("--format {name}");
        let is_run = |line: &str| line.starts_with("$ ecr-lint ") && line.contains(&option);
        assert!(transcripts.lines().any(is_run), "no transcript in tests/cli runs `ecr-lint {option} …`");
    }
}

/// The shell blocks of the README and the reference run, in a repository whose `playbooks` are those of the tests; the
/// cargo commands are run by `.ci/run`.
#[cfg(unix)]
#[allow(clippy::print_stderr)] // what was not checked is said
#[test]
fn shell_blocks_of_the_documents() {
    let binary = Path::new(env!("CARGO_BIN_EXE_ecr-lint"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", binary.parent().expect("a folder").display());
    let known = ["console", "sh", "yaml", "json", "vim", "groovy"];
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).expect("a document");
        let fences = fences(&text);
        for (language, block) in &fences {
            assert!(
                known.contains(language),
                "{document} has a block of an unknown kind, `{language}`:\n{block}"
            );
        }
        let is_run = |(language, block): &&(&str, String)| *language == "sh" && !block.starts_with("cargo ");
        let blocks: Vec<_> = fences.iter().filter(is_run).collect();
        assert!(!blocks.is_empty(), "{document} shows no command");
        for (_, block) in blocks {
            if block.contains("jq ") && Command::new("jq").arg("--version").output().is_err() {
                eprintln!("not checked, since there is no jq:\n{block}");
                continue;
            }
            let folder = tempfile::TempDir::new().expect("a folder");
            // findings are no failure here, anything else is
            let script = "git init -q && cp -r \"$0\" playbooks && git add . || exit
                trap 'code=$?; [ $code = 1 ] || exit $code' ERR";
            let output = Command::new("bash")
                .args(["-c", &format!("{script}\n{block}")])
                .arg(root().join("tests/playbooks"))
                .current_dir(folder.path())
                .env("PATH", &path)
                .output()
                .expect("bash");
            let errors = String::from_utf8_lossy(&output.stderr);
            let is_good = matches!(output.status.code(), Some(0 | 1)) && !errors.contains("error");
            assert!(
                is_good && output.stdout.len() + output.stderr.len() > 0,
                "{document}: {output:?}\n{block}"
            );
        }
    }
}
