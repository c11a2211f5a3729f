//! What `--generate` and `--explain` print, used as their readers use it.
#![cfg(unix)]
#![allow(clippy::print_stderr)] // a check that cannot run here says so

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_ecr-lint");

fn generate(kind: &str) -> String {
    let Output { stdout, stderr, status } =
        Command::new(BINARY).args(["--generate", kind]).output().expect("ecr-lint runs");
    assert!(status.success() && stderr.is_empty(), "{kind}: {status} {stderr:?}");
    String::from_utf8(stdout).expect("the output is UTF-8")
}

/// What bash offers after these words, the last of which is incomplete.
fn offers_of_bash(folder: &Path, words: &[&str]) -> Vec<String> {
    let script = folder.join("ecr-lint.bash");
    fs::write(&script, generate("bash")).expect("a file");
    // as bash calls it: the registered function with the command, the word and the one before it
    let complete = r#"
        source "$1" && shift
        function=$(complete -p ecr-lint | sed 's/.*-F \([^ ]*\).*/\1/')
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        "$function" ecr-lint "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", complete, "bash"]).arg(script).args(words).current_dir(folder);
    let Output { stdout, stderr, .. } = bash.output().expect("bash runs");
    // bash without readline knows no compopt, and says so
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(stderr.lines().all(|line| line.contains("compopt")), "{stderr}");
    String::from_utf8(stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("site.yml"), "").expect("a file");
    let offers = |words: &[&str]| offers_of_bash(folder.path(), words);
    assert_eq!(offers(&["ecr-lint", "--no-i"]), ["--no-ignore"]);
    assert_eq!(offers(&["ecr-lint", "--exp"]), ["--explain"]);
    assert_eq!(offers(&["ecr-lint", "--color", "a"]), ["auto", "always"]);
    assert_eq!(
        offers(&["ecr-lint", "--generate", ""]),
        ["man", "bash", "zsh", "fish", "powershell", "elvish"]
    );
    assert!(offers(&["ecr-lint", "--format", ""]).contains(&"json".to_owned()));
    assert_eq!(offers(&["ecr-lint", "--stdin-filename", "si"]), ["site.yml"]);
    assert!(offers(&["ecr-lint", "-"]).len() > 10);
    // bash itself offers the files where the script has nothing
    assert_eq!(offers(&["ecr-lint", "si"]), [""]);
    assert_eq!(offers(&["ecr-lint", "site.yml", "si"]), [""]);
    assert!(generate("bash").contains(" -o default ecr-lint\n"));
}

#[test]
fn the_shells_can_read_their_scripts() {
    let folder = TempDir::new().expect("a folder");
    for shell in ["bash", "zsh", "fish"] {
        let script = folder.path().join(shell);
        fs::write(&script, generate(shell)).expect("a file");
        match Command::new(shell).arg("-n").arg(&script).output() {
            Ok(output) => assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}"),
            Err(error) => eprintln!("not run: {shell}: {error}"),
        }
    }
    assert!(generate("powershell").contains("Register-ArgumentCompleter"));
    assert!(generate("elvish").contains("edit:completion:arg-completer[ecr-lint]"));
}

#[test]
fn every_document_names_every_option() {
    let help = Command::new(BINARY).arg("--help").output().expect("ecr-lint runs").stdout;
    let help = String::from_utf8(help).expect("UTF-8");
    let options = help.lines().filter_map(|line| {
        let option = line.split_whitespace().find(|word| word.starts_with("--"))?;
        line.trim_start().starts_with('-').then(|| option.trim_start_matches("--"))
    });
    let options: Vec<_> = options.collect();
    assert!(options.len() >= 12, "{options:?}");
    for kind in ["man", "bash", "zsh", "fish", "powershell", "elvish"] {
        let text = generate(kind).replace('\\', "");
        for option in &options {
            assert!(text.contains(option), "{kind} does not name --{option}");
        }
    }
}

#[test]
fn man_page() {
    let page = generate("man");
    let sections: Vec<_> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
    assert_eq!(sections[..4], ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"]);
    for text in ["Comments:", "Environment:", "Examples:", "Exit status:"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    // every option has a description
    let lines: Vec<_> = page.lines().collect();
    let options = lines.windows(2).filter(|pair| pair[0].starts_with("\\fB\\-"));
    let undescribed: Vec<_> = options.filter(|pair| pair[1].is_empty()).collect();
    assert!(undescribed.is_empty(), "{undescribed:?}");
    for code in 0..3 {
        assert!(page.contains(&format!("\n  {code}  ")), "exit code {code} is not explained");
    }
}

#[test]
fn a_reader_may_leave_early() {
    for arguments in [&["--explain"][..], &["--generate", "man"], &["--generate", "zsh"]] {
        let mut child = Command::new(BINARY);
        child.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().expect("ecr-lint runs");
        drop(child.stdout.take());
        let Output { stderr, status, .. } = child.wait_with_output().expect("it ends");
        assert_eq!((status.code(), stderr), (Some(0), Vec::new()), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    for arguments in [&["--explain"][..], &["--generate", "man"]] {
        let output = Command::new(BINARY).args(arguments).stdout(full()).output().expect("ecr-lint runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}
