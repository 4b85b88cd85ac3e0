//! Journals for tests: small pieces, and one whole run that passes everything.

use firedrill_checks::{CheckResult, Judgement, Options, Verdict, judge};
use firedrill_history::manifest::FORMAT;
use firedrill_history::{Environment, Event, Journal, Manifest, Phase, Purpose, ScheduledFault};
use firedrill_model::{
    ClientId, Epoch, Fault, FaultId, HazardSet, HealthConfig, Key, LogIndex, Objectives, Observation, Op, OpId,
    OpResult, Outcome, RaftConfig, RegionId, Role, ServiceConfig, ServiceId, ServiceLevel, ServiceObjective,
    SiteConfig, SiteId, SiteSet, StackConfig, Term, Time, Value,
};
use std::time::Duration;

pub const NEW_YORK: SiteId = SiteId(0);
pub const LONDON: SiteId = SiteId(1);
pub const SINGAPORE: SiteId = SiteId(2);
pub const CORE: ServiceId = ServiceId(0);
pub const REPORTS: ServiceId = ServiceId(1);
pub const US_EAST: RegionId = RegionId(0);

/// A run that is being put together.
#[derive(Clone)]
pub struct Run {
    pub manifest: Manifest,
    pub events: Vec<Event>,
    /// What a good probe takes, in milliseconds.
    pub latency: u64,
    next: u64,
}

pub fn ms(millis: u64) -> Time {
    Time::from_millis(millis)
}

pub fn s(secs: u64) -> Time {
    Time::from_secs(secs)
}

/// The result of the check of this name.
pub fn check<'a>(judgement: &'a Judgement, name: &str) -> &'a CheckResult {
    let found = judgement.checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no check {name} among {:?}", judgement.checks))
}

impl Run {
    /// Of three sites, one region and two services, with nothing in it.
    pub fn new() -> Run {
        Run { manifest: manifest(), events: Vec::new(), latency: 20, next: 0 }
    }

    /// The journal: events in order of time, those of one instant in the order in which they were
    /// added.
    pub fn journal(&self) -> Journal {
        let mut events = self.events.clone();
        events.sort_by_key(Event::t);
        Journal { manifest: self.manifest.clone(), environment: Environment::default(), events }
    }

    pub fn judge(&self) -> Judgement {
        judge(&self.journal(), &Options::default())
    }

    /// The verdict of one check.
    pub fn verdict_of(&self, name: &str) -> Verdict {
        check(&self.judge(), name).verdict
    }

    pub fn op(&mut self, purpose: Purpose, client: u32, from: Time, to: Option<Time>, op: Op, outcome: Outcome) {
        self.call(purpose, CORE, client, from, to, op, outcome);
    }

    #[expect(clippy::too_many_arguments, reason = "an operation has that many sides")]
    fn call(
        &mut self,
        purpose: Purpose,
        service: ServiceId,
        client: u32,
        from: Time,
        to: Option<Time>,
        op: Op,
        outcome: Outcome,
    ) {
        let id = OpId(self.next);
        self.next += 1;
        let client = ClientId(client);
        self.events.push(Event::Invoked { t: from, id, client, region: US_EAST, service, purpose, op });
        if let Some(t) = to {
            self.events.push(Event::Returned { t, id, site: Some(LONDON), attempts: 1, outcome });
        }
    }

    /// A probe, answered after the latency, or not within its deadline.
    pub fn probe(&mut self, service: ServiceId, sent: Time, good: bool) {
        let op = Op::Read { key: Key::new(&format!("probe-{}", service.0)) };
        let (after, outcome) =
            if good { (self.latency, Outcome::Ok(OpResult::Value(None))) } else { (1000, Outcome::Unknown) };
        let returned = sent + Duration::from_millis(after);
        self.call(Purpose::Probe, service, 1000 + u32::from(service.0), sent, Some(returned), op, outcome);
    }

