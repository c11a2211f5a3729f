//! The command line, as plain data.
//!
//! Invariant: nothing here reads the file system or the environment, except for the number of cores.

use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;

use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, ColorChoice, Parser, ValueEnum, ValueHint};

use crate::fix::Level;
use crate::position::is_break;
use crate::rule::Kind;

/// What `--help` and the man page say after the options; `-h` says only the last paragraph, which is about exit codes.
const MORE: &str = include_str!("help.txt").trim_ascii_end();

/// What `--generate` prints: the man page, and completions by the names of the shells.
const DOCUMENTS: [&str; 6] = ["man", "bash", "zsh", "fish", "powershell", "elvish"];

// The headings of --help; clap orders them by the first option of each.
const SELECTION: &str = "Selection";
const OUTPUT: &str = "Output";
const FIXES: &str = "Fixes";
const OTHER: &str = "Other";

/// Finds Ansible tasks that do not make the image tags of Amazon ECR repositories immutable.
// each flag is a field
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Parser)]
#[command(name = "ecr-lint", version, max_term_width = 80)]
#[command(after_help = MORE.rsplit("\n\n").next(), after_long_help = MORE)]
#[command(disable_help_flag = true, disable_version_flag = true)]
// clap would show the options of a conflict in the usage line, and the paths as required
#[command(override_usage = "ecr-lint [OPTIONS] [PATH]...")]
pub struct Cli {
    /// Files, directories, or - for standard input [default: the current directory]
    #[arg(value_name = "PATH", value_parser = OsStringValueParser::new().try_map(path))]
    pub paths: Vec<PathBuf>,

    /// Skip what matches a gitignore pattern, relative to the current directory (repeatable)
    #[arg(long, value_name = "PATTERN", value_hint = ValueHint::AnyPath, help_heading = SELECTION)]
    pub exclude: Vec<String>,

    /// Also check the files of a list, one a line or separated by NUL; - is standard input
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = SELECTION)]
    pub files_from: Option<PathBuf>,

    /// The configuration to use [default: .ecr-lint.yaml here or further up in the repository]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = SELECTION)]
    pub config: Option<PathBuf>,

    /// Use no configuration
    #[arg(long, hide_short_help = true, help_heading = SELECTION)]
    pub no_config: bool,

    /// Also check what git ignores and directories such as `node_modules`
    #[arg(long, help_heading = SELECTION)]
    pub no_ignore: bool,

    /// Follow symbolic links out of the given paths
    #[arg(long, help_heading = SELECTION)]
    pub follow: bool,

    /// The name under which standard input is checked
    #[arg(long, value_name = "PATH", hide_short_help = true, help_heading = SELECTION)]
    pub stdin_filename: Option<PathBuf>,

    /// How findings are reported
    #[arg(short, long, value_name = "FORMAT", default_value = "auto", help_heading = OUTPUT)]
    pub format: Format,

    /// Write the report to a file; - is standard output
    #[arg(short, long, value_name = "FILE", help_heading = OUTPUT)]
    pub output: Option<PathBuf>,

    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_short_help = true, help_heading = OUTPUT)]
    pub color: ColorChoice,

    /// Say what was not checked, and why
    #[arg(short, long, conflicts_with = "quiet", help_heading = OUTPUT)]
    pub verbose: bool,

    /// Print findings and errors only
    #[arg(short, long, help_heading = OUTPUT)]
    pub quiet: bool,

    /// Exit with 1 for these kinds of findings only; others are notes [default: all]
    ///
    /// The argument is missing, has a wrong value, or is a template or encrypted.
    #[arg(long, value_name = "KIND", value_delimiter = ',', conflicts_with_all = ["exit_zero", "list_files"])]
    #[arg(value_parser = PossibleValuesParser::new(["all"].into_iter().chain(Kind::ALL.map(Kind::name)))
        .map(|name| Kind::named(&name)))]
    #[arg(help_heading = OUTPUT)]
    pub fail_on: Vec<Option<Kind>>,

    /// Exit with 0 even if tasks were flagged (errors still exit with 2)
    #[arg(long, help_heading = OUTPUT)]
    pub exit_zero: bool,

    /// Also exit with 1 for other warnings than findings, such as a comment that suppresses nothing
    #[arg(long, conflicts_with_all = ["exit_zero", "list_files"], help_heading = OUTPUT)]
    pub strict: bool,

    /// Also report the findings that comments suppress
    #[arg(long, help_heading = SELECTION)]
    pub no_suppress: bool,

    /// Fix what was found, in place; with -, print the fixed standard input
    #[arg(long, conflicts_with_all = ["diff", "list_files"], help_heading = FIXES)]
    pub fix: bool,

    /// Print what --fix would change, as a unified diff, and change nothing
    #[arg(long, conflicts_with_all = ["format", "list_files"], help_heading = FIXES)]
    pub diff: bool,

    /// Write `# ecr-lint: ignore (REASON)` above what was found; with --diff, only show it
    #[arg(long, value_name = "REASON", value_parser = reason, help_heading = FIXES)]
    #[arg(conflicts_with_all = ["fix", "unsafe_fixes", "no_suppress", "list_files"])]
    pub add_ignores: Option<Box<str>>,

    /// Let --fix and --diff also replace templates and modes such as `IMMUTABLE_WITH_EXCLUSION`
    #[arg(long, help_heading = FIXES)]
    pub unsafe_fixes: bool,

    /// Print the files that would be checked, and check none
    #[arg(long, conflicts_with_all = ["format", "output"], help_heading = OTHER)]
    pub list_files: bool,

    /// With --list-files, print names as they are, and a NUL behind each, for --files-from
    // clap does not enforce `requires` if an option is given that conflicts with the required one
    #[arg(short = '0', long, requires = "list_files", conflicts_with_all = ["fix", "diff", "add_ignores"])]
    #[arg(hide_short_help = true, help_heading = OTHER)]
    pub null: bool,

    /// Number of threads (default: one for each core)
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    #[arg(hide_short_help = true, help_heading = OTHER)]
    pub threads: Option<u16>,

    // the next two are exclusive: with paths, their success could be mistaken for a check that found nothing
    /// Explain the rule: why it matters, how to fix or suppress a finding
    #[arg(long, exclusive = true, help_heading = OTHER)]
    pub explain: bool,

    /// Print the man page or a shell's completions
    #[arg(long, value_name = "KIND", value_parser = DOCUMENTS, exclusive = true, hide_short_help = true)]
    #[arg(help_heading = OTHER)]
    pub generate: Option<String>,

    /// Print a summary of the help (-h), or all of it (--help)
    #[arg(short, long, action = ArgAction::Help, help_heading = OTHER)]
    help: (),

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = OTHER)]
    version: (),
}

