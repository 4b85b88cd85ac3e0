//! A history taken apart into objects that can be judged alone (P-compositionality; Horn & Kroening 2015, "Faster
//! linearizability checking via P-compositionality"): by key, where operations name one.

use super::models::register::{Numbers, free};
use super::models::{ModelName, Unfit, counter, integer, kv, multi_register, queue, register, set};
use super::prepared::{Prepared, PreparedKv, PreparedModel, PreparedRegister};
use super::problem::Span;
use super::registers::{Register, RegisterOp};
use super::zones;
use crate::facts::At;
use firedrill_history::import::{Function, History, Operation, Outcome, Value};
use firedrill_model::Time;
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// One object's operations.
pub(super) struct Partition<'h> {
    /// Its key, where the history names one.
    pub(super) key: Option<Value>,
    /// By operation of the partition: its place in the history.
    pub(super) places: Vec<usize>,
    pub(super) prepared: Box<dyn Prepared + 'h>,
}

/// Takes a history apart, in the order in which objects were first used.
pub(super) fn partition<'h>(
    history: &'h History,
    model: ModelName,
    init: Option<&'h Value>,
) -> Result<Vec<Partition<'h>>, Unfit> {
    let mut number_of: HashMap<Option<&Value>, usize, BuildHasherDefault<super::memory::Mixer>> = HashMap::default();
    let mut groups: Vec<(Option<&Value>, Vec<usize>)> = Vec::new();
    for (place, operation) in history.operations.iter().enumerate() {
        if operation.outcome == Outcome::Failed {
            continue;
        }
        let key = operation.key.as_ref().filter(|_| model != ModelName::MultiRegister);
        let number = *number_of.entry(key).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[number].1.push(place);
    }
    let prepare = |(key, places): (Option<&Value>, Vec<usize>)| {
        let mut kept = Vec::with_capacity(places.len());
        let ops = Ops { history, places: &places };
        let prepared = prepare(&ops, model, init, &mut kept)?;
        Ok(Partition { key: key.cloned(), places: kept, prepared })
    };
    groups.into_iter().map(prepare).collect()
}

/// One object's operations, as imported.
struct Ops<'h, 'p> {
    history: &'h History,
    places: &'p [usize],
}

impl<'h> Ops<'h, '_> {
    /// Those that say something, as actions with their spans; their places are added to `kept`.
    fn map<A>(
        &self,
        kept: &mut Vec<usize>,
        mut action: impl FnMut(&'h Operation) -> Result<Option<A>, String>,
    ) -> Result<Vec<(A, Span)>, Unfit> {
        let mut mapped = Vec::with_capacity(self.places.len());
        for place in self.places {
            let operation = &self.history.operations[*place];
            match action(operation) {
                Ok(Some(action)) => {
                    mapped.push((action, span(operation)));
                    kept.push(*place);
                }
                Ok(None) => {}
                Err(message) => return Err(Unfit { operation: *place, message }),
            }
        }
        Ok(mapped)
    }
}

fn span(operation: &Operation) -> Span {
    let at = |place: u64| At { t: Time::ZERO, place: usize::try_from(place).unwrap_or(usize::MAX) };
    Span { invoked: at(operation.invoked), returned: operation.returned.map(at) }
}

fn prepare<'h>(
    ops: &Ops<'h, '_>,
    model: ModelName,
    init: Option<&'h Value>,
    kept: &mut Vec<usize>,
) -> Result<Box<dyn Prepared + 'h>, Unfit> {
    let given = init.cloned().unwrap_or(Value::Nil);
    let unfit = |message: String| Unfit { operation: ops.places[0], message };
    match model {
        ModelName::Register | ModelName::CasRegister | ModelName::Session => registers(ops, model, &given, kept),
        ModelName::Mutex => registers(ops, model, init.unwrap_or(&free()), kept),
        ModelName::Kv => {
            let empty = Value::text("");
            let initial = init.unwrap_or(&empty);
            let appends = |place: &usize| ops.history.operations[*place].function == Function::Append;
            if !ops.places.iter().any(appends) {
                return registers(ops, ModelName::Register, initial, kept);
            }
            let initial = init.map_or(Cow::Borrowed(""), kv::text);
            Ok(Box::new(PreparedKv::of(initial, ops.map(kept, kv::action)?)))
        }
        ModelName::Counter => {
            let initial = init.map_or(Ok(0), integer).map_err(unfit)?;
            Ok(Box::new(PreparedModel { model: counter::Counter(initial), ops: ops.map(kept, counter::action)? }))
        }
        ModelName::Set => {
            let mut numbers = Numbers::from(&Value::Nil);
            let initial = set::elements(&given, &mut numbers).map_err(unfit)?.into();
            let ops = ops.map(kept, |operation| set::action(operation, &mut numbers))?;
            Ok(Box::new(PreparedModel { model: set::Set { initial, names: numbers.names }, ops }))
        }
        ModelName::Queue => {
            let mut numbers = Numbers::from(&Value::Nil);
            let initial = queue::elements(&given, &mut numbers).map_err(unfit)?.into();
            let ops = ops.map(kept, |operation| queue::action(operation, &mut numbers))?;
            Ok(Box::new(PreparedModel { model: queue::Queue { initial, names: numbers.names }, ops }))
        }
        ModelName::MultiRegister => {
            let (mut registers, mut values) = (Numbers::none(), Numbers::from(&Value::Nil));
            let ops = ops.map(kept, |operation| multi_register::action(operation, &mut registers, &mut values))?;
            let initial = multi_register::initial(&given, &mut registers, &mut values);
            let (registers, values) = (registers.names, values.names);
            Ok(Box::new(PreparedModel { model: multi_register::MultiRegister { initial, registers, values }, ops }))
        }
    }
}

fn registers<'h>(
    ops: &Ops<'h, '_>,
    model: ModelName,
    initial: &Value,
    kept: &mut Vec<usize>,
) -> Result<Box<dyn Prepared + 'h>, Unfit> {
    let mut numbers = Numbers::from(initial);
    let actions = ops.map(kept, |operation| register::action(operation, model, &mut numbers))?;
    let op = |(call, (action, span)): (usize, (_, Span))| RegisterOp {
        action,
        invoked: span.invoked,
        returned: span.returned,
        call,
    };
    let ops = actions.into_iter().enumerate().map(op).collect();
    let register = Register { ops, values: numbers.names.len() as u32, first: 0 };
    let zones = zones::apply_to(&register);
    Ok(Box::new(PreparedRegister { register, zones, names: numbers.names, words: model == ModelName::Mutex }))
}
