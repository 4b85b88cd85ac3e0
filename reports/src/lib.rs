//! What people and machines are shown of a run: one format per file.
//!
//! - [`run`]: the facts of one run, and as JSON the object that `--json` prints
//! - [`campaign`]: the same for many seeds of one scenario
//! - [`map`]: a plan as a page: its sites and links, and what survives which loss
//! - [`timeline`]: a judged history as an interactive page
//! - [`terminal`]: both as text for a person at a terminal
//! - [`html`]: a run as one page, for a board and an auditor; [`page`] is the frame of every page
//! - [`junit`]: runs and campaigns as JUnit XML, for CI servers
//! - [`reproduce`]: the line that runs it again
//!
//! To add a format: a file that turns a [`run::RunReport`] (or a journal) into it, and its line here.
#![forbid(unsafe_code)]

pub mod campaign;
pub mod html;
pub mod junit;
pub mod map;
pub mod page;
pub mod reproduce;
pub mod run;
pub mod terminal;
pub mod timeline;

pub use campaign::CampaignReport;
pub use run::RunReport;
