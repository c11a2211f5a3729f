//! What a walk is asked for, and what it hands out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::small_file::{LinkPolicy, open_without_waiting};

use super::paths::display_path;
use super::skip_reason::{SkipReason, WalkError};

/// What to walk and what to skip.
#[derive(Clone, Debug, Default)]
pub struct WalkOptions {
    /// Files and directories, as the user wrote them; none means the current directory.
    pub paths: Vec<PathBuf>,
    /// Patterns of `--exclude`, in gitignore's syntax and relative to the current directory; the last match wins.
    pub exclude: Vec<String>,
    /// Patterns of the configuration and the directory that they are relative to; those of `exclude` override them.
    pub configured: Option<(PathBuf, Vec<String>)>,
    /// Whether to read what git ignores and the directories that are skipped by name.
    pub no_ignore: bool,
    /// Whether to enter symbolic links to directories.
    pub follow: bool,
    /// Whether to report what is skipped.
    pub verbose: bool,
}

/// One thing that the walk came upon.
#[derive(Debug)]
pub enum Entry {
    /// A file to read.
    File(File),
    /// Something that was skipped; reported only with [`WalkOptions::verbose`].
    Skipped {
        /// The absolute path, with links kept.
        path: PathBuf,
        /// Why it was skipped.
        reason: SkipReason,
    },
    /// Something that could not be read; reported instead of its entry.
    Error {
        /// The path, as the user would write it.
        path: PathBuf,
        /// Why it could not be read.
        error: WalkError,
    },
}

impl Entry {
    pub(super) fn error(path: &Path, error: WalkError) -> Self {
        Self::Error { path: display_path(path), error }
    }
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path, as the user would write it: the named directory's with the rest joined to it.
    pub path: PathBuf,
    /// Whether it was named on the command line: then it is read whatever it is, even a FIFO.
    pub named: bool,
}

/// How many entries were skipped. A directory counts as one, whatever it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalkSummary {
    /// By ignore rules: YAML files, and directories except version control's own.
    pub ignored: u64,
    /// By `--exclude`: YAML files, directories and named files.
    pub excluded: u64,
    /// Symbolic links to YAML files and directories outside the given paths.
    pub not_followed: u64,
}

impl WalkSummary {
    /// Adds something that was skipped to its count; some reasons have none.
    pub(super) fn count(&mut self, reason: &SkipReason) {
        match reason {
            SkipReason::VersionControl | SkipReason::NotYaml | SkipReason::EditorLock | SkipReason::Vault => {
            }
            SkipReason::SkippedByName | SkipReason::Ignored { .. } => self.ignored += 1,
            SkipReason::FileElsewhere | SkipReason::DirectoryElsewhere => self.not_followed += 1,
            SkipReason::Excluded => self.excluded += 1,
        }
    }
}

/// Opens a file for reading.
///
/// Since it was listed a file may have been swapped for a FIFO. Only a named one is waited for.
///
/// # Errors
///
/// Whatever the system says.
pub fn open(file: &File) -> io::Result<fs::File> {
    if file.named { fs::File::open(&file.path) } else { open_without_waiting(&file.path, LinkPolicy::Follow) }
}
