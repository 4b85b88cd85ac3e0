//! The simulator: a world in which the stack runs on simulated links, disks and clocks, in virtual time, and every run can be repeated
//! from its seed.
//!
//! - [`Sim`] is the world; a clone of it is a fork
//! - [`bulk`] runs many seeds over threads
//! - [`device`] is a site's disk alone, for worlds that bring their own processes and network
//! - [`process`] is what a site's process must be able to do, so that something else than the stack can run there
//!
//! Inside, one idea a file: `sim` the loop, `event` and `queue` what is to happen and when, `network`, `disk`, `host` the physics, `effects` what reaches
//! processes and what they want done, `lifecycle` and `faults` what goes wrong, `requests` the clients' connections, `invariants` what must always hold,
//! `wire` how large messages are, `draw` draws by name, `chunks` a list that forks cheaply.
//!
//! Deterministic: no clock, no randomness but the seed's, no order that depends on hashing, no platform's floating point in what decides.
//!
//! To add a fault: see `faults`; a fault of disks: see `disk`; an invariant: see `invariants`.

pub mod bulk;
mod chunks;
pub mod device;
mod disk;
mod draw;
mod effects;
mod event;
mod faults;
mod host;
mod invariants;
mod lifecycle;
mod network;
pub mod process;
mod queue;
mod requests;
mod sim;
mod wire;

pub use lifecycle::log_key;
pub use process::Process;
pub use sim::{Sim, capabilities};
