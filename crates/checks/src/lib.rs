//! The judges: what a run's journal proves.
//!
//! [`judge`] goes over a journal with every check and combines what they say. One check a file;
//! each says at its top what it checks, where the definition comes from, and what it does not
//! check.
//!
//! Over what clients saw:
//! - [`linearizable`]: sessions are registers
//! - `session_guarantees`: read your writes, monotonic reads, monotonic writes, writes follow reads
//! - `recovery_time`: outages, and the RTO achieved
//! - `recovery_point`: what was acknowledged and is lost, and the RPO achieved
//! - `log_order`: the transaction log holds each record once, in order
//! - `staleness`: how far the log's asynchronous copies are behind
//! - `holes_refilled`: what was found damaged is whole again
//! - `convergence`: service and agreement after healing
//! - `steady_state`: the drill began with a service that was up
//! - `failover`: the seed's steps, in the seed's order
//! - `journal_complete`: the journal is one of a whole run
//! - `latency_claim`: a claim of the plan, reported and not judged
//!
//! Over the sites' insides, reported apart: `one_leader_per_term`, `applied_digests_agree`,
//! `one_writer_per_epoch`, and in `sites_insides` what the world itself judged.
//!
//! Over imported histories of transactions: [`elle`], anomalies and isolation.
//!
//! Over facts that no machine of the stack tells yet, so that [`judge`] does not list them: [`configuration`],
//! [`registry_converges`], [`backup_restorable`], [`residency`], [`audit_chain`].
//!
//! Over two journals: [`baseline`], what faults cost against the same run without.
//!
//! Besides: `faults` (what really struck), `beyond_plan`, [`distribution`] (many runs), `facts` and
//! `level` (what several checks need).
//!
//! To add a check: a file with its definition, its source and what it does not check; a function
//! from `Facts` to a [`CheckResult`]; its line in `judge`; and in `tests/` a history that turns it
//! red, one that it passes, and one that it can't judge.
#![forbid(unsafe_code)]

mod applied_digests_agree;
pub mod audit_chain;
pub mod backup_restorable;
pub mod baseline;
mod beyond_plan;
pub mod configuration;
mod convergence;
pub mod distribution;
pub mod elle;
mod facts;
mod failover;
mod faults;
mod holes_refilled;
mod journal_complete;
mod judge;
pub mod judgement;
mod latency_claim;
mod level;
pub mod linearizable;
mod log_order;
mod one_leader_per_term;
mod one_writer_per_epoch;
mod recovery_point;
mod recovery_time;
pub mod registry_converges;
pub mod residency;
mod session_guarantees;
mod sites_insides;
mod staleness;
mod steady_state;
pub mod verdict;

pub use distribution::Campaign;
pub use judge::{Options, judge};
pub use judgement::{
    CheckKind, CheckResult, ClaimResult, ClaimVerdict, Destruction, FaultResult, Judgement, ObjectiveResult,
    PhaseResult,
};
pub use verdict::Verdict;
