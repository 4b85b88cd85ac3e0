//! Every check against histories that turn it red, that it passes, and that it can't judge.

mod audit_chain;
mod backup_restorable;
mod baseline;
mod beyond_plan;
mod build;
mod campaign;
mod configuration;
mod elle;
mod every_check;
mod failover;
mod hostile;
mod imported;
mod invariants;
mod linearizable;
mod linearizable_by_force;
mod log;
mod phases_of_a_run;
mod public_histories;
mod recovery_time;
mod registry_converges;
mod residency;
mod session_guarantees;
mod transactions;
mod verdict;
