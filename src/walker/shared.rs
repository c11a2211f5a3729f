//! What the threads of a walk share.
//!
//! Invariant: what is given away is done once, by some thread. The roots do not change while threads work.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use ignore::gitignore::Gitignore;
use rayon_core::Scope;

use crate::paths::plain;

use super::entry::{Entry, File, SkipReason, WalkError, WalkOptions};
use super::patterns::Excludes;

/// How many files are handed to another thread at once.
pub(super) const BATCH: usize = 128;

/// How many pieces of work may wait for each thread. Waking a thread for each piece would be slow.
const WAITING: usize = 4;

/// What takes the entries, from any thread.
type Sink<'w> = &'w (dyn Fn(Entry) + Sync);

/// What was asked for, and what all threads have to know.
pub(super) struct Shared<'w> {
    pub(super) options: &'w WalkOptions,
    pub(super) excludes: &'w Excludes,
    /// The patterns of git's `core.excludesFile`, read when the first repository is found.
    pub(super) users_excludes: OnceLock<Gitignore>,
    /// The real paths of all directories at which a walk begins; no other walk enters them.
    pub(super) roots: HashSet<PathBuf>,
    sink: Sink<'w>,
    /// How many pieces of work wait for a thread.
    waiting: AtomicUsize,
    /// The links that lead out of the roots, each with its target.
    links: Mutex<BTreeMap<PathBuf, PathBuf>>,
}

impl<'w> Shared<'w> {
    pub(super) fn new(options: &'w WalkOptions, excludes: &'w Excludes, sink: Sink<'w>) -> Self {
        let (users_excludes, roots) = (OnceLock::new(), HashSet::new());
        let (waiting, links) = (AtomicUsize::new(0), Mutex::default());
        Self { options, excludes, users_excludes, roots, sink, waiting, links }
    }

    /// Leaves work to any thread.
    pub(super) fn give<'s>(&'s self, scope: &Scope<'s>, work: impl FnOnce(&Scope<'s>) + Send + 's) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        scope.spawn(move |scope| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            work(scope);
        });
    }

    /// Whether the threads will soon have nothing to do, so that work should be given.
    pub(super) fn is_short_of_work(&self) -> bool {
        let threads = rayon_core::current_num_threads();
        threads > 1 && self.waiting.load(Ordering::Relaxed) < WAITING * threads
    }

    /// Whether a real path lies in a directory that is walked.
    pub(super) fn is_inside(&self, real: &Path) -> bool {
        real.ancestors().any(|directory| self.roots.contains(directory))
    }

    pub(super) fn follow_later(&self, link: &Path, real: PathBuf) {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).insert(link.to_owned(), real);
    }

    /// Takes the first of the links, with its target.
    pub(super) fn next_link(&mut self) -> Option<(PathBuf, PathBuf)> {
        self.links.get_mut().unwrap_or_else(PoisonError::into_inner).pop_first()
    }

    pub(super) fn hand_out(&self, files: Vec<File>) {
        for file in files {
            (self.sink)(Entry::File(file));
        }
    }

    pub(super) fn skip(&self, path: &Path, reason: SkipReason) {
        (self.sink)(Entry::Skipped(plain(path), reason, String::new()));
    }

    pub(super) fn skip_ignored(&self, path: &Path, by: String) {
        (self.sink)(Entry::Skipped(plain(path), SkipReason::Ignored, by));
    }

    pub(super) fn fault(&self, path: &Path, error: WalkError) {
        (self.sink)(Entry::Error(plain(path), error));
    }
}
