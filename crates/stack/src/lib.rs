//! The replication and failover stack: sans-IO, no clock, no thread, no file, no socket.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod io;
pub mod message;
