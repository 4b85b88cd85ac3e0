//! What people and machines are shown of a run: one format per file.
//!
//! - [`run`]: the facts of one run, and as JSON the object that `--json` prints
//! - [`campaign`]: the same for many seeds of one scenario
//! - [`timeline`]: a judged history as an interactive page
//! - [`terminal`]: both as text for a person at a terminal
//!
//! To add a format: a file that turns a [`run::RunReport`] (or a journal) into it, and its line here.
#![forbid(unsafe_code)]

pub mod campaign;
pub mod run;
pub mod terminal;
pub mod timeline;

pub use campaign::CampaignReport;
pub use run::RunReport;
