//! Writes the report to standard output, a file or a device.
//!
//! Invariant: no symbolic link is followed that a repository may have brought along, since it could lead to any file of
//! the user: neither in the place of the report nor below the current directory. The system's own, such as
//! `/dev/stdout`, are followed. A report replaces an older one completely or not at all, and no file to check.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::fix;

/// Where the report goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output<'p> {
    /// To standard output.
    Stdout,
    /// To a device or a FIFO, as it is produced.
    Stream(&'p Path),
    /// To a file that may be there already.
    File(&'p Path),
}

impl<'p> Output<'p> {
    /// Decides by what the path is, if one is given. The `inputs` are what is checked.
    ///
    /// # Errors
    /// If the path leads through a symbolic link, or is a directory or a file to check.
    pub(crate) fn new(path: Option<&'p Path>, inputs: &[PathBuf]) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::Stdout) };
        refuse_links(path)?;
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                bail!("the report cannot be written to {}, which is a directory", path.display())
            }
            Ok(_) if is_among(path, inputs) => {
                bail!("the report cannot be written to {}, which is a file to check", path.display())
            }
            Ok(metadata) if !metadata.is_file() || path.is_symlink() => Ok(Self::Stream(path)),
            _ => Ok(Self::File(path)), // a missing directory is reported when the report is written
        }
    }

    /// Writes the report that `print` produces.
    ///
    /// # Errors
    /// If writing fails; an older report is then kept.
    pub(crate) fn write(self, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        match self {
            Self::Stdout => print(&mut io::stdout().lock())?,
            // standard output may be a file in which there is something already
            Self::Stream(path) => print(&mut OpenOptions::new().append(true).open(path)?)?,
            Self::File(path) => {
                refuse_links(path)?; // a directory may have become one
                fix::replace(path, None, print)?;
            }
        }
        Ok(())
    }
}

/// Fails if the path, or a part of it below the current directory, is a symbolic link that is not the system's own.
fn refuse_links(path: &Path) -> anyhow::Result<()> {
    let resolved = |directory: &Path| Path::new(".").join(directory).canonicalize().unwrap_or_default();
    let current = resolved(Path::new("."));
    let is_refused = |link: &&Path| {
        let directory = resolved(link.parent().unwrap_or(link));
        let is_of_the_system = directory == Path::new("/dev") || directory.starts_with("/proc");
        !is_of_the_system && (*link == path || directory.starts_with(&current))
    };
    match path.ancestors().filter(|part| part.is_symlink()).find(is_refused) {
        None => Ok(()),
        Some(link) => {
            bail!(
                "the report is not written through {}, which is a symbolic link; name its target",
                link.display()
            )
        }
    }
}

/// Whether a file is one of the inputs, or a YAML file in a directory among them.
fn is_among(path: &Path, inputs: &[PathBuf]) -> bool {
    let Ok(file) = path.canonicalize() else { return false };
    let is_yaml = path
        .extension()
        .is_some_and(|name| ["yml", "yaml"].iter().any(|yaml| name.eq_ignore_ascii_case(yaml)));
    // lists of inputs are long, and only those of the same name can be the same file
    let inputs = inputs.iter().filter(|input| is_yaml || input.file_name() == path.file_name());
    inputs
        .filter_map(|input| input.canonicalize().ok())
        .any(|input| file == input || is_yaml && file.starts_with(input))
}
