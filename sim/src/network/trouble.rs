//! What faults do to the messages of a link, besides cutting it and making it slower.
//!
//! What becomes of a message is hashed from the link's own draw for that message and the kind of the fault, so that no fault changes what another does.
//!
//! To add one: its variant in [`Trouble`], and what it does in [`Troubles::fate`].

use crate::draw;
use firedrill_model::rng::mix;
use firedrill_model::{FaultId, Time};
use std::time::Duration;

/// A client's connection sends again what was lost after this, and after twice as long each further time (RFC 6298, 2.4 and 5.5, with the usual least timeout).
const SEND_AGAIN: Duration = Duration::from_millis(200);
/// A client's connection that lost this many copies in a row gives up.
const COPIES: u32 = 6;
/// What waits for a narrow link, in bytes; more is lost.
const BUFFER: u64 = 4 << 20;

/// What a fault does to messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// So many of a thousand are lost.
    Loss(u32),
    /// So many of a thousand arrive twice.
    Duplicate(u32),
    /// So many of a thousand are held back for up to a while, in nanoseconds.
    Reorder(u32, u64),
    /// So many of a thousand are damaged.
    Corrupt(u32),
    /// So many bytes a second get through.
    Bandwidth(u64),
}

/// A fault that troubles a link.
#[derive(Clone, Copy, Debug)]
struct Active {
    fault: FaultId,
    trouble: Trouble,
    struck: bool,
}

/// All faults that trouble a link.
#[derive(Clone, Debug, Default)]
pub(super) struct Troubles {
    active: Vec<Active>,
    /// A narrow link is busy until then.
    busy_until: Time,
    /// The last of the messages that were held back arrives then.
    held_until: Time,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) lost: bool,
    pub(super) corrupt: bool,
    pub(super) doubled: bool,
    /// It leaves, or a copy of it gets through, later by this.
    pub(super) waits: Duration,
    /// It is held back for this long, and others may overtake it.
    pub(super) held: Duration,
}

impl Troubles {
    pub(super) fn is_empty(&self) -> bool {
        self.active.is_empty()
    }

    pub(super) fn begin(&mut self, fault: FaultId, trouble: Trouble) {
        self.active.push(Active { fault, trouble, struck: false });
    }

    pub(super) fn end(&mut self, fault: FaultId) {
        self.active.retain(|active| active.fault != fault);
    }

    /// What becomes of a message with this draw.
    pub(super) fn fate(
        &mut self,
        now: Time,
        bits: u64,
        both_sites: bool,
        bytes: impl FnOnce() -> u64,
        struck: &mut Vec<FaultId>,
    ) -> Fate {
        let mut fate = Fate::default();
        let limited = self.active.iter().any(|active| matches!(active.trouble, Trouble::Bandwidth(_)));
        let bytes = if limited { bytes() } else { 0 };
        for active in &mut self.active {
            let hit = match active.trouble {
                Trouble::Loss(per_mille) if both_sites => {
                    let lost = chance(bits, LOSS, per_mille);
                    fate.lost |= lost;
                    lost
                }
                Trouble::Loss(per_mille) => {
                    let lost = copies_lost(bits, per_mille);
                    fate.lost |= lost == COPIES;
                    fate.waits += SEND_AGAIN * ((1 << lost) - 1);
                    lost > 0
                }
                Trouble::Corrupt(per_mille) => {
                    let corrupt = chance(bits, CORRUPT, per_mille);
                    fate.corrupt |= corrupt;
                    corrupt
                }
                Trouble::Duplicate(per_mille) => {
                    fate.doubled |= both_sites && chance(bits, DUPLICATE, per_mille);
                    // It hit if the link is not too crowded for a second copy.
                    false
                }
                Trouble::Reorder(per_mille, most) => {
                    if both_sites && chance(bits, REORDER, per_mille) {
                        fate.held = Duration::from_nanos(draw::between(mix(bits ^ REORDER), 1, most.max(1)));
                    }
                    // It hit when another overtakes it.
                    false
                }
                Trouble::Bandwidth(bytes_per_s) => {
                    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(bytes_per_s.max(1));
                    let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
                    let leaves = self.busy_until.max(now) + takes;
                    let buffered = leaves.since(now).as_nanos() * u128::from(bytes_per_s) / 1_000_000_000;
                    if buffered > u128::from(BUFFER) {
                        fate.lost = true;
                    } else {
                        self.busy_until = leaves;
                        fate.waits += leaves.since(now);
                    }
                    takes > Duration::ZERO
                }
            };
            strike(active, hit, struck);
        }
        fate
    }

    /// A message is held back, and arrives then.
    pub(super) fn holds(&mut self, arrives: Time) {
        self.held_until = self.held_until.max(arrives);
    }

    /// A message arrives then, maybe before one that was sent earlier and is held back.
    pub(super) fn overtakes(&mut self, arrives: Time, struck: &mut Vec<FaultId>) {
        if arrives < self.held_until {
            self.hit(|trouble| matches!(trouble, Trouble::Reorder(..)), struck);
        }
    }

    /// A message arrives twice.
    pub(super) fn doubled(&mut self, struck: &mut Vec<FaultId>) {
        self.hit(|trouble| matches!(trouble, Trouble::Duplicate(_)), struck);
    }

    fn hit(&mut self, which: impl Fn(Trouble) -> bool, struck: &mut Vec<FaultId>) {
        for active in self.active.iter_mut().filter(|active| which(active.trouble)) {
            strike(active, true, struck);
        }
    }
}

fn strike(active: &mut Active, hit: bool, struck: &mut Vec<FaultId>) {
    if hit && !std::mem::replace(&mut active.struck, true) {
        struck.push(active.fault);
    }
}

const LOSS: u64 = 0x6c6f_7373;
const CORRUPT: u64 = 0x636f_7272;
const DUPLICATE: u64 = 0x6475_706c;
const REORDER: u64 = 0x7265_6f72;

fn chance(bits: u64, what: u64, per_mille: u32) -> bool {
    draw::below(mix(bits ^ mix(what)), 1000) < u64::from(per_mille)
}

/// How many copies of a message are lost before one gets through; at most [`COPIES`], if none does.
fn copies_lost(bits: u64, per_mille: u32) -> u32 {
    (0..COPIES).take_while(|copy| chance(bits, LOSS + (u64::from(*copy) << 32), per_mille)).count() as u32
}
