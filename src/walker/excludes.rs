//! What `--exclude` and the configuration exclude.
//!
//! Invariant: a pattern that cannot match anything is an error, not one that is passed over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fmt, fs};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::paths::absolute;

use super::gitignore::{self, builder, is_blank, is_name, without_glob};

/// A pattern of `--exclude` that cannot match anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The pattern as it was given; `None` if each one compiles, but all together do not.
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

/// Checks a pattern of `--exclude` or of the configuration.
///
/// # Errors
///
/// Why it matches nothing; the text does not hold the pattern.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    add(&mut builder(), pattern)
}

/// Adds a pattern; a match returns it as `from`.
fn add(patterns: &mut GitignoreBuilder, pattern: &str) -> Result<(), String> {
    // to git `./x` matches nothing, which nobody means
    let line = pattern.strip_prefix('.').filter(|rest| rest.starts_with('/')).unwrap_or(pattern);
    if is_blank(line) {
        return Err("it is empty".to_owned());
    }
    // in an ignore file it would be a comment
    let escape = if line.starts_with('#') { "\\" } else { "" };
    gitignore::add(patterns, Some(PathBuf::from(pattern)), &format!("{escape}{line}"))
}

/// All lists of patterns; later ones win over earlier ones.
#[derive(Debug)]
pub(super) struct Excludes {
    /// Where relative paths start; empty if the current directory is gone.
    pub(super) current: PathBuf,
    lists: Vec<List>,
}

impl Excludes {
    /// Compiles the patterns of the configuration, with the directory that they are relative to, and of `--exclude`.
    pub(super) fn new(
        current: PathBuf,
        configured: Option<&(PathBuf, Vec<String>)>,
        exclude: &[String],
    ) -> Result<Self, PatternError> {
        let mut lists = Vec::new();
        if let Some((root, patterns)) = configured {
            lists.push(List { is_configured: true, ..List::new(root.clone(), patterns)? });
        }
        lists.push(List::new(current.clone(), exclude)?);
        lists.retain(|list| !list.patterns.is_empty());
        Ok(Self { current, lists })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// The patterns that have matched nothing, given the directories that were walked. The configuration's are meant
    /// for everything below its directory, so they are returned only if all of that was walked.
    pub(super) fn unmatched<'e>(&'e self, walked: &'e [PathBuf]) -> impl Iterator<Item = &'e Path> {
        let is_walked = |list: &&List| {
            walked.iter().any(|directory| !list.is_configured || list.root.starts_with(directory))
        };
        let unmatched = |(pattern, matched): (&'e PathBuf, &AtomicBool)| {
            (!matched.load(Ordering::Relaxed)).then_some(pattern.as_path())
        };
        self.lists.iter().filter(is_walked).flat_map(move |list| list.matched.iter().filter_map(unmatched))
    }

    /// Whether the path or a directory above it is excluded.
    pub(super) fn excludes(&self, logical: &Path, is_directory: bool) -> bool {
        let above = || logical.ancestors().skip(1).any(|directory| self.matches(directory, true));
        !self.is_empty() && (self.matches(logical, is_directory) || above())
    }

    /// Whether the path itself is excluded; directories above it are not looked at.
    pub(super) fn matches(&self, logical: &Path, is_directory: bool) -> bool {
        self.lists.iter().rev().find_map(|list| list.matched(logical, is_directory)).unwrap_or(false)
    }

    /// The logical path of a file, which the patterns are matched with: absolute, with `.` and `..` resolved as text.
    pub(super) fn logical(&self, path: &Path) -> PathBuf {
        let logical = absolute(&self.current, path);
        if path.is_relative() || logical.starts_with(&self.current) || self.is_empty() {
            return logical;
        }
        // An absolute path may lead to the current directory through a link, such as /tmp on macOS. A link to a file
        // keeps its name, so only its parent is resolved.
        let parent = logical.parent().zip(logical.file_name());
        let beside = parent.and_then(|(parent, name)| Some(fs::canonicalize(parent).ok()?.join(name)));
        let is_inside = |real: &PathBuf| real.starts_with(&self.current);
        let itself = || fs::canonicalize(&logical).ok().filter(|real| is_inside(real) && real.is_dir());
        beside.filter(is_inside).or_else(itself).unwrap_or(logical)
    }
}

/// A list of patterns and the directory that they are relative to.
#[derive(Debug)]
struct List {
    root: PathBuf,
    is_configured: bool,
    patterns: Gitignore,
    /// Each pattern, and whether it has matched.
    matched: BTreeMap<PathBuf, AtomicBool>,
}

impl List {
    fn new(root: PathBuf, patterns: &[String]) -> Result<Self, PatternError> {
        let mut builder = builder();
        for pattern in patterns {
            add(&mut builder, pattern)
                .map_err(|reason| PatternError { pattern: Some(pattern.clone()), reason })?;
        }
        let fault = |error| PatternError { pattern: None, reason: without_glob(error) };
        let matched =
            patterns.iter().map(|pattern| (PathBuf::from(pattern), AtomicBool::default())).collect();
        Ok(Self { root, is_configured: false, patterns: builder.build().map_err(fault)?, matched })
    }

    /// Whether the last pattern that matches excludes the path; `None` if none matches.
    fn matched(&self, logical: &Path, is_directory: bool) -> Option<bool> {
        if self.root.starts_with(logical) {
            return None;
        }
        let inside = logical.strip_prefix(&self.root).ok();
        let path = inside.or(logical.file_name().map(Path::new))?;
        let verdict = self.patterns.matched(path, is_directory);
        let pattern = verdict.inner()?.from()?;
        // outside the root only patterns without a slash apply
        if inside.is_none() && !is_name(pattern.to_str()?) {
            return None;
        }
        if let Some(matched) = self.matched.get(pattern) {
            matched.store(true, Ordering::Relaxed);
        }
        Some(verdict.is_ignore())
    }
}
