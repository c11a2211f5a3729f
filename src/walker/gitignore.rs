//! gitignore patterns: which of git's ignore files apply in which directory, and what `--exclude` and the configuration
//! exclude.
//!
//! Invariant: a repository obeys its own ignore files and the user's, and none from beyond its root. An ignore file
//! is untrusted like the rest of the tree: its size is limited, it is never waited for, and if it cannot apply, that
//! is reported once.
//!
//! Ignore files are read as the crate `ignore`, and so ripgrep, reads them, which is as git does for what people write;
//! generated trees are compared with `git ls-files`. Only braces, which the crate takes for alternatives, are escaped.
//! A line that the crate refuses matches nothing in git either; as a pattern of `--exclude` or of the configuration it
//! is an error.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::{env, fs};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, gitconfig_excludes_path};

use crate::escape::{LONGEST_TEXT, cut_bytes};
use crate::paths::{absolute, below, plain, real_path, repository_root};
use crate::reader::{LinkPolicy, read_small};

use super::entry::{Entry, Sink, WalkError, WalkOptions};

/// git's `core.excludesFile`, looked up when the first repository is found.
static USERS_FILE: LazyLock<Option<PathBuf>> =
    LazyLock::new(|| gitconfig_excludes_path().filter(|file| file != Path::new("/dev/null")));

/// The layers in force, outermost first, each with the depth of the directory where it begins.
///
/// A directory without patterns has no layer, so deep trees cost nothing.
#[derive(Clone, Default)]
pub(super) struct IgnoreFiles(Vec<(usize, Arc<Layer>)>);

/// The patterns of one ignore file.
struct Layer {
    /// They know the directory that they are relative to, and see real paths.
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

    /// These layers for a walk that starts here, with so much memory.
    pub(super) fn here(&self, room: usize) -> Self {
        let mut layers = Vec::with_capacity(room / size_of::<(usize, Arc<Layer>)>());
        layers.extend(self.0.iter().map(|(_, layer)| (0, Arc::clone(layer))));
        Self(layers)
    }

    /// By what git ignores an entry, if it does: the innermost layer that matches decides. The entry's name is put behind
    /// the path of the directory for that, and removed again.
    pub(super) fn ignored_by(&self, above: &mut PathBuf, entry: &Path, is_directory: bool) -> Option<String> {
        self.0.last()?; // nothing is, outside of a repository
        above.push(entry.file_name()?);
        let decided =
            |(_, layer): &'_ (usize, Arc<Layer>)| match layer.patterns.matched(&*above, is_directory) {
                Match::Ignore(glob) => Some(Some((glob.original().to_owned(), glob.from()?.to_owned()))),
                Match::Whitelist(_) => Some(None),
                Match::None => layer.begins_repository.then_some(None),
            };
        let by = self.0.iter().rev().find_map(decided).flatten();
        above.pop();
        let (line, file) = by?;
        let line = cut_bytes(&line.replace("\\{", "{").replace("\\}", "}"), LONGEST_TEXT);
        Some(format!(" by `{line}` in {}", file.display()))
    }

    /// The ignore files that apply to a directory: those of the repository around it, if there is one.
    pub(super) fn above(real: &Path, sink: Sink<'_>) -> Self {
        let mut layers = Self::default();
        // where a directory above cannot be searched, nothing is ignored
        let Ok(Some(root)) = repository_root(real) else { return layers };
        let above: Vec<_> = real.ancestors().skip(1).take_while(|above| above.starts_with(root)).collect();
        for directory in above.into_iter().rev() {
            if directory == root {
                layers.add(&directory.join(".git"), directory, 0, sink);
            }
            layers.add(&directory.join(".gitignore"), directory, 0, sink);
        }
        layers
    }

    /// Adds what the entry `.git` or `.gitignore` of a directory brings, whose real path is `root`.
    pub(super) fn add(&mut self, entry: &Path, root: &Path, depth: usize, sink: Sink<'_>) {
        if entry.ends_with(".git") {
            let layer = Layer { patterns: Gitignore::empty(), bytes: 0, begins_repository: true };
            self.0.push((depth, Arc::new(layer)));
            // by links, one costly file could apply in many directories
            let is_own = |real| real == root.join(".git/info/exclude");
            let own = Some(entry.join("info/exclude")).filter(|file| real_path(file).is_ok_and(is_own));
            for file in USERS_FILE.iter().chain(&own) {
                self.add_file(file, LinkPolicy::Follow, root, depth, sink);
            }
        } else if !self.0.is_empty() {
            // only in a repository
            self.add_file(entry, LinkPolicy::Refuse, root, depth, sink);
        }
    }

    fn add_file(&mut self, file: &Path, links: LinkPolicy, root: &Path, depth: usize, sink: Sink<'_>) {
        let already = self.0.last().map_or(0, |(_, layer)| layer.bytes);
        let read = read_small(file, links);
        let error = match read.and_then(|text| Layer::compile(&plain(file), &text, root, already)) {
            Ok(layer) if layer.patterns.is_empty() => return,
            Ok(layer) => return self.0.push((depth, Arc::new(layer))),
            Err(error) if error.kind() == ErrorKind::InvalidInput => WalkError::IgnoreFile(error.to_string()),
            // it is there, and where git looks for it
            Err(error) if fs::metadata(file).is_ok() => WalkError::Io(error),
            Err(_) => return,
        };
        sink(Entry::Error(plain(file), error));
    }
}

