//! The journal of a run: a manifest and events; its canonical binary form and digest; readers and writers.
//!
//! - [`manifest`]: what the run was
//! - [`event`]: what happened
//! - [`journal`]: the two together, in memory, with their digest
#![forbid(unsafe_code)]

pub mod event;
pub mod manifest;

pub use event::{Event, Phase, Purpose};
pub use manifest::{Environment, Manifest, ScheduledFault};