    /// Probes of both services, 20 a second.
    pub fn probes(&mut self, from: Time, to: Time, good: impl Fn(Time) -> bool) {
        for service in [CORE, REPORTS] {
            let mut sent = from;
            while sent < to {
                self.probe(service, sent, good(sent));
                sent += Duration::from_millis(50);
            }
        }
    }

    /// Puts a fault of the method into the schedule, and its begin and end into the journal.
    pub fn fault(&mut self, fault: Fault, begin: Time, end: Option<Time>) -> FaultId {
        let id = FaultId(self.manifest.schedule.len() as u16);
        let name = format!("step-{}", id.0);
        self.manifest.schedule.push(ScheduledFault { id, name, fault, begin, end, fixed: true });
        self.fault_began(id, begin, true, Some("simulated"));
        self.events.extend(end.map(|t| Event::FaultEnded { t, fault: id }));
        id
    }

    pub fn fault_began(&mut self, fault: FaultId, t: Time, struck: bool, mechanism: Option<&str>) {
        let mechanism = mechanism.map(str::to_owned);
        self.events.push(Event::FaultBegan { t, fault, struck, mechanism, late: Duration::ZERO });
    }

    pub fn phase(&mut self, t: Time, phase: Phase) {
        self.events.push(Event::PhaseBegan { t, phase });
    }

    pub fn observe(&mut self, t: Time, site: SiteId, observation: Observation) {
        self.events.push(Event::Observed { t, site, site_t: t, observation });
    }

    pub fn final_state(&mut self, t: Time, site: SiteId, state: Option<(u64, u64)>) {
        self.final_state_with_log(t, site, state, 0);
    }

    pub fn final_state_with_log(&mut self, t: Time, site: SiteId, state: Option<(u64, u64)>, log_digest: u64) {
        let (applied, digest) = state.unwrap_or_default();
        let applied = LogIndex(applied);
        self.events.push(Event::FinalState { t, site, up: state.is_some(), applied, digest, log_digest });
    }

    pub fn end(&mut self, t: Time, why: &str) {
        self.events.push(Event::Ended { t, why: why.to_owned() });
    }

    /// A workload write, and its read in the final scan.
    pub fn written_and_scanned(&mut self, key: &str, written: Time, scanned: Time) {
        let value = Value::new(key.as_bytes());
        let write = Op::Write { key: Key::new(key), value: value.clone() };
        let later = |t: Time| Some(t + Duration::from_millis(30));
        self.op(Purpose::Workload, 1, written, later(written), write, Outcome::Ok(OpResult::Written));
        let seen = Outcome::Ok(OpResult::Value(Some(value)));
        self.op(Purpose::Scan, 1, scanned, later(scanned), Op::Read { key: Key::new(key) }, seen);
    }
}

/// New York is lost at 40 s and detected at 160 s; London and Singapore take over by 161.2 s; the
/// heal phase begins at 230 s and ends at 300 s.
pub fn failover_run() -> Run {
    let mut run = Run::new();
    run.manifest.objectives.failovers_expected = 1;
    run.phase(s(0), Phase::Warmup);
    for site in [NEW_YORK, LONDON, SINGAPORE] {
        run.observe(s(0), site, Observation::Started);
    }
    run.observe(s(1), NEW_YORK, Observation::RoleChanged { role: Role::Leader, term: Term(1) });
    run.phase(s(30), Phase::Hurt);
    run.fault(Fault::SiteLoss { sites: SiteSet::only(NEW_YORK) }, s(40), None);
    run.observe(s(45), LONDON, Observation::RoleChanged { role: Role::Leader, term: Term(2) });
    run.observe(s(160), LONDON, Observation::PeerDown { peer: NEW_YORK });
    for (site, lag) in [(LONDON, 0), (SINGAPORE, 100)] {
        failover(&mut run, site, lag);
    }
    run.phase(s(230), Phase::Heal);
    run.probes(s(5), s(300), |sent| sent < s(40) || sent >= ms(161_200));
    run.written_and_scanned("k1", s(20), s(295));
    for (site, state) in [(NEW_YORK, None), (LONDON, Some((90, 7))), (SINGAPORE, Some((90, 7)))] {
        run.final_state(s(300), site, state);
    }
    run.end(ms(301_000), "complete");
    run
}

