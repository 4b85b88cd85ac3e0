//! The connections from a region's clients to a site. Each carries one request at a time and is kept for the next.

use super::wire;
use firedrill_model::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::net::TcpStream;

/// So many idle connections are kept.
const MAX_IDLE: usize = 256;
/// The longest body of an answer, in bytes.
const MAX_BODY: usize = 4 << 20;

/// What came of sending a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The site answered.
    Answered(Response),
    /// The connection was refused, so nothing was sent.
    Refused,
    /// The connection broke, or the answer was none of a site; the request may have been received.
    Broken,
}

type Connection = SendRequest<Full<Bytes>>;

/// Connections to one address.
#[derive(Debug)]
pub struct Pool {
    addr: SocketAddr,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    /// To `addr`; connects when there is something to send.
    pub fn new(addr: SocketAddr) -> Pool {
        Pool { addr, idle: Mutex::new(Vec::new()) }
    }

    /// Sends a request and waits for the answer, for ever if need be. A future that is dropped closes its connection.
    pub async fn send(&self, request: &Request, service: &str) -> Sent {
        let Ok(http) = wire::request(request, service, &self.addr.to_string()) else { return Sent::Refused };
        match self.exchange(http).await {
            Ok((head, body)) => wire::response(&head, &body).map_or(Sent::Broken, Sent::Answered),
            Err(refused) => refused,
        }
    }

    /// A request's answer of any status, as the site gave it.
    ///
    /// # Errors
    /// [`Sent::Refused`] or [`Sent::Broken`].
    pub async fn exchange(
        &self,
        mut http: hyper::Request<Full<Bytes>>,
    ) -> Result<(hyper::http::response::Parts, Bytes), Sent> {
        loop {
            let (mut connection, kept) = match self.take_idle() {
                Some(connection) => (connection, true),
                None => (self.connect().await?, false),
            };
            let response = match connection.try_send_request(http).await {
                Ok(response) => response,
                Err(mut error) => match error.take_message() {
                    // The other side had closed the idle connection: none of the request was sent, so a new one may carry it.
                    Some(unsent) if kept => {
                        http = unsent;
                        continue;
                    }
                    _ => return Err(Sent::Broken),
                },
            };
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| Sent::Broken)?.to_bytes();
            self.keep(connection);
            return Ok((head, body));
        }
    }

    async fn connect(&self) -> Result<Connection, Sent> {
        let stream = TcpStream::connect(self.addr).await.map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused => Sent::Refused,
            _ => Sent::Broken,
        })?;
        stream.set_nodelay(true).map_err(|_| Sent::Broken)?;
        let (connection, driver) = handshake(TokioIo::new(stream)).await.map_err(|_| Sent::Broken)?;
        // It ends with the connection; how, its user learns from the request.
        tokio::spawn(async move { drop(driver.await) });
        Ok(connection)
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        while let Some(connection) = idle.pop() {
            if connection.is_ready() {
                return Some(connection);
            }
        }
        None
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE && !connection.is_closed() {
            idle.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // A list of connections has no state that a panic elsewhere could leave half done.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
