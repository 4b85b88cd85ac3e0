//! A journal's operations, apart by session, with values as small numbers.

use crate::facts::calls::{Call, Lookup};
use crate::facts::{At, Facts};
use firedrill_model::{Op, OpResult, Outcome, Value};

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

/// A register that is being gathered.
#[derive(Default)]
struct Gathered<'j> {
    register: Register,
    values: Values<'j>,
    answered: u64,
    absurd: Option<String>,
}

impl Registers {
    /// Those of a run, in the order in which they were first used.
    pub(crate) fn of(facts: &Facts<'_>) -> Registers {
        let mut places: Vec<Option<usize>> = vec![None; facts.sessions.len()];
        let mut gathered: Vec<Gathered<'_>> = Vec::new();
        for (number, call) in facts.calls.iter().enumerate() {
            // The transaction log is no register.
            let Some(session) = call.session else {
                continue;
            };
            if matches!(call.outcome(), Outcome::Failed(_)) {
                continue;
            }
            let place = *places[session as usize].get_or_insert_with(|| {
                let register = Register { first: number, ..Register::default() };
                gathered.push(Gathered { register, ..Gathered::default() });
                gathered.len() - 1
            });
            gathered[place].take(number, call);
        }
        let mut registers = Registers { all: Vec::with_capacity(gathered.len()), answered: 0, absurd: Vec::new() };
        for Gathered { register, values, answered, absurd } in gathered {
            registers.answered += answered;
            registers.absurd.extend(absurd);
            registers.all.push(Register { values: values.count(), ..register });
        }
        registers
    }
}

impl<'j> Gathered<'j> {
    fn take(&mut self, number: usize, call: &Call<'j>) {
        let values = &mut self.values;
        let ok = match call.outcome() {
            Outcome::Ok(result) => Some(result),
            Outcome::Unknown | Outcome::Failed(_) => None,
        };
        self.answered += u64::from(ok.is_some());
        let action = match (call.op, ok) {
            (Op::Read { .. }, None) => return,
            (Op::Read { .. }, Some(OpResult::Value(value))) => Action::Read(values.number(value.as_ref())),
            (Op::Write { value, .. }, None | Some(OpResult::Written)) => Action::Write(values.number(Some(value))),
            (Op::Cas { expected, value, .. }, None | Some(OpResult::Cas { swapped: true })) => {
                Action::Cas(values.number(expected.as_ref()), values.number(Some(value)))
            }
            (Op::Cas { expected, .. }, Some(OpResult::Cas { swapped: false })) => {
                Action::Missed(values.number(expected.as_ref()))
            }
            (Op::Append { .. } | Op::Scan { .. }, None) => return,
            (op, Some(result)) => {
                self.absurd.get_or_insert_with(|| format!("{} was {op:?} and answered {result:?}", call.id));
                return;
            }
        };
        let returned = ok.and(call.returned).map(|returned| returned.at);
        self.register.ops.push(RegisterOp { action, invoked: call.invoked, returned, call: number });
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
}
