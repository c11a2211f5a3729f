//! One run: options → walk → lint → fix → report.
//!
//! Invariant: invalid options, patterns, configurations and file lists are reported before scanning starts.

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::apply::{self, FixSummary, Mode};
use crate::cli::{Cli, Color, Format};
use crate::config::{Config, NOT_SEARCHED};
use crate::generate;
use crate::linter::LintOptions;
use crate::output::Output;
use crate::parser::Modules;
use crate::paths::{self, Base, STDIN};
use crate::printer::{self, Listing};
use crate::progress::Progress;
use crate::reader::{LIMIT, io_message};
use crate::report::{Report, Run, Verdict};
use crate::scan::{self, ScanOptions};
use crate::walker::{Entry, WalkOptions, Walker};

/// Does what the command line asks for.
///
/// # Errors
/// If the run cannot start, or its report cannot be written.
pub fn run(cli: &Cli) -> anyhow::Result<Verdict> {
    if generate::print(cli).context("the document could not be written")? {
        return Ok(Verdict::Clean);
    }
    let output = cli.output.as_deref().filter(|path| *path != Path::new("-"));
    let is_terminal = output.is_none() && is_terminal(&io::stdout());
    // a file is for programs too, whatever the environment says of terminals
    let color = if output.is_some() && cli.color == Color::Auto { Color::Never } else { cli.color };
    set_color(color, is_terminal);
    let format = cli.format.resolve(is_terminal);
    let base = Base::discover();
    let config = read_config(cli, &base)?;
    let base = base.unwrap_or_default();
    let inputs = Inputs::new(cli)?;
    let output = Output::new(output, &inputs.paths)?;
    let walker = walker(cli, &config, &inputs)?;
    if cli.list_files {
        return list_files(cli, &walker, base);
    }
    let options = lint_options(cli, &config, format);
    let mut run = lint(cli, &options, &inputs, &walker);
    let reads_stdin = inputs.stdin.is_some();
    let named = [&*inputs.paths, &*inputs.listed].concat();
    let apply = |mode| apply::apply_fixes(mode, &mut run, &options, &named, reads_stdin);
    let fixed = cli.mode().map(apply);
    run.warnings = warnings(cli, format);
    run.fail_on =
        if cli.fail_on.is_empty() { config.fail_on.unwrap_or_default() } else { cli.fail_on.clone() };
    let verdict = verdict(cli, &run);
    run.configuration = config.path.filter(|_| cli.verbose);
    name_from_here(&mut run, base);
    write_report(cli, &run, fixed.as_ref(), format, output)?;
    Ok(verdict)
}

/// An error and its causes, in one line.
#[must_use]
pub fn error_message(error: &anyhow::Error) -> String {
    let plain = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref() {
        Some(error) => io_message(error),
        None => cause.to_string(),
    };
    error.chain().map(plain).collect::<Vec<_>>().join(": ")
}

/// Whether a stream goes to a terminal that can do more than print text.
fn is_terminal(stream: &impl IsTerminal) -> bool {
    env::var_os("TERM").is_none_or(|term| term != "dumb") && stream.is_terminal()
}

/// Decides whether what is written to a stream from now on has colours: as `colored` has it, which knows `NO_COLOR` and
/// `CLICOLOR_FORCE` and looks at standard output; another stream has none unless it is a terminal, too.
fn set_color(color: Color, is_terminal: bool) {
    match color {
        Color::Always => colored::control::set_override(true),
        Color::Never => colored::control::set_override(false),
        Color::Auto if io::stdout().is_terminal() && !is_terminal => colored::control::set_override(false),
        Color::Auto => colored::control::unset_override(),
    }
}

/// What the user asks to check.
struct Inputs {
    /// The files and directories of the command line; if it names none, and no list, the current directory.
    paths: Vec<PathBuf>,
    /// Those of the list.
    listed: Vec<PathBuf>,
    /// The name of standard input, if `-` is among the paths.
    stdin: Option<PathBuf>,
}

