//! Plan files, section by section. What a figure means, its unit, and whether it is a parameter, a claim or an objective is in
//! [`crate::figures`].
//!
//! To add a figure: its line in [`crate::figures::FIGURES`], its field in [`crate::plan`], its reading here; then the README's table is
//! written anew (`UPDATE=1 cargo test -p firedrill-plan --test readme`).

mod figures;
mod provenance;
mod regions;
mod services;
mod sites;
mod transaction_log;

use crate::diagnostic::Diagnostics;
use crate::orderings;
use crate::plan::Plan;
use crate::read::{Sink, Table, document};
use crate::source::Source;
use figures::Figures;
use provenance::Provenance;
use toml::de::DeTable;

impl Plan {
    /// Reads a plan; `file_name` is what messages call the file.
    ///
    /// # Errors
    /// All that is wrong with it, each with its place and what to do.
    pub fn parse(file_name: &str, text: &str) -> Result<Plan, Diagnostics> {
        document::read(Source { file: file_name, text }, plan)
    }
}

/// The root of a plan.
fn plan(sink: &Sink<'_>, root: &DeTable<'_>) -> Plan {
    let root = Table::new(sink, "the plan", 0..0, root);
    let provenance = Provenance::default();
    let title = root.text("title");
    // For readers: the document that `source` names paragraphs of.
    let _ = root.text("reference");
    let topology = sites::read(&root, &provenance);
    let services = services::read(&root, &provenance);
    let figures = Figures::read(&root, &provenance);
    let names: Vec<String> = topology.sites.iter().map(|site| site.name.clone()).collect();
    let transaction_log = transaction_log::read(&root, &provenance, &names);
    let plan = Plan {
        title,
        text: sink.source.text.to_owned(),
        sites: topology.sites,
        links: topology.links,
        regions: topology.regions,
        services,
        raft: figures.raft,
        detection: figures.detection,
        notifications: figures.notifications,
        dns_ttl: figures.dns_ttl,
        level: figures.level,
        latency_claim: figures.latency_claim,
        transaction_log,
        sessions_rpo: transaction_log::sessions(&root, &provenance),
        time_scale: 1,
        assumptions: provenance.into_assumptions(),
    };
    // Placeholders would only confuse here.
    if topology.sound && figures.places.sound {
        for violation in orderings::violations(&plan) {
            sink.error(figures.places.of(violation.figure), violation.why, violation.advice);
        }
    }
    root.done();
    plan
}
