//! What a shape is, and how its text is made.

use ecr_lint::report::Verdict;

/// A file with one finding.
pub(crate) const TASK: &str = "- ecs_ecr: {name: x}\n";

/// Stands between the path of a symbolic link and its target.
pub(crate) const LINK: &str = " -> ";

/// Paths and what the files hold; links hold nothing.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// The name of the file that a text becomes.
pub(crate) const FILE: &str = "hostile.yml";

/// All ways to say what was found: what is printed by `text` is part of the others.
pub(crate) const FORMATS: &[&str] = &[
    "-f full",
    "-f json -q",
    "-f sarif -q",
    "-f gitlab -q",
    "-f github -q",
    "-f junit -q",
    "--diff",
    "--diff --add-ignores x",
];

/// What a shape runs with unless it says otherwise: these go through all rooms.
const USUAL: &[&str] = &["-f full", "--diff --add-ignores x"];

/// What a shape makes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input {
    /// The text of one file.
    Text(fn(usize) -> Vec<u8>),
    /// Many files.
    Tree(fn(usize) -> Files),
}

/// One kind of hostile input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// `None` if it depends on the size: findings, errors or both.
    pub(crate) verdict: Option<Verdict>,
    /// Makes an input of about this many bytes.
    pub(crate) input: Input,
    /// The command lines to run it with; `@list` stands for the lines of a file of the tree.
    pub(crate) runs: &'static [&'static str],
    /// What the end of standard error contains in every run.
    pub(crate) says: &'static str,
}

pub(crate) fn shape(name: &'static str, verdict: Verdict, input: fn(usize) -> Vec<u8>) -> Shape {
    Shape { name, verdict: Some(verdict), input: Input::Text(input), runs: USUAL, says: "" }
}

pub(crate) fn tree(name: &'static str, verdict: Verdict, input: fn(usize) -> Files) -> Shape {
    Shape { name, verdict: Some(verdict), input: Input::Tree(input), runs: USUAL, says: "" }
}

impl Shape {
    /// The verdict depends on the size.
    pub(crate) fn or_refused(self) -> Self {
        Self { verdict: None, ..self }
    }

    pub(crate) fn runs(self, runs: &'static [&'static str]) -> Self {
        Self { runs, ..self }
    }

    pub(crate) fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// The files of an input of about this many bytes.
    pub(crate) fn files(&self, size: usize) -> Files {
        match self.input {
            Input::Text(text) => vec![(FILE.to_owned(), text(size))],
            Input::Tree(files) => files(size),
        }
    }
}

/// `unit` over and over, between `head` and `tail`.
pub(crate) fn fill(size: usize, head: &str, unit: &str, tail: &str) -> Vec<u8> {
    let rest = size.saturating_sub(head.len() + tail.len());
    [head, &unit.repeat(rest / unit.len() + 1), tail].concat().into_bytes()
}

/// Numbered units between `head` and `tail`.
pub(crate) fn count(size: usize, head: &str, unit: impl Fn(usize) -> String, tail: &str) -> Vec<u8> {
    [text(size, head, unit).as_str(), tail].concat().into_bytes()
}

pub(crate) fn text(size: usize, head: &str, unit: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    for index in 0.. {
        if text.len() >= size {
            break;
        }
        text += &unit(index);
    }
    text
}

/// Numbered arguments, and tasks that share all of them.
pub(crate) fn shared_arguments(size: usize, argument: impl Fn(usize) -> String) -> Vec<u8> {
    halves(size, "- vars: &v {", argument, "}\n", |_| "- ecs_ecr: *v\n".into(), "")
}

/// Two floods, each of half the size: what is referred to, and the references.
pub(crate) fn halves(
    size: usize,
    head: &str,
    unit: impl Fn(usize) -> String,
    middle: &str,
    reference: impl Fn(usize) -> String,
    tail: &str,
) -> Vec<u8> {
    let first = text(size / 2, head, unit) + middle;
    let second = text(size / 2, "", reference);
    [first.as_str(), &second, tail].concat().into_bytes()
}
