//! Puts a mended text in a file's place.
//!
//! Invariant: whatever happens, the file's name leads to the old bytes or to the new ones, whole. A file
//! that is no longer what was read is left alone; between that comparison and the rename lies a moment in
//! which another program's change would be lost.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::reader::in_words;

/// Why a file was left as it is.
#[derive(Debug)]
pub enum Failure {
    /// It no longer holds the bytes that were read.
    Changed,
    /// Nobody may write to it.
    ReadOnly,
    /// It is a pipe, a device or a directory.
    Irregular,
    /// What the system says, and what it was asked.
    Io(&'static str, io::Error),
}

/// What the user should know, though the file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Other names of the file still lead to the old text.
    HardLinks,
    /// The file belongs to whoever mended it.
    Owner,
}

/// Replaces the bytes of a file, which are `original`, by others; a symbolic link's target is what changes.
///
/// The mode stays, and where the system allows it the owner; access control lists do not.
///
/// # Errors
/// Why the file was left as it is; no temporary file is left behind.
pub fn apply(path: &Path, original: &[u8], fixed: &[u8]) -> Result<Vec<Note>, Failure> {
    let target = fs::canonicalize(path).map_err(|error| Failure::Io("found", error))?;
    let metadata = check(&target)?;
    let directory = target.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    let (mut new, mut notes) = (create(&directory)?, Vec::new());
    let written = |error| Failure::Io("written", error);
    new.write_all(fixed).map_err(written)?;
    if !keep_owner(new.as_file(), &metadata) {
        notes.push(Note::Owner);
    }
    keep_mode(new.as_file(), &metadata, notes.is_empty()).map_err(written)?;
    new.as_file().sync_all().map_err(written)?;
    if has_other_names(&metadata) {
        notes.push(Note::HardLinks);
    }
    if !holds(&target, original).map_err(|error| Failure::Io("read again", error))? {
        return Err(Failure::Changed);
    }
    new.persist(&target).map_err(|error| Failure::Io("replaced", error.error))?;
    // the new name lasts once the directory is on disk; where that cannot be asked for, nothing is lost
    let _ = File::open(&directory).and_then(|directory| directory.sync_all());
    Ok(notes)
}

/// What the file is, if it is one that may be written to.
fn check(target: &Path) -> Result<Metadata, Failure> {
    let metadata = fs::symlink_metadata(target).map_err(|error| Failure::Io("found", error))?;
    if !metadata.is_file() {
        return Err(Failure::Irregular);
    }
    if metadata.permissions().readonly() {
        return Err(Failure::ReadOnly);
    }
    // a rename asks for no permission to write to the file, so this does
    let file = open_to_write(target).map_err(|error| Failure::Io("written", error))?;
    let metadata = file.metadata().map_err(|error| Failure::Io("found", error))?;
    if metadata.is_file() { Ok(metadata) } else { Err(Failure::Irregular) }
}

/// A name that no one takes for a playbook, in the directory that the rename must stay in.
fn create(directory: &Path) -> Result<NamedTempFile, Failure> {
    let mut builder = tempfile::Builder::new();
    let file = builder.prefix(".ecr-lint-").suffix(".tmp").tempfile_in(directory);
    file.map_err(|error| Failure::Io("written, since its directory takes no new file", error))
}

fn holds(target: &Path, original: &[u8]) -> io::Result<bool> {
    let mut now = Vec::with_capacity(original.len() + 1);
    File::open(target)?.take(original.len() as u64 + 1).read_to_end(&mut now)?;
    Ok(now == original)
}

#[cfg(unix)]
fn open_to_write(target: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    OpenOptions::new().write(true).custom_flags(flags).open(target)
}

#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt, fchown};
    let is_kept = |new: Metadata| (new.uid(), new.gid()) == (old.uid(), old.gid());
    file.metadata().is_ok_and(is_kept)
        || fchown(file, Some(old.uid()), Some(old.gid())).is_ok()
        // the group is often one of the user's own
        || (fchown(file, None, Some(old.gid())).is_ok() && file.metadata().is_ok_and(is_kept))
}

/// Without its owner a file also loses the bits that would lend that owner's rights.
#[cfg(unix)]
fn keep_mode(file: &File, old: &Metadata, owner_is_kept: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let bits = if owner_is_kept { 0o7777 } else { 0o777 };
    file.set_permissions(fs::Permissions::from_mode(old.permissions().mode() & bits))
}

#[cfg(unix)]
fn has_other_names(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn open_to_write(target: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(target)
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn keep_mode(file: &File, old: &Metadata, _: bool) -> io::Result<()> {
    file.set_permissions(old.permissions())
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("has changed since it was read; run again"),
            Self::ReadOnly => f.write_str("is read-only"),
            Self::Irregular => f.write_str("is no regular file"),
            Self::Io(what, error) => write!(f, "cannot be {what}: {}", in_words(error)),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HardLinks => "was fixed under this name; its hard links keep the old text",
            Self::Owner => "was fixed, and its owner could not be kept",
        })
    }
}
