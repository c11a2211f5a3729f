//! Which files the given paths mean.
//!
//! A named file is itself, a named directory is its `.yml` and `.yaml` files less what git ignores and what `--exclude`
//! excludes. `walkdir` walks, the crate `ignore` matches; this module decides.
//!
//! Invariant: every entry that belongs to the given paths is handed out exactly once, as a file or as an error, and
//! which path stands for a file depends neither on the order of the arguments nor on the order of a directory's
//! listing. The tree is untrusted: nothing in it can make the walk hang, loop, or read without bound.

mod directory;
mod entry;
mod excludes;
mod gitignore;
mod named;
mod paths;
mod pool;
mod rules;
mod skip_reason;
mod user_excludes;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};
use std::{env, fs, mem, slice};

use crate::paths::absolute;

use self::directory::{Shared, Worker};
use self::excludes::Excludes;
use self::named::{Named, NamedPaths};
use self::paths::display_path;
use self::pool::{Directory, Item, Pool};
use self::rules::Rules;

pub use self::entry::{Entry, File, WalkOptions, WalkSummary, open};
pub use self::excludes::{PatternError, check_pattern};
pub use self::skip_reason::{SkipReason, WalkError};

/// Finds the files that the given paths mean.
#[derive(Debug)]
pub struct Walker {
    options: WalkOptions,
    excludes: Excludes,
}

impl Walker {
    /// Compiles the patterns; looks nothing up in the tree.
    ///
    /// # Errors
    ///
    /// The first `--exclude` pattern that cannot match anything, such as one with an unclosed `[`.
    pub fn new(options: WalkOptions) -> Result<Self, PatternError> {
        let current = env::current_dir().unwrap_or_default();
        let excludes = Excludes::new(current, options.configured.as_ref(), &options.exclude)?;
        Ok(Self { options, excludes })
    }

    /// Whether a pattern of `--exclude` matches this file or a directory above it.
    ///
    /// The file need not exist.
    #[must_use]
    pub fn excludes(&self, path: &Path) -> bool {
        self.excludes.excludes(&self.excludes.logical(path), false)
    }

    /// The patterns of `--exclude` and of the configuration that have matched nothing in a walk, if a directory was
    /// walked. The configuration's are among them only if its own directory was walked as a whole.
    #[must_use]
    pub fn unmatched_patterns(&self) -> Vec<String> {
        if self.excludes.is_empty() {
            return Vec::new(); // the named paths, of which there may be many, need not be looked up again
        }
        let real = self.options.paths.iter().filter_map(|path| fs::canonicalize(path).ok());
        let walked: Vec<_> = real.filter(|path| path.is_dir()).collect();
        self.excludes.unmatched(&walked).map(|pattern| pattern.to_string_lossy().into_owned()).collect()
    }

    /// Hands each file and each error to `sink`, in no particular order.
    pub fn walk(&self, sink: &mut (impl FnMut(Entry) + Send)) -> WalkSummary {
        self.walk_with(sink, &mut [])
    }

    /// Hands each file and each error to one of the sinks, each of which works in a thread of its own if there is
    /// enough to do: the first in this one.
    ///
    /// # Panics
    ///
    /// If a sink panics; the others come to an end first.
    pub fn walk_with<S: FnMut(Entry) + Send>(&self, sink: &mut S, others: &mut [S]) -> WalkSummary {
        let Self { options, excludes } = self;
        let named = NamedPaths::sort_out(&options.paths, excludes, options.verbose, sink);
        let (shared, pool) = (Shared::new(options, excludes, named), Pool::new(1 + others.len()));
        let others = Mutex::new(others.iter_mut());
        thread::scope(|scope| {
            let mut recruit = || recruit(scope, &others, &shared, &pool);
            let worker = Worker::new(&shared, pool.join(), sink, &mut recruit);
            Walk { shared: &shared, worker, begun: HashMap::new() }.run();
        });
        shared.found().summary
    }
}

/// Starts one more thread, if there may be one.
fn recruit<'scope, 'env, S: FnMut(Entry) + Send>(
    scope: &'scope Scope<'scope, 'env>,
    sinks: &'env Mutex<slice::IterMut<'_, S>>,
    shared: &'env Shared<'env>,
    pool: &'env Pool,
) {
    let sink = sinks.lock().unwrap_or_else(PoisonError::into_inner).next();
    if let Some(sink) = sink {
        let work = move || {
            let mut recruit = || recruit(scope, sinks, shared, pool);
            Worker::new(shared, pool.join(), sink, &mut recruit).work(false);
        };
        // where no thread can be had, the others do the work
        drop(thread::Builder::new().spawn_scoped(scope, work));
    }
}

