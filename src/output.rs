//! Writes the report to standard output, a file or a device.
//!
//! Invariant: no symbolic link is followed that a repository may have brought along, since it could lead to any file of
//! the user: neither in the place of the report nor below the current directory. The system's own, such as
//! `/dev/stdout`, are followed. A report replaces an older one completely or not at all, and no file to check.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::config::is_configuration;
use crate::fix;
use crate::paths::real_path;
use crate::walker::is_yaml;

/// Checks, before anything is scanned, whether a report may be written to a path. The `inputs` are what the run reads.
///
/// # Errors
/// If the path leads through a symbolic link, or is a directory or an input.
pub(crate) fn check(path: &Path, inputs: &[PathBuf]) -> anyhow::Result<()> {
    refuse_links(path)?;
    let refused = |what: &str| bail!("the report cannot be written to {}, which is a {what}", path.display());
    match path {
        path if path.is_dir() => refused("directory"),
        path if path.ends_with(".gitignore") || is_configuration(path) || is_among(path, inputs) => {
            refused("file that this run reads")
        }
        _ => Ok(()), // a missing directory is reported when the report is written
    }
}

/// Writes the report that `print` produces to a path, or else to standard output. Returns whether it is in a file, and
/// not in a device or a FIFO, which gets it as it is produced.
///
/// # Errors
/// If writing fails; an older report is then kept.
pub(crate) fn write(
    path: Option<&Path>,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<bool> {
    let Some(path) = path else {
        print(&mut io::stdout().lock())?;
        return Ok(false);
    };
    refuse_links(path)?; // a directory may have become one
    let is_in_file = fs::symlink_metadata(path).map_or(true, |metadata| metadata.is_file());
    if is_in_file {
        fix::replace(path, None, print)?;
    } else {
        // standard output may be a file in which there is something already
        print(&mut OpenOptions::new().append(true).open(path)?)?;
    }
    Ok(is_in_file)
}

/// Fails if the path, or a part of it below the current directory, is a symbolic link that is not the system's own.
fn refuse_links(path: &Path) -> anyhow::Result<()> {
    let resolved = |directory: &Path| real_path(&Path::new(".").join(directory)).unwrap_or_default();
    let current = resolved(Path::new("."));
    let is_refused = |link: &&Path| {
        let directory = resolved(link.parent().unwrap_or(link));
        let is_of_the_system = directory == Path::new("/dev") || directory.starts_with("/proc");
        !is_of_the_system && (*link == path || directory.starts_with(&current))
    };
    let refused = path.ancestors().filter(|part| part.is_symlink()).find(is_refused);
    let Some(link) = refused.map(Path::display) else { return Ok(()) };
    bail!("the report is not written through {link}, which is a symbolic link; name its target")
}

/// Whether a file is one of the inputs, or a YAML file in a directory among them.
fn is_among(path: &Path, inputs: &[PathBuf]) -> bool {
    let Ok(file) = real_path(path) else { return false };
    let is_yaml = is_yaml(path);
    // lists of inputs are long, and only those of the same name can be the same file
    let inputs = inputs.iter().filter(|input| is_yaml || input.file_name() == path.file_name());
    inputs
        .filter_map(|input| real_path(input).ok())
        .any(|input| file == input || is_yaml && file.starts_with(input))
}
