//! The walk below one directory.
//!
//! Invariant: each entry that is listed ends in exactly one of these: handed out, given to another thread, reported
//! as an error, skipped for a [`SkipReason`], put aside as a link, or passed by: because it is no YAML file, because
//! it was named, or because it is a directory that is walked in its own right. A directory is entered at most once.

use std::path::{Path, PathBuf};
use std::{fs, io, mem};

use walkdir::{DirEntry, WalkDir};

use super::entry::{File, WalkOptions};
use super::paths::below;
use super::pool::{Directory, Item};
use super::rules::Rules;
use super::shared::Shared;
use super::skip_reason::{SkipReason, WalkError};
use super::worker::Worker;

/// Directories held open at a time; `walkdir` reads the rest of a list into memory when a deeper one is opened.
const OPEN_DIRECTORIES: usize = 4;

/// One directory's walk.
pub(super) struct DirectoryWalk<'d, 'w> {
    worker: &'d mut Worker<'w>,
    shared: &'w Shared<'w>,
    start: Directory,
    rules: Rules,
    /// The depth of the directory that was found last.
    last_depth: usize,
    /// The least depth at which two directories were found side by side.
    fork_depth: usize,
}

impl<'d, 'w> DirectoryWalk<'d, 'w> {
    pub(super) fn new(worker: &'d mut Worker<'w>, mut start: Directory) -> Self {
        let shared = worker.shared;
        let rules = start.rules.take().unwrap_or_else(|| shared.ignore_files.above(&start.real));
        Self { worker, shared, start, rules, last_depth: 0, fork_depth: usize::MAX }
    }

    pub(super) fn run(mut self) {
        let mut walk = WalkDir::new(&self.start.path).max_open(OPEN_DIRECTORIES);
        if !self.shared.options.no_ignore {
            // Ignore rules must be known before the entries that they apply to. Sorting is cheaper than two more
            // system calls in each directory.
            walk = walk.sort_by(|a, b| rank(a).cmp(&rank(b)));
        }
        let mut entries = walk.follow_root_links(self.start.may_be_link).into_iter();
        while let Some(entry) = entries.next() {
            match entry {
                Err(error) => self.error(error),
                Ok(entry) if entry.depth() == 0 => {
                    // it may have been swapped for something else since it was found
                    if !(entry.file_type().is_dir() || self.start.may_be_link && entry.path().is_dir()) {
                        let error = io::Error::other("is no longer a directory");
                        self.worker.fault(entry.path(), WalkError::Io(error));
                    }
                }
                Ok(entry) => {
                    self.update_rules(&entry);
                    if !entry.file_type().is_dir() {
                        self.visit(entry);
                    } else if !self.enters(entry) {
                        entries.skip_current_dir();
                    }
                }
            }
        }
        self.worker.flush();
    }

    /// Reports a directory that could not be listed, or an entry that could not be looked up.
    fn error(&mut self, error: walkdir::Error) {
        // an error in the middle of a listing has no path
        let path = error.path().unwrap_or(&self.start.path).to_owned();
        let error = error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of symbolic links"));
        self.worker.fault(&path, WalkError::Io(error));
    }

    /// Drops the ignore rules of directories that the walk has left, and reads those that an entry brings for its
    /// directory, which come before all other entries.
    fn update_rules(&mut self, entry: &DirEntry) {
        let depth = entry.depth() - 1;
        self.rules.rewind(depth);
        if self.shared.options.no_ignore {
            return;
        }
        let Some(name) = RULES.get(rank(entry)) else { return };
        let path = entry.path().parent().unwrap_or(&self.start.path);
        let real = self.real(path);
        let (files, rules) = (&self.shared.ignore_files, &mut self.rules);
        match *name {
            ".git" => files.add_repository(rules, path, &real, depth),
            _ => files.add_ignore_file(rules, path, &real, depth),
        }
    }

    /// A path without symbolic links above it.
    fn real(&self, path: &Path) -> PathBuf {
        below(path, &self.start.path)
            .map_or_else(|| self.start.real.clone(), |rest| self.start.real.join(rest))
    }

    /// The logical path of an entry, which the report shows.
    fn logical(&self, entry: &DirEntry) -> PathBuf {
        self.start.logical.join(below(entry.path(), &self.start.path).unwrap_or(entry.path()))
    }

    /// Enters a directory, unless it is skipped, walked elsewhere, or given to another thread.
    fn enters(&mut self, entry: DirEntry) -> bool {
        let Shared { options, named, .. } = self.shared;
        let is_root = || named.roots.contains(&self.real(entry.path()));
        if (named.are_several() || options.follow) && is_root() || self.skips(&entry, true) {
            return false;
        }
        if options.follow && !self.shared.enters(&self.real(entry.path())) {
            return false;
        }
        if self.is_for_others(entry.depth()) {
            self.worker.give(Item::Directory(Directory {
                real: self.real(entry.path()),
                logical: self.logical(&entry),
                path: entry.into_path(),
                rules: Some(self.rules.here()),
                may_be_link: false,
            }));
            return false;
        }
        true
    }

