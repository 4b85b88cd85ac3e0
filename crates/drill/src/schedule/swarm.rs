//! Faults drawn at random: first which kinds are on at all, then when, where and for how long, each kind from a stream of its own, so that
//! one kind more changes nothing in the others.
//!
//! Rules: never two process-level faults on one site at a time; never two faults of a kind on one site at a time; a fixed step has precedence; every fault ends
//! with the swarm at the latest.

use super::method::within;
use crate::world::Capabilities;
use firedrill_history::ScheduledFault;
use firedrill_model::{Direction, Endpoint, Fault, FaultId, FaultKind, IoMethod, Rng, SiteId, SiteSet, Time};
use firedrill_plan::scenario::{Swarm, SwarmKind};
use firedrill_plan::{Plan, Scenario};
use std::collections::BTreeSet;
use std::time::Duration;

/// A fault is at least this long after the one before, so that no kind can fill the schedule by itself.
const SHORTEST: Duration = Duration::from_millis(1);
/// A kind draws at most this many faults; a swarm that is denser strikes no more for it.
const MOST_OF_A_KIND: usize = 1000;
/// In a swarm a crash is at once in half of the cases, else after 1 to that many outputs.
const MOST_OUTPUTS: u64 = 200;

/// The candidates of every kind that is on, kind by kind. The others are listed in `left_out`.
pub(super) fn draw(
    plan: &Plan,
    scenario: &Scenario,
    swarm: &Swarm,
    seed: u64,
    capabilities: &Capabilities,
    left_out: &mut Vec<String>,
) -> Vec<ScheduledFault> {
    let begins = Time::ZERO + scenario.warmup;
    let ends = begins + swarm.lasts;
    let (mut faults, mut kinds_on) = (Vec::new(), BTreeSet::new());
    for (place, kind) in swarm.kinds.iter().enumerate() {
        // The same kind may be listed twice, say with short and with long gaps.
        let twins = swarm.kinds[..place].iter().filter(|twin| twin.kind == kind.kind).count();
        let mut rng = Rng::new(seed, &format!("swarm-{}-{twins}", kind.kind.name()));
        let on = rng.chance(kind.on_per_mille);
        if on && capabilities.faults.contains(&kind.kind) {
            draw_kind(plan.sites.len(), kind, begins, ends, &mut rng, &mut faults);
            kinds_on.insert(kind.kind);
        }
    }
    let kinds: BTreeSet<FaultKind> = swarm.kinds.iter().map(|kind| kind.kind).collect();
    left_out.extend(kinds.difference(&kinds_on).map(|kind| kind.name().to_owned()));
    faults
}

fn draw_kind(
    sites: usize,
    kind: &SwarmKind,
    begins: Time,
    ends: Time,
    rng: &mut Rng,
    faults: &mut Vec<ScheduledFault>,
) {
    let mut begin = begins + within(rng, kind.gap);
    let most = faults.len() + MOST_OF_A_KIND;
    while begin < ends && faults.len() < most {
        let end = (begin + within(rng, kind.lasts).max(SHORTEST)).min(ends);
        if let Some(fault) = fault(sites, kind, rng) {
            let name = format!("swarm {}", kind.kind.name());
            faults.push(ScheduledFault { id: FaultId(0), name, fault, begin, end: Some(end), fixed: false });
        }
        begin = end + within(rng, kind.gap).max(SHORTEST);
    }
}

/// `None` where the plan has too few sites for it.
fn fault(sites: usize, kind: &SwarmKind, rng: &mut Rng) -> Option<Fault> {
    Some(match kind.kind {
        FaultKind::SiteLoss => Fault::SiteLoss { sites: some_sites(sites, kind.sites_at_once, rng)? },
        FaultKind::PowerLoss => Fault::PowerLoss { sites: some_sites(sites, kind.sites_at_once, rng)? },
        FaultKind::Crash => {
            let site = a_site(sites, rng)?;
            let at_once = rng.chance(500);
            let later = u32::try_from(rng.between(1, MOST_OUTPUTS)).unwrap_or(0);
            Fault::Crash { site, after_outputs: if at_once { 0 } else { later } }
        }
        FaultKind::Freeze => Fault::Freeze { site: a_site(sites, rng)? },
        FaultKind::Shutdown => Fault::Shutdown { site: a_site(sites, rng)? },
        FaultKind::Partition => {
            let (a, b) = two_sides(sites, rng)?;
            Fault::Partition { a, b, direction: Direction::Both }
        }
        FaultKind::PartitionOneWay => {
            let (a, b) = two_sides(sites, rng)?;
            Fault::Partition { a, b, direction: one_way(rng) }
        }
        FaultKind::SlowFsync => Fault::SlowFsync { site: a_site(sites, rng)?, delay: within(rng, kind.delay) },
        FaultKind::ClockSkew => {
            let site = a_site(sites, rng)?;
            let size = i64::try_from(within(rng, kind.delay).as_nanos()).unwrap_or(i64::MAX);
            Fault::ClockSkew { site, offset_nanos: if rng.chance(500) { size } else { -size } }
        }
        FaultKind::Latency => {
            let (a, b) = two_sides(sites, rng)?;
            let delay = within(rng, kind.delay);
            Fault::Latency { a, b, direction: Direction::Both, delay, jitter: delay / 4 }
        }
        FaultKind::CpuStress => Fault::CpuStress { site: a_site(sites, rng)?, delay: within(rng, kind.delay) },
        _ if kind.kind.is_of_links() => of_links(sites, kind, rng)?,
        _ => of_disk(a_site(sites, rng)?, kind, rng)?,
    })
}

