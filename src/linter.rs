//! Lints one text, or all files that the walker finds, on all cores.
//!
//! Invariant: every file that the walker finds is checked or skipped as a vault file, and the result does not depend on
//! how the work was scheduled.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::fix::{FixContext, FixPlan, Level};
use crate::parser::{self, Failure, Modules, Parsed, Position, Span};
use crate::reader::{Content, LIMIT, Reader, io_message};
pub use crate::report::{Located, Problem, Report, Run, Suppressed, Totals, Verdict};
use crate::rule::{self, Finding};
use crate::search::Search;
use crate::suppress::{self, MaybeSuppressed, Suppression, Suppressions};
use crate::walker::{self, Walker};

/// How many files a thread takes at a time, once there are many.
const BATCH: usize = 128;
/// How many batches wait; when none fits, the walking thread works one off itself.
const WAITING: usize = 4;

/// Lints one text.
#[must_use]
pub fn lint(path: &Path, bytes: &[u8], options: &Options) -> Report {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return not_utf8(path, bytes, error.valid_up_to()),
    };
    let comments = options.suppress && suppress::has_trigger(bytes);
    let parsed = Parsed::new(text, comments);
    let mut suppressions = Suppressions::read(text, &parsed);
    let mut findings = Vec::new();
    let mut limit = 1 << 16;
    let mut plan = options.fixes.map(FixPlan::new);
    let (tasks, failures) = parsed.each_task(&options.modules, |task| {
        let Some(finding) = rule::check(task) else { return };
        let suppression = suppressions.suppression(task.span, finding.span);
        if let Some(plan) = plan.as_mut().filter(|_| suppression.is_none()) {
            plan.add(task, &finding);
        }
        findings.push((finding, suppression));
        if findings.len() > limit {
            // findings that aliases repeat must not take more memory than the file
            suppress::deduplicate(&mut findings);
            limit = 2 * findings.len();
        }
    });
    suppress::deduplicate(&mut findings);
    let context = FixContext {
        parsed: &parsed,
        modules: &options.modules,
        findings: &findings,
        failures: &failures,
        tasks,
        comments,
    };
    let fixes = plan.map_or_else(Vec::new, |plan| plan.finish(&context));
    // a span and kind counts as suppressed only if all of its findings are
    findings.dedup_by_key(|(finding, _)| (finding.span, finding.kind));
    // a comment on a task that could not be read may well be needed
    let warnings = if failures.is_empty() { suppressions.warnings() } else { Vec::new() };
    drop(parsed); // saves memory: the tree of a large file is not needed for the report

    let keep_source = options.keep_source && !findings.is_empty();
    let has_large_fix = fixes.iter().any(|fix| fix.edits().len() > 1);
    let source = (keep_source || has_large_fix).then(|| text.into());
    let mut report = Report { fixes, tasks, source, ..Report::new(path) };
    locate(&mut report, bytes, findings, failures, warnings);
    report
}

fn not_utf8(path: &Path, bytes: &[u8], offset: usize) -> Report {
    let position = parser::positions(bytes, &[offset]).first().copied();
    let message = "is not UTF-8; save the file as UTF-8".to_owned();
    Report { problems: vec![Problem { position, message }], ..Report::new(path) }
}

/// Stores findings, failures and warnings in the report, with their lines and columns.
fn locate(
    report: &mut Report,
    bytes: &[u8],
    findings: Vec<MaybeSuppressed>,
    failures: Vec<Failure>,
    warnings: Vec<(usize, String)>,
) {
    let spans = findings.iter().flat_map(|(Finding { span: Span { start, end }, .. }, _)| [*start, *end]);
    let failed = failures.iter().filter_map(|failure| failure.offset);
    let offsets: Vec<usize> = spans.chain(failed).chain(warnings.iter().map(|(offset, _)| *offset)).collect();
    let mut positions = parser::positions(bytes, &offsets).into_iter();
    let mut next = || positions.next().unwrap_or(Position { line: 1, column: 1 });
    for (item, suppression) in findings {
        let finding = Located { start: next(), end: next(), item };
        match suppression {
            None => report.findings.push(finding),
            Some(Suppression { reason }) => report.suppressed.push(Suppressed { finding, reason }),
        }
    }
    let problem = |failure: Failure| Problem {
        position: failure.offset.map(|_| next()),
        message: failure.reason.to_string(),
    };
    report.problems = failures.into_iter().map(problem).collect();
    report.problems.sort_by_key(|problem| problem.position);
    let warning = |(_, message)| Problem { position: Some(next()), message };
    report.warnings = warnings.into_iter().map(warning).collect();
}

