//! Replaces files atomically.
//!
//! Invariant: whatever happens, the path names the complete old file or the complete new one, and nobody ever gains
//! access to the new file that they did not have to the old one. A new file is complete before it has any name, where
//! the system allows that. A file that has changed since it was read is left alone; a change made by another program
//! between that check and the rename is lost.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::{NotFixed, access, unnamed};
use crate::reader::io_message;
use crate::signals::DelayedSignals;

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
    /// It was found through a symbolic link that nobody named.
    Linked,
    /// An I/O error, and what could not be done.
    Io(&'static str, io::Error),
}

/// Makes an I/O error a failure to do something.
fn not(done: &'static str) -> impl Fn(io::Error) -> WriteFailure {
    move |error| WriteFailure::Io(done, error)
}

/// Replaces the bytes of a file, which are `original`, by `fixed`. `target` itself must not be a symbolic link. Returns
/// whether the file has kept its owner and group.
///
/// # Errors
/// Why the file was left as it is; no temporary file is left behind.
pub fn apply(target: &Path, original: &[u8], fixed: &[u8]) -> Result<bool, WriteFailure> {
    replace(target, Some(original), |out| out.write_all(fixed))
}

/// Replaces a file by what `print` writes: one that holds the `original` bytes, or else any, or none.
///
/// The mode, access control lists and `user.` attributes are kept, and if the system allows it the owner and group;
/// labels and capabilities (`security.`) are those that the system gives a new file.
///
/// # Errors
/// Why the file was left as it is; no temporary file is left behind.
pub(crate) fn replace(
    target: &Path,
    original: Option<&[u8]>,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<bool, WriteFailure> {
    let old = match check(target) {
        Err(WriteFailure::Io(_, error)) if original.is_none() && error.kind() == ErrorKind::NotFound => None,
        old => Some(old?),
    };
    let mode = if old.is_some() { 0o600 } else { 0o666 }; // less the umask
    let (new, name) = create(target, mode, print)?;
    let owner_is_kept = access::keep(&new, old.as_ref()).map_err(not("written with its access rights"))?;
    let owner_is_kept = owner_is_kept.ok_or(WriteFailure::Foreign)?;
    new.sync_all().map_err(not("written"))?;
    if !holds(target, old.as_ref(), original).map_err(not("read again"))? {
        return Err(WriteFailure::Changed);
    }
    let name = name.map_or_else(|| TemporaryName::link(target, &new), Ok).map_err(not("replaced"))?;
    drop((old, new)); // not every Windows replaces a file that is open
    fs::rename(&name.path, target).map_err(not("replaced"))?;
    // the rename is durable once the directory is on disk; if that fails, the old file may reappear after a crash
    let _ = File::open(directory(target)).and_then(|directory| directory.sync_all());
    Ok(owner_is_kept)
}

fn directory(target: &Path) -> &Path {
    target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Opens the file, if it is a regular file that may be written to.
fn check(target: &Path) -> Result<(File, Metadata), WriteFailure> {
    let metadata = fs::symlink_metadata(target).map_err(not("found"))?;
    if !metadata.is_file() {
        return Err(WriteFailure::Irregular);
    }
    if metadata.permissions().readonly() {
        return Err(WriteFailure::ReadOnly);
    }
    // a rename needs no permission to write to the file, so opening it checks that
    let file = open(target, OpenOptions::new().write(true)).map_err(not("written"))?;
    let metadata = file.metadata().map_err(not("found"))?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(WriteFailure::Irregular) }
}

/// A new file with what `print` writes; it has a name only where there are no files without one.
fn create(
    target: &Path,
    mode: u32,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(File, Option<TemporaryName>), WriteFailure> {
    if let Some(file) = unnamed::create(directory(target), mode) {
        print(&mut &file).map_err(not("written"))?;
        return Ok((file, None));
    }
    let mut bytes = Vec::new(); // so that the name is there for a short time only
    print(&mut bytes).map_err(not("written"))?;
    create_named(target, mode, &bytes).map(|(file, name)| (file, Some(name)))
}

fn create_named(target: &Path, mode: u32, bytes: &[u8]) -> Result<(File, TemporaryName), WriteFailure> {
    let name = TemporaryName::new(target);
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let file = options.read(true).write(true).create_new(true).open(&name.path);
    let mut file = file.map_err(not("written, since its directory takes no new file"))?;
    file.write_all(bytes).map_err(not("written"))?;
    Ok((file, name))
}

/// The name of a new file until it replaces the old one. While it lives, signals wait.
struct TemporaryName {
    path: PathBuf,
    _delayed: DelayedSignals,
}

impl TemporaryName {
    /// A name that nobody can foresee, or mistakes for a playbook's.
    fn new(target: &Path) -> Self {
        let name = format!(".ecr-lint-{:016x}.tmp", RandomState::new().build_hasher().finish());
        Self { path: target.with_file_name(name), _delayed: DelayedSignals::new() }
    }

    fn link(target: &Path, file: &File) -> io::Result<Self> {
        let name = Self::new(target);
        unnamed::link(file, &name.path).map(|()| name)
    }
}

impl Drop for TemporaryName {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path); // it is gone if the file has taken the old one's place
    }
}

