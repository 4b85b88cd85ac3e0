//! What disaster recovery costs in performance; alerts, dashboards, validation.

use super::record::records;
use super::{Decimal, List, Name};
use std::time::Duration;

records! {
    /// A figure without and with disaster recovery.
    Baseline in [[baseline]] {
        /// of what
        name: "name" must Name;
        /// in which unit
        unit: "unit" must String;
        /// without
        current: "current" must Decimal => Claim;
        /// with
        with_dr: "with_dr" must Decimal => Claim;
        /// the difference, as the document has it
        impact_percent: "impact_percent" may Decimal [-100, 10_000] => Claim;
        /// by what it is made less
        mitigation: "mitigation" may String => Claim;
    }

    /// How a resource is used.
    Optimization in [[optimization]] {
        /// which resource
        name: "name" must Name;
        /// to be reached
        target_percent: "target_percent" may Decimal => Claim;
        /// somebody is told above this
        alert_percent: "alert_percent" may Decimal => Claim;
        /// another way is taken above this
        failover_threshold_percent: "failover_threshold_percent" may Decimal => Claim;
        /// whether capacity follows the load
        auto_scaling: "auto_scaling" may bool => Claim;
        /// whether it is watched
        monitoring: "monitoring" may bool => Claim;
        /// whether it is compressed
        compression: "compression" may bool => Claim;
        /// whether connections are kept
        connection_pooling: "connection_pooling" may bool => Claim;
        /// how load is spread
        load_balancing: "load_balancing" may Name => Claim;
        /// how memory is freed
        gc_strategy: "gc_strategy" may Name => Claim;
        /// what is forgotten first
        caching: "caching" may Name => Claim;
        /// no more than this
        limit_bytes: "limit_bytes" may u64 => Claim;
        /// whether leaks are looked for
        leak_detection: "leak_detection" may bool => Claim;
    }

    /// When somebody is told.
    Alert in [[alert]] {
        /// of what
        name: "name" must Name;
        /// which percentile, if one
        percentile: "percentile" may Name => Claim;
        /// above this
        threshold: "threshold" must Decimal => Claim;
        /// in this unit
        unit: "unit" must String;
    }

    /// What is watched.
    Monitoring in [monitoring] {
        /// what is measured
        metrics: "metrics" must List<Name> => Claim;
        /// of latencies
        percentiles: "percentiles" may List<Name> => Claim;
        /// a dashboard is drawn again after this
        refresh: "refresh_s" may Duration => Claim;
        /// it goes back so far
        history: "history_h" may Duration => Claim;
        /// how the future is guessed
        forecasting: "forecasting" may Name => Claim;
    }

    /// What is validated all the time.
    Validation in [validation] {
        /// from one validation to the next
        interval: "interval_ms" must Duration => Claim;
        /// what
        checks: "checks" must List<Name> => Claim;
        /// so many critical findings are borne
        critical_max: "critical_max" may u64 => Claim;
        /// so many high ones
        high_max: "high_max" may u64 => Claim;
        /// so many medium ones
        medium_max: "medium_max" may u64 => Claim;
        /// so many low ones
        low_max: "low_max" may u64 => Claim;
        /// whether the next is called if nobody answers
        escalation: "escalation" may bool => Claim;
        /// channels that are told
        notifications: "notifications" may List<String> => Claim;
    }
}
