//! What a run will make and do, before anything is made.

use crate::engine::containers;
use crate::engine::image;
use crate::engine::labels::Labels;
use crate::faults::mechanism::Storage;
use crate::host::disk;
use crate::links::entries::{CLIENTS_PORT, CONTROL_PORT, PEERS_PORT};
use crate::links::{Entry, entries};
use crate::world::LiveOptions;
use firedrill_drill::world::Setup;
use firedrill_model::FaultKind;
use firedrill_model::fault::Endpoint;

/// What a run of `setup` will make and do, a line each. Asks the engine nothing, and makes nothing but what is tried and thrown away to see what this machine lets us do.
pub fn plan_of_work(setup: &Setup, options: &LiveOptions) -> Vec<String> {
    let (run, means) = (&options.run, options.means());
    // The kernel's name for a program says little to a person.
    let program = std::fs::read_link(&options.binary).unwrap_or_else(|_| options.binary.clone());
    let mut lines = vec![
        format!("image      {}:{run}, out of {} and the libraries that it needs", image::NAME, program.display()),
        format!("container  {}: firedrill proxy, port {CONTROL_PORT}", containers::name_of(run, "proxy")),
    ];
    for site in &setup.plan.sites {
        let name = containers::name_of(run, &site.name);
        lines.push(format!("network    {name}, internal: in it are the site and the proxy, and nothing gets out"));
        lines.push(format!(
            "container  {name}: firedrill node, ports {} (peers) and {} (clients)",
            PEERS_PORT, CLIENTS_PORT
        ));
        lines.extend(storage(means.storage, run, &site.name));
    }
    match entries(&setup.plan) {
        Ok(entries) => lines.extend(entries.iter().map(link)),
        Err(error) => lines.push(format!("links      none can be made: {error}")),
    }
    lines.extend(FaultKind::ALL.map(|kind| {
        let mechanism = means.of_kind(kind).unwrap_or("no mechanism here: the run would be unknown");
        format!("fault      {}: {mechanism}", kind.name())
    }));
    lines.extend(Labels::of_run(run).pairs().map(|(name, value)| format!("label      {name}={value}")));
    lines.push("at the end all of it is removed; after kill -9, by `firedrill cleanup`".to_owned());
    lines
}

fn storage(storage: Storage, run: &str, site: &str) -> Vec<String> {
    let at = containers::DATA_DIR;
    let [files, seen] = disk::mount_points(run, site).map(|path| path.display().to_string());
    match storage {
        Storage::Volumes => vec![format!("volume     {}, at {at}", containers::name_of(run, site))],
        Storage::Disks => vec![format!("mount      {files}: ext4 in a file beside it, at {at}")],
        Storage::FailingDisks => vec![
            format!("mount      {files}: ext4 in a file beside it"),
            format!("mount      {seen}: that, through a file system of ours that can fail (FUSE), at {at}"),
        ],
    }
}

fn link(entry: &Entry) -> String {
    let latency = match entry.from {
        Endpoint::Site(_) => format!("{} ms", entry.up_ms),
        Endpoint::Region(_) => format!("{} ms there, {} ms back", entry.up_ms, entry.down_ms),
    };
    format!("link       {}, port {}: {latency}", entry.name, entry.port)
}
