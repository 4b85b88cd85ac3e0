//! The frames that wait for a peer: bounded, so that a peer that stalls costs no more than that; the oldest go first, since
//! Raft repeats what was lost and newer messages are worth more.

use crate::switches::Switches;
use firedrill_model::Hazard;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// At most so many frames wait.
pub const MAX_FRAMES: usize = 1024;
/// At most so many bytes wait (a single frame may have more).
pub const MAX_BYTES: usize = 32 << 20;

/// A bounded queue of frames with one reader.
#[derive(Debug, Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    filled: Notify,
    switches: Switches,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
    dropped: u64,
}

impl Outbox {
    /// One that makes the mistakes that are switched on.
    pub fn with(switches: Switches) -> Outbox {
        Outbox { switches, ..Outbox::default() }
    }

    /// Puts a frame at the end, and drops the oldest if there are too many.
    pub fn push(&self, frame: Vec<u8>) {
        let mut queue = self.lock();
        queue.bytes += frame.len();
        queue.frames.push_back(frame);
        while queue.is_too_long() {
            if self.switches.on(Hazard::UnboundedQueue) {
                break;
            }
            queue.pop();
            queue.dropped += 1;
        }
        drop(queue);
        self.filled.notify_one();
    }

    /// The oldest frame, once there is one. Nothing is lost if the future is dropped.
    pub async fn next(&self) -> Vec<u8> {
        loop {
            if let Some(frame) = self.lock().pop() {
                return frame;
            }
            self.filled.notified().await;
        }
    }

    /// Drops all that waits: it was meant for a connection that is no more.
    pub fn clear(&self) {
        let mut queue = self.lock();
        queue.dropped += queue.frames.len() as u64;
        queue.frames.clear();
        queue.bytes = 0;
    }

    /// How many frames wait.
    pub fn len(&self) -> usize {
        self.lock().frames.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many frames were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A queue of bytes has no state that a panic elsewhere could leave half done.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn is_too_long(&self) -> bool {
        self.frames.len() > MAX_FRAMES || (self.bytes > MAX_BYTES && self.frames.len() > 1)
    }

    fn pop(&mut self) -> Option<Vec<u8>> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.len();
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_the_newest_within_its_bounds() {
        let outbox = Outbox::default();
        for number in 0..MAX_FRAMES + 10 {
            outbox.push(number.to_le_bytes().to_vec());
        }
        assert_eq!(outbox.dropped(), 10);
        assert_eq!(outbox.next().await, 10_usize.to_le_bytes());
    }

    #[tokio::test]
    async fn counts_bytes_and_lets_a_single_giant_through() {
        let outbox = Outbox::default();
        outbox.push(vec![1; MAX_BYTES]);
        outbox.push(vec![2; MAX_BYTES + 1]);
        assert_eq!((outbox.dropped(), outbox.next().await[0]), (1, 2));
        assert_eq!(outbox.lock().bytes, 0);
    }

    #[tokio::test]
    async fn wakes_its_reader() {
        let outbox = std::sync::Arc::new(Outbox::default());
        let reader = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.next().await }
        });
        tokio::task::yield_now().await;
        outbox.push(vec![7]);
        assert_eq!(reader.await.unwrap(), [7]);
    }
}
