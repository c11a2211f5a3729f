//! Reads a file once, and returns its bytes only if they could concern the rule.
//!
//! Invariant: memory is bounded by [`LIMIT`]. A file that could concern the rule is returned completely, or is an
//! error.

use std::fs::File;
use std::io::{self, Read};

use crate::search::Search;

/// The largest file that is parsed.
pub(crate) const LIMIT: usize = 64 << 20;

/// Most files fit: one `read` returns the whole file, a second one that it has ended.
const BUFFER: usize = 128 << 10;

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
    /// It has more than [`LIMIT`] bytes and holds a module's name, or escapes that may be part of one.
    TooLarge,
}

/// A buffer that many files are read into, one after the other.
#[derive(Debug)]
pub(crate) struct Reader<'s> {
    search: &'s Search,
    buffer: Vec<u8>,
}

impl<'s> Reader<'s> {
    /// A reader with an empty buffer.
    #[must_use]
    pub(crate) fn new(search: &'s Search) -> Self {
        Self { search, buffer: Vec::new() }
    }

    /// Reads an open file.
    ///
    /// # Errors
    /// Whatever the system says. A directory is an error, too, and so is a FIFO or a device unless it was named.
    pub(crate) fn read_file(&mut self, file: &File, named: bool) -> io::Result<Content<'_>> {
        let size = self.first_read(&mut &*file)?;
        if size > 0 && size < BUFFER {
            return Ok(self.classify(size));
        }
        // a system call for each file would be slow, so only empty and large ones are looked at more closely
        let metadata = file.metadata()?;
        if metadata.is_dir() || !(metadata.is_file() || named) {
            return Err(io::Error::other("is no longer a regular file"));
        }
        if size == 0 {
            return Ok(Content::Unconcerned);
        }
        let endless = is_device(&metadata);
        let expected = usize::try_from(metadata.len()).unwrap_or(LIMIT).min(LIMIT);
        self.read_large(&mut &*file, size, expected, endless)
    }

    /// Reads a stream, such as standard input.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(crate) fn read_stream(&mut self, mut stream: impl Read) -> io::Result<Content<'_>> {
        let size = self.first_read(&mut stream)?;
        if size < BUFFER { Ok(self.classify(size)) } else { self.read_large(&mut stream, size, 0, false) }
    }

    /// Reads until the buffer is full or the file ends.
    fn first_read(&mut self, source: &mut dyn Read) -> io::Result<usize> {
        if self.buffer.len() != BUFFER {
            self.buffer = vec![0; BUFFER]; // also frees the memory of a large file
        }
        fill(source, &mut self.buffer)
    }

    /// Classifies the whole file, which is the first bytes of the buffer.
    fn classify(&self, size: usize) -> Content<'_> {
        let bytes = &self.buffer[..size];
        if bytes.starts_with(VAULT) {
            Content::Vault
        } else if self.search.concerns(bytes) || (is_wide(bytes) && self.search.concerns_wide(bytes)) {
            Content::Text(bytes)
        } else {
            Content::Unconcerned
        }
    }

    fn read_large(
        &mut self,
        source: &mut dyn Read,
        mut size: usize,
        expected: usize,
        endless: bool,
    ) -> io::Result<Content<'_>> {
        if self.buffer.starts_with(VAULT) {
            return Ok(Content::Vault);
        }
        loop {
            let capacity = expected.max(size + size / 2).min(LIMIT) + 1; // one more byte to detect the end
            self.buffer.reserve_exact(capacity.saturating_sub(self.buffer.len()));
            self.buffer.resize(capacity, 0);
            let read = fill(source, &mut self.buffer[size..])?;
            size += read;
            if size < capacity {
                return Ok(self.classify(size));
            }
            if size > LIMIT {
                return if endless { Ok(Content::TooLarge) } else { self.scan_rest(source, size) };
            }
        }
    }

    /// Searches a file that is too large to keep, piece by piece.
    fn scan_rest(&mut self, source: &mut dyn Read, size: usize) -> io::Result<Content<'_>> {
        let mut found = self.search.may_concern(&self.buffer[..size]);
        let overlap = self.search.overlap();
        self.buffer.drain(..size - overlap);
        self.buffer.resize(BUFFER.max(2 * overlap), 0);
        self.buffer.shrink_to_fit();
        while !found {
            let read = fill(source, &mut self.buffer[overlap..])?;
            if read == 0 {
                return Ok(Content::Unconcerned);
            }
            found = self.search.may_concern(&self.buffer[..overlap + read]);
            self.buffer.copy_within(read..overlap + read, 0);
        }
        Ok(Content::TooLarge)
    }
}

/// Whether a text starts as in UTF-16 or UTF-32: with a byte-order mark, or with a NUL in the first character.
fn is_wide(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xFE])
        || bytes.starts_with(&[0xFE, 0xFF])
        || bytes.iter().take(4).any(|&b| b == 0)
}

/// Reads until the buffer is full or a read returns nothing: the source has ended.
fn fill(source: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut size = 0;
    while size < buffer.len() {
        match source.read(&mut buffer[size..]) {
            Ok(0) => break,
            Ok(read) => size += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(size)
}

/// The message of an I/O error as part of a sentence, without the number that Rust adds: `permission denied`.
pub(crate) fn io_message(error: &io::Error) -> String {
    let text = error.to_string();
    let mut letters = text.split(" (os error ").next().unwrap_or_default().chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

#[cfg(unix)]
fn is_device(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_char_device() || metadata.file_type().is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: &std::fs::Metadata) -> bool {
    false
}
