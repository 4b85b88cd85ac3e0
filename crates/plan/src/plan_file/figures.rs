//! `[raft]`, `[detection]`, `[failover]`, `[dns]`, `[service_level]`, `[claims]`.

use super::provenance::Provenance;
use crate::orderings::Ordered;
use crate::plan::{Detection, Level, Raft};
use crate::read::{Field, Table};
use std::ops::Range;
use std::time::Duration;

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// The single sections of a plan.
pub(super) struct Figures {
    pub(super) raft: Raft,
    pub(super) detection: Detection,
    pub(super) notifications: Vec<String>,
    pub(super) dns_ttl: Duration,
    pub(super) level: Level,
    pub(super) latency_claim: Option<Duration>,
    pub(super) places: Places,
}

/// Where the figures stand that must be in order with others.
#[derive(Default)]
pub(super) struct Places {
    election_timeout: Range<usize>,
    timeout: Range<usize>,
    /// Whether all of them could be read.
    pub(super) sound: bool,
}

impl Places {
    /// Where this one stands.
    pub(super) fn of(&self, figure: Ordered) -> &Range<usize> {
        match figure {
            Ordered::ElectionTimeout => &self.election_timeout,
            Ordered::DetectionTimeout => &self.timeout,
        }
    }
}

impl Figures {
    /// Reads the sections.
    pub(super) fn read(root: &Table<'_>, provenance: &Provenance) -> Figures {
        let before = root.sink.count();
        let raft = root.required_table("raft", "[raft]");
        let detection = root.required_table("detection", "[detection]");
        let place = |table: &Option<Table<'_>>, key| {
            table.as_ref().and_then(|table| table.optional(key)).map(|field| field.span)
        };
        let spans = (place(&raft, "election_timeout_ms"), place(&detection, "timeout_ms"));
        let raft = raft.map_or_else(placeholder_raft, |table| read_raft(table, provenance));
        let detection = detection.map_or_else(placeholder_detection, |table| read_detection(table, provenance));
        let places = match spans {
            (Some(election_timeout), Some(timeout)) => {
                Places { election_timeout, timeout, sound: root.sink.count() == before }
            }
            _ => Places::default(),
        };
        let notifications = root.required_table("failover", "[failover]").map(|table| notifications(table, provenance));
        let dns_ttl = root.required_table("dns", "[dns]").map(|table| dns(table, provenance));
        let level = root
            .required_table("service_level", "[service_level]")
            .map_or_else(placeholder_level, |table| read_level(table, provenance));
        let latency_claim = root.table("claims", "[claims]").and_then(|table| claims(table, provenance));
        Figures {
            raft,
            detection,
            notifications: notifications.unwrap_or_default(),
            dns_ttl: dns_ttl.unwrap_or_default(),
            level,
            latency_claim,
            places,
        }
    }
}

fn read_raft(table: Table<'_>, provenance: &Provenance) -> Raft {
    let raft = Raft {
        heartbeat: table.duration("heartbeat_interval_ms", MILLISECOND, HOUR),
        election_timeout: table.duration("election_timeout_ms", MILLISECOND, HOUR),
        snapshot_threshold: table.whole("snapshot_threshold", 1, 1_000_000_000),
        max_batch: table.count("max_batch", 1, 65_536),
        max_in_flight: table.count("max_in_flight", 1, 65_536),
    };
    provenance.read(&table, "");
    table.done();
    raft
}

fn placeholder_raft() -> Raft {
    Raft {
        heartbeat: MILLISECOND,
        election_timeout: MILLISECOND,
        snapshot_threshold: 1,
        max_batch: 1,
        max_in_flight: 1,
    }
}

fn read_detection(table: Table<'_>, provenance: &Provenance) -> Detection {
    let detection = Detection {
        interval: table.duration("interval_ms", MILLISECOND, HOUR),
        timeout: table.duration("timeout_ms", MILLISECOND, HOUR),
        retries: table.count("retries", 0, 100),
    };
    provenance.read(&table, "");
    table.done();
    detection
}

fn placeholder_detection() -> Detection {
    Detection { interval: MILLISECOND, timeout: MILLISECOND, retries: 0 }
}

fn notifications(table: Table<'_>, provenance: &Provenance) -> Vec<String> {
    let items = table.required("notifications").map(|field| field.items_or_none()).unwrap_or_default();
    let mut channels: Vec<String> = Vec::new();
    for (item, channel) in items.iter().filter_map(|item| Some((item, item.text()?))) {
        if channels.iter().any(|known| known == channel) {
            table.sink.error(&item.span, format!("`{channel}` is named twice"), "once is enough".to_owned());
        }
        channels.push(channel.to_owned());
    }
    provenance.read(&table, "");
    table.done();
    channels
}

fn dns(table: Table<'_>, provenance: &Provenance) -> Duration {
    let lifetime = table.duration("lifetime_s", MILLISECOND, DAY);
    provenance.read(&table, "");
    table.done();
    lifetime
}

fn read_level(table: Table<'_>, provenance: &Provenance) -> Level {
    let level = Level {
        sustain: table.duration("sustain_s", MILLISECOND, DAY),
        probes: table.count("probes", 1, 10_000_000),
        success_per_mille: table.required("success_percent").and_then(|field| success(&field)).unwrap_or(1000),
        bound_margin: table.duration("bound_margin_ms", Duration::ZERO, Duration::from_secs(60)),
    };
    provenance.read(&table, "");
    table.done();
    level
}

/// A service level of nothing would be met by a service that is down.
fn success(field: &Field<'_>) -> Option<u32> {
    let per_mille = field.per_mille()?;
    if per_mille == 0 {
        field.sink.error(
            &field.span,
            "a service that always fails would meet this level",
            "write what must succeed, as `99.9`".to_owned(),
        );
    }
    Some(per_mille)
}

fn placeholder_level() -> Level {
    Level { sustain: MILLISECOND, probes: 1, success_per_mille: 1000, bound_margin: Duration::ZERO }
}

fn claims(table: Table<'_>, provenance: &Provenance) -> Option<Duration> {
    let latency = table.optional("latency_ms").and_then(|field| field.duration(MILLISECOND, HOUR));
    provenance.read(&table, "");
    table.done();
    latency
}
