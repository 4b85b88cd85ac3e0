//! What becomes of a request, and how long it takes.

use super::Make;
use super::bench::{Bench, FAR, FIRST, NEAR, SITES, expect, read, write};
use crate::world::Action;
use std::time::Duration;

const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// What the sites may need on top of round trips, on a busy host.
const MARGIN: Duration = Duration::from_millis(150);
/// An answer may seem to be early by this much: the resolution of real timers.
const EARLY: Duration = Duration::from_millis(1);

pub(super) fn answered_once(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    let mut requests = Vec::new();
    for number in 0..30_u64 {
        let due = bench.now() + Duration::from_millis(50) * u32::try_from(number).unwrap_or(0);
        let key = format!("once{}", number % 5);
        let op = if number.is_multiple_of(2) { write(&key, &format!("v{number}")) } else { read(&key) };
        let region = if number % 4 < 2 { NEAR } else { FAR };
        requests.push(bench.send(due, region, SITES[(number % 3) as usize], op));
    }
    bench.run_for(Duration::from_millis(1500) + ANSWERED_WITHIN)?;
    for request in requests {
        let fates = bench.fates(request).count();
        expect(fates == 1, || format!("of {request:?} the client learned {fates} times"))?;
    }
    Ok(())
}

pub(super) fn forgotten(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    let due = bench.now() + Duration::from_millis(100);
    let id = bench.send(due, NEAR, FIRST, write("forgotten", "v"));
    // Before half of the round trip, so that no answer can have come.
    bench.command(due + bench.round_trip(NEAR, FIRST) / 4, Action::Forget { id });
    bench.run_for(Duration::from_secs(5))?;
    let told = bench.fates(id).count();
    expect(told == 0, || "a request was forgotten, and yet its fate was told".into())
}

pub(super) fn latency(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    for region in [NEAR, FAR] {
        for site in SITES {
            let round_trip = bench.round_trip(region, site);
            let mut taken = Vec::new();
            for number in 0..11_u64 {
                // Handed over well before it is due: it must not be sent then.
                let due = bench.now() + Duration::from_millis(300);
                let request = bench.send(due, region, site, write("latency", &format!("{region}{site}{number}")));
                bench.await_fate(request, ANSWERED_WITHIN)?;
                let Some((t, _)) = bench.fates(request).next() else {
                    return Err(format!("no answer of {site} to {region} within {ANSWERED_WITHIN:?}"));
                };
                expect(t + EARLY >= due + round_trip, || {
                    format!("{site} answered {region} at {t}, sooner than {round_trip:?} after {due}")
                })?;
                taken.push(t.since(due));
            }
            taken.sort_unstable();
            let (median, most) = (taken[taken.len() / 2], round_trip + bench.longest_link() * 2 + MARGIN);
            expect(median <= most, || format!("{site} answers {region} in {median:?}, more than {most:?}"))?;
        }
    }
    Ok(())
}
