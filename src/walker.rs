//! Which files the given paths mean.
//!
//! A named file means itself, a named directory the `.yml` and `.yaml` files below it, except those that git ignores
//! or `--exclude` excludes. The crate `walkdir` lists the directories, the crate `ignore` matches the patterns.
//!
//! | module | its job |
//! |---|---|
//! | `named` | looks up the named paths |
//! | `walk` | one walk: files, then directories, then links |
//! | `directory` | lists one directory and those below it, and decides about each entry |
//! | `worker`, `pool`, `shared` | one thread; the work that they pass on to each other; what they found |
//! | `rules`, `gitignore`, `user_excludes` | git's ignore files: which apply, how a line is read, where the user's is |
//! | `excludes` | the patterns of `--exclude` and of the configuration |
//! | `entry`, `skip_reason` | what a walk hands out; why something is skipped or cannot be read |
//!
//! Invariant: every entry that belongs to the given paths is handed out exactly once, as a file or as an error, and
//! which path stands for a file depends neither on the order of the arguments nor on the order of a directory's
//! listing. The tree is untrusted: nothing in it can make the walk hang, loop, or read without bound.

mod directory;
mod entry;
mod excludes;
mod gitignore;
mod named;
mod paths;
mod pool;
mod rules;
mod shared;
mod skip_reason;
mod user_excludes;
mod walk;
mod worker;

use std::path::Path;
use std::{env, fs};

use self::excludes::Excludes;
use self::named::NamedPaths;
use self::walk::Walk;

pub use self::entry::{Entry, File, WalkOptions, WalkSummary, open};
pub use self::excludes::{PatternError, check_pattern};
pub use self::skip_reason::{SkipReason, WalkError};

/// Finds the files that the given paths mean.
#[derive(Debug)]
pub struct Walker {
    options: WalkOptions,
    excludes: Excludes,
}

impl Walker {
    /// Compiles the patterns; looks nothing up in the tree.
    ///
    /// # Errors
    ///
    /// The first `--exclude` pattern that cannot match anything, such as one with an unclosed `[`.
    pub fn new(options: WalkOptions) -> Result<Self, PatternError> {
        let current = env::current_dir().unwrap_or_default();
        let excludes = Excludes::new(current, options.configured.as_ref(), &options.exclude)?;
        Ok(Self { options, excludes })
    }

    /// Whether a pattern of `--exclude` matches this file or a directory above it.
    ///
    /// The file need not exist.
    #[must_use]
    pub fn excludes(&self, path: &Path) -> bool {
        self.excludes.excludes(&self.excludes.logical(path), false)
    }

    /// The patterns of `--exclude` and of the configuration that have matched nothing in a walk, if a directory was
    /// walked. The configuration's are among them only if its own directory was walked as a whole.
    #[must_use]
    pub fn unmatched_patterns(&self) -> Vec<String> {
        if self.excludes.is_empty() {
            return Vec::new(); // the named paths, of which there may be many, need not be looked up again
        }
        let real = self.options.paths.iter().filter_map(|path| fs::canonicalize(path).ok());
        let walked: Vec<_> = real.filter(|path| path.is_dir()).collect();
        self.excludes.unmatched(&walked).map(|pattern| pattern.to_string_lossy().into_owned()).collect()
    }

    /// Hands each file and each error to `sink`, in no particular order.
    pub fn walk(&self, sink: &mut (impl FnMut(Entry) + Send)) -> WalkSummary {
        self.walk_with(sink, &mut [])
    }

    /// Hands each file and each error to one of the sinks: `sink` works in this thread, each of the others in one of
    /// its own, which is started once there is something to do for it.
    ///
    /// # Panics
    ///
    /// If a sink panics; the others come to an end first.
    pub fn walk_with<S: FnMut(Entry) + Send>(&self, sink: &mut S, others: &mut [S]) -> WalkSummary {
        let Self { options, excludes } = self;
        let named = NamedPaths::sort_out(&options.paths, excludes, options.verbose, sink);
        Walk::new(options, excludes, named, sink, others).run()
    }
}
