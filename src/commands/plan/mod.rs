//! `firedrill plan`: work with a plan.
//!
//! - [`drills`]: from the plan's matrix of losses to scenario files, and back from runs of them to what the arithmetic said
//! - [`scenario`]: one loss as a scenario file
//! - [`cost`]: what the plan's other sites cost while nothing goes wrong
//! - [`compare`]: what a run shows beside what the arithmetic said

mod compare;
mod cost;
mod drills;
mod scenario;

use crate::cli::{PlanArgs, PlanCommand};
use crate::exit::Exit;

/// Does what is asked.
pub fn plan(args: &PlanArgs) -> Exit {
    match &args.command {
        PlanCommand::Cost(args) => cost::cost(args),
        PlanCommand::Drills(args) => drills::drills(args),
    }
}