/// Checks a path, which may be that of a variable without a value.
fn path(name: OsString) -> Result<PathBuf, &'static str> {
    if name.is_empty() { Err("a path is empty") } else { Ok(name.into()) }
}

/// Checks the reason of `--add-ignores`, which becomes part of a comment.
fn reason(text: &str) -> Result<Box<str>, &'static str> {
    match text.trim() {
        "" => Err("say why these tasks may stay as they are"),
        text if text.contains(|c: char| c.is_control() || is_break(c)) => {
            Err("a reason is one line without control characters")
        }
        text => Ok(text.into()),
    }
}

impl Cli {
    /// Whether fixes are written or shown, if any are asked for.
    pub(crate) fn mode(&self) -> Option<Mode> {
        let writes = self.fix || self.add_ignores.is_some();
        if self.diff { Some(Mode::Diff) } else { writes.then_some(Mode::Fix) }
    }

    /// Which findings get a fix, if the run, the format (`auto` resolved) or the summary needs fixes at all. Only files
    /// with findings are planned for, and take about twice as long.
    pub(crate) fn fixes(&self, format: Format) -> Option<Level> {
        let level = if self.unsafe_fixes { Level::Unsafe } else { Level::Safe };
        (self.mode().is_some() || format.shows_fixes() || !self.quiet).then_some(level)
    }

    /// How many threads to use.
    pub(crate) fn threads(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }
}

/// What to do with fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write them to the files, and print the fixed standard input.
    Fix,
    /// Print a diff, and change nothing.
    Diff,
}

/// How findings are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// `full` on a terminal, else `text`
    Auto,
    /// The source lines of each finding and what to change
    Full,
    /// One line a finding, for grep
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// Code Quality report of GitLab
    Gitlab,
    /// JUnit XML, for test reports
    Junit,
}

impl Format {
    /// Resolves `auto`; any other format stays the same.
    #[must_use]
    pub fn resolve(self, is_terminal: bool) -> Self {
        match self {
            Self::Auto if is_terminal => Self::Full,
            Self::Auto => Self::Text,
            format => format,
        }
    }

    /// Whether the format draws source or counts its lines, so that reports must keep it.
    #[must_use]
    pub fn needs_source(self) -> bool {
        matches!(self, Self::Full | Self::Sarif)
    }

    /// Whether people do not read the format as it is.
    #[must_use]
    pub fn is_for_programs(self) -> bool {
        !matches!(self, Self::Auto | Self::Full | Self::Text)
    }

    /// Whether the format shows fixes, so that they must be computed.
    pub(crate) fn shows_fixes(self) -> bool {
        matches!(self, Self::Full | Self::Json | Self::Sarif)
    }
}
