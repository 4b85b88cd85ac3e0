//! What a client does next: which operation, on which key, with what it knows of it.

use crate::keys::Taken;
use crate::shared::{Mode, Shared};
use firedrill_history::Purpose;
use firedrill_model::{ClientId, Op, OpResult, Outcome, Rng, Time, Value};
use firedrill_plan::scenario::Workload;
use std::collections::BTreeMap;
use std::time::Duration;

/// The work of one client.
#[derive(Clone, Debug)]
pub(super) struct Work {
    client: ClientId,
    rng: Rng,
    /// How many values it wrote.
    values: u64,
    /// What it knows of the key of each slot.
    known: BTreeMap<u32, Known>,
}

/// What a client knows of the key of a slot.
#[derive(Clone, Debug)]
struct Known {
    generation: u32,
    /// The last value that it saw, or wrote.
    value: Option<Value>,
    /// It had an unknown on it.
    abandoned: bool,
}

impl Work {
    pub(super) fn new(client: ClientId, rng: Rng) -> Work {
        Work { client, rng, values: 0, known: BTreeMap::new() }
    }

    /// From the begin of one operation to the next: half to one and a half of the mean.
    pub(super) fn gap(&mut self, mean: Duration) -> Duration {
        self.rng.duration(mean / 2, mean + mean / 2)
    }

    /// What to do next; `None` if there is nothing more.
    pub(super) fn choose(&mut self, at: Time, shared: &mut Shared) -> Option<(Purpose, Op, Option<Taken>)> {
        match shared.mode {
            Mode::Stop => None,
            Mode::Scan { until } if at >= until => None,
            Mode::Scan { .. } => {
                let Some(key) = shared.keys.written(shared.next_scan).cloned() else {
                    return shared.log_scan.next().map(|op| (Purpose::Scan, op, None));
                };
                shared.next_scan += 1;
                Some((Purpose::Scan, Op::Read { key }, None))
            }
            Mode::Work if self.appends(&shared.figures.workload) => {
                shared.log_scan.appended();
                Some((Purpose::Workload, Op::Append { record: self.value() }, None))
            }
            Mode::Work => {
                let wish = self.rng.below(u64::from(shared.keys.len())) as u32;
                let known = &self.known;
                let taken = shared.keys.take(wish, |slot, generation| {
                    known.get(&slot).is_none_or(|known| !known.abandoned || known.generation != generation)
                });
                let op = self.compose(&taken, shared);
                Some((Purpose::Workload, op, Some(taken)))
            }
        }
    }

    /// Whether the next operation is an append. (A workload without any draws nothing for it.)
    fn appends(&mut self, workload: &Workload) -> bool {
        workload.append_percent > 0 && self.rng.below(100) < u64::from(workload.append_percent)
    }

    /// A value that nobody else writes.
    fn value(&mut self) -> Value {
        self.values += 1;
        Value::new(format!("c{}.{}", self.client.0, self.values).as_bytes())
    }

    fn compose(&mut self, taken: &Taken, shared: &mut Shared) -> Op {
        let key = taken.key.clone();
        let workload = &shared.figures.workload;
        // Of those that are no appends.
        let percent = self.rng.below(100 - u64::from(workload.append_percent.min(99)));
        let reads = u64::from(workload.read_percent);
        if percent < reads {
            return Op::Read { key };
        }
        let is_cas = percent < reads + u64::from(workload.cas_percent);
        shared.keys.wrote(taken);
        let value = self.value();
        if is_cas { Op::Cas { key, expected: self.last_seen(taken), value } } else { Op::Write { key, value } }
    }

    fn last_seen(&self, taken: &Taken) -> Option<Value> {
        let known = self.known.get(&taken.slot).filter(|known| known.generation == taken.generation);
        known.and_then(|known| known.value.clone())
    }

    /// Remembers the value that a key has, as far as the outcome of an operation on it tells. After an unknown the key is abandoned.
    pub(super) fn learn(&mut self, taken: &Taken, op: &Op, outcome: &Outcome) {
        let value = match (op, outcome) {
            (_, Outcome::Unknown) => None,
            (Op::Read { .. }, Outcome::Ok(OpResult::Value(value))) => value.clone(),
            (Op::Write { value, .. }, Outcome::Ok(OpResult::Written)) => Some(value.clone()),
            (Op::Cas { value, .. }, Outcome::Ok(OpResult::Cas { swapped: true })) => Some(value.clone()),
            _ => return,
        };
        let abandoned = *outcome == Outcome::Unknown;
        self.known.insert(taken.slot, Known { generation: taken.generation, value, abandoned });
    }
}
