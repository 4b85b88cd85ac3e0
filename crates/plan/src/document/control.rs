//! What the control plane does: consensus, detection, failover, failback, DNS; continuity strategies; what a run is judged by.

use super::record::records;
use super::{Decimal, Decision, DependencyName, List, Name, PerMille, ServiceName};
use std::time::Duration;

records! {
    /// Raft's figures.
    Raft in [raft] {
        /// a leader is heard from at least this often
        heartbeat: "heartbeat_interval_ms" must Duration [1, 3_600_000] => Parameter;
        /// without a leader for once to twice this, a site asks for votes
        election_timeout: "election_timeout_ms" must Duration [1, 3_600_000] => Parameter;
        /// entries kept before a snapshot is taken
        snapshot_threshold: "snapshot_threshold" must u64 [1, 1_000_000_000] => Parameter;
        /// entries in a message, at most
        max_batch: "max_batch" must u64 [1, 65_536] => Parameter;
        /// unacknowledged messages to a follower, at most
        max_in_flight: "max_in_flight" must u64 [1, 65_536] => Parameter;
    }

    /// How a failure is detected.
    Detection in [detection] {
        /// from one good health check to the next
        interval: "interval_ms" must Duration [1, 3_600_000] => Parameter Scalable;
        /// a check without an answer for this long has failed
        timeout: "timeout_ms" must Duration [1, 3_600_000] => Parameter Scalable;
        /// failed checks after the first, until a site counts as down
        retries: "retries" must u64 [0, 100] => Parameter;
        /// by what
        method: "method" may Name;
    }

    /// What a failover is.
    Failover in [failover] {
        /// channels that are told of a failover, in this order
        notifications: "notifications" must List<String> => Parameter;
        /// who decides that it begins
        decision: "decision" may Decision => Claim;
        /// until a person has decided, where one must
        approval: "approval_s" may Duration => Claim;
        /// what is failed over
        services: "services" may List<ServiceName> => Claim;
        /// what all of them need
        needs: "needs" may List<DependencyName> => Claim;
        /// nobody has answered for so long: the next is called
        escalation_timeout: "escalation_timeout_s" may Duration => Claim;
        /// what is done, in order
        steps: "steps" may List<String> => Claim;
        /// how traffic is spread over the sites that are left
        algorithm: "algorithm" may Name => Claim;
        /// dependencies that are not ready are looked at again after this
        dependency_wait: "dependency_wait_ms" may Duration => Claim;
        /// how a service is recovered, in order
        recovery_steps: "recovery_steps" may List<String> => Claim;
    }

    /// How the primary gets its work back.
    Failback in [failback] {
        /// what begins it
        trigger: "trigger" must Name => Claim;
        /// from then on, until it begins
        grace_period: "grace_period_s" must Duration => Claim;
        /// how traffic moves
        traffic_split: "traffic_split" may Name => Claim;
        /// whether the primary is validated first
        validation_required: "validation_required" may bool => Claim;
        /// whether a failure undoes it
        rollback_on_failure: "rollback_on_failure" may bool => Claim;
        /// channels that are told
        notifications: "notifications" may List<String> => Claim;
    }

    /// How clients find the site that serves.
    Dns in [dns] {
        /// clients keep an answer so long
        lifetime: "lifetime_s" must Duration [0.001, 86_400] => Parameter Scalable;
    }

    /// When a service counts as up.
    ServiceLevel in [service_level] {
        /// the level must hold so long before a service counts as up
        sustain: "sustain_s" must Duration [0.001, 86_400] => Objective;
        /// with at least so many probes
        probes: "probes" must u64 [1, 10_000_000] => Objective;
        /// of which so many succeed in time
        success_percent: "success_percent" must PerMille => Objective;
        /// on top of the round trips that an operation needs
        bound_margin: "bound_margin_ms" must Duration [0, 60_000] => Objective;
    }

    /// What the document promises of operations.
    Claims in [claims] {
        /// of any operation
        latency: "latency_ms" may Duration [1, 3_600_000] => Claim;
    }

    /// Serving from several sites at once.
    ActiveActive in [active_active] {
        /// how traffic is spread
        distribution: "traffic_distribution" must Name => Claim;
        /// a site with less of its capacity than this is left
        failover_threshold_percent: "failover_threshold_percent" must Decimal => Claim;
        /// from one health check to the next
        health_check_interval: "health_check_interval_ms" may Duration => Claim;
        /// whether calls to what is down are cut short
        circuit_breaker: "circuit_breaker" may bool => Claim;
        /// of a call
        max_retries: "max_retries" may u64 => Claim;
        /// of a call
        timeout: "timeout_ms" may Duration => Claim;
    }

    /// Capacity that is hired when it is short.
    Bursting in [bursting] {
        /// from whom
        provider: "provider" must Name => Claim;
        /// of what is there, when so much is used
        trigger_percent: "trigger_percent" must Decimal => Claim;
        /// at most so much, of the primary's capacity
        max_capacity_percent: "max_capacity_percent" must Decimal [0, 10_000] => Claim;
        /// until it serves
        start: "start_s" may Duration => Claim;
        /// whether it follows the load by itself
        auto_scaling: "auto_scaling" may bool => Claim;
        /// whether costs are bounded
        cost_controls: "cost_controls" may bool => Claim;
        /// where, as the provider calls it
        regions: "regions" may List<Name> => Claim;
        /// the areas that those are in, as the residency rules call them
        areas: "areas" may List<Name> => Claim;
    }
}
