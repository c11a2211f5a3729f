//! Parses the arguments, runs the linter and turns its verdict into an exit code.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use anyhow::Context;
use clap::Parser;
use ecr_lint::cli::{Cli, Color};
use ecr_lint::linter::{self, Run, Verdict};
use ecr_lint::parser::Modules;
use ecr_lint::printer;
use ecr_lint::walker::{self, Walker};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(verdict) => ExitCode::from(verdict as u8),
        Err(error) => {
            // standard error may be closed too; the exit code still tells
            let _ = writeln!(io::stderr(), "error: {}", printer::visible(&format!("{error:#}")));
            ExitCode::from(Verdict::Incomplete as u8)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Verdict> {
    let color = use_color(cli.color, |name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    colored::control::set_override(color);
    let (stdin, paths): (Vec<_>, Vec<_>) = cli.paths.into_iter().partition(|path| path == Path::new("-"));
    let named = !paths.is_empty();
    let options =
        walker::Options { paths, exclude: cli.exclude, no_ignore: cli.no_ignore, follow: cli.follow };
    let walker = Walker::new(options).context("cannot use a pattern of --exclude")?;
    let stdin = (!stdin.is_empty() && !walker.excludes(&cli.stdin_filename)).then_some(cli.stdin_filename);
    let threads = cli.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, usize::from);
    let options = linter::Options { modules: Modules::default(), threads, stdin };
    let run = linter::lint_paths(named.then_some(&walker), &options);
    report(&run, cli.format, cli.quiet)?;
    Ok(match run.verdict() {
        Verdict::Flagged if cli.exit_zero => Verdict::Clean,
        verdict => verdict,
    })
}

fn report(run: &Run, format: printer::Format, quiet: bool) -> anyhow::Result<()> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    match printer::print(run, format, &mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(error).context("the report could not be written");
        }
        _ => {} // who closes the pipe has read enough
    }
    let mut stderr = BufWriter::new(io::stderr().lock());
    let told = printer::print_problems(run, &mut stderr)
        .and_then(|()| if quiet { Ok(()) } else { printer::print_summary(run, &mut stderr) })
        .and_then(|()| stderr.flush());
    // where standard error cannot be written to, there is no one left to tell
    told.or(Ok(()))
}

/// The one decision about colour.
fn use_color(choice: Color, is_set: impl Fn(&str) -> bool) -> bool {
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if is_set("NO_COLOR") => false,
        Color::Auto if is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR") => true,
        Color::Auto => io::stdout().is_terminal(),
    }
}
