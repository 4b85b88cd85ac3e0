//! What the tests are written with: a world, and what it told.

use crate::PATIENCE;
use crate::setup::setup;
use firedrill_drill::world::{Action, Command, Happened, RequestId, World, WorldEvent};
use firedrill_live::host::disk;
use firedrill_live::{Halt, Live, LiveOptions, Storage};
use firedrill_model::{
    Fault, FaultId, FaultKind, Key, LogIndex, Observation, Op, OpResult, RegionId, Request, Response, ServiceId,
    SessionId, SiteId, Time, Value,
};
use libtest_mimic::Failed;
use std::path::Path;
use std::process::Command as Process;
use std::time::Duration;

/// A request without an answer is tried again after this long.
const TRY_AGAIN: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(100);

/// A world, and what it told.
pub struct Bench {
    live: Option<Live>,
    run: String,
    storage: Storage,
    halt: Halt,
    now: Time,
    commands: Vec<Command>,
    told: Vec<Happened>,
    requests: u64,
    faults: u16,
}

/// A name for a run of this process.
pub fn run_name(test: &str) -> String {
    format!("test-{}-{test}", std::process::id())
}

/// All that the engine has of a run, as the engine's own client lists it.
pub fn things_of(run: &str) -> Result<Vec<String>, Failed> {
    listed(run, &[&["ps", "-aq"], &["network", "ls", "-q"], &["volume", "ls", "-q"], &["images", "-aq"]])
}

/// All that this machine has of a run besides the engine: mounts, loop devices, files.
pub fn on_this_machine(run: &str) -> Result<Vec<String>, Failed> {
    let folder = disk::folder_of(run);
    let mut found = mounts_of(run)?;
    for device in std::fs::read_dir("/sys/block")? {
        // One that has no file behind it has no such entry either.
        let behind = std::fs::read_to_string(device?.path().join("loop/backing_file")).unwrap_or_default();
        if Path::new(behind.trim()).starts_with(&folder) {
            found.push(format!("a loop device over {}", behind.trim()));
        }
    }
    if folder.exists() {
        found.push(folder.display().to_string());
    }
    Ok(found)
}

/// Where something of a run is mounted.
pub fn mounts_of(run: &str) -> Result<Vec<String>, Failed> {
    let mounts = std::fs::read_to_string("/proc/self/mounts")?;
    let mount_points = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    let of_run = mount_points.filter(|path| Path::new(path).starts_with(disk::folder_of(run)));
    Ok(of_run.map(str::to_owned).collect())
}

