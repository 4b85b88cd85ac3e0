//! A word that stops a run from outside: from a signal handler, from another thread.

use std::sync::Arc;
use tokio::sync::watch;

/// Told once, heard by everyone who holds a copy, for good.
#[derive(Clone, Debug)]
pub struct Halt(Arc<watch::Sender<bool>>);

impl Default for Halt {
    fn default() -> Halt {
        Halt(Arc::new(watch::Sender::new(false)))
    }
}

impl Halt {
    /// Stops the run. Can be called from any thread, and more than once.
    pub fn halt(&self) {
        self.0.send_replace(true);
    }

    /// Whether the run is to stop.
    pub fn is_halted(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when the run is to stop.
    pub async fn halted(&self) {
        // The sender is held by `self`, so waiting can't fail.
        drop(self.0.subscribe().wait_for(|halted| *halted).await);
    }
}
