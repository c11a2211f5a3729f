//! Hostile inputs: a table of shapes, each a function of a size.
//!
//! `cargo test` lints each shape at a small size: it must end in what the table says, on a small stack, with a report
//! that is no larger than the file. The ignored test `growth` runs the program with shapes of 64 to 256 KB and looks
//! how time, memory and output grow, never how long anything takes: `.ci/run` has the command.
#![allow(clippy::print_stdout, clippy::format_collect, reason = "a table; texts are short or made once")]

mod comment;
mod graph;
#[cfg(unix)]
mod growth;
mod line;
mod repeated;
mod scalar;
mod shape;
mod string;
mod tree;

use std::collections::HashSet;
use std::iter;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::ValueEnum;
use ecr_lint::cli::Format;
use ecr_lint::linter::{LintOptions, lint};
use ecr_lint::modules::Modules;
use ecr_lint::report::{FileReport, Status, Verdict};

use shape::{FILE, FORMATS, Input, Shape};

/// The stack that every input must make do with. The frames of debug builds are several times as large.
const STACK: usize = if cfg!(debug_assertions) { 1 << 20 } else { 256 << 10 };

/// The size of an input in the regular run, in bytes.
const SMALL: usize = 5_000;

/// A problem's own words, of which a file may cause many.
const WORDS: usize = 16;

/// A format that is not run grows unseen.
#[test]
fn every_format_is_run() {
    for format in Format::value_variants() {
        let name = format.to_possible_value().expect("no format is hidden");
        let is_run = FORMATS.iter().any(|options| options.starts_with(&format!("-f {}", name.get_name())));
        assert!(is_run || !format.is_for_programs(), "{format:?}");
    }
}

fn shapes() -> Vec<Shape> {
    [
        repeated::shapes(),
        line::shapes(),
        comment::shapes(),
        tree::shapes(),
        string::shapes(),
        graph::shapes(),
        scalar::shapes(),
    ]
    .concat()
}

/// The report on a text.
fn report(input: Vec<u8>) -> Option<FileReport> {
    let options = LintOptions::new(Modules::default());
    let work = move || lint(Path::new(FILE), &input, &options);
    thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread").join().ok()
}

/// The size of what is said about a file.
fn weight(report: &FileReport) -> usize {
    let length = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
    let findings = report.findings().map(|(finding, _)| 1 + length(&finding.task) + length(&finding.value));
    let problems = report.texts(Status::Problem).map(|(message, _)| 1 + message.len());
    findings.chain(problems).sum()
}

/// What is wrong with the report on a text of this shape and size.
fn complaint(shape: &Shape, input: fn(usize) -> Vec<u8>, size: usize) -> Option<String> {
    let input = input(size);
    let length = input.len();
    let Some(report) = report(input) else {
        return Some(format!("{} at {size} bytes: a panic", shape.name));
    };
    let (findings, problems) = (report.findings().count(), report.texts(Status::Problem).count());
    let verdict = match (problems, findings) {
        (0, 0) => Verdict::Clean,
        (0, _) => Verdict::Flagged,
        _ => Verdict::Incomplete,
    };
    let weight = weight(&report);
    let longest = report.texts(Status::Problem).map(|(message, _)| message.len()).max().unwrap_or(0);
    let what = if shape.verdict.map_or(verdict == Verdict::Clean, |expected| expected != verdict) {
        format!("{verdict:?}: {:?}", report.texts(Status::Problem).next())
    } else if findings > length || problems > length {
        format!("{findings} findings and {problems} problems in {length} bytes")
    } else if weight > WORDS * length + 1000 {
        format!("{weight} bytes said of {length}")
    } else if longest > 1000 {
        format!("a message of {longest} bytes")
    } else {
        return None;
    };
    Some(format!("{} at {size} bytes: {what}", shape.name))
}

#[test]
fn every_text_is_answered() {
    let complaints: Vec<_> = each(&shapes(), |shape| {
        let Input::Text(input) = shape.input else { return Vec::new() };
        [SMALL, 2 * SMALL].into_iter().filter_map(|size| complaint(shape, input, size)).collect()
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What `work` gives for each item, on as many threads as there are cores.
fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Vec<R> + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let items = iter::from_fn(|| items.get(next.fetch_add(1, Ordering::Relaxed)));
        items.flat_map(&work).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    })
}

#[test]
fn names_are_distinct() {
    let shapes = shapes();
    let names: HashSet<_> = shapes.iter().map(|shape| shape.name).collect();
    assert_eq!(names.len(), shapes.len());
    assert!(names.len() >= 200);
}
