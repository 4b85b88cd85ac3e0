//! One toxic on one direction of one connection: a queue, and the rule that says when its head may leave.
//!
//! A rule never keeps bytes of its own, so taking a toxic away loses nothing: the queue moves on, in order.

use bytes::Bytes;
use std::collections::VecDeque;
use std::time::Instant;

/// What travels through a chain. Everything but `Data` is the last item of its direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// Bytes, at least one.
    Data(Bytes),
    /// The source has nothing more to say; the other direction lives on.
    End,
    /// Both sides are to be closed once what precedes is delivered.
    Close,
    /// Both sides are to be reset at once.
    Reset,
}

/// An item and the time at which it arrived, or by rights should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    /// When it arrived here. Stages pass on the time at which they owed it, not the later one at which they were woken, so that
    /// the timers' errors don't add up.
    pub at: Instant,
    /// What it is.
    pub item: Item,
}

impl Packet {
    /// The number of bytes it carries.
    pub fn len(&self) -> usize {
        match &self.item {
            Item::Data(bytes) => bytes.len(),
            Item::End | Item::Close | Item::Reset => 0,
        }
    }

    /// True if nothing can follow it.
    pub fn is_last(&self) -> bool {
        !matches!(self.item, Item::Data(_))
    }
}

/// Packets in order.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    packets: VecDeque<Packet>,
    bytes: usize,
    passed: u64,
}

impl Queue {
    /// The bytes waiting.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The bytes that have left by [`Queue::pop`] or [`Queue::cut`] since the queue was made.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// The next to leave.
    pub fn head(&self) -> Option<&Packet> {
        self.packets.front()
    }

    /// The last one, if nothing can follow it.
    pub fn ending(&self) -> Option<&Packet> {
        self.packets.back().filter(|packet| packet.is_last())
    }

    /// Adds one at the end.
    pub fn push(&mut self, packet: Packet) {
        self.bytes += packet.len();
        self.packets.push_back(packet);
    }

    /// Takes the head.
    pub fn pop(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?;
        self.bytes -= packet.len();
        self.passed += packet.len() as u64;
        Some(packet)
    }

    /// Takes at most `limit` bytes off the head, or the head whole if it is shorter or carries none.
    pub fn cut(&mut self, limit: usize) -> Option<Packet> {
        match self.packets.front_mut() {
            Some(Packet { at, item: Item::Data(bytes) }) if limit > 0 && bytes.len() > limit => {
                let piece = Packet { at: *at, item: Item::Data(bytes.split_to(limit)) };
                self.bytes -= limit;
                self.passed += limit as u64;
                Some(piece)
            }
            _ => self.pop(),
        }
    }

    /// Drops everything that waits.
    pub fn clear(&mut self) {
        self.packets.clear();
        self.bytes = 0;
    }

    /// Everything that waits, in order; the queue is empty then.
    pub fn drain(&mut self) -> impl Iterator<Item = Packet> + '_ {
        self.bytes = 0;
        self.packets.drain(..)
    }
}

/// When and in what pieces a queue's head leaves. It may cut, delay, drop or replace; what it keeps stays in the queue.
pub(crate) trait Rule: Send + std::fmt::Debug {
    /// How many bytes may wait before the source is no longer read.
    fn capacity(&self) -> usize {
        256 * 1024
    }

    /// The next packet that leaves at `now`, if any.
    fn pull(&mut self, queue: &mut Queue, now: Instant) -> Option<Packet>;

    /// When `pull`, which has just given nothing, gives something without anything new arriving.
    fn deadline(&self, queue: &Queue) -> Option<Instant>;
}

/// The rule of a connection that was spared: everything passes.
#[derive(Debug)]
pub(crate) struct Pass;

impl Rule for Pass {
    fn pull(&mut self, queue: &mut Queue, _now: Instant) -> Option<Packet> {
        queue.pop()
    }

    fn deadline(&self, _queue: &Queue) -> Option<Instant> {
        None
    }
}

/// A toxic's place in a chain.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Which toxic of the proxy it is.
    pub id: u64,
    /// What waits.
    pub queue: Queue,
    /// Who lets it go.
    pub rule: Box<dyn Rule>,
}

impl Stage {
    /// True if the one before may hand on more.
    pub fn has_room(&self) -> bool {
        self.queue.bytes() < self.rule.capacity()
    }
}
