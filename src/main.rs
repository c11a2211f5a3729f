//! Parses the arguments, runs the linter and turns its verdict into an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use ecr_lint::cli::Cli;
use ecr_lint::linter::Verdict;
use ecr_lint::{printer, run};

fn main() -> ExitCode {
    let code = match Cli::try_parse() {
        Ok(cli) => run::run(&cli).unwrap_or_else(|error| {
            tell(&format!("error: {}", printer::escape_controls(&format!("{error:#}"))));
            Verdict::Incomplete
        }),
        Err(answer) if answer.use_stderr() => {
            tell(&printer::escape_lines(&answer.to_string()));
            Verdict::Incomplete
        }
        Err(answer) => match printer::unless_closed(answer.print()) {
            Ok(()) => Verdict::Clean, // help and version
            Err(error) => {
                tell(&format!("error: the help could not be written: {error}"));
                Verdict::Incomplete
            }
        },
    };
    ExitCode::from(code as u8)
}

/// Says something on standard error; where that is closed, the exit code still tells.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{}", text.trim_end());
}
