//! One run, from what the command line says to the verdict.
//!
//! Invariant: what can be wrong about the wish itself (patterns, configuration, lists of files) is found
//! before anything is scanned.

use std::env;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::apply::{self, Mode};
use crate::cli::Cli;
use crate::config::Config;
use crate::generate;
use crate::linter::{self, Report, Run, Verdict};
use crate::output::Output;
use crate::parser::Modules;
use crate::printer::{self, Format, Listing};
use crate::progress::Progress;
use crate::reader::LIMIT;
use crate::walker::{self, Entry, Walker};

/// The name of standard input where the user gives it none.
const STDIN: &str = "<stdin>";

/// Does what the command line says.
///
/// # Errors
/// What made it impossible to start, or to write the report.
pub fn run(cli: &Cli) -> anyhow::Result<Verdict> {
    if generate::print(cli).context("the document could not be written")? {
        return Ok(Verdict::Clean);
    }
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    let is_terminal = cli.output.is_none() && !is_dumb && io::stdout().is_terminal();
    colored::control::set_override(cli.color.resolve(is_set, || is_terminal));
    let output = Output::new(cli.output.as_deref())?;
    let config = configuration(cli)?;
    let named = named_paths(cli)?;
    let (stdin, paths): (Vec<_>, Vec<_>) = named.iter().cloned().partition(|path| path == Path::new("-"));
    let (walks, reads_stdin) = (!paths.is_empty(), !stdin.is_empty());
    if cli.fix && reads_stdin && cli.format != Format::Auto {
        bail!(
            "--format cannot be used together with --fix and `-`: the fixed text goes where findings would"
        );
    }
    if cli.stdin_filename.is_some() && !reads_stdin {
        bail!("--stdin-filename names standard input, which is checked only where `-` is among the paths");
    }
    let stdin_name = cli.stdin_filename.clone().unwrap_or_else(|| PathBuf::from(STDIN));
    let walker = walker(cli, &config, paths)?;
    if cli.list_files {
        return list_files(cli, &walker);
    }
    let format = cli.format.resolve(is_terminal);
    let mode = cli.mode();
    let excludes_stdin = reads_stdin && walker.excludes(&stdin_name);
    let options = linter::Options {
        threads: cli.threads(),
        stdin: (reads_stdin && !excludes_stdin).then(|| stdin_name.clone()),
        keep_source: format.draws_source() || mode.is_some(),
        keep_stdin: mode == Some(Mode::Fix),
        fixes: cli.fixes(format),
        verbose: cli.verbose,
        suppress: !cli.no_suppress,
        ..linter::Options::new(Modules::new(config.modules))
    };
    let progress = Progress::start(options.checked.clone());
    let mut run = linter::lint_paths(walks.then_some(&walker), &options);
    drop(progress);
    let outcome = mode.map(|mode| apply::apply_fixes(mode, &mut run, &options, &named, reads_stdin));
    if excludes_stdin {
        run.totals.excluded += 1;
        let reason = walker::Reason::Excluded.to_string();
        run.left_out.extend(cli.verbose.then_some((stdin_name, reason)));
    }
    for (path, _) in &mut run.left_out {
        *path = shorten(path);
    }
    run.left_out.sort();
    run.configuration = config.path.map(|path| shorten(&path));
    let print = |out: &mut dyn Write| printer::report(&run, outcome.as_ref(), format, cli.quiet, out);
    output.write(print).with_context(|| match &cli.output {
        Some(path) => format!("the report could not be written to {}", path.display()),
        None => "the report could not be written".to_owned(),
    })?;
    printer::beside(&run, outcome.as_ref(), cli.quiet);
    Ok(match run.verdict() {
        Verdict::Flagged if cli.exit_zero => Verdict::Clean,
        verdict => verdict,
    })
}

fn configuration(cli: &Cli) -> anyhow::Result<Config> {
    match &cli.config {
        Some(path) => Config::read(path),
        None if cli.no_config => Ok(Config::default()),
        None => Config::discover(Path::new(".")),
    }
}

fn walker(cli: &Cli, config: &Config, paths: Vec<PathBuf>) -> anyhow::Result<Walker> {
    let options = walker::Options {
        paths,
        exclude: cli.exclude.clone(),
        configured: (!config.exclude.is_empty()).then(|| (config.root(), config.exclude.clone())),
        no_ignore: cli.no_ignore,
        follow: cli.follow,
        verbose: cli.verbose,
    };
    Walker::new(options).context("cannot use a pattern of --exclude or of the configuration")
}

/// The paths of the command line and of the list that it names; the current directory if there is neither.
fn named_paths(cli: &Cli) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = cli.paths.clone();
    let Some(list) = &cli.files_from else {
        if paths.is_empty() {
            paths.push(PathBuf::from("."));
        }
        return Ok(paths);
    };
    if paths.iter().any(|path| path == Path::new("-")) {
        bail!("--files-from cannot be used together with `-`");
    }
    let mut bytes = Vec::new();
    let most = LIMIT as u64;
    let read = if list == Path::new("-") {
        io::stdin().lock().take(most + 1).read_to_end(&mut bytes)
    } else {
        File::open(list).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
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
    paths.extend(names.map(to_path));
    Ok(paths)
}

#[cfg(unix)]
fn to_path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn to_path(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}

/// Prints the files that would be checked, in the order of their paths.
fn list_files(cli: &Cli, walker: &Walker) -> anyhow::Result<Verdict> {
    let listing = match (cli.null, io::stdout().is_terminal()) {
        (true, _) => Listing::Null,
        (false, true) => Listing::Shown,
        (false, false) => Listing::Lines,
    };
    let (mut files, mut run) = (Vec::new(), Run::default());
    walker.walk(&mut |entry| match entry {
        Entry::File(file) if listing.takes(&file.path) => files.push(file.path),
        Entry::File(file) => {
            let message = "its name holds a line break; list it with --null".to_owned();
            run.reports.push(Report::failed(&file.path, message));
        }
        Entry::Error { path, error } => run.reports.push(Report::of_entry(&path, &error)),
        Entry::LeftOut { path, reason } => run.left_out.push((shorten(&path), reason.to_string())),
    });
    files.sort();
    run.reports.sort_by(|one, other| one.path.cmp(&other.path));
    run.left_out.sort();
    listing.print(&files, &mut io::stdout().lock()).context("the list could not be written")?;
    printer::problems(&run, cli.quiet);
    Ok(run.verdict())
}

/// A path of the current directory without it.
fn shorten(path: &Path) -> PathBuf {
    let current = env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
    path.strip_prefix(current).unwrap_or(path).to_owned()
}
