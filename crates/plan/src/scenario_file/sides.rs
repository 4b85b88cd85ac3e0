//! The two sides of a fault of links, and which way it works.

use super::Places;
use crate::read::Table;
use crate::suggest;
use firedrill_model::{Direction, Endpoint, FaultKind};

/// The two sides of links: `target`, and `peers`, by default all other sites.
pub(super) fn sides(table: &Table<'_>, places: &Places<'_>) -> (Vec<Endpoint>, Vec<Endpoint>) {
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
pub(super) fn direction(table: &Table<'_>, kind: FaultKind) -> Direction {
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
