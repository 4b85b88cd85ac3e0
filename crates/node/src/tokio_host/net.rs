//! TCP.

use crate::host::{Listener, Net};
use rustix::net::sockopt::set_tcp_user_timeout;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};

/// A connection whose other end has acknowledged nothing for so long, in milliseconds, is dead. The kernel would wait a quarter of an
/// hour, and ask less and less often; a site that comes back would not be heard for minutes.
const UNACKNOWLEDGED_MS: u32 = 10_000;

/// Tokio's TCP, with Nagle's delay off.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioNet;

impl Net for TokioNet {
    type Stream = TcpStream;
    type Listener = TokioListener;

    async fn connect(&self, addr: &str) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        set_tcp_user_timeout(&stream, UNACKNOWLEDGED_MS)?;
        Ok(stream)
    }

    async fn listen(&self, addr: &str) -> io::Result<TokioListener> {
        Ok(TokioListener(TcpListener::bind(addr).await?))
    }
}

/// A TCP listener.
#[derive(Debug)]
pub struct TokioListener(TcpListener);

impl Listener for TokioListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<TcpStream> {
        let (stream, _) = self.0.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
