//! `.ecr-lint.yaml`: which files a project excludes, which further modules it checks, which findings fail a run, and
//! whether suppressions need a reason.
//!
//! Invariant: a configuration is inside the repository or named by the user, never in a directory above, to which
//! others may write. One that cannot be read completely is an error before scanning starts. Errors quote the file, so
//! it is never reached through a symbolic link: a committed one could lead to a file that not everybody may see.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use serde::Deserialize;

use crate::paths::{self, Base};
use crate::reader::{LinkPolicy, read_small};
use crate::rule::Kind;

/// The names under which a configuration is found.
const NAMES: [&str; 2] = [".ecr-lint.yaml", ".ecr-lint.yml"];
const KEYS: [&str; 4] = ["exclude", "modules", "fail-on", "require-reason"];
/// How many brackets and braces it may have: the parser takes time quadratic in those that are open, as in the bytes of
/// other texts, which are few.
const MOST_BRACKETS: usize = 10_000;
/// How many modules it may have, each of which is searched for in every file, and how many bytes one may have.
const MODULES: (usize, usize) = (100, 200);
/// Another module, which has no argument `image_tag_mutability` with these values.
const OTHER_MODULE: &str = "amazon.cloud.ecr_repository";

/// What an error says if a directory cannot be searched.
pub(crate) const NOT_SEARCHED: &str =
    "cannot look for a configuration; name one with --config, or use --no-config";

/// What a warning says about a configuration that is not used.
pub(crate) const NOT_APPLIED: &str =
    "does not apply; start ecr-lint in its directory, or name it with --config";

/// The configuration of a project.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[serde(expecting = "the keys `exclude`, `modules`, `fail-on` and `require-reason`")]
pub(crate) struct Config {
    /// gitignore patterns, relative to the configuration's directory.
    pub exclude: Vec<String>,
    /// Further modules that are treated like `community.aws.ecs_ecr`.
    pub modules: Vec<String>,
    /// The kinds of findings that fail a run; `None` for all.
    pub fail_on: Option<Vec<Kind>>,
    /// Whether comments that suppress must give a reason.
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
                (true, false) => return Self::read(&first),
                (false, true) => return Self::read(&second),
                (false, false) => {}
            }
        }
        Ok(Self::default())
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// What is wrong with the file, with its line and column.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let read = || {
            let bytes = read_small(path, LinkPolicy::Refuse)?;
            Self::parse(std::str::from_utf8(&bytes).ok().context("is not UTF-8")?)
        };
        let config = read().with_context(|| format!("the configuration {}", path.display()))?;
        Ok(Self { path: Some(path.to_owned()), ..config })
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let brackets = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
        ensure!(brackets <= MOST_BRACKETS, "has more than {MOST_BRACKETS} brackets");
        let read = serde_yaml::from_str::<Option<Self>>(text);
        let config = read.map_err(|error| explain(text, &error))?.unwrap_or_default();
        config.check()?;
        Ok(config)
    }

    /// Whether all patterns and module names are valid.
    fn check(&self) -> anyhow::Result<()> {
        let (most, longest) = MODULES;
        ensure!(self.modules.len() <= most, "`modules` has more than {most} entries");
        let is_long = self.modules.iter().any(|entry| entry.len() > longest);
        ensure!(!is_long, "an entry of `modules` has more than {longest} bytes");
        let has_no_kind = self.fail_on.as_ref().is_some_and(Vec::is_empty);
        ensure!(!has_no_kind, "`fail-on` is empty; name a kind of finding, or remove it");
        for name in &self.modules {
            ensure!(
                name.len() > 2 && is_module_name(name), // a shorter one would be found in every file
                "`{name}` in `modules` is not a valid module name, such as my_namespace.my_collection.my_module"
            );
            ensure!(
                name != OTHER_MODULE,
                "{OTHER_MODULE} in `modules` is another module: it takes IMMUTABLE and MUTABLE, and has no default"
            );
        }
        Ok(())
    }

    /// Warnings about the configurations in named directories that are not this one: they do not apply.
    pub(crate) fn unused(&self, directories: &[PathBuf]) -> Vec<PathBuf> {
        let real = |path: &Path| paths::real_path(path).ok();
        let used = self.path.as_deref().and_then(real);
        let found = directories.iter().flat_map(|directory| NAMES.map(|name| directory.join(name)));
        found.filter(|path| real(path).is_some_and(|real| used.as_ref() != Some(&real))).collect()
    }
}

