//! The fixed steps of a scenario, with their ranges and choices drawn.

use firedrill_history::ScheduledFault;
use firedrill_model::{Direction, Endpoint, Fault, FaultId, FileClass, Rng, SiteId, SiteSet, Time};
use firedrill_plan::Scenario;
use firedrill_plan::scenario::{DiskTrouble, FaultSpec, LinkTrouble, Range, Step};
use std::time::Duration;

/// Every step, from a stream of its own.
pub(super) fn draw(scenario: &Scenario, seed: u64) -> Vec<ScheduledFault> {
    let steps = scenario.method.iter().enumerate();
    steps
        .filter_map(|(place, step)| draw_step(scenario.warmup, step, Rng::new(seed, &format!("step-{place}"))))
        .collect()
}

/// `None` for a step that is about no site at all, which a scenario that was read from a file never has.
fn draw_step(warmup: Duration, step: &Step, mut rng: Rng) -> Option<ScheduledFault> {
    let begin = Time::ZERO + warmup + within(&mut rng, step.at);
    let end = step.lasts.map(|lasts| begin + within(&mut rng, lasts));
    let fault = fault(&step.fault, &mut rng)?;
    Some(ScheduledFault { id: FaultId(0), name: step.name.clone(), fault, begin, end, fixed: true })
}

fn fault(spec: &FaultSpec, rng: &mut Rng) -> Option<Fault> {
    Some(match spec {
        FaultSpec::SiteLoss(sites) => Fault::SiteLoss { sites: *sites },
        FaultSpec::PowerLoss(sites) => Fault::PowerLoss { sites: *sites },
        FaultSpec::Crash(sites) => Fault::Crash { site: one_of(rng, *sites)?, after_outputs: 0 },
        FaultSpec::Freeze(sites) => Fault::Freeze { site: one_of(rng, *sites)? },
        FaultSpec::Shutdown(sites) => Fault::Shutdown { site: one_of(rng, *sites)? },
        FaultSpec::Partition { a, b, direction } => {
            Fault::Partition { a: a.clone(), b: b.clone(), direction: *direction }
        }
        FaultSpec::SlowFsync { sites, delay } => {
            Fault::SlowFsync { site: one_of(rng, *sites)?, delay: within(rng, *delay) }
        }
        FaultSpec::ClockSkew { sites, offset } => {
            Fault::ClockSkew { site: one_of(rng, *sites)?, offset_nanos: either_way(rng, *offset) }
        }
        FaultSpec::Latency { a, b, direction, delay, jitter } => {
            Fault::Latency { a: a.clone(), b: b.clone(), direction: *direction, delay: *delay, jitter: *jitter }
        }
        FaultSpec::Links { a, b, direction, trouble } => of_links(a.clone(), b.clone(), *direction, trouble),
        FaultSpec::Disk { sites, files, trouble } => of_disk(one_of(rng, *sites)?, *files, trouble, rng)?,
        FaultSpec::CpuStress { sites, delay } => {
            Fault::CpuStress { site: one_of(rng, *sites)?, delay: within(rng, *delay) }
        }
    })
}

fn of_links(a: Vec<Endpoint>, b: Vec<Endpoint>, direction: Direction, trouble: &LinkTrouble) -> Fault {
    match *trouble {
        LinkTrouble::Loss { per_mille } => Fault::Loss { a, b, direction, per_mille },
        LinkTrouble::Duplicate { per_mille } => Fault::Duplicate { a, b, direction, per_mille },
        LinkTrouble::Reorder { per_mille, delay } => Fault::Reorder { a, b, direction, per_mille, delay },
        LinkTrouble::Corrupt { per_mille } => Fault::Corrupt { a, b, direction, per_mille },
        LinkTrouble::Bandwidth { bytes_per_s } => Fault::Bandwidth { a, b, direction, bytes_per_s },
        LinkTrouble::ResetPeer => Fault::ResetPeer { a, b },
    }
}

/// `None` for an error of no method at all.
fn of_disk(site: SiteId, files: FileClass, trouble: &DiskTrouble, rng: &mut Rng) -> Option<Fault> {
    Some(match trouble {
        DiskTrouble::BitRot { bits } => Fault::BitRot { site, files, bits: *bits },
        DiskTrouble::TornWrite => Fault::TornWrite { site, files },
        DiskTrouble::MisdirectedWrite { per_mille } => Fault::MisdirectedWrite { site, files, per_mille: *per_mille },
        DiskTrouble::IoError { methods, per_mille } => {
            Fault::IoError { site, files, method: *rng.pick(methods)?, per_mille: *per_mille }
        }
        DiskTrouble::Full => Fault::DiskFull { site },
        DiskTrouble::ReadOnly => Fault::ReadOnly { site },
        DiskTrouble::FailedFsync { per_mille } => Fault::FailedFsync { site, files, per_mille: *per_mille },
        DiskTrouble::LyingFsync => Fault::LyingFsync { site, files },
        DiskTrouble::Lost => Fault::DiskLoss { site },
    })
}

/// An instant or length within the range; the lowest where the range is upside down.
pub(super) fn within(rng: &mut Rng, range: Range) -> Duration {
    rng.duration(range.low, range.high.max(range.low))
}

/// Up to `most`, fast or slow, in nanoseconds.
pub(super) fn either_way(rng: &mut Rng, most: Duration) -> i64 {
    let size = i64::try_from(rng.duration(Duration::ZERO, most).as_nanos()).unwrap_or(i64::MAX);
    if rng.chance(500) { size } else { -size }
}

fn one_of(rng: &mut Rng, sites: SiteSet) -> Option<SiteId> {
    let sites: Vec<SiteId> = sites.iter().collect();
    rng.pick(&sites).copied()
}