impl Inputs {
    fn new(cli: &Cli) -> anyhow::Result<Self> {
        let is_stdin = |path: &&PathBuf| **path == Path::new("-");
        let (stdin, paths): (Vec<_>, Vec<_>) = cli.paths.iter().partition(is_stdin);
        let (reads_stdin, mut paths) = (!stdin.is_empty(), paths.into_iter().cloned().collect::<Vec<_>>());
        if reads_stdin && cli.files_from.is_some() {
            bail!("--files-from cannot be used together with `-`");
        }
        if cli.mode() == Some(Mode::Fix) && reads_stdin && cli.format != Format::Auto {
            bail!(
                "--format cannot be used together with --fix or --add-ignores and `-`: the new text is printed instead of findings"
            );
        }
        if let Some(reason) = cli.add_ignores.as_deref().filter(|reason| Path::new(reason).exists()) {
            bail!("`{reason}` is a path, not a reason: write --add-ignores 'REASON' {reason}");
        }
        if cli.stdin_filename.is_some() && !reads_stdin {
            bail!("--stdin-filename names standard input, which is checked only if `-` is among the paths");
        }
        let name = || cli.stdin_filename.clone().unwrap_or_else(|| PathBuf::from(STDIN));
        let listed = cli.files_from.as_deref().map(read_list).transpose()?;
        if cli.paths.is_empty() && listed.is_none() {
            paths.push(PathBuf::from("."));
        }
        Ok(Self { paths, listed: listed.unwrap_or_default(), stdin: reads_stdin.then(name) })
    }
}

fn lint_options(cli: &Cli, config: &Config, format: Format) -> LintOptions {
    LintOptions {
        modules: Modules::new(config.modules.clone()),
        keep_source: format.needs_source() || cli.mode().is_some(),
        suppress: !cli.no_suppress,
        require_reason: config.require_reason,
        fixes: cli.fixes(format),
        ignore_reason: cli.add_ignores.clone(),
    }
}

/// Lints everything, with a progress line on a terminal.
fn lint(cli: &Cli, options: &LintOptions, inputs: &Inputs, walker: &Walker) -> Run {
    if !cli.quiet && inputs.stdin.is_some() && io::stdin().is_terminal() {
        // if it cannot be written, the terminal waits without a word
        let _ = writeln!(io::stderr(), "reading standard input; end it with Ctrl-D");
    }
    let options = ScanOptions {
        threads: cli.threads(),
        stdin: inputs.stdin.clone(),
        verbose: cli.verbose,
        ..ScanOptions::new(options.clone())
    };
    let _progress = Progress::start(options.checked.clone());
    scan::lint_paths(walker, &options)
}

/// The warnings about options that have no effect.
fn warnings(cli: &Cli, format: Format) -> Vec<String> {
    let without_fixes = cli.unsafe_fixes && cli.mode().is_none() && !format.shows_fixes();
    let warning = "--unsafe-fixes changes nothing without --fix or --diff";
    without_fixes.then(|| warning.to_owned()).into_iter().collect()
}

/// The run's verdict by what the options and the configuration let fail a run.
fn verdict(cli: &Cli, run: &Run) -> Verdict {
    let fails = run.failing() > 0 || cli.strict && run.has_warnings();
    match run.verdict() {
        Verdict::Incomplete => Verdict::Incomplete,
        _ if fails && !cli.exit_zero => Verdict::Flagged,
        _ => Verdict::Clean,
    }
}

fn write_report(
    cli: &Cli,
    run: &Run,
    fixed: Option<&FixSummary>,
    format: Format,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let print = |out: &mut dyn Write| printer::report(run, fixed, format, cli.quiet, out);
    output.write(print).with_context(|| match output {
        Output::Stdout => "the report could not be written".to_owned(),
        Output::Stream(path) | Output::File(path) => {
            format!("the report could not be written to {}", path.display())
        }
    })?;
    set_color(cli.color, is_terminal(&io::stderr()));
    let is_in_file = matches!(output, Output::File(_));
    printer::beside(run, fixed, format, cli.quiet, is_in_file);
    Ok(())
}

