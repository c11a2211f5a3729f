//! Files without a name, which Linux has (`O_TMPFILE`): whatever ends the program, nothing is left of them.
//!
//! Invariant: a file that [`create`] returns can be given a name; it returns none where that is not possible.

use std::fs::File;
use std::io;
use std::path::Path;

#[cfg(target_os = "linux")]
use crate::paths::descriptor;

/// A new file on the file system of a directory, in which it can be given a name.
#[cfg(target_os = "linux")]
pub(super) fn create(directory: &Path, mode: u32) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.read(true).write(true).mode(mode).custom_flags(nix::libc::O_TMPFILE);
    options.open(directory).ok().filter(|file| Path::new(&descriptor(file)).exists())
}

/// Gives a file its name.
#[cfg(target_os = "linux")]
pub(super) fn link(file: &File, path: &Path) -> io::Result<()> {
    use nix::fcntl::{AT_FDCWD, AtFlags};
    let file = descriptor(file);
    Ok(nix::unistd::linkat(AT_FDCWD, &*file, AT_FDCWD, path, AtFlags::AT_SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn create(_: &Path, _: u32) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
