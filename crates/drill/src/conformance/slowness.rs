//! Syncs and clocks that are off.

use super::Make;
use super::bench::{Bench, FIRST, NEAR, READY_WITHIN, SITES, expect, write};
use crate::world::WorldEvent;
use firedrill_model::{Fault, Response, SiteId, time::nanos};
use std::time::Duration;

pub(super) fn slow_fsync(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    let delay = Duration::from_millis(500);
    let slow = SITES.map(|site| bench.begin(Fault::SlowFsync { site, delay }));
    bench.run_for(Duration::from_secs(1))?;
    let taken = write_taken(bench, "slow")?;
    expect(taken >= delay, || format!("no disk syncs in less than {delay:?}, and yet a write took {taken:?}"))?;
    slow.into_iter().for_each(|id| bench.end(id));
    // What was slow already is let finish.
    bench.done(NEAR, FIRST, &write("slow", "no more"), READY_WITHIN)?;
    let after = write_taken(bench, "fast")?;
    expect(after < delay, || format!("after its end a write still took {after:?}"))
}

fn write_taken(bench: &mut Bench, value: &str) -> Result<Duration, String> {
    let due = bench.now();
    let request = bench.send(due, NEAR, FIRST, write("sync", value));
    bench.await_fate(request, Duration::from_secs(10))?;
    let answer = bench.fates(request).next();
    match answer {
        Some((t, Some(Response::Done(_)))) => Ok(t.since(due)),
        other => Err(format!("a write through {FIRST}: {other:?}")),
    }
}

pub(super) fn clock_skew(bench: &mut Bench, _: &mut Make<'_>) -> Result<(), String> {
    bench.ready()?;
    let (skewed, offset) = (SiteId(1), Duration::from_secs(3600));
    let offset_nanos = i64::try_from(nanos(offset)).unwrap_or(i64::MAX);
    bench.begin(Fault::ClockSkew { site: skewed, offset_nanos });
    bench.run_for(Duration::from_secs(1))?;
    // A restart is something that every site tells of.
    let mut seen = bench.told().len();
    for site in [skewed, SiteId(2)] {
        let id = bench.begin(Fault::Crash { site, after_outputs: 0 });
        bench.run_for(Duration::from_secs(1))?;
        bench.end(id);
        bench.run_for(Duration::from_secs(10))?;
        let since = std::mem::replace(&mut seen, bench.told().len());
        let observed = bench.told()[since..].iter().find_map(|happened| match happened.event {
            WorldEvent::Observed { site: of, site_t, .. } if of == site => Some((happened.t, site_t)),
            _ => None,
        });
        let Some((t, site_t)) = observed else {
            return Err(format!("{site} was restarted and told nothing"));
        };
        let expected = if site == skewed { t + offset } else { t };
        let off = site_t.since(expected).max(expected.since(site_t));
        expect(off <= Duration::from_secs(1), || {
            format!("the clock of {site} showed {site_t} at {t}, and should have shown {expected}")
        })?;
    }
    Ok(())
}
