//! What a walk is asked for, and what it hands out.
//!
//! Invariant: each reason continues a line that begins with the path, and says what to do unless that is obvious.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::reader::io_message;

/// What to walk and what to skip.
#[derive(Clone, Debug, Default)]
pub struct WalkOptions {
    /// Files and directories, as the user wrote them.
    pub paths: Vec<PathBuf>,
    /// The same from a list, in which a file may have been deleted since.
    pub listed: Vec<PathBuf>,
    /// Patterns of `--exclude`, in gitignore's syntax and relative to the current directory; the last match wins.
    pub exclude: Vec<String>,
    /// The configuration and its patterns, relative to its directory; those of `exclude` override them.
    pub configured: Option<(PathBuf, Vec<String>)>,
    /// Whether to read what git ignores and the directories that are skipped by name.
    pub no_ignore: bool,
    /// Whether to follow symbolic links out of the named directories.
    pub follow: bool,
}

/// One thing that the walk came upon, with its path as the user would write it.
#[derive(Debug)]
pub enum Entry {
    /// A file to read.
    File(File),
    /// Something that is skipped, and why: a directory as a whole, whatever it holds. What git ignores comes with the
    /// pattern and its file, as a text that goes on behind the reason; of the rest that is empty.
    Skipped(PathBuf, SkipReason, String),
    /// Something that could not be read, and why.
    Error(PathBuf, WalkError),
}

/// What takes the entries, from any thread.
pub(super) type Sink<'w> = &'w (dyn Fn(Entry) + Sync);

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path, as the user would write it: the named directory's with the rest joined to it.
    pub path: PathBuf,
    /// Whether it was named on the command line: then it is read whatever it is, even a FIFO.
    pub named: bool,
}

/// Why an entry could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum WalkError {
    /// The system reported an error.
    Io(io::Error),
    /// A symbolic link with a YAML extension leads nowhere.
    BrokenLink,
    /// A FIFO, a socket or a device with a YAML extension, or a symbolic link to one.
    Irregular,
    /// The patterns of an ignore file do not apply, for this reason.
    IgnoreFile(String),
    /// A file from a list does not exist.
    Deleted,
}

/// Why something is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// git's own directory.
    VersionControl,
    /// A directory that is always skipped, such as `node_modules`.
    SkippedByName,
    /// A collection or role that ansible-galaxy installed.
    Installed,
    /// git ignores it.
    Ignored,
    /// A pattern of `--exclude` or of the configuration matches it.
    Excluded,
    /// A symbolic link to a YAML file or directory outside the given paths, which [`WalkOptions::follow`] follows
    /// unless it leads to a directory above it, or to one that the system makes up, such as `/proc`.
    NotFollowed,
    /// It is encrypted as a whole, which reading it shows.
    Vault,
}

impl SkipReason {
    /// Why a directory of this name is skipped wherever it is.
    pub(super) fn of_directory(name: &OsStr) -> Option<Self> {
        match name.to_str()? {
            // not counted as ignored, since every repository has one, and no committed one
            ".git" => Some(Self::VersionControl),
            // other version control's, environments, caches, other people's packages
            ".hg" | ".svn" | ".tox" | ".nox" | ".venv" | ".ansible" | ".cache" | "node_modules"
            | "__pycache__" | ".mypy_cache" | ".ruff_cache" | ".pytest_cache" => Some(Self::SkippedByName),
            _ => None,
        }
    }
}

impl WalkError {
    /// Whether it leaves no YAML file unchecked: patterns that do not apply, and what is no file.
    pub(crate) fn is_harmless(&self) -> bool {
        matches!(self, Self::IgnoreFile(_) | Self::Irregular | Self::Deleted)
    }
}

impl fmt::Display for WalkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => f.write_str(&io_message(error)),
            Self::BrokenLink => f.write_str("a symbolic link that leads nowhere"),
            Self::Irregular => f.write_str("not a regular file, and not read unless it is named"),
            Self::IgnoreFile(reason) => write!(f, "{reason}; its patterns do not apply"),
            Self::Deleted => f.write_str("does not exist, but is in the list of files"),
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ignored => "ignored",
            Self::VersionControl => "version control's own directory",
            Self::SkippedByName => "directories of this name are skipped",
            Self::Installed => "installed by ansible-galaxy",
            Self::Excluded => "excluded by --exclude or the configuration",
            Self::Vault => "a vault file, which is opaque",
            Self::NotFollowed => {
                "a symbolic link out of the given paths; name its target too, or use --follow if it leads neither up nor \
                 into the system"
            }
        })
    }
}
