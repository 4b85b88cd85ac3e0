//! `[swarm]` and `[[swarm.kind]]`: faults drawn at random.

use super::fault::{self, MOST_DELAY};
use super::{LONGEST, Places, SHORTEST, method, range_or};
use crate::read::Table;
use crate::scenario::{Range, Swarm, SwarmKind};
use firedrill_model::{FaultKind, FileClass};
use std::time::Duration;

/// The most kinds that a swarm may have; one kind may be there more than once.
const MAX_KINDS: usize = 32;

/// Reads the section.
pub(super) fn read(table: Table<'_>, places: &Places<'_>) -> Swarm {
    let lasts = table.duration("duration_s", SHORTEST, LONGEST);
    let mut tables = table.required_tables("kind", "[[swarm.kind]]");
    if let Some(kind) = tables.get(MAX_KINDS) {
        table.sink.error(
            &kind.span,
            format!("there are {} kinds; a swarm has at most {MAX_KINDS}", tables.len()),
            None,
        );
    }
    tables.truncate(MAX_KINDS);
    let kinds = tables.into_iter().filter_map(|table| kind(table, places)).collect();
    table.done();
    Swarm { lasts, kinds }
}

/// One kind. By default it is on in half the seeds, strikes for 0.5 to 20 s, and again 2 to 15 s later.
fn kind(table: Table<'_>, places: &Places<'_>) -> Option<SwarmKind> {
    let kind = table.required("action").and_then(|field| method::action(&field));
    let seconds = |low, high| (Duration::from_secs_f64(low), Duration::from_secs_f64(high));
    let none = Range { low: Duration::ZERO, high: Duration::ZERO };
    let on_per_mille = table.optional("on_percent").map_or(Some(500), |field| field.per_mille());
    // A key that this kind has not is refused; if the kind is not known, any key may belong to it.
    let has = |which: fn(FaultKind) -> bool, key: &'static str| match kind {
        Some(kind) if which(kind) => true,
        Some(kind) => {
            table.refuse(key, &format!("it does not belong to `{}`", kind.name()));
            false
        }
        None => {
            table.optional(key);
            false
        }
    };
    let drawn = SwarmKind {
        kind: kind.unwrap_or(FaultKind::Crash),
        on_per_mille: on_per_mille.unwrap_or(500),
        gap: range_or(&table, "gap_s", seconds(2.0, 15.0), SHORTEST),
        lasts: range_or(&table, "duration_s", seconds(0.5, 20.0), SHORTEST),
        sites_at_once: sites_at_once(&table, places, kind),
        delay: delay(&table, kind).unwrap_or(none),
        per_mille: if has(FaultKind::is_by_chance, "percent") { fault::chance(&table) } else { 0 },
        files: if has(FaultKind::is_of_files, "files") { fault::files(&table) } else { FileClass::Any },
        bytes_per_s: if has(|kind| kind == FaultKind::Bandwidth, "rate_kb_per_s") { fault::rate(&table) } else { 0 },
        bits: if has(|kind| kind == FaultKind::BitRot, "bits") { fault::bits(&table) } else { 0 },
    };
    table.done();
    kind.map(|_| drawn)
}

/// How many sites are hit at once: one by default, more only where a fault hits whole sites.
fn sites_at_once(table: &Table<'_>, places: &Places<'_>, kind: Option<FaultKind>) -> (u32, u32) {
    if !matches!(kind, None | Some(FaultKind::SiteLoss | FaultKind::PowerLoss)) {
        table.refuse("sites_at_once", "only `site-loss` and `power-loss` hit more than one");
        return (1, 1);
    }
    let most = u32::try_from(places.site_count).unwrap_or(u32::MAX);
    table.optional("sites_at_once").and_then(|field| field.count_range(1, most)).unwrap_or((1, 1))
}

/// By how much: of slow syncs, of slow links, of messages held back, of slow processes, of clocks (either way).
fn delay(table: &Table<'_>, kind: Option<FaultKind>) -> Option<Range> {
    let has_one = matches!(
        kind,
        Some(
            FaultKind::SlowFsync
                | FaultKind::Latency
                | FaultKind::ClockSkew
                | FaultKind::Reorder
                | FaultKind::CpuStress
        )
    );
    if kind.is_some() && !has_one {
        table.refuse("delay_ms", "it belongs to `slow-fsync`, `latency`, `clock-skew`, `reorder` and `cpu-stress`");
        return None;
    }
    let field = if has_one { table.required("delay_ms") } else { table.optional("delay_ms") };
    field?.time_range(Duration::from_micros(1), MOST_DELAY)
}
