//! Finds and removes what carries our labels, and nothing else.

use super::labels::{self, RUN};
use super::owner::{Life, Owner};
use crate::error::LiveError;
use crate::host::disk;
use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
    RemoveContainerOptionsBuilder, RemoveImageOptionsBuilder, RemoveVolumeOptionsBuilder,
};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The engine may still be at work on a thing ("removal in progress"); it is asked again for so long.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// A kind of thing, in the order in which they can be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A container.
    Container,
    /// A network.
    Network,
    /// A volume.
    Volume,
    /// An image.
    Image,
    /// File systems for sites, in a folder of this machine.
    Disks,
}

/// Something of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub kind: Kind,
    /// What the engine calls it.
    pub id: String,
    /// What we call it.
    pub name: String,
    /// The run that made it.
    pub run: String,
    /// Whether the process that made it still lives.
    pub life: Life,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Container => "container",
            Kind::Network => "network",
            Kind::Volume => "volume",
            Kind::Image => "image",
            Kind::Disks => "disks",
        };
        write!(f, "{kind} {} of run {}", self.name, self.run)
    }
}

/// All that is ours, in the order in which it can be removed.
///
/// # Errors
/// If the engine refuses.
pub async fn find(docker: &Docker) -> Result<Vec<Thing>, LiveError> {
    let ours = labels::ours();
    let doing = |kind: &str| LiveError::engine(format!("listing our {kind}"));
    let mut things = Vec::new();

    let options = ListContainersOptionsBuilder::new().all(true).filters(&ours).build();
    for container in docker.list_containers(Some(options)).await.map_err(doing("containers"))? {
        let name = container.names.and_then(|names| names.into_iter().next()).unwrap_or_default();
        things.push(thing(Kind::Container, container.id, name.trim_start_matches('/'), container.labels));
    }
    let options = ListNetworksOptionsBuilder::new().filters(&ours).build();
    for network in docker.list_networks(Some(options)).await.map_err(doing("networks"))? {
        things.push(thing(Kind::Network, network.id, &network.name.unwrap_or_default(), network.labels));
    }
    let options = ListVolumesOptionsBuilder::new().filters(&ours).build();
    let volumes = docker.list_volumes(Some(options)).await.map_err(doing("volumes"))?.volumes;
    for volume in volumes.unwrap_or_default() {
        things.push(thing(Kind::Volume, Some(volume.name.clone()), &volume.name, Some(volume.labels)));
    }
    let options = ListImagesOptionsBuilder::new().all(true).filters(&ours).build();
    for image in docker.list_images(Some(options)).await.map_err(doing("images"))? {
        let name = image.repo_tags.first().unwrap_or(&image.id).clone();
        things.push(thing(Kind::Image, Some(image.id), &name, Some(image.labels)));
    }
    // The filter is the engine's word for it; removal deserves a second look.
    things.retain(|(_, labels)| labels.get(labels::OURS).is_some_and(|value| value == "1"));
    let disks = disk::runs().into_iter().map(|(run, owner)| {
        let folder = disk::folder_of(&run).display().to_string();
        Thing { kind: Kind::Disks, id: folder.clone(), name: folder, run, life: owner.life() }
    });
    Ok(things.into_iter().map(|(thing, _)| thing).chain(disks).collect())
}

type Labelled = (Thing, HashMap<String, String>);

fn thing(kind: Kind, id: Option<String>, name: &str, labels: Option<HashMap<String, String>>) -> Labelled {
    let labels = labels.unwrap_or_default();
    let run = labels.get(RUN).cloned().unwrap_or_default();
    let life = Owner::of(&labels).life();
    (Thing { kind, id: id.unwrap_or_default(), name: name.to_owned(), run, life }, labels)
}

/// What became of a sweep: a line for each thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// What was removed.
    pub removed: Vec<String>,
    /// What was not, and why.
    pub failed: Vec<String>,
}

impl Swept {
    /// What was removed.
    ///
    /// # Errors
    /// If something was not.
    pub fn all(self) -> Result<Vec<String>, LiveError> {
        if self.failed.is_empty() { Ok(self.removed) } else { Err(LiveError::Leftovers(self.failed)) }
    }
}

/// Removes things, kind after kind; those of a kind at the same time.
pub async fn remove(docker: &Docker, things: Vec<Thing>) -> Swept {
    let mut swept = Swept::default();
    for kind in [Kind::Container, Kind::Network, Kind::Volume, Kind::Image, Kind::Disks] {
        let of_kind = things.iter().filter(|thing| thing.kind == kind);
        let results =
            futures_util::future::join_all(of_kind.map(async |thing| (thing, remove_one(docker, thing).await)));
        for (thing, result) in results.await {
            match result {
                Ok(()) => swept.removed.push(thing.to_string()),
                Err(error) => swept.failed.push(format!("{thing}: {error}")),
            }
        }
    }
    swept
}

/// Removes all that a run made.
///
/// # Errors
/// If the engine refuses the list.
pub async fn remove_run(docker: &Docker, run: &str) -> Result<Swept, LiveError> {
    let mut things = find(docker).await?;
    things.retain(|thing| thing.run == run);
    Ok(remove(docker, things).await)
}

async fn remove_one(docker: &Docker, thing: &Thing) -> Result<(), String> {
    if thing.kind == Kind::Disks {
        let folder = PathBuf::from(&thing.id);
        let removed = tokio::task::spawn_blocking(move || disk::remove(&folder)).await;
        return removed.unwrap_or_else(|panic| Err(panic.to_string()));
    }
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match ask_to_remove(docker, thing).await {
            Ok(()) | Err(Error::DockerResponseServerError { status_code: 404, .. }) => return Ok(()),
            Err(Error::DockerResponseServerError { status_code: 403 | 409, .. })
                if tokio::time::Instant::now() < deadline =>
            {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

async fn ask_to_remove(docker: &Docker, thing: &Thing) -> Result<(), Error> {
    match thing.kind {
        Kind::Container => {
            let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
            docker.remove_container(&thing.id, Some(options)).await
        }
        Kind::Network => docker.remove_network(&thing.id).await,
        Kind::Volume => docker.remove_volume(&thing.id, Some(RemoveVolumeOptionsBuilder::new().build())).await,
        Kind::Image => {
            let options = RemoveImageOptionsBuilder::new().force(true).build();
            docker.remove_image(&thing.id, Some(options), None).await.map(drop)
        }
        // Not the engine's.
        Kind::Disks => Ok(()),
    }
}
