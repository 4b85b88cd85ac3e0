//! What drives a run: schedule, clients, probers, healing; and the contract with the worlds.
//!
//! - [`world`]: the contract between the drill and a world
//! - [`schedule`]: a scenario made concrete: what a seed drew
//! - [`drill`]: clients, probers, DNS zone and phases as one sans-IO machine, the same in all worlds
//! - [`mod@run`]: the loop that lets the two run together, feeding a [`sink`]
//! - [`zone`], [`resolver`]: how clients find a site
//! - [`remote`]: a world in another process, over its standard input and output
//! - [`conformance`]: the suite that every world passes
//!
//! To add something that clients do: `clients` and [`firedrill_model::Op`]. To add a phase: `director::Stage`.
#![forbid(unsafe_code)]

mod clients;
pub mod conformance;
mod convergence;
mod desk;
mod director;
pub mod drill;
mod keys;
mod log_scan;
mod probers;
pub mod remote;
pub mod resolver;
pub mod run;
pub mod schedule;
mod session;
mod shared;
pub mod sink;
mod watch;
pub mod world;
pub mod zone;

pub use drill::Drill;
pub use run::{Go, run, step};
pub use schedule::Schedule;
pub use sink::Sink;
pub use world::{Capabilities, Physics, Setup, World};
