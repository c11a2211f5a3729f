//! What `--exclude` and the configuration exclude.
//!
//! Invariant: a pattern that cannot match anything is an error, not one that is passed over.

use std::path::{Path, PathBuf};
use std::{env, fs};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::paths::{absolute, below};

use super::entry::{SkipReason, WalkOptions};
use super::gitignore;

/// Checks a pattern of `--exclude` or of the configuration.
///
/// # Errors
///
/// Why it matches nothing; the text does not hold the pattern.
pub fn check_pattern(pattern: &str) -> Result<(), &'static str> {
    add(&mut GitignoreBuilder::new(""), pattern)
}

/// Adds a pattern; `./x` means what `/x` does, and a `#` starts no comment.
fn add(patterns: &mut GitignoreBuilder, pattern: &str) -> Result<(), &'static str> {
    let line = pattern.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(pattern);
    if line.trim_matches(['!', '/', ' ']).is_empty() {
        return Err("it is empty");
    }
    let escape = if line.starts_with('#') { "\\" } else { "" };
    gitignore::add(patterns, &format!("{escape}{line}"))
}

fn compile(patterns: &[String]) -> Result<Gitignore, String> {
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        let fault = |reason| format!("the pattern `{pattern}` matches nothing: {reason}");
        add(&mut builder, pattern).map_err(fault)?;
    }
    builder.build().map_err(|error| error.to_string())
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
        let named = (current.clone(), options.exclude.clone());
        let lists = options.configured.iter().cloned().chain([named]);
        let lists = lists.filter(|(_, patterns)| !patterns.is_empty());
        let lists = lists.map(|(root, patterns)| Ok((root, compile(&patterns)?)));
        Ok(Self { current, lists: lists.collect::<Result<_, String>>()? })
    }

    /// Whether a path that was named or a directory above it is excluded.
    pub(super) fn excludes(&self, path: &Path, is_directory: bool) -> bool {
        let logical = self.logical(path);
        let mut above = logical.ancestors().skip(1);
        self.matches(&logical, is_directory) || above.any(|directory| self.matches(directory, true))
    }

    /// Why an entry is skipped, if it is excluded and no directory above it is. Its path is asked for only if there are
    /// patterns.
    pub(super) fn reason(&self, logical: impl FnOnce() -> PathBuf, is_directory: bool) -> Option<SkipReason> {
        let is_excluded = !self.lists.is_empty() && self.matches(&logical(), is_directory);
        is_excluded.then_some(SkipReason::Excluded)
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
