//! Parses the arguments, runs the linter and turns its verdict into an exit code.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use ecr_lint::apply;
use ecr_lint::cli::Cli;
use ecr_lint::linter::{self, Verdict};
use ecr_lint::parser::Modules;
use ecr_lint::printer;
use ecr_lint::walker::{self, Walker};

fn main() -> ExitCode {
    let code = match Cli::read() {
        Ok(cli) => run(cli).unwrap_or_else(|error| {
            tell(&format!("error: {}", printer::visible(&format!("{error:#}"))));
            Verdict::Incomplete
        }),
        Err(answer) if answer.use_stderr() => {
            tell(&printer::visible_lines(&answer.to_string()));
            Verdict::Incomplete
        }
        Err(answer) => answer.exit(), // help and version
    };
    ExitCode::from(code as u8)
}

/// Says something on standard error; where that is closed, the exit code still tells.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{}", text.trim_end());
}

fn run(cli: Cli) -> anyhow::Result<Verdict> {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    colored::control::set_override(cli.color.resolve(is_set, || io::stdout().is_terminal()));
    let threads = cli.threads();
    let (mode, mends, named) = (cli.mode(), cli.mends(), cli.paths.clone());
    let (stdin, paths): (Vec<_>, Vec<_>) = cli.paths.into_iter().partition(|path| path == Path::new("-"));
    let (walks, reads_stdin) = (!paths.is_empty(), !stdin.is_empty());
    let options =
        walker::Options { paths, exclude: cli.exclude, no_ignore: cli.no_ignore, follow: cli.follow };
    let walker = Walker::new(options).context("cannot use a pattern of --exclude")?;
    let stdin = (reads_stdin && !walker.excludes(&cli.stdin_filename)).then_some(cli.stdin_filename);
    let keep_source = mode.is_some();
    let options =
        linter::Options { threads, stdin, mends, keep_source, ..linter::Options::new(Modules::default()) };
    let mut run = linter::lint_paths(walks.then_some(&walker), &options);
    let outcome = mode.map(|mode| apply::carry_out(mode, &mut run, &options, &named, reads_stdin));
    printer::report(&run, outcome.as_ref(), cli.format, cli.quiet)
        .context("the report could not be written")?;
    Ok(match run.verdict() {
        Verdict::Flagged if cli.exit_zero => Verdict::Clean,
        verdict => verdict,
    })
}