/// One run of [`Walker::walk_with`], by the thread that leads.
struct Walk<'w> {
    shared: &'w Shared<'w>,
    worker: Worker<'w>,
    /// The real paths of all directories that a walk began at, each with its path: a link to a file is read if it stays
    /// inside.
    begun: HashMap<PathBuf, PathBuf>,
}

impl Walk<'_> {
    fn run(mut self) {
        let NamedPaths { files, linked_files, directories, .. } = &self.shared.named;
        for file in files {
            self.worker.add(File { path: file.display_path.clone(), named: true });
        }
        for Named { display_path, real, logical, .. } in directories {
            self.begin(display_path.clone(), real.clone(), logical.clone());
        }
        self.worker.work(true);
        self.links_to_directories();
        self.links_to_files(linked_files);
        for (path, error) in self.shared.ignore_files.take_faults() {
            self.worker.fault(&path, error);
        }
    }

    /// Leaves a directory to the threads, with the rules of the repository around its real path.
    fn begin(&mut self, path: PathBuf, real: PathBuf, logical: PathBuf) {
        let rules = self.shared.options.no_ignore.then(Rules::default);
        self.begun.insert(real.clone(), path.clone());
        self.worker.member.give(Item::Directory(Directory { path, real, logical, rules, may_be_link: true }));
    }

    /// Enters the links to directories, also those found below them, or counts those that lead out of the walk.
    fn links_to_directories(&mut self) {
        let current = &self.shared.excludes.current;
        let mut links = mem::take(&mut self.shared.found().directory_links);
        while let Some((path, logical)) = links.pop_first() {
            match fs::canonicalize(&path) {
                Err(error) => self.worker.fault(&path, WalkError::Io(error)),
                Ok(real) if self.shared.options.follow => {
                    if !self.shared.named.roots.contains(&real) && self.shared.enters(&real) {
                        self.begin(path, real, logical);
                        self.worker.work(true);
                        links.append(&mut self.shared.found().directory_links);
                    }
                }
                Ok(real) if self.is_inside(&real) => {}
                Ok(_) => self.worker.skipped(absolute(current, &path), SkipReason::DirectoryElsewhere),
            }
        }
    }

    /// Reads the files that were named by way of a link, and those inside the walk that were found by one, unless they
    /// are read anyway.
    fn links_to_files(&mut self, named: &[Named]) {
        let current = &self.shared.excludes.current;
        let mut found = mem::take(&mut self.shared.found().files);
        found.sort_unstable();
        let links = mem::take(&mut self.shared.found().file_links);
        let named = named.iter().map(|file| (file.display_path.clone(), Ok(file.real.clone()), true));
        let links = links.iter().map(|path| (display_path(path), fs::canonicalize(path), false));
        let mut linked = HashSet::new();
        for (path, real, named) in named.chain(links) {
            match real {
                Err(error) => self.worker.fault(&path, WalkError::Io(error)),
                Ok(real) if linked.contains(&real) || self.is_read(&real, &found) => {}
                Ok(real) if named || self.is_inside(&real) => {
                    self.worker.add(File { path, named });
                    linked.insert(real);
                }
                Ok(_) => self.worker.skipped(absolute(current, &path), SkipReason::FileElsewhere),
            }
        }
        self.worker.work(true);
    }

    /// Whether a real path lies in a directory that was walked.
    fn is_inside(&self, real: &Path) -> bool {
        real.ancestors().any(|directory| self.begun.contains_key(directory))
    }

    /// Whether a real file is read because it was named, or found: then its path's hash is among these.
    fn is_read(&self, real: &Path, found: &[u64]) -> bool {
        let start = real.ancestors().find_map(|above| self.begun.get(above).map(|start| (start, above)));
        let is_found = start.is_some_and(|(start, above)| {
            let path = display_path(&start.join(real.strip_prefix(above).unwrap_or(real)));
            found.binary_search(&self.shared.hash(&path)).is_ok()
        });
        is_found || self.shared.named.real_files.contains(real)
    }
}
