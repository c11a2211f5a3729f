//! How files are named: from where, and as text for each format.
//!
//! Programs get names from the repository's root, people from the current directory.
//!
//! Invariant: whatever way a file is named, from whichever directory of its repository, its name from the root is
//! the same, and so is what is derived from it. `display_path` is fit for the start of a line, `uri` is ASCII, and
//! the same path gives the same `uri` on every system. All but `slash_path` give different paths different texts.

use std::env;
use std::fmt::Write;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf};

use bstr::ByteSlice;

use crate::escape::escape_bytes;

/// The name of standard input unless the user gives it another; no file has it.
pub const STDIN: &str = "<stdin>";

/// The two directories that paths in a report start from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    current: PathBuf,
    root: PathBuf,
}

impl Base {
    /// The current directory and the root of its repository; outside a repository the current directory is the root
    /// too.
    ///
    /// # Errors
    /// If a directory cannot be searched.
    pub fn discover() -> io::Result<Self> {
        let current = env::current_dir().and_then(|current| real_path(&current))?;
        let root = repository_root(&current)?.unwrap_or(&current).to_owned();
        Ok(Self { current, root })
    }

    /// The current directory and those above it, up to the root.
    pub(crate) fn up_to_root(&self) -> impl Iterator<Item = &Path> {
        self.current.ancestors().take_while(|directory| directory.starts_with(&self.root))
    }

    /// A file's path for programs: relative to the root, or absolute outside of it.
    pub(crate) fn for_programs(&self, path: &Path) -> PathBuf {
        if path == Path::new(STDIN) {
            return path.to_owned();
        }
        let (real, named) = (self.real(path), absolute(&self.current, path));
        relative(&real, &self.root).or_else(|| relative(&named, &self.root)).unwrap_or(real)
    }

    /// A file's path for people: relative to the current directory if it lies below it, else as it was named.
    pub(crate) fn for_people(&self, path: &Path) -> PathBuf {
        let leads_up = path.components().any(|part| part == Component::ParentDir);
        if path.is_relative() && !leads_up {
            return path.to_owned();
        }
        let named = relative(path, &self.current).filter(|_| !leads_up);
        let from_here = named.or_else(|| relative(&self.real(path), &self.current));
        from_here.unwrap_or_else(|| path.to_owned())
    }

    /// The paths of files in a diff, with links resolved. They are relative to the first of the current directory,
    /// the root and the file system's root that holds them all; it is returned, too, unless it is the current
    /// directory.
    pub(crate) fn of_diff(&self, files: &[&Path]) -> (Vec<PathBuf>, Option<&Path>) {
        let named = |file| absolute(&self.current, file);
        let files: Vec<_> =
            files.iter().map(|file| real_path(file).unwrap_or_else(|_| named(file))).collect();
        let system = self.current.ancestors().last().unwrap_or(&self.current);
        let holds_all = |directory: &&Path| files.iter().all(|file| file.starts_with(directory));
        let directory = [&*self.current, &*self.root].into_iter().find(holds_all).unwrap_or(system);
        let named = files.iter().map(|file| relative(file, directory).unwrap_or_else(|| file.clone()));
        (named.collect(), (directory != self.current).then_some(directory))
    }

    /// The absolute path of a file, with links to directories resolved. A link to a file keeps its name.
    fn real(&self, path: &Path) -> PathBuf {
        let path = self.current.join(path);
        let real = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => real_path(parent).map(|parent| parent.join(name)),
            _ => real_path(&path),
        };
        real.ok().filter(|_| path.is_absolute()).unwrap_or_else(|| absolute(&self.current, &path))
    }
}

/// The absolute path of a file or directory, without links. On Linux the kernel is asked: to look up each part of a path
/// and of the links in it, as elsewhere, takes time quadratic in their number.
///
/// # Errors
/// If it cannot be found, or has no path, as a pipe.
pub(crate) fn real_path(path: &Path) -> io::Result<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        let mut options = fs::File::options();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::libc::O_PATH);
        let real = fs::read_link(descriptor(&options.read(true).open(path)?));
        let is_there = |real: &PathBuf| !real.as_os_str().as_encoded_bytes().ends_with(b" (deleted)");
        if let Some(real) = real.ok().filter(|real| real.is_absolute() && is_there(real)) {
            return Ok(real);
        }
    }
    fs::canonicalize(path)
}

/// A path to an open file.
#[cfg(target_os = "linux")]
pub(crate) fn descriptor(file: &fs::File) -> String {
    format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file))
}

/// The absolute path of a file as it is written: `.` and `..` are resolved as text, links are not.
pub(crate) fn absolute(directory: &Path, path: &Path) -> PathBuf {
    let mut absolute = PathBuf::new();
    for part in directory.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if absolute.has_root() || absolute.file_name().is_some() => {
                absolute.pop();
            }
            part => absolute.push(part),
        }
    }
    absolute
}

/// The root of the repository that contains a directory.
///
/// # Errors
/// If a directory on the way up cannot be searched.
pub(crate) fn repository_root(directory: &Path) -> io::Result<Option<&Path>> {
    for above in directory.ancestors() {
        if exists(&above.join(".git"))? {
            return Ok(Some(above));
        }
    }
    Ok(None)
}

