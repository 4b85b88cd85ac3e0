//! Judges an imported history: each object alone, cheap ones first, within budgets.
//!
//! In rounds, so that the answer does not depend on how many threads there are: what can be told without a search; every other object with few steps; what that left
//! open with ever more of them and a fixed share of the memory; what that left open one by one with all of it. The round in
//! which an object has no order is the last: one is enough to refute the history.

use super::Budget;
use super::models::{ModelName, Unfit};
use super::partition::{Partition, partition};
use super::prepared::{Manner, Part};
use super::search::{Exhausted, Found, Limit, Stop, Told};
use super::why::{self, Why};
use crate::verdict::Verdict;
use firedrill_history::import::{History, Value};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// At most so many searches at a time; each has this part of the memory.
const SHARES: usize = 16;

/// Each round has so many times the steps of the one before.
const MORE: u64 = 8;

/// What each search for why there is no order may take: its steps, and 20 times that over all searches for the smallest window.
const WHY_STEPS: u64 = 100_000;

/// What judging may cost.
pub struct Settings<'s> {
    /// What the searches may hold in memory, in bytes.
    pub memory_bytes: u64,
    /// Steps of each search; some ten million a second.
    pub steps: u64,
    /// Tells when there is no more time. Asked from several threads, every few thousand steps.
    pub stop: &'s Stop<'s>,
    /// How many threads; at most 16 are used.
    pub jobs: usize,
    /// Whether orders are wanted of what passes.
    pub orders: bool,
    /// Called once the verdict is known, before it is explained: the two cost their own time.
    pub decided: &'s (dyn Fn() + Sync),
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the operations are on.
    pub model: ModelName,
    /// Fail if one object has no order, else unknown if one was not searched to the end, else pass.
    pub verdict: Verdict,
    /// Operations in the history.
    pub operations: usize,
    /// Objects.
    pub objects: usize,
    /// Steps of all searches.
    pub steps: u64,
    /// The most that one search held in memory, in bytes.
    pub bytes: u64,
    /// Objects without an order, by their first operation that fits nowhere; the first is explained.
    pub refuted: Vec<Option<Value>>,
    /// Why the first of them has none.
    pub why: Option<Why>,
    /// Objects that were not searched to the end.
    pub undecided: Vec<Undecided>,
    /// Orders of what passes, where wanted and found within a few steps.
    pub orders: Vec<Order>,
}

/// An object that was not searched to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// Its key.
    pub key: Option<Value>,
    /// How many operations it has.
    pub operations: usize,
    /// Up to the return of which operation the search got, by its place in the history; `None`: it was not begun.
    pub reached: Option<usize>,
    /// How many operations had returned by then.
    pub explained: usize,
    /// What was used up; `None`: more than 4,096 operations were under way at once.
    pub exhausted: Option<Exhausted>,
}

/// Operations in an order that explains them, by their places in the history, each with the state that it leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The state before the first.
    pub initial: String,
    /// The operations.
    pub steps: Vec<(usize, String)>,
}

impl Order {
    pub(super) fn of(partition: &Partition<'_>, order: &[u32]) -> Order {
        let mut states = partition.prepared.replay(order).into_iter();
        let initial = states.next().unwrap_or_default();
        let places = order.iter().map(|op| partition.places[*op as usize]);
        Order { initial, steps: places.zip(states).collect() }
    }
}

/// One object's result.
#[derive(Clone, Copy)]
struct Outcome {
    found: Found,
    steps: u64,
    bytes: u64,
}

