//! The network as a machine sees it: what its kernel would do and the runtimes do not is done here.
//!
//! A machine without power says nothing; one without a process refuses, after a round trip; through a link that is cut nothing connects.

use crate::stage::Stage;
use crate::stream::Stream;
use crate::wires::{Wires, end};
use firedrill_model::Endpoint;
use firedrill_node::host::{Listener, Net};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

#[derive(Clone)]
pub(crate) struct SiteNet<W> {
    pub(crate) wires: W,
    pub(crate) stage: Stage,
    pub(crate) me: Endpoint,
}

impl<W: Wires> Net for SiteNet<W> {
    type Stream = Stream<W::Stream>;
    type Listener = SiteListener<W>;

    async fn connect(&self, addr: &str) -> io::Result<Self::Stream> {
        let addr: SocketAddr = addr.parse().map_err(io::Error::other)?;
        let peer = end(addr.ip()).ok_or(io::ErrorKind::HostUnreachable)?;
        let stage = &self.stage;
        if !stage.is_open(self.me, peer) || !stage.is_open(peer, self.me) || !stage.is_powered(peer) {
            return std::future::pending().await;
        }
        let round_trip = stage.latency(self.me, peer) + stage.latency(peer, self.me);
        if !stage.is_running(peer) {
            tokio::time::sleep(round_trip).await;
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        if !W::DELAYS {
            tokio::time::sleep(round_trip).await;
        }
        let stream = self.wires.connect(addr).await?;
        Ok(Stream::new(stream, stage, (self.me, peer), W::DELAYS))
    }

    async fn listen(&self, addr: &str) -> io::Result<Self::Listener> {
        let addr: SocketAddr = addr.parse().map_err(io::Error::other)?;
        let listener = self.wires.listen(addr.port()).await?;
        Ok(SiteListener { listener, port: addr.port(), net: self.clone() })
    }
}

pub(crate) struct SiteListener<W: Wires> {
    listener: W::Listener,
    port: u16,
    net: SiteNet<W>,
}

impl<W: Wires> Listener for SiteListener<W> {
    type Stream = Stream<W::Stream>;

    async fn accept(&mut self) -> io::Result<Self::Stream> {
        let SiteNet { stage, me, .. } = &self.net;
        let Endpoint::Site(site) = *me else { return std::future::pending().await };
        crate::clock::SiteClock { stage: stage.clone(), me: site }.thawed().await;
        let (stream, from) = W::accept(&mut self.listener).await?;
        let peer = end(from.ip()).ok_or(io::ErrorKind::HostUnreachable)?;
        Ok(Stream::new(stream, stage, (*me, peer), W::DELAYS))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok((Ipv4Addr::UNSPECIFIED, self.port).into())
    }
}
