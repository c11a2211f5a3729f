//! What the command line can say: plain data.
//!
//! Invariant: nothing here looks at the file system or the environment, but for how many cores there are.

use std::path::{Path, PathBuf};
use std::thread;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, ValueEnum};

use crate::apply::Mode;
use crate::fix::Level;
use crate::printer::Format;

const AFTER_HELP: &str = "\
Exit codes:
  0  nothing was found, or --fix mended all of it
  1  at least one task was flagged, and --fix did not mend it
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

    /// Mend what was found, in place; with -, print the mended standard input
    #[arg(long, conflicts_with = "diff")]
    pub fix: bool,

    /// Print what --fix would change, as a unified diff, and change nothing
    #[arg(long, conflicts_with = "format")]
    pub diff: bool,

    /// Let --fix and --diff also replace templates
    #[arg(long)]
    pub unsafe_fixes: bool,

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
    /// The command line, or what clap has to say to it.
    ///
    /// # Errors
    /// Help, the version, or what is wrong.
    pub fn read() -> Result<Self, clap::Error> {
        let matches = Self::command().try_get_matches()?;
        let cli = Self::from_arg_matches(&matches)?;
        let has_format = matches.value_source("format") == Some(ValueSource::CommandLine);
        if cli.fix && has_format && cli.reads_stdin() {
            let message = "the argument '--format <FORMAT>' cannot be used with '--fix -'";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        }
        Ok(cli)
    }

    /// Whether standard input is among the paths.
    #[must_use]
    pub fn reads_stdin(&self) -> bool {
        self.paths.iter().any(|path| path == Path::new("-"))
    }

    /// What becomes of the mends, if anything does.
    #[must_use]
    pub fn mode(&self) -> Option<Mode> {
        if self.fix { Some(Mode::Fix) } else { self.diff.then_some(Mode::Diff) }
    }

    /// Which findings get a mend, if that is of use to anyone.
    #[must_use]
    pub fn mends(&self) -> Option<Level> {
        let level = if self.unsafe_fixes { Level::Unsafe } else { Level::Safe };
        (self.mode().is_some() || self.format == Format::Json).then_some(level)
    }

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
