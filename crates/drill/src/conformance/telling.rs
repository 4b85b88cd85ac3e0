//! The world's clock, the order of events, faults told, reports, determinism.

use super::Make;
use super::bench::{Bench, FAR, FIRST, NEAR, SITES, expect, read, write};
use crate::world::{Action, Happened, WorldEvent};
use firedrill_model::{Direction, Endpoint, Fault, FaultId, FaultKind, FileClass, IoMethod, RegionId, SiteId, SiteSet};
use std::time::Duration;

const SOME_SITE: SiteId = SiteId(2);
const ENDED_WITHIN: Duration = Duration::from_secs(60);

pub(super) fn clock(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    busy(bench)?;
    bench.clock_breaches.first().map_or(Ok(()), |breach| Err(breach.clone()))
}

pub(super) fn order(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    busy(bench)?;
    bench.order_breaches.first().map_or(Ok(()), |breach| Err(breach.clone()))
}

pub(super) fn determinism(bench: &mut Bench, make: &mut Make<'_>) -> Result<(), String> {
    busy(bench)?;
    let mut again = Bench::new(make);
    busy(&mut again)?;
    let differ = |(one, other): &(&Happened, &Happened)| one != other;
    let difference = bench.told().iter().zip(again.told()).find(differ);
    expect(difference.is_none(), || format!("two runs of one seed differ: {difference:?}"))?;
    let (one, other) = (bench.told().len(), again.told().len());
    expect(one == other, || format!("one run told {one} events, another of the same seed {other}"))
}

/// Something of everything: requests from everywhere to everywhere, and, where the world can do it, a crash and a restart.
fn busy(bench: &mut Bench) -> Result<(), String> {
    bench.ready()?;
    let crash = bench.capabilities().faults.contains(&FaultKind::Crash);
    let id = crash.then(|| bench.begin(Fault::Crash { site: SOME_SITE, after_outputs: 3 }));
    traffic(bench);
    bench.run_for(Duration::from_secs(6))?;
    id.into_iter().for_each(|id| bench.end(id));
    traffic(bench);
    bench.run_for(Duration::from_secs(6))
}

/// 60 requests within 5 s.
fn traffic(bench: &mut Bench) {
    for number in 0..60_u32 {
        let due = bench.now() + Duration::from_millis(73) * number;
        let op = if number % 2 == 0 { write("busy", &format!("v{number}")) } else { read("busy") };
        let region = if number % 4 < 2 { NEAR } else { FAR };
        bench.send(due, region, SITES[(number % 3) as usize], op);
    }
}

pub(super) fn faults_told(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    for kind in FaultKind::ALL {
        let can = bench.capabilities().faults.contains(&kind);
        let id = bench.begin(sample(kind));
        bench.run_for(Duration::from_secs(2))?;
        if can {
            // A fault that waits for something to hit is told at its end, if it hit nothing.
            bench.end(id);
            let until = bench.now() + ENDED_WITHIN;
            while !has_ended(bench, id) && bench.now() < until {
                bench.run_for(Duration::from_secs(1))?;
            }
            expect(has_ended(bench, id), || format!("the end of a fault of kind {} was not told", kind.name()))?;
        }
        expect_begun(bench, id, kind, can)?;
    }
    Ok(())
}

fn expect_begun(bench: &Bench, fault: FaultId, kind: FaultKind, can: bool) -> Result<(), String> {
    let began: Vec<(bool, bool)> = bench
        .told()
        .iter()
        .filter_map(|happened| match &happened.event {
            WorldEvent::FaultBegan { id, struck, mechanism } if *id == fault => Some((*struck, mechanism.is_some())),
            _ => None,
        })
        .collect();
    let name = kind.name();
    match began.as_slice() {
        [(struck, mechanism)] => {
            expect(*mechanism == can, || match can {
                true => {
                    format!("the world says that it can do {name}, and has no mechanism for it")
                }
                false => format!("the world does not say that it can do {name}, and has a mechanism for it"),
            })?;
            expect(can || !struck, || format!("{name} struck without a mechanism"))
        }
        told => Err(format!("the begin of a fault of kind {name} was told {} times", told.len())),
    }
}

