//! What may be wrong with a plan: one file per rule, with its definition and where that is from.
//!
//! - `fd10…`: availability; `fd11…`: recovery times and takeover; `fd12…`: recovery points; `fd13…`: consistency; `fd14…`: latency and
//!   bandwidth; `fd15…`: capacity; `fd16…`: residency and compliance; `fd17…`: backups and retention; `fd18…`: money; `fd19…`: tests,
//!   people and papers; `fd20…`: what is said twice; `fd00…`: acceptances
//!
//! A code never changes its meaning, and is not used again when its rule is gone.

mod backup_interval;
mod bandwidth;
mod baseline_latency;
mod capacity;
mod channels;
mod commit_latency;
mod compliance;
mod conflict;
mod consistency;
mod country;
mod dependency_rto;
mod dependency_time;
mod deployment;
mod encryption;
mod escalation;
mod frequency;
mod impact;
mod kpi_recovery;
mod measured_less;
mod monitor;
mod no_backup;
mod no_quorum;
mod overlapping;
mod priority;
mod readiness;
mod recovery_point;
mod recovery_time;
mod residency;
mod restore_unstated;
mod retention;
mod return_base;
mod said_twice;
mod success;
mod succession;
mod sums;
mod sync_interval;
mod thresholds;
mod throughput;
mod traffic;
mod uptime_budget;
mod utilisation;
mod verification;
mod versions;

pub(super) use said_twice::without_told;

use super::{Facts, Finding};

/// A rule.
pub struct Rule {
    /// Its code: `FD1001`.
    pub code: &'static str,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// What it looks at, when it finds something, and what to do about it.
    pub about: &'static str,
    /// Where the definition is from.
    pub source: &'static str,
    pub(crate) check: fn(&Facts<'_>) -> Vec<Finding>,
}

/// All rules, in the order of their codes.
pub const RULES: [&Rule; 47] = [
    &ENDED,
    &IDLE,
    &uptime_budget::RULE,
    &deployment::RULE,
    &measured_less::RULE,
    &kpi_recovery::RULE,
    &no_quorum::RULE,
    &succession::RULE,
    &readiness::RULE,
    &recovery_time::RULE,
    &escalation::RULE,
    &dependency_time::RULE,
    &dependency_rto::RULE,
    &recovery_point::RULE,
    &backup_interval::RULE,
    &restore_unstated::RULE,
    &no_backup::RULE,
    &sync_interval::RULE,
    &consistency::RULE,
    &conflict::RULE,
    &monitor::RULE,
    &commit_latency::RULE,
    &baseline_latency::RULE,
    &bandwidth::RULE,
    &throughput::RULE,
    &capacity::RULE,
    &utilisation::RULE,
    &thresholds::RULE,
    &residency::REPLICAS,
    &residency::NOWHERE,
    &residency::BACKUPS,
    &country::RULE,
    &compliance::RULE,
    &retention::RULE,
    &versions::RULE,
    &encryption::RULE,
    &verification::RULE,
    &sums::RULE,
    &return_base::RULE,
    &impact::RULE,
    &frequency::RULE,
    &success::RULE,
    &overlapping::RULE,
    &priority::RULE,
    &traffic::RULE,
    &channels::RULE,
    &said_twice::RULE,
];

/// The rule of this code, whatever its case.
pub fn find(code: &str) -> Option<&'static Rule> {
    RULES.into_iter().find(|rule| rule.code.eq_ignore_ascii_case(code))
}

/// Told by [`super::accept`].
static ENDED: Rule = Rule {
    code: "FD0001",
    title: "an acceptance is over",
    about: "The plan accepts a finding with `[[accept]]` until a day that is past. The finding counts again. Mend what it tells of, or decide \
            anew and name a later day.",
    source: "Firedrill",
    check: |_| Vec::new(),
};

/// Told by [`super::accept`].
static IDLE: Rule = Rule {
    code: "FD0002",
    title: "an acceptance accepts nothing",
    about: "The plan accepts a finding with `[[accept]]` that the analysis does not make. Leave the acceptance out, or it will hide the finding \
            when it comes back.",
    source: "Firedrill",
    check: |_| Vec::new(),
};
