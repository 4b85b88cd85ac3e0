//! `[[method]]`: what goes wrong, and when.

use super::{LONGEST, Places, SHORTEST, range_or};
use crate::read::{Field, Name, Names, Table};
use crate::scenario::{FaultSpec, Range, Step};
use crate::suggest;
use firedrill_model::{Direction, Endpoint, FaultKind, SiteSet};
use std::time::Duration;

/// The most steps that a method may have.
const MAX_STEPS: usize = 1000;
/// No delay or jitter or offset of a clock is more.
const MOST_DELAY: Duration = Duration::from_secs(3600);

/// Reads the steps.
pub(super) fn read(root: &Table<'_>, places: &Places<'_>) -> Vec<Step> {
    let mut tables = root.tables("method", "[[method]]");
    if let Some(table) = tables.get(MAX_STEPS) {
        root.sink.error(
            &table.span,
            format!("there are {} steps; a method has at most {MAX_STEPS}", tables.len()),
            None,
        );
    }
    tables.truncate(MAX_STEPS);
    let mut given = Vec::new();
    let mut steps: Vec<Step> = tables.into_iter().filter_map(|table| step(table, places, &mut given)).collect();
    Names::new(root.sink, "step", "steps", &given);
    name_the_rest(&mut steps);
    steps
}

/// A step without a name is called by its action, and numbered from the second on.
fn name_the_rest(steps: &mut [Step]) {
    for place in 0..steps.len() {
        if steps[place].name.is_empty() {
            let action = steps[place].fault.kind().name();
            let free = |name: &String| steps.iter().all(|step| step.name != *name);
            let numbered =
                (1..).map(|number| if number == 1 { action.to_owned() } else { format!("{action}-{number}") });
            steps[place].name = numbered.into_iter().find(free).unwrap_or_default();
        }
    }
}

fn step(table: Table<'_>, places: &Places<'_>, given: &mut Vec<Name>) -> Option<Step> {
    let name = Name::optional(&table);
    given.extend(name.clone());
    let at = range_or(&table, "at_s", (Duration::ZERO, Duration::ZERO), Duration::ZERO);
    let lasts = table.optional("duration_s").and_then(|field| field.time_range(SHORTEST, LONGEST));
    let Some(kind) = table.required("action").and_then(|field| action(&field)) else {
        // Which other keys it may have is not known; names are names.
        for key in ["direction", "delay_ms", "jitter_ms", "offset_ms"] {
            table.optional(key);
        }
        for field in ["target", "peers"].into_iter().filter_map(|key| table.optional(key)) {
            places.endpoints(&field);
        }
        table.done();
        return None;
    };
    let fault = fault(&table, places, kind);
    table.done();
    Some(Step { name: name.unwrap_or_default().text, fault, at, lasts })
}

/// The kind of fault that a field names.
pub(super) fn action(field: &Field<'_>) -> Option<FaultKind> {
    let text = field.text()?;
    let found = FaultKind::ALL.into_iter().find(|kind| kind.name() == text);
    if found.is_none() {
        let names = FaultKind::ALL.map(FaultKind::name);
        field.sink.error(
            &field.span,
            format!("there is no action `{text}`"),
            suggest::among(text, &names, "actions are"),
        );
    }
    found
}

/// What goes wrong, by its action; keys that only other actions have are refused.
fn fault(table: &Table<'_>, places: &Places<'_>, kind: FaultKind) -> FaultSpec {
    let links = matches!(kind, FaultKind::Partition | FaultKind::PartitionOneWay | FaultKind::Latency);
    if !links {
        table.refuse("peers", "only `partition`, `partition-one-way` and `latency` have two sides");
        table.refuse("direction", "only `partition`, `partition-one-way` and `latency` have a direction");
    }
    if !matches!(kind, FaultKind::Latency | FaultKind::SlowFsync) {
        table.refuse("delay_ms", "it belongs to `latency` and `slow-fsync`");
    }
    if kind != FaultKind::Latency {
        table.refuse("jitter_ms", "it belongs to `latency`");
    }
    if kind != FaultKind::ClockSkew {
        table.refuse("offset_ms", "it belongs to `clock-skew`");
    }
    match kind {
        FaultKind::SiteLoss => FaultSpec::SiteLoss(all_of(table, places)),
        FaultKind::PowerLoss => FaultSpec::PowerLoss(all_of(table, places)),
        FaultKind::Crash => FaultSpec::Crash(one_of(table, places)),
        FaultKind::Freeze => FaultSpec::Freeze(one_of(table, places)),
        FaultKind::SlowFsync => FaultSpec::SlowFsync { sites: one_of(table, places), delay: delay(table) },
        FaultKind::ClockSkew => FaultSpec::ClockSkew {
            sites: one_of(table, places),
            offset: table.duration("offset_ms", SHORTEST, MOST_DELAY),
        },
        FaultKind::Partition | FaultKind::PartitionOneWay => {
            let (a, b) = sides(table, places);
            FaultSpec::Partition { a, b, direction: direction(table, kind) }
        }
        FaultKind::Latency => {
            let (a, b) = sides(table, places);
            FaultSpec::Latency {
                a,
                b,
                direction: direction(table, kind),
                delay: table.duration("delay_ms", Duration::ZERO, MOST_DELAY),
                jitter: table.duration_or("jitter_ms", Duration::ZERO, Duration::ZERO, MOST_DELAY),
            }
        }
    }
}

