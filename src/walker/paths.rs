//! Paths as text.
//!
//! Invariant: nothing here asks the system.

use std::path::{Component, Path, PathBuf};

/// A path as the user would write it: without `./` in front, and `.` rather than nothing.
pub(super) fn display_path(path: &Path) -> PathBuf {
    let path: PathBuf = path.components().skip_while(|part| *part == Component::CurDir).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

/// The key by which the first of several paths to a file is chosen: relative ones before those that begin with `..`,
/// and these before absolute ones.
pub(super) fn spelling(path: &Path) -> (bool, bool, &Path) {
    (path.is_absolute(), path.starts_with(".."), path)
}

/// The part of a path below a directory: `strip_prefix` at the speed of `memcmp`, since it is asked for each entry.
#[cfg(unix)]
pub(super) fn below<'p>(path: &'p Path, directory: &Path) -> Option<&'p Path> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let directory = directory.as_os_str().as_bytes();
    let rest = path.as_os_str().as_bytes().strip_prefix(directory)?;
    let rest = if directory.ends_with(b"/") { rest } else { rest.strip_prefix(b"/")? };
    Some(Path::new(OsStr::from_bytes(rest)))
}

#[cfg(not(unix))]
pub(super) fn below<'p>(path: &'p Path, directory: &Path) -> Option<&'p Path> {
    path.strip_prefix(directory).ok()
}
