//! One run: options → walk → lint → fix → report.
//!
//! Invariant: invalid options, patterns, configurations and file lists are reported before scanning starts.

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use bstr::ByteSlice;
use clap::ColorChoice;

use crate::apply::{self, FixSummary};
use crate::cli::{Cli, Format, Mode};
use crate::config::{Config, NOT_APPLIED, NOT_SEARCHED, is_configuration};
use crate::linter::LintOptions;
use crate::modules::Modules;
use crate::paths::{Base, STDIN};
use crate::printer::{self, Printer};
use crate::reader::{io_message, read_list};
use crate::report::{FileReport, RunReport, Status, Verdict};
use crate::scan;
use crate::walker::{SkipReason, WalkOptions, Walker};
use crate::{generate, output};

/// The most names in a list of files, each of which takes some hundred bytes of memory however short it is.
const MOST_NAMES: usize = 100_000;

/// Does what the command line asks for.
///
/// # Errors
/// If the run cannot start, or its report cannot be written.
pub fn execute(cli: &Cli) -> anyhow::Result<Verdict> {
    if generate::print(cli).context("the document could not be written")? {
        return Ok(Verdict::Clean);
    }
    // a file to which standard output leads may hold something already
    let output = cli.output.as_deref().filter(|path| !["-", "/dev/stdout"].map(Path::new).contains(path));
    let is_terminal = output.is_none() && io::stdout().is_terminal();
    // a file is for programs too, whatever the environment says of terminals
    let color =
        if output.is_some() && cli.color == ColorChoice::Auto { ColorChoice::Never } else { cli.color };
    set_color(color, is_terminal);
    let format = cli.format.resolve(is_terminal);
    let base = Base::discover();
    let config = read_config(cli, &base)?;
    check_options(cli)?;
    let walk = walk_options(cli, &config, base.as_ref().ok())?;
    let named = [&*walk.paths, &*walk.listed].concat();
    if let Some(path) = output {
        let stdin = reads_stdin(cli).then(|| PathBuf::from("/dev/stdin"));
        let others = cli.files_from.iter().chain(&config.path).chain(&stdin).cloned().collect();
        output::check(path, &[named.clone(), others].concat())?;
    }
    let unused = if cli.config.is_none() && !cli.no_config { config.unused(&walk.paths) } else { Vec::new() };
    let walker = Walker::new(walk).map_err(anyhow::Error::msg)?;
    let (base, lists_skipped) = (base.unwrap_or_default(), cli.verbose);
    let mut run = RunReport { base, lists_skipped, strict: cli.strict, ..RunReport::default() };
    if cli.list_files {
        return list_files(cli, &walker, run);
    }
    let options = lint_options(cli, &config, format);
    let stdin = reads_stdin(cli).then(|| cli.stdin_filename.clone().unwrap_or_else(|| STDIN.into()));
    run.add(scan::lint_paths(&walker, &options, cli.threads(), stdin.as_deref(), cli.verbose));
    let fixed = cli.mode().map(|mode| apply::apply_fixes(mode, &mut run, &options, &named, reads_stdin(cli)));
    warn_of_ignored(&mut run, &named);
    run.reports.extend(unused.iter().map(|path| FileReport::of(path, Status::Warning, NOT_APPLIED)));
    // an option for all kinds names none
    let fail_on = || cli.fail_on.iter().copied().collect::<Option<_>>();
    run.fail_on = if cli.fail_on.is_empty() { config.fail_on } else { fail_on() }.unwrap_or_default();
    run.configuration = config.path.filter(|_| cli.verbose);
    run.name_files();
    write_report(cli, &run, fixed.as_ref(), format, output)?;
    Ok(verdict(cli, &run))
}

/// Warns if there was nothing to check, or if a strict run has left out what git ignores: git checks what is committed,
/// whatever its ignore files say.
fn warn_of_ignored(run: &mut RunReport, named: &[PathBuf]) {
    let ignored = run.skips([SkipReason::Ignored]);
    if run.checked_nothing() && !run.has(Status::Problem) {
        let status = if ignored > 0 { Status::Problem } else { Status::Warning };
        let path = if let [path] = named { path } else { Path::new(".") };
        run.reports.push(FileReport::of(path, status, &printer::nothing_checked(run)));
    } else if ignored > 0 && run.strict {
        let message = format!("{ignored} ignored by .gitignore; check them with --no-ignore");
        run.reports.push(FileReport::of(Path::new("."), Status::Warning, &message));
    }
}

/// An error and its causes, in one line.
#[must_use]
pub fn error_message(error: &anyhow::Error) -> String {
    let plain = error.chain().map(|cause| cause.downcast_ref().map_or_else(|| cause.to_string(), io_message));
    plain.collect::<Vec<_>>().join(": ")
}

