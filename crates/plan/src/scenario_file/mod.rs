//! Scenario files, section by section. Only `title`, `plan` and one of `[[method]]` and `[swarm]` must be there.
//!
//! To add a kind of fault: its variant in [`crate::scenario::FaultSpec`], its reading in [`fault`], and, if a swarm may draw it, what it
//! needs in [`swarm`]. To add a setting: its field in [`crate::scenario`], its reading with its default here. Every key is also in [`schema`].

mod fault;
mod method;
pub(crate) mod schema;
mod settings;
mod sides;
mod swarm;
mod workload;

use crate::diagnostic::Diagnostics;
use crate::plan::Plan;
use crate::read::{Field, Names, Sink, Table, document};
use crate::scenario::{Range, Scenario};
use crate::source::Source;
use firedrill_model::{Endpoint, RegionId, SiteId, SiteSet};
use std::time::Duration;
use toml::de::DeTable;

/// Nothing in a scenario takes longer.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);
/// The shortest duration that means anything.
const SHORTEST: Duration = Duration::from_millis(1);

impl Scenario {
    /// Reads a scenario against its plan; `file_name` is what messages call the file.
    ///
    /// # Errors
    /// All that is wrong with it, each with its place and what to do.
    pub fn parse(file_name: &str, text: &str, plan: &Plan) -> Result<Scenario, Diagnostics> {
        read(Source { file: file_name, text }, |_| Some(plan))
    }

    /// Reads a scenario in which nothing goes wrong: a workload alone, for measuring. No file may be one, since its run would prove nothing.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse_workload(name: &str, text: &str, plan: &Plan) -> Result<Scenario, Diagnostics> {
        document::read(Source { file: name, text }, |sink, root| scenario(sink, root, |_| Some(plan), true))
    }
}

/// Reads a scenario whose plan is found by `plan_of`, which is given the value of `plan` and reports if there is none. Without a plan, names
/// cannot be looked up, and all else is read the same.
pub(crate) fn read<'p>(
    source: Source<'_>,
    plan_of: impl FnOnce(&Field<'_>) -> Option<&'p Plan>,
) -> Result<Scenario, Diagnostics> {
    document::read(source, |sink, root| scenario(sink, root, plan_of, false))
}

/// The root of a scenario; in a `calm` one nothing need go wrong.
fn scenario<'p>(
    sink: &Sink<'_>,
    root: &DeTable<'_>,
    plan_of: impl FnOnce(&Field<'_>) -> Option<&'p Plan>,
    calm: bool,
) -> Scenario {
    let root = Table::new(sink, "the scenario", 0..0, root);
    let title = root.text("title");
    let plan_field = root.required("plan");
    let plan = plan_field.as_ref().and_then(plan_of);
    let places = Places::new(plan);
    let method = method::read(&root, &places);
    let swarm = root.table("swarm", "[swarm]").map(|table| swarm::read(table, &places));
    if !calm && method.is_empty() && swarm.is_none() && !root.has("method") {
        sink.dependent(
            &(0..0),
            "nothing goes wrong in this scenario",
            "add `[[method]]` steps, or a `[swarm]`".to_owned(),
        );
    }
    let scenario = Scenario {
        title,
        text: sink.source.text.to_owned(),
        plan_path: plan_field.and_then(|field| field.text()).unwrap_or_default().to_owned(),
        tags: settings::tags(&root),
        workload: workload::read(&root),
        warmup: settings::warmup(&root),
        method,
        swarm,
        defences: settings::defences(&root),
        physics: settings::physics(&root),
        rollbacks: settings::rollbacks(&root),
        objectives: settings::objectives(&root, &places),
    };
    root.done();
    scenario
}

/// What a scenario may name: the sites and regions of its plan.
struct Places<'p> {
    sites: Names<'p>,
    /// Sites, then regions.
    endpoints: Names<'p>,
    site_count: usize,
}

impl<'p> Places<'p> {
    fn new(plan: Option<&'p Plan>) -> Places<'p> {
        let sites = plan.map(|plan| plan.sites.iter().map(|site| site.name.as_str()).collect::<Vec<_>>());
        let regions = plan.map(|plan| plan.regions.iter().map(|region| region.name.as_str()));
        let endpoints = sites.clone().zip(regions).map(|(sites, regions)| sites.into_iter().chain(regions).collect());
        Places {
            site_count: sites.as_ref().map_or(SiteSet::MAX_SITES, Vec::len),
            sites: Names::of_plan("site", "sites", sites),
            endpoints: Names::of_plan("site or region", "sites and regions", endpoints),
        }
    }

    /// All sites.
    fn all(&self) -> SiteSet {
        SiteSet::first(self.site_count)
    }

    /// The sites that a field names, one or more.
    fn sites(&self, field: &Field<'_>) -> SiteSet {
        let places = self.sites.resolve_all(&field.one_or_more().unwrap_or_default());
        places.into_iter().filter_map(|place| u8::try_from(place).ok()).map(SiteId).collect()
    }

    /// The sites and regions that a field names, one or more.
    fn endpoints(&self, field: &Field<'_>) -> Vec<Endpoint> {
        let places = self.endpoints.resolve_all(&field.one_or_more().unwrap_or_default());
        places.into_iter().filter_map(|place| self.endpoint(place)).collect()
    }

    /// The endpoint in this place of the list.
    fn endpoint(&self, place: usize) -> Option<Endpoint> {
        match place.checked_sub(self.site_count) {
            None => Some(Endpoint::Site(SiteId(u8::try_from(place).ok()?))),
            Some(region) => Some(Endpoint::Region(RegionId(u8::try_from(region).ok()?))),
        }
    }

    /// What an endpoint is called.
    fn name(&self, endpoint: &Endpoint) -> &str {
        let place = match endpoint {
            Endpoint::Site(site) => site.index(),
            Endpoint::Region(region) => self.site_count + region.index(),
        };
        self.endpoints.as_slice().get(place).copied().unwrap_or_default()
    }
}

/// A range of durations, or its default.
fn range_or(table: &Table<'_>, key: &'static str, default: (Duration, Duration), least: Duration) -> Range {
    let range = table.optional(key).and_then(|field| field.time_range(least, LONGEST));
    range.unwrap_or(Range { low: default.0, high: default.1 })
}