fn has_ended(bench: &Bench, fault: FaultId) -> bool {
    bench.told().iter().any(|happened| matches!(happened.event, WorldEvent::FaultEnded { id } if id == fault))
}

/// A fault of this kind that leaves a quorum.
fn sample(kind: FaultKind) -> Fault {
    let (site, sites) = (SOME_SITE, SiteSet::only(SOME_SITE));
    let (a, b) = (vec![Endpoint::Site(SOME_SITE)], vec![Endpoint::Site(FIRST)]);
    let delay = Duration::from_millis(50);
    match kind {
        FaultKind::SiteLoss => Fault::SiteLoss { sites },
        FaultKind::PowerLoss => Fault::PowerLoss { sites },
        FaultKind::Crash => Fault::Crash { site, after_outputs: 0 },
        FaultKind::Freeze => Fault::Freeze { site },
        FaultKind::Shutdown => Fault::Shutdown { site },
        FaultKind::Partition => Fault::Partition { a, b, direction: Direction::Both },
        FaultKind::PartitionOneWay => Fault::Partition { a, b, direction: Direction::To },
        FaultKind::SlowFsync => Fault::SlowFsync { site, delay },
        FaultKind::ClockSkew => Fault::ClockSkew { site, offset_nanos: 1_000_000_000 },
        FaultKind::Latency => {
            let a = vec![Endpoint::Region(RegionId(0))];
            Fault::Latency { a, b, direction: Direction::Both, delay, jitter: Duration::ZERO }
        }
        _ if kind.is_of_links() => sample_of_links(kind, a, b),
        _ => sample_of_disk(kind, site),
    }
}

fn sample_of_links(kind: FaultKind, a: Vec<Endpoint>, b: Vec<Endpoint>) -> Fault {
    let (direction, per_mille) = (Direction::Both, 100);
    match kind {
        FaultKind::Loss => Fault::Loss { a, b, direction, per_mille },
        FaultKind::Duplicate => Fault::Duplicate { a, b, direction, per_mille },
        FaultKind::Reorder => Fault::Reorder { a, b, direction, per_mille, delay: Duration::from_millis(50) },
        FaultKind::Corrupt => Fault::Corrupt { a, b, direction, per_mille },
        FaultKind::Bandwidth => Fault::Bandwidth { a, b, direction, bytes_per_s: 100_000 },
        _ => Fault::ResetPeer { a, b },
    }
}

fn sample_of_disk(kind: FaultKind, site: SiteId) -> Fault {
    let files = FileClass::Log;
    match kind {
        FaultKind::BitRot => Fault::BitRot { site, files, bits: 1 },
        FaultKind::TornWrite => Fault::TornWrite { site, files },
        FaultKind::MisdirectedWrite => Fault::MisdirectedWrite { site, files, per_mille: 10 },
        FaultKind::IoError => Fault::IoError { site, files, method: IoMethod::Write, per_mille: 1000 },
        FaultKind::DiskFull => Fault::DiskFull { site },
        FaultKind::ReadOnly => Fault::ReadOnly { site },
        FaultKind::FailedFsync => Fault::FailedFsync { site, files, per_mille: 1000 },
        FaultKind::LyingFsync => Fault::LyingFsync { site, files },
        FaultKind::DiskLoss => Fault::DiskLoss { site },
        _ => Fault::CpuStress { site, delay: Duration::from_millis(1) },
    }
}

pub(super) fn report(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    expect_report(bench, [true, true, true])?;
    bench.begin(Fault::Crash { site: SOME_SITE, after_outputs: 0 });
    bench.run_for(Duration::from_secs(2))?;
    expect_report(bench, [true, true, false])
}

fn expect_report(bench: &mut Bench, up: [bool; 3]) -> Result<(), String> {
    let before = bench.told().len();
    bench.command(bench.now(), Action::Report);
    bench.run_for(Duration::from_secs(5))?;
    for (site, up) in SITES.into_iter().zip(up) {
        let told: Vec<bool> = bench.told()[before..]
            .iter()
            .filter_map(|happened| match happened.event {
                WorldEvent::FinalState { site: of, up, .. } if of == site => Some(up),
                _ => None,
            })
            .collect();
        expect(told == [up], || format!("of {site}, which should be up: {up}, it was told that it is up: {told:?}"))?;
    }
    Ok(())
}
