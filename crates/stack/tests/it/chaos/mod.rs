//! Random schedules: what may go wrong, one step at a time, and the clients who watch.
//!
//! - [`clients`]: what clients must never see
//! - [`appenders`]: the same of the transaction log

pub mod appenders;
pub mod clients;

use crate::cluster::{self, Cluster};
use appenders::Appenders;
use clients::Clients;
use firedrill_model::{HazardSet, Rng, SiteId, StackConfig, TransactionLogConfig, WithoutCopy};
use proptest::prelude::*;
use std::time::Duration;

/// The grain of time while messages are delivered as they come.
const GRAIN: Duration = Duration::from_millis(20);
/// Messages that are under way at most; more are lost.
const MOST_MESSAGES: usize = 2_000;

/// One thing that happens. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
pub enum Step {
    /// So many milliseconds pass in which messages are delivered at once and in order.
    Calm(u16),
    /// Time passes, and nothing is delivered.
    Wait(u16),
    /// So many messages are delivered in order.
    DeliverSome(u8),
    /// One message overtakes others.
    Deliver(u16),
    /// One message is lost.
    Lose(u16),
    /// One message is doubled; the copy comes last.
    Double(u16),
    /// Syncs of this disk wait from now on.
    Slow(u8),
    /// One waiting sync is let through, in the order of its disk.
    Sync(u8),
    /// All waiting syncs are let through.
    Fast,
    /// A process dies.
    Crash(u8),
    /// The power of a site fails: what is not synced is torn.
    PowerLoss(u8),
    /// The power of all sites fails.
    Blackout,
    /// A site starts.
    Start(u8),
    /// A client writes (or tries again) at a site.
    Write(u8, u8),
    /// A client reads at a site.
    Read(u8, u8),
    /// A client appends to the transaction log (or tries again) at a site.
    Append(u8, u8),
    /// A client scans the transaction log at a site.
    Scan(u8, u8),
    /// One direction of a link is cut.
    Cut(u8, u8),
    /// A site is cut off.
    Isolate(u8),
    /// All links are whole.
    Heal,
}

/// A run: figures, seed, steps.
#[derive(Clone, Debug)]
pub struct Case {
    pub sites: usize,
    pub batch: u32,
    pub in_flight: u32,
    pub snapshot_threshold: u64,
    pub pre_vote: bool,
    pub check_quorum: bool,
    pub seed: u64,
    pub log: Option<WithoutCopy>,
    pub steps: Vec<Step>,
}

pub fn case(steps: usize) -> impl Strategy<Value = Case> {
    let figures = (
        prop::sample::select(vec![3_usize, 5]),
        prop::sample::select(vec![1_u32, 2, 4, 64]),
        prop::sample::select(vec![2_u32, 16, 256]),
        prop::sample::select(vec![3_u64, 5, 20, 50, 10_000]),
        any::<bool>(),
        any::<bool>(),
        any::<u64>(),
    );
    let steps = prop::collection::vec(step(), steps / 4..steps);
    (figures, steps).prop_map(|((sites, batch, in_flight, snapshot_threshold, pre_vote, check_quorum, seed), steps)| {
        Case { sites, batch, in_flight, snapshot_threshold, pre_vote, check_quorum, seed, log: None, steps }
    })
}

/// The same with a transaction log and its clients.
pub fn case_with_log(steps: usize) -> impl Strategy<Value = Case> {
    let log = prop::sample::select(vec![WithoutCopy::Stop, WithoutCopy::Asynchronous]);
    let of_log = prop_oneof![
        12 => any::<(u8, u8)>().prop_map(|(client, site)| Step::Append(client, site)),
        3 => any::<(u8, u8)>().prop_map(|(site, after)| Step::Scan(site, after)),
        20 => step(),
    ];
    let steps = prop::collection::vec(of_log, steps / 4..steps);
    (case(4), log, steps).prop_map(|(case, log, steps)| Case { log: Some(log), steps, ..case })
}

fn step() -> BoxedStrategy<Step> {
    use Step::*;
    prop_oneof![
        10 => (0..1_200_u16).prop_map(Calm),
        2 => (1_000..6_000_u16).prop_map(Calm),
        3 => (0..800_u16).prop_map(Wait),
        4 => any::<u8>().prop_map(DeliverSome),
        4 => any::<u16>().prop_map(Deliver),
        2 => any::<u16>().prop_map(Lose),
        2 => any::<u16>().prop_map(Double),
        2 => any::<u8>().prop_map(Slow),
        4 => any::<u8>().prop_map(Sync),
        1 => Just(Fast),
        2 => any::<u8>().prop_map(Crash),
        3 => any::<u8>().prop_map(PowerLoss),
        1 => Just(Blackout),
        7 => any::<u8>().prop_map(Start),
        12 => any::<(u8, u8)>().prop_map(|(client, site)| Write(client, site)),
        6 => any::<(u8, u8)>().prop_map(|(client, site)| Read(client, site)),
        3 => any::<(u8, u8)>().prop_map(|(from, to)| Cut(from, to)),
        2 => any::<u8>().prop_map(Isolate),
        4 => Just(Heal),
    ]
    .boxed()
}

