//! `tags`, `[steady_state]`, `[defences]`, `[physics]`, `[rollbacks]`, `[objectives]`.

use super::{LONGEST, Places, SHORTEST, range_or};
use crate::read::{Expected, Field, Table};
use crate::scenario::{Defence, Defences, PhysicsRange, Rollbacks, Wanted};
use crate::suggest;
use std::time::Duration;
use toml::de::DeValue;

/// The most values of a figure to draw from.
const MAX_CHOICES: usize = 64;

/// Words for filtering.
pub(super) fn tags(root: &Table<'_>) -> Vec<String> {
    let items = root.optional("tags").map(|field| field.items_or_none()).unwrap_or_default();
    items.iter().filter_map(|item| item.text()).map(str::to_owned).collect()
}

/// How long everything must be in order first. By default 30 s: the longest first election takes 10 s at the usual timeout of 5 s, and
/// what follows it settles within the rest.
pub(super) fn warmup(root: &Table<'_>) -> Duration {
    let default = Duration::from_secs(30);
    let Some(table) = root.table("steady_state", "[steady_state]") else {
        return default;
    };
    let warmup = table.duration_or("warmup_s", default, SHORTEST, LONGEST);
    table.done();
    warmup
}

/// Which defences are on: by default both, with the plan's batches.
pub(super) fn defences(root: &Table<'_>) -> Defences {
    let mut defences =
        Defences { pre_vote: Defence::On, check_quorum: Defence::On, max_batch: Vec::new(), max_in_flight: Vec::new() };
    let Some(table) = root.table("defences", "[defences]") else {
        return defences;
    };
    let defence = |key| table.optional(key).and_then(|field| defence(&field)).unwrap_or(Defence::On);
    defences.pre_vote = defence("pre_vote");
    defences.check_quorum = defence("check_quorum");
    let choices = |key| table.optional(key).map(|field| choices(&field)).unwrap_or_default();
    defences.max_batch = choices("max_batch");
    defences.max_in_flight = choices("max_in_flight");
    table.done();
    defences
}

/// `true`, `false`, or `{ on_percent = 70 }`.
fn defence(field: &Field<'_>) -> Option<Defence> {
    match field.value {
        DeValue::Boolean(true) => Some(Defence::On),
        DeValue::Boolean(false) => Some(Defence::Off),
        DeValue::Table(_) => {
            let table = field.table(&format!("`{}`", field.key))?;
            let on_per_mille = table.required("on_percent").and_then(|field| field.per_mille());
            table.done();
            Some(Defence::Drawn { on_per_mille: on_per_mille? })
        }
        _ => field.wrong(Expected::Other("true, false, or drawn: `{ on_percent = 70 }`")),
    }
}

/// One number, or a list to draw from.
fn choices(field: &Field<'_>) -> Vec<u32> {
    let items = match field.value {
        DeValue::Array(_) => field.items().unwrap_or_default(),
        _ => vec![field.clone()],
    };
    if let Some(item) = items.get(MAX_CHOICES) {
        item.sink.error(
            &item.span,
            format!("there are {} values to draw from; at most {MAX_CHOICES} make sense", items.len()),
            None,
        );
    }
    items.iter().filter_map(|item| item.whole(1, 65_536)).filter_map(|number| u32::try_from(number).ok()).collect()
}

/// The physics to draw from: by default syncs of 0.5 to 2 ms, up to 2 % jitter, no loss.
pub(super) fn physics(root: &Table<'_>) -> PhysicsRange {
    let sync = (Duration::from_micros(500), Duration::from_millis(2));
    let Some(table) = root.table("physics", "[physics]") else {
        return PhysicsRange {
            sync: crate::scenario::Range { low: sync.0, high: sync.1 },
            jitter_per_mille: (0, 20),
            loss_per_mille: (0, 0),
        };
    };
    let share = |key, default| table.optional(key).and_then(|field| field.count_range(0, 1000)).unwrap_or(default);
    let physics = PhysicsRange {
        sync: range_or(&table, "sync_ms", sync, Duration::ZERO),
        jitter_per_mille: share("jitter_per_mille", (0, 20)),
        loss_per_mille: share("loss_per_mille", (0, 0)),
    };
    table.done();
    physics
}

/// What the heal phase undoes: by default all.
pub(super) fn rollbacks(root: &Table<'_>) -> Rollbacks {
    let Some(table) = root.table("rollbacks", "[rollbacks]") else {
        return Rollbacks::All;
    };
    let undo = table.required("undo").and_then(|field| {
        let text = field.text()?;
        match text {
            "all" => Some(Rollbacks::All),
            "none" => Some(Rollbacks::None),
            _ => {
                table.sink.error(
                    &field.span,
                    format!("`{text}` cannot be undone"),
                    suggest::among(text, &["all", "none"], "it is one of"),
                );
                None
            }
        }
    });
    table.done();
    undo.unwrap_or(Rollbacks::All)
}

impl Default for Wanted {
    /// RTO and RPO are judged, recovery does not wait for the heal, service and convergence are there within 120 s of it, no failover is
    /// expected.
    fn default() -> Wanted {
        Wanted {
            rto: true,
            rpo: true,
            recovery_may_wait_for_heal: false,
            convergence_deadline: Duration::from_secs(120),
            failovers_expected: 0,
        }
    }
}

/// What must be proven.
pub(super) fn objectives(root: &Table<'_>, places: &Places<'_>) -> Wanted {
    let default = Wanted::default();
    let Some(table) = root.table("objectives", "[objectives]") else {
        return default;
    };
    // One site is left to fail over to.
    let most = u32::try_from(places.site_count.saturating_sub(1)).unwrap_or(u32::MAX);
    let wanted = Wanted {
        rto: table.flag_or("rto", default.rto),
        rpo: table.flag_or("rpo", default.rpo),
        recovery_may_wait_for_heal: table.flag_or("recovery_may_wait_for_heal", default.recovery_may_wait_for_heal),
        convergence_deadline: table.duration_or(
            "convergence_deadline_s",
            default.convergence_deadline,
            SHORTEST,
            LONGEST,
        ),
        failovers_expected: table.count_or("failovers_expected", default.failovers_expected, 0, most),
    };
    table.done();
    wanted
}
