//! Keeps who may access a file that is replaced.
//!
//! Invariant: nobody gains access to the new file that they did not have to the old one.

#[cfg(unix)]
mod unix {
    use std::ffi::{OsStr, OsString};
    use std::fs::{File, Metadata, Permissions};
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    use xattr::FileExt;

    /// The attributes that are access control lists. If a file has one, the group bits of its mode are the mask.
    const LISTS: [&str; 2] = ["system.posix_acl_access", "system.nfs4_acl"];

    fn is_list(name: &OsStr) -> bool {
        LISTS.iter().any(|list| name == *list)
    }

    /// Gives a new file, which so far only its owner may read, the access rights of an old one, never more. Returns
    /// whether the owner and the group are the same; `None` if it cannot get enough of them to replace the old one.
    ///
    /// Of its attributes these are the lists and those under `user.`: those under `security.` and `trusted.` may not be
    /// copied by a user, and some, such as signatures, depend on the old bytes.
    pub(in crate::fix) fn keep(new: &File, old: Option<&(File, Metadata)>) -> io::Result<Option<bool>> {
        let Some((old, metadata)) = old else { return Ok(Some(true)) };
        let is_kept = |name: &OsString| is_list(name) || name.as_bytes().starts_with(b"user.");
        let kept: Vec<_> = names(old)?.into_iter().filter(is_kept).collect();
        // the new file may have inherited a list from its directory, which the mode would activate
        for list in names(new)?.iter().filter(|name| is_list(name) && !kept.contains(name)) {
            new.remove_xattr(list)?;
        }
        let owner_is_kept = keep_owner(new, metadata);
        if !owner_is_kept && kept.iter().any(|name| is_list(name)) {
            return Ok(None); // the list would be about others
        }
        for name in &kept {
            // it may be gone by now
            if let Some(value) = old.get_xattr(name)? {
                new.set_xattr(name, &value)?;
            }
        }
        keep_mode(new, metadata, owner_is_kept)?;
        Ok(Some(owner_is_kept))
    }

    /// The names of a file's attributes; none where the file system has no attributes.
    fn names(file: &File) -> io::Result<Vec<OsString>> {
        match file.list_xattr() {
            Ok(names) => Ok(names.collect()),
            Err(error) if error.raw_os_error() == Some(nix::libc::ENOTSUP) => Ok(Vec::new()),
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
    pub(in crate::fix) fn is_unchanged(before: &Metadata, now: &Metadata) -> bool {
        let state = |of: &Metadata| (of.dev(), of.ino(), of.ctime(), of.ctime_nsec());
        state(before) == state(now)
    }
}

/// Without the system calls for it, a file that is not read-only has the rights of any new one.
#[cfg(not(unix))]
mod other {
    use std::fs::{File, Metadata};
    use std::io;

    #[allow(clippy::unnecessary_wraps)] // as on Unix
    pub(in crate::fix) fn keep(_: &File, _: Option<&(File, Metadata)>) -> io::Result<Option<bool>> {
        Ok(Some(true))
    }

    pub(in crate::fix) fn is_unchanged(_: &Metadata, _: &Metadata) -> bool {
        true
    }
}

#[cfg(not(unix))]
pub(super) use other::{is_unchanged, keep};
#[cfg(unix)]
pub(super) use unix::{is_unchanged, keep};
