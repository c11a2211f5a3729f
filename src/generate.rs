//! Prints documents about the tool: the explained rule, the man page, completions for shells.
//!
//! Invariant: options and exit codes come from the command line's definition, so no document can become outdated.

use std::io;

use clap::{Command, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{Cli, GeneratedDocument, SECTIONS};
use crate::{explain, printer};

const DESCRIPTION: &str = "\
Reads playbooks, roles and task files as Ansible would, and reports each task of the module community.aws.ecs_ecr that \
does not set image_tag_mutability to immutable. ecr-lint --explain says why that matters and how to fix it.";

/// Prints the document that the command line asks for, if it asks for one; returns whether it did.
///
/// # Errors
/// What writing to standard output says, unless its reader has closed the pipe.
pub(crate) fn print(cli: &Cli) -> io::Result<bool> {
    let text = match cli.generate {
        _ if cli.explain => explain::TEXT.into(),
        Some(document) => render(document, Cli::command())?,
        None => return Ok(false),
    };
    printer::document(&text).map(|()| true)
}

fn render(document: GeneratedDocument, command: Command) -> io::Result<Vec<u8>> {
    Ok(match document {
        GeneratedDocument::Man => return man(command),
        GeneratedDocument::Bash => bash(command),
        GeneratedDocument::Zsh => completions(Shell::Zsh, command),
        GeneratedDocument::Fish => completions(Shell::Fish, command),
        GeneratedDocument::Powershell => completions(Shell::PowerShell, command),
        GeneratedDocument::Elvish => completions(Shell::Elvish, command),
    })
}

fn completions(shell: Shell, mut command: Command) -> Vec<u8> {
    let mut text = Vec::new();
    generate(shell, &mut command, "ecr-lint", &mut text);
    text
}

/// As `clap_complete` writes it, but options are offered only for a word that starts with `-`: they would hide the
/// paths, which bash offers where the script has nothing.
fn bash(command: Command) -> Vec<u8> {
    let script = String::from_utf8_lossy(&completions(Shell::Bash, command)).into_owned();
    let options = "compgen -W \"${opts}\"";
    script.replace(options, &format!("[[ ${{cur}} == -* ]] && {options}")).into()
}

fn man(command: Command) -> io::Result<Vec<u8>> {
    let usage = command.clone().render_usage().to_string();
    let command = command.long_about(DESCRIPTION);
    // a space as the date keeps the page the same for each version; roff would replace an empty date
    let man = Man::new(command).date(" ").manual("User Commands");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    synopsis(&usage).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    sections().to_writer(&mut page)?;
    Ok(page)
}

/// The usage line; `clap_mangen` would repeat every option here.
fn synopsis(usage: &str) -> Roff {
    let usage = usage.trim_start_matches("Usage: ecr-lint").trim();
    let mut section = Roff::new();
    section.control("SH", ["SYNOPSIS"]).text([bold("ecr-lint"), roman(" "), roman(usage)]);
    section
}

fn sections() -> Roff {
    let mut page = Roff::new();
    for section in SECTIONS {
        page.control("SH", [section.heading.to_uppercase().as_str()]);
        for (term, meaning) in section.entries {
            page.control("TP", []).text([bold(*term)]).text([roman(*meaning)]);
        }
    }
    page
}
