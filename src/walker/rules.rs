//! Which of git's ignore rules apply in which directory.
//!
//! Invariant: a repository obeys its own ignore files and the user's, and none from beyond its root. An ignore file
//! is untrusted like the rest of the tree: its size is limited, it is never waited for, and if it cannot apply, that
//! is reported once.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::Match;
use ignore::gitignore::{Gitignore, Glob};

use crate::paths::{absolute, from_bytes, repository_root};
use crate::small_file::{self, LinkPolicy, SmallFileError};

use super::gitignore::compile;
use super::paths::{below, display_path};
use super::skip_reason::WalkError;
use super::user_excludes;

/// The layers in force, outermost first, each with the depth of the directory where it begins.
///
/// A directory without patterns has no layer, so deep trees cost nothing.
#[derive(Default)]
pub(super) struct Rules(Vec<(usize, Arc<Layer>)>);

impl Rules {
    fn push(&mut self, layer: Layer, depth: usize) {
        self.0.push((depth, Arc::new(layer)));
    }

    /// How many patterns are in force.
    fn patterns(&self) -> usize {
        self.0.iter().map(|(_, layer)| layer.patterns.len()).sum()
    }

    /// Whether this is inside a repository; outside none of git's ignore files applies.
    pub(super) fn in_repository(&self) -> bool {
        !self.0.is_empty()
    }

    /// Drops the layers that begin below a depth.
    pub(super) fn rewind(&mut self, depth: usize) {
        while self.0.pop_if(|(begin, _)| *begin > depth).is_some() {}
    }

    /// These rules for a walk that starts here.
    pub(super) fn here(&self) -> Self {
        Self(self.0.iter().map(|(_, layer)| (0, Arc::clone(layer))).collect())
    }

    /// The pattern by which git ignores the path: the innermost layer that matches decides.
    pub(super) fn ignore(&self, real: &Path, is_directory: bool) -> Option<(&Layer, &Glob)> {
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

/// The patterns of one ignore file.
pub(super) struct Layer {
    /// The directory that the patterns are relative to.
    root: PathBuf,
    /// The ignore file itself.
    pub(super) file: PathBuf,
    patterns: Arc<Gitignore>,
    /// Whether this is the outermost layer of a repository, beyond which nothing applies.
    begins_repository: bool,
}

impl Layer {
    fn matched(&self, real: &Path, is_directory: bool) -> Match<&Glob> {
        below(real, &self.root).map_or(Match::None, |path| self.patterns.matched(path, is_directory))
    }
}

/// Reads ignore files for all threads of a walk, and collects what is wrong with them.
pub(super) struct IgnoreFiles {
    /// Where relative paths start.
    current: PathBuf,
    user_excludes: OnceLock<Arc<Gitignore>>,
    /// What is wrong with which file: several threads may come upon the same one.
    faults: Mutex<BTreeMap<PathBuf, WalkError>>,
}

impl IgnoreFiles {
    pub(super) fn new(current: PathBuf) -> Self {
        Self { current, user_excludes: OnceLock::new(), faults: Mutex::default() }
    }

    /// The files that do not apply, and why. Their paths are relative to the current directory if they lie below it.
    pub(super) fn take_faults(&self) -> impl Iterator<Item = (PathBuf, WalkError)> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *faults).into_iter()
    }

