//! `[[tier]]` and `[[service]]`.

use super::provenance::Provenance;
use super::sites::bounded;
use crate::plan::Service;
use crate::read::{Expected, Field, Name, Names, Sink, Table};
use std::time::Duration;
use toml::de::DeValue;

/// The most tiers that a plan may have.
const MAX_TIERS: usize = 64;
/// The most services that a plan may have.
const MAX_SERVICES: usize = 64;
/// The lowest priority, P9.
const LOWEST_PRIORITY: u64 = 9;
/// Longer objectives are no objectives.
const LONGEST_RTO: Duration = Duration::from_secs(30 * 86_400);

/// A service before its references are resolved.
struct Draft<'t> {
    service: Service,
    name: Name,
    tier: Option<Field<'t>>,
    depends_on: Vec<Field<'t>>,
}

/// Reads tiers and services.
pub(super) fn read(root: &Table<'_>, provenance: &Provenance) -> Vec<Service> {
    let (tiers, all) = bounded(root.required_tables("tier", "[[tier]]"), MAX_TIERS);
    let (tier_names, rtos): (Vec<Name>, Vec<Duration>) = tiers.into_iter().map(|table| tier(table, provenance)).unzip();
    let tiers = Names::new(root.sink, "tier", "tiers", &tier_names).complete_if(all);
    let (tables, all) = bounded(root.required_tables("service", "[[service]]"), MAX_SERVICES);
    let (mut drafts, names): (Vec<Draft<'_>>, Vec<Name>) =
        tables.into_iter().map(|table| service(table, provenance)).unzip();
    let names = Names::new(root.sink, "service", "services", &names).complete_if(all);
    for draft in &mut drafts {
        if let Some(place) = draft.tier.as_ref().and_then(|field| tiers.resolve(field)) {
            draft.service.tier = tier_names[place].text.clone();
            draft.service.rto = rtos[place];
        }
        draft.service.depends_on = names.resolve_all(&draft.depends_on);
    }
    cycles(root.sink, &drafts);
    drafts.into_iter().map(|draft| draft.service).collect()
}

fn tier(table: Table<'_>, provenance: &Provenance) -> (Name, Duration) {
    let name = Name::of(&table);
    let rto = table.duration("rto_s", Duration::from_secs(1), LONGEST_RTO);
    provenance.read(&table, &name.text);
    table.done();
    (name, rto)
}

fn service<'t>(table: Table<'t>, provenance: &Provenance) -> (Draft<'t>, Name) {
    let name = Name::of(&table);
    let tier = table.required("tier");
    let priority = table.required("priority").and_then(|field| priority(&field)).unwrap_or_default();
    let depends_on = table.optional("depends_on").map(|field| field.items_or_none()).unwrap_or_default();
    provenance.read(&table, &name.text);
    table.done();
    let service =
        Service { name: name.text.clone(), tier: String::new(), priority, depends_on: Vec::new(), rto: Duration::ZERO };
    (Draft { service, name: name.clone(), tier, depends_on }, name)
}

/// `"P0"` or `0`.
fn priority(field: &Field<'_>) -> Option<u8> {
    let number = match field.value {
        DeValue::String(text) => text.strip_prefix(['P', 'p']).and_then(|digits| digits.parse().ok()),
        DeValue::Integer(_) => Some(field.whole(0, LOWEST_PRIORITY)?),
        _ => return field.wrong(Expected::Other("a priority like \"P0\"")),
    };
    let number = number.filter(|number: &u64| *number <= LOWEST_PRIORITY).and_then(|number| u8::try_from(number).ok());
    if number.is_none() {
        field.sink.error(
            &field.span,
            "this is not a priority",
            format!("write \"P0\" (first) to \"P{LOWEST_PRIORITY}\" (last)"),
        );
    }
    number
}

/// Tells each circle of services that wait for each other, once.
fn cycles(sink: &Sink<'_>, drafts: &[Draft<'_>]) {
    let mut finished = vec![false; drafts.len()];
    for start in 0..drafts.len() {
        let mut path = Vec::new();
        walk(sink, drafts, start, &mut path, &mut finished);
    }
}

/// Depth first; no deeper than there are services (a bounded number of which are read).
fn walk(sink: &Sink<'_>, drafts: &[Draft<'_>], at: usize, path: &mut Vec<usize>, finished: &mut [bool]) {
    if finished[at] || path.len() > MAX_SERVICES {
        return;
    }
    path.push(at);
    for (needed, field) in drafts[at].service.depends_on.iter().zip(&drafts[at].depends_on) {
        match path.iter().position(|seen| seen == needed) {
            Some(first) => {
                let name = |place: &usize| format!("`{}`", drafts[*place].name.text);
                let circle: Vec<String> = path[first..].iter().chain([needed]).map(name).collect();
                let message = format!("services wait for each other: {}", circle.join(" needs "));
                sink.error(
                    &field.span,
                    message,
                    "none of them could ever be promoted: take out one dependency".to_owned(),
                );
            }
            None => walk(sink, drafts, *needed, path, finished),
        }
    }
    path.pop();
    finished[at] = true;
}
