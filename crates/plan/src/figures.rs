//! Which figures of a plan are what. A *parameter* is obeyed by the stack, an *objective* is what a run is judged by, a *claim* is what a
//! run must prove and is never turned into a delay or a constant, *physics* is what a world imitates. A *scalable* figure may be divided
//! by a live run's time scale. The README's table is made from this one.

/// What a figure is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The stack obeys it.
    Parameter,
    /// A run is judged by it.
    Objective,
    /// A run must prove it; reported, and judged only where a scenario says so.
    Claim,
    /// A world imitates it.
    Physics,
}

/// A figure of a plan file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The section: `raft`.
    pub section: &'static str,
    /// The key, which ends in its unit.
    pub key: &'static str,
    /// What it is for.
    pub used: Use,
    /// Whether a time scale divides it.
    pub scalable: bool,
    /// In a few words.
    pub about: &'static str,
}

const fn figure(section: &'static str, key: &'static str, used: Use, scalable: bool, about: &'static str) -> Figure {
    Figure { section, key, used, scalable, about }
}

/// All of them, in the order of the file.
pub const FIGURES: [Figure; 29] = [
    figure(
        "site",
        "capacity_percent",
        Use::Parameter,
        false,
        "of the primary's; the site's weight in the weighted round robin",
    ),
    figure("link", "round_trip_ms", Use::Physics, false, "between two sites"),
    figure("region", "round_trip_ms", Use::Physics, false, "from the region's clients to each site"),
    figure("tier", "rto_s", Use::Objective, true, "recovery time objective of the tier's services"),
    figure("service", "priority", Use::Parameter, false, "P0 is promoted first"),
    figure("service", "depends_on", Use::Parameter, false, "services that must be promoted before"),
    figure("raft", "heartbeat_interval_ms", Use::Parameter, false, "a leader is heard from at least this often"),
    figure(
        "raft",
        "election_timeout_ms",
        Use::Parameter,
        false,
        "without a leader for once to twice this, a site asks for votes",
    ),
    figure("raft", "snapshot_threshold", Use::Parameter, false, "entries kept before a snapshot is taken"),
    figure("raft", "max_batch", Use::Parameter, false, "entries in a message, at most"),
    figure("raft", "max_in_flight", Use::Parameter, false, "unacknowledged messages to a follower, at most"),
    figure("detection", "interval_ms", Use::Parameter, true, "from one good health check to the next"),
    figure("detection", "timeout_ms", Use::Parameter, true, "a check without an answer for this long has failed"),
    figure("detection", "retries", Use::Parameter, false, "failed checks after the first, until a site counts as down"),
    figure("failover", "notifications", Use::Parameter, false, "channels that are told of a failover, in this order"),
    figure(
        "transaction_log",
        "synchronous",
        Use::Parameter,
        false,
        "sites that hold a record durably before it is acknowledged, besides the writer",
    ),
    figure(
        "transaction_log",
        "without_copy",
        Use::Parameter,
        false,
        "while a synchronous copy is out: `stop`, or `asynchronous`: go on without it and say so",
    ),
    figure("transaction_log", "copy_timeout_ms", Use::Parameter, false, "a copy silent for this long is out"),
    figure(
        "transaction_log",
        "send_interval_ms",
        Use::Parameter,
        false,
        "from one shipment to the other sites to the next",
    ),
    figure("transaction_log", "retention_days", Use::Parameter, false, "older records may be dropped"),
    figure("transaction_log", "rpo_s", Use::Objective, false, "recovery point objective of the transaction log"),
    figure("transaction_log", "staleness_s", Use::Objective, false, "an asynchronous copy may be behind by so much"),
    figure("sessions", "rpo_s", Use::Objective, false, "recovery point objective of the session store"),
    figure("dns", "lifetime_s", Use::Parameter, true, "clients keep an answer so long"),
    figure(
        "service_level",
        "sustain_s",
        Use::Objective,
        false,
        "the level must hold so long before a service counts as up",
    ),
    figure("service_level", "probes", Use::Objective, false, "with at least so many probes"),
    figure("service_level", "success_percent", Use::Objective, false, "of which so many succeed in time"),
    figure(
        "service_level",
        "bound_margin_ms",
        Use::Objective,
        false,
        "on top of the round trips that an operation needs",
    ),
    figure("claims", "latency_ms", Use::Claim, false, "of any operation"),
];
