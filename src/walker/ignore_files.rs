//! Which of git's ignore files apply in which directory.
//!
//! Invariant: a repository obeys its own ignore files and the user's, and none from beyond its root. An ignore file
//! is untrusted like the rest of the tree: its size is limited, it is never waited for, and if it cannot apply, that
//! is reported once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, gitconfig_excludes_path};

use crate::paths::{below, plain, repository_root};
use crate::reader::{LinkPolicy, SmallFileError, read_small};

use super::entry::WalkError;
use super::patterns::compile;
use super::shared::Shared;

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
    pub(super) fn above(real: &Path, shared: &Shared<'_>) -> Self {
        let mut layers = Self::default();
        // where a directory above cannot be searched, nothing is ignored
        let Ok(Some(root)) = repository_root(real) else { return layers };
        let above: Vec<_> = real.ancestors().skip(1).take_while(|above| above.starts_with(root)).collect();
        for directory in above.into_iter().rev() {
            if directory == root {
                layers.add(&directory.join(".git"), directory, 0, shared);
            }
            layers.add(&directory.join(".gitignore"), directory, 0, shared);
        }
        layers
    }

    /// Adds what the entry `.git` or `.gitignore` of a directory brings; the patterns see the directory as `root`.
    pub(super) fn add(&mut self, entry: &Path, root: &Path, depth: usize, shared: &Shared<'_>) {
        if entry.ends_with(".git") {
            let layer = Layer {
                root: root.to_owned(),
                file: PathBuf::from("the user's excludes of git"),
                patterns: users_excludes(shared).clone(),
                bytes: 0,
                begins_repository: true,
            };
            self.0.push((depth, Arc::new(layer)));
            self.add_file(&entry.join("info/exclude"), LinkPolicy::Follow, root, depth, shared);
        } else if !self.0.is_empty() {
            // only in a repository
            self.add_file(entry, LinkPolicy::Refuse, root, depth, shared);
        }
    }

    fn add_file(&mut self, file: &Path, links: LinkPolicy, root: &Path, depth: usize, shared: &Shared<'_>) {
        let already = self.0.last().map_or(0, |(_, layer)| layer.bytes);
        let (patterns, bytes) = read(file, links, already, shared);
        if !patterns.is_empty() {
            let (root, file) = (root.to_owned(), plain(file));
            self.0.push((depth, Arc::new(Layer { root, file, patterns, bytes, begins_repository: false })));
        }
    }
}

/// The patterns of git's `core.excludesFile`, which every repository obeys.
fn users_excludes<'s>(shared: &'s Shared<'_>) -> &'s Gitignore {
    shared.users_excludes.get_or_init(|| {
        let file = gitconfig_excludes_path().filter(|file| file != Path::new("/dev/null"));
        file.map_or_else(Gitignore::empty, |file| read(&file, LinkPolicy::Follow, 0, shared).0)
    })
}

/// The patterns of an ignore file, and how many bytes of patterns apply with it; `already` is how many do without it.
/// An ignore file that cannot apply is reported.
fn read(file: &Path, links: LinkPolicy, already: usize, shared: &Shared<'_>) -> (Gitignore, usize) {
    let none = (Gitignore::empty(), already);
    let reason = match read_small(file, links) {
        Ok(text) => match compile(&text, already) {
            Ok(patterns) => return patterns,
            Err(reason) => reason,
        },
        Err(SmallFileError::Io(error)) => {
            if fs::metadata(file).is_ok() {
                shared.fault(file, WalkError::Io(error)); // it is there, and where git looks for it
            }
            return none;
        }
        Err(SmallFileError::Unfit(what)) => what.to_owned(),
    };
    shared.fault(file, WalkError::IgnoreFile(reason));
    none
}
