//! Site loss, crash, restart, shutdown, freeze, power loss.

use super::Make;
use super::bench::{Bench, FIRST, NEAR, READY_WITHIN, SITES, expect, read, write};
use crate::world::RequestId;
use firedrill_model::{Fault, Response, SiteSet};
use std::time::Duration;

/// A fault that was begun has taken effect by then.
const EFFECT: Duration = Duration::from_secs(1);
/// A process that was told to end has answered what it could and ended by then.
const ENDED: Duration = Duration::from_secs(5);
const ALL: SiteSet = SiteSet::first(3);

/// Sends reads and writes to the first site, one every half second, and lets the world run for `for_s` seconds more.
fn traffic(bench: &mut Bench, count: u32, for_s: u64) -> Result<Vec<RequestId>, String> {
    let mut requests = Vec::new();
    for number in 0..count {
        let due = bench.now() + Duration::from_millis(500) * number;
        let op = if number % 2 == 0 { read("ready") } else { write("traffic", &format!("v{number}")) };
        requests.push(bench.send(due, NEAR, FIRST, op));
    }
    bench.run_for(Duration::from_millis(500) * count + Duration::from_secs(for_s))?;
    Ok(requests)
}

fn expect_silence(bench: &Bench, requests: &[RequestId], state: &str) -> Result<(), String> {
    let told = requests.iter().find_map(|request| bench.fates(*request).next());
    expect(told.is_none(), || format!("a {state} site was heard: {told:?}"))
}

fn expect_no_answer(bench: &Bench, requests: &[RequestId], who: &str) -> Result<(), String> {
    let answer = requests.iter().find_map(|request| bench.fates(*request).find(|(_, answer)| answer.is_some()));
    expect(answer.is_none(), || format!("{who} answered: {answer:?}"))
}

pub(super) fn site_loss(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    bench.begin(Fault::SiteLoss { sites: SiteSet::only(FIRST) });
    bench.run_for(EFFECT)?;
    let at_first = traffic(bench, 4, 5)?;
    expect_silence(bench, &at_first, "lost")?;
    bench.run_for(Duration::from_secs(10))?;
    let later = traffic(bench, 4, 5)?;
    expect_silence(bench, &later, "lost")
}

pub(super) fn crash(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    bench.begin(Fault::Crash { site: FIRST, after_outputs: 0 });
    bench.run_for(EFFECT)?;
    for request in traffic(bench, 6, 5)? {
        let fate = bench.fates(request).next();
        expect(matches!(fate, Some((_, None))), || format!("a request to a crashed site: {fate:?}"))?;
    }
    Ok(())
}

pub(super) fn restart(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    bench.done(NEAR, FIRST, &write("kept", "over a crash"), READY_WITHIN)?;
    let crashes = SITES.map(|site| bench.begin(Fault::Crash { site, after_outputs: 0 }));
    bench.run_for(EFFECT)?;
    crashes.into_iter().for_each(|id| bench.end(id));
    bench.expect_value("kept", Some("over a crash"))
}

pub(super) fn power_loss(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    bench.done(NEAR, FIRST, &write("synced", "over a power loss"), READY_WITHIN)?;
    let id = bench.begin(Fault::PowerLoss { sites: ALL });
    bench.run_for(EFFECT)?;
    let meanwhile = traffic(bench, 4, 1)?;
    expect_no_answer(bench, &meanwhile, "a site without power")?;
    bench.end(id);
    bench.expect_value("synced", Some("over a power loss"))
}

pub(super) fn shutdown(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    bench.done(NEAR, FIRST, &write("kept", "over a shutdown"), READY_WITHIN)?;
    let shutdowns = SITES.map(|site| bench.begin(Fault::Shutdown { site }));
    bench.run_for(ENDED)?;
    let meanwhile = traffic(bench, 4, 5)?;
    expect_no_answer(bench, &meanwhile, "a site that has ended")?;
    shutdowns.into_iter().for_each(|id| bench.end(id));
    bench.expect_value("kept", Some("over a shutdown"))
}

pub(super) fn freeze(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    bench.begin(Fault::Freeze { site: FIRST });
    bench.run_for(EFFECT)?;
    let meanwhile = traffic(bench, 6, 5)?;
    expect_silence(bench, &meanwhile, "frozen")
}

pub(super) fn thaw(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    bench.done(NEAR, FIRST, &write("before", "the freeze"), READY_WITHIN)?;
    let id = bench.begin(Fault::Freeze { site: FIRST });
    bench.run_for(Duration::from_secs(5))?;
    let held = bench.send(bench.now(), NEAR, FIRST, read("before"));
    bench.run_for(Duration::from_secs(1))?;
    bench.end(id);
    bench.expect_value("before", Some("the freeze"))?;
    bench.run_for(Duration::from_secs(10))?;
    let stale = bench
        .fates(held)
        .find(|(_, answer)| matches!(answer, Some(Response::Done(firedrill_model::OpResult::Value(None)))));
    expect(stale.is_none(), || format!("what it held was answered with something older: {stale:?}"))
}
