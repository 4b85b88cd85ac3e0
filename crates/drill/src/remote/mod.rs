//! A world in another process, over its standard input and output.
//!
//! - [`wire`]: what is said, and its frames
//! - [`client`]: the world as the drill sees it
//! - [`server`]: the program that holds the world
//! - `invariant`: names of invariants on the wire
//!
//! The program says first what it can do ([`wire::Hello`]); it is told what to make ([`wire::Begin`]), then steps, and answers each. It ends with its input.

pub mod client;
pub(crate) mod invariant;
pub mod server;
pub mod wire;

pub use client::Remote;