/// Decides whether what is written to a stream from now on has colours: none if they are not to be forced, else as
/// `colored` has it, which knows `NO_COLOR` and `CLICOLOR_FORCE` and looks at standard output; another stream has none
/// unless it is a terminal, too.
fn set_color(color: ColorChoice, is_terminal: bool) {
    let is_off = ["FORCE_COLOR", "CLICOLOR_FORCE"].iter().any(|name| env::var_os(name) == Some("0".into()));
    match color {
        ColorChoice::Always => colored::control::set_override(true),
        ColorChoice::Auto if is_off => colored::control::set_override(false),
        ColorChoice::Auto if is_terminal || !io::stdout().is_terminal() => colored::control::unset_override(),
        ColorChoice::Auto | ColorChoice::Never => colored::control::set_override(false),
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn reads_stdin(cli: &Cli) -> bool {
    cli.paths.iter().any(|path| is_stdin(path))
}

/// Refuses options that contradict the paths or the kind of a run.
fn check_options(cli: &Cli) -> anyhow::Result<()> {
    ensure!(!reads_stdin(cli) || cli.files_from.is_none(), "--files-from cannot be used together with `-`");
    ensure!(
        cli.mode() != Some(Mode::Fix) || !reads_stdin(cli) || cli.format == Format::Auto,
        "--format cannot be used together with --fix or --add-ignores and `-`: the new text is printed instead of findings"
    );
    if let Some(reason) = cli.add_ignores.as_deref().filter(|reason| Path::new(reason).exists()) {
        bail!("`{reason}` is a path, not a reason: write --add-ignores 'REASON' {reason}");
    }
    ensure!(
        cli.stdin_filename.is_none() || reads_stdin(cli),
        "--stdin-filename names standard input, which is checked only if `-` is among the paths"
    );
    Ok(())
}

/// What to walk: the paths of the command line and of the list; if there are none, the current directory. A list is
/// refused if git wrote names in it that mean other files here.
fn walk_options(cli: &Cli, config: &Config, base: Option<&Base>) -> anyhow::Result<WalkOptions> {
    let mut paths: Vec<_> = cli.paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
    let listed = cli.files_from.as_deref().map(|list| {
        listed_files(list).with_context(|| format!("the list of files {} cannot be read", list.display()))
    });
    let listed = listed.transpose()?.unwrap_or_default();
    if cli.paths.is_empty() && cli.files_from.is_none() {
        paths.push(PathBuf::from("."));
    }
    let here = base.map_or_else(PathBuf::new, |base| base.for_programs(Path::new(".")));
    let is_from_root = |name: &&PathBuf| name.strip_prefix(&here).is_ok_and(Path::exists) && !name.exists();
    if let Some(name) = listed.iter().find(is_from_root).map(|name| name.display()) {
        bail!(
            "the list of files names {name} from the repository's root; start there, or list names from here (git diff --relative)"
        );
    }
    Ok(WalkOptions {
        paths,
        listed,
        exclude: cli.exclude.clone(),
        configured: config.path.clone().map(|path| (path, config.exclude.clone())),
        no_ignore: cli.no_ignore,
        follow: cli.follow,
    })
}

/// The paths in a list, separated by NUL if it contains one, else by line breaks.
fn listed_files(list: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let bytes = if is_stdin(list) { read_list(io::stdin().lock())? } else { read_list(File::open(list)?)? };
    let separator = if bytes.contains(&0) { 0 } else { b'\n' };
    let names = bytes.split(|&byte| byte == separator).map(|name| match separator {
        0 => name,
        _ => name.strip_suffix(b"\r").unwrap_or(name),
    });
    let is_quoted = separator != 0 && names.clone().any(|name| name.starts_with(b"\""));
    ensure!(!is_quoted, "a name is in quotes; separate the names by NUL (git … -z)");
    // in a list, `-` is a file like any other
    let names = names.filter(|name| !name.is_empty()).map(|name| if name == b"-" { b"./-" } else { name });
    let count = names.clone().count();
    ensure!(count <= MOST_NAMES, "it holds more than {MOST_NAMES} names; name directories instead");
    names.map(|name| Ok(name.to_path().context("a name is not UTF-8")?.to_owned())).collect()
}

fn lint_options(cli: &Cli, config: &Config, format: Format) -> LintOptions {
    LintOptions {
        modules: Modules::new(&config.modules),
        keep_source: format.needs_source() || cli.mode().is_some(),
        suppress: !cli.no_suppress,
        require_reason: config.require_reason,
        fixes: cli.fixes(format),
        ignore_reason: cli.add_ignores.clone(),
    }
}

/// The run's verdict by what the options and the configuration let fail a run.
fn verdict(cli: &Cli, run: &RunReport) -> Verdict {
    let fails = run.failing() > 0 || run.strict && run.has(Status::Warning);
    match fails && !cli.exit_zero {
        _ if run.has(Status::Problem) => Verdict::Incomplete,
        true => Verdict::Flagged,
        false => Verdict::Clean,
    }
}

fn write_report(
    cli: &Cli,
    run: &RunReport,
    fixed: Option<&FixSummary>,
    format: Format,
    output: Option<&Path>,
) -> anyhow::Result<()> {
    let printer = Printer { run, fixed, format, quiet: cli.quiet };
    let to = || output.map_or_else(String::new, |path| format!(" to {}", path.display()));
    let written = output::write(output, |out: &mut dyn Write| printer.to_output(out));
    let is_in_file = written.with_context(|| format!("the report could not be written{}", to()))?;
    set_color(cli.color, io::stderr().is_terminal());
    printer.to_stderr(is_in_file);
    Ok(())
}

fn read_config(cli: &Cli, base: &io::Result<Base>) -> anyhow::Result<Config> {
    match (&cli.config, base) {
        (Some(path), _) => Config::read(path),
        _ if cli.no_config => Ok(Config::default()),
        (None, Ok(base)) => Config::discover(base),
        (None, Err(error)) => bail!("{NOT_SEARCHED}: {}", io_message(error)),
    }
}

/// Prints the files that would be checked, sorted by path.
fn list_files(cli: &Cli, walker: &Walker, mut run: RunReport) -> anyhow::Result<Verdict> {
    let mut files = Vec::new();
    walker.walk(&mut [|entry| files.extend(run.take(entry).map(|file| file.path))]);
    files.retain(|file: &PathBuf| !is_configuration(file));
    files.sort();
    files.dedup();
    run.name_files();
    printer::list(&files, cli.null).context("the list could not be written")?;
    set_color(cli.color, io::stderr().is_terminal());
    Printer { run: &run, fixed: None, format: Format::Text, quiet: cli.quiet }.to_stderr(false);
    Ok(verdict(cli, &run))
}
