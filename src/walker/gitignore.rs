//! gitignore patterns: which of git's ignore files apply in which directory, and what `--exclude` and the configuration
//! exclude.
//!
//! Invariant: a repository obeys its own ignore files and the user's, and none from beyond its root. An ignore file
//! is untrusted like the rest of the tree: its size is limited, it is never waited for, and if it cannot apply, that
//! is reported once.
//!
//! Nothing is ignored that git 2.47 does not ignore, shown on generated trees against `git ls-files`. A line of an
//! ignore file that the crate `ignore` might read differently is skipped, or if it is negated, read as `!*`: at worst
//! too little is ignored. Such a pattern of `--exclude` or of the configuration is an error, and so is one that cannot
//! match anything.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{env, fs};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};

use crate::paths::{absolute, below, plain, repository_root};
use crate::reader::{LinkPolicy, read_small};

use super::entry::{Entry, Sink, WalkError, WalkOptions};

/// The patterns of git's `core.excludesFile`, read when the first repository is found.
pub(super) type UsersExcludes = OnceLock<Gitignore>;

/// The layers in force, outermost first, each with the depth of the directory where it begins.
///
/// A directory without patterns has no layer, so deep trees cost nothing.
#[derive(Clone, Default)]
pub(super) struct IgnoreFiles(Vec<(usize, Arc<Layer>)>);

/// The patterns of one ignore file.
struct Layer {
    /// The directory that the patterns are relative to.
    root: PathBuf,
    /// The ignore file itself.
    file: PathBuf,
    patterns: Gitignore,
    /// How many bytes of patterns apply up to this file.
    bytes: usize,
    /// Whether this is the outermost layer of a repository, beyond which nothing applies.
    begins_repository: bool,
}

impl IgnoreFiles {
    /// Drops the layers that begin below a depth.
    pub(super) fn rewind(&mut self, depth: usize) {
        while self.0.pop_if(|(begin, _)| *begin > depth).is_some() {}
    }

    /// These layers for a walk that starts here.
    pub(super) fn here(&self) -> Self {
        Self(self.0.iter().map(|(_, layer)| (0, Arc::clone(layer))).collect())
    }

    /// By what git ignores an entry, if it does: the innermost layer that matches decides. Its path is asked for only
    /// inside a repository.
    pub(super) fn ignored_by(&self, real: impl FnOnce() -> PathBuf, is_directory: bool) -> Option<String> {
        let real = self.0.last().map(|_| real())?;
        for (_, layer) in self.0.iter().rev() {
            match layer.patterns.matched(below(&real, &layer.root)?, is_directory) {
                Match::Ignore(glob) => {
                    return Some(format!(" by `{}` in {}", glob.from()?.display(), layer.file.display()));
                }
                Match::Whitelist(_) => return None,
                Match::None if layer.begins_repository => return None,
                Match::None => {}
            }
        }
        None
    }

    /// The ignore files that apply to a directory: those of the repository around it, if there is one.
    pub(super) fn above(real: &Path, users: &UsersExcludes, sink: Sink<'_>) -> Self {
        let mut layers = Self::default();
        // where a directory above cannot be searched, nothing is ignored
        let Ok(Some(root)) = repository_root(real) else { return layers };
        let above: Vec<_> = real.ancestors().skip(1).take_while(|above| above.starts_with(root)).collect();
        for directory in above.into_iter().rev() {
            if directory == root {
                layers.add(&directory.join(".git"), directory, 0, users, sink);
            }
            layers.add(&directory.join(".gitignore"), directory, 0, users, sink);
        }
        layers
    }

    /// Adds what the entry `.git` or `.gitignore` of a directory brings; the patterns see the directory as `root`.
    pub(super) fn add(
        &mut self,
        entry: &Path,
        root: &Path,
        depth: usize,
        users: &UsersExcludes,
        sink: Sink<'_>,
    ) {
        if entry.ends_with(".git") {
            let layer = Layer {
                root: root.to_owned(),
                file: PathBuf::from("the user's excludes of git"),
                patterns: users.get_or_init(|| users_excludes(sink)).clone(),
                bytes: 0,
                begins_repository: true,
            };
            self.0.push((depth, Arc::new(layer)));
            self.add_file(&entry.join("info/exclude"), LinkPolicy::Follow, root, depth, sink);
        } else if !self.0.is_empty() {
            // only in a repository
            self.add_file(entry, LinkPolicy::Refuse, root, depth, sink);
        }
    }

