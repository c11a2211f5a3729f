//! The walk below one directory.
//!
//! Invariant: each entry that is listed ends in exactly one of these: handed out, told as an error, left out for a
//! [`Reason`], put aside as a link, or passed by: because it is no YAML file, because it was handed out already, or
//! because it is a directory that is walked in its own right. A directory is entered at most once.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io, mem};

use walkdir::{DirEntry, WalkDir};

use super::rules::Rules;
use super::{DirectoryLink, Entry, Error, File, Reason, Start, Walk, absolute};

/// Directories that hold no playbooks: version control, environments, caches, other people's packages.
const SKIPPED_DIRECTORIES: [&str; 13] = [
    ".git",
    ".hg",
    ".svn",
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

/// Those of them that nobody expects in a count of what was ignored.
const VERSION_CONTROL: [&str; 3] = [".git", ".hg", ".svn"];

/// Directories held open at a time; `walkdir` reads the rest of a list into memory when a deeper one needs its place.
const OPEN_DIRECTORIES: usize = 4;

/// Where an entry is.
#[derive(Clone, Debug, Default)]
struct Spot {
    /// Its path without symbolic links above the place where the walk began.
    real: PathBuf,
    /// Where `--exclude` patterns see it.
    place: PathBuf,
}

impl Spot {
    /// Moves to an entry of a directory, without a new allocation.
    fn set(&mut self, directory: &Self, name: &OsStr) {
        for (path, above) in [(&mut self.real, &directory.real), (&mut self.place, &directory.place)] {
            path.as_mut_os_string().clear();
            path.push(above);
            path.push(name);
        }
    }

    fn pop(&mut self) {
        self.real.pop();
        self.place.pop();
    }
}

/// One such walk.
pub(super) struct Descent<'w, 'a> {
    walk: &'w mut Walk<'a>,
    start: PathBuf,
    rules: Rules,
    /// The directory being listed, and its depth below the start.
    directory: Spot,
    depth: usize,
    /// The entry being looked at; its buffers are used again for the next.
    entry: Spot,
}

impl<'w, 'a> Descent<'w, 'a> {
    pub(super) fn new(walk: &'w mut Walk<'a>, start: Start, rules: Rules) -> Self {
        let directory = Spot { real: start.real, place: start.place };
        Self { walk, start: start.path, rules, directory, depth: 0, entry: Spot::default() }
    }

    pub(super) fn run(mut self) {
        let mut entries = WalkDir::new(&self.start).max_open(OPEN_DIRECTORIES).into_iter();
        while let Some(entry) = entries.next() {
            match entry {
                Err(error) => self.error(error),
                Ok(entry) if entry.depth() == 0 => self.begin(),
                Ok(entry) if entry.file_type().is_dir() => {
                    if !self.enter(&entry) {
                        entries.skip_current_dir();
                    }
                }
                Ok(entry) => self.visit(entry),
            }
        }
    }

    /// Reports an entry that could not be read, or the directory whose listing broke off.
    fn error(&mut self, error: walkdir::Error) {
        let path = match error.path() {
            Some(path) => path.to_owned(),
            None => self.listed(error.depth().saturating_sub(1)),
        };
        let error = error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of symbolic links"));
        self.walk.fault(&path, Error::Io(error));
    }

    /// The path of the directory at this depth on the way to the one being listed.
    fn listed(&self, depth: usize) -> PathBuf {
        let names: Vec<_> = self.directory.real.components().rev().take(self.depth).collect();
        names.into_iter().rev().take(depth).fold(self.start.clone(), |path, name| path.join(name))
    }

    fn begin(&mut self) {
        if self.walk.walker.options.follow {
            self.walk.is_new(&self.directory.real);
        }
        self.add_rules(&self.start.clone());
    }

    fn add_rules(&mut self, path: &Path) {
        if !self.walk.walker.options.no_ignore {
            self.walk.add_rules(&mut self.rules, path, &self.directory.real, self.depth);
        }
    }

    /// Moves to an entry, out of the directories that it does not lie in.
    fn step_to(&mut self, entry: &DirEntry) {
        while self.depth >= entry.depth() {
            self.directory.pop();
            self.depth -= 1;
        }
        self.rules.rewind(self.depth);
        self.entry.set(&self.directory, entry.file_name());
    }

    /// Enters a directory, unless it is left out or walked elsewhere.
    fn enter(&mut self, entry: &DirEntry) -> bool {
        self.step_to(entry);
        let is_wanted = self.is_wanted(entry);
        if is_wanted {
            mem::swap(&mut self.directory, &mut self.entry);
            self.depth = entry.depth();
            self.add_rules(entry.path());
        }
        is_wanted
    }

    fn is_wanted(&mut self, entry: &DirEntry) -> bool {
        if self.walk.roots.contains(&self.entry.real) {
            return false;
        }
        if let Some(reason) = self.reason(entry.file_name(), true) {
            self.walk.left_out(&self.entry.place, reason);
            return false;
        }
        !self.walk.walker.options.follow || self.walk.is_new(&self.entry.real)
    }

    /// Looks at anything but a directory.
    fn visit(&mut self, entry: DirEntry) {
        let kind = entry.file_type();
        let is_yaml = is_yaml(entry.file_name());
        if !is_yaml && !kind.is_symlink() {
            if self.walk.walker.options.verbose && kind.is_file() {
                let path = absolute(&self.walk.walker.current, entry.path());
                (self.walk.sink)(Entry::LeftOut { path, reason: Reason::NotYaml });
            }
            return;
        }
        self.step_to(&entry);
        if kind.is_symlink() {
            self.link(&entry, is_yaml);
        } else if let Some(reason) = self.reason(entry.file_name(), false) {
            self.walk.left_out(&self.entry.place, reason);
        } else if !kind.is_file() {
            self.walk.fault(entry.path(), Error::Irregular);
        } else if self.walk.is_new(&self.entry.real) {
            let below_current = entry.path().strip_prefix(".").map(Path::to_owned);
            let path = below_current.unwrap_or_else(|_| entry.into_path());
            (self.walk.sink)(Entry::File(File { path, named: false }));
        }
    }

    /// Puts a link aside until everything real has been seen.
    fn link(&mut self, entry: &DirEntry, is_yaml: bool) {
        let target = fs::metadata(entry.path());
        let is_directory = target.as_ref().is_ok_and(fs::Metadata::is_dir);
        if !is_yaml && !is_directory {
            return;
        }
        if let Some(reason) = self.reason(entry.file_name(), is_directory) {
            self.walk.left_out(&self.entry.place, reason);
            return;
        }
        let path = entry.path().to_owned();
        match target {
            Err(error) => match Error::of_link(error) {
                Error::BrokenLink if entry.file_name().as_encoded_bytes().starts_with(b".#") => {
                    self.walk.left_out(&self.entry.place, Reason::EditorLock);
                }
                error => self.walk.fault(&path, error),
            },
            Ok(_) if is_directory => {
                // what is not entered needs no rules, which would outlive the walk of their directory
                let rules =
                    if self.walk.walker.options.follow { self.rules.here() } else { Rules::default() };
                let link = DirectoryLink { place: self.entry.place.clone(), rules };
                self.walk.directory_links.insert(path, link);
            }
            Ok(target) if target.is_file() => drop(self.walk.file_links.insert(path)),
            Ok(_) => self.walk.fault(&path, Error::Irregular),
        }
    }

    /// Why the entry that was stepped to is left out, if it is.
    fn reason(&self, name: &OsStr, is_directory: bool) -> Option<Reason> {
        let walker = self.walk.walker;
        if !walker.options.no_ignore {
            if is_directory && SKIPPED_DIRECTORIES.iter().any(|skipped| name == *skipped) {
                let is_version_control = VERSION_CONTROL.iter().any(|skipped| name == *skipped);
                return Some(if is_version_control { Reason::VersionControl } else { Reason::SkippedByName });
            }
            if let Some((layer, glob)) = self.rules.ignore(&self.entry.real, is_directory) {
                let told = walker.options.verbose;
                let written = glob.from().filter(|_| told).unwrap_or(Path::new(""));
                let pattern = written.to_string_lossy().into_owned();
                let file = if told { layer.file.clone() } else { PathBuf::new() };
                return Some(Reason::Ignored { pattern, file });
            }
        }
        walker.matches(&self.entry.place, is_directory).then_some(Reason::Excluded)
    }
}

/// Whether a name has a YAML extension, in any letter case.
fn is_yaml(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    [".yml", ".yaml"].iter().any(|extension| {
        let start = name.len().checked_sub(extension.len());
        start.is_some_and(|start| name[start..].eq_ignore_ascii_case(extension.as_bytes()))
    })
}
