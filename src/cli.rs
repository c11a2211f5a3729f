//! What the command line can say: plain data.
//!
//! Invariant: nothing here looks at the file system or the environment.

use std::num::NonZeroUsize;
use std::path::PathBuf;

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
    /// Files, directories, or - for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,

    /// How findings are reported
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,

    /// Leave out what matches a gitignore pattern, relative to the current directory (repeatable)
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,

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

    /// How many threads may work (default: one for each core)
    #[arg(short = 'j', long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,

    /// Print no warnings and no summary
    #[arg(short, long)]
    pub quiet: bool,

    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
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