const TOO_MANY: &str = "more than 1,000 patterns or 16 KB, with those above it, or too many wildcards";

/// The most bytes of patterns that apply along a path, for which the matcher takes up to 15 MB.
const MOST_BYTES: usize = 16_000;

/// What a file counts as at least.
const LEAST_FILE: usize = 160;

/// How many bytes a pattern counts as: the matcher takes some memory and time for the shortest one, and more for each
/// wildcard, since it is in many states at once then.
fn weight(pattern: &str) -> usize {
    let wildcards = pattern.replace("**", "").matches(['*', '?', '[']).count();
    pattern.len().max(16) + 100 * wildcards.saturating_sub(2)
}

impl Layer {
    /// Compiles the text of an ignore file of the directory `root`; `already` is how many bytes of patterns apply from
    /// directories above.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if the patterns are too many.
    fn compile(file: &Path, text: &[u8], root: &Path, already: usize) -> io::Result<Self> {
        let unfit = |what: String| io::Error::new(ErrorKind::InvalidInput, what);
        let (text, mut bytes) = (String::from_utf8_lossy(text), already);
        let mut builder = GitignoreBuilder::new(root);
        let lines = text.trim_start_matches('\u{feff}').lines();
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            bytes += weight(line);
            if bytes > MOST_BYTES {
                return Err(unfit(TOO_MANY.to_owned()));
            }
            let _ = add_line(&mut builder, Some(file), line); // one that is refused matches nothing
        }
        let patterns = builder.build().map_err(|error| unfit(error.to_string()))?;
        Ok(Self { patterns, bytes: bytes.max(already + LEAST_FILE), begins_repository: false })
    }
}

/// Adds a line, in which braces stand for themselves, as they do in git, escaped or not.
fn add_line(to: &mut GitignoreBuilder, file: Option<&Path>, line: &str) -> Result<(), ignore::Error> {
    let line = line.replace("\\{", "{").replace("\\}", "}");
    let glob = line.replace('{', "\\{").replace('}', "\\}");
    to.add_line(file.map(Path::to_owned), &glob).map(drop)
}

/// Compiles the patterns that come from a `source`; `./x` means what `/x` does, and a `#` starts no comment.
fn compile_excludes(source: &str, patterns: &[String]) -> Result<Gitignore, String> {
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    let fault = |error: ignore::Error| format!("{source}: {error}");
    let bytes: usize = patterns.iter().map(|pattern| weight(pattern)).sum();
    if bytes > MOST_BYTES {
        return Err(format!("{source}: {TOO_MANY}"));
    }
    for pattern in patterns {
        let line = pattern.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(pattern);
        if line.trim_matches(['!', '/', ' ']).is_empty() {
            return Err(format!("{source}: the pattern `{pattern}` is empty"));
        }
        let escape = if line.starts_with('#') { "\\" } else { "" };
        add_line(&mut builder, None, &format!("{escape}{line}")).map_err(fault)?;
    }
    builder.build().map_err(fault)
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
            let root = real_path(&directory).unwrap_or(directory);
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
        let real = real_path(&logical).ok();
        real.filter(|real| real.starts_with(&self.current)).unwrap_or(logical)
    }
}
