//! The containers of a run: one for each site, one for the proxy.

use super::image;
use super::labels::Labels;
use super::network;
use crate::error::LiveError;
use bollard::Docker;
use bollard::models::{HostConfigLogConfig, VolumeCreateRequest};
use std::collections::HashMap;
use std::path::PathBuf;
use testcontainers::core::Mount;
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _};

/// Where a site's volume is mounted.
pub const DATA_DIR: &str = "/data";

/// A container of ours, which is removed when this is dropped.
pub type Container = ContainerAsync<GenericImage>;

/// What a container is made from.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Its name; also its volume's.
    pub name: String,
    /// The network that it starts in.
    pub network: String,
    /// The arguments of the program.
    pub arguments: Vec<String>,
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// Where data are that outlive the process.
    pub data: Data,
}

/// Where a container's data are that outlive its process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// It has none.
    None,
    /// In a volume of the engine, of the container's name.
    Volume,
    /// In a folder of this machine.
    Folder(PathBuf),
}

/// The name of a site's container, network and volume, or of the proxy's container.
pub fn name_of(run: &str, what: &str) -> String {
    format!("{}-{what}", network::prefix(run))
}

/// Starts a container.
///
/// # Errors
/// If the engine refuses.
pub async fn start(docker: &Docker, labels: &Labels, spec: Spec) -> Result<Container, LiveError> {
    let mut request = GenericImage::new(image::NAME, &labels.run)
        .with_container_name(&spec.name)
        .with_network(spec.network)
        .with_labels(labels.pairs())
        .with_cmd(spec.arguments)
        // The engine's default may be one that can't be read back, and observations are read from the log.
        .with_host_config_modifier(|host| {
            let driver = "json-file".to_owned();
            host.log_config = Some(HostConfigLogConfig { typ: Some(driver), config: Some(HashMap::new()) });
        });
    for (name, value) in spec.environment {
        request = request.with_env_var(name, value);
    }
    if let Data::Folder(folder) = &spec.data {
        request = request.with_mount(Mount::bind_mount(folder.display().to_string(), DATA_DIR));
    }
    if spec.data == Data::Volume {
        let volume =
            VolumeCreateRequest { name: Some(spec.name.clone()), labels: Some(labels.map()), ..Default::default() };
        let doing = LiveError::engine(format!("making the volume {}", spec.name));
        docker.create_volume(volume).await.map_err(doing)?;
        request = request.with_mount(Mount::volume_mount(&spec.name, DATA_DIR));
    }
    request.start().await.map_err(|error| LiveError::Container { name: spec.name, error })
}