/// A run under way.
pub struct Run {
    pub cluster: Cluster,
    pub clients: Clients,
    pub appenders: Appenders,
    rng: Rng,
}

impl Run {
    pub fn new(case: &Case, hazards: HazardSet) -> Run {
        let mut cluster = Cluster::stopped(figures(case, hazards));
        cluster.seed = case.seed;
        cluster.all().for_each(|site| cluster.start(site));
        Run { cluster, clients: Clients::default(), appenders: Appenders::default(), rng: Rng::new(case.seed, "chaos") }
    }

    /// Takes a step, and looks at what came of it.
    ///
    /// # Errors
    /// If something is wrong that must never be.
    pub fn step(&mut self, step: &Step) -> Result<(), String> {
        self.take(step);
        self.look()
    }

    fn look(&mut self) -> Result<(), String> {
        let cluster = &mut self.cluster;
        cluster.watch.compare_logs(&cluster.sites);
        self.appenders.answered(cluster);
        self.clients.answered(&mut cluster.replies);
        let clients = self.clients.violations.iter().chain(&self.appenders.violations);
        let mut wrong = cluster.watch.violations.iter().chain(clients);
        wrong.next().map_or(Ok(()), |what| Err(what.clone()))
    }

    fn take(&mut self, step: &Step) {
        let cluster = &mut self.cluster;
        let site = |number: u8| SiteId(number % cluster.sites.len() as u8);
        match *step {
            Step::Calm(millis) => {
                cluster.run_in_steps(Duration::from_millis(u64::from(millis)), GRAIN);
            }
            Step::Wait(millis) => {
                cluster.now += Duration::from_millis(u64::from(millis));
                cluster.wake();
            }
            Step::DeliverSome(count) => (0..count).for_each(|_| cluster.deliver_at(0)),
            Step::Deliver(_) | Step::Lose(_) | Step::Double(_) => self.meddle(step),
            Step::Slow(number) => drop(cluster.slow_disks.insert(site(number))),
            Step::Sync(number) => self.sync_one(number),
            Step::Fast => cluster.finish_syncs(),
            Step::Crash(number) => {
                let site = site(number);
                self.clients.lost(site);
                self.appenders.lost(site);
                cluster.crash(site);
            }
            Step::PowerLoss(number) => {
                let site = site(number);
                self.power_loss(site);
            }
            Step::Blackout => cluster.all().for_each(|site| self.power_loss(site)),
            Step::Start(number) => {
                let site = site(number);
                if cluster.sites[site.index()].is_none() {
                    cluster.start(site);
                }
            }
            Step::Write(client, number) => {
                let site = self.asked(number);
                self.clients.write(&mut self.cluster, client, site);
            }
            Step::Read(client, number) => {
                let site = self.asked(number);
                self.clients.read(&mut self.cluster, client, site);
            }
            Step::Append(client, number) => {
                let site = self.asked(number);
                self.appenders.append(&mut self.cluster, client, site);
            }
            Step::Scan(number, after) => {
                let site = self.asked(number);
                self.appenders.scan(&mut self.cluster, site, u64::from(after % 8));
            }
            Step::Cut(from, to) => drop(cluster.cut.insert((site(from), site(to)))),
            Step::Isolate(number) => {
                let site = site(number);
                cluster.isolate(site);
            }
            Step::Heal => cluster.cut.clear(),
        }
        self.cluster.links.truncate(MOST_MESSAGES);
    }

    /// Half of the requests go to any site, a quarter to a leader, a quarter to a primary, if there is one.
    fn asked(&self, number: u8) -> SiteId {
        let sites = &self.cluster.sites;
        let any = SiteId(number % sites.len() as u8);
        let leaders = self.cluster.leaders();
        match number % 4 {
            0 if !leaders.is_empty() => leaders[usize::from(number / 4) % leaders.len()],
            1 => sites[any.index()].as_ref().map_or(any, |site| site.primary()),
            _ => any,
        }
    }

    fn meddle(&mut self, step: &Step) {
        let links = &mut self.cluster.links;
        if links.is_empty() {
            return;
        }
        match step {
            Step::Deliver(place) => self.cluster.deliver_at(usize::from(*place) % self.cluster.links.len()),
            Step::Lose(place) => drop(links.remove(usize::from(*place) % links.len())),
            Step::Double(place) => {
                links.push_back(links[usize::from(*place) % links.len()].clone());
            }
            _ => {}
        }
    }