fn listed(run: &str, lists: &[&[&str]]) -> Result<Vec<String>, Failed> {
    let filter = format!("label=dev.firedrill.run={run}");
    let mut things = Vec::new();
    for list in lists {
        let output = Process::new("docker").args(*list).args(["--filter", &filter]).output()?;
        if !output.status.success() {
            return Err(format!("docker {list:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        things.extend(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned));
    }
    Ok(things)
}

impl Bench {
    pub fn start(test: &str) -> Result<Bench, Failed> {
        Bench::start_with(test, Storage::Volumes)
    }

    /// The same, with sites that keep their data there.
    pub fn start_with(test: &str, storage: Storage) -> Result<Bench, Failed> {
        let options = LiveOptions { run: run_name(test), storage, ..LiveOptions::default() };
        let (run, halt) = (options.run.clone(), options.halt.clone());
        let live = Live::start(&setup(), options)?;
        Ok(Bench {
            live: Some(live),
            run,
            storage,
            halt,
            now: Time::ZERO,
            commands: Vec::new(),
            told: Vec::new(),
            requests: 0,
            faults: 0,
        })
    }

    /// Ends the run, and makes sure that nothing is left of it.
    pub fn close(mut self) -> Result<(), Failed> {
        if let Some(live) = self.live.take() {
            live.close()?;
        }
        let mut left = things_of(&self.run)?;
        left.extend(on_this_machine(&self.run)?);
        if left.is_empty() { Ok(()) } else { Err(format!("left behind: {left:?}").into()) }
    }

    /// The names of all that was made, as the engine's own client lists them.
    pub fn names(&self) -> Result<Vec<String>, Failed> {
        let name = ["--format", "{{.Name}}"];
        let containers = ["ps", "-a", "--format", "{{.Names}}"];
        let (networks, volumes) = (["network", "ls", name[0], name[1]], ["volume", "ls", name[0], name[1]]);
        let images = ["images", "--format", "{{.Repository}}:{{.Tag}}"];
        let names = listed(&self.run, &[&containers, &networks, &volumes, &images])?;
        if names.len() == 11 { Ok(names) } else { Err(format!("not eleven names: {names:?}").into()) }
    }

    /// What was announced.
    pub fn preview(&self) -> Vec<String> {
        let options = LiveOptions { run: self.run.clone(), storage: self.storage, ..LiveOptions::default() };
        firedrill_live::plan_of_work(&setup(), &options)
    }

    pub fn run(&self) -> &str {
        &self.run
    }

    pub fn halt(&self) -> Halt {
        self.halt.clone()
    }

    pub fn capabilities(&self) -> Vec<FaultKind> {
        self.live.as_ref().map(|live| live.capabilities().faults).unwrap_or_default()
    }

    pub fn read_of(key: &str) -> Op {
        Op::Read { key: Key::new(key) }
    }

    pub fn write_of(key: &str, value: &str) -> Op {
        Op::Write { key: Key::new(key), value: Value::new(value.as_bytes()) }
    }

    pub fn begin(&mut self, fault: Fault) -> FaultId {
        let id = FaultId(self.faults);
        self.faults += 1;
        self.command(Action::Begin { id, fault });
        id
    }

    pub fn end(&mut self, id: FaultId) {
        self.command(Action::End { id });
    }

    pub fn forget(&mut self, id: RequestId) {
        self.command(Action::Forget { id });
    }

    /// Sends a request now, in a session of its own.
    pub fn send(&mut self, region: RegionId, site: SiteId, op: Op) -> RequestId {
        self.requests += 1;
        let id = RequestId(self.requests);
        let request = Request { session: SessionId(self.requests), seq: 1, service: ServiceId(0), op };
        self.command(Action::Send { id, region, site, request });
        id
    }

    /// What the client learned of a request: when, and the answer, if it was one.
    pub fn fate(&self, request: RequestId) -> Option<(Time, Option<&Response>)> {
        self.told.iter().find_map(|happened| match &happened.event {
            WorldEvent::Answered { id, response } if *id == request => Some((happened.t, Some(response))),
            WorldEvent::Refused { id } | WorldEvent::Broken { id } if *id == request => Some((happened.t, None)),
            _ => None,
        })
    }

    pub fn struck(&self, fault: FaultId) -> bool {
        let struck =
            |event: &WorldEvent| matches!(event, WorldEvent::FaultBegan { id, struck: true, .. } if *id == fault);
        self.told.iter().any(|happened| struck(&happened.event))
    }

    /// How often a fault was told to have begun.
    pub fn begun(&self, fault: FaultId) -> usize {
        let begun = |event: &WorldEvent| matches!(event, WorldEvent::FaultBegan { id, .. } if *id == fault);
        self.told.iter().filter(|happened| begun(&happened.event)).count()
    }

    /// What does a fault, as it was told.
    pub fn mechanism(&self, fault: FaultId) -> Option<String> {
        self.told.iter().find_map(|happened| match &happened.event {
            WorldEvent::FaultBegan { id, mechanism, .. } if *id == fault => mechanism.clone(),
            _ => None,
        })
    }

    pub fn has_observed(&self, wanted: impl Fn(&Observation) -> bool) -> bool {
        self.told
            .iter()
            .any(|happened| matches!(&happened.event, WorldEvent::Observed { observation, .. } if wanted(observation)))
    }

    pub fn count_observed(&self, by: SiteId, wanted: impl Fn(&Observation) -> bool) -> usize {
        let observed = |event: &WorldEvent| matches!(event, WorldEvent::Observed { site, observation, .. } if *site == by && wanted(observation));
        self.told.iter().filter(|happened| observed(&happened.event)).count()
    }

    /// Where a site found its log to end, each time that it started.
    pub fn recovered(&self, by: SiteId) -> Vec<LogIndex> {
        let found = |happened: &Happened| match happened.event {
            WorldEvent::Observed { site, observation: Observation::Recovered { last_index, .. }, .. } => {
                (site == by).then_some(last_index)
            }
            _ => None,
        };
        self.told.iter().filter_map(found).collect()
    }

    pub fn run_for(&mut self, time: Duration) -> Result<(), String> {
        let until = self.now + time;
        while self.now < until {
            self.step(until)?;
        }
        Ok(())
    }

    pub fn await_fate(&mut self, request: RequestId, within: Duration) -> Result<(), String> {
        let until = self.now + within;
        while self.now < until && self.fate(request).is_none() {
            self.step(until)?;
        }
        Ok(())
    }

    pub fn write(
        &mut self,
        region: RegionId,
        site: SiteId,
        key: &str,
        value: &str,
        within: Duration,
    ) -> Result<(), String> {
        self.done(region, site, &Bench::write_of(key, value), within).map(|_| ())
    }

    /// Writes again and again, each value longer than a few pages, until something is so.
    pub fn write_until(
        &mut self,
        (region, site): (RegionId, SiteId),
        within: Duration,
        is_so: impl Fn(&Bench) -> bool,
    ) -> Result<(), String> {
        let until = self.now + within;
        while !is_so(self) && self.now < until {
            self.write(region, site, "k", &format!("{} {}", self.requests, "x".repeat(4_000)), within)?;
        }
        Ok(())
    }

    pub fn read(&mut self, region: RegionId, site: SiteId, key: &str, within: Duration) -> Result<OpResult, String> {
        self.done(region, site, &Bench::read_of(key), within)
    }

    /// How long a read takes: the median of eleven.
    pub fn median_read(&mut self, region: RegionId, site: SiteId) -> Result<Duration, String> {
        self.median_of(region, site, &Bench::read_of("k"))
    }

    /// How long a write takes: the same.
    pub fn median_write(&mut self, region: RegionId, site: SiteId) -> Result<Duration, String> {
        self.median_of(region, site, &Bench::write_of("k", "v"))
    }

    /// What is refused, as during an election, is asked again.
    fn median_of(&mut self, region: RegionId, site: SiteId, op: &Op) -> Result<Duration, String> {
        let mut taken = Vec::new();
        let until = self.now + PATIENCE;
        while taken.len() < 11 {
            let began = self.now;
            let request = self.send(region, site, op.clone());
            self.await_fate(request, TRY_AGAIN * 2)?;
            match self.fate(request) {
                Some((t, Some(Response::Done(_)))) => taken.push(t.since(began)),
                Some((_, Some(Response::NotApplied(_)))) if began < until => {}
                fate => return Err(format!("{op:?} came to {fate:?}")),
            }
            self.run_for(Duration::from_millis(20))?;
        }
        taken.sort_unstable();
        Ok(taken[5])
    }

    /// Asks for reports until all the sites are up and have applied the same.
    pub fn until_alike(&mut self, within: Duration) -> Result<Vec<(LogIndex, u64)>, String> {
        let until = self.now + within;
        loop {
            let before = self.told.len();
            self.command(Action::Report);
            let patience = self.now + TRY_AGAIN * 2;
            let states = |bench: &Bench| -> Vec<(bool, LogIndex, u64)> {
                let state = |happened: &Happened| match happened.event {
                    WorldEvent::FinalState { up, applied, digest, .. } => Some((up, applied, digest)),
                    _ => None,
                };
                bench.told[before..].iter().filter_map(state).collect()
            };
            while self.now < patience && states(self).len() < 3 {
                self.step((self.now + PAUSE).min(patience))?;
            }
            let found = states(self);
            if found.len() == 3 && found.iter().all(|state| state.0 && *state == found[0]) {
                return Ok(found.into_iter().map(|(_, applied, digest)| (applied, digest)).collect());
            }
            if self.now > until {
                return Err(format!("the sites are not alike: {found:?}"));
            }
            self.run_for(PAUSE)?;
        }
    }

    fn done(&mut self, region: RegionId, site: SiteId, op: &Op, within: Duration) -> Result<OpResult, String> {
        let until = self.now + within;
        let mut last = None;
        while self.now < until {
            let request = self.send(region, site, op.clone());
            self.await_fate(request, TRY_AGAIN)?;
            last = self.fate(request).map(|(_, response)| response.cloned());
            if let Some(Some(Response::Done(result))) = last {
                return Ok(result);
            }
            self.forget(request);
            self.run_for(PAUSE)?;
        }
        Err(format!("{op:?} through {site} was not done within {} s, at last: {last:?}", within.as_secs()))
    }

    fn command(&mut self, action: Action) {
        self.commands.push(Command { due: self.now, action });
    }

    fn step(&mut self, until: Time) -> Result<(), String> {
        let Some(live) = &mut self.live else { return Err("it is closed".into()) };
        let step = live.step(until, &self.commands);
        self.commands.clear();
        if step.now < self.now {
            return Err(format!("the clock ran back from {} to {}", self.now, step.now));
        }
        self.now = step.now;
        for happened in step.events {
            if let WorldEvent::Failed { error } = &happened.event {
                return Err(error.clone());
            }
            self.told.push(happened);
        }
        Ok(())
    }
}
