//! Which files the given paths mean.
//!
//! A named file means itself, a named directory the `.yml` and `.yaml` files below it, and `main` and `*.json` in
//! directories named `tasks` and `handlers`, except those that git ignores or `--exclude` excludes. The crate `walkdir`
//! lists the directories, the crate `ignore` matches the patterns, and `rayon-core` keeps the threads busy.
//!
//! | module | its job |
//! |---|---|
//! | `entry` | what a walk is asked for and what it hands out, with the reason for each entry that is not read |
//! | `gitignore` | which ignore files of git's apply where, and the patterns of `--exclude` and of the configuration |
//! | `directory` | lists one directory and those below it, and decides about each entry |
//!
//! Invariant: every entry that belongs to the given paths is handed out: as a file, as an error, or as skipped with the
//! reason. A file is handed out under its own name and under that of one link to it; whoever reads it keeps one report of
//! it. The tree is untrusted: nothing in it can make the walk hang, loop, or read without bound.

mod directory;
mod entry;
mod gitignore;

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon_core::ThreadPoolBuilder;

use crate::paths::{most_alike, plain, real_path, spelling};
use crate::signals::DelayedSignals;

use self::directory::{BATCH, Directory, Shared};
use self::gitignore::Excludes;

pub(crate) use self::directory::is_yaml;
pub use self::entry::{Entry, File, SkipReason, WalkError, WalkOptions};

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
    /// The first pattern that cannot match anything, such as one with an unclosed `[`, and why.
    pub fn new(options: WalkOptions) -> Result<Self, String> {
        Ok(Self { excludes: Excludes::new(&options)?, options })
    }

    /// Whether a pattern of `--exclude` matches this file or a directory above it.
    ///
    /// The file need not exist.
    #[must_use]
    pub fn excludes(&self, path: &Path) -> bool {
        self.excludes.excludes(path, false)
    }

    /// Hands each file, each error and whatever is skipped to one of the sinks, in no particular order. Each sink has a
    /// thread of its own.
    ///
    /// # Panics
    ///
    /// If there is no sink, or if one of them panics; the others come to an end first.
    pub fn walk<S: FnMut(Entry) + Send>(&self, sinks: &mut [S]) {
        let sinks: Vec<_> = sinks.iter_mut().map(Mutex::new).collect();
        let sink = |entry| {
            // before its threads are there, the walk is alone
            let thread = rayon_core::current_thread_index().unwrap_or_default();
            sinks[thread].lock().unwrap_or_else(PoisonError::into_inner)(entry);
        };
        let mut shared = Shared::new(&self.options, &self.excludes, &sink);
        let (files, directories) = self.look_up(&mut shared);
        if directories.is_empty() && files.len() <= BATCH {
            return shared.hand_out(files); // not worth a thread
        }
        // all others would take a signal that has to wait for this one
        let delayed = DelayedSignals::new();
        let builder = || ThreadPoolBuilder::new().num_threads(sinks.len());
        // The calling thread is one of them, but only in its first walk: if no other is there, the system's calls are
        // cheaper.
        let pool = builder().use_current_thread().build().or_else(|_| builder().build());
        drop(delayed);
        match pool {
            Ok(pool) => pool.install(|| {
                walk_all(&shared, &files, directories);
                follow_links(shared);
            }),
            Err(error) => shared.fault(Path::new("."), WalkError::Io(io::Error::other(error))),
        }
    }

    /// Looks up the named paths: files, and directories with their real paths. Those that are missing or excluded are
    /// reported.
    fn look_up(&self, shared: &mut Shared<'_>) -> (Vec<File>, Vec<(PathBuf, PathBuf)>) {
        let WalkOptions { paths, listed, .. } = &self.options;
        let paths = paths.iter().map(|path| (plain(path), false));
        let mut paths: Vec<_> = paths.chain(listed.iter().map(|path| (plain(path), true))).collect();
        // of several paths to a directory, and of several links to a file, the first one is kept
        paths.sort_by_cached_key(|(path, _)| spelling(path));
        paths.dedup_by(|(other, _), (first, _)| other == first);
        let (mut files, mut directories) = (Vec::new(), Vec::new());
        for (path, is_listed) in paths {
            let real = |metadata: Metadata| metadata.is_dir().then(|| real_path(&path)).transpose();
            let gone = |error: &io::Error| error.kind() == ErrorKind::NotFound;
            match fs::metadata(&path).and_then(real) {
                Err(error) if gone(&error) && path.is_symlink() => shared.fault(&path, WalkError::BrokenLink),
                Err(error) if gone(&error) && is_listed => shared.fault(&path, WalkError::Deleted),
                Err(error) => {
                    // each hint reads a directory
                    let has_few = self.options.paths.len() <= 10;
                    let hint = if has_few && gone(&error) { not_found(&path) } else { None };
                    shared.fault(&path, WalkError::Io(hint.unwrap_or(error)));
                }
                Ok(real) if self.excludes.excludes(&path, real.is_some()) => {
                    shared.skip(&path, SkipReason::Excluded, "");
                }
                Ok(None) => files.push(File { path, named: true }),
                Ok(Some(real)) if shared.roots.insert(real.clone()) => directories.push((path, real)),
                Ok(Some(_)) => {}
            }
        }
        // a pipe has no path
        let mut is_first = |link: &Path| real_path(link).map_or(true, |real| shared.roots.insert(real));
        files.retain(|file: &File| !file.path.is_symlink() || is_first(&file.path));
        (files, directories)
    }
}

/// The error that a path does not exist, with the similar name of what is beside it.
fn not_found(path: &Path) -> Option<io::Error> {
    let directory = path.parent().map(|parent| Path::new(".").join(parent))?;
    let names = fs::read_dir(directory).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let meant = path.with_file_name(most_alike(path.file_name()?.to_str()?, names)?);
    Some(io::Error::other(format!("no such file or directory; did you mean `{}`?", meant.display())))
}

fn walk_all(shared: &Shared<'_>, files: &[File], directories: Vec<(PathBuf, PathBuf)>) {
    rayon_core::scope(|scope| {
        for files in files.chunks(BATCH).map(<[File]>::to_vec) {
            scope.spawn(|_| shared.hand_out(files));
        }
        for (path, real) in directories {
            scope.spawn(|scope| Directory::root(shared, path, real).walk(shared, scope));
        }
    });
}

/// Follows the links that were left, also those below their targets. They are taken in the order of their paths when
/// everything else has been seen, so that it does not depend on the threads which one leads where. Of the links to a
/// file the first one is read, or a small tree of links could make a scan read without end.
fn follow_links(mut shared: Shared<'_>) {
    let mut files = Vec::new();
    while let Some((path, real)) = shared.links.get_mut().unwrap_or_else(PoisonError::into_inner).pop_first()
    {
        if !real.is_dir() {
            let file = File { path: plain(&path), named: false };
            files.extend(shared.roots.insert(real).then_some(file));
        } else if !shared.is_inside(&real) {
            shared.roots.insert(real.clone());
            walk_all(&shared, &[], vec![(path, real)]);
        }
    }
    walk_all(&shared, &files, Vec::new());
}
