//! What the simulated hosts, turmoil and madsim, share: the node's shell at the sites, clients in the regions, faults, and the
//! [`World`](firedrill_drill::World) around them.
//!
//! A host brings a runtime with virtual time, streams between addresses, and a way to start and kill what runs at one
//! ([`host::Host`], [`wires::Wires`]). The rest is here, one idea a file: `stage` what all parts share, `site` the shell with its `process`, `clock` and
//! `disk`; `net` and `stream` what machines do with connections that the runtimes leave out; `clients`; `world` the loop, `faults` what goes wrong.
//!
//! To add a fault: an arm in `faults` and its kind in [`faults::KINDS`]. To add a host: see `sim/hosts`.
#![forbid(unsafe_code)]

pub mod clients;
mod clock;
mod disk;
pub mod faults;
pub mod host;
mod net;
mod process;
mod queues;
pub mod site;
pub mod stage;
mod stream;
pub mod wires;
pub mod world;

pub use host::Host;
pub use stage::Stage;
pub use wires::Wires;
pub use world::Hosted;
