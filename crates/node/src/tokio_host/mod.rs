//! The host of real processes: tokio's sockets and timers, the operating system's files and monotonic clock.

pub mod clock;
pub mod disk;
pub mod files;
pub mod net;

pub use clock::MonotonicClock;
pub use disk::DiskThread;
pub use net::TokioNet;
