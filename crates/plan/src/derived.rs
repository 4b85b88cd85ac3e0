//! What follows from a plan: what the stack is told, and what a run must prove.

use crate::plan::Plan;
use crate::scenario::Scenario;
use firedrill_model::{
    ClassObjective, DataClass, HazardSet, HealthConfig, Objectives, RaftConfig, ServiceConfig, ServiceId, ServiceLevel,
    ServiceObjective, SiteConfig, SiteSet, StackConfig, TransactionLogConfig,
};
use std::time::Duration;

impl Plan {
    /// What the stack is told: the plan's figures, all defences on, no hazards.
    pub fn stack_config(&self) -> StackConfig {
        StackConfig {
            sites: self
                .sites
                .iter()
                .map(|site| SiteConfig { name: site.name.clone(), capacity_percent: site.capacity_percent })
                .collect(),
            services: self.services.iter().map(service_config).collect(),
            raft: RaftConfig {
                heartbeat: self.raft.heartbeat,
                election_timeout: self.raft.election_timeout,
                pre_vote: true,
                check_quorum: true,
                max_batch: self.raft.max_batch,
                max_in_flight: self.raft.max_in_flight,
                snapshot_threshold: self.raft.snapshot_threshold,
            },
            health: HealthConfig {
                interval: self.detection.interval,
                timeout: self.detection.timeout,
                retries: self.detection.retries,
            },
            transaction_log: self.transaction_log.as_ref().map(transaction_log_config),
            notifications: self.notifications.clone(),
            hazards: HazardSet::NONE,
        }
    }

    /// What a run of `scenario` must prove.
    pub fn objectives(&self, scenario: &Scenario) -> Objectives {
        let objective = |(place, service): (usize, &crate::plan::Service)| ServiceObjective {
            service: service_id(place),
            name: service.name.clone(),
            rto: service.rto,
        };
        Objectives {
            sites: self.sites.iter().map(|site| site.name.clone()).collect(),
            regions: self.regions.iter().map(|region| region.name.clone()).collect(),
            services: self.services.iter().enumerate().map(objective).collect(),
            classes: self.classes(scenario),
            judge_rpo: scenario.objectives.rpo,
            log_staleness: self.transaction_log.as_ref().and_then(|log| log.staleness),
            judge_rto: scenario.objectives.rto,
            level: ServiceLevel {
                sustain: self.level.sustain,
                probes: self.level.probes,
                success_per_mille: self.level.success_per_mille,
                latency_bound: self.latency_bounds(),
            },
            recovery_may_wait_for_heal: scenario.objectives.recovery_may_wait_for_heal,
            convergence_deadline: scenario.objectives.convergence_deadline,
            latency_claim: self.latency_claim,
            failovers_expected: scenario.objectives.failovers_expected,
        }
    }

    /// The data classes that have a machine in the stack, and something to keep in this scenario.
    fn classes(&self, scenario: &Scenario) -> Vec<ClassObjective> {
        let class = |class, name: &str, rpo| ClassObjective { class, name: name.to_owned(), rpo };
        let log = self.transaction_log.as_ref().filter(|_| scenario.workload.append_percent > 0);
        let sessions = self.sessions_rpo.map(|rpo| class(DataClass::Sessions, "sessions", rpo));
        let log = log.map(|log| class(DataClass::TransactionLog, "transaction log", log.rpo));
        sessions.into_iter().chain(log).collect()
    }

    /// Per region, per addressed site: the longest time that a successful operation may take. Ours: the seed claims 200 ms for
    /// everything, which the speed of light refutes for some.
    ///
    /// It is the client's round trip to the addressed site, plus the worst over all leaders of (the addressed site's round trip to the
    /// leader + the leader's round trip to its quorum), plus the plan's margin.
    ///
    /// *A leader's round trip to its quorum* is the one to the farthest other site. With n sites and a majority of m, a leader waits for
    /// m-1 others. The worst case in which the plan still has a quorum is that the n-m nearest others are lost: then exactly m-1
    /// others are left, and it must wait for all of them, the farthest among them. With three sites: its nearest other is lost, it
    /// waits for the other.
    pub fn latency_bounds(&self) -> Vec<Vec<Duration>> {
        let sites = 0..self.sites.len();
        let quorum = |leader: usize| self.links[leader].iter().map(|link| link.round_trip).max().unwrap_or_default();
        let worst = |addressed: usize| {
            let through = |leader: usize| self.links[addressed][leader].round_trip.saturating_add(quorum(leader));
            sites.clone().map(through).max().unwrap_or_default()
        };
        let bound = |client: Duration, addressed: usize| {
            client.saturating_add(worst(addressed)).saturating_add(self.level.bound_margin)
        };
        let of_region = |round_trips: &Vec<Duration>| {
            round_trips.iter().enumerate().map(|(addressed, client)| bound(*client, addressed)).collect()
        };
        self.regions.iter().map(|region| of_region(&region.round_trips)).collect()
    }

    /// The plan's first site alone: the same services, clients and figures, and nothing to replicate to. The text stays that of the
    /// whole plan, and so does what arithmetic says of it.
    pub fn first_site_alone(&self) -> Plan {
        let mut alone = self.clone();
        alone.sites.truncate(1);
        alone.links.truncate(1);
        alone.links.iter_mut().for_each(|links| links.truncate(1));
        alone.regions.iter_mut().for_each(|region| region.round_trips.truncate(1));
        if let Some(log) = &mut alone.transaction_log {
            log.synchronous = SiteSet::EMPTY;
        }
        alone
    }

    /// All sites of the plan.
    pub fn all_sites(&self) -> SiteSet {
        SiteSet::first(self.sites.len())
    }
}

fn transaction_log_config(log: &crate::plan::TransactionLog) -> TransactionLogConfig {
    TransactionLogConfig {
        synchronous: log.synchronous,
        without_copy: log.without_copy,
        copy_timeout: log.copy_timeout,
        send_interval: log.send_interval,
        retention: log.retention,
    }
}

fn service_config(service: &crate::plan::Service) -> ServiceConfig {
    ServiceConfig {
        name: service.name.clone(),
        priority: service.priority,
        depends_on: service.depends_on.iter().map(|place| service_id(*place)).collect(),
    }
}

/// A plan has at most 64 services.
fn service_id(place: usize) -> ServiceId {
    ServiceId(u8::try_from(place).unwrap_or(u8::MAX))
}
