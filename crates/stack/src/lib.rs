//! The replication and failover stack: sans-IO, no clock, no thread, no file, no socket.
//!
//! A [`Site`] is told facts ([`io::Input`]) and asked what it wants done ([`io::Output`]) and when it wants to be woken
//! ([`Site::poll_deadline`]). Whoever runs it (the simulator, a container's process) supplies time, randomness and identity.
//! Everything is `Clone` and cheap to clone, so that worlds fork.
//!
//! *Protocol machines* speak on the network or to the disk, one folder or file each:
//! - [`raft`]: one log for all three sites; elections, replication, reads
//! - [`storage`]: metadata, log and snapshots on a disk that may fail
//! - [`health`]: which peers answer
//! - [`wal`]: the transaction log
//!
//! *Control machines* are pure state over the entries of that log:
//! - [`sessions`]: the session store, and the client sessions by which a retried write applies once
//! - [`control`]: which site is primary in which epoch, where services are promoted, the steps of a failover
//!
//! [`snapshot`] is what all of them are as of one entry, so that the log before it can be dropped.
//!
//! [`site`] only routes between them. To add a machine: a file for it, a message or an entry for what it says, and its lines in
//! `site`. To add a hazard: see `firedrill_model::hazard`, and call [`switches::Switches::on`] at the line of the mistake.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod control;
pub mod entry;
pub mod health;
pub mod io;
pub mod log;
pub mod memory;
pub mod message;
pub mod pages;
pub mod raft;
pub mod restart;
pub mod sessions;
pub mod site;
pub mod snapshot;
pub mod storage;
pub mod switches;
pub mod wal;

pub use io::{DiskError, DiskOp, DiskToken, FileId, Input, Output, Ticket};
pub use message::{Message, RaftMessage};
pub use site::Site;
pub use wal::key::LogKey;
