//! The walk below one directory, and what the threads of a walk share.
//!
//! Invariant: each entry that is listed ends in exactly one of these: handed out, given to another thread, reported as
//! an error, skipped for a [`SkipReason`], or passed by: because it is no YAML file or an editor's lock, or because it
//! is a directory that is walked in its own right or a link to one. A link to a file waits for the end of the walk, and
//! is passed by if another one to it was handed out. What is given away is done once, by some thread. The roots do not
//! change while threads work.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{fs, mem};

use rayon_core::Scope;
use walkdir::{DirEntry, WalkDir};

use crate::paths::{below, has_name, plain, real_path};

use super::entry::{Entry, File, Sink, SkipReason, WalkError, WalkOptions};
use super::gitignore::{Excludes, IgnoreFiles};

/// Directories held open at a time; `walkdir` reads the rest of a list into memory when a deeper one is opened.
const OPEN_DIRECTORIES: usize = 4;

/// How many files are handed to another thread at once.
pub(super) const BATCH: usize = 128;

/// How many pieces of work may wait for each thread. With fewer, threads go to sleep and are woken, which is slow, and
/// with many more, nearly every directory would be a piece, with paths and ignore files of its own.
const WAITING: usize = 12;

/// How many bytes of memory a directory's path and list of ignore files get at least when another thread is to walk it.
/// glibc returns so large a piece to the thread that it comes from. Smaller ones stay with the thread that frees them,
/// which uses them for paths of its own, and to enlarge one it has to lock the first thread's memory: the threads would
/// wait for each other thousands of times in each second.
pub(super) const ROOM: usize = 2048;

/// What was asked for, and what all threads have to know.
pub(super) struct Shared<'w> {
    options: &'w WalkOptions,
    excludes: &'w Excludes,
    /// The real paths of all directories at which a walk begins, which no other walk enters, and of the files that were
    /// handed out by the name of a link.
    pub(super) roots: HashSet<PathBuf>,
    sink: Sink<'w>,
    /// How many pieces of work wait for a thread.
    waiting: AtomicUsize,
    /// The links to files, and those that lead out of the roots, each with its target.
    pub(super) links: Mutex<BTreeMap<PathBuf, PathBuf>>,
}

impl<'w> Shared<'w> {
    pub(super) fn new(options: &'w WalkOptions, excludes: &'w Excludes, sink: Sink<'w>) -> Self {
        let (roots, waiting, links) = (HashSet::new(), AtomicUsize::new(0), Mutex::default());
        Self { options, excludes, roots, sink, waiting, links }
    }

    /// Leaves work to any thread.
    fn give<'s>(&'s self, scope: &Scope<'s>, work: impl FnOnce(&Scope<'s>) + Send + 's) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        scope.spawn(move |scope| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            work(scope);
        });
    }

    /// Whether the threads will soon have nothing to do, so that work should be given.
    fn is_short_of_work(&self) -> bool {
        let threads = rayon_core::current_num_threads();
        threads > 1 && self.waiting.load(Ordering::Relaxed) < WAITING * threads
    }

    /// Whether a real path lies in a directory that is walked.
    pub(super) fn is_inside(&self, real: &Path) -> bool {
        real.ancestors().any(|directory| self.roots.contains(directory))
    }

    fn follow_later(&self, link: &Path, real: PathBuf) {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).insert(link.to_owned(), real);
    }

    pub(super) fn hand_out(&self, files: Vec<File>) {
        for file in files {
            (self.sink)(Entry::File(file));
        }
    }

    /// Hands out that something is skipped, for a reason that goes on with `by`.
    pub(super) fn skip(&self, path: &Path, reason: SkipReason, by: &str) {
        (self.sink)(Entry::Skipped(plain(path), reason, by.to_owned()));
    }

    pub(super) fn fault(&self, path: &Path, error: WalkError) {
        (self.sink)(Entry::Error(plain(path), error));
    }
}

/// A directory to walk.
pub(super) struct Directory {
    /// As `walkdir` is given it.
    path: PathBuf,
    /// The path without symbolic links, which identifies what lies below; git's patterns see it.
    real: PathBuf,
    /// The absolute path as it was written, links included, which `--exclude` patterns see.
    logical: PathBuf,
    /// The ignore files that apply where the walk is.
    ignore_files: IgnoreFiles,
    /// Whether it was named, or is the target of a link that is followed; then it may be a symbolic link.
    is_root: bool,
}

impl Directory {
    /// A directory at which a walk begins. It obeys the repository around its real path.
    pub(super) fn root(shared: &Shared<'_>, path: PathBuf, real: PathBuf) -> Self {
        let above = || IgnoreFiles::above(&real, shared.sink);
        let ignore_files = if shared.options.no_ignore { IgnoreFiles::default() } else { above() };
        let logical = shared.excludes.logical(&path);
        Self { path, real, logical, ignore_files, is_root: true }
    }

