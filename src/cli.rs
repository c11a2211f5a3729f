//! What the command line can say: plain data.
//!
//! Invariant: nothing here looks at the file system or the environment, but for how many cores there are.

use std::path::PathBuf;
use std::thread;

use clap::{Parser, ValueEnum};

use crate::printer::Format;

const AFTER_HELP: &str = "\
Exit codes:
  0  nothing was found
  1  at least one task was flagged
  2  something could not be checked, or the command line is wrong; 2 wins over 1";

/// Finds Ansible tasks that create Amazon ECR repositories with mutable image tags.
// one flag, one field: that is what a command line is
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Parser)]
#[command(name = "ecr-lint", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    /// Files, directories, or - for standard input [default: the current directory]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// How findings are reported
    #[arg(short, long, value_name = "FORMAT", default_value = "auto")]
    pub format: Format,

    /// Leave out what matches a gitignore pattern, relative to the current directory (repeatable)
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,

    /// Check also the files of a list, one a line or separated by NUL; - is standard input
    #[arg(long, value_name = "FILE")]
    pub files_from: Option<PathBuf>,

    /// Print the files that would be checked, and check none
    #[arg(long)]
    pub list_files: bool,

    /// The configuration to use [default: .ecr-lint.yaml here or further up in the repository]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,

    /// Use no configuration
    #[arg(long)]
    pub no_config: bool,

    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Check also what git ignores and directories such as `node_modules`
    #[arg(long)]
    pub no_ignore: bool,

    /// Follow symbolic links to directories
    #[arg(long)]
    pub follow: bool,

    /// The name under which standard input is checked
    #[arg(long, value_name = "PATH", default_value = "<stdin>", hide_default_value = true)]
    pub stdin_filename: PathBuf,

    /// Exit with 0 also when tasks were flagged (errors still exit with 2)
    #[arg(long)]
    pub exit_zero: bool,

    /// Report also the findings that comments silence
    #[arg(long)]
    pub no_suppress: bool,

    /// How many threads may work (default: one for each core)
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,

    /// Print no warnings and no summary
    #[arg(short, long)]
    pub quiet: bool,

    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

impl Cli {
    /// How many threads may work.
    #[must_use]
    pub fn threads(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// The one decision about colour, by what the environment sets and whether a terminal reads along.
    pub fn resolve(self, is_set: impl Fn(&str) -> bool, is_terminal: impl Fn() -> bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if is_set("NO_COLOR") => false,
            Self::Auto => is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR") || is_terminal(),
        }
    }
}
