//! `[[site]]` and `[[link]]`.

use super::references::names;
use super::regions;
use crate::document::{PlanDocument, Role};
use crate::plan::{Link, Region, Site};
use crate::read::{Sink, Table};
use std::ops::Range;

/// Sites, links and regions.
pub(super) struct Topology {
    pub(super) sites: Vec<Site>,
    pub(super) links: Vec<Vec<Link>>,
    pub(super) regions: Vec<Region>,
    /// Whether all round trips between sites are known.
    pub(super) sound: bool,
}

/// Resolves the three lists.
pub(super) fn resolve(root: &Table<'_>, document: &PlanDocument) -> Topology {
    let before = root.sink.count();
    let site = |site: &crate::document::topology::Site| Site {
        name: site.name.value.to_string(),
        role: site.role.value.to_string(),
        capacity_percent: u32::try_from(site.capacity_percent.value).unwrap_or(u32::MAX),
    };
    let sites: Vec<Site> = document.sites.iter().map(site).collect();
    primary_first(root.sink, document);
    let (links, complete) = links(root, document);
    let read = document.sites.iter().all(|site| site.section.sound)
        && document.links.iter().all(|link| link.section.sound)
        && root.how_many("site") == Some(sites.len());
    let sound = root.sink.count() == before && read && complete && !sites.is_empty();
    let regions = regions::resolve(root.sink, document);
    Topology { sites, links, regions, sound }
}

/// Sites stand in the order of succession, so the primary is the first, and the only one.
fn primary_first(sink: &Sink<'_>, document: &PlanDocument) {
    for (place, site) in document.sites.iter().enumerate().filter(|(_, site)| site.role.is_read()) {
        let span: Range<usize> = if site.name.is_read() { site.name.span.into() } else { site.section.span.into() };
        let primary = site.role.value == Role::Primary;
        if primary && place > 0 {
            let message = format!("`{}` is primary, but is not the first site", site.name.value);
            sink.error(&span, message, "sites stand in the order of succession, the one primary first".to_owned());
        } else if !primary && place == 0 {
            let message = format!("the first site, `{}`, is not the primary", site.name.value);
            sink.error(&span, message, "give it `role = \"primary\"`, or put the primary first".to_owned());
        }
    }
}

/// A link, and where it stands.
type Placed = (Link, Range<usize>);

/// Every pair of sites has one link; and whether all could be told.
fn links(root: &Table<'_>, document: &PlanDocument) -> (Vec<Vec<Link>>, bool) {
    let sites = names(document.sites.iter().map(|site| &site.name));
    let find = |name: &str| sites.iter().position(|site| site.text == name);
    let unique = sites.iter().enumerate().all(|(place, site)| find(&site.text) == Some(place) && !site.text.is_empty());
    let count = sites.len();
    let mut links: Vec<Vec<Option<Placed>>> = vec![vec![None; count]; count];
    let mut complete = unique
        && root.how_many("site").is_some_and(|given| given == count)
        && root.how_many("link").is_none_or(|given| given == document.links.len());
    for link in &document.links {
        let between = &link.between.value;
        let pair = link.between.is_read().then(|| Some((find(&between.a)?, find(&between.b)?))).flatten();
        let Some((a, b)) = pair else {
            complete = false;
            continue;
        };
        let span = Range::from(link.section.span);
        if let Some((_, first)) = &links[a][b] {
            let line = root.sink.source.line(first.start);
            let message = format!("`{}` and `{}` have two links", between.a, between.b);
            root.sink.error(&span, message, format!("the first is in line {line}: keep one"));
        }
        let placed = Some((Link { round_trip: link.round_trip.value }, span));
        links[a][b] = placed.clone();
        links[b][a] = placed;
    }
    if complete && !document.links.is_empty() {
        missing_links(root, &sites, &links);
    }
    let link = |link: Option<Placed>| link.map(|(link, _)| link).unwrap_or_default();
    let links = links.into_iter().map(|row| row.into_iter().map(link).collect()).collect();
    (links, complete)
}

fn missing_links<L>(root: &Table<'_>, sites: &[crate::read::Name], links: &[Vec<Option<L>>]) {
    let Some(place) = root.span_of("link") else {
        return;
    };
    for (a, row) in links.iter().enumerate() {
        for (b, _) in row.iter().enumerate().skip(a + 1).filter(|(_, link)| link.is_none()) {
            let (a, b) = (&sites[a].text, &sites[b].text);
            let advice = format!("add a `[[link]]` with `between = [\"{a}\", \"{b}\"]` and its `round_trip_ms`");
            root.sink.dependent(&place, format!("there is no link between `{a}` and `{b}`"), advice);
        }
    }
}
