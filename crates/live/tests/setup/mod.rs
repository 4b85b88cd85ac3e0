//! The plan of the tests: that of the conformance suite with names of places, a service whose name has a space, and a detection that takes two seconds.

use firedrill_drill::conformance;
use firedrill_drill::world::Setup;
use firedrill_plan::plan::Detection;
use std::time::Duration;

const CHECKS: Duration = Duration::from_millis(500);

/// What the worlds of the tests are made from.
pub fn setup() -> Setup {
    let mut setup = conformance::setup();
    let plan = &mut setup.plan;
    plan.title = "live tests".into();
    for (site, name) in plan.sites.iter_mut().zip(["new-york", "london", "singapore"]) {
        site.name = name.into();
    }
    for (region, name) in plan.regions.iter_mut().zip(["east", "west"]) {
        region.name = name.into();
    }
    plan.services[0].name = "core mcp".into();
    plan.detection = Detection { interval: CHECKS, timeout: CHECKS, retries: 3 };
    setup.config = plan.stack_config();
    setup
}
