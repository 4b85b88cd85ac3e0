//! Partitions both ways and one way, healing, latency.

use super::Make;
use super::bench::{Bench, FAR, FIRST, NEAR, READY_WITHIN, SITES, expect, read, write};
use firedrill_model::{Direction, Endpoint, Fault, FaultId, RegionId, Response, SiteId};
use std::time::Duration;

/// A cut was noticed by all by then: several election timeouts.
const NOTICED: Duration = Duration::from_secs(4);
const HEALED_WITHIN: Duration = Duration::from_secs(30);
const RESOLUTION: Duration = Duration::from_millis(2);

fn cut(bench: &mut Bench, a: Endpoint, b: &[Endpoint], direction: Direction) -> FaultId {
    bench.begin(Fault::Partition { a: vec![a], b: b.to_vec(), direction })
}

fn others() -> Vec<Endpoint> {
    SITES.into_iter().filter(|site| *site != FIRST).map(Endpoint::Site).collect()
}

/// Fails if a site that lacks a quorum commits a write or a read.
fn expect_no_commits(bench: &mut Bench, how: &str) -> Result<(), String> {
    let mut requests = Vec::new();
    for number in 0..8_u32 {
        let due = bench.now() + Duration::from_secs(1) * number;
        let op = if number % 2 == 0 { write("cut", &format!("{how} {number}")) } else { read("ready") };
        requests.push(bench.send(due, NEAR, FIRST, op));
    }
    bench.run_for(Duration::from_secs(12))?;
    let done = requests.into_iter().find(|request| bench.is_done(*request));
    expect(done.is_none(), || format!("{FIRST} is cut off ({how}) and yet it did {done:?}"))
}

pub(super) fn partition(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    cut(bench, Endpoint::Site(FIRST), &others(), Direction::Both);
    bench.run_for(NOTICED)?;
    expect_no_commits(bench, "both ways")
}

pub(super) fn heals(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    let id = cut(bench, Endpoint::Site(FIRST), &others(), Direction::Both);
    bench.run_for(NOTICED)?;
    bench.end(id);
    bench.done(NEAR, FIRST, &write("healed", "yes"), HEALED_WITHIN).map(|_| ())
}

pub(super) fn region(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    cut(bench, Endpoint::Region(NEAR), &[Endpoint::Site(FIRST)], Direction::Both);
    bench.run_for(Duration::from_secs(1))?;
    expect_unanswered(bench, NEAR, "region")?;
    bench.expect_value("region", None)
}

pub(super) fn one_way_to(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    cut(bench, Endpoint::Region(NEAR), &[Endpoint::Site(FIRST)], Direction::To);
    bench.run_for(Duration::from_secs(1))?;
    expect_unanswered(bench, NEAR, "to")?;
    bench.expect_value("to", None)
}

pub(super) fn one_way_from(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    cut(bench, Endpoint::Region(NEAR), &[Endpoint::Site(FIRST)], Direction::From);
    bench.run_for(Duration::from_secs(1))?;
    expect_unanswered(bench, NEAR, "from")?;
    bench.expect_value("from", Some("sent"))
}

/// Sends a write of `key` from a region whose link to the first site is cut; fails if it is answered.
fn expect_unanswered(bench: &mut Bench, region: RegionId, key: &str) -> Result<(), String> {
    let request = bench.send(bench.now(), region, FIRST, write(key, "sent"));
    bench.run_for(Duration::from_secs(5))?;
    let answer = bench.fates(request).find(|(_, answer)| answer.is_some());
    expect(answer.is_none(), || format!("{region} is cut off from {FIRST} and yet got an answer: {answer:?}"))
}

pub(super) fn one_way_sites(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    for (direction, how) in [(Direction::To, "it is not heard"), (Direction::From, "it does not hear")] {
        let id = cut(bench, Endpoint::Site(FIRST), &others(), direction);
        bench.run_for(NOTICED)?;
        expect_no_commits(bench, how)?;
        bench.end(id);
        bench.done(NEAR, FIRST, &write("healed", how), READY_WITHIN)?;
    }
    cut(bench, Endpoint::Site(SiteId(1)), &[Endpoint::Site(SiteId(2))], Direction::To);
    bench.run_for(NOTICED)?;
    bench.done(NEAR, FIRST, &write("others", "are cut"), HEALED_WITHIN).map(|_| ())
}

pub(super) fn latency(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    let delay = Duration::from_millis(400);
    let (a, b) = (vec![Endpoint::Region(NEAR)], vec![Endpoint::Site(FIRST)]);
    let id = bench.begin(Fault::Latency { a, b, direction: Direction::Both, delay, jitter: Duration::ZERO });
    bench.run_for(Duration::from_secs(1))?;
    let slow = taken(bench, NEAR)?;
    let least = bench.round_trip(NEAR, FIRST) + delay * 2;
    expect(slow + RESOLUTION >= least, || format!("an answer took {slow:?}, less than {least:?}"))?;
    let other = taken(bench, FAR)?;
    expect(other < delay * 2, || format!("from another region, whose link is not slower, it took {other:?}"))?;
    bench.end(id);
    bench.run_for(Duration::from_secs(1))?;
    let after = taken(bench, NEAR)?;
    expect(after < delay * 2, || format!("after its end an answer still took {after:?}"))
}

/// How long the first site takes to answer a region.
fn taken(bench: &mut Bench, region: RegionId) -> Result<Duration, String> {
    let due = bench.now();
    let request = bench.send(due, region, FIRST, read("ready"));
    bench.await_fate(request, Duration::from_secs(10))?;
    let answer = bench.fates(request).next();
    match answer {
        Some((t, Some(Response::Done(_)))) => Ok(t.since(due)),
        other => Err(format!("a read through {FIRST} from {region}: {other:?}")),
    }
}
