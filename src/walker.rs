//! Which files the given paths mean.
//!
//! A named file is itself, a named directory is its `.yml` and `.yaml` files less what git ignores and what `--exclude`
//! leaves out. `walkdir` walks, the crate `ignore` matches; this module decides.
//!
//! Invariant: every entry that belongs to the given paths is handed out exactly once, as a file or as an error, and
//! which path stands for a file depends neither on the order of the arguments nor on the order of a directory's
//! listing. The tree is untrusted: nothing in it can make the walk hang, loop, or read without bound.

mod pattern;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::{env, fmt, mem};

use self::pattern::{Line, compile};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, Glob, gitconfig_excludes_path};
use walkdir::{DirEntry, WalkDir};

use crate::reader::in_words;

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

/// The most bytes an ignore file may have.
const IGNORE_FILE_LIMIT: u64 = 1 << 20;

/// Directories held open at a time; `walkdir` reads the rest of a list into memory when a deeper one needs its place.
const OPEN_DIRECTORIES: usize = 4;

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

/// Why an entry could not be read, in plain words.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The system said no.
    Io(io::Error),
    /// A symbolic link with a YAML extension leads nowhere.
    BrokenLink,
    /// A symbolic link with a YAML extension leads to itself.
    LinkLoop,
    /// A FIFO, a socket or a device with a YAML extension, or a symbolic link to one.
    Irregular,
    /// A `.gitignore` is a symbolic link, which git does not follow either.
    LinkedIgnoreFile,
    /// An ignore file is a directory, a FIFO, a socket or a device.
    IrregularIgnoreFile,
    /// An ignore file is larger than 1 MiB.
    LargeIgnoreFile,
    /// An ignore file's patterns are too many or too intricate to compile; the text is the matcher's.
    IntricateIgnoreFile(String),
}

/// A pattern of `--exclude` that cannot match anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The pattern, as given.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
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
            let fault = |reason: String| PatternError { pattern: pattern.clone(), reason };
            // Nobody means git's reading of `./x`, which is nothing.
            let text = pattern.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(pattern);
            let line = Line::parse(text.as_bytes()).map_err(|reason| fault(reason.to_owned()))?;
            let line = line.ok_or_else(|| fault("it is empty".to_owned()))?;
            all.add_line(None, &line.glob).map_err(|error| fault(error.to_string()))?;
            if line.any_level {
                names.add_line(None, &line.glob).map_err(|error| fault(error.to_string()))?;
            }
        }
        let build = |builder: GitignoreBuilder| {
            builder
                .build()
                .map_err(|error| PatternError { pattern: patterns.join(" "), reason: error.to_string() })
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

/// Why an entry of the tree is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A directory of git's, Mercurial's or Subversion's own.
    VersionControl,
    /// A directory that is always skipped, such as `node_modules`.
    SkippedByName,
    /// git ignores it.
    Ignored {
        /// The pattern, as it is written.
        pattern: String,
        /// The ignore file that holds it.
        file: PathBuf,
    },
    /// Its name does not end in `.yml` or `.yaml`.
    NotYaml,
    /// A pattern of `--exclude` or of the configuration.
    Excluded,
    /// A link that Emacs makes beside a file that is being edited, and that leads nowhere.
    EditorLock,
    /// A symbolic link to a YAML file outside the given paths.
    FileElsewhere,
    /// A symbolic link to a directory outside the given paths, without [`Options::follow`].
    DirectoryElsewhere,
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

    /// The rules in force at a directory's own level: those of the repository around it, if there is one.
    fn rules_above(&mut self, real: &Path) -> Rules {
        let mut rules = Rules::default();
        if self.walker.options.no_ignore || is_repository(real) {
            return rules;
        }
        let Some(top) = real.ancestors().skip(1).find(|directory| is_repository(directory)) else {
            return rules;
        };
        let mut between: Vec<_> =
            real.ancestors().skip(1).take_while(|directory| *directory != top).collect();
        between.push(top);
        for directory in between.into_iter().rev() {
            self.add_rules(&mut rules, directory, directory, 0);
        }
        rules
    }

    /// Adds the rules that begin at a directory, which is `path` to the system and `real` to the patterns.
    fn add_rules(&mut self, rules: &mut Rules, path: &Path, real: &Path, depth: usize) {
        if is_repository(path) {
            let patterns = self.user_excludes();
            let file = PathBuf::from("the user's excludes of git");
            rules.push(Layer { root: real.to_owned(), file, patterns, begins_repository: true }, depth);
            if let Some(exclude) = self.info_exclude(path) {
                self.add_file(rules, &exclude, real, Links::Follow, depth);
            }
        }
        if rules.in_repository() {
            self.add_file(rules, &path.join(".gitignore"), real, Links::Refuse, depth);
        }
    }

    fn add_file(&mut self, rules: &mut Rules, file: &Path, root: &Path, links: Links, depth: usize) {
        let patterns = self.read_patterns(file, links);
        if !patterns.is_empty() {
            let layer = Layer {
                root: root.to_owned(),
                file: shown(file),
                patterns: Rc::new(patterns),
                begins_repository: false,
            };
            rules.push(layer, depth);
        }
    }

    /// The patterns of an ignore file; none if there is no such file, and none but an error if it cannot be read.
    fn read_patterns(&mut self, file: &Path, links: Links) -> Gitignore {
        let patterns = match read_ignore_file(file, links) {
            Ok(None) => return Gitignore::empty(),
            Ok(Some(text)) => compile(&text).map_err(Error::IntricateIgnoreFile),
            Err(error) => Err(error),
        };
        patterns.unwrap_or_else(|error| {
            self.fault_once(file, error);
            Gitignore::empty()
        })
    }

    /// The patterns of git's `core.excludesFile`, which every repository obeys.
    fn user_excludes(&mut self) -> Rc<Gitignore> {
        if let Some(patterns) = &self.user_excludes {
            return Rc::clone(patterns);
        }
        let file = gitconfig_excludes_path();
        let patterns =
            Rc::new(file.map_or_else(Gitignore::empty, |file| self.read_patterns(&file, Links::Follow)));
        self.user_excludes = Some(Rc::clone(&patterns));
        patterns
    }

    /// Where a repository keeps `info/exclude`: in `.git`, or where the file `.git` of a worktree or submodule points.
    fn info_exclude(&mut self, repository: &Path) -> Option<PathBuf> {
        let dot_git = repository.join(".git");
        if dot_git.is_dir() {
            return Some(dot_git.join("info/exclude"));
        }
        let text = match read_ignore_file(&dot_git, Links::Follow) {
            Ok(text) => text?,
            Err(error) => {
                self.fault_once(&dot_git, error);
                return None;
            }
        };
        let own = repository.join(to_path(text.strip_prefix(b"gitdir: ")?)?);
        let common = match read_ignore_file(&own.join("commondir"), Links::Follow) {
            Ok(Some(text)) => own.join(to_path(&text)?),
            _ => own,
        };
        Some(common.join("info/exclude"))
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
        // What has no path of its own, such as the pipe behind /dev/fd/63, goes by the name that it was given.
        let real = real.unwrap_or_else(|_| place.clone());
        Ok((Self { shown: shown(path), linked: place != real, real }, metadata.is_dir()))
    }
}