/// Both ways half of the time, else one way.
fn of_links(sites: usize, kind: &SwarmKind, rng: &mut Rng) -> Option<Fault> {
    let (a, b) = two_sides(sites, rng)?;
    let direction = if rng.chance(500) { Direction::Both } else { one_way(rng) };
    let per_mille = kind.per_mille;
    Some(match kind.kind {
        FaultKind::Loss => Fault::Loss { a, b, direction, per_mille },
        FaultKind::Duplicate => Fault::Duplicate { a, b, direction, per_mille },
        FaultKind::Reorder => Fault::Reorder { a, b, direction, per_mille, delay: within(rng, kind.delay) },
        FaultKind::Corrupt => Fault::Corrupt { a, b, direction, per_mille },
        FaultKind::Bandwidth => Fault::Bandwidth { a, b, direction, bytes_per_s: kind.bytes_per_s },
        FaultKind::ResetPeer => Fault::ResetPeer { a, b },
        _ => return None,
    })
}

fn of_disk(site: SiteId, kind: &SwarmKind, rng: &mut Rng) -> Option<Fault> {
    let SwarmKind { files, per_mille, bits, .. } = *kind;
    Some(match kind.kind {
        FaultKind::BitRot => Fault::BitRot { site, files, bits },
        FaultKind::TornWrite => Fault::TornWrite { site, files },
        FaultKind::MisdirectedWrite => Fault::MisdirectedWrite { site, files, per_mille },
        FaultKind::IoError => Fault::IoError { site, files, method: *rng.pick(&IoMethod::ALL)?, per_mille },
        FaultKind::DiskFull => Fault::DiskFull { site },
        FaultKind::ReadOnly => Fault::ReadOnly { site },
        FaultKind::FailedFsync => Fault::FailedFsync { site, files, per_mille },
        FaultKind::LyingFsync => Fault::LyingFsync { site, files },
        FaultKind::DiskLoss => Fault::DiskLoss { site },
        _ => return None,
    })
}

fn a_site(sites: usize, rng: &mut Rng) -> Option<SiteId> {
    let all: Vec<SiteId> = SiteSet::first(sites).iter().collect();
    rng.pick(&all).copied()
}

fn some_sites(sites: usize, (least, most): (u32, u32), rng: &mut Rng) -> Option<SiteSet> {
    let mut left: Vec<SiteId> = SiteSet::first(sites).iter().collect();
    let count = rng.between(u64::from(least.max(1)), u64::from(most.max(least).max(1)));
    let mut chosen = SiteSet::EMPTY;
    while chosen.len() < usize::try_from(count).unwrap_or(usize::MAX) && !left.is_empty() {
        chosen.insert(left.swap_remove(rng.below(left.len() as u64) as usize));
    }
    (!chosen.is_empty()).then_some(chosen)
}

/// A site against all the others, or, half of the time, against one of them.
fn two_sides(sites: usize, rng: &mut Rng) -> Option<(Vec<Endpoint>, Vec<Endpoint>)> {
    let site = a_site(sites, rng)?;
    let others: Vec<SiteId> = SiteSet::first(sites).without(site).iter().collect();
    let one = rng.pick(&others).copied()?;
    let other_side = if rng.chance(500) { others } else { vec![one] };
    Some((vec![Endpoint::Site(site)], other_side.into_iter().map(Endpoint::Site).collect()))
}

fn one_way(rng: &mut Rng) -> Direction {
    if rng.chance(500) { Direction::To } else { Direction::From }
}

/// The fixed steps, and of the drawn candidates, in the order in which they begin, those that the rules let stand.
pub(super) fn merge(fixed: Vec<ScheduledFault>, mut drawn: Vec<ScheduledFault>) -> Vec<ScheduledFault> {
    drawn.sort_by_key(|fault| fault.begin);
    let mut kept = fixed;
    // Those kept faults that can still overlap with a later candidate.
    let mut recent: Vec<usize> = (0..kept.len()).collect();
    for candidate in drawn {
        recent.retain(|&i| kept[i].fixed || kept[i].end.is_none_or(|end| end >= candidate.begin));
        if !recent.iter().any(|&i| conflict(&kept[i], &candidate)) {
            recent.push(kept.len());
            kept.push(candidate);
        }
    }
    kept
}

fn conflict(one: &ScheduledFault, other: &ScheduledFault) -> bool {
    let overlap = one.begin <= other.end.unwrap_or(Time::MAX) && other.begin <= one.end.unwrap_or(Time::MAX);
    let common = |a: SiteSet, b: SiteSet| a.iter().any(|site| b.contains(site));
    let same_kind = one.fault.kind() == other.fault.kind() && common(one.fault.sites(), other.fault.sites());
    overlap && (same_kind || common(one.fault.keeps_down(), other.fault.keeps_down()))
}