    /// Walks it. Directories and files are given to other threads as these run out of work.
    pub(super) fn walk<'s>(self, shared: &'s Shared<'s>, scope: &Scope<'s>) {
        let mut list = WalkDir::new(&self.path).max_open(OPEN_DIRECTORIES).follow_root_links(self.is_root);
        if !shared.options.no_ignore {
            // What applies to the entries of a directory must be known before they are seen. Sorting is cheaper than
            // more system calls in each directory.
            list = list.sort_by(|one, other| rank(one).cmp(&rank(other)));
        }
        let above = vec![self.real.clone()];
        let mut walk = DirectoryWalk { shared, scope, start: self, above, files: Vec::new(), last_depth: 0 };
        let mut entries = list.into_iter();
        while let Some(entry) = entries.next() {
            match entry {
                Err(error) => walk.error(error),
                Ok(entry) if entry.depth() == 0 => walk.check_start(&entry),
                Ok(entry) if walk.learn(&entry) => {
                    shared.skip(entry.path().parent().unwrap_or(&walk.start.path), SkipReason::Installed, "");
                    if entry.file_type().is_dir() {
                        entries.skip_current_dir(); // the entry itself, and then the directory that it is in
                    }
                    entries.skip_current_dir();
                }
                Ok(entry) if !entry.file_type().is_dir() => walk.visit(entry),
                Ok(entry) if walk.enters(&entry) => {}
                Ok(_) => entries.skip_current_dir(),
            }
        }
        walk.flush();
    }
}

/// One directory's walk.
struct DirectoryWalk<'d, 's> {
    shared: &'s Shared<'s>,
    scope: &'d Scope<'s>,
    start: Directory,
    /// The real paths of the start and of the directories below it that lead to where the walk is.
    above: Vec<PathBuf>,
    /// What was found and is not handed out yet.
    files: Vec<File>,
    /// The depth of the directory that was found last.
    last_depth: usize,
}

impl DirectoryWalk<'_, '_> {
    /// Reports a directory that could not be listed, or an entry that could not be looked up.
    fn error(&self, error: walkdir::Error) {
        // an error in the middle of a listing has no path
        let path = error.path().unwrap_or(&self.start.path).to_owned();
        let error = error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of symbolic links"));
        self.shared.fault(&path, WalkError::Io(error));
    }

    /// Reports a directory that was swapped for something else since it was found.
    fn check_start(&self, entry: &DirEntry) {
        if !(entry.file_type().is_dir() || self.start.is_root && entry.path().is_dir()) {
            self.shared.fault(entry.path(), WalkError::Io(io::Error::other("is no longer a directory")));
        }
    }

    /// Drops the ignore files of directories that the walk has left, and reads those that an entry brings for its
    /// directory. Returns whether the entry shows that ansible-galaxy installed the directory, which was not named.
    fn learn(&mut self, entry: &DirEntry) -> bool {
        let (depth, path) = (entry.depth() - 1, entry.path());
        self.start.ignore_files.rewind(depth);
        if self.shared.options.no_ignore {
            return false;
        }
        let proof = match FIRST.get(rank(entry)) {
            None => return false,
            Some(&"MANIFEST.json") => path.with_file_name("FILES.json"),
            Some(&"meta") => path.join(".galaxy_install_info"),
            Some(_) => {
                self.start.ignore_files.add(path, &self.above[depth], depth, self.shared.sink);
                return false;
            }
        };
        !(self.start.is_root && depth == 0) && proof.is_file()
    }

    /// The path of an entry without symbolic links above it.
    fn real(&self, entry: &DirEntry) -> PathBuf {
        self.above[entry.depth() - 1].join(entry.file_name())
    }

    /// The path of an entry as it was written, links included.
    fn logical(&self, entry: &DirEntry) -> PathBuf {
        let Directory { path, logical, .. } = &self.start;
        below(entry.path(), path).map_or_else(|| logical.clone(), |rest| logical.join(rest))
    }

    /// Whether to go on inside a directory: unless it is skipped, walked in its own right, or given to another thread.
    fn enters(&mut self, entry: &DirEntry) -> bool {
        let (shared, depth, roots) = (self.shared, entry.depth(), &self.shared.roots);
        if roots.len() > 1 && roots.contains(&self.real(entry)) || self.skips(entry, true) {
            return false;
        }
        // the first of each list is kept, or a chain of directories would go from thread to thread
        let is_first = depth > mem::replace(&mut self.last_depth, depth);
        if is_first || !shared.is_short_of_work() {
            self.above.truncate(depth);
            self.above.push(self.real(entry));
            return true;
        }
        let directory = Directory {
            real: for_another_thread(&self.real(entry)),
            logical: for_another_thread(&self.logical(entry)),
            path: for_another_thread(entry.path()),
            ignore_files: self.start.ignore_files.here(ROOM),
            is_root: false,
        };
        shared.give(self.scope, move |scope| directory.walk(shared, scope));
        false
    }

