//! What people and machines are shown of a run: one format per file.
//!
//! - [`run`]: the facts of one run, and as JSON the object that `--json` prints
//! - [`campaign`]: the same for many seeds of one scenario
//! - [`map`]: a plan as a page: its sites and links, and what survives which loss
//! - [`terminal`]: both as text for a person at a terminal
//!
//! To add a format: a file that turns a [`run::RunReport`] (or a journal) into it, and its line here.
#![forbid(unsafe_code)]

pub mod campaign;
pub mod map;
pub mod run;
pub mod terminal;

pub use campaign::CampaignReport;
pub use run::RunReport;
