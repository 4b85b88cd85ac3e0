//! The journal of a run: a manifest and events; its canonical binary form and digest; readers and
//! writers.
//!
//! - [`manifest`]: what the run was
//! - [`event`]: what happened
//! - [`journal`]: the two together, in memory
//! - [`digest`]: the canonical binary form, and the SHA-256 over it
//! - [`recorder`]: takes events one by one and hashes them as they come
//! - [`writer`]: JSON Lines, compressed; whole or as a run goes on
//! - [`reader`]: reads them back, and trusts nothing in them
//! - [`import`]: other people's histories, read into one shape
//! - [`read_error`]: what can be wrong with a file, and what to do about it
//!
//! To add an event: a variant of [`Event`] at the end (the canonical form numbers variants in
//! order), its line in [`Event::t`], its strategy in `tests/arbitrary`; and a new
//! [`manifest::FORMAT`] if an older reader must not take it.
#![forbid(unsafe_code)]

pub mod digest;
pub mod event;
pub mod import;
pub mod journal;
pub mod manifest;
pub mod read_error;
pub mod reader;
pub mod recorder;
pub mod writer;

pub use digest::{Digest, EventHasher};
pub use event::{Event, Phase, Purpose};
pub use journal::Journal;
pub use manifest::{Environment, Manifest, ScheduledFault};
pub use read_error::{ReadError, ReadProblem};
pub use recorder::Recorder;
pub use writer::StreamWriter;
