//! Which files the given paths mean.
//!
//! A named file is itself, a named directory is its `.yml` and `.yaml` files less what git ignores and what `--exclude`
//! leaves out. `walkdir` walks, the crate `ignore` matches; this module decides.
//!
//! Invariant: every entry that belongs to the given paths is handed out exactly once, as a file or as an error, and
//! which path stands for a file depends neither on the order of the arguments nor on the order of a directory's
//! listing. The tree is untrusted: nothing in it can make the walk hang, loop, or read without bound.

mod descent;
mod pattern;
mod reason;
mod rules;
mod user_excludes;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::{env, fmt, io, mem};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use self::descent::Descent;
use self::pattern::Line;
use self::rules::Rules;

pub use self::reason::{Error, Reason};

/// What to walk and what to leave out.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files and directories, as the user wrote them; none means the current directory.
    pub paths: Vec<PathBuf>,
    /// Patterns of `--exclude`, in gitignore's syntax and relative to the current directory; the last match wins.
    pub exclude: Vec<String>,
    /// Patterns of the configuration and the directory that they are relative to; weaker than `exclude`.
    pub configured: Option<(PathBuf, Vec<String>)>,
    /// Whether to read what git ignores and the directories that are skipped by name.
    pub no_ignore: bool,
    /// Whether to enter symbolic links to directories.
    pub follow: bool,
    /// Whether to tell what is left out.
    pub verbose: bool,
}

/// One thing that the walk came upon.
#[derive(Debug)]
pub enum Entry {
    /// A file to read.
    File(File),
    /// Something that was left out; told only with [`Options::verbose`].
    LeftOut {
        /// The path, absolute.
        path: PathBuf,
        /// Why.
        reason: Reason,
    },
    /// Something that could not be read; it takes its entry's place.
    Error {
        /// The path, as the user would write it.
        path: PathBuf,
        /// Why it could not be read.
        error: Error,
    },
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path, as the user would write it: the named directory's with the rest joined to it.
    pub path: PathBuf,
    /// Whether it was named on the command line: it is read whatever it is, also a FIFO.
    pub named: bool,
}

/// How many entries were left out. A directory counts as one, whatever it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// By ignore rules: YAML files, and directories except version control's own.
    pub ignored: u64,
    /// By `--exclude`: YAML files, directories and named files.
    pub excluded: u64,
    /// Symbolic links to YAML files and directories outside the given paths.
    pub not_followed: u64,
}

/// Finds the files that the given paths mean.
#[derive(Debug)]
pub struct Walker {
    options: Options,
    /// Where relative paths start; empty if the current directory is gone.
    current: PathBuf,
    /// Later lists win over earlier ones.
    excludes: Vec<Excludes>,
}

impl Walker {
    /// Compiles the patterns; looks nothing up in the tree.
    ///
    /// # Errors
    ///
    /// The first `--exclude` pattern that cannot match anything, such as one with an unclosed `[`.
    pub fn new(options: Options) -> Result<Self, PatternError> {
        let current = env::current_dir().unwrap_or_default();
        let mut excludes = Vec::new();
        if let Some((root, patterns)) = &options.configured {
            excludes.push(Excludes::new(root.clone(), patterns)?);
        }
        excludes.push(Excludes::new(current.clone(), &options.exclude)?);
        Ok(Self { options, current, excludes })
    }

    /// Whether a pattern of `--exclude` leaves out this file or a directory above it.
    ///
    /// The file need not exist.
    #[must_use]
    pub fn excludes(&self, path: &Path) -> bool {
        self.leaves_out(&self.place(path), false)
    }

    /// Hands each file and each error to `sink`, in no particular order.
    pub fn walk(&self, sink: &mut dyn FnMut(Entry)) -> Summary {
        let mut walk = Walk::new(self, sink);
        let (files, directories) = walk.sort_out_paths();
        let (links, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.linked);
        walk.named_files(files);
        walk.named_directories(directories);
        if self.options.follow {
            walk.followed_links();
        } else {
            walk.links_not_entered();
        }
        walk.named_files(links);
        walk.file_links();
        walk.summary
    }

    fn has_excludes(&self) -> bool {
        !self.excludes.iter().all(Excludes::is_empty)
    }

    /// Whether the path or a directory above it is left out.
    fn leaves_out(&self, place: &Path, is_directory: bool) -> bool {
        if !self.has_excludes() {
            return false;
        }
        let above: Vec<_> = place.ancestors().skip(1).collect();
        above.into_iter().rev().any(|directory| self.matches(directory, true))
            || self.matches(place, is_directory)
    }

    /// Whether the path itself is left out, whatever stands above it.
    fn matches(&self, place: &Path, is_directory: bool) -> bool {
        let verdict =
            self.excludes.iter().rev().map(|list| list.matched(place, is_directory)).find(Option::is_some);
        verdict.flatten().unwrap_or(false)
    }