/// Judges a history.
///
/// # Errors
/// [`Unfit`] if an operation is none that the model knows.
pub fn judge(
    history: &History,
    model: ModelName,
    init: Option<&Value>,
    settings: &Settings<'_>,
) -> Result<Report, Unfit> {
    let partitions = partition(history, model, init)?;
    let outcomes = rounds(&partitions, settings);
    (settings.decided)();
    let mut report = Report {
        model,
        verdict: Verdict::Pass,
        operations: history.operations.len(),
        objects: partitions.len(),
        steps: outcomes.iter().flatten().map(|outcome| outcome.steps).sum(),
        bytes: outcomes.iter().flatten().map(|outcome| outcome.bytes).max().unwrap_or(0),
        refuted: Vec::new(),
        why: None,
        undecided: Vec::new(),
        orders: Vec::new(),
    };
    let mut refuted: Vec<&Partition<'_>> = Vec::new();
    for (partition, outcome) in partitions.iter().zip(&outcomes) {
        // What was not begun had no need to be: another has no order.
        let Some(outcome) = outcome else { continue };
        match outcome.found {
            Found::Order if settings.orders => report.orders.extend(order(partition, settings)),
            Found::Order => {}
            Found::NoOrder => refuted.push(partition),
            Found::GaveUp { at, why } => report.undecided.push(undecided(history, partition, Some(at), Some(why))),
            Found::TooManyAtOnce => report.undecided.push(undecided(history, partition, None, None)),
        }
    }
    let limit = |steps| limit(settings, steps, settings.memory_bytes);
    let misfits = refuted.iter().map(|partition| why::misfit(partition, limit(WHY_STEPS.max(report.steps))));
    let mut misfits: Vec<(usize, &Partition<'_>)> = misfits.zip(refuted.iter().copied()).collect();
    misfits.sort_by_key(|(misfit, partition)| partition.prepared.span(*misfit).returned);
    report.refuted = misfits.iter().map(|(_, partition)| partition.key.clone()).collect();
    report.why = misfits.first().map(|(misfit, partition)| {
        why::explain(partition, *misfit, limit(WHY_STEPS), limit(WHY_STEPS.max(report.steps)))
    });
    report.verdict = match (report.refuted.is_empty(), report.undecided.is_empty()) {
        (false, _) => Verdict::Fail,
        (true, false) => Verdict::Unknown,
        (true, true) if answered(&partitions) => Verdict::Pass,
        // Nothing to judge is no pass.
        (true, true) => Verdict::Unknown,
    };
    Ok(report)
}

fn answered(partitions: &[Partition<'_>]) -> bool {
    let answered = |partition: &Partition<'_>| {
        (0..partition.prepared.len()).any(|number| partition.prepared.span(number).returned.is_some())
    };
    partitions.iter().any(answered)
}

fn limit<'s>(settings: &'s Settings<'_>, steps: u64, memory_bytes: u64) -> Limit<'s> {
    Limit { budget: Budget { steps: steps.min(settings.steps), memory_bytes }, stop: Some(settings.stop) }
}

/// What ended a search before it knew.
fn exhausted(outcome: Option<Outcome>) -> Option<Exhausted> {
    match outcome?.found {
        Found::GaveUp { why, .. } => Some(why),
        Found::Order | Found::NoOrder | Found::TooManyAtOnce => None,
    }
}

fn refuted(outcomes: &[Option<Outcome>]) -> bool {
    outcomes.iter().flatten().any(|outcome| outcome.found == Found::NoOrder)
}

/// By object; `None`: it was not begun.
fn rounds(partitions: &[Partition<'_>], settings: &Settings<'_>) -> Vec<Option<Outcome>> {
    let mut outcomes = vec![None; partitions.len()];
    let all: Vec<usize> = (0..partitions.len()).collect();
    let at_once = |place: usize| partitions[place].prepared.told_at_once(&Part::WHOLE);
    for (place, linearizable) in in_parallel(settings.jobs.clamp(1, SHARES), &all, &at_once) {
        let told =
            linearizable.map(|linearizable| Told::without_search(linearizable, partitions[place].prepared.len()));
        outcomes[place] = told.map(|told| Outcome { found: told.found, steps: told.spent.steps, bytes: 0 });
    }
    let open = all.into_iter().filter(|place| outcomes[*place].is_none()).collect();
    if !refuted(&outcomes) {
        search_rounds(partitions, settings, open, &mut outcomes);
    }
    outcomes
}

fn search_rounds(
    partitions: &[Partition<'_>],
    settings: &Settings<'_>,
    mut open: Vec<usize>,
    outcomes: &mut [Option<Outcome>],
) {
    let share = settings.memory_bytes / SHARES as u64;
    let mut factor = 1;
    loop {
        // What is left open by all steps needs more memory than its share.
        let last = open.iter().all(|place| exhausted(outcomes[*place]) == Some(Exhausted::Memory)) && factor > 1;
        let (jobs, memory) = if last { (1, settings.memory_bytes) } else { (settings.jobs, share) };
        let steps = |place: usize| {
            let few = 10_000 + 32 * partitions[place].prepared.len() as u64;
            if last { settings.steps } else { few.saturating_mul(factor) }
        };
        let worth_it = |place: &usize| last || exhausted(outcomes[*place]) != Some(Exhausted::Memory);
        let now: Vec<usize> = open.iter().copied().filter(worth_it).collect();
        let search = |place: usize| {
            let limit = limit(settings, steps(place), memory);
            let told = partitions[place].prepared.search(&Part::WHOLE, limit, Manner::Fast);
            Outcome { found: told.found, steps: told.spent.steps, bytes: told.spent.bytes }
        };
        for (place, outcome) in in_parallel(jobs.clamp(1, SHARES), &now, &search) {
            let (steps, bytes) = outcomes[place].map_or((0, 0), |before| (before.steps, before.bytes));
            outcomes[place] =
                Some(Outcome { steps: steps + outcome.steps, bytes: bytes.max(outcome.bytes), ..outcome });
        }
        open.retain(|place| {
            let all_steps = steps(*place) >= settings.steps;
            match exhausted(outcomes[*place]) {
                Some(Exhausted::Memory) => !last,
                Some(Exhausted::Steps) => !all_steps,
                Some(Exhausted::Time) | None => false,
            }
        });
        if open.is_empty() || refuted(outcomes) || (settings.stop)() {
            break;
        }
        factor = factor.saturating_mul(MORE);
    }
}

/// Does the work on several threads; what comes out is in no order.
fn in_parallel<R: Send>(jobs: usize, work: &[usize], each: &(impl Fn(usize) -> R + Sync)) -> Vec<(usize, R)> {
    if jobs == 1 || work.len() < 2 {
        return work.iter().map(|place| (*place, each(*place))).collect();
    }
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(work.len())));
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(work.len()) {
            scope.spawn(|| {
                while let Some(place) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = each(*place);
                    let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    done.push((*place, result));
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn order(partition: &Partition<'_>, settings: &Settings<'_>) -> Option<Order> {
    let told =
        partition.prepared.search(&Part::WHOLE, limit(settings, 2_000_000, settings.memory_bytes), Manner::Witness);
    (told.found == Found::Order).then(|| Order::of(partition, &told.order))
}

fn undecided(
    history: &History,
    partition: &Partition<'_>,
    at: Option<usize>,
    exhausted: Option<Exhausted>,
) -> Undecided {
    let reached = at.map(|at| partition.places[at]);
    let end = reached.and_then(|place| history.operations[place].returned);
    let before = |place: &&usize| {
        let returned = history.operations[**place].returned;
        returned.is_some_and(|returned| end.is_some_and(|end| returned < end))
    };
    let explained = partition.places.iter().filter(before).count();
    Undecided { key: partition.key.clone(), operations: partition.places.len(), reached, explained, exhausted }
}
