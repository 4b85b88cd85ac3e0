//! Faults of links and disks, for real: each strikes and does what it should. Where this machine does not let us, that is said, and nothing strikes.

use crate::bench::Bench;
use crate::{EAST, LONDON, NEW_YORK, Named, Outcome, PATIENCE, SINGAPORE, check};
use firedrill_live::Storage;
use firedrill_live::host::{disk, rights};
use firedrill_model::fault::{Direction, Endpoint};
use firedrill_model::{Fault, FileClass, Observation, OpResult, SiteId, SiteSet, Value};
use std::time::Duration;

pub const TESTS: &[Named] = &[
    ("sites_are_cut_off_by_the_packet_filter_and_after_a_restart_too", packet_filter),
    ("lost_packets_are_told_when_the_first_is_lost", lost_packets),
    ("connections_are_reset_and_made_again", resets),
    ("a_site_that_is_told_to_end_ends_and_a_frozen_one_is_not_told", shutdown),
    ("a_loss_of_power_takes_what_was_not_synced_and_nothing_else", power_loss),
    ("a_site_whose_disk_is_full_or_read_only_stops_and_comes_back", failing_disks),
    ("rot_is_found_and_refilled_and_a_lost_disk_comes_back_empty", rot_and_loss),
];

fn ends(sites: &[SiteId]) -> Vec<Endpoint> {
    sites.iter().map(|site| Endpoint::Site(*site)).collect()
}

fn started(bench: &Bench, site: SiteId) -> usize {
    bench.count_observed(site, |observation| *observation == Observation::Started)
}

fn packet_filter() -> Outcome {
    let mut bench = Bench::start("filter")?;
    bench.write(EAST, NEW_YORK, "k", "1", PATIENCE)?;
    let (a, b) = (ends(&[NEW_YORK]), ends(&[LONDON, SINGAPORE]));
    let cut = bench.begin(Fault::Partition { a, b, direction: Direction::Both });
    bench.run_for(Duration::from_millis(500))?;
    let mechanism = bench.mechanism(cut).unwrap_or_default();
    check(mechanism.contains("nft") == rights().filter, || format!("{:?}, and yet: {mechanism}", rights()))?;
    // The others go on without New York, which comes back in between and is cut off still.
    bench.write(EAST, LONDON, "k", "2", PATIENCE)?;
    let crash = bench.begin(Fault::Crash { site: NEW_YORK, after_outputs: 0 });
    bench.run_for(Duration::from_secs(1))?;
    bench.end(crash);
    bench.run_for(Duration::from_secs(2))?;
    let unheard = bench.send(EAST, NEW_YORK, Bench::read_of("k"));
    bench.run_for(Duration::from_secs(5))?;
    let answered = matches!(bench.fate(unheard), Some((_, Some(firedrill_model::Response::Done(_)))));
    check(!answered, || format!("cut off after a restart it answered: {:?}", bench.fate(unheard)))?;
    bench.end(cut);
    bench.until_alike(PATIENCE)?;
    bench.close()
}

fn shutdown() -> Outcome {
    let mut bench = Bench::start("shutdown")?;
    bench.write(EAST, NEW_YORK, "k", "1", PATIENCE)?;
    let freeze = bench.begin(Fault::Freeze { site: SINGAPORE });
    bench.run_for(Duration::from_secs(1))?;
    let (ended, untold) =
        (bench.begin(Fault::Shutdown { site: LONDON }), bench.begin(Fault::Shutdown { site: SINGAPORE }));
    bench.run_for(Duration::from_secs(3))?;
    check(bench.struck(ended) && !bench.struck(untold), || "London was to be told, and Singapore was frozen".into())?;
    [untold, ended, freeze].into_iter().for_each(|fault| bench.end(fault));
    bench.until_alike(PATIENCE)?;
    let starts = (started(&bench, LONDON), started(&bench, SINGAPORE));
    check(starts == (2, 1), || format!("London and Singapore started {starts:?} times"))?;
    bench.close()
}

fn lost_packets() -> Outcome {
    let mut bench = Bench::start("loss")?;
    bench.write(EAST, NEW_YORK, "k", "1", PATIENCE)?;
    let loss = |per_mille, b| Fault::Loss { a: ends(&[NEW_YORK]), b, direction: Direction::To, per_mille };
    let (none, some) = (bench.begin(loss(0, ends(&[LONDON]))), bench.begin(loss(300, ends(&[SINGAPORE]))));
    let of_clients = bench.begin(loss(300, vec![Endpoint::Region(EAST)]));
    bench.run_for(Duration::from_secs(3))?;
    if rights().filter {
        check(bench.struck(some), || "of the packets to Singapore 30 % were to be lost, and none was".into())?;
        check(bench.begun(none) == 0, || "nothing was lost, and it was told before its end".into())?;
    }
    check(bench.mechanism(of_clients).is_none(), || "one region's packets can't be told from another's".into())?;
    [none, some, of_clients].into_iter().for_each(|id| bench.end(id));
    bench.until_alike(PATIENCE)?;
    check(!bench.struck(none) && bench.begun(none) == 1, || "nothing was lost, and it struck".into())?;
    check(bench.begun(some) == 1, || "a fault that struck was told again at its end".into())?;
    bench.close()
}

