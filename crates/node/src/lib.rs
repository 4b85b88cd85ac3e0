//! The site process: the one async shell around the stack.
//!
//! - [`host`]: what the shell needs from the machine it runs on: a network, a disk, a clock
//! - [`tokio_host`]: those three on tokio, the operating system's files and its monotonic clock
//! - [`machine`]: what the shell runs: the site, or a stand-in in tests
//! - [`core`]: the one task that owns the machine: inputs in, outputs out, in order
//! - [`frame`], [`outbox`], [`outgoing`], [`incoming`]: messages between sites over TCP
//! - [`http`]: the clients' way in; [`framed`]: the same on simulated hosts, without HTTP
//! - `tasks`: spawned tasks that end with their owner; [`switches`]: which hazards of the shell are on
//! - [`observe`]: what the site tells, as lines of JSON
//! - [`config`], [`shell`], [`run`]: what a process is told, its parts put together, and the process itself
//!
//! To run the shell on another host: leave out the feature `process`, implement the traits of [`host`] and call [`shell::start`].
#![forbid(unsafe_code)]

pub mod config;
pub mod core;
pub mod frame;
pub mod framed;
pub mod host;
#[cfg(feature = "process")]
pub mod http;
pub mod incoming;
pub mod machine;
pub mod observe;
pub mod outbox;
pub mod outgoing;
mod pretend;
#[cfg(feature = "process")]
pub mod run;
pub mod shell;
pub mod switches;
pub mod tasks;
#[cfg(feature = "process")]
pub mod tokio_host;

pub use config::NodeConfig;
#[cfg(feature = "process")]
pub use run::{NodeError, RunArgs, run};