/// Whether there is a file, directory or link of this name.
///
/// # Errors
/// If the directory cannot be searched.
pub(crate) fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The path of a file relative to a directory that holds it or is it.
fn relative(file: &Path, directory: &Path) -> Option<PathBuf> {
    file.strip_prefix(directory).ok().map(plain)
}

/// The part of a path below a directory; `None` if the path is the directory itself, or not in it.
pub(crate) fn below<'p>(path: &'p Path, directory: &Path) -> Option<&'p Path> {
    path.strip_prefix(directory).ok().filter(|rest| !rest.as_os_str().is_empty())
}

/// Whether the last part of a path is this name.
pub(crate) fn has_name(path: &Path, name: &str) -> bool {
    // the end of the path comes first: to take each path of a walk apart would be slow
    path.as_os_str().as_encoded_bytes().ends_with(name.as_bytes()) && path.ends_with(name)
}

/// A path as the user would write it: without `./` in front, and `.` rather than nothing.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let path: PathBuf = path.components().skip_while(|part| *part == Component::CurDir).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

/// The one of some names that is probably meant by a word that is none of them: of those with a Jaro similarity of at
/// least 0.8, the most alike.
pub(crate) fn most_alike<T: AsRef<str>>(word: &str, names: impl IntoIterator<Item = T>) -> Option<T> {
    let alike = names.into_iter().map(|name| (strsim::jaro(word, name.as_ref()), name));
    let alike = alike.filter(|(likeness, _)| (0.8..1.0).contains(likeness));
    alike.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
}

/// The key by which the first of several paths to a file is chosen: relative ones before those that begin with `..`,
/// and these before absolute ones.
pub(crate) fn spelling(path: &Path) -> (bool, bool, PathBuf) {
    (path.is_absolute(), path.starts_with(".."), path.to_owned())
}

/// A path, for a line that starts with it.
pub(crate) fn display_path(path: &Path) -> String {
    let shown = escape_bytes(&with_slashes(path));
    // `:1` would read as a line of a file whose name ends there
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut shown = shown.split(':').enumerate().fold(String::new(), |path, (number, part)| match number {
        0 => path + part,
        _ if is_number(part) => path + "\\u{3a}" + part,
        _ => path + ":" + part,
    });
    // a runner would read `::…` at the start of a line as a command; the line goes on with a colon, so one is enough
    if shown.trim_start().starts_with(':') {
        shown.insert_str(0, "./");
    }
    shown
}

/// A path as repositories name files: with slashes and without `./`. Not escaped.
pub(crate) fn slash_path(path: &Path) -> String {
    String::from_utf8_lossy(&with_slashes(&plain(path))).into_owned()
}

/// A path as a URI reference: relative, or `file://…` if the path is absolute.
pub(crate) fn uri(path: &Path) -> String {
    let bytes = with_slashes(&plain(path));
    let mut uri = match bytes.first() {
        Some(b'/') => "file://".to_owned(),
        _ if path.is_absolute() => "file:///".to_owned(), // a drive of Windows
        _ => String::new(),
    };
    for &byte in &bytes {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}"); // a string takes all
        }
    }
    uri
}

/// A path's bytes, with slashes on every system.
pub(crate) fn with_slashes(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if MAIN_SEPARATOR == '/' { bytes.to_vec() } else { bytes.replace([MAIN_SEPARATOR as u8], "/") }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn different_paths_are_shown_differently() {
        let paths: [&[u8]; 8] =
            [b"a\nb", b"a\\nb", b"a\\\nb", b"\xff", b"\\xff", b"\xfe", "\u{fffd}".as_bytes(), b":a"];
        let shown = ["a\\nb", "a\\\\nb", "a\\\\\\nb", "\\xff", "\\\\xff", "\\xfe", "\u{fffd}", "./:a"];
        assert_eq!(paths.map(|path| display_path(Path::new(OsStr::from_bytes(path)))), shown);
    }

    /// Of a line `path:line:column: …`, all that stands before the first number is the path.
    #[test]
    fn no_path_holds_a_position() {
        for (path, shown) in [
            ("a.yml:1:1: error: b.yml", "a.yml\\u{3a}1\\u{3a}1: error: b.yml"),
            ("a.yml:1", "a.yml\\u{3a}1"),
            (":12:b", "\\u{3a}12:b"),
            ("a:1b:c:", "a:1b:c:"),
            ("12:30.yml", "12:30.yml"),
        ] {
            assert_eq!(display_path(Path::new(path)), shown);
        }
    }

    #[test]
    fn uris() {
        for (path, expected) in [
            ("a/b.yml", "a/b.yml"),
            ("./a//b.yml", "a/b.yml"),
            ("../a.yml", "../a.yml"),
            (".", "."),
            ("/a/b c.yml", "file:///a/b%20c.yml"),
            ("c:x/%41#?.yml", "c%3Ax/%2541%23%3F.yml"),
            ("ä\n<\u{1b}", "%C3%A4%0A%3C%1B"),
        ] {
            assert_eq!(uri(Path::new(path)), expected);
        }
        assert_eq!(uri(Path::new(OsStr::from_bytes(b"\xff.yml"))), "%FF.yml");
        assert_eq!(slash_path(Path::new("./a/./b.yml")), "a/b.yml");
    }
}