impl Named {
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

/// The walk below one directory.
struct Descent<'w, 'a> {
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
    fn new(walk: &'w mut Walk<'a>, start: Start, rules: Rules) -> Self {
        let directory = Spot { real: start.real, place: start.place };
        Self { walk, start: start.path, rules, directory, depth: 0, entry: Spot::default() }
    }

    fn run(mut self) {
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
                let link = DirectoryLink { place: self.entry.place.clone(), rules: self.rules.here() };
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

/// The patterns of one ignore file.
#[derive(Debug)]
struct Layer {
    /// The directory that the patterns are relative to.
    root: PathBuf,
    /// The ignore file itself.
    file: PathBuf,
    patterns: Rc<Gitignore>,
    /// Whether this is the outermost layer of a repository, beyond which nothing applies.
    begins_repository: bool,
}

impl Layer {
    fn matched(&self, real: &Path, is_directory: bool) -> Match<&Glob> {
        if self.patterns.is_empty() {
            return Match::None;
        }
        below(real, &self.root).map_or(Match::None, |path| self.patterns.matched(path, is_directory))
    }
}

/// The part of a path below a directory: `strip_prefix` at the speed of `memcmp`, once for each pattern list and entry.
#[cfg(unix)]
fn below<'p>(path: &'p Path, directory: &Path) -> Option<&'p Path> {
    use std::os::unix::ffi::OsStrExt;
    let directory = directory.as_os_str().as_bytes();
    let rest = path.as_os_str().as_bytes().strip_prefix(directory)?;
    let rest = if directory.ends_with(b"/") { rest } else { rest.strip_prefix(b"/")? };
    Some(Path::new(OsStr::from_bytes(rest)))
}

#[cfg(not(unix))]
fn below<'p>(path: &'p Path, directory: &Path) -> Option<&'p Path> {
    path.strip_prefix(directory).ok()
}

/// The layers in force, outermost first, each with the depth of the directory it begins at.
///
/// A directory without patterns has no layer, so depth as such costs nothing.
#[derive(Debug, Default)]
struct Rules(Vec<(usize, Rc<Layer>)>);

impl Rules {
    fn push(&mut self, layer: Layer, depth: usize) {
        self.0.push((depth, Rc::new(layer)));
    }

    fn in_repository(&self) -> bool {
        !self.0.is_empty()
    }

    /// Drops the layers that begin below a depth.
    fn rewind(&mut self, depth: usize) {
        while self.0.pop_if(|(begin, _)| *begin > depth).is_some() {}
    }

    /// These rules as the start of another walk sees them.
    fn here(&self) -> Self {
        Self(self.0.iter().map(|(_, layer)| (0, Rc::clone(layer))).collect())
    }

