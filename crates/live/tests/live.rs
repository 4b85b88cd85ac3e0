//! Real containers. Also the program that runs in them: an image is made out of this very file.
//!
//! Without a container engine the tests are skipped, and say so; with FIREDRILL_REQUIRE_LIVE=1 that is a failure.

mod bench;
mod failing;
mod hurt;
mod program;
mod setup;

use bench::{Bench, things_of};
use firedrill_drill::conformance::{self, Verdict};
use firedrill_drill::world::{Setup, World};
use firedrill_live::{Live, LiveError, LiveOptions, Storage, cleanup};
use firedrill_model::fault::{Direction, Endpoint};
use firedrill_model::{Fault, FaultKind, Observation, OpResult, RegionId, SiteId, SiteSet, Value};
use libtest_mimic::{Arguments, Failed, Trial};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

type Outcome = Result<(), Failed>;
type Test = dyn Fn() -> Outcome + Send;

type Named = (&'static str, fn() -> Outcome);

const TESTS: &[Named] = &[
    ("a_lost_leader_is_replaced", a_lost_leader_is_replaced),
    ("a_frozen_site_is_silent_and_thaws", a_frozen_site_is_silent_and_thaws),
    ("links_are_cut_in_the_direction_that_was_named", links_are_cut_in_the_direction_that_was_named),
    ("latency_is_that_of_the_plan_and_of_the_fault", latency_is_that_of_the_plan_and_of_the_fault),
    ("what_was_killed_is_cleaned_up_and_what_lives_is_kept", what_was_killed_is_cleaned_up_and_what_lives_is_kept),
    ("a_halted_run_ends_promptly_and_leaves_nothing", a_halted_run_ends_promptly_and_leaves_nothing),
];

const NEW_YORK: SiteId = SiteId(0);
const LONDON: SiteId = SiteId(1);
const SINGAPORE: SiteId = SiteId(2);
const EAST: RegionId = RegionId(0);
const WEST: RegionId = RegionId(1);
/// Names of tests end so that must not be disturbed.
const ALONE: [&str; 8] = ["latency", "slow-links", "slow-fsync", "clock", "order", "fault", "is_kept", "cleaned_up"];
/// So many tests at once, unless the command line says otherwise.
const AT_ONCE: usize = 4;
/// A second or two is usual; the rest is for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    if let Some(code) = program::run_if_asked() {
        return code;
    }
    let own = TESTS.iter().chain(hurt::TESTS).chain(failing::TESTS);
    let own = own.map(|(name, test)| (format!("live::{name}"), Box::new(*test) as Box<Test>));
    let conformance = conformance::TESTS.iter().map(|promise| {
        let test = move || conforms(promise);
        (format!("conformance::{}", promise.name), Box::new(test) as Box<Test>)
    });
    let skipped = firedrill_live::available().err();
    let trial = |(name, test): (String, Box<Test>)| {
        let skipped = skipped.clone();
        Trial::test(name.clone(), move || match skipped {
            None => in_turn(&name, &test),
            Some(why) if std::env::var_os("FIREDRILL_REQUIRE_LIVE").is_some() => {
                Err(format!("no container engine answers ({why}), and FIREDRILL_REQUIRE_LIVE is set").into())
            }
            Some(why) => {
                println!("skipped: no container engine answers ({why})");
                Ok(())
            }
        })
    };
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    libtest_mimic::run(&arguments, own.chain(conformance).map(trial).collect()).exit_code()
}

/// Most tests wait most of the time, so several run at once; those that measure, or look for leftovers, have the engine to themselves.
fn in_turn(name: &str, test: &Test) -> Outcome {
    static TURN: RwLock<()> = RwLock::new(());
    if ALONE.iter().any(|alone| name.ends_with(alone)) {
        let _turn = TURN.write().unwrap_or_else(PoisonError::into_inner);
        return test();
    }
    let _turn = TURN.read().unwrap_or_else(PoisonError::into_inner);
    test()
}

/// A promise of the suite that every world passes, in a world of its own.
fn conforms(promise: &conformance::Test) -> Outcome {
    let mut runs = 0;
    let mut make = |setup: &Setup| -> Box<dyn World> {
        runs += 1;
        let run = bench::run_name(&format!("{}-{runs}", promise.name));
        // All that this machine lets us do is promised.
        match Live::start(setup, LiveOptions { run, storage: Storage::FailingDisks, ..LiveOptions::default() }) {
            Ok(live) => Box::new(live),
            Err(error) => panic!("no world: {error}"),
        }
    };
    match promise.run(&mut make).verdict {
        Verdict::Kept => Ok(()),
        Verdict::Broken(seen) => Err(format!("{}: {seen}", promise.promise).into()),
        Verdict::NotPromised(why) => {
            println!("not promised: {why}");
            Ok(())
        }
    }
}

