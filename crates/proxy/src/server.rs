//! Starting and stopping a server.

use crate::api;
use crate::config::Config;
use crate::registry::{Registry, Wanted};
use axum::serve::ListenerExt as _;
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long answers that are under way at shutdown may take.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Serves the API on this listener until `shutdown` is done; then closes every proxy with its connections and returns.
///
/// Needs a tokio runtime with its I/O and time drivers enabled.
///
/// # Errors
/// Those of the listener.
pub async fn serve(listener: TcpListener, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
    serve_registry(listener, Arc::new(Registry::new(drawn_seed())), shutdown).await
}

/// Sets up a server as configured and serves until `shutdown` is done.
///
/// # Errors
/// The API's address can't be listened on, the file can't be read or is wrong, or one of its proxies can't be started; the text
/// says which.
pub async fn run(config: Config, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
    let wanted = config.proxies()?;
    let listener = TcpListener::bind(config.api).await.map_err(|error| cannot_listen(config.api, &error))?;
    serve_registry(listener, populated(wanted, config.seed).await?, shutdown).await
}

/// A server on a thread of its own, for callers without a runtime; stops when dropped.
#[derive(Debug)]
pub struct Server {
    api: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<io::Result<()>>>,
}

impl Server {
    /// Starts one. The API answers from when this returns.
    ///
    /// # Errors
    /// As [`run`].
    pub fn start(config: Config) -> io::Result<Server> {
        let wanted = config.proxies()?;
        let listener = std::net::TcpListener::bind(config.api).map_err(|error| cannot_listen(config.api, &error))?;
        listener.set_nonblocking(true)?;
        let api = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = mpsc::channel();
        let body = move || {
            runtime.block_on(async {
                let registry = populated(wanted, config.seed).await?;
                let listener = TcpListener::from_std(listener)?;
                // If nobody listens, the sender of the stop signal is gone too.
                let _ = ready.send(());
                // A dropped sender stops it too.
                serve_registry(listener, registry, async { drop(stopped.await) }).await
            })
        };
        let thread = thread::Builder::new().name("proxy".into()).spawn(body)?;
        let server = Server { api, stop: Some(stop), thread: Some(thread) };
        match is_ready.recv() {
            Ok(()) => Ok(server),
            Err(mpsc::RecvError) => {
                Err(server.stop().err().unwrap_or_else(|| io::Error::other("the proxy ended at once")))
            }
        }
    }

    /// Where the API listens.
    pub fn api(&self) -> SocketAddr {
        self.api
    }

    /// Closes every proxy with its connections, and the API.
    ///
    /// # Errors
    /// Why the server ended before it was told to, if it did.
    pub fn stop(mut self) -> io::Result<()> {
        self.halt()
    }

    fn halt(&mut self) -> io::Result<()> {
        drop(self.stop.take());
        match self.thread.take().map(thread::JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(io::Error::other("the proxy's thread panicked")),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody is left to hear of an error.
        let _ = self.halt();
    }
}

/// The proxies to begin with.
async fn populated(wanted: Vec<Wanted>, seed: Option<u64>) -> io::Result<Arc<Registry>> {
    let registry = Arc::new(Registry::new(seed.unwrap_or_else(drawn_seed)));
    let (_, populated) = registry.populate(wanted).await;
    populated.map_err(|error| io::Error::new(io::ErrorKind::AddrNotAvailable, error.to_string()))?;
    Ok(registry)
}

async fn serve_registry(
    listener: TcpListener,
    registry: Arc<Registry>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let (tell, told) = oneshot::channel::<()>();
    let listener = listener.tap_io(|socket| {
        // Only fails on a socket that is dead already.
        let _ = socket.set_nodelay(true);
    });
    let serving = axum::serve(listener, api::router(registry.clone()))
        .with_graceful_shutdown(async { drop(told.await) })
        .into_future();
    let mut serving = pin!(serving);
    let result = tokio::select! {
        result = &mut serving => result,
        () = shutdown => {
            registry.close().await;
            drop(tell);
            tokio::time::timeout(LAST_ANSWERS, serving).await.unwrap_or(Ok(()))
        }
    };
    registry.close().await;
    result
}

/// A seed from the operating system, by way of the standard library's hash keys.
fn drawn_seed() -> u64 {
    RandomState::new().hash_one("firedrill proxy")
}

fn cannot_listen(api: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen on {api} for the proxy's API: {error}"))
}
