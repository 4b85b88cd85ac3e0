//! Disks whose operations fail, for real, through the file system that fails when it is told to. Where this machine does not let us, that is said, and nothing strikes.

use crate::bench::{self, Bench};
use crate::{EAST, LONDON, NEW_YORK, Named, Outcome, PATIENCE, SINGAPORE, check, program};
use firedrill_live::host::rights;
use firedrill_live::{Storage, cleanup};
use firedrill_model::{Fault, FaultId, FaultKind, FileClass, IoMethod, Observation, SiteId, SiteSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

pub const TESTS: &[Named] = &[
    ("a_site_whose_disk_fails_an_operation_stops_and_comes_back", io_errors),
    ("a_site_whose_fsync_fails_stops_and_comes_back", failed_fsync),
    ("a_slow_fsync_takes_its_time", slow_fsync),
    ("a_lying_fsync_and_a_torn_write_show_after_a_loss_of_power", lies_and_tears),
    ("a_misdirected_write_is_found_and_refilled", misdirected_write),
    ("the_dead_mounts_of_a_killed_run_are_cleaned_up", killed),
];

/// A world whose sites' disks can fail each operation; `None`, and it is said, where this machine does not let us make them.
fn world(test: &str) -> Result<Option<Bench>, libtest_mimic::Failed> {
    if !rights().failing_disks {
        println!("not here: no file system that fails when it is told to can be mounted");
        return Ok(None);
    }
    let bench = Bench::start_with(test, Storage::FailingDisks)?;
    let preview = bench.preview().join("\n");
    let mounts = bench::mounts_of(bench.run())?;
    let unannounced: Vec<&String> = mounts.iter().filter(|mount| !preview.contains(mount.as_str())).collect();
    check(mounts.len() == 6 && unannounced.is_empty(), || {
        format!("{mounts:?} are mounted, of the preview:\n{preview}")
    })?;
    Ok(Some(bench))
}

fn failures(bench: &Bench, site: SiteId) -> usize {
    bench.count_observed(site, |observation| matches!(observation, Observation::DiskFailed { .. }))
}

fn starts(bench: &Bench, site: SiteId) -> usize {
    bench.count_observed(site, |observation| *observation == Observation::Started)
}

/// Writes until London's disk has failed it so often. New York goes on with Singapore.
fn write_until_london_fails(bench: &mut Bench, times: usize) -> Outcome {
    bench.write_until((EAST, NEW_YORK), PATIENCE, |bench| failures(bench, LONDON) == times)?;
    let failed = failures(bench, LONDON);
    check(failed == times, || format!("London's disk failed it {failed} times, not {times}"))
}

fn check_told(bench: &Bench, id: FaultId) -> Outcome {
    let mechanism = bench.mechanism(id).unwrap_or_default();
    check(mechanism.contains("FUSE"), || format!("done by {mechanism:?}"))?;
    check(bench.struck(id) && bench.begun(id) == 1, || format!("{id} was told {} times", bench.begun(id)))
}

fn end_and_come_back(bench: &mut Bench, id: FaultId, times: usize) -> Outcome {
    bench.end(id);
    // Its process may still be ending; what it answers until then is of no interest.
    for _ in 0..300 {
        if starts(bench, LONDON) >= times {
            break;
        }
        bench.run_for(PATIENCE / 300)?;
    }
    bench.until_alike(PATIENCE)?;
    check(starts(bench, LONDON) == times, || format!("London started {} times", starts(bench, LONDON)))?;
    check_told(bench, id)
}

fn io_errors() -> Outcome {
    let Some(mut bench) = world("eio")? else { return Ok(()) };
    let error = |method| Fault::IoError { site: LONDON, files: FileClass::Log, method, per_mille: 1000 };
    bench.write(EAST, NEW_YORK, "k", "before", PATIENCE)?;
    let files = FileClass::Snapshot;
    let elsewhere = Fault::IoError { site: LONDON, files, method: IoMethod::Write, per_mille: 1000 };
    let elsewhere = bench.begin(elsewhere);
    bench.write(EAST, NEW_YORK, "k", "during", PATIENCE)?;
    bench.end(elsewhere);
    bench.until_alike(PATIENCE)?;
    check(!bench.struck(elsewhere) && bench.begun(elsewhere) == 1, || "there was no snapshot to fail".into())?;
    for (method, failed) in [(IoMethod::Write, 1), (IoMethod::Fsync, 2)] {
        let id = bench.begin(error(method));
        write_until_london_fails(&mut bench, failed)?;
        end_and_come_back(&mut bench, id, failed + 1)?;
    }
    // It reads its log when it starts.
    let crash = bench.begin(Fault::Crash { site: LONDON, after_outputs: 0 });
    bench.run_for(Duration::from_secs(1))?;
    let id = bench.begin(error(IoMethod::Read));
    bench.run_for(Duration::from_millis(500))?;
    check(bench.begun(id) == 0, || "nothing was read yet".into())?;
    bench.end(crash);
    bench.run_for(Duration::from_secs(3))?;
    check(failures(&bench, LONDON) == 3, || format!("London's disk failed it {} times", failures(&bench, LONDON)))?;
    end_and_come_back(&mut bench, id, 5)?;
    bench.close()
}

fn failed_fsync() -> Outcome {
    let Some(mut bench) = world("fsync")? else { return Ok(()) };
    bench.write(EAST, NEW_YORK, "k", "before", PATIENCE)?;
    let id = bench.begin(Fault::FailedFsync { site: LONDON, files: FileClass::Log, per_mille: 1000 });
    write_until_london_fails(&mut bench, 1)?;
    end_and_come_back(&mut bench, id, 2)?;
    // What it read of its log after that may never have reached the disk, and it must have promised nothing on it.
    let power = bench.begin(Fault::PowerLoss { sites: SiteSet::only(LONDON) });
    bench.run_for(Duration::from_secs(2))?;
    bench.end(power);
    bench.until_alike(PATIENCE)?;
    bench.close()
}

fn slow_fsync() -> Outcome {
    let Some(mut bench) = world("slow-sync")? else { return Ok(()) };
    let delay = Duration::from_millis(400);
    bench.write(EAST, NEW_YORK, "k", "before", PATIENCE)?;
    let before = bench.median_write(EAST, NEW_YORK)?;
    // A quorum has one of the two at least.
    let slow = [NEW_YORK, LONDON].map(|site| bench.begin(Fault::SlowFsync { site, delay }));
    bench.run_for(Duration::from_millis(500))?;
    let during = bench.median_write(EAST, NEW_YORK)?;
    slow.into_iter().for_each(|id| bench.end(id));
    bench.run_for(Duration::from_secs(1))?;
    let after = bench.median_write(EAST, NEW_YORK)?;
    check(before < delay && during >= delay && after < delay, || format!("{before:?}, {during:?}, {after:?}"))?;
    slow.into_iter().try_for_each(|id| check_told(&bench, id))?;
    check(bench.capabilities().contains(&FaultKind::SlowFsync), || "it is one of the capabilities".into())?;
    check(failures(&bench, LONDON) == 0, || "a slow disk is no failed one".into())?;
    bench.close()
}

fn lies_and_tears() -> Outcome {
    let Some(mut bench) = world("lies")? else { return Ok(()) };
    let torn = bench.begin(Fault::TornWrite { site: LONDON, files: FileClass::Log });
    let last = |bench: &Bench| bench.recovered(LONDON).into_iter().next_back().unwrap_or_default();
    let mut lost = false;
    for round in 0..8 {
        let lies = bench.begin(Fault::LyingFsync { site: LONDON, files: FileClass::Log });
        for number in 0..10 {
            bench.write(EAST, NEW_YORK, "k", &format!("{round} {number} {}", "x".repeat(1500)), PATIENCE)?;
        }
        let (held, _) = bench.until_alike(PATIENCE)?.first().copied().ok_or("no state")?;
        let power = bench.begin(Fault::PowerLoss { sites: SiteSet::only(LONDON) });
        bench.run_for(Duration::from_secs(2))?;
        check_told(&bench, lies)?;
        bench.end(lies);
        bench.end(power);
        bench.until_alike(PATIENCE)?;
        lost |= last(&bench) < held;
        if lost && bench.begun(torn) == 1 {
            break;
        }
    }
    check(lost, || "of what syncs lied about, no loss of power took anything".into())?;
    check_told(&bench, torn)?;
    bench.end(torn);
    bench.until_alike(PATIENCE)?;
    bench.close()
}

fn misdirected_write() -> Outcome {
    let Some(mut bench) = world("misdirected")? else { return Ok(()) };
    for number in 0..10 {
        bench.write(EAST, NEW_YORK, "k", &format!("{number} {}", "x".repeat(500)), PATIENCE)?;
    }
    bench.until_alike(PATIENCE)?;
    let id = bench.begin(Fault::MisdirectedWrite { site: SINGAPORE, files: FileClass::Log, per_mille: 1000 });
    for number in 0..3 {
        bench.write(EAST, NEW_YORK, "k", &format!("astray {number}"), PATIENCE)?;
    }
    bench.until_alike(PATIENCE)?;
    bench.end(id);
    for number in 0..5 {
        bench.write(EAST, NEW_YORK, "k", &format!("after {number}"), PATIENCE)?;
    }
    bench.until_alike(PATIENCE)?;
    check_told(&bench, id)?;
    let damaged = |o: &Observation| matches!(o, Observation::Recovered { damaged: true, .. });
    check(bench.count_observed(SINGAPORE, damaged) == 0, || "the cache shows what it should".into())?;
    let power = bench.begin(Fault::PowerLoss { sites: SiteSet::only(SINGAPORE) });
    bench.run_for(Duration::from_secs(2))?;
    bench.end(power);
    bench.until_alike(PATIENCE)?;
    check(bench.count_observed(SINGAPORE, damaged) == 1, || "what was written over was not noticed".into())?;
    bench.close()
}

fn killed() -> Outcome {
    if !rights().failing_disks {
        println!("not here: no file system that fails when it is told to can be mounted");
        return Ok(());
    }
    let run = bench::run_name("dead");
    let mut hold = Command::new(std::env::current_exe()?);
    let mut child = hold.args([program::HOLD, &run, "--failing-disks"]).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    check(line.trim() == "up", || format!("the run to be killed said {line:?}"))?;
    let mounts = bench::mounts_of(&run)?;
    child.kill()?;
    child.wait()?;
    check(mounts.len() == 6 && bench::mounts_of(&run)? == mounts, || format!("mounted were {mounts:?}"))?;
    let dead = mounts.iter().filter(|mount| mount.ends_with("seen"));
    let errors: Vec<_> = dead.map(|mount| std::fs::read_dir(mount).err().and_then(|e| e.raw_os_error())).collect();
    const ENOTCONN: i32 = 107;
    check(errors == [Some(ENOTCONN); 3], || format!("nobody serves them any more, and yet: {errors:?}"))?;

    let told = cleanup(false)?;
    let disks = told.iter().filter(|line| line.starts_with("removed disks") && line.ends_with(&run)).count();
    check(disks == 1, || format!("{told:?}"))?;
    let left = (bench::things_of(&run)?, bench::on_this_machine(&run)?);
    check(left.0.is_empty() && left.1.is_empty(), || format!("after the cleanup there was still {left:?}"))
}
