//! Parses the arguments, runs the linter and ends with its verdict as the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use ecr_lint::cli::Cli;
use ecr_lint::report::Verdict;
use ecr_lint::{command, escape, printer};

fn main() -> ExitCode {
    let verdict = run().unwrap_or_else(|error| {
        print_error(&format!("error: {}", escape::escape_controls(&command::error_message(&error))));
        Verdict::Incomplete
    });
    ExitCode::from(verdict as u8)
}

/// Does what the arguments ask for, or prints help, the version or what is wrong with them.
fn run() -> anyhow::Result<Verdict> {
    match Cli::try_parse() {
        Ok(cli) => command::execute(&cli),
        Err(answer) if answer.use_stderr() => {
            print_error(&escape::escape_lines(&answer.to_string()));
            Ok(Verdict::Incomplete)
        }
        Err(answer) => {
            printer::unless_closed(answer.print()).context("the help could not be written")?;
            Ok(Verdict::Clean)
        }
    }
}

/// Prints to standard error; if that is closed, the exit code has to do.
fn print_error(text: &str) {
    let _ = writeln!(io::stderr(), "{}", text.trim_end());
}
