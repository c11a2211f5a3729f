//! A line on a terminal that says how far a long scan is.
//!
//! Invariant: nothing is drawn in the first half second, nothing where standard error is no terminal, and
//! nothing is left behind.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const PATIENCE: Duration = Duration::from_millis(500);
const PERIOD: Duration = Duration::from_millis(100);

/// A progress line that goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Shows how many files were checked, where there is a terminal to show it on.
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
            let bar = ProgressBar::new_spinner().with_style(style());
            while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                bar.set_position(checked.load(Ordering::Relaxed));
                bar.tick();
            }
            bar.finish_and_clear();
        };
        // where no thread can be had, nothing is shown
        Self(std::thread::Builder::new().spawn(draw).ok().map(|thread| (stop, thread)))
    }
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{spinner} {human_pos} files checked, {elapsed}");
    style.unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            // a thread that panicked has drawn nothing more either
            let _ = thread.join();
        }
    }
}
