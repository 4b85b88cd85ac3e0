//! The clients' requests: HTTP/1.1 over connections that are kept, through the proxy.
//!
//! - [`wire`]: requests and answers as HTTP
//! - [`pool`]: the connections from a region to a site

pub mod pool;
pub mod wire;

pub use pool::{Pool, Sent};
