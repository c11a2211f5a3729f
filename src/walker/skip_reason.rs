//! Why a path is skipped, or cannot be read.
//!
//! Invariant: each message continues a line that begins with the path, and says what to do unless that is obvious.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use crate::reader::io_message;

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
}

/// Why something is skipped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// A directory of git's, Mercurial's or Subversion's own.
    VersionControl,
    /// A directory that is always skipped, such as `node_modules`.
    SkippedByName,
    /// git ignores it.
    Ignored {
        /// The pattern, as it is written.
        pattern: String,
        /// The ignore file that holds it.
        file: PathBuf,
    },
    /// Its name does not end in `.yml` or `.yaml`.
    NotYaml,
    /// A pattern of `--exclude` or of the configuration matches it.
    Excluded,
    /// A link that Emacs makes beside a file that is being edited, and that leads nowhere.
    EditorLock,
    /// A symbolic link to a YAML file outside the given paths.
    FileElsewhere,
    /// A symbolic link to a directory outside the given paths, which only
    /// [`WalkOptions::follow`](super::WalkOptions::follow) enters.
    DirectoryElsewhere,
    /// It is encrypted as a whole, which reading it shows.
    Vault,
}

/// Directories that hold no playbooks: environments, caches, other people's packages.
const SKIPPED_DIRECTORIES: [&str; 10] = [
    ".tox",
    ".nox",
    ".venv",
    ".ansible",
    ".cache",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
];

/// Version control's own, which are not counted as ignored: every repository has one.
const VERSION_CONTROL: [&str; 3] = [".git", ".hg", ".svn"];

impl SkipReason {
    /// Why a directory of this name is skipped wherever it is.
    pub(super) fn of_directory(name: &OsStr) -> Option<Self> {
        if VERSION_CONTROL.iter().any(|skipped| name == *skipped) {
            Some(Self::VersionControl)
        } else {
            SKIPPED_DIRECTORIES.iter().any(|skipped| name == *skipped).then_some(Self::SkippedByName)
        }
    }
}

impl WalkError {
    /// Whether it leaves no YAML file unchecked: patterns that do not apply, and what is not a regular file.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        matches!(self, Self::IgnoreFile(_) | Self::Irregular)
    }

    /// The error of a link whose target cannot be looked up.
    pub(super) fn of_link(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::BrokenLink,
            _ => Self::Io(error),
        }
    }
}

impl fmt::Display for WalkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => f.write_str(&io_message(error)),
            Self::BrokenLink => f.write_str("a symbolic link that leads nowhere"),
            Self::Irregular => f.write_str("not a regular file, and not read unless it is named"),
            Self::IgnoreFile(reason) => write!(f, "{reason}; its patterns do not apply"),
        }
    }
}

impl std::error::Error for WalkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            _ => None,
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VersionControl => f.write_str("version control's own directory"),
            Self::SkippedByName => f.write_str("directories of this name are skipped"),
            Self::Ignored { pattern, file } => write!(f, "ignored by `{pattern}` in {}", file.display()),
            Self::NotYaml => f.write_str("not named .yml or .yaml"),
            Self::Excluded => f.write_str("excluded by --exclude or the configuration"),
            Self::EditorLock => f.write_str("an editor's lock"),
            Self::Vault => f.write_str("a vault file, which is opaque"),
            Self::FileElsewhere => {
                f.write_str("a symbolic link to a file outside the given paths; name it too")
            }
            Self::DirectoryElsewhere => f.write_str(
                "a symbolic link to a directory outside the given paths; name it too, or use --follow",
            ),
        }
    }
}
