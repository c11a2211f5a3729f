//! Writes the report to standard output, a file or a device.
//!
//! Invariant: no symbolic link is followed except the system's own, such as `/dev/stdout`, since a link in a repository
//! could lead to any file of the user. A report replaces an older one completely or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::bail;

use crate::fix;
use crate::signals;

/// Where the report goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output<'p> {
    /// To standard output.
    Stdout,
    /// To a device or a FIFO, as it is produced.
    Stream(&'p Path),
    /// To a file that may be there already.
    File(&'p Path),
}

impl<'p> Output<'p> {
    /// Decides by what the path is, if one is given.
    ///
    /// # Errors
    /// If the path is a symbolic link or a directory.
    pub(crate) fn new(path: Option<&'p Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::Stdout) };
        match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() && !is_of_the_system(path) => {
                bail!(
                    "the report is not written to {}, which is a symbolic link; name its target",
                    path.display()
                )
            }
            Ok(metadata) if metadata.is_dir() => {
                bail!("the report cannot be written to {}, which is a directory", path.display())
            }
            Ok(metadata) if !metadata.is_file() => Ok(Self::Stream(path)),
            _ => Ok(Self::File(path)), // a missing directory is reported when the report is written
        }
    }

    /// Writes the report that `print` produces.
    ///
    /// # Errors
    /// If writing fails; an older report is then kept.
    pub(crate) fn write(self, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        match self {
            Self::Stdout => print(&mut io::stdout().lock())?,
            Self::Stream(path) => print(&mut File::create(path)?)?,
            Self::File(path) => {
                let _delayed = signals::delay();
                fix::replace(path, print)?;
            }
        }
        Ok(())
    }
}

/// Whether only the system can have made the link, as for `/dev/stdout` and `/dev/fd/3`.
fn is_of_the_system(link: &Path) -> bool {
    let parent = link.parent().and_then(|parent| fs::canonicalize(parent).ok());
    parent.is_some_and(|parent| parent == Path::new("/dev") || parent.starts_with("/proc"))
}