/// The sites that are hit at once: they must be named.
fn all_of(table: &Table<'_>, places: &Places<'_>) -> SiteSet {
    table.required("target").map(|field| places.sites(&field)).unwrap_or_default()
}

/// The sites of which one is drawn: by default any.
fn one_of(table: &Table<'_>, places: &Places<'_>) -> SiteSet {
    table.optional("target").map_or_else(|| places.all(), |field| places.sites(&field))
}

fn delay(table: &Table<'_>) -> Range {
    let delay = table.required("delay_ms").and_then(|field| field.time_range(Duration::from_micros(1), MOST_DELAY));
    delay.unwrap_or(Range { low: Duration::ZERO, high: Duration::ZERO })
}

/// The two sides of links: `target`, and `peers`, by default all other sites.
fn sides(table: &Table<'_>, places: &Places<'_>) -> (Vec<Endpoint>, Vec<Endpoint>) {
    let target = table.required("target");
    let a = target.as_ref().map(|field| places.endpoints(field)).unwrap_or_default();
    let b = match table.optional("peers") {
        Some(peers) => {
            let b = places.endpoints(&peers);
            if let Some(both) = b.iter().find(|endpoint| a.contains(endpoint)) {
                table.sink.error(
                    &peers.span,
                    format!("`{}` is on both sides", places.name(both)),
                    "take it out of one".to_owned(),
                );
            }
            b
        }
        None => places.all().iter().map(Endpoint::Site).filter(|site| !a.contains(site)).collect(),
    };
    if let Some(field) = target.filter(|_| b.is_empty() && !table.has("peers")) {
        table.sink.error(&field.span, "no site is left for the other side", "name it: `peers = [\"…\"]`".to_owned());
    }
    if no_link(&a, &b) {
        let span = table.optional("peers").map_or(table.span.clone(), |field| field.span);
        table.sink.error(&span, "there are no links between regions", "one side needs a site".to_owned());
    }
    (a, b)
}

/// Whether both sides are regions only.
fn no_link(a: &[Endpoint], b: &[Endpoint]) -> bool {
    let regions =
        |side: &[Endpoint]| !side.is_empty() && side.iter().all(|endpoint| matches!(endpoint, Endpoint::Region(_)));
    regions(a) && regions(b)
}

/// Which way: both by default, or `to` for a one-way partition.
fn direction(table: &Table<'_>, kind: FaultKind) -> Direction {
    let one_way = kind == FaultKind::PartitionOneWay;
    let default = if one_way { Direction::To } else { Direction::Both };
    let Some(field) = table.optional("direction") else {
        return default;
    };
    match field.text() {
        Some("to") => Direction::To,
        Some("from") => Direction::From,
        Some("both") if one_way => {
            table.sink.error(
                &field.span,
                "a one-way partition does not work both ways",
                "write `to` or `from`, or `action = \"partition\"`".to_owned(),
            );
            default
        }
        Some("both") => Direction::Both,
        Some(other) => {
            table.sink.error(
                &field.span,
                format!("there is no direction `{other}`"),
                suggest::among(other, &["to", "from", "both"], "it is one of"),
            );
            default
        }
        None => default,
    }
}

impl FaultSpec {
    /// The kind of the faults that are drawn from it.
    pub fn kind(&self) -> FaultKind {
        match self {
            FaultSpec::SiteLoss(_) => FaultKind::SiteLoss,
            FaultSpec::PowerLoss(_) => FaultKind::PowerLoss,
            FaultSpec::Crash(_) => FaultKind::Crash,
            FaultSpec::Freeze(_) => FaultKind::Freeze,
            FaultSpec::Partition { direction: Direction::Both, .. } => FaultKind::Partition,
            FaultSpec::Partition { .. } => FaultKind::PartitionOneWay,
            FaultSpec::SlowFsync { .. } => FaultKind::SlowFsync,
            FaultSpec::ClockSkew { .. } => FaultKind::ClockSkew,
            FaultSpec::Latency { .. } => FaultKind::Latency,
        }
    }

    /// The sites that it may hit; of links, those at either end.
    pub fn sites(&self) -> SiteSet {
        let of = |endpoint: &Endpoint| match endpoint {
            Endpoint::Site(site) => Some(*site),
            Endpoint::Region(_) => None,
        };
        match self {
            FaultSpec::SiteLoss(sites)
            | FaultSpec::PowerLoss(sites)
            | FaultSpec::Crash(sites)
            | FaultSpec::Freeze(sites) => *sites,
            FaultSpec::SlowFsync { sites, .. } | FaultSpec::ClockSkew { sites, .. } => *sites,
            FaultSpec::Partition { a, b, .. } | FaultSpec::Latency { a, b, .. } => {
                a.iter().chain(b).filter_map(of).collect::<SiteSet>()
            }
        }
    }
}