    /// Looks at anything but a directory.
    fn visit(&mut self, entry: DirEntry) {
        let (path, is_link) = (entry.path(), entry.file_type().is_symlink());
        let kind =
            if is_link { fs::metadata(path).map(|target| target.file_type()) } else { Ok(entry.file_type()) };
        let is_directory = kind.as_ref().is_ok_and(fs::FileType::is_dir);
        if !is_yaml(path) && !is_directory && !self.is_tasks(&entry) {
            return;
        }
        if self.skips(&entry, is_directory) {
            return;
        }
        match kind {
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                self.shared.fault(path, WalkError::Io(error));
            }
            // Emacs makes such a link beside a file that is being edited
            Err(_) if entry.file_name().as_encoded_bytes().starts_with(b".#") => {}
            Err(_) => self.shared.fault(path, WalkError::BrokenLink),
            Ok(kind) if !kind.is_file() && !is_directory => self.shared.fault(path, WalkError::Irregular),
            Ok(_) if is_link => self.keep_link(path, &self.real(&entry), is_directory),
            Ok(_) => self.add(entry.into_path()),
        }
    }

    /// Whether Ansible may load a file as the tasks or handlers of a role, though it is not named like YAML.
    fn is_tasks(&self, entry: &DirEntry) -> bool {
        let path = entry.path();
        (path.as_os_str().as_encoded_bytes().ends_with(b".json") || has_name(path, "main"))
            && (is_of_role(&self.above[entry.depth() - 1]) || path.parent().is_some_and(is_of_role))
    }

    /// Leaves a link for the end of the walk, which knows its target's other names. One that leads out of the given
    /// paths is skipped unless such links are followed. `real` is its own path.
    fn keep_link(&self, link: &Path, real: &Path, is_directory: bool) {
        match real_path(link) {
            Err(error) => self.shared.fault(link, WalkError::Io(error)),
            Ok(target) if !self.shared.is_inside(&target) => {
                if self.shared.options.follow && !leads_too_far(real, &target) {
                    self.shared.follow_later(link, target);
                } else {
                    self.shared.skip(link, SkipReason::NotFollowed, "");
                }
            }
            // it is walked anyway, but by another name
            Ok(target) if is_directory && is_of_role(link) => {
                let mains = ["main", "main.json"].into_iter().filter(|name| target.join(name).is_file());
                mains.for_each(|name| self.keep_link(&link.join(name), &target.join(name), false));
            }
            Ok(_) if is_directory => {}
            Ok(target) => self.shared.follow_later(link, target),
        }
    }

    fn add(&mut self, path: PathBuf) {
        let is_in_current = path.as_os_str().as_encoded_bytes().starts_with(b"./");
        self.files.push(File { path: if is_in_current { plain(&path) } else { path }, named: false });
        if self.files.len() == BATCH {
            self.flush();
        }
    }

    /// Hands out the files that were found, or lets another thread do that.
    fn flush(&mut self) {
        let (shared, files) = (self.shared, mem::take(&mut self.files));
        if files.len() > 1 && shared.is_short_of_work() {
            shared.give(self.scope, move |_| shared.hand_out(files));
        } else {
            shared.hand_out(files);
        }
    }

    /// Whether an entry is skipped, which is reported.
    fn skips(&mut self, entry: &DirEntry, is_directory: bool) -> bool {
        let (Shared { options, excludes, .. }, path) = (self.shared, entry.path());
        let (ignore_files, directory) = (&self.start.ignore_files, &mut self.above[entry.depth() - 1]);
        let by_name = || SkipReason::of_directory(entry.file_name());
        if let Some(reason) = (is_directory && !options.no_ignore).then(by_name).flatten() {
            self.shared.skip(path, reason, "");
        } else if let Some(by) = ignore_files.ignored_by(directory, path, is_directory) {
            self.shared.skip(path, SkipReason::Ignored, &by);
        } else if excludes.excludes_entry(|| self.logical(entry), is_directory) {
            self.shared.skip(path, SkipReason::Excluded, "");
        } else {
            return false;
        }
        true
    }
}

/// Copies a path for another thread, into [`ROOM`].
fn for_another_thread(path: &Path) -> PathBuf {
    let mut copy = PathBuf::with_capacity(ROOM);
    copy.push(path);
    copy
}

/// Whether a directory has the tasks or handlers of a role.
fn is_of_role(directory: &Path) -> bool {
    directory.ends_with("tasks") || directory.ends_with("handlers")
}

/// Whether a link is not followed: to a directory above it, since that may be `/`, or into one that the system makes
/// up.
fn leads_too_far(link: &Path, target: &Path) -> bool {
    let leads_into = |system: &&str| target.starts_with(system) && !link.starts_with(system);
    link.starts_with(target) || ["/dev", "/proc", "/sys"].iter().any(leads_into)
}

/// The entries that say something of their directory, in the order in which they must be read: before all others.
const FIRST: [&str; 4] = [".git", ".gitignore", "MANIFEST.json", "meta"];

/// The position of an entry among them, or one past the last.
fn rank(entry: &DirEntry) -> usize {
    FIRST.iter().position(|name| has_name(entry.path(), name)).unwrap_or(FIRST.len())
}

/// Whether a path has a YAML extension, in any letter case.
pub(crate) fn is_yaml(path: &Path) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    path.last_chunk::<4>().is_some_and(|end| end.eq_ignore_ascii_case(b".yml"))
        || path.last_chunk::<5>().is_some_and(|end| end.eq_ignore_ascii_case(b".yaml"))
}