fn resets() -> Outcome {
    let mut bench = Bench::start("reset")?;
    bench.write(EAST, NEW_YORK, "k", "1", PATIENCE)?;
    let between_sites = bench.begin(Fault::ResetPeer { a: ends(&[NEW_YORK]), b: ends(&[LONDON, SINGAPORE]) });
    bench.run_for(Duration::from_secs(1))?;
    check(bench.struck(between_sites), || "connections between sites are there always, and none was reset".into())?;
    bench.write(EAST, NEW_YORK, "k", "2", PATIENCE)?;
    // A request that waits for an answer, which a frozen site does not give.
    let freeze = bench.begin(Fault::Freeze { site: NEW_YORK });
    let waiting = bench.send(EAST, NEW_YORK, Bench::read_of("k"));
    bench.run_for(Duration::from_millis(300))?;
    let of_clients = bench.begin(Fault::ResetPeer { a: vec![Endpoint::Region(EAST)], b: ends(&[NEW_YORK]) });
    bench.await_fate(waiting, Duration::from_secs(5))?;
    // Frozen for longer it would count as down, and be failed over.
    bench.end(freeze);
    check(matches!(bench.fate(waiting), Some((_, None))), || format!("{:?}", bench.fate(waiting)))?;
    bench.run_for(Duration::from_secs(1))?;
    check(bench.struck(of_clients), || "a client's connection broke, and nothing struck".into())?;
    [between_sites, of_clients].into_iter().for_each(|id| bench.end(id));
    bench.write(EAST, NEW_YORK, "k", "3", PATIENCE)?;
    bench.until_alike(PATIENCE)?;
    bench.close()
}

/// A world whose sites have disks of their own; `None`, and it is said, where this machine does not let us make them.
fn with_disks(test: &str) -> Result<Option<Bench>, libtest_mimic::Failed> {
    if rights().disks {
        return Ok(Some(Bench::start_with(test, Storage::Disks)?));
    }
    println!("not here: no file systems of their own can be made for sites");
    Ok(None)
}

fn power_loss() -> Outcome {
    let Some(mut bench) = with_disks("power")? else { return Ok(()) };
    bench.write(EAST, NEW_YORK, "k", "1", PATIENCE)?;
    // What no site would ever write, and nobody syncs.
    let unsynced = disk::folder_of(bench.run()).join("london/files/unsynced");
    std::fs::write(&unsynced, "x")?;
    let all = SiteSet::first(3);
    let id = bench.begin(Fault::PowerLoss { sites: all });
    bench.run_for(Duration::from_secs(1))?;
    let unheard = bench.send(EAST, LONDON, Bench::read_of("k"));
    bench.run_for(Duration::from_secs(2))?;
    check(bench.fate(unheard).is_none(), || format!("without power: {:?}", bench.fate(unheard)))?;
    check(bench.struck(id), || "all were up, and nothing struck".into())?;
    bench.end(id);
    let read = bench.read(EAST, NEW_YORK, "k", PATIENCE)?;
    check(read == OpResult::Value(Some(Value::new(b"1"))), || format!("after the loss of power: {read:?}"))?;
    check(!unsynced.exists(), || "what was not synced survived".into())?;
    bench.until_alike(PATIENCE)?;
    let run = bench.run().to_owned();
    bench.close()?;
    check(!disk::folder_of(&run).exists(), || "the disks are still there".into())
}

fn failing_disks() -> Outcome {
    let Some(mut bench) = with_disks("full")? else { return Ok(()) };
    let mut starts = 1;
    for fault in [Fault::DiskFull { site: LONDON }, Fault::ReadOnly { site: LONDON }] {
        bench.write(EAST, NEW_YORK, "k", "before", PATIENCE)?;
        let id = bench.begin(fault.clone());
        // New York goes on with Singapore; London is asked to store this too, and can't.
        let failed = |bench: &Bench| bench.count_observed(LONDON, |o| matches!(o, Observation::DiskFailed { .. }));
        bench.write_until((EAST, NEW_YORK), PATIENCE, |bench| failed(bench) == starts)?;
        check(bench.struck(id), || format!("{fault:?} did not strike"))?;
        check(failed(&bench) == starts, || format!("{fault:?}: London's disk failed {} times", failed(&bench)))?;
        bench.end(id);
        bench.until_alike(PATIENCE)?;
        starts += 1;
        check(started(&bench, LONDON) == starts, || format!("London started {} times", started(&bench, LONDON)))?;
    }
    bench.close()
}

fn rot_and_loss() -> Outcome {
    let Some(mut bench) = with_disks("rot")? else { return Ok(()) };
    for number in 0..20 {
        bench.write(EAST, NEW_YORK, "k", &number.to_string(), PATIENCE)?;
    }
    bench.until_alike(PATIENCE)?;
    let nothing = bench.begin(Fault::BitRot { site: LONDON, files: FileClass::Snapshot, bits: 1 });
    let rot = bench.begin(Fault::BitRot { site: LONDON, files: FileClass::Log, bits: 3 });
    let crash = bench.begin(Fault::Crash { site: LONDON, after_outputs: 0 });
    bench.run_for(Duration::from_secs(2))?;
    bench.end(crash);
    bench.until_alike(PATIENCE)?;
    check(bench.struck(rot) && !bench.struck(nothing), || "it has a log, and no snapshot".into())?;
    let damaged = |o: &Observation| matches!(o, Observation::Recovered { damaged: true, .. });
    check(bench.count_observed(LONDON, damaged) == 1, || "rot in the log was not noticed".into())?;

    let lost = bench.begin(Fault::DiskLoss { site: SINGAPORE });
    bench.run_for(Duration::from_secs(2))?;
    check(bench.struck(lost), || "its files were not deleted".into())?;
    bench.end(lost);
    bench.run_for(Duration::from_secs(3))?;
    // How it is refilled is the stack's matter.
    let empty = |o: &Observation| matches!(o, Observation::Recovered { last_index, .. } if last_index.0 == 0);
    check(bench.count_observed(SINGAPORE, empty) == 2, || "it did not come back empty".into())?;
    bench.close()
}
