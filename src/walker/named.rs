//! What the given paths are.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::paths::absolute;

use super::entry::Entry;
use super::excludes::Excludes;
use super::paths::{display_path, spelling};
use super::skip_reason::{SkipReason, WalkError};

/// What the given paths turned out to be, each kind in the order of its paths.
#[derive(Default)]
pub(super) struct NamedPaths {
    pub(super) files: Vec<Named>,
    /// Those with a link in their path, which wait until all real paths have been seen.
    pub(super) linked_files: Vec<Named>,
    pub(super) directories: Vec<Named>,
    /// The real paths of the files, and of the directories, each of which is walked in its own right only.
    pub(super) real_files: HashSet<PathBuf>,
    pub(super) roots: HashSet<PathBuf>,
    /// The logical paths of those that are excluded, which count once though they are also found.
    pub(super) excluded: HashSet<PathBuf>,
}

impl NamedPaths {
    /// Tells files from directories among the paths, and errors from both.
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
        // of several names of the same thing the first stands for it
        found.sort_by(|a, b| {
            (a.linked, spelling(&a.display_path)).cmp(&(b.linked, spelling(&b.display_path)))
        });
        let mut sorted = Self::default();
        for named in found {
            if excludes.excludes(&named.logical, named.is_directory) {
                if verbose {
                    sink(Entry::Skipped { path: named.logical.clone(), reason: SkipReason::Excluded });
                }
                sorted.excluded.insert(named.logical);
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

/// A path that was named, and is there.
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
    /// Finds out what a named path is.
    ///
    /// `parents` remembers the real paths of directories: thousands of files may be named in each.
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
            // the current directory, or one below it, was deleted
            Err(error) if metadata.is_dir() && error.kind() == io::ErrorKind::NotFound => return Err(error),
            // What has no path of its own, such as the pipe behind /dev/fd/63, goes by the name that it was given.
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
