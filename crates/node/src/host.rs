//! What the shell needs from the machine it runs on. Real machines have [`crate::tokio_host`]; simulated ones bring their own.

use firedrill_model::Time;
use firedrill_stack::io::{DiskOp, Input};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};

/// A clock.
pub trait Clock: Clone + Send + Sync + 'static {
    /// The site's time: nanoseconds since the run's start. Never runs backwards.
    fn now(&self) -> Time;

    /// Ends at `at`, or at once if that is past.
    fn sleep_until(&self, at: Time) -> impl Future<Output = ()> + Send;
}

/// A network of streams.
pub trait Net: Clone + Send + Sync + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// What accepts connections.
    type Listener: Listener<Stream = Self::Stream>;

    /// Connects to `addr`, a host and a port.
    ///
    /// # Errors
    /// As the network reports them. May also hang: callers set a deadline.
    fn connect(&self, addr: &str) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Listens on `addr`, an address and a port; port 0 takes any free one.
    ///
    /// # Errors
    /// As the network reports them: the address is in use, or not ours.
    fn listen(&self, addr: &str) -> impl Future<Output = io::Result<Self::Listener>> + Send;
}

/// What accepts connections.
pub trait Listener: Send + 'static {
    /// A connection.
    type Stream;

    /// The next connection. Nothing is lost if the future is dropped.
    ///
    /// # Errors
    /// As the network reports them; a later call may succeed.
    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Where it listens.
    ///
    /// # Errors
    /// As the network reports them.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

/// A disk that carries out operations one after the other, in the order in which they were submitted, and never blocks who submits.
pub trait Disk: Send + 'static {
    /// Takes over an operation.
    fn submit(&mut self, op: DiskOp);

    /// What the disk has to tell: answers, and failures of what has no answer. `None`: the disk is gone, for good. Nothing is lost
    /// if the future is dropped.
    fn completed(&mut self) -> impl Future<Output = Option<Input>> + Send;

    /// The same without waiting; `None`: nothing yet.
    fn try_completed(&mut self) -> Option<Input>;

    /// How many operations were submitted and not yet carried out.
    fn pending(&self) -> usize;
}
