//! Replaces files atomically.
//!
//! Invariant: whatever happens, the path names the complete old file or the complete new one, and nobody ever gains
//! access to the new file that they did not have to the old one. A file that has changed since it was read is left
//! alone; a change made by another program between that check and the rename is lost.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::reader::io_message;

/// Why a file was left as it is.
#[derive(Debug)]
pub enum WriteFailure {
    /// It no longer holds the bytes that were read.
    Changed,
    /// It is read-only.
    ReadOnly,
    /// It is a FIFO, a device or a directory.
    Irregular,
    /// It has an access control list, and its owner or group cannot be kept.
    Foreign,
    /// An I/O error, and what could not be done.
    Io(&'static str, io::Error),
}

/// What is known of a file after it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Whether its owner and group were kept.
    pub owner_is_kept: bool,
    /// Identifies the old file among those that have other names.
    pub old: Identity,
    /// How many other hard links the old file still has.
    pub other_names: u64,
}

/// Identifies a file independently of its names: its device and inode.
pub type Identity = (u64, u64);

/// Replaces the bytes of a file, which are `original`, by `fixed`. `target` itself must not be a symbolic link; links
/// in the directories above it are followed.
///
/// The mode, access control lists and `user.` attributes are kept, and if the system allows it the owner and group;
/// labels and capabilities (`security.`) are those that the system gives a new file.
///
/// # Errors
/// Why the file was left as it is; no temporary file is left behind.
pub fn apply(target: &Path, original: &[u8], fixed: &[u8]) -> Result<Written, WriteFailure> {
    let (file, metadata) = check(target)?;
    let directory = target.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    let mut new = create(&directory, &mut private())?;
    let written = |error| WriteFailure::Io("written", error);
    new.write_all(fixed).map_err(written)?;
    let owner_is_kept = access::keep(new.as_file(), &file, &metadata)?;
    new.as_file().sync_all().map_err(written)?;
    if !holds(target, &metadata, original).map_err(|error| WriteFailure::Io("read again", error))? {
        return Err(WriteFailure::Changed);
    }
    new.persist(target).map_err(|error| WriteFailure::Io("replaced", error.error))?;
    // the rename is durable once the directory is on disk; if that fails, the old file may reappear after a crash
    let _ = File::open(&directory).and_then(|directory| directory.sync_all());
    let (old, names) = access::identity(&metadata);
    Ok(Written { owner_is_kept, old, other_names: names.saturating_sub(1) })
}

/// Replaces a file by what `print` writes, or creates it.
///
/// # Errors
/// Why the path was left as it is; no temporary file is left behind.
pub(crate) fn replace(
    path: &Path,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteFailure> {
    let old = match check(path) {
        Err(WriteFailure::Io(_, error)) if error.kind() == io::ErrorKind::NotFound => None,
        old => Some(old?),
    };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut builder = private();
    #[cfg(unix)]
    if old.is_none() {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask
    }
    let new = create(directory.unwrap_or(Path::new(".")), &mut builder)?;
    print(&mut new.as_file()).map_err(|error| WriteFailure::Io("written", error))?;
    if let Some((file, metadata)) = old {
        access::keep(new.as_file(), &file, &metadata)?;
    }
    new.persist(path).map_err(|error| WriteFailure::Io("replaced", error.error))?;
    Ok(())
}

/// Opens the file, if it is a regular file that may be written to.
fn check(target: &Path) -> Result<(File, Metadata), WriteFailure> {
    let metadata = fs::symlink_metadata(target).map_err(|error| WriteFailure::Io("found", error))?;
    if !metadata.is_file() {
        return Err(WriteFailure::Irregular);
    }
    if metadata.permissions().readonly() {
        return Err(WriteFailure::ReadOnly);
    }
    // a rename needs no permission to write to the file, so opening it checks that
    let file =
        open(target, OpenOptions::new().write(true)).map_err(|error| WriteFailure::Io("written", error))?;
    let metadata = file.metadata().map_err(|error| WriteFailure::Io("found", error))?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(WriteFailure::Irregular) }
}

/// A new file that only its owner may read, under a name that nobody mistakes for a playbook.
fn private() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ecr-lint-").suffix(".tmp");
    builder
}

/// Creates the new file in the same directory, so that the rename stays within one file system.
fn create(directory: &Path, builder: &mut tempfile::Builder<'_, '_>) -> Result<NamedTempFile, WriteFailure> {
    let file = builder.tempfile_in(directory);
    file.map_err(|error| WriteFailure::Io("written, since its directory takes no new file", error))
}

/// Whether the path still names the file that was checked, and that file still has the bytes that were read.
fn holds(target: &Path, metadata: &Metadata, original: &[u8]) -> io::Result<bool> {
    let file = open(target, OpenOptions::new().read(true))?;
    if !access::is_unchanged(metadata, &file.metadata()?) {
        return Ok(false);
    }
    let mut now = Vec::with_capacity(original.len() + 1);
    file.take(original.len() as u64 + 1).read_to_end(&mut now)?;
    Ok(now == original)
}

/// Opens a file; fails for a symbolic link, and does not wait for the other end of a FIFO.
fn open(target: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options.open(target)
}

/// Keeps who may access a file.
#[cfg(unix)]
mod access {
    use std::ffi::{OsStr, OsString};
    use std::fs::{File, Metadata, Permissions};
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    use xattr::FileExt;

    use super::{Identity, WriteFailure};

