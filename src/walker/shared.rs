//! What the threads of a walk share.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::entry::{Entry, WalkOptions, WalkSummary};
use super::excludes::Excludes;
use super::named::NamedPaths;
use super::rules::IgnoreFiles;
use super::skip_reason::SkipReason;

/// What was requested, and what has been found so far.
pub(super) struct Shared<'w> {
    pub(super) options: &'w WalkOptions,
    pub(super) excludes: &'w Excludes,
    pub(super) named: NamedPaths,
    pub(super) ignore_files: IgnoreFiles,
    /// Its keys are random, so that nobody can make up two paths with the same hash.
    hasher: RandomState,
    found: Mutex<Found>,
}

/// What the threads found together.
#[derive(Default)]
pub(super) struct Found {
    pub(super) summary: WalkSummary,
    /// Hashes of the real paths of the directories that were entered; empty unless links are followed.
    entered: HashSet<u64>,
    /// Hashes of the paths of the files that were found, since the paths would take much more memory.
    pub(super) files: Vec<u64>,
    /// Links to directories that wait to be entered, each with its logical path. Keeping the ignore rules of each,
    /// too, would take too much memory.
    pub(super) directory_links: BTreeMap<PathBuf, PathBuf>,
    /// Links to files that wait to be read.
    pub(super) file_links: BTreeSet<PathBuf>,
}

impl<'w> Shared<'w> {
    pub(super) fn new(options: &'w WalkOptions, excludes: &'w Excludes, named: NamedPaths) -> Self {
        let ignore_files = IgnoreFiles::new(excludes.current.clone());
        let summary = WalkSummary { excluded: named.excluded, ..WalkSummary::default() };
        let found = Mutex::new(Found { summary, ..Found::default() });
        Self { options, excludes, named, ignore_files, hasher: RandomState::new(), found }
    }

    pub(super) fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hash(&self, path: &Path) -> u64 {
        self.hasher.hash_one(path.as_os_str())
    }

    /// Whether the directory is entered for the first time.
    pub(super) fn enters(&self, real: &Path) -> bool {
        self.found().entered.insert(self.hash(real))
    }

    /// Counts what is skipped, and reports it if that was asked for.
    pub(super) fn skip(&self, sink: &mut dyn FnMut(Entry), logical: PathBuf, reason: SkipReason) {
        self.found().summary.count(&reason);
        if self.options.verbose {
            sink(Entry::Skipped { path: logical, reason });
        }
    }
}
