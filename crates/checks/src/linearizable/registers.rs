//! A journal's operations, apart by session, with values as small numbers.

use crate::facts::{At, Facts};
use firedrill_model::{Key, Op, OpResult, Outcome, Value};
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::BuildHasherDefault;

/// Looked up, never gone over; and the same in every process.
type Lookup<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// The number of "there is no value".
pub(crate) const ABSENT: u32 = 0;

/// What an operation did, or may have done. Values are numbered within a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Saw this.
    Read(u32),
    /// Set this.
    Write(u32),
    /// Found the first, and set the second.
    Cas(u32, u32),
    /// Did not find this.
    Missed(u32),
}

/// An operation on a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegisterOp {
    pub(crate) action: Action,
    pub(crate) invoked: At,
    /// `None`: it may take effect at any time after its invocation, or never.
    pub(crate) returned: Option<At>,
    /// Its place among the run's calls.
    pub(crate) call: usize,
}

/// One session's operations, in the order of the journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Register {
    pub(crate) ops: Vec<RegisterOp>,
    /// How many values there are; their numbers are below.
    pub(crate) values: u32,
    /// The place of its first operation among the run's calls.
    pub(crate) first: usize,
}

/// A run's sessions.
pub(crate) struct Registers {
    pub(crate) all: Vec<Register>,
    /// How many operations were answered.
    pub(crate) answered: u64,
    /// Answers to something else than was asked: the first of each session that has some.
    pub(crate) absurd: Vec<String>,
}

impl Registers {
    /// Those of a run, in the order in which they were first used.
    pub(crate) fn of(facts: &Facts<'_>) -> Registers {
        let mut registers = Registers { all: Vec::new(), answered: 0, absurd: Vec::new() };
        let mut places: Lookup<&Key, usize> = Lookup::default();
        let mut calls: Vec<Vec<usize>> = Vec::new();
        for (number, call) in facts.calls.iter().enumerate() {
            if matches!(call.outcome(), Outcome::Failed(_)) {
                continue;
            }
            // The transaction log is no register.
            let Some(key) = call.op.key() else {
                continue;
            };
            let place = *places.entry(key).or_insert_with(|| {
                calls.push(Vec::new());
                calls.len() - 1
            });
            calls[place].push(number);
        }
        let mut values = Values::default();
        for calls in calls {
            values.forget();
            registers.take(facts, &calls, &mut values);
        }
        registers
    }

    fn take<'j>(&mut self, facts: &Facts<'j>, calls: &[usize], values: &mut Values<'j>) {
        let mut register = Register { ops: Vec::with_capacity(calls.len()), values: 0, first: calls[0] };
        let mut absurd = None;
        for number in calls {
            let call = &facts.calls[*number];
            let ok = match call.outcome() {
                Outcome::Ok(result) => Some(result),
                Outcome::Unknown | Outcome::Failed(_) => None,
            };
            self.answered += u64::from(ok.is_some());
            let action = match (call.op, ok) {
                (Op::Read { .. }, None) => continue,
                (Op::Read { .. }, Some(OpResult::Value(value))) => Action::Read(values.number(value.as_ref())),
                (Op::Write { value, .. }, None | Some(OpResult::Written)) => Action::Write(values.number(Some(value))),
                (Op::Cas { expected, value, .. }, None | Some(OpResult::Cas { swapped: true })) => {
                    Action::Cas(values.number(expected.as_ref()), values.number(Some(value)))
                }
                (Op::Cas { expected, .. }, Some(OpResult::Cas { swapped: false })) => {
                    Action::Missed(values.number(expected.as_ref()))
                }
                (Op::Append { .. } | Op::Scan { .. }, None) => continue,
                (op, Some(result)) => {
                    absurd.get_or_insert_with(|| format!("{} was {op:?} and answered {result:?}", call.id));
                    continue;
                }
            };
            let returned = ok.and(call.returned).map(|returned| returned.at);
            register.ops.push(RegisterOp { action, invoked: call.invoked, returned, call: *number });
        }
        register.values = values.count();
        self.absurd.extend(absurd);
        self.all.push(register);
    }
}

/// Numbers values.
#[derive(Default)]
struct Values<'j> {
    numbers: Lookup<&'j [u8], u32>,
}

impl<'j> Values<'j> {
    fn number(&mut self, value: Option<&'j Value>) -> u32 {
        let Some(value) = value else { return ABSENT };
        let next = self.count();
        *self.numbers.entry(value.as_bytes()).or_insert(next)
    }

    /// How many there are, with "there is none".
    fn count(&self) -> u32 {
        u32::try_from(self.numbers.len()).unwrap_or(u32::MAX - 1) + 1
    }

    fn forget(&mut self) {
        self.numbers.clear();
    }
}
