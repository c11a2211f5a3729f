//! Looks up the named paths.
//!
//! Invariant: of several paths to the same file or directory one is kept, the same whatever their order.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::paths::absolute;

use super::entry::Entry;
use super::excludes::Excludes;
use super::paths::{display_path, spelling};
use super::skip_reason::{SkipReason, WalkError};

/// What was named, each kind in the order of its paths.
#[derive(Default)]
pub(super) struct NamedPaths {
    pub(super) files: Vec<Named>,
    /// Files with a symbolic link in their path, which wait until everything that is no link has been seen.
    pub(super) linked_files: Vec<Named>,
    pub(super) directories: Vec<Named>,
    /// The real paths of the files.
    pub(super) real_files: HashSet<PathBuf>,
    /// The real paths of the directories. Each has a walk of its own; the walk of one above does not enter it.
    pub(super) roots: HashSet<PathBuf>,
    /// How many are excluded.
    pub(super) excluded: u64,
}

impl NamedPaths {
    /// Looks up the paths, and reports those that are missing or excluded.
    pub(super) fn sort_out(
        paths: &[PathBuf],
        excludes: &Excludes,
        verbose: bool,
        sink: &mut dyn FnMut(Entry),
    ) -> Self {
        let here = [PathBuf::from(".")];
        let (mut found, mut parents) = (Vec::new(), HashMap::new());
        for path in if paths.is_empty() { &here } else { paths } {
            match Named::look_up(path, excludes, &mut parents) {
                Ok(named) => found.push(named),
                Err(error) => sink(Entry::error(path, WalkError::Io(error))),
            }
        }
        // of several paths to the same thing the first one is kept
        found.sort_by(|a, b| {
            (a.linked, spelling(&a.display_path)).cmp(&(b.linked, spelling(&b.display_path)))
        });
        let mut sorted = Self::default();
        for named in found {
            if excludes.excludes(&named.logical, named.is_directory) {
                sorted.excluded += 1;
                if verbose {
                    sink(Entry::Skipped { path: named.logical, reason: SkipReason::Excluded });
                }
            } else if named.is_directory {
                if sorted.roots.insert(named.real.clone()) {
                    sorted.directories.push(named);
                }
            } else if named.linked {
                sorted.linked_files.push(named);
            } else if sorted.real_files.insert(named.real.clone()) {
                sorted.files.push(named);
            }
        }
        sorted
    }

    /// Whether the walk of one directory may come upon something else that was named.
    pub(super) fn are_several(&self) -> bool {
        self.roots.len() > 1 || !self.real_files.is_empty()
    }
}

/// A named path that exists.
pub(super) struct Named {
    /// As the user would write it.
    pub(super) display_path: PathBuf,
    pub(super) real: PathBuf,
    /// The absolute path as it was written, links included, which `--exclude` patterns see.
    pub(super) logical: PathBuf,
    /// Whether a symbolic link stands anywhere in its path.
    pub(super) linked: bool,
    pub(super) is_directory: bool,
}

impl Named {
    /// Looks up a named path.
    ///
    /// `parents` caches the real paths of directories: thousands of files may be named in each.
    pub(super) fn look_up(
        path: &Path,
        excludes: &Excludes,
        parents: &mut HashMap<PathBuf, PathBuf>,
    ) -> io::Result<Self> {
        let here = fs::symlink_metadata(path)?;
        let metadata = if here.is_symlink() { fs::metadata(path)? } else { here.clone() };
        let absolute = absolute(&excludes.current, path);
        let real = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if metadata.is_file() && !here.is_symlink() => {
                real_parent(parent, parents).map(|parent| parent.join(name))
            }
            _ => fs::canonicalize(path),
        };
        let real = match real {
            Ok(real) => real,
            // the directory was deleted, and is still some process's current directory
            Err(error) if metadata.is_dir() && error.kind() == io::ErrorKind::NotFound => return Err(error),
            // what has no path of its own, such as the pipe behind /dev/fd/63, keeps the name that it was given
            Err(_) => absolute.clone(),
        };
        let (linked, is_directory) = (absolute != real, metadata.is_dir());
        Ok(Self {
            display_path: display_path(path),
            real,
            logical: excludes.logical(path),
            linked,
            is_directory,
        })
    }
}

fn real_parent(parent: &Path, parents: &mut HashMap<PathBuf, PathBuf>) -> io::Result<PathBuf> {
    if let Some(real) = parents.get(parent) {
        return Ok(real.clone());
    }
    let real = fs::canonicalize(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?;
    parents.insert(parent.to_owned(), real.clone());
    Ok(real)
}
