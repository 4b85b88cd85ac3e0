//! The container world: one container per site on one host, their links through a proxy that can hurt them, faults for real.
//!
//! - [`world`]: [`Live`], which is a [`firedrill_drill::world::World`]
//! - [`preview`]: what a run will make and do, before anything is made
//! - [`cleanup`](mod@cleanup): removes what a run left that was killed
//! - [`engine`]: the container engine: image, network, containers, labels
//! - [`links`]: one proxy entry for each direction of each link, and what faults do to it
//! - [`client`]: the clients' requests over HTTP
//! - [`faults`]: what does each fault
//! - [`host`]: what this machine can do besides the engine: packet filter, file systems
//! - [`hands`]: carries out the drill's commands, each at its time
//! - [`logs`], [`events`]: what the sites tell, and all that happens, on its way to the drill
//! - [`halt`], [`clock`], [`error`]: stopping a run, its time, what can go wrong
//!
//! To add a fault: its mechanism in [`faults::mechanism`], its lines in `Faults::begin` and `Faults::end`, and when it is told in `Faults::telling`.
#![forbid(unsafe_code)]

pub mod cleanup;
pub mod client;
pub mod clock;
pub mod engine;
pub mod error;
pub mod events;
pub mod faults;
pub mod halt;
pub mod hands;
pub mod host;
pub mod links;
pub mod logs;
pub mod preview;
mod start;
pub mod world;

pub use cleanup::cleanup;
pub use engine::available;
pub use error::LiveError;
pub use faults::mechanism::Storage;
pub use halt::Halt;
pub use preview::plan_of_work;
pub use world::{Live, LiveOptions, capabilities};
