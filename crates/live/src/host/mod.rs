//! What this machine can do besides its container engine, as far as it lets us. Most of it needs root.
//!
//! - [`command`]: runs a program
//! - [`rights`](mod@rights): which of it works here, tried once on something that is thrown away
//! - [`filter`]: the packet filter, in a container's network namespace
//! - [`disk`], [`damage`]: a file system of its own for a site, and what can be done to its files
//! - [`failing`]: a file system that fails when it is told to, through which a site sees its own

pub mod command;
pub mod damage;
pub mod disk;
pub mod failing;
pub mod filter;
pub mod rights;

pub use rights::{Rights, rights};
