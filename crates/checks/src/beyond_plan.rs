//! Whether more was destroyed than the plan claims to survive.
//!
//! DESIGN.md, verdicts: *beyond_plan*: more was destroyed than the plan claims to survive (a lying or rotten majority of disks
//! included); the report shows what was lost. That is so once the sites that are left whole are no quorum. A site is not whole
//!
//! - that was lost and never came back;
//! - whose disk was lost: what it promised is gone, and a learner takes its place, which does not vote;
//! - whose disk said of data that they were durable, and lost them with the power while it still said so;
//! - that found durable data damaged which nothing refilled, if it had not found them yet when the last of these sites was hit:
//!   whoever finds damage while a quorum is whole must refill it.
//!
//! It explains that service did not return, and what was lost: an outage since then that was open at the end, no convergence, a
//! failover that was not finished, a run that ended at its deadline, lost records, holes that nothing refilled. Only disks that
//! lied, which nobody can tell, explain wrong answers and violated invariants.
//!
//! Does not see damage that no site told of, so copies of the metadata that rot at a majority are no excuse.

use crate::facts::Facts;
use crate::facts::holes::Hole;
use crate::facts::strikes::Strike;
use crate::judgement::{Destruction, ObjectiveResult};
use crate::recovery_time::Recovery;
use crate::verdict::Verdict;
use crate::{convergence, failover, holes_refilled, log_order};
use firedrill_model::{DataClass, Fault, FileClass, SiteId, SiteSet, StorageArea, Time};

/// Checks of the transaction log alone.
const OF_THE_LOG: [&str; 4] =
    [log_order::NAME, holes_refilled::NAME, "acknowledged-durable-at-copies", "log-copies-agree"];

/// Which data were hit: each is held by a majority of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Data {
    /// The replicated log, its snapshots, and what a site promised.
    Replicated,
    /// The transaction log.
    Log,
}

/// How a site was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    SiteLost,
    DiskLost,
    Forgot,
    Rotten { found: Time },
}

/// A site that is not whole.
#[derive(Clone, Copy, Debug)]
struct Hit {
    site: SiteId,
    at: Time,
    how: How,
}

/// More was destroyed than the plan claims to survive.
#[derive(Debug)]
pub(crate) struct Beyond {
    data: Data,
    since: Time,
    hits: Vec<Hit>,
}

/// What was destroyed beyond the plan: of the one data, of the other, of both, or nothing.
pub(crate) fn of(facts: &Facts<'_>) -> Vec<Beyond> {
    let of_data =
        |data| first_without_quorum(facts, &hits(facts, data)).map(|(since, hits)| Beyond { data, since, hits });
    [Data::Replicated, Data::Log].into_iter().filter_map(of_data).collect()
}

/// The instant at which too few sites were left whole, and those that were not.
fn first_without_quorum(facts: &Facts<'_>, hits: &[Hit]) -> Option<(Time, Vec<Hit>)> {
    hits.iter().enumerate().find_map(|(last, Hit { at, .. })| {
        let unaware = |hit: &&Hit| !matches!(hit.how, How::Rotten { found } if found < *at);
        let together: Vec<Hit> = hits[..=last].iter().filter(unaware).copied().collect();
        let sites: SiteSet = together.iter().map(|hit| hit.site).collect();
        (facts.sites().saturating_sub(sites.len()) < facts.quorum()).then_some((*at, together))
    })
}

/// The sites that are not whole, in the order in which they were hit.
fn hits(facts: &Facts<'_>, data: Data) -> Vec<Hit> {
    let struck = facts.strikes.iter().filter(|strike| strike.struck());
    let mut hits: Vec<Hit> = struck.flat_map(|strike| by_strike(facts, strike, data)).collect();
    hits.extend(
        facts.holes.open.iter().filter(|hole| data_of(hole.area) == data).filter_map(|hole| rotten(facts, hole)),
    );
    hits.sort_by_key(|hit| hit.at);
    hits
}