/// What to check, and how.
// each switch is a field
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug)]
pub struct Options {
    /// The modules to look for.
    pub modules: Modules,
    /// How many threads may work, at least one.
    pub threads: usize,
    /// The name of standard input, if it is checked.
    pub stdin: Option<PathBuf>,
    /// Whether the run lists what was skipped, and why.
    pub verbose: bool,
    /// Counts the files as they are checked.
    pub checked: Arc<AtomicU64>,
    /// Whether reports with findings keep the text of the file.
    pub keep_source: bool,
    /// Whether the run keeps all of standard input.
    pub keep_stdin: bool,
    /// Whether comments can suppress findings.
    pub suppress: bool,
    /// Which findings get a fix, if any.
    pub fixes: Option<Level>,
}

/// Checks what the walker finds, and standard input if asked to.
#[must_use]
pub fn lint_paths(walker: Option<&Walker>, options: &Options) -> Run {
    let search = Search::new(&options.modules);
    let mut outcome = Outcome::default();
    let mut worker = Worker::new(&search, options);
    if let Some(name) = &options.stdin {
        worker.check_stdin(name);
    }
    if let Some(walker) = walker {
        let (summary, others) = thread::scope(|scope| {
            let pool = Pool::new(options.threads.saturating_sub(1));
            pool.walk(scope, walker, &mut worker, &search, options)
        });
        outcome.totals.ignored = summary.ignored;
        outcome.totals.excluded = summary.excluded;
        outcome.totals.not_followed = summary.not_followed;
        for other in others {
            outcome.add(other);
        }
    }
    outcome.add(worker.outcome);
    outcome.into_run()
}

impl Options {
    /// One thread, no standard input, and only these modules: enough for [`lint`].
    #[must_use]
    pub fn new(modules: Modules) -> Self {
        Self {
            modules,
            threads: 1,
            stdin: None,
            verbose: false,
            checked: Arc::default(),
            keep_source: false,
            keep_stdin: false,
            suppress: true,
            fixes: None,
        }
    }
}

/// What one thread found out.
#[derive(Debug, Default)]
struct Outcome {
    reports: Vec<Report>,
    totals: Totals,
    left_out: Vec<(PathBuf, String)>,
    stdin: Option<Vec<u8>>,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.reports.extend(other.reports);
        self.left_out.extend(other.left_out);
        self.stdin = self.stdin.take().or(other.stdin);
        self.totals.files += other.totals.files;
        self.totals.tasks = self.totals.tasks.saturating_add(other.totals.tasks);
        self.totals.skipped += other.totals.skipped;
    }

    fn into_run(mut self) -> Run {
        self.reports.sort_by(|one, other| one.path.cmp(&other.path));
        self.left_out.sort();
        Run {
            reports: self.reports,
            totals: self.totals,
            left_out: self.left_out,
            configuration: None,
            stdin: self.stdin,
        }
    }
}

/// Reads and checks files, one after the other.
struct Worker<'s> {
    reader: Reader<'s>,
    options: &'s Options,
    outcome: Outcome,
}

impl<'s> Worker<'s> {
    fn new(search: &'s Search, options: &'s Options) -> Self {
        Self { reader: Reader::new(search), options, outcome: Outcome::default() }
    }

    fn check_all(&mut self, files: &[walker::File]) {
        for file in files {
            self.check(file);
        }
    }

    fn check(&mut self, file: &walker::File) {
        self.options.checked.fetch_add(1, Ordering::Relaxed);
        let content = walker::open(file).and_then(|handle| self.reader.read_file(&handle, file.named));
        Self::judge(&mut self.outcome, self.options, &file.path, content);
    }

    fn check_stdin(&mut self, name: &Path) {
        let known = self.outcome.reports.len();
        let mut stdin = io::stdin().lock();
        if self.options.keep_stdin {
            let mut copy = Copying { stream: &mut stdin, bytes: Vec::new() };
            let content = self.reader.read_stream(&mut copy);
            let is_cut = matches!(content, Ok(Content::TooLarge));
            let mut bytes = copy.bytes;
            Self::judge(&mut self.outcome, self.options, name, content);
            if is_cut {
                // what cannot be read is said by the report; the rest is for those who pass it on
                let _ = stdin.read_to_end(&mut bytes);
            }
            self.outcome.stdin = Some(bytes);
        } else {
            let content = self.reader.read_stream(stdin);
            Self::judge(&mut self.outcome, self.options, name, content);
        }
        self.outcome.reports[known..].iter_mut().for_each(|report| report.is_stdin = true);
    }