fn check(holds: bool, seen: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(seen().into()) }
}

fn a_lost_leader_is_replaced() -> Outcome {
    let mut bench = Bench::start("leader")?;
    bench.write(EAST, NEW_YORK, "k", "1", PATIENCE)?;
    let read = bench.read(WEST, NEW_YORK, "k", PATIENCE)?;
    check(read == OpResult::Value(Some(Value::new(b"1"))), || format!("{read:?}"))?;

    let id = bench.begin(Fault::SiteLoss { sites: SiteSet::only(NEW_YORK) });
    bench.write(EAST, LONDON, "k", "2", PATIENCE)?;
    check(bench.struck(id), || "a running container was killed, and nothing was struck".into())?;
    let failed_over = |o: &Observation| matches!(o, Observation::FailoverDecided { failed: NEW_YORK, .. });
    check(bench.has_observed(failed_over), || "no failover was observed".into())?;
    let silent = bench.send(EAST, NEW_YORK, Bench::read_of("k"));
    bench.run_for(Duration::from_secs(5))?;
    check(bench.fate(silent).is_none(), || format!("a lost site was heard: {:?}", bench.fate(silent)))?;

    bench.end(id);
    let states = bench.until_alike(PATIENCE)?;
    check(states.len() == 3, || format!("{states:?}"))?;
    let read = bench.read(WEST, LONDON, "k", PATIENCE)?;
    check(read == OpResult::Value(Some(Value::new(b"2"))), || format!("{read:?}"))?;
    let started = bench.count_observed(NEW_YORK, |o| *o == Observation::Started);
    check(started == 2, || format!("New York started {started} times"))?;
    bench.close()
}

fn a_frozen_site_is_silent_and_thaws() -> Outcome {
    let mut bench = Bench::start("freeze")?;
    let preview = bench.preview().join("\n");
    let unannounced: Vec<String> = bench.names()?.into_iter().filter(|name| !preview.contains(name)).collect();
    check(unannounced.is_empty(), || format!("{unannounced:?} are not in the preview:\n{preview}"))?;
    bench.write(EAST, NEW_YORK, "k", "1", PATIENCE)?;
    let id = bench.begin(Fault::Freeze { site: NEW_YORK });
    bench.run_for(Duration::from_secs(1))?;
    let held = bench.send(EAST, NEW_YORK, Bench::read_of("k"));
    bench.run_for(Duration::from_secs(2))?;
    check(bench.fate(held).is_none(), || format!("a frozen site was heard: {:?}", bench.fate(held)))?;
    bench.end(id);
    bench.await_fate(held, PATIENCE)?;
    check(bench.fate(held).is_some(), || "what was held was not delivered at the thaw".into())?;
    bench.until_alike(PATIENCE)?;
    bench.close()
}

fn links_are_cut_in_the_direction_that_was_named() -> Outcome {
    let mut bench = Bench::start("links")?;
    bench.write(EAST, NEW_YORK, "k", "0", PATIENCE)?;
    let (east, new_york) = (vec![Endpoint::Region(EAST)], vec![Endpoint::Site(NEW_YORK)]);
    let cut = |direction| Fault::Partition { a: east.clone(), b: new_york.clone(), direction };

    // Towards the site: nothing arrives. Back from it: it arrives and takes effect, and the client does not learn it.
    for (direction, value, arrives) in [(Direction::To, "to", false), (Direction::From, "from", true)] {
        let id = bench.begin(cut(direction));
        bench.run_for(Duration::from_millis(500))?;
        let unheard = bench.send(EAST, NEW_YORK, Bench::write_of("k", value));
        bench.run_for(Duration::from_secs(2))?;
        check(bench.fate(unheard).is_none(), || format!("{direction:?}: {:?}", bench.fate(unheard)))?;
        let read = bench.read(WEST, NEW_YORK, "k", PATIENCE)?;
        let seen = read == OpResult::Value(Some(Value::new(value.as_bytes())));
        check(seen == arrives, || format!("{direction:?}: {read:?}"))?;
        bench.forget(unheard);
        bench.end(id);
        bench.write(EAST, NEW_YORK, "k", "0", PATIENCE)?;
    }

    // Singapore hears nothing from New York any more, and catches up after that.
    let from_new_york =
        Fault::Partition { a: new_york, b: vec![Endpoint::Site(SINGAPORE)], direction: Direction::Both };
    let id = bench.begin(from_new_york);
    bench.run_for(Duration::from_millis(500))?;
    bench.end(id);
    bench.until_alike(PATIENCE)?;
    bench.close()
}

