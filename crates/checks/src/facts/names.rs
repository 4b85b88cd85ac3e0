//! How things are called in texts: by the plan's names, and by numbers where it has none.

use firedrill_model::{Endpoint, Fault, Objectives, RegionId, ServiceId, SiteId, SiteSet};
use std::fmt::Display;

/// The plan's names.
#[derive(Clone, Copy)]
pub(crate) struct Names<'j> {
    objectives: &'j Objectives,
}

impl<'j> Names<'j> {
    /// Those of these objectives.
    pub(crate) fn of(objectives: &'j Objectives) -> Names<'j> {
        Names { objectives }
    }

    /// A site's.
    pub(crate) fn site(self, site: SiteId) -> String {
        or_number(self.objectives.sites.get(site.index()), site)
    }

    /// A region's.
    pub(crate) fn region(self, region: RegionId) -> String {
        or_number(self.objectives.regions.get(region.index()), region)
    }

    /// A service's.
    pub(crate) fn service(self, service: ServiceId) -> String {
        let named = self.objectives.services.iter().find(|objective| objective.service == service);
        or_number(named.map(|objective| &objective.name), service)
    }

    /// A service as one region sees it.
    pub(crate) fn pair(self, service: ServiceId, region: RegionId) -> String {
        format!("{} from {}", self.service(service), self.region(region))
    }

    /// Several sites'.
    pub(crate) fn site_set(self, sites: SiteSet) -> String {
        listed(sites.iter().map(|site| self.site(site)))
    }

    /// What a fault is aimed at.
    pub(crate) fn target(self, fault: &Fault) -> String {
        let Some((a, b, direction)) = fault.links() else {
            return self.site_set(fault.sites());
        };
        let arrow = match direction {
            firedrill_model::Direction::To => "->",
            firedrill_model::Direction::From => "<-",
            firedrill_model::Direction::Both => "<->",
        };
        format!("{} {arrow} {}", self.endpoints(a), self.endpoints(b))
    }

    fn endpoints(self, endpoints: &[Endpoint]) -> String {
        listed(endpoints.iter().map(|endpoint| match endpoint {
            Endpoint::Site(site) => self.site(*site),
            Endpoint::Region(region) => self.region(*region),
        }))
    }
}

fn or_number(name: Option<&String>, number: impl Display) -> String {
    name.cloned().unwrap_or_else(|| number.to_string())
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
