//! `.ecr-lint.yaml`: which files a project excludes, which further modules it checks, which findings fail a run, and
//! whether suppressions need a reason.
//!
//! Invariant: a configuration is inside the repository or named by the user, never in a directory above, to which
//! others may write. One that cannot be read completely is an error before scanning starts. No error quotes the file: a
//! committed link may have led to it, and more people may read the log than the file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::paths::{self, Base};
use crate::rule::Kind;
use crate::small_file::{self, LinkPolicy, SmallFileError};
use crate::walker;

/// The names under which a configuration is found.
const NAMES: [&str; 2] = [".ecr-lint.yaml", ".ecr-lint.yml"];
const EXCLUDE: &str = "exclude";
const MODULES: &str = "modules";
/// What every error about a key or a type says.
const EXPECTED: &str = "expected the keys `exclude` and `modules` with lists of strings, `fail-on` with a list of `missing`, \
                        `wrong` and `templated`, and `require-reason` with true or false, each at most once";
/// How many brackets and braces may be open in it: the parser takes time quadratic in that.
const DEPTH: usize = 100;
/// Each pattern takes up to 50 KB of memory.
const MOST_PATTERNS: usize = 1_000;
/// Each module is searched for in every file.
const MOST_MODULES: usize = 100;

/// What an error says if a directory cannot be searched.
pub(crate) const NOT_SEARCHED: &str =
    "cannot look for a configuration; name one with --config, or use --no-config";

/// The configuration of a project.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    /// gitignore patterns, relative to the configuration's directory.
    pub exclude: Vec<String>,
    /// Further modules that are treated like `community.aws.ecs_ecr`.
    pub modules: Vec<String>,
    /// The kinds of findings that fail a run; `None` for all.
    pub fail_on: Option<Vec<Kind>>,
    /// Whether ecr-lint's own comments must give a reason.
    pub require_reason: bool,
    /// The file that it was read from; `None` for the default.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

impl Config {
    /// Reads the configuration of the current directory, or the nearest one further up in the same repository. Outside
    /// a repository only the current directory's own counts.
    ///
    /// # Errors
    /// What is wrong with the file, with its line and column.
    pub(crate) fn discover(base: &Base) -> anyhow::Result<Self> {
        for directory in base.up_to_root() {
            let [first, second] = NAMES.map(|name| directory.join(name));
            let exists = |path| paths::exists(path).with_context(|| NOT_SEARCHED);
            match (exists(&first)?, exists(&second)?) {
                (true, true) => {
                    bail!("there are both {} and {}; remove one", first.display(), second.display())
                }
                (true, false) => return Self::read_file(&first, LinkPolicy::Refuse),
                (false, true) => return Self::read_file(&second, LinkPolicy::Refuse),
                (false, false) => {}
            }
        }
        Ok(Self::default())
    }

    /// Reads a configuration that the user named, which may be a link.
    ///
    /// # Errors
    /// What is wrong with the file, with its line and column.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        Self::read_file(path, LinkPolicy::Follow)
    }

    fn read_file(path: &Path, links: LinkPolicy) -> anyhow::Result<Self> {
        let context = || format!("the configuration {}", path.display());
        let text = read_text(path, links).with_context(context)?;
        let mut config = Self::parse(&text).with_context(context)?;
        config.path = Some(path.to_owned());
        Ok(config)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        if depth(text) > DEPTH {
            bail!("is nested too deep");
        }
        // the engine's syntax errors quote nothing of the text and are passed on
        serde_yaml::from_str::<IgnoredAny>(text)?;
        // serde's errors about keys and types quote them: only their position is used
        let read = serde_yaml::from_str::<Option<Self>>(text);
        let config = read.map_err(|error| match error.location() {
            Some(at) => anyhow!("line {}, column {}: {EXPECTED}", at.line(), at.column()),
            None => anyhow!("{EXPECTED}"),
        })?;
        let config = config.unwrap_or_default();
        config.check_entries()?;
        Ok(config)
    }

    /// Whether all patterns and module names are valid. Errors give an entry's number, not its text.
    fn check_entries(&self) -> anyhow::Result<()> {
        for (key, entries, most) in
            [(EXCLUDE, &self.exclude, MOST_PATTERNS), (MODULES, &self.modules, MOST_MODULES)]
        {
            if entries.len() > most {
                bail!("`{key}` has more than {most} entries");
            }
        }
        if self.fail_on.as_ref().is_some_and(Vec::is_empty) {
            bail!("`fail-on` is empty; name a kind of finding, or remove it");
        }
        for (number, pattern) in (1..).zip(&self.exclude) {
            if let Err(reason) = walker::check_pattern(pattern) {
                bail!("entry {number} of `{EXCLUDE}` matches nothing: {reason}");
            }
        }
        match self.modules.iter().position(|name| !is_module_name(name)) {
            Some(index) => bail!(
                "entry {} of `{MODULES}` is not a valid module name, such as \
                 my_namespace.my_collection.my_module",
                index + 1
            ),
            None => Ok(()),
        }
    }

    /// The directory that its patterns are relative to.
    #[must_use]
    pub(crate) fn root(&self) -> PathBuf {
        let parent = self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        fs::canonicalize(parent).unwrap_or_else(|_| parent.to_owned())
    }
}