    /// The absolute path that `--exclude` patterns are held against, with `.` and `..` resolved as text.
    fn place(&self, path: &Path) -> PathBuf {
        let place = absolute(&self.current, path);
        if path.is_relative() || place.starts_with(&self.current) || !self.has_excludes() {
            return place;
        }
        // An absolute path may reach the current directory through a link, such as /tmp on macOS. A link to a file
        // counts where it stands, so that first its parent is looked up.
        let parent = place.parent().zip(place.file_name());
        let beside = parent.and_then(|(parent, name)| Some(fs::canonicalize(parent).ok()?.join(name)));
        let is_inside = |real: &PathBuf| real.starts_with(&self.current);
        let itself = || fs::canonicalize(&place).ok().filter(|real| is_inside(real) && real.is_dir());
        beside.filter(is_inside).or_else(itself).unwrap_or(place)
    }
}

/// Opens a file for reading.
///
/// Between the listing and this call an entry may have been swapped for a FIFO, so only a named file is waited for.
///
/// # Errors
///
/// Whatever the system says.
pub fn open(file: &File) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.read(true);
    if !file.named {
        never_wait(&mut options, Links::Follow);
    }
    options.open(&file.path)
}

/// A pattern of `--exclude` that cannot match anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The pattern, as given; `None` where only all together are too much for the matcher.
    pub pattern: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pattern {
            Some(pattern) => write!(f, "the pattern `{pattern}` matches nothing: {}", self.reason),
            None => write!(f, "the patterns together are too intricate: {}", self.reason),
        }
    }
}

impl std::error::Error for PatternError {}

/// Why a pattern of `--exclude` or of the configuration matches nothing, in words that do not hold the pattern.
///
/// # Errors
///
/// What is wrong with it.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    let line = exclude_line(pattern)?;
    GitignoreBuilder::new("").add_line(None, &line.glob).map(drop).map_err(without_glob)
}

fn exclude_line(pattern: &str) -> Result<Line, String> {
    // Nobody means git's reading of `./x`, which is nothing.
    let text = pattern.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(pattern);
    Line::parse(text.as_bytes())?.ok_or_else(|| "it is empty".to_owned())
}

/// The matcher's words about a pattern, without the pattern as it was rewritten for the matcher.
fn without_glob(error: ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err,
        error => error.to_string(),
    }
}

/// A list of `--exclude` patterns and the directory that they are relative to.
#[derive(Debug)]
struct Excludes {
    root: PathBuf,
    patterns: Gitignore,
    /// The patterns without a slash, the only ones that mean anything outside the root.
    names: Gitignore,
}

impl Excludes {
    fn new(root: PathBuf, patterns: &[String]) -> Result<Self, PatternError> {
        let (mut all, mut names) = (GitignoreBuilder::new(""), GitignoreBuilder::new(""));
        for pattern in patterns {
            let fault = |reason: String| PatternError { pattern: Some(pattern.clone()), reason };
            let line = exclude_line(pattern).map_err(fault)?;
            all.add_line(None, &line.glob).map_err(|error| fault(without_glob(error)))?;
            if line.any_level {
                names.add_line(None, &line.glob).map_err(|error| fault(without_glob(error)))?;
            }
        }
        let build = |builder: GitignoreBuilder| {
            builder.build().map_err(|error| PatternError { pattern: None, reason: without_glob(error) })
        };
        Ok(Self { root, patterns: build(all)?, names: build(names)? })
    }

    fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether the last pattern that matches leaves the path out; `None` if none matches.
    fn matched(&self, place: &Path, is_directory: bool) -> Option<bool> {
        if self.is_empty() || self.root.starts_with(place) {
            return None;
        }
        let verdict = match place.strip_prefix(&self.root) {
            Ok(inside) => self.patterns.matched(inside, is_directory),
            Err(_) => self.names.matched(place.file_name()?, is_directory),
        };
        match verdict {
            Match::None => None,
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
        }
    }
}

/// A named file.
#[derive(Debug)]
struct Named {
    shown: PathBuf,
    real: PathBuf,
    /// Whether a symbolic link stands anywhere in its path.
    linked: bool,
}

/// A directory to walk.
#[derive(Debug)]
struct Start {
    /// As `walkdir` is given it.
    path: PathBuf,
    /// Without symbolic links; it identifies what lies below and is what git's patterns see.
    real: PathBuf,
    /// Where `--exclude` patterns see it.
    place: PathBuf,
}

/// A link to a directory, and the rules in force where it stands.
#[derive(Debug)]
struct DirectoryLink {
    place: PathBuf,
    rules: Rules,
}

