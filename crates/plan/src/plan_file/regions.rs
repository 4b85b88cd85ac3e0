//! `[[region]]`.

use super::references::names;
use crate::document::{PlanDocument, topology};
use crate::plan::Region;
use crate::read::{Names, Sink};
use crate::suggest;

/// Resolves the regions.
pub(super) fn resolve(sink: &Sink<'_>, document: &PlanDocument) -> Vec<Region> {
    let site_names = names(document.sites.iter().map(|site| &site.name));
    let region_names = names(document.regions.iter().map(|region| &region.name));
    Names::new(sink, "region", "regions", &region_names);
    for name in region_names.iter().filter(|name| !name.text.is_empty()) {
        if let Some(site) = site_names.iter().find(|site| site.text == name.text) {
            let line = sink.source.line(site.span.start);
            let message = format!("`{}` is also the name of the site in line {line}", name.text);
            sink.error(&name.span, message, "a scenario could not tell them apart: rename one".to_owned());
        }
    }
    let sites: Vec<&str> = site_names.iter().map(|name| name.text.as_str()).collect();
    document.regions.iter().map(|written| region(sink, written, &sites)).collect()
}

/// One round trip for each site.
fn region(sink: &Sink<'_>, written: &topology::Region, sites: &[&str]) -> Region {
    let name = written.name.value.to_string();
    let trips = &written.round_trips;
    let find = |site: &str| sites.iter().position(|known| *known == site);
    let mut found = vec![None; sites.len()];
    let mut unknown = Vec::new();
    for trip in &trips.value.to {
        match find(&trip.site) {
            Some(place) => found[place] = Some(trip.round_trip),
            None => unknown.push(trip.site.as_str()),
        }
    }
    if trips.is_read() {
        // A name that another site has too, or that was misspelt here, is told of already.
        let told = |name: &str| name.is_empty() || unknown.iter().any(|site| suggest::closest(site, [name]).is_some());
        let missing =
            |(place, name): &(usize, &&str)| found[*place].is_none() && find(name) == Some(*place) && !told(name);
        let missing: Vec<&str> = sites.iter().enumerate().filter(missing).map(|(_, name)| *name).collect();
        if let Some(first) = missing.first() {
            let message = format!("region `{name}` has no round trip to {}", suggest::list(missing.iter().copied()));
            let advice = format!("add `{first} = …`, a number of milliseconds");
            sink.dependent(&trips.value.span.into(), message, advice);
        }
    }
    Region { name, round_trips: found.into_iter().map(Option::unwrap_or_default).collect() }
}
