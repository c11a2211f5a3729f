//! What each thread of a walk does with what it finds: read it, give it to another thread, or report it.
//!
//! Invariant: each file that is added is handed out once, by this thread or by one that it was given to.

use std::mem;
use std::path::{Path, PathBuf};

use super::entry::{Entry, File};
use super::pool::{Item, Member};
use super::shared::Shared;
use super::skip_reason::{SkipReason, WalkError};

/// How many files are found before they are read, or given to another thread.
pub(super) const BATCH: usize = 128;

/// One of the threads.
pub(super) struct Worker<'w> {
    pub(super) shared: &'w Shared<'w>,
    pub(super) member: Member<'w>,
    sink: &'w mut dyn FnMut(Entry),
    /// Starts another thread, if there may be one more and this is the thread that starts them.
    start_thread: &'w mut dyn FnMut(),
    /// What was found and is not read yet.
    files: Vec<File>,
}

impl<'w> Worker<'w> {
    pub(super) fn new(
        shared: &'w Shared<'w>,
        member: Member<'w>,
        sink: &'w mut dyn FnMut(Entry),
        start_thread: &'w mut dyn FnMut(),
    ) -> Self {
        Self { shared, member, sink, start_thread, files: Vec::with_capacity(BATCH) }
    }

    /// Takes something to do, and starts threads for what else there is.
    pub(super) fn take(&mut self) -> Option<Item> {
        let item = self.member.take();
        for _ in 0..self.member.stock() {
            (self.start_thread)();
        }
        item
    }

    /// Leaves an item to another thread.
    pub(super) fn give(&mut self, item: Item) {
        self.member.give(item);
        (self.start_thread)();
    }

    /// Hands files to the sink, which reads them.
    pub(super) fn hand_out(&mut self, files: Vec<File>) {
        let hashes = files.iter().filter(|file| !file.named).map(|file| self.shared.hash(&file.path));
        let hashes: Vec<_> = hashes.collect();
        self.shared.found().files.extend(hashes);
        for file in files {
            (self.sink)(Entry::File(file));
        }
    }

    /// Adds a file that was found. It is handed out once there are enough of them, or at the end of a directory's
    /// walk.
    pub(super) fn add(&mut self, file: File) {
        self.files.push(file);
        if self.files.len() == BATCH {
            self.flush();
        }
    }

    /// Gives the files that were found to another thread if the stock is short, else hands them out.
    pub(super) fn flush(&mut self) {
        let files = mem::replace(&mut self.files, Vec::with_capacity(BATCH));
        if files.len() > 1 && self.member.is_short() {
            self.give(Item::Files(files));
        } else {
            self.hand_out(files);
        }
    }

    pub(super) fn fault(&mut self, path: &Path, error: WalkError) {
        (self.sink)(Entry::error(path, error));
    }

    pub(super) fn skip(&mut self, logical: PathBuf, reason: SkipReason) {
        self.shared.skip(self.sink, logical, reason);
    }
}