    /// The attributes that are access control lists. If a file has one, the group bits of its mode are the mask.
    const LISTS: [&str; 2] = ["system.posix_acl_access", "system.nfs4_acl"];

    fn is_list(name: &OsStr) -> bool {
        LISTS.iter().any(|list| name == *list)
    }

    /// Gives a new file, which so far only its owner may read, the access rights of an old one, never more. Returns
    /// whether the owner and group were kept.
    pub(super) fn keep(new: &File, old: &File, metadata: &Metadata) -> Result<bool, WriteFailure> {
        let kept = |error| WriteFailure::Io("written with its extended attributes", error);
        let attributes = attributes(old).map_err(kept)?;
        // the new file may have inherited a list from its directory, which the mode would activate
        for list in names(new).map_err(kept)?.iter().filter(|name| is_list(name)) {
            if !attributes.iter().any(|(name, _)| name == list) {
                new.remove_xattr(list).map_err(kept)?;
            }
        }
        let owner_is_kept = keep_owner(new, metadata);
        if !owner_is_kept && attributes.iter().any(|(name, _)| is_list(name)) {
            return Err(WriteFailure::Foreign);
        }
        for (name, value) in &attributes {
            new.set_xattr(name, value).map_err(kept)?;
        }
        keep_mode(new, metadata, owner_is_kept).map_err(|error| WriteFailure::Io("written", error))?;
        Ok(owner_is_kept)
    }

    /// The access control lists of a file and its `user.` attributes. Attributes under `security.` and `trusted.` may
    /// not be copied by a user, and some, such as signatures, depend on the old bytes.
    fn attributes(file: &File) -> io::Result<Vec<(OsString, Vec<u8>)>> {
        let mut attributes = Vec::new();
        for name in names(file)? {
            if is_list(&name) || name.as_bytes().starts_with(b"user.") {
                // it may be gone by now
                attributes.extend(file.get_xattr(&name)?.map(|value| (name, value)));
            }
        }
        Ok(attributes)
    }

    /// The names of a file's attributes; none where the file system has no attributes.
    fn names(file: &File) -> io::Result<Vec<OsString>> {
        match file.list_xattr() {
            Ok(names) => Ok(names.collect()),
            Err(error) if error.raw_os_error() == Some(libc::ENOTSUP) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn keep_owner(file: &File, old: &Metadata) -> bool {
        let is_kept = |new: Metadata| (new.uid(), new.gid()) == (old.uid(), old.gid());
        file.metadata().is_ok_and(is_kept)
            || fchown(file, Some(old.uid()), Some(old.gid())).is_ok()
            // the group is often one of the user's own
            || (fchown(file, None, Some(old.gid())).is_ok() && file.metadata().is_ok_and(is_kept))
    }

    /// Sets the mode. If the owner was not kept, the set-user-ID, set-group-ID and sticky bits are dropped. If the
    /// group was not kept, members of the old group now count as others, and members of the new group used to: both get
    /// only the rights that both had.
    fn keep_mode(file: &File, old: &Metadata, owner_is_kept: bool) -> io::Result<()> {
        let mut mode = old.mode() & if owner_is_kept { 0o7777 } else { 0o777 };
        if file.metadata()?.gid() != old.gid() {
            let common = mode & mode >> 3 & 0o7;
            mode = mode & !0o77 | common << 3 | common;
        }
        file.set_permissions(Permissions::from_mode(mode))
    }

    /// Whether a file is unchanged: any change of its bytes, mode, owner or attributes updates its change time.
    pub(super) fn is_unchanged(before: &Metadata, now: &Metadata) -> bool {
        let state = |of: &Metadata| (of.dev(), of.ino(), of.ctime(), of.ctime_nsec());
        state(before) == state(now)
    }

    pub(super) fn identity(metadata: &Metadata) -> (Identity, u64) {
        ((metadata.dev(), metadata.ino()), metadata.nlink())
    }
}

#[cfg(not(unix))]
mod access {
    use std::fs::{File, Metadata};

    use super::{Identity, WriteFailure};

    pub(super) fn keep(new: &File, _: &File, metadata: &Metadata) -> Result<bool, WriteFailure> {
        new.set_permissions(metadata.permissions()).map_err(|error| WriteFailure::Io("written", error))?;
        Ok(true)
    }

    pub(super) fn is_unchanged(_: &Metadata, _: &Metadata) -> bool {
        true
    }

    pub(super) fn identity(_: &Metadata) -> (Identity, u64) {
        ((0, 0), 1)
    }
}

impl fmt::Display for WriteFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("has changed since it was read; run again"),
            Self::ReadOnly => f.write_str("is read-only"),
            Self::Irregular => f.write_str("is not a regular file"),
            Self::Foreign => f.write_str("has an access control list, and its owner or group cannot be kept"),
            Self::Io(what, error) => write!(f, "cannot be {what}: {}", io_message(error)),
        }
    }
}

impl std::error::Error for WriteFailure {} // without a source: its Display already holds the I/O error

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn another_file_with_the_same_bytes_is_a_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let [path, other] = ["a", "b"].map(|name| folder.path().join(name));
        for path in [&path, &other] {
            fs::write(path, "x").expect("a file");
        }
        let metadata = fs::metadata(&path).expect("a file");
        let holds = |bytes| holds(&path, &metadata, bytes).expect("it can be read");
        assert!(holds(b"x") && !holds(b"") && !holds(b"xy"));
        fs::rename(&other, &path).expect("a new file");
        assert!(!holds(b"x"));
    }
}