/// Whether the path still names the file that was checked, and that file has the bytes that were read, if there are
/// any.
fn holds(target: &Path, old: Option<&(File, Metadata)>, original: Option<&[u8]>) -> io::Result<bool> {
    let (Some((_, metadata)), Some(original)) = (old, original) else { return Ok(true) };
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
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK);
    options.open(target)
}

impl fmt::Display for WriteFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("has changed since it was read; run again"),
            Self::ReadOnly => f.write_str("is read-only"),
            Self::Irregular => f.write_str("is not a regular file"),
            Self::Foreign => f.write_str("has an access control list, and its owner or group cannot be kept"),
            Self::Linked => NotFixed::Linked.fmt(f),
            Self::Io(done, error) => write!(f, "cannot be {done}: {}", io_message(error)),
        }
    }
}

impl std::error::Error for WriteFailure {} // without a source: its Display already holds the I/O error

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::ExitStatusExt;
    use std::{env, process};

    use nix::sys::signal::Signal::{self, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};

    use super::*;

    const SIGNAL: &str = "ECR_LINT_TEST_SIGNAL";
    /// Without those that `nohup`, and shells for jobs in the background, let a program ignore.
    const SIGNALS: [Signal; 5] = [SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU];

    /// In the process that [`each_signal_ends`] starts, sends the signal to it.
    fn raise() {
        let signal: Signal = env::var(SIGNAL).expect("set").parse().expect("a name");
        nix::sys::signal::raise(signal).expect("a signal");
    }

    /// Runs a test again for each signal, in a process and a folder of its own: the signal ends it, and it leaves no
    /// file. Returns whether this is not that process.
    fn each_signal_ends(test: &str) -> bool {
        if env::var_os(SIGNAL).is_some() {
            return false;
        }
        for signal in SIGNALS {
            let folder = tempfile::tempdir().expect("a folder");
            let mut again = process::Command::new(env::current_exe().expect("a path"));
            let again = again.args([&format!("fix::write::tests::{test}"), "--exact", "--nocapture"]);
            let again =
                again.env(SIGNAL, signal.as_str()).current_dir(&folder).stdout(process::Stdio::null());
            assert_eq!(again.status().expect("it runs").signal(), Some(signal as i32));
            assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 0);
        }
        true
    }

    #[test]
    fn a_signal_waits_while_a_temporary_file_has_a_name() {
        if each_signal_ends("a_signal_waits_while_a_temporary_file_has_a_name") {
            return;
        }
        let name = TemporaryName::new(Path::new("a.yml"));
        fs::write(&name.path, "").expect("a file");
        raise();
        assert!(name.path.exists());
        drop(name);
        unreachable!("the signal has ended the program");
    }

    #[test]
    fn a_signal_ends_the_program_while_a_report_is_produced() {
        if each_signal_ends("a_signal_ends_the_program_while_a_report_is_produced") {
            return;
        }
        let print = |_: &mut dyn Write| {
            raise();
            fs::write("survived", "")
        };
        replace(Path::new("a.txt"), None, print).expect("written");
        unreachable!("the signal has ended the program");
    }

    #[test]
    fn a_temporary_name_goes_with_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, name) = create_named(&folder.path().join("a"), 0o600, b"x").expect("a file");
        assert_eq!(fs::read(&name.path).expect("a file"), b"x");
        assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
        drop(name);
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 0);
    }

    #[test]
    fn a_file_is_replaced_or_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        replace(&path, None, |out| out.write_all(b"x")).expect("written");
        replace(&path, Some(b"x"), |out| out.write_all(b"y")).expect("written");
        assert_eq!(fs::read(&path).expect("a file"), b"y");
        let failed = replace(&path, None, |_| Err(ErrorKind::Other.into()));
        assert!(matches!(failed, Err(WriteFailure::Io("written", _))));
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
    }

    #[test]
    fn another_file_with_the_same_bytes_is_a_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let [path, other] = ["a", "b"].map(|name| folder.path().join(name));
        for path in [&path, &other] {
            fs::write(path, "x").expect("a file");
        }
        let old = check(&path).expect("a file");
        let holds = |bytes: &[u8]| holds(&path, Some(&old), Some(bytes)).expect("it can be read");
        assert!(holds(b"x") && !holds(b"") && !holds(b"xy"));
        fs::rename(&other, &path).expect("a new file");
        assert!(!holds(b"x"));
    }
}
