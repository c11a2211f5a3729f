//! Prints documents about the tool: the explained rule, the man page, completions for shells.
//!
//! Invariant: options and exit codes come from the command line's definition, so no document can become outdated. The
//! explained rule fills at most 24 lines of 80 columns, with the command above it and the prompt below it.

use std::io;

use bstr::ByteSlice;
use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::Cli;
use crate::printer;
use crate::rule;

/// Prints the document that the command line asks for, if it asks for one; returns whether it did.
///
/// # Errors
/// What writing to standard output says, unless its reader has closed the pipe.
pub(crate) fn print(cli: &Cli) -> io::Result<bool> {
    let (mut command, mut text) = (Cli::command(), Vec::new());
    match cli.generate.as_deref() {
        _ if cli.explain => text.extend(rule::EXPLANATION.bytes()),
        Some("man") => {
            // clap_mangen would leave out the help of options that -h does not show
            let command = command.mut_args(|option| option.hide_short_help(false));
            // a space as the date keeps the page the same for each version; roff would replace an empty date
            Man::new(command).date(" ").manual("User Commands").render(&mut text)?;
            text = text.replace(".SH EXTRA", ".SH NOTES\n.nf"); // it has tables
        }
        Some(shell) => {
            let shell = Shell::from_str(shell, true).map_err(io::Error::other)?;
            clap_complete::generate(shell, &mut command, "ecr-lint", &mut text);
        }
        None => return Ok(false),
    }
    printer::document(&text).map(|()| true)
}
