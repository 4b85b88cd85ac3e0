//! The network of a run: internal, so that nothing gets out, with an address of its own for each container, so that a site that
//! comes back is where it was.

use super::labels::Labels;
use crate::error::LiveError;
use bollard::Docker;
use bollard::models::{EndpointIpamConfig, EndpointSettings, Ipam, IpamConfig};
use bollard::models::{NetworkConnectRequest, NetworkCreateRequest, NetworkDisconnectRequest};
use std::net::Ipv4Addr;

/// Another network may take the range between our asking for a free one and our taking it.
const ATTEMPTS: u32 = 5;

/// The network of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub name: String,
    subnet: Subnet,
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Subnet {
    first: u32,
    bits: u8,
}

impl Network {
    /// Makes it.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn make(docker: &Docker, labels: &Labels) -> Result<Network, LiveError> {
        let name = name_of(&labels.run);
        let doing = || LiveError::engine(format!("making the network {name}"));
        let mut attempt = 1;
        loop {
            // Addresses can be fixed only in a range that was asked for, and only the engine knows which are free.
            docker.create_network(request(&name, labels, None)).await.map_err(doing())?;
            let found = docker.inspect_network(&name, None).await.map_err(doing())?;
            docker.remove_network(&name).await.map_err(doing())?;
            let configs = found.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
            let parsed = configs.into_iter().find_map(|config| Subnet::parse(&config.subnet?));
            let subnet = parsed.ok_or_else(|| LiveError::Plan("the engine gives its networks no IPv4 range".to_owned()))?;
            match docker.create_network(request(&name, labels, Some(subnet))).await {
                Ok(_) => return Ok(Network { name, subnet }),
                Err(error) if attempt == ATTEMPTS => return Err(doing()(error)),
                Err(_) => attempt += 1,
            }
        }
    }

    /// The `number`th address from the range's end. (The engine gives away the others from its beginning.)
    ///
    /// # Errors
    /// If the range has not so many.
    pub fn address(&self, number: u32) -> Result<Ipv4Addr, LiveError> {
        self.subnet.from_end(number).ok_or_else(|| {
            LiveError::Plan(format!("the engine's networks have only {} bits for addresses", 32 - self.subnet.bits))
        })
    }

    /// Moves a container of this network to an address that it keeps.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn settle(&self, docker: &Docker, container: &str, address: Ipv4Addr) -> Result<(), LiveError> {
        let leave = NetworkDisconnectRequest { container: container.to_owned(), force: None };
        let ipam = EndpointIpamConfig { ipv4_address: Some(address.to_string()), ..Default::default() };
        let endpoint = EndpointSettings { ipam_config: Some(ipam), ..Default::default() };
        let join = NetworkConnectRequest { container: container.to_owned(), endpoint_config: Some(endpoint) };
        let doing = || LiveError::engine(format!("giving {container} the address {address}"));
        docker.disconnect_network(&self.name, leave).await.map_err(doing())?;
        docker.connect_network(&self.name, join).await.map_err(doing())
    }
}

/// The network's name.
pub fn name_of(run: &str) -> String {
    format!("firedrill-{run}")
}

fn request(name: &str, labels: &Labels, subnet: Option<Subnet>) -> NetworkCreateRequest {
    let ipam = subnet.map(|subnet| Ipam {
        config: Some(vec![IpamConfig { subnet: Some(subnet.text()), ..Default::default() }]),
        ..Default::default()
    });
    NetworkCreateRequest {
        name: name.to_owned(),
        driver: Some("bridge".to_owned()),
        internal: Some(true),
        labels: Some(labels.map()),
        ipam,
        ..Default::default()
    }
}

impl Subnet {
    fn parse(text: &str) -> Option<Subnet> {
        let (address, bits) = text.split_once('/')?;
        let (first, bits) = (u32::from(address.parse::<Ipv4Addr>().ok()?), bits.parse::<u8>().ok()?);
        (1..=30).contains(&bits).then_some(Subnet { first, bits })
    }

    fn text(self) -> String {
        format!("{}/{}", Ipv4Addr::from(self.first), self.bits)
    }

    fn from_end(self, number: u32) -> Option<Ipv4Addr> {
        let size = 1_u32 << (32 - self.bits);
        // The last is for broadcasts, the first two for the network and its gateway; the engine needs as many again while containers start.
        let offset = size.checked_sub(2 + number)?;
        (offset > 2 + number).then(|| Ipv4Addr::from(self.first + offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_from_the_end_of_the_range() {
        let subnet = Subnet::parse("172.18.0.0/16").unwrap();
        assert_eq!(subnet.text(), "172.18.0.0/16");
        assert_eq!(subnet.from_end(0), Some(Ipv4Addr::new(172, 18, 255, 254)));
        assert_eq!(subnet.from_end(3), Some(Ipv4Addr::new(172, 18, 255, 251)));
    }

    #[test]
    fn a_small_range_runs_out_and_a_wrong_one_is_none() {
        let subnet = Subnet::parse("10.0.0.0/29").unwrap();
        assert_eq!(subnet.from_end(1), Some(Ipv4Addr::new(10, 0, 0, 5)));
        assert_eq!(subnet.from_end(3), None);
        for wrong in ["fd00::/64", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/0", ""] {
            assert_eq!(Subnet::parse(wrong), None, "{wrong}");
        }
    }
}