/// The deepest nesting of brackets and braces, those in quotes and comments included.
fn depth(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// Whether Ansible could resolve the name: letters, digits and underscores, separated by dots.
fn is_module_name(name: &str) -> bool {
    name.split('.')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

fn read_text(path: &Path, links: LinkPolicy) -> anyhow::Result<String> {
    let bytes = small_file::read(path, links).map_err(|error| match error {
        SmallFileError::Io(error) => anyhow!(error),
        SmallFileError::Link => anyhow!("is a symbolic link, which is followed only where --config names it"),
        SmallFileError::Irregular => anyhow!("is not a regular file"),
        SmallFileError::TooLarge => anyhow!("is larger than 1 MiB"),
    })?;
    String::from_utf8(bytes).ok().context("is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        Config::parse(text).expect_err("a fault").to_string()
    }

    #[test]
    fn the_keys_are_read() {
        let config = Config::parse("exclude: [a/]\nmodules: [my.own.ecr]\n").expect("no fault");
        assert_eq!((config.exclude, config.modules), (vec!["a/".to_owned()], vec!["my.own.ecr".to_owned()]));
        let config = Config::parse("fail-on: [wrong, missing]\nrequire-reason: true\n").expect("no fault");
        assert_eq!((config.fail_on, config.require_reason), (Some(vec![Kind::Wrong, Kind::Missing]), true));
        for nothing in ["", "# nothing\n", "---\n", "~"] {
            assert!(Config::parse(nothing).expect("no fault").exclude.is_empty());
        }
    }

    #[test]
    fn a_fault_says_where_it_is_and_what_was_expected() {
        for (text, position) in [
            ("\n- a", "line 2, column 1"),
            ("zzz: 1", "line 1, column 1"),
            ("modules: []\nexcludes: [a]\n", "line 2, column 1"),
            ("exclude: []\nexclude: []", "line 1, column 1"), // where the mapping begins
            ("exclude: a", "line 1, column 10"),
            ("modules:\n  - [a]", "line 2, column 5"),
            ("fail-on: [missing, all]", "line 1, column 20"),
            ("fail-on: missing", "line 1, column 10"),
            ("require-reason: 1", "line 1, column 17"),
        ] {
            assert_eq!(fault(text), format!("{position}: {EXPECTED}"), "{text}");
        }
        assert_eq!(fault("fail-on: []"), "`fail-on` is empty; name a kind of finding, or remove it");
        assert!(
            fault("exclude: [a, '[']")
                .starts_with("entry 2 of `exclude` matches nothing: a `[` is not closed")
        );
        assert!(fault("exclude: [").contains("did not find expected node content"));
    }

    #[test]
    fn no_fault_quotes_the_text() {
        for text in [
            "machine host login me password secret",
            "secret",
            "- secret",
            "'secret'",
            "!secret secret",
            "!!int secret",
            "exclude: secret",
            "exclude: !secret secret",
            "exclude: !!int secret",
            "exclude: {secret: secret}",
            "exclude: [[secret]]",
            "exclude: [secret[]",
            "fail-on: [secret]",
            "fail-on: secret",
            "require-reason: secret",
            "exclude: ['secret[']",
            "exclude: [a, 'secret\\']",
            "modules: [secret secret]",
            "modules: [{secret: 1}]",
            "secret: x",
            "exclude_secret: x",
            "? [secret]\n: x",
            "? {secret: 1}\n: x",
            "!!bool secret: x",
            "exclude: []\nexclude: [secret]",
            "exclude: *secret",
            "&secret a: *secret",
            "exclude: [a]\nsecret",
            "secret: [",
            "secret: 'secret",
            "\"secret\\x\"",
            "%secret\n---\na",
            "secret\tsecret: x\n\ty",
            "exclude: []\n---\nsecret",
            "<<: secret",
            "@secret",
            "`secret`",
        ] {
            let read = Config::parse(text);
            assert!(read.is_err() && !format!("{read:?}").contains("secret"), "{text}: {read:?}");
        }
        assert!(!fault("modules: 271828").contains("271828"));
    }

    #[test]
    fn lists_are_bounded() {
        let list = |key: &str, count: usize| format!("{key}:\n{}", "- a\n".repeat(count));
        assert_eq!(fault(&list("exclude", 1_001)), "`exclude` has more than 1000 entries");
        assert_eq!(fault(&list("modules", 101)), "`modules` has more than 100 entries");
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert_eq!(fault(&format!("exclude: {}", "[".repeat(200_000))), "is nested too deep");
        let patterns = "  - 'a[0-9]/{b,c}'\n".repeat(1000);
        let config = Config::parse(&format!("exclude:\n{patterns}")).expect("no fault");
        assert_eq!(config.exclude.len(), 1000);
    }

    #[test]
    fn a_module_is_a_name() {
        assert!(fault("modules: ['']").contains("not a valid module name"));
        assert!(fault("modules: ['a b']").contains("not a valid module name"));
        assert!(fault("modules: [a..b]").contains("not a valid module name"));
    }
}