fn by_strike(facts: &Facts<'_>, strike: &Strike<'_>, data: Data) -> Vec<Hit> {
    match fault(strike) {
        Some(Fault::SiteLoss { sites }) if strike.ended.is_none() => {
            sites.iter().map(|site| Hit { site, at: strike.began, how: How::SiteLost }).collect()
        }
        Some(Fault::DiskLoss { site }) => vec![Hit { site: *site, at: strike.began, how: How::DiskLost }],
        Some(Fault::LyingFsync { site, files }) if hits_data(*files, data) => {
            let at = power_failed(facts, *site, strike.began, strike.ended);
            at.map(|at| Hit { site: *site, at, how: How::Forgot }).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// When the site's power failed between two instants.
fn power_failed(facts: &Facts<'_>, of: SiteId, from: Time, to: Option<Time>) -> Option<Time> {
    let fails = |strike: &&Strike<'_>| match fault(strike) {
        Some(Fault::PowerLoss { sites } | Fault::SiteLoss { sites }) => sites.contains(of),
        _ => false,
    };
    let within = |began: &Time| *began >= from && to.is_none_or(|to| *began <= to);
    facts.strikes.iter().filter(|strike| strike.struck()).filter(fails).map(|strike| strike.began).find(within)
}

/// The site of a hole that nothing refilled, hit by the last fault before that can have made it.
fn rotten(facts: &Facts<'_>, hole: &Hole) -> Option<Hit> {
    let makes = |strike: &&Strike<'_>| match fault(strike) {
        Some(
            Fault::BitRot { site, files, .. }
            | Fault::TornWrite { site, files }
            | Fault::MisdirectedWrite { site, files, .. },
        ) => *site == hole.site && hits_data(*files, data_of(hole.area)),
        _ => false,
    };
    let before = facts.strikes.iter().filter(|strike| strike.struck() && strike.began <= hole.found);
    let last = before.filter(makes).map(|strike| strike.began).next_back()?;
    Some(Hit { site: hole.site, at: last, how: How::Rotten { found: hole.found } })
}

fn fault<'j>(strike: &Strike<'j>) -> Option<&'j Fault> {
    strike.scheduled.map(|scheduled| &scheduled.fault)
}

fn data_of(area: StorageArea) -> Data {
    match area {
        StorageArea::ReplicatedLog | StorageArea::Snapshot => Data::Replicated,
        StorageArea::TransactionLog => Data::Log,
    }
}

fn hits_data(files: FileClass, data: Data) -> bool {
    match files {
        FileClass::Any => true,
        FileClass::Wal => data == Data::Log,
        FileClass::Metadata | FileClass::Log | FileClass::Snapshot => data == Data::Replicated,
    }
}

impl Beyond {
    /// Whether it explains that a service did not return.
    pub(crate) fn explains_outage(&self, recovery: &Recovery) -> bool {
        self.data == Data::Replicated && recovery.explained_by(self.since)
    }

    /// Whether it explains that a check came to this.
    pub(crate) fn explains_check(&self, name: &str, verdict: Verdict) -> bool {
        let lied = self.hits.iter().any(|hit| hit.how == How::Forgot);
        let rotten = self.hits.iter().any(|hit| matches!(hit.how, How::Rotten { .. }));
        let outright = match name {
            convergence::NAME | failover::NAME => true,
            log_order::NAME => verdict == Verdict::Unknown,
            holes_refilled::NAME => verdict == Verdict::Unknown || rotten,
            _ => false,
        };
        outright || lied && (self.data == Data::Replicated || OF_THE_LOG.contains(&name))
    }

    /// Whether it explains that an objective on data was not met, or is not known to be.
    pub(crate) fn explains_loss(&self, facts: &Facts<'_>, objective: &ObjectiveResult) -> bool {
        let classes = &facts.journal.manifest.objectives.classes;
        let mut sessions = classes.iter().filter(|class| class.class == DataClass::Sessions);
        self.data == Data::Replicated || !sessions.any(|class| class.name == objective.subject)
    }

    /// In words.
    pub(crate) fn told(&self, facts: &Facts<'_>) -> Destruction {
        let mut told: Vec<String> = Vec::new();
        for Hit { site, at, how } in &self.hits {
            let site = facts.names.site(*site);
            let hit = match (how, self.data) {
                (How::SiteLost, _) => format!("{site} was lost for good at {at}"),
                (How::DiskLost, _) => format!("{site}'s disk was lost at {at}"),
                (How::Forgot, _) => format!("{site}'s disk lost at {at} what it had said was durable"),
                (How::Rotten { .. }, Data::Replicated) => format!("{site}'s replicated log was damaged at {at}"),
                (How::Rotten { .. }, Data::Log) => format!("{site}'s transaction log was damaged at {at}"),
            };
            if !told.contains(&hit) {
                told.push(hit);
            }
        }
        let sites: SiteSet = self.hits.iter().map(|hit| hit.site).collect();
        let (all, needed) = (facts.sites(), facts.quorum());
        let whole = all.saturating_sub(sites.len());
        let are = if whole == 1 { "is" } else { "are" };
        let why = format!("{}: {whole} of {all} sites {are} whole, and {needed} are needed", told.join(", "));
        Destruction { since_s: self.since.as_nanos() as f64 / 1e9, why }
    }
}
