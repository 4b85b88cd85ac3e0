//! `[raft]`, `[detection]`, `[failover]`, `[dns]`, `[service_level]`, `[claims]`.

use crate::document::{PlanDocument, Stated};
use crate::orderings::Ordered;
use crate::plan::{Detection, Level, Raft};
use crate::read::Sink;
use std::ops::Range;
use std::time::Duration;

/// The single sections of a plan.
pub(super) struct Figures {
    pub(super) raft: Raft,
    pub(super) detection: Detection,
    pub(super) notifications: Vec<String>,
    pub(super) dns_ttl: Duration,
    pub(super) level: Level,
    pub(super) latency_claim: Option<Duration>,
    /// Whether those that must be in order with others could be read.
    pub(super) sound: bool,
}

/// Where a figure stands that must be in order with others.
pub(super) fn place(document: &PlanDocument, figure: Ordered) -> Range<usize> {
    match figure {
        Ordered::ElectionTimeout => document.raft.election_timeout.span.into(),
        Ordered::DetectionTimeout => document.detection.timeout.span.into(),
    }
}

impl Figures {
    /// Resolves the sections.
    pub(super) fn resolve(sink: &Sink<'_>, document: &PlanDocument) -> Figures {
        let (raft, detection, level) = (&document.raft, &document.detection, &document.service_level);
        some_must_succeed(sink, document);
        Figures {
            raft: Raft {
                heartbeat: raft.heartbeat.value,
                election_timeout: raft.election_timeout.value,
                snapshot_threshold: raft.snapshot_threshold.value,
                max_batch: count(&raft.max_batch),
                max_in_flight: count(&raft.max_in_flight),
            },
            detection: Detection {
                interval: detection.interval.value,
                timeout: detection.timeout.value,
                retries: count(&detection.retries),
            },
            notifications: document.failover.notifications.value.iter().cloned().collect(),
            dns_ttl: document.dns.lifetime.value,
            level: Level {
                sustain: level.sustain.value,
                probes: count(&level.probes),
                success_per_mille: level.success_percent.value.0,
                bound_margin: level.bound_margin.value,
            },
            latency_claim: document.claims.as_ref().and_then(|claims| Some(claims.latency.as_ref()?.value)),
            sound: raft.section.sound && detection.section.sound,
        }
    }
}

/// A service level of nothing would be met by a service that is down.
fn some_must_succeed(sink: &Sink<'_>, document: &PlanDocument) {
    let success = &document.service_level.success_percent;
    if success.value.0 == 0 {
        let advice = "write what must succeed, as `99.9`".to_owned();
        sink.error(&success.span.into(), "a service that always fails would meet this level", advice);
    }
}

/// A number that was read within bounds that fit.
fn count(stated: &Stated<u64>) -> u32 {
    u32::try_from(stated.value).unwrap_or(u32::MAX)
}