    /// The pattern by which git ignores the path: the innermost layer that matches decides.
    fn ignore(&self, real: &Path, is_directory: bool) -> Option<(&Layer, &Glob)> {
        for (_, layer) in self.0.iter().rev() {
            match layer.matched(real, is_directory) {
                Match::Ignore(glob) => return Some((layer, glob)),
                Match::Whitelist(_) => return None,
                Match::None if layer.begins_repository => return None,
                Match::None => {}
            }
        }
        None
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

/// Whether the system gave up on a chain of symbolic links; the standard library has no stable name for that.
#[cfg(unix)]
fn is_link_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ELOOP)
}

#[cfg(not(unix))]
fn is_link_loop(_: &io::Error) -> bool {
    false
}

/// Reads an ignore file; `None` if there is none.
fn read_ignore_file(path: &Path, links: Links) -> Result<Option<Vec<u8>>, Error> {
    let mut options = OpenOptions::new();
    never_wait(options.read(true), links);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => {
            return match fs::symlink_metadata(path) {
                Ok(metadata) if links == Links::Refuse && metadata.is_symlink() => {
                    Err(Error::LinkedIgnoreFile)
                }
                Ok(_) => Err(Error::Io(error)),
                // What cannot even be seen lies in a directory that cannot be entered, and that is reported.
                Err(_) => Ok(None),
            };
        }
    };
    let metadata = file.metadata().map_err(Error::Io)?;
    if !metadata.is_file() {
        return Err(Error::IrregularIgnoreFile);
    }
    let mut text = Vec::new();
    file.take(IGNORE_FILE_LIMIT + 1).read_to_end(&mut text).map_err(Error::Io)?;
    if text.len() as u64 > IGNORE_FILE_LIMIT {
        return Err(Error::LargeIgnoreFile);
    }
    Ok(Some(text))
}

/// Whether a repository begins at this directory.
fn is_repository(directory: &Path) -> bool {
    fs::symlink_metadata(directory.join(".git")).is_ok()
}

/// A path from a file of git's, which ends at the line's end.
fn to_path(text: &[u8]) -> Option<PathBuf> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    bytes_to_path(text)
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere not all bytes are a path")]
fn bytes_to_path(text: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Some(PathBuf::from(OsStr::from_bytes(text)))
}

#[cfg(not(unix))]
fn bytes_to_path(text: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(text).ok().map(PathBuf::from)
}

/// Whether a name has a YAML extension, in any letter case.
fn is_yaml(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    [".yml", ".yaml"].iter().any(|extension| {
        let start = name.len().checked_sub(extension.len());
        start.is_some_and(|start| name[start..].eq_ignore_ascii_case(extension.as_bytes()))
    })
}

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

impl Error {
    /// Whether no YAML file goes unchecked for it: patterns that do not apply, and what is no file at all.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        use Error::{IntricateIgnoreFile, Irregular, IrregularIgnoreFile, LargeIgnoreFile, LinkedIgnoreFile};
        matches!(
            self,
            LinkedIgnoreFile | IrregularIgnoreFile | LargeIgnoreFile | IntricateIgnoreFile(_) | Irregular
        )
    }

    /// The error of a link whose target cannot be looked up.
    fn of_link(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::BrokenLink,
            _ if is_link_loop(&error) => Self::LinkLoop,
            _ => Self::Io(error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => f.write_str(&plain(error)),
            Self::BrokenLink => f.write_str("a symbolic link that leads nowhere"),
            Self::LinkLoop => f.write_str("a loop of symbolic links"),
            Self::Irregular => f.write_str("not a regular file, and not read unless it is named"),
            Self::LinkedIgnoreFile => {
                f.write_str("a symbolic link, which git does not follow here; its patterns do not apply")
            }
            Self::IrregularIgnoreFile => f.write_str("not a regular file; its patterns do not apply"),
            Self::LargeIgnoreFile => f.write_str("larger than 1 MiB; its patterns do not apply"),
            Self::IntricateIgnoreFile(reason) => write!(f, "its patterns do not apply: {reason}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            _ => None,
        }
    }
}

/// The system's words as part of a sentence: `no such file or directory`.
fn plain(error: &io::Error) -> String {
    let text = in_words(error);
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VersionControl => f.write_str("version control's own directory"),
            Self::SkippedByName => f.write_str("directories of this name are skipped"),
            Self::Ignored { pattern, file } => write!(f, "ignored by `{pattern}` in {}", file.display()),
            Self::NotYaml => f.write_str("its name ends in neither .yml nor .yaml"),
            Self::Excluded => f.write_str("excluded by --exclude or the configuration"),
            Self::EditorLock => f.write_str("an editor's lock"),
            Self::FileElsewhere => {
                f.write_str("a symbolic link to a file outside the given paths; name it too")
            }
            Self::DirectoryElsewhere => f.write_str(
                "a symbolic link to a directory outside the given paths; name it too, or use --follow",
            ),
        }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pattern `{}` matches nothing: {}", self.pattern, self.reason)
    }
}

impl std::error::Error for PatternError {}
