//! A few sites in one test, with links and disks that the test controls: messages and syncs wait until they are let through.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use firedrill_model::{
    HazardSet, HealthConfig, Key, Observation, Op, RaftConfig, Request, Response, Rng, Role,
    ServiceConfig, ServiceId, SessionId, SiteConfig, SiteId, StackConfig, Time, Value,
};
use firedrill_stack::{DiskOp, FileId, Input, Message, Output, Site, Ticket};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// A configuration of `count` sites with one service.
pub fn config(count: usize) -> StackConfig {
    let site = |n: usize| SiteConfig {
        name: format!("s{n}"),
        capacity_percent: 100,
    };
    let service = ServiceConfig {
        name: "core".into(),
        priority: 0,
        depends_on: vec![],
    };
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
        health: HealthConfig {
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            retries: 3,
        },
        notifications: vec!["pagerduty".into()],
        hazards: HazardSet::NONE,
    }
}

/// A disk in memory: what was written, and what of it is synced.
#[derive(Clone, Default)]
pub struct Disk {
    pub written: BTreeMap<FileId, Vec<u8>>,
    pub synced: BTreeMap<FileId, Vec<u8>>,
}

/// The sites, their disks, and what is on its way.
pub struct Cluster {
    pub config: Arc<StackConfig>,
    pub now: Time,
    pub sites: Vec<Option<Site>>,
    pub disks: Vec<Disk>,
    pub links: VecDeque<(SiteId, SiteId, Message)>,
    pub cut: BTreeSet<(SiteId, SiteId)>,
    pub observed: Vec<(SiteId, Observation)>,
    pub replies: BTreeMap<u64, Response>,
    pub slow_disks: BTreeSet<SiteId>,
    pub waiting_syncs: Vec<(SiteId, FileId, firedrill_stack::DiskToken)>,
    tickets: u64,
    incarnation: u64,
}

impl Cluster {
    pub fn new(config: StackConfig) -> Cluster {
        let count = config.sites.len();
        let mut cluster = Cluster {
            config: Arc::new(config),
            now: Time::ZERO,
            sites: vec![None; count],
            disks: vec![Disk::default(); count],
            links: VecDeque::new(),
            cut: BTreeSet::new(),
            observed: Vec::new(),
            replies: BTreeMap::new(),
            slow_disks: BTreeSet::new(),
            waiting_syncs: Vec::new(),
            tickets: 0,
            incarnation: 0,
        };
        (0..count as u8).for_each(|n| cluster.start(SiteId(n)));
        cluster
    }

    pub fn start(&mut self, me: SiteId) {
        self.incarnation += 1;
        let rng = Rng::new(7, "cluster").split(self.incarnation * 16 + u64::from(me.0));
        self.sites[me.index()] = Some(Site::new(self.config.clone(), me, rng));
        self.input(me, Input::Started);
    }

    /// The process dies; written data stay.
    pub fn crash(&mut self, me: SiteId) {
        self.sites[me.index()] = None;
        self.waiting_syncs.retain(|(site, _, _)| *site != me);
    }

    /// The power fails; only synced data stay.
    pub fn power_loss(&mut self, me: SiteId) {
        self.crash(me);
        let disk = &mut self.disks[me.index()];
        disk.written = disk.synced.clone();
    }

    pub fn input(&mut self, me: SiteId, input: Input) {
        let now = self.now;
        let Some(site) = &mut self.sites[me.index()] else {
            return;
        };
        site.handle(now, input);
        while let Some(output) = self.sites[me.index()].as_mut().and_then(Site::poll_output) {
            match output {
                Output::Send { to, message } => self.links.push_back((me, to, message)),
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
                let bytes = disk.written.get(&file).cloned();
                self.input(
                    me,
                    Input::FileRead {
                        token,
                        result: Ok(bytes),
                    },
                );
            }
            DiskOp::Create { file } => drop(disk.written.entry(file).or_default()),
            DiskOp::Write {
                file,
                offset,
                bytes,
            } => {
                let contents = disk.written.entry(file).or_default();
                let end = offset as usize + bytes.len();
                contents.resize(contents.len().max(end), 0);
                contents[offset as usize..end].copy_from_slice(&bytes);
            }
            DiskOp::Truncate { file, len } => {
                disk.written
                    .entry(file)
                    .or_default()
                    .resize(len as usize, 0);
            }
            DiskOp::Sync { file, token } if self.slow_disks.contains(&me) => {
                self.waiting_syncs.push((me, file, token));
            }
            DiskOp::Sync { file, token } => self.sync(me, file, token),
            DiskOp::SyncDir { token } => self.input(me, Input::Synced { token }),
            other => panic!("the stack does not use {other:?} yet"),
        }
    }

    fn sync(&mut self, me: SiteId, file: FileId, token: firedrill_stack::DiskToken) {
        let disk = &mut self.disks[me.index()];
        let contents = disk.written.get(&file).cloned().unwrap_or_default();
        disk.synced.insert(file, contents);
        self.input(me, Input::Synced { token });
    }

    /// Lets the syncs of slow disks through.
    pub fn finish_syncs(&mut self) {
        self.slow_disks.clear();
        for (site, file, token) in std::mem::take(&mut self.waiting_syncs) {
            self.sync(site, file, token);
        }
    }

    /// Delivers messages until none is on its way; those over cut links are lost.
    pub fn deliver(&mut self) {
        let mut left = 100_000;
        while let Some((from, to, message)) = self.links.pop_front() {
            assert!(left > 0, "messages never come to rest");
            left -= 1;
            if !self.cut.contains(&(from, to)) {
                self.input(to, Input::MessageReceived { from, message });
            }
        }
    }

    /// Lets time pass in steps of 100 ms, delivering at once.
    pub fn run(&mut self, secs: u64) {
        for _ in 0..secs * 10 {
            self.now += Duration::from_millis(100);
            for n in 0..self.sites.len() as u8 {
                let due = self.sites[usize::from(n)]
                    .as_ref()
                    .and_then(Site::poll_deadline);
                if due.is_some_and(|due| due <= self.now) {
                    self.input(SiteId(n), Input::TimePassed);
                }
            }
            self.deliver();
        }
    }

    pub fn isolate(&mut self, site: SiteId) {
        for n in (0..self.sites.len() as u8)
            .map(SiteId)
            .filter(|n| *n != site)
        {
            self.cut.insert((site, n));
            self.cut.insert((n, site));
        }
    }

    pub fn site(&self, n: u8) -> &Site {
        self.sites[usize::from(n)].as_ref().expect("the site is up")
    }

    pub fn leaders(&self) -> Vec<SiteId> {
        let leads = |n: &SiteId| {
            self.sites[n.index()]
                .as_ref()
                .is_some_and(|site| site.role() == Role::Leader)
        };
        (0..self.sites.len() as u8)
            .map(SiteId)
            .filter(leads)
            .collect()
    }

    /// Sends a request; the ticket under which the answer will be.
    pub fn ask(&mut self, site: SiteId, seq: u64, op: Op) -> u64 {
        self.tickets += 1;
        let request = Request {
            session: SessionId(1),
            seq,
            service: ServiceId(0),
            op,
        };
        self.input(
            site,
            Input::RequestReceived {
                ticket: Ticket(self.tickets),
                request,
            },
        );
        self.tickets
    }
}

pub fn write(value: &str) -> Op {
    Op::Write {
        key: Key::new("k"),
        value: Value::new(value.as_bytes()),
    }
}

pub fn read() -> Op {
    Op::Read { key: Key::new("k") }
}
