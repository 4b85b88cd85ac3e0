//! A site: the node's shell, on the host.

use crate::clock::SiteClock;
use crate::disk::SiteDisk;
use crate::net::SiteNet;
use crate::process::{Process, Telling};
use crate::stage::Stage;
use crate::wires::{CLIENTS, PEERS, Wires, ip};
use firedrill_model::{Endpoint, Rng, SiteId, Time};
use firedrill_node::config::NodeConfig;
use firedrill_node::{framed, shell};
use firedrill_stack::{Input, Site};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Runs a site's process until it is told to end and has, or this is dropped.
///
/// # Errors
/// As the runtime's network reports them.
pub async fn run<W: Wires>(stage: Stage, wires: W, me: SiteId) -> io::Result<()> {
    let (seed, starts) = {
        let now = stage.now();
        let machine = &mut stage.lock().machines[me.index()];
        machine.device.new_process(now);
        (stage.begin().seed, machine.starts)
    };
    let config = node_config(&stage, me);
    let clock = SiteClock { stage: stage.clone(), me };
    let net = SiteNet { wires, stage: stage.clone(), me: Endpoint::Site(me) };
    let listeners = shell::listen(&net, &config).await?;
    let rng = Rng::new(seed, "site").split(u64::from(me.0)).split(starts);
    let mut site = Site::new(stage.config().clone(), me, rng);
    if let Some(key) = &config.log_key {
        site.handle(Time::ZERO, Input::KeyGiven { key: key.clone() });
    }
    let site = Arc::new(Mutex::new(site));
    stage.lock().machines[me.index()].site = Some(site.clone());
    let disk = SiteDisk { stage: stage.clone(), me, clock: clock.clone() };
    let process = Process { stage: stage.clone(), me, site };
    let observer = Telling { stage: stage.clone(), me };
    let (serve_clock, until_told) = (clock.clone(), clock.clone());
    let serve = |listener, asks, switches| framed::serve(listener, (serve_clock, switches), asks);
    let mut running = shell::start(&config, (net, clock, disk), listeners, (process, observer), serve)?;
    stage.lock().machines[me.index()].queues.watch(running.outboxes().to_vec());
    let told_to_end = until_told.told_to_end();
    tokio::select! {
        biased;
        ended = running.ended() => return ended.map_err(io::Error::other),
        () = told_to_end => {}
    }
    running.stop().await.map_err(io::Error::other)?;
    stage.lock().machines[me.index()].stopped = true;
    stage.comes_up();
    Ok(())
}

fn node_config(stage: &Stage, me: SiteId) -> NodeConfig {
    let sites = stage.config().sites.len();
    let address = |site: usize| format!("{}:{PEERS}", ip(Endpoint::Site(SiteId(site as u8))));
    NodeConfig {
        stack: (**stage.config()).clone(),
        me,
        seed: stage.begin().seed,
        data_dir: PathBuf::new(),
        peer_listen: format!("0.0.0.0:{PEERS}"),
        http_listen: format!("0.0.0.0:{CLIENTS}"),
        peers: (0..sites).map(address).collect(),
        run_start_ns: 0,
        log_key: stage.config().transaction_log.as_ref().map(|_| firedrill_sim::log_key(stage.begin().seed)),
    }
}