    fn add_file(&mut self, file: &Path, links: LinkPolicy, root: &Path, depth: usize, sink: Sink<'_>) {
        let already = self.0.last().map_or(0, |(_, layer)| layer.bytes);
        let Some((patterns, bytes)) = read(file, links, already, sink) else { return };
        if !patterns.is_empty() {
            let (root, file) = (root.to_owned(), plain(file));
            self.0.push((depth, Arc::new(Layer { root, file, patterns, bytes, begins_repository: false })));
        }
    }
}

/// The patterns of git's `core.excludesFile`, which every repository obeys.
fn users_excludes(sink: Sink<'_>) -> Gitignore {
    let file = gitconfig_excludes_path().filter(|file| file != Path::new("/dev/null"));
    let patterns = file.and_then(|file| read(&file, LinkPolicy::Follow, 0, sink));
    patterns.map_or_else(Gitignore::empty, |(patterns, _)| patterns)
}

/// The patterns of an ignore file, and how many bytes of patterns apply with it; `already` is how many do without it.
/// `None` if there are none to apply, which is reported if that is unusual.
fn read(file: &Path, links: LinkPolicy, already: usize, sink: Sink<'_>) -> Option<(Gitignore, usize)> {
    let reason = match read_small(file, links) {
        Ok(text) => match compile(&text, already) {
            Ok(patterns) => return Some(patterns),
            Err(reason) => reason,
        },
        Err(error) if error.kind() == ErrorKind::InvalidInput => error.to_string(),
        Err(error) => {
            if fs::metadata(file).is_ok() {
                sink(Entry::Error(plain(file), WalkError::Io(error))); // it is there, and where git looks for it
            }
            return None;
        }
    };
    sink(Entry::Error(plain(file), WalkError::IgnoreFile(reason)));
    None
}

/// The most bytes of patterns that apply along a path, for which the matcher takes up to 15 MB.
const MOST_BYTES: usize = 16_000;

/// What a pattern counts as at least: the matcher takes some memory and time for the shortest one.
const LEAST_BYTES: usize = 16;

/// Compiles the text of an ignore file; `already` is how many bytes of patterns apply from directories above. Returns
/// how many apply with it.
///
/// # Errors
///
/// Why the patterns are too many.
pub(super) fn compile(text: &[u8], already: usize) -> Result<(Gitignore, usize), String> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let (mut builder, mut bytes) = (GitignoreBuilder::new(""), already);
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
        bytes += line.len().max(LEAST_BYTES);
        if bytes > MOST_BYTES {
            let most = "more than 1,000 patterns, or 16 KB of them,";
            return Err(format!("{most} with those of the directories above"));
        }
        let is_added = std::str::from_utf8(line).is_ok_and(|line| add_line(&mut builder, line).is_ok());
        if !is_added && line.starts_with(b"!") {
            add_line(&mut builder, "!*")?;
        }
    }
    builder.build().map(|patterns| (patterns, bytes)).map_err(|error| error.to_string())
}

/// Adds a line. The crate's field for the pattern's file keeps it as it was written.
///
/// # Errors
///
/// Why the crate might not read it as git does; the text does not hold the line.
fn add_line(to: &mut GitignoreBuilder, line: &str) -> Result<(), &'static str> {
    let (written, glob) = (PathBuf::from(line.trim_end()), to_glob(line)?);
    let added = to.allow_unclosed_class(false).add_line(Some(written), &glob);
    added.map(drop).map_err(|_| "it ends with a backslash, or a range goes backwards")
}

/// Rewrites a line so that braces stand for themselves, as they do in git.
///
/// # Errors
///
/// Why the line might match more, or if negated less, than it does in git.
fn to_glob(line: &str) -> Result<String, &'static str> {
    let path = line.strip_prefix('!').unwrap_or(line).trim_end_matches(' ');
    let is_name = !path.strip_suffix('/').unwrap_or(path).contains('/');
    // git compares the plain characters in front first: then the stars begin the rest, and match slashes too
    let has_stars = |name: &str| name.contains("***") || !is_name && name.len() > 2 && name.contains("**");
    let faults = [
        (line.contains('\0'), "it holds a NUL"),
        (["\\/", "\\{", "\\}"].iter().any(|odd| line.contains(odd)), "it escapes a slash or a brace"),
        (path.ends_with("//"), "it ends with two slashes"),
        (path.split('/').any(has_stars), "it holds `**` beside other characters"),
        (
            line.split('[').skip(1).any(is_odd),
            "a `[` is not closed, or holds more than characters and ranges",
        ),
    ];
    match faults.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, fault)) => Err(fault),
        None => Ok(line.replace('{', "\\{").replace('}', "\\}")),
    }
}

