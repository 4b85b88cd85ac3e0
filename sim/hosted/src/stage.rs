//! What world, sites, clients and connections share. Everything runs on one thread; the lock is never waited for.

use crate::faults::Links;
use crate::stream::Slot;
use firedrill_drill::remote::wire::Begin;
use firedrill_drill::world::{Happened, WorldEvent};
use firedrill_model::{Endpoint, FaultId, Rng, SiteId, StackConfig, Time};
use firedrill_sim::device::Device;
use firedrill_stack::Site;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;

/// So many of a thousand reads are given less than there is.
const SHORT_READS: u32 = 60;

/// Shared by all parts of one world.
#[derive(Clone)]
pub struct Stage(Arc<Shared>);

struct Shared {
    config: Arc<StackConfig>,
    begin: Begin,
    now: fn() -> u64,
    state: Mutex<State>,
    /// By site: it was frozen, thawed, or its clock was set.
    changed: Vec<Notify>,
    came_up: Notify,
}

/// What changes.
pub(crate) struct State {
    pub(crate) told: Vec<Happened>,
    /// The world has something to do before time goes on, or to tell.
    pub(crate) came_up: bool,
    pub(crate) machines: Vec<Machine>,
    /// By direction of a link: how many faults cut it, and when it was last cut.
    pub(crate) cuts: BTreeMap<(Endpoint, Endpoint), (u32, Time)>,
    /// What makes a direction of a link slower, by fault: delay and jitter, in nanoseconds.
    pub(crate) slower: BTreeMap<FaultId, (Links, u64, u64)>,
    /// Faults of disks that have not hit anything yet.
    pub(crate) waiting: BTreeSet<FaultId>,
    slots: Vec<Weak<Slot>>,
    jitter: Rng,
    reads: Rng,
}

/// A site's machine.
pub(crate) struct Machine {
    pub(crate) unpowered_by: Vec<FaultId>,
    pub(crate) crashed_by: Vec<FaultId>,
    pub(crate) frozen_by: Option<FaultId>,
    /// A process runs.
    pub(crate) running: bool,
    pub(crate) starts: u64,
    pub(crate) skew: i64,
    pub(crate) device: Device,
    pub(crate) site: Option<Arc<Mutex<Site>>>,
    /// Crashes that strike after some more outputs.
    pub(crate) armed: Vec<(FaultId, u32)>,
    /// A crash struck: the process does nothing more, and is to be killed.
    pub(crate) dying_of: Option<FaultId>,
    /// The process has given up, or was told to end and has.
    pub(crate) stopped: bool,
    /// The process is to end by itself.
    pub(crate) told_to_end: bool,
    /// It gave up, and is restarted then.
    pub(crate) restart_at: Option<Time>,
    pub(crate) queues: crate::queues::Queues,
}

impl Machine {
    pub(crate) fn powered(&self) -> bool {
        self.unpowered_by.is_empty()
    }
}

impl Stage {
    /// For a world. `now`: its time, where the runtime runs.
    pub fn new(begin: &Begin, now: fn() -> u64) -> Stage {
        let machine = |site: usize| Machine {
            unpowered_by: Vec::new(),
            crashed_by: Vec::new(),
            frozen_by: None,
            running: false,
            starts: 0,
            skew: 0,
            device: Device::new(begin.seed, SiteId(site as u8), &begin.physics),
            site: None,
            armed: Vec::new(),
            dying_of: None,
            stopped: false,
            told_to_end: false,
            restart_at: None,
            queues: crate::queues::Queues::default(),
        };
        let sites = begin.config.sites.len();
        let state = State {
            told: Vec::new(),
            came_up: false,
            machines: (0..sites).map(machine).collect(),
            cuts: BTreeMap::new(),
            slower: BTreeMap::new(),
            waiting: BTreeSet::new(),
            slots: Vec::new(),
            jitter: Rng::new(begin.seed, "jitter"),
            reads: Rng::new(begin.seed, "reads"),
        };
        Stage(Arc::new(Shared {
            config: Arc::new(begin.config.clone()),
            begin: begin.clone(),
            now,
            state: Mutex::new(state),
            changed: (0..sites).map(|_| Notify::new()).collect(),
            came_up: Notify::new(),
        }))
    }

    /// What the world was made from.
    pub fn begin(&self) -> &Begin {
        &self.0.begin
    }

    pub(crate) fn config(&self) -> &Arc<StackConfig> {
        &self.0.config
    }

    /// The world's time; to be called where the runtime runs.
    pub(crate) fn now(&self) -> Time {
        Time::from_nanos((self.0.now)())
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // After a panic the world is over.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what happens now.
    pub(crate) fn tell(&self, event: WorldEvent) {
        let t = self.now();
        self.tell_at(t, event);
    }

    pub(crate) fn tell_at(&self, t: Time, event: WorldEvent) {
        use WorldEvent::{Answered, Broken, Failed, Refused};
        let answers = matches!(event, Answered { .. } | Refused { .. } | Broken { .. } | Failed { .. });
        self.lock().told.push(Happened { t, event });
        if answers {
            self.comes_up();
        }
    }

    /// The world has something to do, or to tell.
    pub(crate) fn comes_up(&self) {
        self.lock().came_up = true;
        self.0.came_up.notify_one();
    }

    /// Whether the world has something to do, or to tell, before time goes on.
    pub fn has_come_up(&self) -> bool {
        self.lock().came_up
    }

    /// Waits until it has.
    pub async fn until_something_comes_up(&self) {
        while !self.has_come_up() {
            self.0.came_up.notified().await;
        }
    }

    /// Ends when a site is frozen, thawed, or its clock is set, after this was called.
    pub(crate) fn changed(&self, site: SiteId) -> tokio::sync::futures::Notified<'_> {
        self.0.changed[site.index()].notified()
    }