fn latency_is_that_of_the_plan_and_of_the_fault() -> Outcome {
    let mut bench = Bench::start("latency")?;
    bench.write(EAST, NEW_YORK, "k", "1", PATIENCE)?;
    let east = bench.median_read(EAST, NEW_YORK)?;
    let west = bench.median_read(WEST, NEW_YORK)?;
    // The clients' round trips, and that of the leader to its quorum, are 10, 60 and 20 ms.
    let near = |measured: Duration, ms: u64| {
        measured >= Duration::from_millis(ms) && measured < Duration::from_millis(ms + 25)
    };
    check(near(east, 30) && near(west, 80), || format!("{east:?} and {west:?}"))?;
    let (a, b) = (vec![Endpoint::Region(EAST)], vec![Endpoint::Site(NEW_YORK)]);
    let delay = Duration::from_millis(50);
    let id = bench.begin(Fault::Latency { a, b, direction: Direction::Both, delay, jitter: Duration::ZERO });
    bench.run_for(Duration::from_millis(500))?;
    let slow = bench.median_read(EAST, NEW_YORK)?;
    bench.end(id);
    bench.run_for(Duration::from_millis(500))?;
    let healed = bench.median_read(EAST, NEW_YORK)?;
    check(near(slow, 130) && near(healed, 30), || format!("{slow:?} and {healed:?}"))?;
    let id = bench.begin(Fault::SlowFsync { site: NEW_YORK, delay });
    bench.run_for(Duration::from_millis(100))?;
    check(!bench.struck(id), || "slow syncs have no mechanism, and struck".into())?;
    check(!bench.capabilities().contains(&FaultKind::SlowFsync), || "nor is it one of the capabilities".into())?;
    bench.close()
}

fn what_was_killed_is_cleaned_up_and_what_lives_is_kept() -> Outcome {
    let living = Bench::start("living")?;
    let run = bench::run_name("killed");
    let mut child =
        Command::new(std::env::current_exe()?).args([program::HOLD, &run]).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    check(line.trim() == "up", || format!("the run to be killed said {line:?}"))?;
    child.kill()?;
    child.wait()?;
    let left = things_of(&run)?;
    // Four containers, three networks, three volumes, an image.
    check(left.len() == 11, || format!("the killed run left {left:?}"))?;

    let told = cleanup(false)?;
    let removed = told.iter().filter(|line| line.starts_with("removed") && line.ends_with(&run)).count();
    check(removed == 11, || format!("{told:?}"))?;
    let kept = told.iter().filter(|line| line.starts_with("kept") && line.contains(living.run())).count();
    check(kept == 11, || format!("{told:?}"))?;
    let left = things_of(&run)?;
    check(left.is_empty(), || format!("after the cleanup there was still {left:?}"))?;
    living.close()
}

fn a_halted_run_ends_promptly_and_leaves_nothing() -> Outcome {
    let mut bench = Bench::start("halted")?;
    let halt = bench.halt();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        halt.halt();
    });
    let began = std::time::Instant::now();
    let error = bench.run_for(PATIENCE).expect_err("it was halted");
    check(error.contains("halted") && began.elapsed() < Duration::from_secs(2), || {
        format!("{error} after {:?}", began.elapsed())
    })?;
    bench.close()?;

    let options = LiveOptions { run: bench::run_name("never"), ..LiveOptions::default() };
    options.halt.halt();
    let run = options.run.clone();
    let setup: Setup = setup::setup();
    let refused = Live::start(&setup, options);
    check(matches!(refused, Err(LiveError::Halted)), || format!("{refused:?}"))?;
    let left = things_of(&run)?;
    check(left.is_empty(), || format!("{left:?}"))?;

    let broken = LiveOptions { binary: "/bin/false".into(), run: bench::run_name("broken"), ..LiveOptions::default() };
    let run = broken.run.clone();
    let refused = Live::start(&setup, broken);
    check(matches!(&refused, Err(LiveError::Site(_))), || format!("{refused:?}"))?;
    let left = things_of(&run)?;
    check(left.is_empty(), || format!("{left:?}"))
}
