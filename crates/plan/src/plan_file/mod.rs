//! From a plan as it is written ([`crate::document`]) to a plan as the stack and the checks take it ([`crate::plan`]): names become indices,
//! and what must fit together is checked.
//!
//! To add a figure that the stack obeys: its line in [`crate::document`], its field in [`crate::plan`], its resolution here.

mod figures;
mod references;
mod regions;
mod services;
mod sites;
mod transaction_log;

use crate::diagnostic::Diagnostics;
use crate::document::PlanDocument;
use crate::document::context::Context;
use crate::orderings;
use crate::plan::Plan;
use crate::read::{Sink, Table, document};
use crate::source::Source;
use figures::Figures;
use std::sync::Arc;
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
    let context = Context::new(root.has("reference"));
    let document = PlanDocument::read(&root, &context);
    references::check(&root, &document, &context);
    let topology = sites::resolve(&root, &document);
    let services = services::resolve(sink, &document);
    let figures = Figures::resolve(sink, &document);
    let transaction_log = transaction_log::resolve(sink, &document);
    let plan = Plan {
        title: document.title.value.clone(),
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
        sessions_rpo: document.sessions.as_ref().map(|sessions| sessions.rpo.value),
        time_scale: 1,
        assumptions: context.into_assumptions(),
        document: Arc::new(document),
    };
    // Placeholders would only confuse here.
    if topology.sound && figures.sound {
        for violation in orderings::violations(&plan) {
            sink.error(&figures::place(&plan.document, violation.figure), violation.why, violation.advice);
        }
    }
    root.done();
    plan
}
