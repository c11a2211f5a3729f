//! Lints what the walker finds, on all cores.
//!
//! Invariant: every file that the walker hands out is read once and ends as unconcerned, as a skipped vault or as a
//! [`Report`]. The result does not depend on which thread read it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::linter::{LintOptions, lint};
use crate::reader::{Content, LIMIT, Reader, io_message};
use crate::report::{Report, Run, Verdict};
use crate::search::Search;
use crate::walker::{self, Entry, SkipReason, Walker};

/// What to check besides the walker's files, and how.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// How each text is linted.
    pub lint: LintOptions,
    /// How many threads may work, at least one.
    pub threads: usize,
    /// The name of standard input, if it is checked.
    pub stdin: Option<PathBuf>,
    /// Whether the run keeps all of standard input.
    pub keep_stdin: bool,
    /// Whether the run lists what was skipped, and why.
    pub verbose: bool,
    /// Counts the files as they are checked.
    pub checked: Arc<AtomicU64>,
}

impl ScanOptions {
    /// One thread, and no standard input.
    #[must_use]
    pub fn new(lint: LintOptions) -> Self {
        Self { lint, threads: 1, stdin: None, keep_stdin: false, verbose: false, checked: Arc::default() }
    }
}

/// Checks what the walker finds, and standard input if asked to.
#[must_use]
pub fn lint_paths(walker: Option<&Walker>, options: &ScanOptions) -> Run {
    let search = Search::new(&options.lint.modules);
    let mut workers: Vec<_> =
        (0..options.threads.max(1)).map(|_| LintWorker::new(&search, options)).collect();
    if let Some(name) = &options.stdin {
        workers[0].check_stdin(name);
    }
    let mut run = Run::default();
    if let Some(walker) = walker {
        let mut sinks: Vec<_> = workers.iter_mut().map(|worker| |entry| worker.take(entry)).collect();
        if let Some((first, others)) = sinks.split_first_mut() {
            let summary = walker.walk_with(first, others);
            run.totals.ignored = summary.ignored;
            run.totals.excluded = summary.excluded;
            run.totals.not_followed = summary.not_followed;
        }
    }
    for LintWorker { run: part, .. } in workers {
        run.reports.extend(part.reports);
        run.skipped.extend(part.skipped);
        run.stdin = run.stdin.or(part.stdin);
        run.totals.not_yaml += part.totals.not_yaml;
        run.totals.files += part.totals.files;
        run.totals.tasks = run.totals.tasks.saturating_add(part.totals.tasks);
        run.totals.skipped += part.totals.skipped;
    }
    // standard input may bear the name of a file
    run.reports.sort_by(|one, other| (&one.path, !one.is_stdin).cmp(&(&other.path, !other.is_stdin)));
    run.skipped.sort();
    run
}

/// Reads and checks files, one after the other.
struct LintWorker<'s> {
    reader: Reader<'s>,
    options: &'s ScanOptions,
    /// What was found out so far.
    run: Run,
}

impl<'s> LintWorker<'s> {
    fn new(search: &'s Search, options: &'s ScanOptions) -> Self {
        Self { reader: Reader::new(search), options, run: Run::default() }
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::File(file) => self.check(&file),
            Entry::Skipped { reason: SkipReason::NotYaml, .. } => self.run.totals.not_yaml += 1,
            Entry::Skipped { path, reason } => self.run.skipped.push((path, reason)),
            Entry::Error { path, error } => self.run.reports.push(Report::of_entry(&path, &error)),
        }
    }

    fn check(&mut self, file: &walker::File) {
        self.options.checked.fetch_add(1, Ordering::Relaxed);
        let content = walker::open(file).and_then(|handle| self.reader.read_file(&handle, file.named));
        Self::lint_content(&mut self.run, self.options, &file.path, content);
    }

    fn check_stdin(&mut self, name: &Path) {
        let (mut stdin, mut bytes) = (io::stdin().lock(), Vec::new());
        let content = if self.options.keep_stdin {
            stdin.read_to_end(&mut bytes).and_then(|_| self.reader.read_stream(&*bytes))
        } else {
            self.reader.read_stream(stdin)
        };
        Self::lint_content(&mut self.run, self.options, name, content);
        self.run.stdin = self.options.keep_stdin.then_some(bytes);
        self.run.reports.iter_mut().for_each(|report| report.is_stdin = true);
    }

    /// Lints what was read of a file and adds the outcome to the run.
    fn lint_content(run: &mut Run, options: &ScanOptions, path: &Path, content: io::Result<Content<'_>>) {
        let report = match content {
            Ok(Content::Unconcerned) => Report::default(),
            Ok(Content::Vault) => {
                run.totals.skipped += 1;
                if options.verbose {
                    run.skipped.push((path.to_owned(), SkipReason::Vault));
                }
                return;
            }
            Ok(Content::Text(bytes)) => lint(path, bytes, &options.lint),
            Ok(Content::TooLarge) => {
                let limit = LIMIT >> 20;
                Report::failed(path, format!("is too large: more than {limit} MiB; split it or exclude it"))
            }
            Err(error) => {
                run.reports.push(Report::failed(path, format!("cannot be read: {}", io_message(&error))));
                return;
            }
        };
        run.totals.files += 1;
        run.totals.tasks = run.totals.tasks.saturating_add(report.tasks);
        if report.verdict() != Verdict::Clean || !report.suppressed.is_empty() || !report.warnings.is_empty()
        {
            run.reports.push(report);
        }
    }
}