/// One run of [`Walker::walk`].
struct Walk<'a> {
    walker: &'a Walker,
    sink: &'a mut dyn FnMut(Entry),
    summary: Summary,
    /// Hashes of the real paths that were handed out or, with `follow`, entered. Eight bytes each instead of a path;
    /// the hash is keyed at random, so nobody can make two paths collide.
    seen: HashSet<u64>,
    hasher: RandomState,
    /// The real paths of the named directories, each of which is walked in its own right only.
    roots: HashSet<PathBuf>,
    /// The real paths of all directories that a walk began at: a link to a file is read if it stays inside.
    begun: HashSet<PathBuf>,
    /// Links wait until all real paths have been seen, and are then taken in the order of their paths.
    directory_links: BTreeMap<PathBuf, DirectoryLink>,
    file_links: BTreeSet<PathBuf>,
    user_excludes: Option<Rc<Gitignore>>,
    /// Ignore files that could not be read, so that each is told once.
    told: HashSet<PathBuf>,
}

impl<'a> Walk<'a> {
    fn new(walker: &'a Walker, sink: &'a mut dyn FnMut(Entry)) -> Self {
        Self {
            walker,
            sink,
            summary: Summary::default(),
            seen: HashSet::new(),
            hasher: RandomState::new(),
            roots: HashSet::new(),
            begun: HashSet::new(),
            directory_links: BTreeMap::new(),
            file_links: BTreeSet::new(),
            user_excludes: None,
            told: HashSet::new(),
        }
    }

    fn fault(&mut self, path: &Path, error: Error) {
        (self.sink)(Entry::Error { path: shown(path), error });
    }

    /// Reports an ignore file, which several walks may come upon, once.
    fn fault_once(&mut self, file: &Path, error: Error) {
        if self.told.insert(absolute(&self.walker.current, file)) {
            self.fault(file, error);
        }
    }

    /// Counts what is left out; a place that is both named and found counts once.
    fn left_out(&mut self, place: &Path, reason: Reason) {
        match reason {
            Reason::VersionControl | Reason::NotYaml | Reason::EditorLock => {}
            Reason::SkippedByName | Reason::Ignored { .. } => self.summary.ignored += 1,
            Reason::FileElsewhere | Reason::DirectoryElsewhere => self.summary.not_followed += 1,
            Reason::Excluded => {
                let is_new = self.seen.insert(self.hasher.hash_one(("excluded", place.as_os_str())));
                self.summary.excluded += u64::from(is_new);
            }
        }
        if self.walker.options.verbose {
            (self.sink)(Entry::LeftOut { path: place.to_owned(), reason });
        }
    }

    /// Whether this is the first time that the real path comes up.
    fn is_new(&mut self, real: &Path) -> bool {
        self.seen.insert(self.hasher.hash_one(real.as_os_str()))
    }

    /// Tells files from directories among the named paths, and errors from both.
    fn sort_out_paths(&mut self) -> (Vec<Named>, Vec<Start>) {
        let here = [PathBuf::from(".")];
        let paths = &self.walker.options.paths;
        let (mut files, mut directories) = (Vec::new(), Vec::new());
        let mut parents = HashMap::new();
        for path in if paths.is_empty() { &here } else { paths.as_slice() } {
            match Named::look_up(path, &self.walker.current, &mut parents) {
                Err(error) => self.fault(path, Error::Io(error)),
                Ok((named, is_directory)) => {
                    let place = self.walker.place(path);
                    if self.walker.leaves_out(&place, is_directory) {
                        self.left_out(&place, Reason::Excluded);
                    } else if is_directory {
                        directories.push((named, place));
                    } else {
                        files.push(named);
                    }
                }
            }
        }
        files.sort_by(|a, b| a.spelling().cmp(&b.spelling()));
        directories.sort_by(|(a, _), (b, _)| (a.linked, a.spelling()).cmp(&(b.linked, b.spelling())));
        let directories = directories.into_iter().map(|(named, place)| Start::new(named, place)).collect();
        (files, directories)
    }

    fn named_files(&mut self, files: Vec<Named>) {
        for file in files {
            if self.is_new(&file.real) {
                (self.sink)(Entry::File(File { path: file.shown, named: true }));
            }
        }
    }

    fn named_directories(&mut self, mut starts: Vec<Start>) {
        starts.retain(|start| self.roots.insert(start.real.clone()));
        self.begun.clone_from(&self.roots);
        for start in starts {
            let rules = self.rules_above(&start.real);
            Descent::new(self, start, rules).run();
        }
    }

