//! The progress line of a long scan.
//!
//! Invariant: nothing is drawn in the first half second or if standard error is not a terminal, and the line is removed
//! at the end.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar};

const PATIENCE: Duration = Duration::from_millis(500);
const PERIOD: Duration = Duration::from_millis(100);

/// A progress line, which is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Shows how many files were checked so far, if standard error is a terminal.
    #[must_use]
    pub(crate) fn start(checked: Arc<AtomicU64>) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let (stop, stopped) = channel::<()>();
        let draw = move || {
            if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::new_spinner();
            while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                bar.set_message(format!("{} files checked", HumanCount(checked.load(Ordering::Relaxed))));
                bar.tick();
            }
            bar.finish_and_clear();
        };
        // if no thread can be started, there is no progress line
        Self(std::thread::Builder::new().spawn(draw).ok().map(|thread| (stop, thread)))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            // a panic of the thread only ends the progress line
            let _ = thread.join();
        }
    }
}
