//! Figures of a plan that must stand in an order, or the stack could not do what the plan says, however well it is built.

use crate::plan::Plan;
use std::time::Duration;

/// An election timeout or a health check waits for at least that many of the longest round trips.
const ROUND_TRIPS: u32 = 4;
/// An election timeout is at least that many heartbeats: one may be lost.
const HEARTBEATS: u32 = 2;

/// A figure that must be in order with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ordered {
    /// `[raft] election_timeout_ms`
    ElectionTimeout,
    /// `[detection] timeout_ms`
    DetectionTimeout,
}

/// An order that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The figure that is too small.
    pub(crate) figure: Ordered,
    /// With the arithmetic.
    pub(crate) why: String,
    pub(crate) advice: String,
}

/// The orders that don't hold in `plan`.
pub(crate) fn violations(plan: &Plan) -> Vec<Violation> {
    [
        election_and_heartbeat(plan),
        election_and_round_trip(plan),
        check_and_round_trip(plan),
        detection_and_election(plan),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// From the first failed check to the last: how long detection takes.
pub(crate) fn detection_total(plan: &Plan) -> Duration {
    plan.detection.timeout.saturating_mul(plan.detection.retries.saturating_add(1))
}

/// The longest round trip between two sites.
pub(crate) fn longest_round_trip(plan: &Plan) -> Duration {
    plan.links.iter().flatten().map(|link| link.round_trip).max().unwrap_or_default()
}

fn election_and_heartbeat(plan: &Plan) -> Option<Violation> {
    let (timeout, heartbeat) = (plan.raft.election_timeout, plan.raft.heartbeat);
    let least = heartbeat.saturating_mul(HEARTBEATS);
    (timeout < least).then(|| Violation {
        figure: Ordered::ElectionTimeout,
        why: format!(
            "one lost heartbeat would start an election: the election timeout is {}, less than {HEARTBEATS} x the heartbeat interval of {} = {}",
            ms(timeout),
            ms(heartbeat),
            ms(least)
        ),
        advice: format!("make it at least {}; ten heartbeats are usual", ms(least)),
    })
}

fn election_and_round_trip(plan: &Plan) -> Option<Violation> {
    let (timeout, round_trip) = (plan.raft.election_timeout, longest_round_trip(plan));
    let least = round_trip.saturating_mul(ROUND_TRIPS);
    (timeout < least).then(|| Violation {
        figure: Ordered::ElectionTimeout,
        why: format!(
            "sites could not vote in time: the election timeout is {}, less than {ROUND_TRIPS} x the longest round trip of {} = {}",
            ms(timeout),
            ms(round_trip),
            ms(least)
        ),
        advice: format!("make it at least {}", ms(least)),
    })
}

fn check_and_round_trip(plan: &Plan) -> Option<Violation> {
    let (timeout, round_trip) = (plan.detection.timeout, longest_round_trip(plan));
    let least = round_trip.saturating_mul(ROUND_TRIPS);
    (timeout < least).then(|| Violation {
        figure: Ordered::DetectionTimeout,
        why: format!(
            "healthy sites would fail their checks: a check waits {}, less than {ROUND_TRIPS} x the longest round trip of {} = {}",
            ms(timeout),
            ms(round_trip),
            ms(least)
        ),
        advice: format!("make it at least {}", ms(least)),
    })
}

/// A failover is decided by the new leader: detection must not end before there is one. An election takes up to two election timeouts
/// (they are drawn from one to two), a round trip to ask whether it could be won, and one to win it.
fn detection_and_election(plan: &Plan) -> Option<Violation> {
    let (election, round_trip) = (plan.raft.election_timeout, longest_round_trip(plan));
    let full = election.saturating_mul(2).saturating_add(round_trip.saturating_mul(2));
    let total = detection_total(plan);
    let checks = plan.detection.retries.saturating_add(1);
    (total <= full).then(|| Violation {
        figure: Ordered::DetectionTimeout,
        why: format!(
            "a failover would be decided before there is a leader: detection takes {checks} x {} = {}, an election up to 2 x {} + 2 x {} = {}",
            ms(plan.detection.timeout),
            ms(total),
            ms(election),
            ms(round_trip),
            ms(full)
        ),
        advice: format!("make {checks} checks take more than {}", ms(full)),
    })
}

/// In milliseconds: `2.5 ms`.
pub(crate) fn ms(duration: Duration) -> String {
    format!("{} ms", duration.as_nanos() as f64 / 1e6)
}
