//! Helpers that several test files share: case files, damaged copies of them, scratch directories, and runs of the
//! program.
#![allow(
    dead_code,
    clippy::print_stderr,
    reason = "each test file uses a part of it; what cannot run here says so"
)]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use clap::ValueEnum;
use ecr_lint::cli::Format;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_ecr-lint");

/// A file with one finding.
pub(crate) const MUTABLE: &str = "- ecs_ecr: {name: x}\n";

/// Lines with what is expected there.
pub(crate) type Marks = BTreeSet<(u32, String)>;

/// The files of a folder in `tests`, sorted by name.
pub(crate) fn case_files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), fs::read(path).expect("the case can be read"))).collect()
}

/// Every format and its name on the command line.
pub(crate) fn formats() -> impl Iterator<Item = (Format, String)> {
    let name =
        |format: Format| format.to_possible_value().expect("no format is hidden").get_name().to_owned();
    Format::value_variants().iter().map(move |&format| (format, name(format)))
}

/// Whether expectations become what was found: `SNAPSHOTS=overwrite`, as for the README's picture.
pub(crate) fn overwrites() -> bool {
    env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite")
}

/// Writes a file in a folder of `tests`.
pub(crate) fn write_case(folder: &str, name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder).join(name);
    fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// The expectations in a case file: `#~ kind` marks its own line, and each `^` moves the mark one line up.
pub(crate) fn marks(bytes: &[u8], kinds: &[&str]) -> Marks {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let mut marks = Marks::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        for text in line.split("#~").skip(1) {
            let (mark, _) = mark(number, text);
            assert!(kinds.contains(&&*mark.1), "line {number}: `#~{text}` names none of {kinds:?}");
            marks.insert(mark);
        }
    }
    marks
}

/// The mark in a line's text behind `#~`, and what follows it.
fn mark(number: u32, text: &str) -> ((u32, String), &str) {
    let rest = text.trim_start_matches('^');
    let up = u32::try_from(text.len() - rest.len()).expect("few");
    let rest = rest.trim_start();
    let (kind, rest) =
        rest.split_at(rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len()));
    ((number - up, kind.to_owned()), rest)
}

/// A case file with marks for what was found: those of nothing go, and new ones stand at the ends of their lines.
pub(crate) fn marked(text: &str, expected: &Marks, found: &Marks) -> String {
    let mut all = String::new();
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let content = line.trim_end_matches(['\r', '\n']);
        let mut parts = content.split("#~");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for text in parts {
            let (mark, rest) = mark(number, text);
            if found.contains(&mark) {
                out.extend(["#~", text]);
            } else {
                out.truncate(out.trim_end().len());
                out.push_str(rest);
            }
        }
        for (_, kind) in found.difference(expected).filter(|(at, _)| *at == number) {
            out.extend([" #~ ", kind]);
        }
        all.extend([&out, &line[content.len()..]]);
    }
    all
}

/// The differences between marks and what was found, one a line; empty if there are none.
pub(crate) fn differences(expected: &Marks, found: &Marks) -> String {
    let missing =
        expected.difference(found).map(|(line, kind)| format!("line {line}: {kind} is not found\n"));
    let extra = found.difference(expected).map(|(line, kind)| format!("line {line}: {kind} is not marked\n"));
    missing.chain(extra).collect()
}

/// Pieces of YAML that are put into case files to damage them.
pub(crate) const FRAGMENTS: [&str; 38] = [
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
    "#",
    " #",
    "? ",
    "\t",
    "\r",
    "\u{2028}",
    "\u{85}",
    "\u{feff}",
    "module_defaults: ",
    "args: ",
    "name: x",
    ",",
];

/// A case file of these folders with up to five pieces replaced, removed or inserted.
pub(crate) fn damaged(folders: &[&str]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let seeds: Vec<_> =
        folders.iter().flat_map(|folder| case_files(folder)).map(|(_, bytes)| bytes).collect();
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

/// How many inputs a law is tested on: `PROPTEST_CASES`, or this number.
pub(crate) fn inputs(usual: u32) -> ProptestConfig {
    let config = ProptestConfig::default();
    let cases = if env::var_os("PROPTEST_CASES").is_some() { config.cases } else { usual };
    ProptestConfig { cases, ..config }
}

/// A scratch directory with these files.
pub(crate) fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Runs a shell script, in which `"$@"` is the program with its arguments, as a user whom permissions restrict. Says so
/// and returns `None` if that is not possible.
#[cfg(unix)]
pub(crate) fn as_nobody(folder: &Path, script: &str, arguments: &[&str]) -> Option<Output> {
    use std::os::unix::fs::MetadataExt;
    let is_root = fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0);
    let user = || {
        let mut command = Command::new(if is_root { "setpriv" } else { "env" });
        if is_root {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        command
    };
    let runs = |program: &[&str]| user().args(program).output().is_ok_and(|output| output.status.success());
    if !runs(&["true"]) {
        eprintln!("not checked: permissions do not restrict root, and setpriv cannot run as user 65534");
        return None;
    }
    if !runs(&[PROGRAM, "--version"]) {
        eprintln!("not checked: user 65534 may not run {PROGRAM}; a folder above it is closed to others");
        return None;
    }
    let mut command = user();
    command.args(["sh", "-c", script, "sh", PROGRAM]).args(arguments).current_dir(folder);
    Some(plain(&mut command).output().expect("a shell"))
}

/// Removes the variables that decide about colour.
pub(crate) fn plain(command: &mut Command) -> &mut Command {
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CLICOLOR"] {
        command.env_remove(name);
    }
    command
}

/// Standard output, standard error and the exit code.
pub(crate) fn parts(output: Output) -> (String, String, Option<i32>) {
    let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}
