//! One run as one page, from its journal alone: the verdict first, then what it rests on.
//!
//! - `headline`: what a board reads
//! - `objectives`: what was demanded beside what was achieved; what was lost
//! - `timeline`: a lane per site: faults, roles, epochs, the steps of failovers
//! - `charts`: throughput and latency over time, per region
//! - `evidence`: checks, claims, faults
//! - `provenance`: how to run it again, what was simulated and what was real, the definitions
//!
//! To add a section: a file with a function from [`Run`] to [`Markup`], and its line in [`page`].

mod charts;
mod evidence;
mod headline;
mod objectives;
mod provenance;
mod timeline;

use crate::page;
use crate::reproduce;
use firedrill_checks::Judgement;
use firedrill_history::{Event, Journal, Manifest};
use firedrill_model::{RegionId, ServiceId, SiteId, Time};
use maud::{Markup, html};

/// What the sections work on.
pub(crate) struct Run<'a> {
    journal: &'a Journal,
    judgement: &'a Judgement,
    digest: &'a str,
    reproduce: String,
    end: Time,
}

impl<'a> Run<'a> {
    fn manifest(&self) -> &'a Manifest {
        &self.journal.manifest
    }

    fn site(&self, site: SiteId) -> &'a str {
        self.manifest().objectives.sites.get(site.index()).map_or("?", String::as_str)
    }

    fn region(&self, region: RegionId) -> &'a str {
        self.manifest().objectives.regions.get(region.index()).map_or("?", String::as_str)
    }

    fn service(&self, service: ServiceId) -> &'a str {
        self.manifest().objectives.services.get(service.index()).map_or("?", |service| service.name.as_str())
    }

    fn fault(&self, place: usize) -> &'a str {
        self.manifest().schedule.get(place).map_or("?", |fault| fault.name.as_str())
    }
}

/// The page. The same journal and judgement give the same bytes.
pub fn page(journal: &Journal, judgement: &Judgement, digest: &str) -> String {
    let end = journal.events.iter().map(Event::t).max().unwrap_or_default();
    let reproduce = reproduce::line(&journal.manifest, digest);
    let run = Run { journal, judgement, digest, reproduce, end };
    let body = html! {
        (headline::section(&run))
        (objectives::section(&run))
        (timeline::section(&run))
        (charts::section(&run))
        (evidence::section(&run))
        (provenance::section(&run))
    };
    let (word, _) = page::verdict(judgement.verdict);
    page::frame(&format!("{word}: {}", journal.manifest.title), &body)
}

/// Seconds, with as many digits as make sense.
fn seconds(value: f64) -> String {
    if value == 0.0 {
        "0 s".to_owned()
    } else if value >= 100.0 {
        format!("{value:.0} s")
    } else {
        format!("{value:.1} s")
    }
}

/// A table's cell with a number.
fn number(text: &str) -> Markup {
    html! { td.number { (text) } }
}