    /// Enters the links to directories that were found, and those found below them.
    fn followed_links(&mut self) {
        while let Some((path, DirectoryLink { place, rules })) = self.directory_links.pop_first() {
            match fs::canonicalize(&path) {
                Err(error) => self.fault(&path, Error::Io(error)),
                Ok(real) if self.roots.contains(&real) || self.is_known(&real) => {}
                Ok(real) => {
                    self.begun.insert(real.clone());
                    Descent::new(self, Start { path, real, place }, rules).run();
                }
            }
        }
    }

    /// Hands out the links to files whose target is inside the walk and was not handed out itself.
    fn file_links(&mut self) {
        for path in mem::take(&mut self.file_links) {
            match fs::canonicalize(&path) {
                Err(error) => self.fault(&path, Error::Io(error)),
                Ok(real) if self.is_inside(&real) => {
                    if self.is_new(&real) {
                        (self.sink)(Entry::File(File { path: shown(&path), named: false }));
                    }
                }
                Ok(real) if self.is_known(&real) => {}
                Ok(_) => self.not_followed(&path, Reason::FileElsewhere),
            }
        }
    }

    /// Counts the links to directories that were not entered and lead out of the walk.
    fn links_not_entered(&mut self) {
        for (path, _) in mem::take(&mut self.directory_links) {
            match fs::canonicalize(&path) {
                Err(error) => self.fault(&path, Error::Io(error)),
                Ok(real) if self.is_inside(&real) => {}
                Ok(_) => self.not_followed(&path, Reason::DirectoryElsewhere),
            }
        }
    }

    fn not_followed(&mut self, path: &Path, reason: Reason) {
        self.left_out(&absolute(&self.walker.current, path), reason);
    }

    /// Whether a real path lies in a directory that was walked.
    fn is_inside(&self, real: &Path) -> bool {
        real.ancestors().any(|directory| self.begun.contains(directory))
    }

    /// Whether the real path has come up already.
    fn is_known(&self, real: &Path) -> bool {
        self.seen.contains(&self.hasher.hash_one(real.as_os_str()))
    }
}

impl Named {
    /// Finds out what a named path is, and whether that is a directory.
    ///
    /// `parents` remembers the real paths of directories: thousands of files may be named in each.
    fn look_up(
        path: &Path,
        current: &Path,
        parents: &mut HashMap<PathBuf, PathBuf>,
    ) -> io::Result<(Self, bool)> {
        let here = fs::symlink_metadata(path)?;
        let metadata = if here.is_symlink() { fs::metadata(path)? } else { here.clone() };
        let place = absolute(current, path);
        let real = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if metadata.is_file() && !here.is_symlink() => {
                real_parent(parent, parents).map(|parent| parent.join(name))
            }
            _ => fs::canonicalize(path),
        };
        let real = match real {
            Ok(real) => real,
            // the current directory, or one below it, was deleted
            Err(error) if metadata.is_dir() && error.kind() == io::ErrorKind::NotFound => return Err(error),
            // What has no path of its own, such as the pipe behind /dev/fd/63, goes by the name that it was given.
            Err(_) => place.clone(),
        };
        Ok((Self { shown: shown(path), linked: place != real, real }, metadata.is_dir()))
    }

    /// By what of several spellings of a path one is chosen: from the current directory down, then up, then from the root.
    fn spelling(&self) -> (bool, bool, &Path) {
        (self.shown.is_absolute(), self.shown.starts_with(".."), &self.shown)
    }
}

fn real_parent(parent: &Path, parents: &mut HashMap<PathBuf, PathBuf>) -> io::Result<PathBuf> {
    if let Some(real) = parents.get(parent) {
        return Ok(real.clone());
    }
    let real = fs::canonicalize(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?;
    parents.insert(parent.to_owned(), real.clone());
    Ok(real)
}

impl Start {
    fn new(named: Named, place: PathBuf) -> Self {
        Self { path: named.shown, real: named.real, place }
    }
}

/// What to do about a symbolic link in a path's last place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Links {
    Follow,
    Refuse,
}

/// Makes an open return at once, whatever the path has become in the meantime.
#[cfg(unix)]
fn never_wait(options: &mut OpenOptions, links: Links) {
    use std::os::unix::fs::OpenOptionsExt;
    let refuse = if links == Links::Refuse { libc::O_NOFOLLOW } else { 0 };
    options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | refuse);
}

#[cfg(not(unix))]
fn never_wait(_: &mut OpenOptions, _: Links) {}

/// A path as the user would write it: without `./` in front, and `.` rather than nothing.
fn shown(path: &Path) -> PathBuf {
    let path: PathBuf = path.components().skip_while(|part| *part == Component::CurDir).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

/// Joins a path to a directory and resolves `.` and `..` as text.
fn absolute(directory: &Path, path: &Path) -> PathBuf {
    let mut absolute = PathBuf::new();
    for part in directory.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                absolute.pop();
            }
            part => absolute.push(part),
        }
    }
    absolute
}