    fn judge(outcome: &mut Outcome, options: &Options, path: &Path, content: io::Result<Content<'_>>) {
        let report = match content {
            Ok(Content::Unconcerned) => Report::default(),
            Ok(Content::Vault) => {
                outcome.totals.skipped += 1;
                if options.verbose {
                    outcome.left_out.push((path.to_owned(), "a vault file, which is opaque".to_owned()));
                }
                return;
            }
            Ok(Content::Text(bytes)) => lint(path, bytes, options),
            Ok(Content::TooLarge) => {
                let limit = LIMIT >> 20;
                Report::failed(path, format!("is too large: more than {limit} MiB; split it or exclude it"))
            }
            Err(error) => {
                outcome.reports.push(Report::failed(path, format!("cannot be read: {}", io_message(&error))));
                return;
            }
        };
        outcome.totals.files += 1;
        outcome.totals.tasks = outcome.totals.tasks.saturating_add(report.tasks);
        if report.verdict() != Verdict::Clean || !report.suppressed.is_empty() || !report.warnings.is_empty()
        {
            outcome.reports.push(report);
        }
    }
}

/// A stream whose bytes are kept as they are read.
struct Copying<'s> {
    stream: &'s mut dyn Read,
    bytes: Vec<u8>,
}

impl Read for Copying<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.stream.read(buffer)?;
        self.bytes.extend_from_slice(&buffer[..size]);
        Ok(size)
    }
}

/// The other threads: none until there is enough to do for one.
struct Pool {
    most: usize,
    sender: SyncSender<Vec<walker::File>>,
    receiver: Mutex<Receiver<Vec<walker::File>>>,
}

impl Pool {
    fn new(most: usize) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        Self { most, sender, receiver: Mutex::new(receiver) }
    }

    /// Walks on this thread and shares the files out in batches.
    fn walk<'scope, 'env: 'scope>(
        self,
        scope: &'scope thread::Scope<'scope, 'env>,
        walker: &Walker,
        worker: &mut Worker<'_>,
        search: &'env Search,
        options: &'env Options,
    ) -> (walker::Summary, Vec<Outcome>) {
        let Self { most, sender, receiver } = self;
        let receiver = Arc::new(receiver);
        let mut threads = Vec::new();
        let mut batch = Vec::new();
        let mut size = 1; // grows, so that a few large files are shared out too
        let summary = walker.walk(&mut |entry| match entry {
            walker::Entry::LeftOut { path, reason } => {
                worker.outcome.left_out.push((path, reason.to_string()));
            }
            walker::Entry::Error { path, error } => {
                worker.outcome.reports.push(Report::of_entry(&path, &error));
            }
            walker::Entry::File(file) => {
                batch.push(file);
                if batch.len() < size {
                    return;
                }
                size = (size * 2).min(BATCH);
                if threads.len() < most {
                    let receiver = receiver.clone();
                    let work = move || {
                        let mut worker = Worker::new(search, options);
                        take_batches(&receiver, &mut worker);
                        worker.outcome
                    };
                    // where no thread can be had, this one does the work
                    threads.extend(thread::Builder::new().spawn_scoped(scope, work).ok());
                }
                let full = std::mem::replace(&mut batch, Vec::with_capacity(size));
                if let Err(TrySendError::Full(files) | TrySendError::Disconnected(files)) =
                    sender.try_send(full)
                {
                    worker.check_all(&files);
                }
            }
        });
        worker.check_all(&batch);
        drop(sender);
        take_batches(&receiver, worker);
        let outcomes = threads.into_iter().map(|thread| match thread.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        (summary, outcomes.collect())
    }
}

fn take_batches(receiver: &Mutex<Receiver<Vec<walker::File>>>, worker: &mut Worker<'_>) {
    loop {
        // the lock is free again before the batch is worked off
        let batch = receiver.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv();
        let Ok(files) = batch else { return };
        worker.check_all(&files);
    }
}