/// Whether what follows a `[` may mean something else to the crate than to git.
fn is_odd(text: &str) -> bool {
    let Some((members, _)) = text.split_once(']') else { return true };
    let members = members.trim_start_matches(['!', '^']);
    // `a-c-e` is a range and two characters to git, and one range to the crate
    let parts: Vec<_> = members.split('-').collect();
    let has_range_twice = parts.windows(3).any(|parts| parts[1].chars().count() < 2);
    members.is_empty() || members.contains(['\\', '{', '}']) || has_range_twice
}

/// Adds a pattern; `./x` means what `/x` does, and a `#` starts no comment.
fn add(patterns: &mut GitignoreBuilder, pattern: &str) -> Result<(), &'static str> {
    let line = pattern.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(pattern);
    if line.trim_matches(['!', '/', ' ']).is_empty() {
        return Err("it is empty");
    }
    let escape = if line.starts_with('#') { "\\" } else { "" };
    add_line(patterns, &format!("{escape}{line}"))
}

/// Compiles the patterns that come from a `source`.
fn compile_excludes(source: &str, patterns: &[String]) -> Result<Gitignore, String> {
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        let fault = |reason| format!("{source}: `{pattern}` matches nothing: {reason}");
        add(&mut builder, pattern).map_err(fault)?;
    }
    builder.build().map_err(|error| format!("{source}: {error}"))
}

/// All lists of patterns, each with the directory that they are relative to; later ones win over earlier ones.
#[derive(Debug)]
pub(super) struct Excludes {
    /// Where relative paths start; empty if the current directory is gone.
    current: PathBuf,
    lists: Vec<(PathBuf, Gitignore)>,
}

impl Excludes {
    /// Compiles the patterns of the configuration, with the directory that they are relative to, and of `--exclude`.
    ///
    /// # Errors
    ///
    /// The first pattern that cannot match anything, and why.
    pub(super) fn new(options: &WalkOptions) -> Result<Self, String> {
        let current = env::current_dir().unwrap_or_default();
        let mut lists = Vec::new();
        if let Some((file, patterns)) = options.configured.as_ref().filter(|(_, list)| !list.is_empty()) {
            let directory = absolute(&current, file).parent().map(Path::to_owned).unwrap_or_default();
            let root = fs::canonicalize(&directory).unwrap_or(directory);
            let source = format!("the configuration {}", file.display());
            lists.push((root, compile_excludes(&source, patterns)?));
        }
        if !options.exclude.is_empty() {
            lists.push((current.clone(), compile_excludes("--exclude", &options.exclude)?));
        }
        Ok(Self { current, lists })
    }

    /// Whether a path that was named or a directory above it is excluded.
    pub(super) fn excludes(&self, path: &Path, is_directory: bool) -> bool {
        let logical = self.logical(path);
        let mut above = logical.ancestors().skip(1);
        self.matches(&logical, is_directory) || above.any(|directory| self.matches(directory, true))
    }

    /// Whether an entry is excluded, while no directory above it is. Its path is asked for only if there are patterns.
    pub(super) fn excludes_entry(&self, logical: impl FnOnce() -> PathBuf, is_directory: bool) -> bool {
        !self.lists.is_empty() && self.matches(&logical(), is_directory)
    }

    /// Whether the last pattern that matches a path excludes it.
    fn matches(&self, logical: &Path, is_directory: bool) -> bool {
        let matched = |(root, patterns): &(PathBuf, Gitignore)| {
            let inside = below(logical, root);
            let found = patterns.matched(inside.unwrap_or(logical), is_directory);
            // outside of their directory only those patterns apply that match at any depth
            let applies = inside.is_some() || found.inner()?.actual().starts_with("**/");
            (applies && !root.starts_with(logical) && !found.is_none()).then(|| found.is_ignore())
        };
        self.lists.iter().rev().find_map(matched).unwrap_or(false)
    }

    /// The path that the patterns are matched with: absolute, with `.` and `..` resolved as text. Links are kept, but
    /// for one that leads into the current directory, such as /tmp on macOS.
    pub(super) fn logical(&self, path: &Path) -> PathBuf {
        let logical = absolute(&self.current, path);
        if self.lists.is_empty() || logical.starts_with(&self.current) {
            return logical;
        }
        let real = fs::canonicalize(&logical).ok();
        real.filter(|real| real.starts_with(&self.current)).unwrap_or(logical)
    }
}
