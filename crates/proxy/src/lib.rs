//! A TCP proxy that hurts connections on demand and speaks Toxiproxy's HTTP API, so that Toxiproxy's clients drive it unmodified
//! (<https://github.com/Shopify/toxiproxy#http-api>).
//!
//! From the outside in:
//! - [`serve`], [`run`] and [`Server`]: three ways to start it (own listener, own runtime, own thread);
//! - `api/`: the HTTP routes, what they read and what they answer;
//! - `registry`, `proxy`: the named proxies, each with its listener and its toxics;
//! - `connection`, `pump`: one accepted connection and its two directions, moving bytes;
//! - `chain`, `stage`, `toxic/`: what happens to the bytes of one direction. No clock and no socket there: time is an argument.
//!
//! To add a toxic: see the top of `toxic/mod.rs`.
//!
//! # Where it differs from the original on purpose
//! - `timeout` and `bandwidth` with rate 0 *hold* data while they last and deliver it in order once removed, as a network does that
//!   was cut and mended; the original drops it and then closes the connection.
//! - `reset_peer` also resets connections that were open before it was added, and counts from when it takes effect, not from the
//!   first byte.
//! - A half-closed connection stays half-closed, and a reset of one side reaches the other as a reset.
//! - A proxy posted with a non-empty list `toxics` gets exactly these toxics; the original ignores the list.
//! - Unknown attributes are refused instead of ignored.

mod alarm;
mod api;
mod chain;
mod config;
mod connection;
mod error;
mod metrics;
mod proxy;
mod pump;
mod registry;
mod server;
mod stage;
mod toxic;
mod toxics;

pub use config::{Config, DEFAULT_API};
pub use server::{Server, run, serve};
