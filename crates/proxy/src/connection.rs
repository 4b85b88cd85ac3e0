//! One accepted connection: dials the upstream, runs both directions, ends both when one says so.

use crate::metrics::Counter;
use crate::pump::{Ending, Pump};
use crate::toxics::Toxics;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// An upstream that has not answered by then counts as gone. Without a bound, clients that gave up long ago would each hold two
/// descriptors for the two minutes that the kernel tries.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// What connections of a running proxy share.
pub(crate) struct Context {
    /// Where to dial, `host:port`.
    pub upstream: String,
    /// What strikes them.
    pub toxics: Arc<Toxics>,
    /// Bytes towards the upstream.
    pub up: Arc<Counter>,
    /// Bytes towards the client.
    pub down: Arc<Counter>,
    /// Cancelled when the proxy stops.
    pub stop: CancellationToken,
    /// Knows every task of the proxy.
    pub tasks: TaskTracker,
}

impl Context {
    /// Serves a client until either side or a toxic ends it, or the proxy stops.
    pub async fn connect(self: Arc<Self>, client: TcpStream) {
        let _ = self.stop.clone().run_until_cancelled(self.dial(client)).await;
    }

    async fn dial(self: &Arc<Self>, client: TcpStream) {
        let dialled = tokio::time::timeout(DIAL_TIMEOUT, TcpStream::connect(&self.upstream)).await;
        let Ok(Ok(upstream)) = dialled else { return };
        // Only fails on a socket that is dead already, which the pumps find out.
        let _ = (client.set_nodelay(true), upstream.set_nodelay(true));
        self.join(Arc::new(client), Arc::new(upstream));
    }

    fn join(self: &Arc<Self>, client: Arc<TcpStream>, upstream: Arc<TcpStream>) {
        let membership = Arc::new(self.toxics.join());
        let both = Arc::new(Both { client: client.clone(), upstream: upstream.clone(), end: self.stop.child_token() });
        let there = Pump {
            source: client.clone(),
            sink: upstream.clone(),
            link: membership.upstream.clone(),
            counter: self.up.clone(),
        };
        let back =
            Pump { source: upstream, sink: client, link: membership.downstream.clone(), counter: self.down.clone() };
        for pump in [there, back] {
            let (both, membership) = (both.clone(), membership.clone());
            self.tasks.spawn(async move {
                if let Some(ending) = both.end.run_until_cancelled(pump.run()).await {
                    both.finish(ending);
                }
                drop((both, membership));
            });
        }
    }
}

/// Both sockets of a connection.
struct Both {
    client: Arc<TcpStream>,
    upstream: Arc<TcpStream>,
    /// Cancelled to end both directions.
    end: CancellationToken,
}

impl Both {
    fn finish(&self, ending: Ending) {
        match ending {
            Ending::Half => return,
            Ending::Close => {}
            Ending::Reset => {
                // Closing with no time to linger is how a reset is sent; it fails only if there is nothing left to reset.
                for socket in [&self.client, &self.upstream] {
                    let _ = socket2::SockRef::from(&**socket).set_linger(Some(Duration::ZERO));
                }
            }
        }
        self.end.cancel();
    }
}
