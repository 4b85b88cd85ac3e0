//! The routes on a listener of any host.

use crate::host::{Clock, Listener};
use axum::Router;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves clients, for as long as it is polled.
///
/// # Errors
/// None: the listener of this crate never gives up.
pub async fn serve<L, C>(listener: L, clock: C, router: Router) -> std::io::Result<()>
where
    L: Listener + Unpin,
    L::Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    C: Clock,
{
    axum::serve(Accepting { listener, clock }, router).await
}

struct Accepting<L, C> {
    listener: L,
    clock: C,
}

impl<L, C> axum::serve::Listener for Accepting<L, C>
where
    L: Listener + Unpin,
    L::Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    C: Clock,
{
    type Io = L::Stream;
    type Addr = ();

    async fn accept(&mut self) -> (L::Stream, ()) {
        loop {
            match self.listener.accept().await {
                Ok(stream) => return (stream, ()),
                // Out of descriptors, for instance: waiting is all that helps.
                Err(_) => self.clock.sleep_until(self.clock.now() + ACCEPT_PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<()> {
        self.listener.local_addr().map(|_: SocketAddr| ())
    }
}
