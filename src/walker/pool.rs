//! Work that several threads share.
//!
//! Invariant: each item is taken once. A thread that asks for one gets none only if none is left and no thread works
//! that could still give one, or if another thread has ended. That one may have panicked, and nobody shall wait for
//! it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::entry::File;
use super::rules::Rules;

/// How many items per thread are kept in stock: waking a thread for each item would be slow.
const STOCK: usize = 4;

/// An item of work.
pub(super) enum Item {
    Directory(Directory),
    Files(Vec<File>),
}

/// A directory to walk.
pub(super) struct Directory {
    /// As `walkdir` is given it.
    pub(super) path: PathBuf,
    /// The path without symbolic links, which identifies what lies below; git's patterns see it.
    pub(super) real: PathBuf,
    /// The absolute path as it was written, links included, which `--exclude` patterns see.
    pub(super) logical: PathBuf,
    /// The ignore rules that apply to it; `None` if they must be read from the directories above.
    pub(super) rules: Option<Rules>,
    /// Whether it may be a symbolic link: it was named, or is a link that is followed.
    pub(super) may_be_link: bool,
}

/// A stack of items, and the threads that take from it.
#[derive(Default)]
pub(super) struct Pool {
    threads: usize,
    items: Mutex<Vec<Item>>,
    changed: Condvar,
    /// The number of items. It and the fields below are written only under the lock, but are read without it.
    stock: AtomicUsize,
    /// Threads that wait, or have not begun yet.
    idle: AtomicUsize,
    is_closed: AtomicBool,
}

impl Pool {
    /// A pool for a number of threads, none of which has begun.
    pub(super) fn new(items: Vec<Item>, threads: usize) -> Self {
        let (stock, idle) = (AtomicUsize::new(items.len()), AtomicUsize::new(threads));
        Self { threads, items: Mutex::new(items), stock, idle, ..Self::default() }
    }

    /// Adds the calling thread to those that work.
    pub(super) fn join(&self) -> Member<'_> {
        let _items = self.lock();
        self.idle.fetch_sub(1, Ordering::Relaxed);
        Member(self)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread of the pool. The pool is closed when it is dropped.
pub(super) struct Member<'p>(&'p Pool);

impl Member<'_> {
    /// How many items wait to be taken.
    pub(super) fn stock(&self) -> usize {
        self.0.stock.load(Ordering::Relaxed)
    }

    /// Whether the stock is short, so that more should be given.
    pub(super) fn is_short(&self) -> bool {
        self.0.threads > 1 && self.stock() < STOCK * self.0.threads
    }

    /// Whether a thread has nothing to do.
    pub(super) fn is_awaited(&self) -> bool {
        self.0.idle.load(Ordering::Relaxed) > 0
    }

    pub(super) fn give(&self, item: Item) {
        let mut items = self.0.lock();
        items.push(item);
        self.0.stock.store(items.len(), Ordering::Relaxed);
        if self.is_awaited() {
            self.0.changed.notify_one();
        }
    }

    /// Takes the newest item, or half of it if it is the last one, or waits for one; `None` when all work is done.
    pub(super) fn take(&self) -> Option<Item> {
        let pool = self.0;
        let mut items = pool.lock();
        while !pool.is_closed.load(Ordering::Relaxed) {
            if let Some(mut item) = items.pop() {
                if let Item::Files(files) = &mut item
                    && files.len() > 1
                    && items.is_empty()
                {
                    items.push(Item::Files(files.split_off(files.len() / 2)));
                    pool.changed.notify_one();
                }
                pool.stock.store(items.len(), Ordering::Relaxed);
                return Some(item);
            }
            if 1 + pool.idle.fetch_add(1, Ordering::Relaxed) == pool.threads {
                break; // no thread works that could still give an item
            }
            items = pool.changed.wait(items).unwrap_or_else(PoisonError::into_inner);
            pool.idle.fetch_sub(1, Ordering::Relaxed);
        }
        None
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        let _items = self.0.lock();
        self.0.is_closed.store(true, Ordering::Relaxed);
        self.0.changed.notify_all();
    }
}
