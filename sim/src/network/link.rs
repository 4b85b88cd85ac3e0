//! One direction of a link: what becomes of each message.

use super::trouble::Troubles;
use super::{Slower, name};
use crate::draw::{self, For};
use firedrill_drill::world::Setup;
use firedrill_model::rng::mix;
use firedrill_model::time::nanos;
use firedrill_model::{Endpoint, FaultId, Time};
use std::time::Duration;

/// One message in so many is late by more than the jitter.
const LATE_ONE_IN: u64 = 32;

/// One direction of a link.
#[derive(Clone, Debug)]
pub(super) struct Link {
    salt: u64,
    /// One way, without jitter, in nanoseconds.
    latency: u64,
    /// Give or take this, in nanoseconds.
    jitter: u64,
    loss_per_mille: u64,
    /// Between sites: one connection.
    pub(super) in_order: bool,
    sent: u64,
    /// When the message sent last arrives.
    pub(super) last: Time,
    /// Partitions that cut it now.
    pub(super) cuts: u32,
    /// Partitions, and breaks of its connection, that ever took what was under way.
    pub(super) ever_cut: u32,
    /// Faults that make it slower: their delays and jitters, in nanoseconds.
    pub(super) slower: Slower,
    /// What else faults do to its messages.
    pub(super) troubles: Troubles,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sending {
    /// When it arrives; `None`: it is lost.
    pub(super) arrives: Option<Time>,
    /// It is damaged on the way.
    pub(super) corrupt: bool,
    /// When it arrives once more.
    pub(super) again: Option<Time>,
}

impl Link {
    pub(super) fn new(setup: &Setup, from: Endpoint, to: Endpoint) -> Link {
        let (latency, both_sites) = match (from, to) {
            (Endpoint::Site(a), Endpoint::Site(b)) => (setup.plan.links[a.index()][b.index()].round_trip / 2, true),
            (Endpoint::Region(region), Endpoint::Site(site)) | (Endpoint::Site(site), Endpoint::Region(region)) => {
                (setup.plan.regions[region.index()].round_trips[site.index()] / 2, false)
            }
            (Endpoint::Region(_), Endpoint::Region(_)) => (Duration::ZERO, false),
        };
        let latency = nanos(latency);
        let loss = if both_sites { setup.physics.loss_per_mille } else { 0 };
        Link {
            salt: draw::salt(setup.seed, For::Link, name(from) << 16 | name(to)),
            latency,
            jitter: draw::per_mille(latency, setup.physics.jitter_per_mille),
            loss_per_mille: u64::from(loss),
            in_order: both_sites,
            sent: 0,
            last: Time::ZERO,
            cuts: 0,
            ever_cut: 0,
            slower: Slower::default(),
            troubles: Troubles::default(),
        }
    }

    /// What becomes of a message sent now. Faults that hit for the first time are added to `struck`.
    pub(super) fn send(
        &mut self,
        now: Time,
        bytes: impl FnOnce() -> u64,
        crowded: bool,
        struck: &mut Vec<FaultId>,
    ) -> Sending {
        self.sent += 1;
        if self.cuts > 0 {
            return Sending::default();
        }
        let bits = mix(self.salt.wrapping_add(self.sent));
        if self.loss_per_mille > 0 && draw::below(bits, 1000) < self.loss_per_mille {
            return Sending::default();
        }
        let delay = Duration::from_nanos(self.delay(mix(bits)));
        if self.troubles.is_empty() {
            let at = self.in_turn(now + delay);
            return Sending { arrives: Some(at), ..Sending::default() };
        }
        let fate = self.troubles.fate(now, bits, self.in_order, bytes, struck);
        if fate.lost {
            return Sending::default();
        }
        let arrives = now + fate.waits + delay;
        if fate.held > Duration::ZERO {
            let arrives = arrives + fate.held;
            self.troubles.holds(arrives);
            return Sending { arrives: Some(arrives), corrupt: fate.corrupt, again: None };
        }
        let arrives = self.in_turn(arrives);
        self.troubles.overtakes(arrives, struck);
        let again = fate.doubled && !crowded;
        if again {
            self.troubles.doubled(struck);
        }
        // The copy comes as much later as any message might.
        let later = Duration::from_nanos(1 + draw::below(mix(bits ^ 3), self.latency));
        Sending { arrives: Some(arrives), corrupt: fate.corrupt, again: again.then_some(arrives + later) }
    }

    /// One connection delivers in the order of sending.
    fn in_turn(&mut self, at: Time) -> Time {
        if !self.in_order {
            return at;
        }
        self.last = at.max(self.last + Duration::from_nanos(1));
        self.last
    }

    /// Uniform within the jitter; one in [`LATE_ONE_IN`] has a tail that halves with each further jitter.
    fn delay(&self, bits: u64) -> u64 {
        let mut delay = draw::swing(bits, self.latency, self.jitter);
        if self.slower != Slower::default() {
            delay = delay.saturating_add(draw::swing(mix(bits ^ 1), self.slower.delay, self.slower.jitter));
        }
        if self.jitter > 0 && bits.is_multiple_of(LATE_ONE_IN) {
            delay = delay.saturating_add(draw::per_mille(self.jitter, draw::halving(mix(bits ^ 2)) as u32));
        }
        delay
    }
}
