//! Brings a run up: image, network, proxy, links, sites.

use crate::client::Pool;
use crate::clock::monotonic_ns;
use crate::engine::containers::{self, Container, Data, Spec};
use crate::engine::labels::Labels;
use crate::engine::{image, network};
use crate::error::LiveError;
use crate::faults::mechanism::Storage;
use crate::hands;
use crate::host::disk::Disk;
use crate::links::control::{Control, NewEntry};
use crate::links::entries::{CLIENTS_PORT, CONTROL_PORT, PEERS_PORT};
use crate::links::{Entry, effect, entries};
use crate::world::LiveOptions;
use bollard::Docker;
use bollard::query_parameters::LogsOptionsBuilder;
use firedrill_drill::world::Setup;
use firedrill_model::fault::Endpoint;
use firedrill_model::{Rng, SiteId};
use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The environment variable that a site's process reads its configuration from.
const CONFIG_VARIABLE: &str = "FIREDRILL_NODE_CONFIG";
/// Where a site finds the key of the transaction log.
const KEY_VARIABLE: &str = "FIREDRILL_LOG_KEY";
const UP_DEADLINE: Duration = Duration::from_secs(20);
const UP_PAUSE: Duration = Duration::from_millis(20);

/// What was brought up.
#[derive(Debug)]
pub(crate) struct Made {
    /// The containers. They are removed when dropped.
    pub containers: Vec<Container>,
    /// Where each site is, by site.
    pub sites: Vec<Ipv4Addr>,
    /// Their file systems, by site, if they have their own.
    pub disks: Vec<Option<Disk>>,
    /// Where clients see the proxy.
    pub proxy: Ipv4Addr,
    /// Its entries.
    pub entries: Vec<Entry>,
    /// What speaks with it.
    pub control: Control,
    /// The sites count their time from here, in nanoseconds of the monotonic clock.
    pub sites_start_ns: u64,
}

/// Brings everything up, and waits until every site answers. If it fails, what was made is still there, with its labels.
pub(crate) async fn bring_up(
    docker: &Docker,
    setup: &Setup,
    options: &LiveOptions,
    labels: &Labels,
) -> Result<Made, LiveError> {
    let proceed = || if options.halt.is_halted() { Err(LiveError::Halted) } else { Ok(()) };
    let entries = entries(&setup.plan).map_err(LiveError::Plan)?;
    let names: Vec<String> = setup.plan.sites.iter().map(|site| containers::name_of(&labels.run, &site.name)).collect();
    image::make(docker, &options.binary, labels).await?;
    proceed()?;
    try_join_all(names.iter().map(|name| network::make(docker, labels, name))).await?;
    proceed()?;
    let proxy = start_proxy(docker, labels, &names).await?;
    proceed()?;
    let disks = make_disks(setup, options, labels).await?;
    proceed()?;
    let sites_start_ns = monotonic_ns();
    let specs = site_specs(setup, &names, &entries, &proxy.addresses, sites_start_ns);
    let specs = specs.zip(&disks).map(|(spec, disk)| match disk {
        Some(disk) => Spec { data: Data::Folder(disk.seen()), ..spec },
        None => spec,
    });
    let mut containers = try_join_all(specs.map(|spec| containers::start(docker, labels, spec))).await?;
    containers.push(proxy.container);
    let sites = try_join_all(names.iter().map(|name| network::address(docker, name, name))).await?;
    proceed()?;
    let Some(&proxy) = proxy.addresses.first() else { return Err(LiveError::Plan("it has no site".to_owned())) };
    let control = Control::start(SocketAddr::from((proxy, CONTROL_PORT)))?;
    let populated = control.populate(entries.iter().map(|entry| new_entry(entry, &sites)).collect()).await;
    if let Err(error) = populated {
        let words = last_words(docker, &containers::name_of(&labels.run, "proxy")).await;
        return Err(LiveError::Site(format!("{error}; it said: {words}")));
    }
    proceed()?;
    try_join_all(sites.iter().zip(&names).map(|(address, name)| wait_until_up(docker, *address, name, options)))
        .await?;
    Ok(Made { containers, sites, disks, proxy, entries, control, sites_start_ns })
}

/// A file system for each site, if the run needs them and this machine lets us; else none.
async fn make_disks(setup: &Setup, options: &LiveOptions, labels: &Labels) -> Result<Vec<Option<Disk>>, LiveError> {
    let sites: Vec<String> = setup.plan.sites.iter().map(|site| site.name.clone()).collect();
    let storage = options.means().storage;
    if storage == Storage::Volumes {
        return Ok(vec![None; sites.len()]);
    }
    let (labels, draws) = (labels.clone(), Rng::new(setup.seed, "disks"));
    let make = move || {
        let made = sites.iter().zip(0..).map(|(site, number)| {
            let disk = Disk::make(&labels, site)?;
            match storage {
                Storage::FailingDisks => disk.seen_through_a_failing_one(&labels, draws.split(number)),
                Storage::Volumes | Storage::Disks => Ok(disk),
            }
        });
        made.map(|disk| disk.map(Some)).collect()
    };
    let made = tokio::task::spawn_blocking(make).await;
    made.unwrap_or_else(|panic| Err(panic.to_string())).map_err(LiveError::Host)
}

