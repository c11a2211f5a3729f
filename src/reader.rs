//! Reads files: one that may concern the rule, and one that says what to do, such as a configuration.
//!
//! Invariant: a file that could concern the rule is returned completely, or is an error. Whatever a path leads to, at
//! most [`LIMIT`] bytes are kept, and only what the user named is waited for.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::mem;
use std::path::Path;

use crate::search::Search;

/// The most bytes of a file that is parsed, and of standard input.
const LIMIT: usize = 64 << 20;

/// The most bytes of a configuration or an ignore file.
const SMALL_LIMIT: usize = 64 << 10;

/// What the buffer keeps for the next file. Most files fit. The system copies more slowly into one of 128 KiB or more,
/// for which glibc maps pages of its own.
const BUFFER: usize = 120 << 10;

const VAULT: &[u8] = b"$ANSIBLE_VAULT;";

/// What a file holds, as far as it concerns the rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content<'b> {
    /// It does not hold a module's name in any spelling.
    Unconcerned,
    /// It is encrypted as a whole.
    Vault,
    /// It could concern the rule; these are all of its bytes.
    Text(&'b [u8]),
}

/// A buffer that many files are read into, one after the other.
#[derive(Debug)]
pub(crate) struct Reader<'s> {
    search: &'s Search,
    buffer: Vec<u8>,
    /// How many bytes of the buffer were read last.
    size: usize,
}

impl<'s> Reader<'s> {
    /// A reader with an empty buffer.
    pub(crate) fn new(search: &'s Search) -> Self {
        Self { search, buffer: Vec::new(), size: 0 }
    }

    /// Reads an open file.
    ///
    /// # Errors
    /// Whatever the system says. A directory is an error, too, and so is a FIFO or a device unless it was named.
    pub(crate) fn read_file(&mut self, file: &File, named: bool) -> io::Result<Content<'_>> {
        self.fill(file)?;
        // a system call for each file would be slow, so only empty and large ones are looked at more closely
        let may_be_none = !named && (self.size == 0 || self.size >= BUFFER);
        if may_be_none && !file.metadata()?.is_file() {
            return Err(io::Error::other("is no longer a regular file"));
        }
        self.content()
    }

    /// Reads a stream, such as standard input.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(crate) fn read_stream(&mut self, stream: impl Read) -> io::Result<Content<'_>> {
        self.fill(stream)?;
        self.content()
    }

    /// Takes what was read last.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.buffer.truncate(self.size);
        mem::take(&mut self.buffer)
    }

    /// Asks for as much as the buffer holds: two calls of the system read most files, where `read_to_end` takes more.
    fn fill(&mut self, mut source: impl Read) -> io::Result<()> {
        if self.buffer.len() != BUFFER {
            self.buffer = vec![0; BUFFER]; // also frees the memory of a large file
        }
        self.size = 0;
        while self.size < BUFFER {
            match source.read(&mut self.buffer[self.size..]) {
                Ok(0) => return Ok(()),
                Ok(read) => self.size += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        source.take((LIMIT + 1 - BUFFER) as u64).read_to_end(&mut self.buffer)?;
        self.size = self.buffer.len();
        Ok(())
    }

    fn content(&self) -> io::Result<Content<'_>> {
        match &self.buffer[..self.size] {
            bytes if bytes.starts_with(VAULT) => Ok(Content::Vault),
            bytes if bytes.len() > LIMIT => Err(too_large("64 MiB; split it or exclude it")),
            bytes if self.search.concerns(bytes) => Ok(Content::Text(bytes)),
            _ => Ok(Content::Unconcerned),
        }
    }
}

/// Reads a list of files.
///
/// # Errors
/// Whatever the system says, and if there are more than 16 MiB.
pub(crate) fn read_list(source: impl Read) -> io::Result<Vec<u8>> {
    read_at_most(source, 16 << 20, "16 MiB")
}

fn read_at_most(source: impl Read, limit: usize, shown: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit { Err(too_large(shown)) } else { Ok(bytes) }
}

fn too_large(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("is larger than {what}"))
}

/// What to do if a path's last component is a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkPolicy {
    Follow,
    Refuse,
}

/// Reads a configuration or an ignore file.
///
/// # Errors
/// Whatever the system says; [`ErrorKind::InvalidInput`] for anything but a regular file of at most 64 KiB.
pub(crate) fn read_small(path: &Path, links: LinkPolicy) -> io::Result<Vec<u8>> {
    let unfit = |what| Err(io::Error::new(ErrorKind::InvalidInput, what));
    if links == LinkPolicy::Refuse && path.is_symlink() {
        return unfit("is a symbolic link, which is not followed");
    }
    let file = open_without_waiting(path, links)?;
    if !file.metadata()?.is_file() {
        return unfit("is not a regular file");
    }
    read_at_most(file, SMALL_LIMIT, "64 KiB")
}

/// Opens a file for reading, whatever it was swapped for; does not wait for the writer of a FIFO.
///
/// # Errors
/// Whatever the system says; a symbolic link is an error if it is to be refused and the system can do that.
pub(crate) fn open_without_waiting(path: &Path, links: LinkPolicy) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use nix::libc;
        let refuse = if links == LinkPolicy::Refuse { libc::O_NOFOLLOW } else { 0 };
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY | refuse;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    #[cfg(not(unix))]
    let _ = links;
    options.read(true).open(path)
}

/// The message of an I/O error as part of a sentence, without the number that Rust adds: `permission denied`.
pub(crate) fn io_message(error: &io::Error) -> String {
    let text = error.to_string();
    let mut letters = text.split(" (os error ").next().unwrap_or_default().chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}
