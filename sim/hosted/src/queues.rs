//! The invariant that queues of messages stay within their bounds, whatever their receivers do.

use firedrill_node::outbox::{MAX_FRAMES, Outbox};
use std::sync::Arc;

/// What a site's process has queued for its peers.
#[derive(Default)]
pub(crate) struct Queues {
    outboxes: Vec<Arc<Outbox>>,
    judged: u64,
}

impl Queues {
    /// Of a new process.
    pub(crate) fn watch(&mut self, outboxes: Vec<Arc<Outbox>>) {
        self.outboxes = outboxes;
    }

    /// Judges; what is wrong, once.
    pub(crate) fn judge(&mut self) -> Option<String> {
        self.judged += u64::from(!self.outboxes.is_empty());
        let longest = self.outboxes.iter().map(|outbox| outbox.len()).max()?;
        if longest <= MAX_FRAMES {
            return None;
        }
        self.outboxes.clear();
        Some(format!("{longest} frames wait for a peer; the bound is {MAX_FRAMES}"))
    }

    /// How often it judged.
    pub(crate) fn judged(&self) -> u64 {
        self.judged
    }
}
