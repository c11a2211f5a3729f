//! One walk, from the named paths to the last link.
//!
//! Invariant: links wait until everything that is no link has been seen, so that a real path wins over a link to it.
//! They are then taken in the order of their paths.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::{fs, mem, thread};

use crate::paths::absolute;

use super::directory::DirectoryWalk;
use super::entry::{Entry, File, WalkOptions, WalkSummary};
use super::excludes::Excludes;
use super::named::{Named, NamedPaths};
use super::paths::display_path;
use super::pool::{Directory, Item, Pool};
use super::rules::Rules;
use super::shared::Shared;
use super::skip_reason::{SkipReason, WalkError};
use super::worker::{BATCH, Worker};

/// One run of [`Walker::walk_with`](super::Walker::walk_with), by the thread that called it.
pub(super) struct Walk<'w, S> {
    shared: Shared<'w>,
    sink: &'w mut S,
    /// One for each further thread.
    others: &'w mut [S],
    /// The real paths of all directories that a walk began at, each with its path: a link to a file is read if it
    /// stays inside.
    begun: HashMap<PathBuf, PathBuf>,
}

impl<'w, S: FnMut(Entry) + Send> Walk<'w, S> {
    pub(super) fn new(
        options: &'w WalkOptions,
        excludes: &'w Excludes,
        named: NamedPaths,
        sink: &'w mut S,
        others: &'w mut [S],
    ) -> Self {
        Self { shared: Shared::new(options, excludes, named), sink, others, begun: HashMap::new() }
    }

    pub(super) fn run(mut self) -> WalkSummary {
        let named = &mut self.shared.named;
        let (files, directories) = (mem::take(&mut named.files), mem::take(&mut named.directories));
        let linked_files = mem::take(&mut named.linked_files);
        let files = files.into_iter().map(|file| File { path: file.display_path, named: true });
        let files: Vec<_> = files.collect();
        let mut items = batches(&files);
        for Named { display_path, real, logical, .. } in directories {
            items.push(self.begin(display_path, real, logical));
        }
        self.work_off(items);
        self.links_to_directories();
        self.links_to_files(linked_files);
        for (path, error) in self.shared.ignore_files.take_faults() {
            (self.sink)(Entry::error(&path, error));
        }
        self.shared.found().summary
    }

    /// The item that starts the walk of a directory, which obeys the repository around its real path.
    fn begin(&mut self, path: PathBuf, real: PathBuf, logical: PathBuf) -> Item {
        let rules = self.shared.options.no_ignore.then(Rules::default);
        self.begun.insert(real.clone(), path.clone());
        Item::Directory(Directory { path, real, logical, rules, may_be_link: true })
    }

    /// Deals with the items and all that is found below them. The other threads are started as they are needed.
    fn work_off(&mut self, items: Vec<Item>) {
        if items.is_empty() {
            return;
        }
        let (shared, pool) = (&self.shared, &Pool::new(items, 1 + self.others.len()));
        let mut others = self.others.iter_mut();
        thread::scope(|scope| {
            let mut start_thread = || {
                if let Some(sink) = others.next() {
                    let run = move || work(Worker::new(shared, pool.join(), sink, &mut || {}));
                    // where no thread can be had, the others do the work
                    drop(thread::Builder::new().spawn_scoped(scope, run));
                }
            };
            work(Worker::new(shared, pool.join(), self.sink, &mut start_thread));
        });
    }

    /// Enters the links to directories, also those found below them, or counts those that lead out of the walk.
    fn links_to_directories(&mut self) {
        let mut links = mem::take(&mut self.shared.found().directory_links);
        while let Some((path, logical)) = links.pop_first() {
            match fs::canonicalize(&path) {
                Err(error) => (self.sink)(Entry::error(&path, WalkError::Io(error))),
                Ok(real) if self.shared.options.follow => {
                    if !self.shared.named.roots.contains(&real) && self.shared.enters(&real) {
                        let item = self.begin(path, real, logical);
                        self.work_off(vec![item]);
                        links.append(&mut self.shared.found().directory_links);
                    }
                }
                Ok(real) if self.is_inside(&real) => {}
                Ok(_) => self.shared.skip(self.sink, logical, SkipReason::DirectoryElsewhere),
            }
        }
    }

    /// Reads the files that were named by way of a link, and those inside the walk that were found by one, unless
    /// they are read anyway.
    fn links_to_files(&mut self, named: Vec<Named>) {
        let mut found = mem::take(&mut self.shared.found().files);
        found.sort_unstable();
        let links = mem::take(&mut self.shared.found().file_links);
        let named = named.into_iter().map(|file| (file.display_path, Ok(file.real), true));
        let links = links.iter().map(|path| (display_path(path), fs::canonicalize(path), false));
        let (mut files, mut linked) = (Vec::new(), HashSet::new());
        for (path, real, named) in named.chain(links) {
            match real {
                Err(error) => (self.sink)(Entry::error(&path, WalkError::Io(error))),
                Ok(real) if linked.contains(&real) || self.is_read(&real, &found) => {}
                Ok(real) if named || self.is_inside(&real) => {
                    files.push(File { path, named });
                    linked.insert(real);
                }
                Ok(_) => {
                    let path = absolute(&self.shared.excludes.current, &path);
                    self.shared.skip(self.sink, path, SkipReason::FileElsewhere);
                }
            }
        }
        self.work_off(batches(&files));
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

/// Files as items of work.
fn batches(files: &[File]) -> Vec<Item> {
    files.chunks(BATCH).map(|batch| Item::Files(batch.to_vec())).collect()
}

/// Works until nothing is left to do.
fn work(mut worker: Worker<'_>) {
    while let Some(item) = worker.take() {
        match item {
            Item::Files(files) => worker.hand_out(files),
            Item::Directory(directory) => DirectoryWalk::new(&mut worker, directory).run(),
        }
    }
}
