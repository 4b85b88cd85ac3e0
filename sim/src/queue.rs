//! The event queue: what is to happen, by time; at the same instant, in the order in which it was put in.
//!
//! The heap holds small keys only; what is to happen lies in a slab, so that sifting moves 24 bytes whatever the size of an event.

use firedrill_model::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Events of kind `E` by time.
#[derive(Debug)]
pub(crate) struct Queue<E> {
    keys: BinaryHeap<Reverse<Key>>,
    slots: Vec<Option<E>>,
    free: Vec<u32>,
    put: u64,
}

/// Ordered by time, then by the order of insertion. The slot never decides, since no two have the same number.
type Key = (Time, u64, u32);

impl<E> Queue<E> {
    /// An empty queue.
    pub(crate) fn new() -> Queue<E> {
        Queue { keys: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), put: 0 }
    }

    /// Puts in an event that is to happen at `time`.
    pub(crate) fn put(&mut self, time: Time, event: E) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(event);
                slot
            }
            None => {
                let slot = u32::try_from(self.slots.len()).expect("fewer than 2^32 events are pending");
                self.slots.push(Some(event));
                slot
            }
        };
        self.keys.push(Reverse((time, self.put, slot)));
        self.put += 1;
    }

    /// When the next event is due.
    pub(crate) fn next_time(&self) -> Option<Time> {
        self.keys.peek().map(|Reverse((time, _, _))| *time)
    }

    /// Takes out the next event.
    pub(crate) fn take(&mut self) -> Option<(Time, E)> {
        let Reverse((time, _, slot)) = self.keys.pop()?;
        let event = self.slots[slot as usize].take().expect("a key in the heap owns its slot");
        self.free.push(slot);
        Some((time, event))
    }

    /// How many events are pending.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }
}

/// Copies what is pending, not the slots that a burst left empty. Order is a matter of keys, so the copy's is the same.
impl<E: Clone> Clone for Queue<E> {
    fn clone(&self) -> Queue<E> {
        let (mut keys, mut slots) = (Vec::with_capacity(self.keys.len()), Vec::with_capacity(self.keys.len()));
        for (place, Reverse((time, number, slot))) in (0..).zip(&self.keys) {
            keys.push(Reverse((*time, *number, place)));
            slots.push(self.slots[*slot as usize].clone());
        }
        Queue { keys: keys.into(), slots, free: Vec::new(), put: self.put }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::Rng;

    #[test]
    fn events_come_out_by_time_and_at_the_same_instant_in_the_order_they_went_in() {
        let mut rng = Rng::new(1, "queue");
        let mut queue = Queue::new();
        let mut expected = Vec::new();
        for number in 0..5_000_u64 {
            let time = Time::from_nanos(rng.below(300));
            queue.put(time, number);
            expected.push((time, number));
        }
        // Sorting by time alone would be enough for a stable sort; by both it says what is wanted.
        expected.sort_unstable();
        let mut got = Vec::new();
        while let Some(event) = queue.take() {
            got.push(event);
        }
        assert_eq!(got, expected);
    }

    #[test]
    fn a_copy_taken_in_the_middle_goes_on_alike_and_is_no_larger_than_what_is_pending() {
        let mut rng = Rng::new(2, "queue");
        let mut queue = Queue::new();
        for number in 0..3_000 {
            queue.put(Time::from_nanos(rng.below(200)), number);
        }
        for _ in 0..2_900 {
            queue.take();
        }
        let mut copy = queue.clone();
        assert_eq!(copy.slots.len(), 100);
        for number in 3_000..3_100 {
            let time = Time::from_nanos(rng.below(300));
            queue.put(time, number);
            copy.put(time, number);
        }
        for _ in 0..200 {
            assert!(queue.len() > 0);
            assert_eq!(queue.take(), copy.take());
        }
        assert_eq!(copy.take(), None);
    }

    #[test]
    fn slots_are_used_again() {
        let mut queue = Queue::new();
        for round in 0..1_000 {
            queue.put(Time::from_nanos(round), round);
            queue.put(Time::from_nanos(round), round);
            queue.take();
            queue.take();
        }
        assert_eq!(queue.len(), 0);
        assert!(queue.slots.len() <= 2, "{} slots for 2 events at a time", queue.slots.len());
    }
}
