//! The links: every direction between two sites, and every pair of a region and a site, is an entry of the proxy.
//!
//! - [`entries`]: which entries a plan has
//! - [`effect`]: what faults do to each
//! - [`control`]: tells the proxy

pub mod control;
pub mod effect;
pub mod entries;

pub use entries::{Entry, entries};
