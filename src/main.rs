//! Parses the arguments, runs the linter and maps its verdict to an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use ecr_lint::cli::Cli;
use ecr_lint::report::Verdict;
use ecr_lint::{command, escape, printer};

fn main() -> ExitCode {
    let verdict = match Cli::try_parse() {
        Ok(cli) => command::execute(&cli).unwrap_or_else(|error| {
            print_error(&format!("error: {}", escape::escape_controls(&command::error_message(&error))));
            Verdict::Incomplete
        }),
        Err(answer) if answer.use_stderr() => {
            print_error(&escape::escape_lines(&answer.to_string()));
            Verdict::Incomplete
        }
        Err(answer) => match printer::unless_closed(answer.print()) {
            Ok(()) => Verdict::Clean, // help and version
            Err(error) => {
                let error = anyhow::Error::new(error).context("the help could not be written");
                print_error(&format!("error: {}", command::error_message(&error)));
                Verdict::Incomplete
            }
        },
    };
    ExitCode::from(exit_code(verdict))
}

/// The exit codes that `--help` explains.
fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Clean => 0,
        Verdict::Flagged => 1,
        Verdict::Incomplete => 2,
    }
}

/// Prints to standard error; if that is closed, the exit code has to do.
fn print_error(text: &str) {
    let _ = writeln!(io::stderr(), "{}", text.trim_end());
}
