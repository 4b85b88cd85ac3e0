//! The suite that every world passes: the physics that the drill relies on, seen through [`World`] alone.
//!
//! - `requests`: what becomes of a request, and how long it takes
//! - `processes`: site loss, crash, restart, freeze, power loss
//! - `links`: partitions both ways and one way, healing, latency
//! - `slowness`: syncs and clocks that are off
//! - `telling`: the world's clock, the order of events, faults told, reports, determinism
//! - `bench`: what the tests are written with; `plan`: the plan that they run
//!
//! To add a test: a function in the file of its subject, and its line in [`TESTS`]; and in `tests/conformance.rs` a fake world that breaks
//! the promise, so that it is seen to fail.

mod bench;
mod links;
mod plan;
mod processes;
mod requests;
mod slowness;
mod telling;

use crate::world::{Setup, World};
use bench::Bench;
use firedrill_model::FaultKind;
pub use plan::setup;

/// Makes a fresh world.
pub type Make<'a> = dyn FnMut(&Setup) -> Box<dyn World> + 'a;

/// One promise, and how it is tested.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// Its name, in kebab case.
    pub name: &'static str,
    /// What a world promises.
    pub promise: &'static str,
    /// It is only asked of worlds that can do all of these.
    pub needs: &'static [FaultKind],
    /// It is only asked of worlds that claim determinism.
    pub needs_determinism: bool,
    run: fn(&mut Bench, &mut Make<'_>) -> Result<(), String>,
}

/// Whether a world keeps a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was seen to.
    Kept,
    /// It was not; what was seen.
    Broken(String),
    /// It does not make the promise; why.
    NotPromised(String),
}

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConformanceResult {
    /// The test's name.
    pub name: &'static str,
    /// What a world promises.
    pub promise: &'static str,
    /// Whether it does.
    pub verdict: Verdict,
}

/// Every test of the suite.
pub const TESTS: &[Test] = &[
    test(
        "answered-once",
        "a request is answered once, or the client learns otherwise, within 10 s",
        &[],
        requests::answered_once,
    ),
    test("forgotten", "of a forgotten request nothing more is told", &[], requests::forgotten),
    test(
        "latency",
        "an answer takes the round trip of the plan, and little more than the sites need",
        &[],
        requests::latency,
    ),
    test(
        "site-loss",
        "a lost site neither answers nor refuses, and stays lost",
        &[FaultKind::SiteLoss],
        processes::site_loss,
    ),
    test("crash", "a crashed site refuses or breaks connections", &[FaultKind::Crash], processes::crash),
    test(
        "restart",
        "after a restart of all sites acknowledged writes are there",
        &[FaultKind::Crash],
        processes::restart,
    ),
    test(
        "power-loss",
        "after a power loss of all sites acknowledged writes are there",
        &[FaultKind::PowerLoss],
        processes::power_loss,
    ),
    test(
        "shutdown",
        "sites that are shut down end, and once they are started again acknowledged writes are there",
        &[FaultKind::Shutdown],
        processes::shutdown,
    ),
    test("freeze", "a frozen site answers nothing", &[FaultKind::Freeze], processes::freeze),
    test(
        "thaw",
        "a thawed site answers again, and nothing older than was acknowledged",
        &[FaultKind::Freeze],
        processes::thaw,
    ),
    test("partition", "a site that is cut off both ways commits nothing", &[FaultKind::Partition], links::partition),
    test("partition-heals", "after healing, traffic flows within 30 s", &[FaultKind::Partition], links::heals),
    test(
        "partition-region",
        "a region that is cut off gets nothing through, the others do",
        &[FaultKind::Partition],
        links::region,
    ),
    test("one-way-to", "cut one way, requests do not arrive", &[FaultKind::PartitionOneWay], links::one_way_to),
    test(
        "one-way-from",
        "cut the other way, requests arrive and answers do not",
        &[FaultKind::PartitionOneWay],
        links::one_way_from,
    ),
    test(
        "one-way-sites",
        "a cut of one direction between two sites stops that one only",
        &[FaultKind::PartitionOneWay],
        links::one_way_sites,
    ),
    test(
        "slow-links",
        "a latency fault adds its delay, each way, until it ends",
        &[FaultKind::Latency],
        links::latency,
    ),
    test(
        "slow-fsync",
        "slow syncs delay acknowledgements, until they end",
        &[FaultKind::SlowFsync],
        slowness::slow_fsync,
    ),
    test(
        "clock-skew",
        "a skewed clock shows in what the site tells, and only there",
        &[FaultKind::ClockSkew, FaultKind::Crash],
        slowness::clock_skew,
    ),
    test("clock", "time never runs backwards, and no step passes its limit", &[], telling::clock),
    test("order", "events are told in order of time, none before it happened", &[], telling::order),
    test(
        "faults-told",
        "a fault is told once when it begins, and when it ends; what the world can't do has no mechanism",
        &[],
        telling::faults_told,
    ),
    test("report", "every site reports, and one that is down is reported so", &[FaultKind::Crash], telling::report),
    Test {
        name: "determinism",
        promise: "the same seed gives the same events",
        needs: &[FaultKind::Crash],
        needs_determinism: true,
        run: telling::determinism,
    },
];

const fn test(
    name: &'static str,
    promise: &'static str,
    needs: &'static [FaultKind],
    run: fn(&mut Bench, &mut Make<'_>) -> Result<(), String>,
) -> Test {
    Test { name, promise, needs, needs_determinism: false, run }
}

/// Runs the whole suite, each test in a world of its own.
pub fn run(make: &mut Make<'_>) -> Vec<ConformanceResult> {
    TESTS.iter().map(|test| test.run(make)).collect()
}

impl Test {
    /// Runs this test in a world of its own.
    pub fn run(&self, make: &mut Make<'_>) -> ConformanceResult {
        let mut bench = Bench::new(make);
        let verdict = match self.not_promised(&bench) {
            Some(why) => Verdict::NotPromised(why),
            None => match (self.run)(&mut bench, make) {
                Ok(()) => Verdict::Kept,
                Err(seen) => Verdict::Broken(seen),
            },
        };
        ConformanceResult { name: self.name, promise: self.promise, verdict }
    }

    fn not_promised(&self, bench: &Bench) -> Option<String> {
        let capabilities = bench.capabilities();
        if self.needs_determinism && !capabilities.deterministic {
            return Some(format!("the world `{}` does not claim determinism", capabilities.world));
        }
        let missing = self.needs.iter().find(|kind| !capabilities.faults.contains(kind))?;
        Some(format!("the world `{}` can't do {}", capabilities.world, missing.name()))
    }
}