/// serde's error behind its position, with the word that was perhaps meant by one on the same line.
fn explain(text: &str, error: &serde_yaml::Error) -> anyhow::Error {
    let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
    let message = error.to_string().replace(&format!(" at line {line} column {column}"), "");
    // of a key that is given twice, serde says where the mapping starts
    let repeated = message.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next());
    let is_repeated = |line: &&str| repeated.is_some_and(|key| line.starts_with(key));
    let second = (1..).zip(text.lines()).filter(|(_, line)| is_repeated(line)).nth(1);
    let (line, column) = second.map_or((line, column), |(line, _)| (line, 1));
    let source = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let mut words = source.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_'));
    let names = || KEYS.into_iter().chain(Kind::ALL.map(Kind::name));
    let meant = words.find_map(|word| paths::most_alike(word, names()));
    let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
    anyhow!("line {line}, column {column}: {message}{meant}")
}

/// Whether a file may be a configuration, which is not checked like playbooks.
pub(crate) fn is_configuration(path: &Path) -> bool {
    NAMES.iter().any(|name| paths::has_name(path, name))
}

/// Whether Ansible could resolve the name: letters, digits and underscores, separated by dots.
fn is_module_name(name: &str) -> bool {
    name.split('.')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
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
        let keys = "expected one of `exclude`, `modules`, `fail-on`, `require-reason`";
        for (text, message) in [
            (
                "modules: []\nfail_on: [wrong]",
                &*format!("line 2, column 1: unknown field `fail_on`, {keys}; did you mean `fail-on`?"),
            ),
            (
                "excludes: [a]",
                &format!("line 1, column 1: unknown field `excludes`, {keys}; did you mean `exclude`?"),
            ),
            ("zzz: 1", &format!("line 1, column 1: unknown field `zzz`, {keys}")),
            (
                "exclude: skip.yml",
                "line 1, column 10: exclude: invalid type: string \"skip.yml\", expected a sequence",
            ),
            ("modules:\n  - [a]", "line 2, column 5: modules[0]: invalid type: sequence, expected a string"),
            (
                "fail-on: [mising]",
                "line 1, column 11: fail-on[0]: unknown variant `mising`, expected one of `missing`, `wrong`, `templated`; \
                 did you mean `missing`?",
            ),
            (
                "fail-on: missing",
                "line 1, column 10: fail-on: invalid type: string \"missing\", expected a sequence",
            ),
            (
                "require-reason: yes",
                "line 1, column 17: require-reason: invalid type: string \"yes\", expected a boolean",
            ),
            ("exclude: []\nmodules: []\nexclude: [a]", "line 3, column 1: duplicate field `exclude`"),
            (
                "- a",
                "line 1, column 1: invalid type: sequence, expected the keys `exclude`, `modules`, `fail-on` and \
                 `require-reason`",
            ),
            ("exclude: [", "line 2, column 1: did not find expected node content, while parsing a flow node"),
            ("fail-on: []", "`fail-on` is empty; name a kind of finding, or remove it"),
            (
                "modules: [amazon.cloud.ecr_repository]",
                "amazon.cloud.ecr_repository in `modules` is another module: it takes IMMUTABLE and MUTABLE, and \
                 has no default",
            ),
        ] {
            assert_eq!(fault(text), message, "{text}");
        }
    }

    #[test]
    fn a_name_that_no_module_can_have_is_a_fault() {
        for name in ["", "ab", "a b", "a..b"] {
            assert!(fault(&format!("modules: ['{name}']")).contains("is not a valid module name"), "{name}");
        }
    }

    #[test]
    fn a_configuration_is_small() {
        let list = |key: &str, count: usize| format!("{key}:\n{}", "- a\n".repeat(count));
        assert_eq!(fault(&list("modules", 101)), "`modules` has more than 100 entries");
        assert_eq!(
            fault(&format!("modules: [{}]", "a".repeat(201))),
            "an entry of `modules` has more than 200 bytes"
        );
        assert_eq!(fault(&format!("exclude: {}", "[".repeat(10_001))), "has more than 10000 brackets");
        let patterns = "  - 'a[0-9]/{b,c}'\n".repeat(1000);
        let config = Config::parse(&format!("exclude:\n{patterns}")).expect("no fault");
        assert_eq!(config.exclude.len(), 1000);
    }
}