    fn fault(&self, file: &Path, error: WalkError) {
        let file = absolute(&self.current, file);
        let file = file.strip_prefix(&self.current).unwrap_or(&file).to_owned();
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).insert(file, error);
    }

    /// The rules that apply to a directory: those of the repository around it, if there is one.
    pub(super) fn above(&self, real: &Path) -> Rules {
        let mut rules = Rules::default();
        // where a directory above cannot be searched, nothing is ignored
        let Ok(Some(root)) = repository_root(real) else { return rules };
        let above: Vec<_> = real.ancestors().skip(1).take_while(|above| above.starts_with(root)).collect();
        for directory in above.into_iter().rev() {
            if directory == root {
                self.add_repository(&mut rules, directory, directory, 0);
            }
            self.add_ignore_file(&mut rules, directory, directory, 0);
        }
        rules
    }

    /// Adds the rules of the repository whose root is `path`; the patterns see it as `real`.
    pub(super) fn add_repository(&self, rules: &mut Rules, path: &Path, real: &Path, depth: usize) {
        let patterns = self.user_excludes();
        let file = PathBuf::from("the user's excludes of git");
        rules.push(Layer { root: real.to_owned(), file, patterns, begins_repository: true }, depth);
        if let Some(exclude) = self.info_exclude(path) {
            self.add_file(rules, &exclude, real, LinkPolicy::Follow, depth);
        }
    }

    /// Adds the rules of a directory's `.gitignore`, which applies only in a repository.
    pub(super) fn add_ignore_file(&self, rules: &mut Rules, path: &Path, real: &Path, depth: usize) {
        if rules.in_repository() {
            self.add_file(rules, &path.join(".gitignore"), real, LinkPolicy::Refuse, depth);
        }
    }

    fn add_file(&self, rules: &mut Rules, file: &Path, root: &Path, links: LinkPolicy, depth: usize) {
        let patterns = self.read_patterns(file, links, rules.patterns());
        if !patterns.is_empty() {
            let layer = Layer {
                root: root.to_owned(),
                file: display_path(file),
                patterns: Arc::new(patterns),
                begins_repository: false,
            };
            rules.push(layer, depth);
        }
    }

    /// The patterns of an ignore file; none if there is no such file, or if it cannot be read or has too many
    /// patterns, which is reported. `already` is how many patterns apply from directories above.
    fn read_patterns(&self, file: &Path, links: LinkPolicy, already: usize) -> Gitignore {
        let patterns = match read_ignore_file(file, links) {
            Ok(None) => return Gitignore::empty(),
            Ok(Some(text)) => compile(&text, already).map_err(WalkError::IgnoreFile),
            Err(error) => Err(error),
        };
        patterns.unwrap_or_else(|error| {
            self.fault(file, error);
            Gitignore::empty()
        })
    }

    /// The patterns of git's `core.excludesFile`, which every repository obeys.
    fn user_excludes(&self) -> Arc<Gitignore> {
        let patterns = self.user_excludes.get_or_init(|| {
            let file = user_excludes::find(&mut |config| self.read_git_config(config));
            Arc::new(
                file.map_or_else(Gitignore::empty, |file| self.read_patterns(&file, LinkPolicy::Follow, 0)),
            )
        });
        Arc::clone(patterns)
    }

    /// The text of a configuration of git's. One that may not be read counts as empty: git itself complains about it.
    fn read_git_config(&self, config: &Path) -> Option<Vec<u8>> {
        match read_ignore_file(config, LinkPolicy::Follow) {
            Ok(text) => text,
            Err(error @ WalkError::IgnoreFile(_)) => {
                self.fault(config, error);
                None
            }
            Err(_) => None,
        }
    }

    /// The path of a repository's `info/exclude`: below `.git`, or where the file `.git` of a worktree or submodule
    /// leads.
    fn info_exclude(&self, repository: &Path) -> Option<PathBuf> {
        let dot_git = repository.join(".git");
        if dot_git.is_dir() {
            return Some(dot_git.join("info/exclude"));
        }
        let text = match read_ignore_file(&dot_git, LinkPolicy::Follow) {
            Ok(text) => text?,
            Err(error) => {
                self.fault(&dot_git, error);
                return None;
            }
        };
        let own = repository.join(to_path(text.strip_prefix(b"gitdir: ")?)?);
        let common = match read_ignore_file(&own.join("commondir"), LinkPolicy::Follow) {
            Ok(Some(text)) => own.join(to_path(&text)?),
            _ => own,
        };
        Some(common.join("info/exclude"))
    }
}

/// Reads an ignore file; `None` if there is none.
fn read_ignore_file(path: &Path, links: LinkPolicy) -> Result<Option<Vec<u8>>, WalkError> {
    // users of git who want no such file name this one
    if path == Path::new("/dev/null") {
        return Ok(None);
    }
    let reason = match small_file::read(path, links) {
        Ok(text) => return Ok(Some(text)),
        Err(SmallFileError::Io(error)) => {
            return match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
                // the directory cannot be searched, which is reported already
                _ if fs::symlink_metadata(path).is_err() => Ok(None),
                _ => Err(WalkError::Io(error)),
            };
        }
        Err(SmallFileError::Link) => "a symbolic link, which git does not follow here",
        Err(SmallFileError::Irregular) => "not a regular file",
        Err(SmallFileError::TooLarge) => "larger than 1 MiB",
    };
    Err(WalkError::IgnoreFile(reason.to_owned()))
}

/// A path in a file of git's, without the line break at its end.
fn to_path(text: &[u8]) -> Option<PathBuf> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    from_bytes(text)
}
