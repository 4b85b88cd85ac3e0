//! What the bounds are worked out from: the plan's figures, apart from where they stand.
//!
//! What is in [`Parameters`](self) the stack obeys; fields whose documentation begins with "Claimed" hold only as long as the plan keeps
//! its word, and no run turns them into a delay.

use crate::orderings;
use crate::plan::Plan;
use firedrill_model::{SiteId, SiteSet};
use std::time::Duration;

/// A plan, as far as losses are concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The sites in the order of succession.
    pub sites: Vec<Site>,
    /// The round trip between two sites.
    pub round_trips: Vec<Vec<Duration>>,
    /// From one good health check to the next.
    pub check_interval: Duration,
    /// From the first failed check to the decision that a site is down.
    pub detection: Duration,
    /// Until the person who must approve a failover is reached; for services whose tier fails over by hand.
    pub approval: Option<Duration>,
    /// How long clients keep a DNS answer.
    pub dns: Duration,
    /// The services.
    pub services: Vec<Service>,
    /// The data classes.
    pub classes: Vec<Class>,
    /// What the plan needs from others.
    pub dependencies: Vec<Dependency>,
    /// Claimed: capacity can be had up to this, in percent of the primary's.
    pub burst_percent: u32,
    /// What must be carried, in percent of the primary's capacity.
    pub load_percent: u32,
    /// Claimed: what is left of it when all is shed that may be.
    pub degraded_percent: Option<u32>,
}

/// A site.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Whether it counts towards a quorum and, if it serves, may lead.
    pub votes: bool,
    /// Whether it serves clients; a witness votes only.
    pub serves: bool,
    /// In percent of the production load.
    pub capacity_percent: u32,
    /// Claimed: from the decision until it serves.
    pub readiness: Option<Duration>,
    /// Claimed: its data is so old, at most.
    pub lag: Option<Duration>,
}

/// A service.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The name of its tier.
    pub tier: String,
    /// Its recovery time objective.
    pub rto: Duration,
    /// Whether a person must approve its failover.
    pub manual: bool,
    /// It is promoted after so many others, at most.
    pub after: u32,
}

/// A data class.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Its recovery point objective.
    pub rpo: Duration,
    /// Where copies are, and how old.
    pub copies: Copies,
    /// From one backup to the next.
    pub backup: Option<Duration>,
    /// Claimed: to restore it.
    pub restore: Option<Duration>,
}

/// How a data class is copied to other sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// A majority of the voting sites holds what was acknowledged.
    Majority,
    /// These sites hold it besides the writer; the others are shipped to.
    Synchronous {
        /// The sites.
        copies: SiteSet,
        /// From one shipment to the next.
        send_interval: Duration,
    },
    /// Sent so often.
    Periodic(Duration),
    /// Everywhere after this, its way counted in.
    Everywhere(Duration),
    /// The plan does not say.
    Unstated,
}

/// What the plan needs from others.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// Claimed: it is back after this.
    pub rto: Option<Duration>,
    /// Services that need it, by place.
    pub needed_by: Vec<usize>,
}

impl Model {
    /// What the resolved plan says by itself; claims, classes and dependencies are filled in by [`super::facts`].
    pub(crate) fn of_plan(plan: &Plan) -> Model {
        let site = |site: &crate::plan::Site| Site {
            name: site.name.clone(),
            votes: true,
            serves: true,
            capacity_percent: site.capacity_percent,
            readiness: None,
            lag: None,
        };
        let service = |(place, service): (usize, &crate::plan::Service)| Service {
            name: service.name.clone(),
            tier: service.tier.clone(),
            rto: service.rto,
            manual: false,
            after: u32::try_from(place).unwrap_or(u32::MAX),
        };
        Model {
            sites: plan.sites.iter().map(site).collect(),
            round_trips: plan.links.iter().map(|row| row.iter().map(|link| link.round_trip).collect()).collect(),
            check_interval: plan.detection.interval,
            detection: orderings::detection_total(plan),
            approval: None,
            dns: plan.dns_ttl,
            services: plan.services.iter().enumerate().map(service).collect(),
            classes: Vec::new(),
            dependencies: Vec::new(),
            burst_percent: 0,
            load_percent: 100,
            degraded_percent: None,
        }
    }

    /// All sites.
    pub fn all(&self) -> SiteSet {
        SiteSet::first(self.sites.len())
    }

    /// Those of `sites` that vote.
    pub fn voters(&self, sites: SiteSet) -> SiteSet {
        sites.iter().filter(|site| self.sites.get(usize::from(site.0)).is_some_and(|site| site.votes)).collect()
    }

    /// So many votes are a majority.
    pub fn majority(&self) -> usize {
        self.voters(self.all()).len() / 2 + 1
    }

    /// The names of `sites`, in order.
    pub fn names(&self, sites: SiteSet) -> Vec<String> {
        sites.iter().filter_map(|site| self.sites.get(usize::from(site.0))).map(|site| site.name.clone()).collect()
    }

    /// The site at this place.
    pub(crate) fn id(place: usize) -> SiteId {
        SiteId(u8::try_from(place).unwrap_or(u8::MAX))
    }
}
