//! Delays the signals that terminate the program while a temporary file has a name.
//!
//! Invariant: a signal that terminates the program leaves no temporary file behind. At any other time signals have
//! their default effect; one that was ignored from the start, as under `nohup`, stays ignored.

/// While it lives, signals are delayed; when it is dropped, one that arrived in the meantime terminates the program.
#[derive(Debug)]
#[must_use]
pub(crate) struct DelayedSignals(());

#[cfg(unix)]
mod unix {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, OnceLock};

    use signal_hook::consts::{
        SIGALRM, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
    };
    use signal_hook::{flag, low_level};

    use super::DelayedSignals;

    /// The signals that terminate a program unless it handles them, and that are no fault of its own.
    const TERMINATING: [i32; 10] =
        [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU];

    struct Handlers {
        /// Whether signals have their default effect.
        idle: Arc<AtomicBool>,
        /// The last signal that arrived while they were delayed, or 0.
        received: Arc<AtomicUsize>,
    }

    static HANDLERS: OnceLock<Handlers> = OnceLock::new();

    impl Handlers {
        /// A signal whose handler cannot be registered terminates the program at once, as by default.
        fn register() -> Self {
            let (idle, received) = (Arc::new(AtomicBool::new(true)), Arc::default());
            let ignored = ignored();
            for signal in TERMINATING.into_iter().filter(|signal| !is_among(ignored, *signal)) {
                let number = usize::try_from(signal).unwrap_or_default();
                let _ = flag::register_conditional_default(signal, Arc::clone(&idle));
                let _ = flag::register_usize(signal, Arc::clone(&received), number);
            }
            // with a handler, exceeding the file size limit is an error of `write` instead of the end of the program
            let _ = flag::register(SIGXFSZ, Arc::default());
            Self { idle, received }
        }
    }

    /// From here on exceeding the file size limit is an error.
    pub(crate) fn handle() {
        HANDLERS.get_or_init(Handlers::register);
    }

    /// Delays the signals.
    pub(crate) fn delay() -> DelayedSignals {
        HANDLERS.get_or_init(Handlers::register).idle.store(false, Ordering::SeqCst);
        DelayedSignals(())
    }

    impl Drop for DelayedSignals {
        fn drop(&mut self) {
            let Some(Handlers { idle, received }) = HANDLERS.get() else { return };
            idle.store(true, Ordering::SeqCst);
            let signal = i32::try_from(received.load(Ordering::SeqCst)).unwrap_or_default();
            if signal != 0 {
                let _ = low_level::emulate_default_handler(signal);
            }
        }
    }

    /// The set of ignored signals, as bits. Only Linux offers it without unsafe code; elsewhere it is empty.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or_default()
    }

    fn is_among(bits: u64, signal: i32) -> bool {
        bits >> (signal - 1) & 1 == 1
    }
}

#[cfg(unix)]
pub(crate) use unix::{delay, handle};

/// Nothing to handle: only Unix has these signals.
#[cfg(not(unix))]
pub(crate) fn handle() {}

/// Delays nothing.
#[cfg(not(unix))]
pub(crate) fn delay() -> DelayedSignals {
    DelayedSignals(())
}
