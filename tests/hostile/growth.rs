//! How the time, memory and output of the program grow with each shape, each run in a process of its own.
//!
//! Invariant: nothing here asserts how long a run takes. A run on four times as much may take eight times as long,
//! where the square of the size would be sixteen times; what is too short to measure passes.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::libc;
use tempfile::TempDir;

use ecr_lint::report::Verdict;

use crate::shape::{FILE, LINK, Shape};
use crate::{each, shapes};

/// The release build to run, instead of the one that is tested.
const PROGRAM: &str = "ECR_LINT";
/// The smallest size in bytes, a quarter of the largest.
const BASE: &str = "HOSTILE_BYTES";
/// Only shapes whose name contains this.
const ONLY: &str = "HOSTILE_SHAPES";
/// If set, all sizes are printed as a table.
const TABLE: &str = "HOSTILE_TABLE";

/// KiB of memory and seconds after which a run is ended, which fails.
const LIMITS: &str = "ulimit -v 6000000; ulimit -t 40; exec \"$@\"";
/// How often a run is repeated if its time grows too fast; the quickest counts.
const TRIES: usize = 3;
/// How much longer a run on four times as much may take, and how many seconds more that do not count.
const GROWTH: f64 = 8.0;
const FLOOR: f64 = 0.1;
/// How many bytes of memory a run may take for each byte of input, and in any case.
const MEMORY: (u64, u64) = (170, 40 << 20);
/// How many bytes a run may print for each byte of input, and in any case.
const OUTPUT: (u64, u64) = (600, 1 << 20);

/// What a run took.
#[derive(Debug)]
struct Usage {
    /// `None` if it was ended.
    code: Option<i32>,
    seconds: f64,
    memory: u64,
    output: u64,
    /// What is wrong with what it did, if anything.
    complaint: Option<String>,
}

/// Runs the program on a shape.
fn run(shape: &Shape, options: &str, size: usize) -> Usage {
    let folder = TempDir::new().expect("a folder");
    let [root, printed, said] = ["root", "printed", "said"].map(|name| folder.path().join(name));
    for (path, bytes) in shape.files(size) {
        let (name, target) = path.split_once(LINK).map_or((&*path, None), |(name, to)| (name, Some(to)));
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        let made = target.map_or_else(|| fs::write(&path, bytes), |target| symlink(target, &path));
        made.expect("a file is written");
    }
    let [output, errors] = [&printed, &said].map(|path| File::create(path).expect("a file"));
    let program = env::var(PROGRAM).unwrap_or_else(|_| env!("CARGO_BIN_EXE_ecr-lint").to_owned());
    let program = fs::canonicalize(program).expect("the program");
    let mut command = Command::new("sh");
    command.args(["-c", LIMITS, "sh"]).arg(program).args(arguments(&root, options)).current_dir(&root);
    command.stdin(File::open(root.join(FILE)).map_or_else(|_| Stdio::null(), Stdio::from));
    command.stdout(output).stderr(errors);
    let mut usage = wait(command).expect("a process");
    let length = |path: &Path| fs::metadata(path).expect("a file").len();
    usage.output = length(&printed) + length(&said);
    usage.complaint = complaint(shape, options, size as u64, &usage, &last_words(&said));
    usage
}

/// The end of a file that may be large.
fn last_words(path: &Path) -> String {
    let mut file = File::open(path).expect("a file");
    let from = file.metadata().expect("a file").len().saturating_sub(4096);
    let mut words = Vec::new();
    file.seek(SeekFrom::Start(from)).and_then(|_| file.read_to_end(&mut words)).expect("its end");
    String::from_utf8_lossy(&words).into_owned()
}

/// The words of a command line.
fn arguments(root: &Path, options: &str) -> Vec<String> {
    let lines = |list: &str| -> Vec<String> {
        let list = fs::read_to_string(root.join(list)).expect("a list");
        list.lines().map(str::to_owned).collect()
    };
    let words = options.split_whitespace();
    words.flat_map(|word| word.strip_prefix('@').map_or_else(|| vec![word.to_owned()], lines)).collect()
}

