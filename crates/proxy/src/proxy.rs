//! One named proxy: its listener while enabled, its toxics always.

use crate::connection::Context;
use crate::error::Error;
use crate::metrics::{Counter, Sample};
use crate::toxic::{Stream, Toxic};
use crate::toxics::Toxics;
use firedrill_model::Rng;
use serde::Serialize;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long no connection is accepted after accepting one failed, mostly for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A proxy.
#[derive(Debug)]
pub(crate) struct Proxy {
    name: String,
    /// The address as it was asked for, which names no port if any will do.
    asked: String,
    /// The address as it is, or was when last enabled.
    listen: String,
    upstream: String,
    toxics: Arc<Toxics>,
    up: Arc<Counter>,
    down: Arc<Counter>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// What the API shows of a proxy.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    name: String,
    listen: String,
    upstream: String,
    enabled: bool,
    toxics: Vec<Toxic>,
}

impl Proxy {
    /// A disabled proxy without toxics.
    pub fn new(name: &str, listen: &str, upstream: &str, rng: Rng) -> Proxy {
        Proxy {
            name: name.into(),
            asked: listen.into(),
            listen: listen.into(),
            upstream: upstream.into(),
            toxics: Arc::new(Toxics::new(rng)),
            up: Arc::default(),
            down: Arc::default(),
            running: None,
        }
    }

    /// Its toxics.
    pub fn toxics(&self) -> &Toxics {
        &self.toxics
    }

    /// Its present state.
    pub fn show(&self) -> Shown {
        Shown {
            name: self.name.clone(),
            listen: self.listen.clone(),
            upstream: self.upstream.clone(),
            enabled: self.is_enabled(),
            toxics: self.toxics.list(),
        }
    }

    /// What it has to report.
    pub fn samples(&self) -> [Sample; 2] {
        let sample = |stream, counter| Sample::new(&self.name, &self.listen, &self.upstream, stream, counter);
        [sample(Stream::Upstream, &self.up), sample(Stream::Downstream, &self.down)]
    }

    /// Whether it listens.
    pub fn is_enabled(&self) -> bool {
        self.running.is_some()
    }

    /// Where it dials.
    pub fn upstream(&self) -> &str {
        &self.upstream
    }

    /// The address that a change leaves as it is.
    pub fn listen(&self) -> &str {
        &self.listen
    }

    /// True if these addresses are the ones it has.
    pub async fn has_addresses(&self, listen: &str, upstream: &str) -> bool {
        if self.upstream != upstream {
            return false;
        }
        if listen == self.asked || listen == self.listen {
            return true;
        }
        resolve(listen).await.is_ok_and(|address| address.to_string() == self.listen)
    }

    /// Stops it if it runs and gives it other addresses.
    pub async fn relocate(&mut self, listen: &str, upstream: &str) {
        self.stop().await;
        self.asked = listen.into();
        self.listen = listen.into();
        self.upstream = upstream.into();
    }

    /// Listens; does nothing if it already does. Whoever connects from when this returns is served.
    pub async fn start(&mut self) -> Result<(), Error> {
        if self.is_enabled() {
            return Ok(());
        }
        let address = resolve(&self.listen).await?;
        let refused = |error| Error::Listen(address.to_string(), error);
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        self.listen = listener.local_addr().map_err(refused)?.to_string();
        let context = Arc::new(Context {
            upstream: self.upstream.clone(),
            toxics: self.toxics.clone(),
            up: self.up.clone(),
            down: self.down.clone(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        self.running = Some(Running { stop: context.stop.clone(), tasks: context.tasks.clone() });
        context.tasks.clone().spawn(accept(listener, context));
        Ok(())
    }

    /// Stops listening and ends every connection; all of it has happened when this returns. Does nothing if it doesn't listen.
    pub async fn stop(&mut self) {
        if let Some(Running { stop, tasks }) = self.running.take() {
            stop.cancel();
            tasks.close();
            tasks.wait().await;
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop.cancel();
        }
    }
}

async fn accept(listener: TcpListener, context: Arc<Context>) {
    let stop = context.stop.clone();
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((client, _)) => drop(context.tasks.spawn(context.clone().connect(client))),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    };
    let _: Option<()> = stop.run_until_cancelled(accepting).await;
}

/// The address to listen on. No host means every one, as in Go.
pub(crate) async fn resolve(listen: &str) -> Result<SocketAddr, Error> {
    let named = if listen.starts_with(':') { format!("0.0.0.0{listen}") } else { listen.to_owned() };
    let refused = |error| Error::BadAddress(listen.to_owned(), error);
    let mut found = tokio::net::lookup_host(&named).await.map_err(refused)?;
    found.next().ok_or_else(|| refused(io::Error::new(io::ErrorKind::NotFound, "the name has no address")))
}
