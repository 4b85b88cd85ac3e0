//! Failure detection: each site checks each other one. A peer is down after a first failed check and so many failed retries, each begun at once.

use crate::io::Output;
use crate::message::Message;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{Observation, SiteId, StackConfig, Time};

/// What is known of a peer.
#[derive(Clone, Debug)]
struct Peer {
    site: SiteId,
    /// When the next check is sent; `None` while one is under way.
    next: Option<Time>,
    /// When the check under way has failed.
    expires: Time,
    failures: u32,
    /// The last check that has ended was answered.
    answers: bool,
    down: bool,
}

/// The checks of one site.
#[derive(Clone, Debug)]
pub struct Health {
    config: Arc<StackConfig>,
    peers: Vec<Peer>,
    nonce: u64,
}

impl Health {
    /// Checks every site but `me`.
    pub fn new(config: Arc<StackConfig>, me: SiteId) -> Health {
        let others = (0..config.sites.len() as u8).map(SiteId).filter(|site| *site != me);
        let peers = others
            .map(|site| Peer { site, next: None, expires: Time::MAX, failures: 0, answers: false, down: false })
            .collect();
        Health { config, peers, nonce: 0 }
    }

    /// Begins to check.
    pub fn start(&mut self, now: Time) {
        for peer in &mut self.peers {
            peer.next = Some(now + self.config.health.interval);
        }
    }

    /// Whether a peer counts as down.
    pub fn is_down(&self, site: SiteId) -> bool {
        self.peers.iter().any(|peer| peer.site == site && peer.down)
    }

    /// Whether a peer answered the last check.
    pub fn answers(&self, site: SiteId) -> bool {
        self.peers.iter().any(|peer| peer.site == site && peer.answers)
    }

    /// When the next check is to be sent or fails.
    pub fn deadline(&self) -> Time {
        self.peers.iter().map(|peer| peer.next.unwrap_or(peer.expires)).min().unwrap_or(Time::MAX)
    }

    /// Time passed: sends the checks that are due, counts those that failed.
    pub fn tick(&mut self, now: Time, out: &mut VecDeque<Output>) {
        let health = &self.config.health;
        for peer in &mut self.peers {
            if peer.next.is_none() && now >= peer.expires {
                peer.failures = peer.failures.saturating_add(1);
                peer.answers = false;
                let (site, failures) = (peer.site, peer.failures);
                if !peer.down {
                    out.push_back(Output::Observe(Observation::CheckFailed { peer: site, failures }));
                }
                if failures > health.retries && !peer.down {
                    peer.down = true;
                    out.push_back(Output::Observe(Observation::PeerDown { peer: site }));
                }
                peer.next = Some(now);
            }
            if peer.next.is_some_and(|next| now >= next) {
                self.nonce += 1;
                peer.next = None;
                // A peer that is down is asked more often, so that its return is noticed soon.
                peer.expires = now + if peer.down { health.interval } else { health.timeout };
                out.push_back(Output::Send { to: peer.site, message: Message::HealthCheck { nonce: self.nonce } });
            }
        }
    }

    /// A peer answered. A late answer, too, says that it lives.
    pub fn answered(&mut self, now: Time, from: SiteId, out: &mut VecDeque<Output>) {
        let Some(peer) = self.peers.iter_mut().find(|peer| peer.site == from) else {
            return;
        };
        peer.failures = 0;
        peer.answers = true;
        if peer.next.is_none() {
            peer.next = Some(now + self.config.health.interval);
        }
        if peer.down {
            peer.down = false;
            out.push_back(Output::Observe(Observation::PeerUp { peer: from }));
        }
    }
}