fn read_config(cli: &Cli, base: &io::Result<Base>) -> anyhow::Result<Config> {
    match &cli.config {
        Some(path) => Config::read(path),
        None if cli.no_config => Ok(Config::default()),
        None => match base {
            Ok(base) => Config::discover(base),
            Err(error) => bail!("{NOT_SEARCHED}: {}", io_message(error)),
        },
    }
}

fn walker(cli: &Cli, config: &Config, inputs: &Inputs) -> anyhow::Result<Walker> {
    let options = WalkOptions {
        paths: inputs.paths.clone(),
        listed: inputs.listed.clone(),
        exclude: cli.exclude.clone(),
        configured: (!config.exclude.is_empty()).then(|| (config.root(), config.exclude.clone())),
        no_ignore: cli.no_ignore,
        follow: cli.follow,
        verbose: cli.verbose,
    };
    let context = "cannot use a pattern of --exclude or of the configuration";
    Walker::new(options).map_err(anyhow::Error::msg).context(context)
}

/// The paths in a list, separated by NUL if it contains one, else by line breaks.
fn read_list(list: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut bytes = Vec::new();
    let most = LIMIT as u64 + 1;
    let read = if list == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        File::open(list).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("the list of files {} cannot be read", list.display()))?;
    if bytes.len() > LIMIT {
        bail!("the list of files {} is larger than {} MiB", list.display(), LIMIT >> 20);
    }
    let separator = if bytes.contains(&0) { 0 } else { b'\n' };
    let names = bytes.split(|&byte| byte == separator).map(|name| match separator {
        0 => name,
        _ => name.strip_suffix(b"\r").unwrap_or(name),
    });
    // in a list, `-` is a file like any other
    let names = names.filter(|name| !name.is_empty()).map(|name| if name == b"-" { b"./-" } else { name });
    let names = names.map(|name| paths::from_bytes(name).context("a name in the list of files is not UTF-8"));
    names.collect()
}

/// Prints the files that would be checked, sorted by path.
fn list_files(cli: &Cli, walker: &Walker, base: Base) -> anyhow::Result<Verdict> {
    let listing = match (cli.null, io::stdout().is_terminal()) {
        (true, _) => Listing::Null,
        (false, true) => Listing::Escaped,
        (false, false) => Listing::Lines,
    };
    let (mut files, mut run) = (Vec::new(), Run::default());
    walker.walk(&mut [|entry| match entry {
        Entry::File(file) if listing.takes(&file.path) => files.push(file.path),
        Entry::File(file) => {
            let message = "its name holds a line break; list it with --null".to_owned();
            run.reports.push(Report::failed(&file.path, message));
        }
        Entry::Error(path, error) => run.reports.push(Report::of_entry(&path, &error)),
        Entry::Skipped(path, reason) => run.skip(path, reason, cli.verbose),
    }]);
    files.sort();
    files.dedup();
    name_from_here(&mut run, base);
    listing.print(&files, &mut io::stdout().lock()).context("the list could not be written")?;
    set_color(cli.color, is_terminal(&io::stderr()));
    printer::problems(&run, cli.quiet);
    Ok(run.verdict())
}

/// Names all files of a run from the current directory, where they lie below it.
fn name_from_here(run: &mut Run, base: Base) {
    run.base = base;
    let reports = run.reports.iter_mut().map(|report| &mut report.path);
    let skipped = run.skipped.iter_mut().map(|(path, _)| path);
    for path in reports.chain(skipped).chain(&mut run.configuration) {
        *path = run.base.from_current(path).into_owned();
    }
    run.reports.sort_by(|one, other| one.path.cmp(&other.path));
    run.reports.dedup(); // several named directories may lie below the same bad ignore file
    run.skipped.sort();
}