struct Proxy {
    container: Container,
    /// Where each site sees it, by site.
    addresses: Vec<Ipv4Addr>,
}

/// Starts the proxy, in the networks of all the sites.
async fn start_proxy(docker: &Docker, labels: &Labels, networks: &[String]) -> Result<Proxy, LiveError> {
    let name = containers::name_of(&labels.run, "proxy");
    let spec = Spec {
        name: name.clone(),
        network: networks.first().cloned().unwrap_or_default(),
        arguments: vec!["proxy".to_owned(), "--listen".to_owned(), format!("0.0.0.0:{CONTROL_PORT}")],
        environment: Vec::new(),
        data: Data::None,
    };
    let container = containers::start(docker, labels, spec).await?;
    let mut addresses = Vec::new();
    for (place, network) in networks.iter().enumerate() {
        if place > 0 {
            network::join(docker, network, &name).await?;
        }
        addresses.push(network::address(docker, network, &name).await?);
    }
    Ok(Proxy { container, addresses })
}

fn new_entry(entry: &Entry, sites: &[Ipv4Addr]) -> NewEntry {
    let port = if matches!(entry.from, Endpoint::Site(_)) { PEERS_PORT } else { CLIENTS_PORT };
    let site = sites.get(entry.to.index()).copied().unwrap_or(Ipv4Addr::UNSPECIFIED);
    NewEntry {
        name: entry.name.clone(),
        listen: format!("0.0.0.0:{}", entry.port),
        upstream: format!("{site}:{port}"),
        state: effect::state(entry, []),
    }
}

fn site_specs<'a>(
    setup: &'a Setup,
    names: &'a [String],
    entries: &'a [Entry],
    proxy: &'a [Ipv4Addr],
    start_ns: u64,
) -> impl Iterator<Item = Spec> + 'a {
    names.iter().zip(proxy).enumerate().map(move |(index, (name, proxy))| {
        let me = SiteId(index as u8);
        let addr_of = |to: usize| {
            let way = entries.iter().find(|entry| entry.from == Endpoint::Site(me) && entry.to.index() == to);
            way.map_or_else(String::new, |entry| format!("{proxy}:{}", entry.port))
        };
        let config = json!({
            "stack": setup.config,
            "me": me,
            "seed": setup.seed,
            "data_dir": containers::DATA_DIR,
            "peer_listen": format!("0.0.0.0:{}", PEERS_PORT),
            "http_listen": format!("0.0.0.0:{}", CLIENTS_PORT),
            "peers": (0..names.len()).map(addr_of).collect::<Vec<_>>(),
            "run_start_ns": start_ns,
        });
        let mut arguments = ["node", "--config-env", CONFIG_VARIABLE].map(str::to_owned).to_vec();
        // Who asked for a run with hazards has allowed them.
        if !setup.config.hazards.is_empty() {
            arguments.push("--allow-hazards".to_owned());
        }
        let mut environment = vec![(CONFIG_VARIABLE.to_owned(), config.to_string())];
        if setup.config.transaction_log.is_some() {
            environment.push((KEY_VARIABLE.to_owned(), log_key(setup.seed)));
        }
        Spec { name: name.clone(), network: name.clone(), arguments, environment, data: Data::Volume }
    })
}

/// The key of the transaction log in this run, drawn from its seed: a number, and 32 bytes in hexadecimal.
fn log_key(seed: u64) -> String {
    let mut draws = Rng::new(seed, "log key");
    (0..4).fold("1:".to_owned(), |key, _| format!("{key}{:016x}", draws.bits().swap_bytes()))
}

async fn wait_until_up(
    docker: &Docker,
    address: Ipv4Addr,
    container: &str,
    options: &LiveOptions,
) -> Result<(), LiveError> {
    let site = Pool::new(SocketAddr::from((address, CLIENTS_PORT)));
    let deadline = tokio::time::Instant::now() + UP_DEADLINE;
    while hands::status(&site).await.is_none() {
        if options.halt.is_halted() {
            return Err(LiveError::Halted);
        }
        if tokio::time::Instant::now() > deadline {
            let words = last_words(docker, container).await;
            return Err(LiveError::Site(format!(
                "{container} does not answer within {} s: {words}",
                UP_DEADLINE.as_secs()
            )));
        }
        tokio::time::sleep(UP_PAUSE).await;
    }
    Ok(())
}

async fn last_words(docker: &Docker, container: &str) -> String {
    let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail("10").build();
    let lines = docker.logs(container, Some(options)).filter_map(async |line| line.ok().map(|line| line.to_string()));
    lines.collect::<Vec<_>>().await.concat()
}