/// A site tells the failover's steps, so many milliseconds after they took place.
pub fn failover(run: &mut Run, site: SiteId, lag: u64) {
    let entry = LogIndex(50);
    let to: SiteSet = [LONDON, SINGAPORE].into_iter().collect();
    let mut tell = |after: u64, observation| run.observe(ms(160_000 + after + lag), site, observation);
    let failed = NEW_YORK;
    tell(200, Observation::FailoverDecided { failed, entry });
    let (epoch, primary) = (Epoch(2), LONDON);
    tell(400, Observation::EpochRaised { epoch, primary });
    tell(600, Observation::RedirectPrepared { to });
    for (service, after, serial) in [(CORE, 700, 53), (REPORTS, 800, 54)] {
        tell(after, Observation::ServicePromoted { service, sites: to });
        let weights = vec![0, 80, 60];
        tell(after, Observation::WeightsSwitched { service, weights, serial });
    }
    for service in [CORE, REPORTS] {
        let (sites, serial) = (to, 55);
        tell(900, Observation::DnsChanged { service, sites, serial });
    }
    let channel = "email".to_owned();
    tell(950, Observation::NotificationSent { channel, entry });
    tell(950, Observation::FailoverCompleted { entry });
}

fn manifest() -> Manifest {
    let site = |name: &str, capacity_percent| SiteConfig { name: name.to_owned(), capacity_percent };
    let service = |name: &str, priority, depends_on| ServiceConfig { name: name.to_owned(), priority, depends_on };
    Manifest {
        format: FORMAT,
        title: "a test".to_owned(),
        scenario_path: "test.toml".to_owned(),
        scenario: String::new(),
        plan: String::new(),
        seed: 1,
        world: "sim".to_owned(),
        hazards: HazardSet::NONE,
        time_scale: 1,
        config: StackConfig {
            sites: vec![site("new-york", 100), site("london", 80), site("singapore", 60)],
            services: vec![service("core", 0, Vec::new()), service("reports", 1, vec![CORE])],
            raft: RaftConfig {
                heartbeat: Duration::from_millis(150),
                election_timeout: Duration::from_secs(5),
                pre_vote: true,
                check_quorum: true,
                max_batch: 64,
                max_in_flight: 16,
                snapshot_threshold: 10_000,
            },
            health: HealthConfig { interval: Duration::from_secs(30), timeout: Duration::from_secs(30), retries: 3 },
            transaction_log: None,
            notifications: vec!["email".to_owned()],
            hazards: HazardSet::NONE,
        },
        schedule: Vec::new(),
        left_out: Vec::new(),
        objectives: objectives(),
    }
}

fn objectives() -> Objectives {
    let rto = Duration::from_secs(900);
    let service = |service, name: &str| ServiceObjective { service, name: name.to_owned(), rto };
    Objectives {
        sites: ["new-york", "london", "singapore"].map(str::to_owned).to_vec(),
        regions: vec!["us-east".to_owned()],
        services: vec![service(CORE, "core"), service(REPORTS, "reports")],
        classes: Vec::new(),
        judge_rpo: false,
        log_staleness: None,
        judge_rto: true,
        level: ServiceLevel {
            sustain: Duration::from_secs(60),
            probes: 1000,
            success_per_mille: 999,
            latency_bound: vec![vec![Duration::from_millis(300); 3]],
        },
        recovery_may_wait_for_heal: false,
        convergence_deadline: Duration::from_secs(60),
        latency_claim: Some(Duration::from_millis(200)),
        failovers_expected: 0,
    }
}