    /// Wakes all that may have to see something differently now.
    pub(crate) fn wake_all(&self) {
        self.0.changed.iter().for_each(Notify::notify_waiters);
        let slots: Vec<Arc<Slot>> = {
            let mut state = self.lock();
            state.slots.retain(|slot| slot.strong_count() > 0);
            state.slots.iter().filter_map(Weak::upgrade).collect()
        };
        slots.iter().for_each(|slot| slot.wake());
    }

    /// Resets the connections between the ends, in both directions. Whether there were any.
    pub(crate) fn reset(&self, links: &[(Endpoint, Endpoint)]) -> bool {
        let slots: Vec<Arc<Slot>> = self.lock().slots.iter().filter_map(Weak::upgrade).collect();
        let hit = |slot: &&Arc<Slot>| links.contains(&slot.ends) || links.contains(&(slot.ends.1, slot.ends.0));
        let hit: Vec<&Arc<Slot>> = slots.iter().filter(hit).collect();
        hit.iter().for_each(|slot| slot.reset());
        !hit.is_empty()
    }

    pub(crate) fn register(&self, slot: &Arc<Slot>) {
        let mut state = self.lock();
        if state.slots.len() >= 256 {
            state.slots.retain(|slot| slot.strong_count() > 0);
        }
        state.slots.push(Arc::downgrade(slot));
    }

    pub(crate) fn is_frozen(&self, end: Endpoint) -> bool {
        match end {
            Endpoint::Site(site) => self.lock().machines[site.index()].frozen_by.is_some(),
            Endpoint::Region(_) => false,
        }
    }

    pub(crate) fn is_powered(&self, end: Endpoint) -> bool {
        match end {
            Endpoint::Site(site) => self.lock().machines[site.index()].powered(),
            Endpoint::Region(_) => true,
        }
    }

    pub(crate) fn is_running(&self, end: Endpoint) -> bool {
        match end {
            Endpoint::Site(site) => self.lock().machines[site.index()].running,
            Endpoint::Region(_) => true,
        }
    }

    pub(crate) fn is_open(&self, from: Endpoint, to: Endpoint) -> bool {
        self.lock().cuts.get(&(from, to)).is_none_or(|(cuts, _)| *cuts == 0)
    }

    /// When a link was last cut, either way.
    pub(crate) fn last_cut(&self, a: Endpoint, b: Endpoint) -> Option<Time> {
        let state = self.lock();
        let last = |ends| state.cuts.get(&ends).map(|(_, at)| *at);
        last((a, b)).max(last((b, a)))
    }

    /// The plan's latency of a link, one way.
    pub fn latency(&self, from: Endpoint, to: Endpoint) -> Duration {
        let begin = self.begin();
        let round_trip = match (from, to) {
            (Endpoint::Site(a), Endpoint::Site(b)) => begin.links.get(a.index()).and_then(|row| row.get(b.index())),
            (Endpoint::Region(region), Endpoint::Site(site)) | (Endpoint::Site(site), Endpoint::Region(region)) => {
                begin.regions.get(region.index()).and_then(|row| row.get(site.index()))
            }
            (Endpoint::Region(_), Endpoint::Region(_)) => None,
        };
        round_trip.copied().unwrap_or_default() / 2
    }

    /// How much of so many bytes a read is given: all, or now and then, since streams keep no boundaries, less.
    pub(crate) fn read_len(&self, most: usize) -> usize {
        let reads = &mut self.lock().reads;
        if most > 1 && reads.chance(SHORT_READS) { 1 + reads.below(most as u64 - 1) as usize } else { most }
    }

    /// How long what is received now is held back: by faults and jitter, and, unless the runtime does it, by the link's latency.
    pub(crate) fn delay(&self, from: Endpoint, to: Endpoint, delays: bool) -> Duration {
        let latency = self.latency(from, to);
        let per_mille = u128::from(self.begin().physics.jitter_per_mille);
        let mut state = self.lock();
        let mut most = u64::try_from(latency.as_nanos() * per_mille / 1000).unwrap_or(0);
        let mut delay = 0_u64;
        for (links, by, jitter) in state.slower.values() {
            if links.contains(&(from, to)) {
                delay = delay.saturating_add(by.saturating_sub(*jitter));
                most = most.saturating_add(jitter.saturating_mul(2));
            }
        }
        if most > 0 {
            delay = delay.saturating_add(state.jitter.below(most));
        }
        Duration::from_nanos(delay) + if delays { Duration::ZERO } else { latency }
    }
}
