//! `.ecr-lint.yaml`: which files a project leaves out, and which further modules it checks.
//!
//! Invariant: a configuration comes from within the repository or is named by the user, never from a
//! directory above that somebody else may write to; one that cannot be read whole is an error before
//! anything is scanned.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;

/// The names under which a configuration is found.
const NAMES: [&str; 2] = [".ecr-lint.yaml", ".ecr-lint.yml"];
const KEYS: [&str; 2] = ["exclude", "modules"];
/// The most bytes a configuration may have.
const LIMIT: u64 = 1 << 20;
/// How many brackets and braces may be open in it: the parser's time grows with the square of that.
const DEPTH: usize = 100;

/// What a project says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// gitignore patterns, relative to the configuration's directory.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Further modules that are to be treated like `community.aws.ecs_ecr`.
    #[serde(default)]
    pub modules: Vec<String>,
    /// Where it was read from; `None` for the default.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

impl Config {
    /// Reads the configuration that holds for a directory: its own, or one further up in the same
    /// repository. Outside a repository only the directory's own counts.
    ///
    /// # Errors
    /// What is wrong with the file, with its line and column.
    pub fn discover(directory: &Path) -> anyhow::Result<Self> {
        let real = match fs::canonicalize(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            real => real.with_context(|| hidden(directory))?,
        };
        let top = repository(&real)?.unwrap_or(&real);
        for directory in real.ancestors().take_while(|directory| directory.starts_with(top)) {
            for path in NAMES.map(|name| directory.join(name)) {
                if exists(&path)? {
                    return Self::read(&path);
                }
            }
        }
        Ok(Self::default())
    }

    /// Reads a configuration that the user named.
    ///
    /// # Errors
    /// What is wrong with the file, with its line and column.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let context = || format!("the configuration {}", path.display());
        let text = read(path).with_context(context)?;
        let mut config = Self::parse(&text).with_context(context)?;
        config.path = Some(path.to_owned());
        Ok(config)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Self::default());
        }
        if depth(text) > DEPTH {
            bail!("is nested too deep");
        }
        let config: Self = serde_yaml::from_str(text).map_err(|error| explain(&error))?;
        if let Some(name) = config.modules.iter().find(|name| !is_module_name(name)) {
            bail!("modules: `{name}` is no name of a module, such as my_namespace.my_collection.my_module");
        }
        Ok(config)
    }

    /// The directory that its patterns are relative to.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        let parent = self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        fs::canonicalize(parent).unwrap_or_else(|_| parent.to_owned())
    }
}

/// The root of the repository that a directory lies in.
fn repository(directory: &Path) -> anyhow::Result<Option<&Path>> {
    for above in directory.ancestors() {
        if exists(&above.join(".git"))? {
            return Ok(Some(above));
        }
    }
    Ok(None)
}

/// Whether there is such an entry; not to be allowed to look is no answer.
fn exists(path: &Path) -> anyhow::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(error).with_context(|| hidden(path.parent().unwrap_or(path))),
    }
}

fn hidden(directory: &Path) -> String {
    format!(
        "cannot look for a configuration in {}; name one with --config, or use --no-config",
        directory.display()
    )
}

/// How many brackets and braces are open at a time, those in quotes and comments included.
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

/// serde's words, and the key that was probably meant.
fn explain(error: &serde_yaml::Error) -> anyhow::Error {
    let text = error.to_string();
    let unknown = text.split("unknown field `").nth(1).and_then(|rest| rest.split('`').next());
    let near = |key: &&&str| strsim::jaro_winkler(key, unknown.unwrap_or_default());
    let nearest = KEYS.iter().max_by(|one, other| near(one).total_cmp(&near(other)));
    match nearest.filter(|key| unknown.is_some() && near(key) > 0.7) {
        Some(key) => anyhow::anyhow!("{text}; did you mean `{key}`?"),
        None => anyhow::anyhow!("{text}"),
    }
}

/// What Ansible could resolve: words of letters, digits and underscores with dots between them. Anything
/// else would be looked for in every file and never be found.
fn is_module_name(name: &str) -> bool {
    name.split('.')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

fn read(path: &Path) -> anyhow::Result<String> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        bail!("is not a regular file");
    }
    let mut text = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LIMIT {
        bail!("is larger than 1 MiB");
    }
    String::from_utf8(text).context("is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        Config::parse(text).expect_err("a fault").to_string()
    }

    #[test]
    fn both_keys_are_lists() {
        let config = Config::parse("exclude: [a/]\nmodules: [my.own.ecr]\n").expect("no fault");
        assert_eq!((config.exclude, config.modules), (vec!["a/".to_owned()], vec!["my.own.ecr".to_owned()]));
        assert!(Config::parse("# nothing\n").expect("no fault").exclude.is_empty());
        assert!(fault("exclude: a").contains("line 1"), "{}", fault("exclude: a"));
        assert!(fault("- a").contains("invalid type"), "{}", fault("- a"));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place_and_the_nearest_one() {
        let text = fault("modules: []\nexcludes: [a]\n");
        assert!(text.contains("excludes") && text.contains("line 2 column 1"), "{text}");
        assert!(text.ends_with("did you mean `exclude`?"), "{text}");
        assert!(!fault("zzz: 1\n").contains("did you mean"), "{}", fault("zzz: 1\n"));
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
        assert!(fault("modules: ['']").contains("no name of a module"));
        assert!(fault("modules: ['a b']").contains("no name of a module"));
        assert!(fault("modules: [a..b]").contains("no name of a module"));
    }
}
