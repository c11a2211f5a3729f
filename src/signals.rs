//! Delays signals while a temporary file has a name.
//!
//! Invariant: a signal that ends the program leaves no temporary file behind. The main thread writes; those of a walk,
//! which may still be ending then, are started while signals are delayed, and take none. What was ignored from the
//! start, as under `nohup`, stays ignored.

#[cfg(unix)]
use nix::sys::signal::{SigSet, SigmaskHow};

/// While it lives, signals wait; when it is dropped, one that arrived in the meantime has its effect.
#[derive(Debug)]
#[must_use]
pub(crate) struct DelayedSignals {
    /// The signals that waited before, for whatever reason.
    #[cfg(unix)]
    before: nix::Result<SigSet>,
}

impl DelayedSignals {
    /// Delays all signals that can be delayed.
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(unix)]
            before: SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK),
        }
    }
}

#[cfg(unix)]
impl Drop for DelayedSignals {
    fn drop(&mut self) {
        // it fails only for a wrong argument
        let _ = self.before.and_then(|before| before.thread_set_mask());
    }
}
