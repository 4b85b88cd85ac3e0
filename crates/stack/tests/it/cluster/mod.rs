//! A few sites in one test, with links and disks that the test controls: messages and syncs wait until they are let through.
//!
//! - [`disk`]: what is written and what of it is synced
//! - [`watch`]: safety, looked at after every input

pub mod disk;
pub mod watch;

use disk::Disk;
use firedrill_model::{
    HazardSet, HealthConfig, Key, Observation, Op, RaftConfig, Request, Response, Rng, Role, ServiceConfig, ServiceId,
    SessionId, SiteConfig, SiteId, StackConfig, Time, Value,
};
use firedrill_stack::{DiskOp, DiskToken, FileId, Input, LogKey, Message, Output, Site, Ticket};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use watch::Watch;

pub const NY: SiteId = SiteId(0);
pub const LONDON: SiteId = SiteId(1);
pub const SINGAPORE: SiteId = SiteId(2);

/// A configuration of `count` sites with one service.
pub fn config(count: usize) -> StackConfig {
    let site = |n: usize| SiteConfig { name: format!("s{n}"), capacity_percent: 100 };
    let service = ServiceConfig { name: "core".into(), priority: 0, depends_on: vec![] };
    StackConfig {
        sites: (0..count).map(site).collect(),
        services: vec![service],
        raft: RaftConfig {
            heartbeat: Duration::from_secs(1),
            election_timeout: Duration::from_secs(5),
            pre_vote: true,
            check_quorum: true,
            max_batch: 64,
            max_in_flight: 256,
            snapshot_threshold: 10_000,
        },
        health: HealthConfig { interval: Duration::from_secs(5), timeout: Duration::from_secs(30), retries: 3 },
        transaction_log: None,
        notifications: vec!["pagerduty".into()],
        hazards: HazardSet::NONE,
    }
}

/// A sync that waits to be let through, and the contents that it covers.
#[derive(Clone)]
pub struct WaitingSync {
    pub site: SiteId,
    pub file: FileId,
    pub token: DiskToken,
    pub covers: Vec<u8>,
}

/// The sites, their disks, and what is on its way.
#[derive(Clone)]
pub struct Cluster {
    pub config: Arc<StackConfig>,
    pub now: Time,
    /// By how much each site's clock is ahead.
    pub ahead: Vec<Duration>,
    pub sites: Vec<Option<Site>>,
    pub disks: Vec<Disk>,
    pub links: VecDeque<(SiteId, SiteId, Message)>,
    pub cut: BTreeSet<(SiteId, SiteId)>,
    pub observed: Vec<(SiteId, Observation)>,
    pub replies: BTreeMap<u64, Response>,
    pub slow_disks: BTreeSet<SiteId>,
    pub waiting_syncs: Vec<WaitingSync>,
    pub watch: Watch,
    pub seed: u64,
    pub key: LogKey,
    tickets: u64,
    incarnation: u64,
}

impl Cluster {
    /// Sites that have just started.
    pub fn new(config: StackConfig) -> Cluster {
        let mut cluster = Cluster::stopped(config);
        (0..cluster.sites.len() as u8).for_each(|n| cluster.start(SiteId(n)));
        cluster
    }

    /// Sites of which the first leads.
    pub fn settled(config: StackConfig) -> Cluster {
        let mut cluster = Cluster::new(config);
        cluster.run(20);
        assert_eq!(cluster.leaders(), [NY], "the first in the plan leads");
        cluster
    }

    /// Sites that have not started yet.
    pub fn stopped(config: StackConfig) -> Cluster {
        let count = config.sites.len();
        Cluster {
            config: Arc::new(config),
            now: Time::ZERO,
            ahead: vec![Duration::ZERO; count],
            sites: vec![None; count],
            disks: vec![Disk::default(); count],
            links: VecDeque::new(),
            cut: BTreeSet::new(),
            observed: Vec::new(),
            replies: BTreeMap::new(),
            slow_disks: BTreeSet::new(),
            waiting_syncs: Vec::new(),
            watch: Watch::new(count),
            seed: 7,
            key: LogKey { id: 1, secret: [7; 32] },
            tickets: 0,
            incarnation: 0,
        }
    }

    /// All sites, up or not.
    pub fn all(&self) -> impl Iterator<Item = SiteId> + use<> {
        (0..self.sites.len() as u8).map(SiteId)
    }

    pub fn start(&mut self, me: SiteId) {
        self.incarnation += 1;
        let rng = Rng::new(self.seed, "cluster").split(self.incarnation * 16 + u64::from(me.0));
        self.sites[me.index()] = Some(Site::new(self.config.clone(), me, rng));
        self.watch.restarted(me, &self.disks[me.index()]);
        if self.config.transaction_log.is_some() {
            self.input(me, Input::KeyGiven { key: self.key.clone() });
        }
        self.input(me, Input::Started);
    }

    /// The process dies; written data stay.
    pub fn crash(&mut self, me: SiteId) {
        self.sites[me.index()] = None;
        self.waiting_syncs.retain(|sync| sync.site != me);
    }

    /// The power fails; only synced data stay.
    pub fn power_loss(&mut self, me: SiteId) {
        self.crash(me);
        self.disks[me.index()].lose_unsynced();
    }

    pub fn clock(&self, site: SiteId) -> Time {
        self.now + self.ahead[site.index()]
    }