/// Waits until a command ends, and asks the system what it took.
#[allow(unsafe_code)]
fn wait(mut command: Command) -> io::Result<Usage> {
    let child = libc::pid_t::try_from(command.spawn()?.id()).expect("a process id");
    let mut status = 0;
    // SAFETY: both are plain numbers, for which all zeros are valid
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are valid until the call returns, and nothing else waits for this child
    if unsafe { libc::wait4(child, &raw mut status, 0, &raw mut usage) } != child {
        return Err(io::Error::last_os_error());
    }
    #[allow(clippy::cast_precision_loss)] // seconds
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    Ok(Usage {
        code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
        seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        memory: u64::try_from(usage.ru_maxrss).unwrap_or_default() * unit,
        output: 0,
        complaint: None,
    })
}

/// What is wrong with a run by itself.
fn complaint(shape: &Shape, options: &str, size: u64, usage: &Usage, said: &str) -> Option<String> {
    let code = shape.verdict.map(|verdict| match verdict {
        Verdict::Clean => 0,
        Verdict::Flagged => 1,
        Verdict::Incomplete => 2,
    });
    let is_expected = code.map_or(matches!(usage.code, Some(1 | 2)), |code| usage.code == Some(code));
    let is_quiet = options.split(' ').any(|option| option == "-q");
    let is_within = |used: u64, (each, least): (u64, u64)| used <= least + each * size;
    match () {
        () if usage.code.is_none() => Some("ended by the limits of time or memory".to_owned()),
        () if !is_expected => Some(format!("exit code {:?}, not {:?}", usage.code, code)),
        () if !is_within(usage.memory, MEMORY) => Some(format!("{} MiB of memory", usage.memory >> 20)),
        () if !is_within(usage.output, OUTPUT) => Some(format!("{} MiB of output", usage.output >> 20)),
        () if !is_quiet && !said.contains(shape.says) => Some(format!("does not say `{}`", shape.says)),
        () => None,
    }
}

/// What is wrong with how a shape grows with one command line.
fn growth_complaint(shape: &Shape, options: &str, base: usize) -> Option<String> {
    let what = |what: &str| format!("{} with `{options}`: {what}", shape.name);
    let (mut small, mut large) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TRIES {
        let usage = run(shape, options, 4 * base);
        if let Some(complaint) = usage.complaint {
            return Some(what(&complaint));
        }
        large = large.min(usage.seconds);
        if large <= FLOOR {
            return None;
        }
        small = small.min(run(shape, options, base).seconds);
        if large <= GROWTH * small + FLOOR {
            return None;
        }
    }
    Some(what(&format!("{small:.3} s for {base} bytes, {large:.3} s for four times as many")))
}

/// Prints a row of the table: seconds for each size, how many times as many for four times the size, then what the
/// largest took.
fn print_row(shape: &Shape, options: &str, base: usize) -> Option<String> {
    let usages = [base, 2 * base, 4 * base].map(|size| run(shape, options, size));
    let [small, _, large] = &usages;
    let times = usages.each_ref().map(|usage| format!("{:.3}", usage.seconds)).join(" | ");
    let ratio = large.seconds / small.seconds;
    let (memory, output) = (large.memory >> 20, large.output >> 20);
    let complaint = large.complaint.clone().unwrap_or_default();
    println!("| {} | `{options}` | {times} | {ratio:.1} | {memory} | {output} | {complaint} |", shape.name);
    None
}

/// Every shape with its command lines; a few processes at a time.
#[test]
#[ignore = "takes a minute, and a release build"]
fn growth() {
    let base = env::var(BASE).ok().and_then(|text| text.parse().ok()).unwrap_or(64 << 10);
    let only = env::var(ONLY).unwrap_or_default();
    let as_table = env::var_os(TABLE).is_some();
    let shapes = shapes().into_iter().filter(|shape| shape.name.contains(&only));
    let with_options = |shape: Shape| shape.runs.iter().map(move |options| (shape, *options));
    let cells: Vec<_> = shapes.flat_map(with_options).collect();
    let check = if as_table { print_row } else { growth_complaint };
    let complaints = each(&cells, |(shape, options)| check(shape, options, base).into_iter().collect());
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
