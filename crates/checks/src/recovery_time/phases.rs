//! What an outage was spent on: detect, decide, isolate, promote, redirect, verify.
//!
//! Each phase lies between two observations: the onset; the first site that counts the failed one
//! as down; the failover is decided; the epoch is raised; the service is promoted; the first good
//! probe of the service from the region; the probe from which the level holds. A phase whose end
//! was not observed within the outage did not take place, and its time is the next one's. The
//! phases add up to the outage.
//!
//! The failover is the first that was decided within the outage and went further than to declare a
//! site down.

use super::outage::Outage;
use crate::facts::Facts;
use crate::facts::failovers::Failover;
use crate::judgement::PhaseResult;
use crate::level::Series;
use firedrill_model::{ServiceId, Time};

/// The phases of an outage, in order. Of one that was still open: those that ended.
pub(crate) fn split(facts: &Facts<'_>, service: ServiceId, series: &Series, outage: &Outage) -> Vec<PhaseResult> {
    let last = outage.until.unwrap_or(Time::MAX);
    let decided_within = |failover: &&Failover<'_>| {
        failover.decided.t >= outage.from && failover.decided.t <= last && failover.isolated.is_some()
    };
    let failover = facts.failovers.iter().find(decided_within);
    let detected = failover.and_then(|failover| {
        let mut down = facts.peers_down.iter().filter(|(t, _)| *t >= outage.from && *t <= failover.decided.t);
        down.find(|(_, peer)| *peer == failover.failed).map(|(t, _)| *t)
    });
    let promoted = failover.and_then(|failover| failover.promotion(service)).map(|at| at.t);
    let redirected = promoted.and_then(|promoted| {
        let good = series.probes.iter().filter(|probe| probe.good && probe.returned >= promoted);
        good.map(|probe| probe.returned).min()
    });
    let ends = [
        ("detect", detected),
        ("decide", failover.map(|failover| failover.decided.t)),
        ("isolate", failover.and_then(|failover| failover.isolated).map(|(at, ..)| at.t)),
        ("promote", promoted),
        ("redirect", redirected),
        ("verify", outage.until),
    ];
    let mut from = outage.from;
    let phase = |(phase, end): (&str, Option<Time>)| {
        let end = end.filter(|end| *end >= from && *end <= last);
        let seconds = end.map(|end| end.since(std::mem::replace(&mut from, end)).as_secs_f64());
        PhaseResult { phase: phase.to_owned(), seconds }
    };
    ends.into_iter().map(phase).collect()
}
