//! Brings a run up: image, network, proxy, links, sites.

use crate::client::Pool;
use crate::clock::monotonic_ns;
use crate::engine::containers::{self, Container, Spec};
use crate::engine::image;
use crate::engine::labels::Labels;
use crate::engine::network::Network;
use crate::error::LiveError;
use crate::hands;
use crate::links::control::{Control, NewEntry};
use crate::links::entries::CONTROL_PORT;
use crate::links::{Entry, Ports, effect, entries};
use crate::world::LiveOptions;
use bollard::Docker;
use bollard::query_parameters::LogsOptionsBuilder;
use firedrill_drill::world::Setup;
use firedrill_model::SiteId;
use firedrill_model::fault::Endpoint;
use futures_util::StreamExt as _;
use futures_util::future::{join_all, try_join_all};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The environment variable that a site's process reads its configuration from.
const CONFIG_VARIABLE: &str = "FIREDRILL_NODE_CONFIG";
const UP_DEADLINE: Duration = Duration::from_secs(20);
const UP_PAUSE: Duration = Duration::from_millis(20);

/// What was brought up.
#[derive(Debug)]
pub(crate) struct Made {
    /// The containers, the proxy's first. They are removed when dropped.
    pub containers: Vec<Container>,
    /// Where each site is, by site.
    pub sites: Vec<Ipv4Addr>,
    /// Where the proxy is.
    pub proxy: Ipv4Addr,
    /// Its entries.
    pub entries: Vec<Entry>,
    /// What speaks with it.
    pub control: Control,
    /// The sites count their time from here, in nanoseconds of the monotonic clock.
    pub sites_start_ns: u64,
}

/// Brings everything up, and waits until every site answers. If it fails, what was made is still there, with its labels.
pub(crate) async fn bring_up(docker: &Docker, setup: &Setup, options: &LiveOptions, labels: &Labels) -> Result<Made, LiveError> {
    let proceed = || if options.halt.is_halted() { Err(LiveError::Halted) } else { Ok(()) };
    let entries = entries(&setup.plan).map_err(LiveError::Plan)?;
    image::make(docker, &options.binary, labels).await?;
    proceed()?;
    let network = Network::make(docker, labels).await?;
    proceed()?;
    let proxy = network.address(0)?;
    let sites = (1..=setup.plan.sites.len() as u32).map(|number| network.address(number)).collect::<Result<Vec<_>, _>>()?;
    let ground = Ground { docker, labels, network: &network };

    let arguments = vec!["proxy".to_owned(), "--listen".to_owned(), format!("0.0.0.0:{CONTROL_PORT}")];
    let spec = Spec { name: containers::name_of(&labels.run, "proxy"), arguments, environment: Vec::new(), has_volume: false };
    let mut containers = vec![ground.start(spec, proxy).await?];
    proceed()?;
    let control = Control::start(SocketAddr::from((proxy, CONTROL_PORT)))?;
    control.populate(entries.iter().map(|entry| new_entry(entry, &sites)).collect()).await?;
    proceed()?;

    let sites_start_ns = monotonic_ns();
    let specs = site_specs(setup, labels, &entries, proxy, sites_start_ns);
    containers.extend(try_join_all(specs.zip(&sites).map(|(spec, address)| ground.start(spec, *address))).await?);
    proceed()?;
    let up = join_all(sites.iter().zip(&setup.plan.sites).map(|(address, site)| {
        let container = containers::name_of(&labels.run, &site.name);
        async move { wait_until_up(docker, *address, &container, options).await }
    }));
    up.await.into_iter().collect::<Result<Vec<()>, LiveError>>()?;
    Ok(Made { containers, sites, proxy, entries, control, sites_start_ns })
}

struct Ground<'a> {
    docker: &'a Docker,
    labels: &'a Labels,
    network: &'a Network,
}

impl Ground<'_> {
    async fn start(&self, spec: Spec, address: Ipv4Addr) -> Result<Container, LiveError> {
        let name = spec.name.clone();
        let container = containers::start(self.docker, self.network, self.labels, spec).await?;
        self.network.settle(self.docker, &name, address).await?;
        Ok(container)
    }
}

fn new_entry(entry: &Entry, sites: &[Ipv4Addr]) -> NewEntry {
    let port = if matches!(entry.from, Endpoint::Site(_)) { Ports::PEERS } else { Ports::CLIENTS };
    let site = sites.get(entry.to.index()).copied().unwrap_or(Ipv4Addr::UNSPECIFIED);
    NewEntry {
        name: entry.name.clone(),
        listen: format!("0.0.0.0:{}", entry.port),
        upstream: format!("{site}:{port}"),
        state: effect::state(entry, []),
    }
}

fn site_specs(
    setup: &Setup,
    labels: &Labels,
    entries: &[Entry],
    proxy: Ipv4Addr,
    start_ns: u64,
) -> impl Iterator<Item = Spec> {
    setup.plan.sites.iter().enumerate().map(move |(index, site)| {
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
            "peer_listen": format!("0.0.0.0:{}", Ports::PEERS),
            "http_listen": format!("0.0.0.0:{}", Ports::CLIENTS),
            "peers": (0..setup.plan.sites.len()).map(addr_of).collect::<Vec<_>>(),
            "run_start_ns": start_ns,
        });
        let mut arguments = ["node", "--config-env", CONFIG_VARIABLE].map(str::to_owned).to_vec();
        // Who asked for a run with hazards has allowed them.
        if !setup.config.hazards.is_empty() {
            arguments.push("--allow-hazards".to_owned());
        }
        let environment = vec![(CONFIG_VARIABLE.to_owned(), config.to_string())];
        Spec { name: containers::name_of(&labels.run, &site.name), arguments, environment, has_volume: true }
    })
}

async fn wait_until_up(docker: &Docker, address: Ipv4Addr, container: &str, options: &LiveOptions) -> Result<(), LiveError> {
    let site = Pool::new(SocketAddr::from((address, Ports::CLIENTS)));
    let deadline = tokio::time::Instant::now() + UP_DEADLINE;
    while hands::status(&site).await.is_none() {
        if options.halt.is_halted() {
            return Err(LiveError::Halted);
        }
        if tokio::time::Instant::now() > deadline {
            let words = last_words(docker, container).await;
            return Err(LiveError::Site(format!("{container} does not answer within {} s: {words}", UP_DEADLINE.as_secs())));
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