    /// The first waiting sync of some disk and file.
    fn sync_one(&mut self, number: u8) {
        let waiting = &mut self.cluster.waiting_syncs;
        if waiting.is_empty() {
            return;
        }
        let chosen = &waiting[usize::from(number) % waiting.len()];
        let (site, file) = (chosen.site, chosen.file);
        let first = waiting.iter().position(|sync| sync.site == site && sync.file == file);
        if let Some(first) = first {
            let sync = waiting.remove(first);
            self.cluster.finish_sync(sync);
        }
    }

    fn power_loss(&mut self, site: SiteId) {
        self.clients.lost(site);
        self.appenders.lost(site);
        self.cluster.crash(site);
        self.cluster.disks[site.index()].tear_unsynced(&mut self.rng);
        let disk = &self.cluster.disks[site.index()];
        self.cluster.watch.restarted(site, disk);
    }

    /// Everything is mended: then there must be a leader, a write must succeed, and all sites must come to agree.
    ///
    /// # Errors
    /// If not, or if something is wrong that must never be.
    pub fn heal(&mut self) -> Result<(), String> {
        let cluster = &mut self.cluster;
        cluster.cut.clear();
        cluster.links.clear();
        cluster.finish_syncs();
        for site in cluster.all() {
            if cluster.sites[site.index()].is_none() {
                cluster.start(site);
            }
        }
        let mut last = String::new();
        for _ in 0..30 {
            self.cluster.run_in_steps(Duration::from_secs(1), GRAIN);
            self.look()?;
            match self.served() {
                Ok(()) => return self.look(),
                Err(why) => last = why,
            }
        }
        let roles: Vec<String> = self
            .cluster
            .sites
            .iter()
            .flatten()
            .map(|site| {
                format!("{:?} in {} at {} of {}", site.role(), site.term(), site.commit_index(), site.last_index())
            })
            .collect();
        Err(format!("healed, but {last}: {roles:?}"))
    }

    fn served(&mut self) -> Result<(), String> {
        let [_] = self.cluster.leaders()[..] else {
            return Err("there is not one leader".into());
        };
        if !self.clients.all_can_write_and_read(&mut self.cluster) {
            return Err("clients are not served".into());
        }
        if self.cluster.config.transaction_log.is_some() {
            self.log_served()?;
        }
        self.cluster.run_in_steps(Duration::from_millis(500), GRAIN);
        let mut sites = self.cluster.sites.iter().flatten();
        let state = |site: &firedrill_stack::Site| (site.applied_index(), site.applied_digest());
        let first = sites.next().map(state);
        if sites.all(|site| Some(state(site)) == first) { Ok(()) } else { Err("sites do not agree".into()) }
    }
}

impl Run {
    fn log_served(&mut self) -> Result<(), String> {
        if !self.appenders.all_are_served(&mut self.cluster) {
            return Err("clients of the log are not served".into());
        }
        self.cluster.run_in_steps(Duration::from_secs(3), GRAIN);
        let state = |site: &firedrill_stack::Site| (site.log_durable(), site.log_incarnation(site.log_end()));
        let mut sites = self.cluster.sites.iter().flatten().map(state);
        let first = sites.next();
        if sites.all(|site| Some(site) == first) { Ok(()) } else { Err("logs do not agree".into()) }
    }
}

fn figures(case: &Case, hazards: HazardSet) -> StackConfig {
    let mut config = cluster::config(case.sites);
    config.raft.election_timeout = Duration::from_millis(500);
    config.raft.heartbeat = Duration::from_millis(100);
    config.raft.max_batch = case.batch;
    config.raft.max_in_flight = case.in_flight;
    config.raft.snapshot_threshold = case.snapshot_threshold;
    config.raft.pre_vote = case.pre_vote;
    config.raft.check_quorum = case.check_quorum;
    config.health.interval = Duration::from_millis(500);
    config.health.timeout = Duration::from_secs(1);
    config.health.retries = 1;
    config.hazards = hazards;
    config.transaction_log = case.log.map(|without_copy| TransactionLogConfig {
        synchronous: (1..case.sites as u8 - 1).map(SiteId).collect(),
        without_copy,
        copy_timeout: Duration::from_secs(1),
        send_interval: Duration::from_millis(100),
        retention: Duration::from_secs(86_400),
    });
    config
}

/// Runs a case to its end, healing included.
///
/// # Errors
/// What was wrong first.
pub fn run(case: &Case, hazards: HazardSet) -> Result<Run, String> {
    let mut run = Run::new(case, hazards);
    for step in &case.steps {
        run.step(step)?;
    }
    run.heal()?;
    Ok(run)
}
