//! Lints what the walker finds, on all cores, with a progress line on a terminal if that takes long.
//!
//! Invariant: every file that the walker hands out is read and ends as unconcerned, as a skipped vault or as a
//! [`FileReport`], of which a file has one, whatever its names. The result does not depend on which thread read it.
//! The progress line is removed at the end.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;
use std::{env, fs, mem, thread};

use indicatif::{HumanCount, ProgressBar};

use crate::config::is_configuration;
use crate::linter::{LintOptions, lint};
use crate::paths::{absolute, display_path, real_path, spelling};
use crate::reader::{Content, LinkPolicy, Reader, io_message, open_without_waiting};
use crate::report::{FileReport, RunReport, Status};
use crate::search::Search;
use crate::walker::{Entry, SkipReason, Walker};

/// How long a scan takes before it has a progress line, and how often that changes.
const PATIENCE: Duration = Duration::from_millis(500);
const PERIOD: Duration = Duration::from_millis(100);

/// How many bytes the path of a file with ECR tasks may have as it is shown: reports repeat it for every finding.
const LONGEST_PATH: usize = 512;

/// Checks what the walker finds with so many threads, and standard input under this name if it has one. The report
/// lists what was skipped if asked to.
#[must_use]
pub fn lint_paths(
    walker: &Walker,
    options: &LintOptions,
    threads: usize,
    stdin: Option<&Path>,
    lists_skipped: bool,
) -> RunReport {
    let search = Search::new(&options.modules);
    with_progress(|checked| {
        let run = || RunReport { lists_skipped, ..RunReport::default() };
        let worker = || LintWorker { reader: Reader::new(&search), options, checked, run: run() };
        let mut workers: Vec<_> = (0..threads.max(1)).map(|_| worker()).collect();
        let mut sinks: Vec<_> = workers.iter_mut().map(|worker| |entry| worker.take(entry)).collect();
        walker.walk(&mut sinks);
        let mut run = run();
        for worker in workers {
            run.add(worker.run);
        }
        keep_one_for_each_file(&mut run.reports);
        if let Some(name) = stdin {
            let mut worker = worker();
            worker.check_stdin(name, walker.excludes(name));
            run.add(worker.run);
        }
        run
    })
}

/// Does work that counts files, and meanwhile shows on a terminal how many there are.
fn with_progress<T>(work: impl FnOnce(&AtomicU64) -> T) -> T {
    let (checked, (stop, stopped)) = (&AtomicU64::new(0), channel());
    let draw = move || {
        if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        let bar = ProgressBar::new_spinner();
        while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
            bar.set_message(format!("{} files checked", HumanCount(checked.load(Ordering::Relaxed))));
            bar.tick();
        }
        bar.finish_and_clear();
    };
    thread::scope(|scope| {
        let _stop: Sender<()> = stop; // is dropped with this scope's work, even if that panics
        if io::stderr().is_terminal() {
            // if no thread can be started, there is no progress line
            let _ = thread::Builder::new().spawn_scoped(scope, draw);
        }
        work(checked)
    })
}

/// Keeps one of the reports of a file that was read under several names: that of the name without links, or with links
/// in front only, if there is one.
fn keep_one_for_each_file(reports: &mut Vec<FileReport>) {
    let current = env::current_dir().unwrap_or_default();
    let look_up = |report: FileReport| {
        let named = absolute(&current, &report.path);
        let real = real_path(&report.path).unwrap_or_else(|_| named.clone());
        let links = u8::from(named != real) + u8::from(named.is_symlink());
        ((real, links, spelling(&report.path)), report)
    };
    let mut found: Vec<_> = mem::take(reports).into_iter().map(look_up).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.dedup_by(|(other, _), (first, _)| other.0 == first.0);
    reports.extend(found.into_iter().map(|(_, report)| report));
}

/// Reads and checks files, one after the other.
struct LintWorker<'s> {
    reader: Reader<'s>,
    options: &'s LintOptions,
    /// Counts the files of all workers.
    checked: &'s AtomicU64,
    /// What was found out so far.
    run: RunReport,
}

impl LintWorker<'_> {
    fn take(&mut self, entry: Entry) {
        let Some(file) = self.run.take(entry) else { return };
        self.checked.fetch_add(1, Ordering::Relaxed);
        // since it was listed it may have been swapped for a FIFO; only a named one is waited for
        let open = |path| {
            if file.named { fs::File::open(path) } else { open_without_waiting(path, LinkPolicy::Follow) }
        };
        let content = open(&file.path).and_then(|handle| self.reader.read_file(&handle, file.named));
        Self::lint_content(&mut self.run, self.options, &file.path, content);
    }

    /// Checks standard input, unless it is excluded, and keeps what was read completely.
    fn check_stdin(&mut self, name: &Path, is_excluded: bool) {
        let content = self.reader.read_stream(io::stdin().lock());
        let is_complete = content.is_ok();
        if is_complete && is_excluded {
            self.run.skip(name.to_owned(), SkipReason::Excluded, "");
        } else {
            Self::lint_content(&mut self.run, self.options, name, content);
        }
        self.run.stdin = is_complete.then(|| self.reader.take());
        self.run.reports.iter_mut().for_each(|report| report.is_stdin = true);
    }

    /// Lints what was read of a file and adds the outcome to the run.
    fn lint_content(
        run: &mut RunReport,
        options: &LintOptions,
        path: &Path,
        content: io::Result<Content<'_>>,
    ) {
        let report = match content {
            Ok(Content::Unconcerned) => FileReport::default(),
            Ok(Content::Vault) => return run.skip(path.to_owned(), SkipReason::Vault, ""),
            Ok(Content::Text(_)) if display_path(path).len() > LONGEST_PATH => {
                let message =
                    format!("has a path of more than {LONGEST_PATH} bytes; shorten it or exclude it");
                FileReport::of(path, Status::Problem, &message)
            }
            Ok(Content::Text(bytes)) => lint(path, bytes, options),
            Err(error) => {
                let message = format!("cannot be read: {}", io_message(&error));
                return run.reports.push(FileReport::of(path, Status::Problem, &message));
            }
        };
        run.files += u64::from(!is_configuration(path));
        run.tasks = run.tasks.saturating_add(report.tasks);
        if !report.records.is_empty() {
            run.reports.push(report);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;
    use crate::modules::Modules;
    use crate::walker::File;

    #[test]
    fn what_changes_after_it_was_listed_is_an_error() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("directory.yml")).expect("a folder");
        assert!(Command::new("mkfifo").arg(path("pipe.yml")).status().expect("it runs").success());
        symlink("/dev/zero", path("zeros.yml")).expect("a link");
        fs::write(path("shortened.yml"), "").expect("a file");
        let (options, search) = (LintOptions::new(Modules::default()), Search::new(&Modules::default()));
        let (reader, checked) = (Reader::new(&search), AtomicU64::new(0));
        let mut worker =
            LintWorker { reader, options: &options, checked: &checked, run: RunReport::default() };
        for (name, expected) in [
            ("deleted.yml", &["cannot be read: no such file or directory"][..]),
            ("directory.yml", &["cannot be read: is a directory"]),
            ("pipe.yml", &["cannot be read: is no longer a regular file"]),
            ("zeros.yml", &["cannot be read: is no longer a regular file"]),
            ("shortened.yml", &[]),
        ] {
            worker.take(Entry::File(File { path: path(name), named: false }));
            let reports = mem::take(&mut worker.run.reports);
            let problems = reports.iter().flat_map(|report| report.texts(Status::Problem));
            assert_eq!(problems.map(|(message, _)| message).collect::<Vec<_>>(), expected, "{name}");
        }
    }
}
