//! `[[region]]`.

use super::provenance::Provenance;
use super::sites::{SLOWEST, bounded};
use crate::plan::Region;
use crate::read::{Name, Names, Table};
use crate::suggest;
use std::time::Duration;

/// The most regions that a plan may have.
const MAX_REGIONS: usize = 16;

/// Reads the regions.
pub(super) fn read(root: &Table<'_>, provenance: &Provenance, sites: &Names<'_>, site_names: &[Name]) -> Vec<Region> {
    let (tables, _) = bounded(root.required_tables("region", "[[region]]"), MAX_REGIONS);
    let (regions, names): (Vec<Region>, Vec<Name>) =
        tables.into_iter().map(|table| region(table, provenance, sites)).unzip();
    Names::new(root.sink, "region", "regions", &names);
    for name in names.iter().filter(|name| !name.text.is_empty()) {
        if let Some(site) = site_names.iter().find(|site| site.text == name.text) {
            let line = root.sink.source.line(site.span.start);
            let message = format!("`{}` is also the name of the site in line {line}", name.text);
            root.sink.error(&name.span, message, "a scenario could not tell them apart: rename one".to_owned());
        }
    }
    regions
}

fn region(table: Table<'_>, provenance: &Provenance, sites: &Names<'_>) -> (Region, Name) {
    let name = Name::of(&table);
    let trips = table.required_table("round_trip_ms", "round_trip_ms");
    let round_trips = trips.map(|trips| round_trips(&trips, sites, &name.text)).unwrap_or_default();
    provenance.read(&table, &name.text);
    table.done();
    (Region { name: name.text.clone(), round_trips }, name)
}

/// One for each site.
fn round_trips(trips: &Table<'_>, sites: &Names<'_>, region: &str) -> Vec<Duration> {
    let mut found = vec![None; sites.as_slice().len()];
    let mut unknown = Vec::new();
    for (site, field) in trips.named_fields("round_trip_ms") {
        let duration = field.duration(Duration::ZERO, SLOWEST).unwrap_or_default();
        match sites.find(site) {
            Some(place) => found[place] = Some(duration),
            None => {
                sites.unknown(trips.sink, site, &field.key_span);
                unknown.push(site);
            }
        }
    }
    // A name that another site has too, or that was misspelt here, is told of already.
    let told = |name: &str| name.is_empty() || unknown.iter().any(|site| suggest::closest(site, [name]).is_some());
    let missing =
        |(place, name): (usize, &&'_ str)| found[place].is_none() && sites.find(name) == Some(place) && !told(name);
    let missing: Vec<&str> = sites
        .as_slice()
        .iter()
        .enumerate()
        .filter(|(place, name)| missing((*place, name)))
        .map(|(_, name)| *name)
        .collect();
    if let Some(first) = missing.first() {
        let message = format!("region `{region}` has no round trip to {}", suggest::list(missing.iter().copied()));
        trips.sink.dependent(&trips.span, message, format!("add `{first} = …`, a number of milliseconds"));
    }
    found.into_iter().map(Option::unwrap_or_default).collect()
}
