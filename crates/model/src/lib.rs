//! The shared words: what every part of Firedrill means by a site, a time, an operation, a fault, an observation.
//!
//! `no_std` with `alloc`, so that the replication stack can use it without being able to name a clock, a thread or a file.
//! One idea a file:
//!
//! - [`time`]: instants, in nanoseconds since the start of the run
//! - [`ids`]: sites, regions, services, clients, operations, terms, epochs; sets of sites
//! - [`op`]: what clients ask of the session store, and what became of it
//! - [`fault`]: what goes wrong
//! - [`observation`]: what a site says about itself
//! - [`config`]: the figures that the stack obeys
//! - [`hazard`]: documented mistakes that can be switched on, to measure the harness
//! - [`objectives`]: what a run must prove
//! - [`rng`]: seeded random streams, one per component
#![no_std]
extern crate alloc;

pub mod config;
pub mod fault;
pub mod hazard;
pub mod ids;
pub mod objectives;
pub mod observation;
pub mod op;
pub mod rng;
pub mod time;

pub use config::{HealthConfig, RaftConfig, ServiceConfig, SiteConfig, StackConfig, TransactionLogConfig, WithoutCopy};
pub use fault::{Direction, Endpoint, Fault, FaultKind, FileClass, IoMethod};
pub use hazard::{Hazard, HazardSet};
pub use ids::{ClientId, Epoch, FaultId, LogIndex, OpId, Position, RegionId, ServiceId, SiteId, SiteSet, Term};
pub use objectives::{ClassObjective, DataClass, Objectives, ServiceLevel, ServiceObjective};
pub use observation::{Observation, Role, StorageArea};
pub use op::{Key, NotApplied, Op, OpResult, Outcome, Request, Response, SessionId, Value};
pub use rng::Rng;
pub use time::Time;
