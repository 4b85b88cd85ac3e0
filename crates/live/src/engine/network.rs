//! The networks of a run: one for each site, with nobody in it but the site and the proxy. So a site reaches the others through the
//! proxy only, and one that comes back finds the address that it had, since nobody else can have taken it. All are internal: nothing
//! gets out.

use super::labels::Labels;
use crate::error::LiveError;
use bollard::Docker;
use bollard::models::{NetworkConnectRequest, NetworkCreateRequest};
use bollard::query_parameters::InspectContainerOptions;
use std::net::Ipv4Addr;

/// The prefix of the names of all that a run makes.
pub fn prefix(run: &str) -> String {
    format!("firedrill-{run}")
}

/// Makes a network.
///
/// # Errors
/// If the engine refuses.
pub async fn make(docker: &Docker, labels: &Labels, name: &str) -> Result<(), LiveError> {
    let request = NetworkCreateRequest {
        name: name.to_owned(),
        driver: Some("bridge".to_owned()),
        internal: Some(true),
        labels: Some(labels.map()),
        ..Default::default()
    };
    let doing = LiveError::engine(format!("making the network {name}"));
    docker.create_network(request).await.map(drop).map_err(doing)
}

/// Puts a running container into one more network.
///
/// # Errors
/// If the engine refuses.
pub async fn join(docker: &Docker, network: &str, container: &str) -> Result<(), LiveError> {
    let request = NetworkConnectRequest { container: container.to_owned(), endpoint_config: None };
    let doing = LiveError::engine(format!("putting {container} into the network {network}"));
    docker.connect_network(network, request).await.map_err(doing)
}

/// Where a running container is in a network.
///
/// # Errors
/// If the engine refuses, or has given it no IPv4 address.
pub async fn address(docker: &Docker, network: &str, container: &str) -> Result<Ipv4Addr, LiveError> {
    let doing = LiveError::engine(format!("looking for {container} in the network {network}"));
    let found = docker.inspect_container(container, None::<InspectContainerOptions>).await.map_err(doing)?;
    let endpoints = found.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
    let address = endpoints.get(network).and_then(|endpoint| endpoint.ip_address.as_deref()?.parse().ok());
    address.ok_or_else(|| LiveError::Site(format!("{container} has no IPv4 address in the network {network}")))
}
