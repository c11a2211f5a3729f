//! Reads a configuration or an ignore file, and opens what may have been swapped for a FIFO.
//!
//! Invariant: whatever a path leads to, neither opening it nor reading it waits, and at most [`LIMIT`] bytes are read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// The most bytes that are read.
const LIMIT: u64 = 1 << 20;

/// What to do if a path's last component is a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkPolicy {
    Follow,
    Refuse,
}

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum SmallFileError {
    Io(io::Error),
    /// A symbolic link, with [`LinkPolicy::Refuse`].
    Link,
    /// A directory, a FIFO, a socket or a device.
    Irregular,
    /// More than 1 MiB.
    TooLarge,
}

impl From<io::Error> for SmallFileError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads a whole file.
///
/// # Errors
///
/// Whatever the system says, and anything but a regular file of at most 1 MiB.
pub(crate) fn read(path: &Path, links: LinkPolicy) -> Result<Vec<u8>, SmallFileError> {
    let opened = open_without_waiting(path, links);
    // where the system cannot refuse a link, it is opened all the same
    let may_be_link = links == LinkPolicy::Refuse && (opened.is_err() || cfg!(not(unix)));
    if may_be_link && fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(SmallFileError::Link);
    }
    let file = opened?;
    if !file.metadata()?.is_file() {
        return Err(SmallFileError::Irregular);
    }
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT { Err(SmallFileError::TooLarge) } else { Ok(bytes) }
}

/// Opens a file for reading; does not wait for the writer of a FIFO.
///
/// # Errors
///
/// Whatever the system says; a symbolic link is an error if it is to be refused and the system can do that.
pub(crate) fn open_without_waiting(path: &Path, links: LinkPolicy) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        let refuse = if links == LinkPolicy::Refuse { libc::O_NOFOLLOW } else { 0 };
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY | refuse;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    #[cfg(not(unix))]
    let _ = links;
    options.open(path)
}
