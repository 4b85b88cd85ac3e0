//! `[[tier]]` and `[[service]]`.

use crate::document::{PlanDocument, services};
use crate::plan::Service;
use crate::read::Sink;
use std::time::Duration;

/// Resolves the services.
pub(super) fn resolve(sink: &Sink<'_>, document: &PlanDocument) -> Vec<Service> {
    let place = |name: &str| document.services.iter().position(|service| &*service.name.value == name);
    let service = |written: &services::Service| {
        let tier = document.tiers.iter().find(|tier| *tier.name.value == *written.tier.value);
        let depends_on = written.depends_on.iter().flat_map(|needed| needed.value.iter());
        Service {
            name: written.name.value.to_string(),
            tier: written.tier.value.to_string(),
            priority: written.priority.value.0,
            depends_on: depends_on.filter_map(|needed| place(needed)).collect(),
            rto: tier.map_or(Duration::ZERO, |tier| tier.rto.value),
        }
    };
    let services: Vec<Service> = document.services.iter().map(service).collect();
    cycles(sink, document);
    services
}

/// Tells each circle of services that wait for each other, once.
fn cycles(sink: &Sink<'_>, document: &PlanDocument) {
    let mut walk = Walk { sink, services: &document.services, finished: vec![false; document.services.len()] };
    for start in 0..document.services.len() {
        walk.from(start, &mut Vec::new());
    }
}

/// Depth first.
struct Walk<'w, 't> {
    sink: &'w Sink<'t>,
    services: &'w [services::Service],
    finished: Vec<bool>,
}

impl Walk<'_, '_> {
    /// No deeper than there are services (a bounded number of which are read).
    fn from(&mut self, at: usize, path: &mut Vec<usize>) {
        if self.finished[at] || path.len() > self.services.len() {
            return;
        }
        path.push(at);
        let services = self.services;
        for item in services[at].depends_on.iter().flat_map(|needed| &needed.value.items) {
            let Some(needed) = services.iter().position(|service| *service.name.value == *item.value) else {
                continue;
            };
            match path.iter().position(|seen| *seen == needed) {
                Some(first) => {
                    let name = |place: &usize| format!("`{}`", services[*place].name.value);
                    let circle: Vec<String> = path[first..].iter().chain([&needed]).map(name).collect();
                    let message = format!("services wait for each other: {}", circle.join(" needs "));
                    let advice = "none of them could ever be promoted: take out one dependency".to_owned();
                    self.sink.error(&item.span.into(), message, advice);
                }
                None => self.from(needed, path),
            }
        }
        path.pop();
        self.finished[at] = true;
    }
}