    /// Whether to give a directory at this depth to another thread.
    ///
    /// Giving one away costs time, since `walkdir` has opened it by then. The first directory of each list is kept,
    /// or a chain of directories would go from thread to thread. The others are given away if a thread waits, and if
    /// the stock is short, those nearest to the start, which are likely to hold the most.
    fn is_for_others(&mut self, depth: usize) -> bool {
        let is_first = depth > mem::replace(&mut self.last_depth, depth);
        if is_first {
            return false;
        }
        self.fork_depth = self.fork_depth.min(depth);
        let member = &self.worker.member;
        member.is_awaited() || (depth == self.fork_depth && member.is_short())
    }

    /// Looks at anything but a directory.
    fn visit(&mut self, entry: DirEntry) {
        let (shared, kind, is_yaml) = (self.shared, entry.file_type(), is_yaml(entry.path()));
        if kind.is_symlink() {
            self.link(&entry, is_yaml);
        } else if !is_yaml {
            if shared.options.verbose && kind.is_file() {
                self.worker.skip(self.logical(&entry), SkipReason::NotYaml);
            }
        } else if self.skips(&entry, false) {
            // `skips` has counted it
        } else if !kind.is_file() {
            self.worker.fault(entry.path(), WalkError::Irregular);
        } else if !shared.named.are_several() || !shared.named.real_files.contains(&self.real(entry.path())) {
            let below_current = entry.path().strip_prefix(".").map(Path::to_owned);
            let path = below_current.unwrap_or_else(|_| entry.into_path());
            self.worker.add(File { path, named: false });
        }
    }

    /// Puts a link aside until everything that is no link has been seen.
    fn link(&mut self, entry: &DirEntry, is_yaml: bool) {
        let target = fs::metadata(entry.path());
        let is_directory = target.as_ref().is_ok_and(fs::Metadata::is_dir);
        if !is_yaml && !is_directory || self.skips(entry, is_directory) {
            return;
        }
        let path = entry.path().to_owned();
        match target {
            Err(error) => match WalkError::of_link(error) {
                WalkError::BrokenLink if entry.file_name().as_encoded_bytes().starts_with(b".#") => {
                    self.worker.skip(self.logical(entry), SkipReason::EditorLock);
                }
                error => self.worker.fault(&path, error),
            },
            Ok(_) if is_directory => {
                let logical = self.logical(entry);
                self.shared.found().directory_links.insert(path, logical);
            }
            Ok(target) if target.is_file() => {
                self.shared.found().file_links.insert(path);
            }
            Ok(_) => self.worker.fault(&path, WalkError::Irregular),
        }
    }

    /// Whether an entry is skipped; if so, it is counted.
    fn skips(&mut self, entry: &DirEntry, is_directory: bool) -> bool {
        let Some(reason) = self.reason(entry, is_directory) else { return false };
        self.worker.skip(self.logical(entry), reason);
        true
    }

    fn reason(&self, entry: &DirEntry, is_directory: bool) -> Option<SkipReason> {
        let WalkOptions { no_ignore, verbose, .. } = self.shared.options;
        let by_name = (is_directory && !no_ignore).then(|| SkipReason::of_directory(entry.file_name()));
        if let Some(reason) = by_name.flatten() {
            return Some(reason);
        }
        if self.rules.in_repository()
            && let Some((layer, glob)) = self.rules.ignore(&self.real(entry.path()), is_directory)
        {
            let (pattern, file) = match glob.from().filter(|_| *verbose) {
                Some(written) => (written.to_string_lossy().into_owned(), layer.file.clone()),
                None => Default::default(),
            };
            return Some(SkipReason::Ignored { pattern, file });
        }
        let excludes = self.shared.excludes;
        (!excludes.is_empty() && excludes.matches(&self.logical(entry), is_directory))
            .then_some(SkipReason::Excluded)
    }
}

/// The entries that bring ignore rules for their directory, in the order in which they must be read.
const RULES: [&str; 2] = [".git", ".gitignore"];

/// The position of an entry among them, or one past the last.
fn rank(entry: &DirEntry) -> usize {
    let path = entry.path().as_os_str().as_encoded_bytes();
    let is = |name: &&str| path.ends_with(name.as_bytes()) && entry.file_name() == *name;
    RULES.iter().position(is).unwrap_or(RULES.len())
}

/// Whether a path has a YAML extension, in any letter case.
fn is_yaml(path: &Path) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    [".yml", ".yaml"].iter().any(|extension| {
        let start = path.len().checked_sub(extension.len());
        start.is_some_and(|start| path[start..].eq_ignore_ascii_case(extension.as_bytes()))
    })
}