    pub fn input(&mut self, me: SiteId, input: Input) {
        let now = self.clock(me);
        let Some(site) = &mut self.sites[me.index()] else {
            return;
        };
        site.handle(now, input);
        self.watch.looked_at(me, site);
        while let Some(output) = self.sites[me.index()].as_mut().and_then(Site::poll_output) {
            match output {
                Output::Send { to, message } => {
                    self.watch.sent(me, to, &message);
                    self.links.push_back((me, to, message));
                }
                Output::Disk(op) => self.disk(me, op),
                Output::Reply { ticket, response } => drop(self.replies.insert(ticket.0, response)),
                Output::Observe(observation) => self.observed.push((me, observation)),
            }
        }
    }

    fn disk(&mut self, me: SiteId, op: DiskOp) {
        let disk = &mut self.disks[me.index()];
        match op {
            DiskOp::Read { file, token } => {
                let result = Ok(disk.written.get(&file).cloned());
                self.input(me, Input::FileRead { token, result });
            }
            DiskOp::Create { file } => drop(disk.written.entry(file).or_default()),
            DiskOp::Write { file, offset, bytes } => disk.write(file, offset as usize, &bytes),
            DiskOp::Truncate { file, len } => {
                disk.written.entry(file).or_default().resize(len as usize, 0);
            }
            DiskOp::Sync { file, token } => {
                let covers = disk.written.get(&file).cloned().unwrap_or_default();
                let sync = WaitingSync { site: me, file, token, covers };
                if self.slow_disks.contains(&me) {
                    self.waiting_syncs.push(sync);
                } else {
                    self.finish_sync(sync);
                }
            }
            DiskOp::SyncDir { token } => self.input(me, Input::Synced { token }),
            DiskOp::List { token } => {
                let result = Ok(disk.written.keys().copied().collect());
                self.input(me, Input::FilesListed { token, result });
            }
            DiskOp::Delete { file } => {
                disk.written.remove(&file);
                disk.synced.remove(&file);
            }
            other => panic!("the stack does not use {other:?} yet"),
        }
    }

    /// Lets a sync through.
    pub fn finish_sync(&mut self, sync: WaitingSync) {
        let disk = &mut self.disks[sync.site.index()];
        disk.synced.insert(sync.file, sync.covers);
        self.watch.synced(sync.site, disk);
        self.input(sync.site, Input::Synced { token: sync.token });
    }

    /// Lets all syncs of slow disks through, and makes the disks fast.
    pub fn finish_syncs(&mut self) {
        self.slow_disks.clear();
        for sync in std::mem::take(&mut self.waiting_syncs) {
            self.finish_sync(sync);
        }
    }

    /// Delivers the message at a place in the queue.
    pub fn deliver_at(&mut self, place: usize) {
        if let Some((from, to, message)) = self.links.remove(place)
            && !self.cut.contains(&(from, to))
        {
            self.input(to, Input::MessageReceived { from, message });
        }
    }

    /// Delivers messages until none is on its way; those over cut links are lost.
    pub fn deliver(&mut self) {
        let mut left = 100_000;
        while !self.links.is_empty() {
            assert!(left > 0, "messages never come to rest");
            left -= 1;
            self.deliver_at(0);
        }
    }

    /// Lets time pass in steps of 100 ms, delivering at once.
    pub fn run(&mut self, secs: u64) {
        self.run_in_steps(Duration::from_secs(secs), Duration::from_millis(100));
    }

    /// Lets time pass in steps, delivering at once.
    pub fn run_in_steps(&mut self, duration: Duration, step: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.now += step;
            self.wake();
            self.deliver();
        }
    }

    /// Tells the sites that time passed, if they asked for it.
    pub fn wake(&mut self) {
        for site in self.all() {
            let due = self.sites[site.index()].as_ref().and_then(Site::poll_deadline);
            if due.is_some_and(|due| due <= self.clock(site)) {
                self.input(site, Input::TimePassed);
                self.rests(site);
            }
        }
    }

    /// A site that was just woken must not ask to be woken at once again, or it would never rest.
    fn rests(&mut self, site: SiteId) {
        let due = self.sites[site.index()].as_ref().and_then(Site::poll_deadline);
        if due.is_some_and(|due| due <= self.clock(site)) {
            let what = format!("{site} was woken and asks to be woken at once");
            self.watch.violations.push(what);
        }
    }

    pub fn isolate(&mut self, site: SiteId) {
        for n in self.all().filter(|n| *n != site) {
            self.cut.insert((site, n));
            self.cut.insert((n, site));
        }
    }

    pub fn site(&self, n: u8) -> &Site {
        self.sites[usize::from(n)].as_ref().expect("the site is up")
    }

    pub fn leaders(&self) -> Vec<SiteId> {
        let leads = |n: &SiteId| self.sites[n.index()].as_ref().is_some_and(|site| site.role() == Role::Leader);
        self.all().filter(leads).collect()
    }

    /// Sends a request; the ticket under which the answer will be.
    pub fn ask(&mut self, site: SiteId, seq: u64, op: Op) -> u64 {
        self.ask_as(SessionId(1), site, seq, op)
    }

    /// The same, in a client session.
    pub fn ask_as(&mut self, session: SessionId, site: SiteId, seq: u64, op: Op) -> u64 {
        self.tickets += 1;
        let request = Request { session, seq, service: ServiceId(0), op };
        self.input(site, Input::RequestReceived { ticket: Ticket(self.tickets), request });
        self.tickets
    }
}

pub fn write(value: &str) -> Op {
    Op::Write { key: Key::new("k"), value: Value::new(value.as_bytes()) }
}

pub fn read() -> Op {
    Op::Read { key: Key::new("k") }
}
