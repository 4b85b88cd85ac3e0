//! DR plan and scenario files: from TOML to the resolved [`Plan`] and [`Scenario`], or all that is wrong, in one go.
//!
//! - [`plan`], [`scenario`]: what others use, resolved: names are indices, units are durations, defaults are filled in
//! - [`load`], [`load_plan`], [`check_file`]: from files
//! - [`Diagnostics`]: what is wrong, each with file, line, caret and what to do
//! - [`document`]: the plan as it is written: every section and figure, with its place, its source, and what is said elsewhere
//! - [`figures`]: which figures are parameters, objectives and claims, and which a time scale divides
//! - [`analysis`]: what arithmetic finds wrong with a plan that reads well
//! - `document/`, `scenario_file/`: the schema, one file per group of sections; each says how to add to it
//! - `plan_file/`: from the plan as it is written to the resolved one
//! - `read/`: the reader that does not stop at the first mistake
//! - `orderings`, `scale`, `derived`: what a plan must keep in order, its time scale, what the stack is told and a run must prove
#![forbid(unsafe_code)]

pub mod analysis;
mod check;
mod derived;
mod diagnostic;
pub mod document;
pub mod figures;
mod load;
mod orderings;
pub mod plan;
mod plan_file;
mod read;
mod render;
mod scale;
pub mod scenario;
mod scenario_file;
mod source;
mod suggest;
mod units;

pub use check::{Checked, check_file};
pub use diagnostic::{Diagnostic, Diagnostics, Position};
pub use load::{load, load_plan};
pub use plan::Plan;
pub use scale::ScaleRefused;
pub use scenario::Scenario;
