//! `[[site]]` and `[[link]]`.

use super::provenance::Provenance;
use super::regions;
use crate::plan::{Link, Region, Site};
use crate::read::{Field, Name, Names, Table};
use crate::suggest;
use firedrill_model::SiteSet;
use std::ops::Range;
use std::time::Duration;

/// What a site may be. The first site is the primary.
const ROLES: [&str; 3] = ["primary", "secondary", "tertiary"];
/// The most links: one for each pair of the most sites.
const MAX_LINKS: usize = SiteSet::MAX_SITES * (SiteSet::MAX_SITES - 1) / 2;
/// No link on earth is slower.
pub(super) const SLOWEST: Duration = Duration::from_secs(60);

/// Sites, links and regions.
pub(super) struct Topology {
    pub(super) sites: Vec<Site>,
    pub(super) links: Vec<Vec<Link>>,
    pub(super) regions: Vec<Region>,
    /// Whether all round trips between sites are known.
    pub(super) sound: bool,
}

/// Reads the three lists.
pub(super) fn read(root: &Table<'_>, provenance: &Provenance) -> Topology {
    let before = root.sink.count();
    let (tables, all) = bounded(root.required_tables("site", "[[site]]"), SiteSet::MAX_SITES);
    let (sites, site_names): (Vec<Site>, Vec<Name>) = tables.into_iter().map(|table| site(table, provenance)).unzip();
    let names = Names::new(root.sink, "site", "sites", &site_names).complete_if(all);
    primary_first(root, &sites, &site_names);
    let links = links(root, provenance, &names);
    let sound = root.sink.count() == before && !sites.is_empty();
    let regions = regions::read(root, provenance, &names, &site_names);
    Topology { sites, links, regions, sound }
}

/// At most `most`, and whether these are all; tells if there are more.
pub(super) fn bounded(mut tables: Vec<Table<'_>>, most: usize) -> (Vec<Table<'_>>, bool) {
    let all = tables.len() <= most;
    if let Some(table) = tables.get(most) {
        let message = format!("there are {} of {}; a plan has at most {most}", tables.len(), table.title);
        table.sink.error(&table.span, message, format!("this is the first of {} too many", tables.len() - most));
    }
    tables.truncate(most);
    (tables, all)
}

fn site(table: Table<'_>, provenance: &Provenance) -> (Site, Name) {
    let name = Name::of(&table);
    let role = table.required("role").and_then(|field| role(&field)).unwrap_or_default().to_owned();
    let capacity_percent = table.count("capacity_percent", 1, 100);
    provenance.read(&table, &name.text);
    table.done();
    (Site { name: name.text.clone(), role, capacity_percent }, name)
}

fn role<'t>(field: &Field<'t>) -> Option<&'t str> {
    let text = field.text()?;
    if !ROLES.contains(&text) {
        field.sink.error(
            &field.span,
            format!("there is no role `{text}`"),
            suggest::among(text, &ROLES, "a site is one of"),
        );
        return None;
    }
    Some(text)
}

/// Sites stand in the order of succession, so the primary is the first, and the only one.
fn primary_first(root: &Table<'_>, sites: &[Site], names: &[Name]) {
    for (place, (site, name)) in sites.iter().zip(names).enumerate() {
        let primary = site.role == "primary";
        if primary && place > 0 {
            let message = format!("`{}` is primary, but is not the first site", site.name);
            root.sink.error(
                &name.span,
                message,
                "sites stand in the order of succession, the one primary first".to_owned(),
            );
        } else if !primary && place == 0 && !site.role.is_empty() {
            let message = format!("the first site, `{}`, is not the primary", site.name);
            root.sink.error(&name.span, message, "give it `role = \"primary\"`, or put the primary first".to_owned());
        }
    }
}

/// A link, and where it stands.
type Placed = (Link, Range<usize>);

/// Every pair of sites has one link.
fn links(root: &Table<'_>, provenance: &Provenance, names: &Names<'_>) -> Vec<Vec<Link>> {
    let count = names.as_slice().len().min(SiteSet::MAX_SITES);
    let mut links: Vec<Vec<Option<Placed>>> = vec![vec![None; count]; count];
    let tables = if count == 1 { root.tables("link", "[[link]]") } else { root.required_tables("link", "[[link]]") };
    let (tables, all) = bounded(tables, MAX_LINKS);
    let given = !tables.is_empty();
    let mut unreadable = !names.complete() || !all;
    for table in tables {
        let pair = table.required("between").and_then(|field| between(&field, names));
        let round_trip = table.duration("round_trip_ms", Duration::from_micros(1), SLOWEST);
        let subject = pair.map(|(a, b)| format!("{}, {}", names.as_slice()[a], names.as_slice()[b]));
        provenance.read(&table, &subject.unwrap_or_default());
        match pair.filter(|(a, b)| *a < count && *b < count) {
            Some((a, b)) => {
                if let Some((_, first)) = &links[a][b] {
                    let line = root.sink.source.line(first.start);
                    let message = format!("`{}` and `{}` have two links", names.as_slice()[a], names.as_slice()[b]);
                    root.sink.error(&table.span, message, format!("the first is in line {line}: keep one"));
                }
                let link = Some((Link { round_trip }, table.span.clone()));
                links[a][b] = link.clone();
                links[b][a] = link;
            }
            None => unreadable = true,
        }
        table.done();
    }
    if given && !unreadable {
        missing_links(root, names, &links);
    }
    let link = |link: Option<Placed>| link.map(|(link, _)| link).unwrap_or_default();
    links.into_iter().map(|row| row.into_iter().map(link).collect()).collect()
}

/// The two sites of a link.
fn between(field: &Field<'_>, names: &Names<'_>) -> Option<(usize, usize)> {
    let items = field.one_or_more()?;
    let [a, b] = items.as_slice() else {
        let message = format!("a link is between two sites, but this names {}", items.len());
        field.sink.error(&field.span, message, "write `between = [\"a\", \"b\"]`".to_owned());
        return None;
    };
    let (first, second) = (names.resolve(a), names.resolve(b));
    let (first, second) = (first?, second?);
    if first == second {
        field.sink.error(
            &field.span,
            format!("`{}` has a link to itself", names.as_slice()[first]),
            "name two sites".to_owned(),
        );
        return None;
    }
    Some((first, second))
}

fn missing_links<L>(root: &Table<'_>, names: &Names<'_>, links: &[Vec<Option<L>>]) {
    let Some(place) = root.optional("link") else {
        return;
    };
    for (a, row) in links.iter().enumerate() {
        for (b, _) in row.iter().enumerate().skip(a + 1).filter(|(_, link)| link.is_none()) {
            let (a, b) = (names.as_slice()[a], names.as_slice()[b]);
            let advice = format!("add a `[[link]]` with `between = [\"{a}\", \"{b}\"]` and its `round_trip_ms`");
            root.sink.dependent(&place.span, format!("there is no link between `{a}` and `{b}`"), advice);
        }
    }
}
