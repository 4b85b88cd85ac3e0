//! The toxics of one direction of one connection, in the order in which they were added. No clock, no socket.

use crate::stage::{Item, Packet, Queue, Rule, Stage};
use std::time::Instant;

/// Bytes that may wait for the sink behind the last toxic before more is let through.
const READY_CAPACITY: usize = 256 * 1024;

/// The toxics of one direction, and what has passed them all and waits for the sink.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    stages: Vec<Stage>,
    ready: Queue,
    /// Nothing more is taken from the source: it has ended, or a toxic has ended it.
    sealed: bool,
}

impl Chain {
    /// True if the source should be read.
    pub fn has_room(&self) -> bool {
        !self.sealed && self.stages.first().map_or(self.ready_has_room(), Stage::has_room)
    }

    /// True if a reset waits to be executed.
    pub fn is_reset(&self) -> bool {
        self.ready.ending().is_some_and(|packet| packet.item == Item::Reset)
    }

    /// Takes in what the source gave; ignored once the direction has ended.
    pub fn push(&mut self, packet: Packet) {
        if self.sealed {
            return;
        }
        self.sealed = packet.is_last();
        self.hand_to(0, packet);
    }

    /// Lets through all that is due at `now`.
    pub fn advance(&mut self, now: Instant) {
        loop {
            let mut moved = false;
            for from in (0..self.stages.len()).rev() {
                while self.next_has_room(from) {
                    let Some(stage) = self.stages.get_mut(from) else {
                        break;
                    };
                    let Some(packet) = stage.rule.pull(&mut stage.queue, now) else {
                        break;
                    };
                    moved = true;
                    if packet.is_last() {
                        self.seal(from);
                    }
                    self.hand_to(from + 1, packet);
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// The next item for the sink.
    pub fn pop(&mut self) -> Option<Item> {
        self.ready.pop().map(|packet| packet.item)
    }

    /// When [`Chain::advance`] has something to do without anything new happening.
    pub fn deadline(&self) -> Option<Instant> {
        let waiting = self.stages.iter().enumerate().filter(|(at, _)| self.next_has_room(*at));
        waiting.filter_map(|(_, stage)| stage.rule.deadline(&stage.queue)).min()
    }

    /// Adds a toxic at the end.
    pub fn attach(&mut self, id: u64, rule: Box<dyn Rule>) {
        self.stages.push(Stage { id, queue: Queue::default(), rule });
    }

    /// Gives the toxic another rule; what it holds obeys the new one.
    pub fn change(&mut self, id: u64, rule: Box<dyn Rule>) {
        if let Some(stage) = self.stages.iter_mut().find(|stage| stage.id == id) {
            stage.rule = rule;
        }
    }

    /// Takes the toxic away; what it holds moves on at once, in order.
    pub fn detach(&mut self, id: u64) {
        let Some(at) = self.stages.iter().position(|stage| stage.id == id) else {
            return;
        };
        let mut stage = self.stages.remove(at);
        for packet in stage.queue.drain() {
            self.hand_to(at, packet);
        }
    }

    fn ready_has_room(&self) -> bool {
        self.ready.bytes() < READY_CAPACITY
    }

    fn next_has_room(&self, at: usize) -> bool {
        self.stages.get(at + 1).map_or(self.ready_has_room(), Stage::has_room)
    }

    fn hand_to(&mut self, at: usize, packet: Packet) {
        match self.stages.get_mut(at) {
            Some(stage) => stage.queue.push(packet),
            None => self.ready.push(packet),
        }
    }

    /// Ends the direction at this stage: what waits in it and before it never arrives.
    fn seal(&mut self, at: usize) {
        self.sealed = true;
        for stage in self.stages.iter_mut().take(at + 1) {
            stage.queue.clear();
        }
    }
}

#[cfg(test)]
mod tests;
