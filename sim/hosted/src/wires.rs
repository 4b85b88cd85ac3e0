//! Streams between addresses, as a runtime has them.

use firedrill_model::{Endpoint, RegionId, SiteId};
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncWrite};

/// The port for peers.
pub const PEERS: u16 = 7000;
/// The port for clients.
pub const CLIENTS: u16 = 8080;
const REGIONS_FROM: u8 = 100;

/// A runtime's streams.
pub trait Wires: Clone + Send + Sync + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// What accepts connections.
    type Listener: Send + 'static;
    /// Whether the runtime delays what is sent on a link by that link's latency; if not, it is delayed where it is received.
    const DELAYS: bool;

    /// Connects.
    fn connect(&self, to: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;
    /// Listens on a port of the machine that this runs at.
    fn listen(&self, port: u16) -> impl Future<Output = io::Result<Self::Listener>> + Send;
    /// The next connection, and from where.
    fn accept(listener: &mut Self::Listener) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;
    /// The world's time by the runtime's clock, in nanoseconds; to be called where the runtime runs.
    fn now() -> u64;
}

/// The address of a site or a region.
pub fn ip(end: Endpoint) -> IpAddr {
    let last = match end {
        Endpoint::Site(SiteId(site)) => 1 + site,
        Endpoint::Region(RegionId(region)) => REGIONS_FROM + region,
    };
    IpAddr::V4(Ipv4Addr::new(192, 168, 7, last))
}

/// Whose address it is.
pub fn end(ip: IpAddr) -> Option<Endpoint> {
    let IpAddr::V4(ip) = ip else { return None };
    match ip.octets() {
        [192, 168, 7, last] if last >= REGIONS_FROM => Some(Endpoint::Region(RegionId(last - REGIONS_FROM))),
        [192, 168, 7, last] if last > 0 => Some(Endpoint::Site(SiteId(last - 1))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        for end in [Endpoint::Site(SiteId(0)), Endpoint::Site(SiteId(15)), Endpoint::Region(RegionId(3))] {
            assert_eq!(super::end(ip(end)), Some(end));
        }
        assert_eq!(super::end(Ipv4Addr::new(127, 0, 0, 1).into()), None);
    }
}
