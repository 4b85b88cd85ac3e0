//! Several registers, read and written at one instant by transactions: `[[:read x 1] [:write y 2]]`. A read of nil says nothing.

use super::super::model::{Asked, Model};
use super::register::Numbers;
use firedrill_history::import::{Function, Operation, Outcome, Value};
use std::sync::Arc;

/// Registers, by their names, with what each holds at first; values by their names.
pub(in super::super) struct MultiRegister {
    pub(in super::super) initial: Arc<[u32]>,
    pub(in super::super) registers: Vec<Value>,
    pub(in super::super) values: Vec<Value>,
}

/// Stands for every value that no required operation reads.
const OTHER: u32 = u32::MAX;

/// One step: a register, a value, and whether it was written.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) struct Step {
    pub(in super::super) register: u32,
    pub(in super::super) value: u32,
    pub(in super::super) writes: bool,
}

pub(in super::super) fn action(
    operation: &Operation,
    registers: &mut Numbers,
    values: &mut Numbers,
) -> Result<Option<Vec<Step>>, String> {
    if operation.function != Function::Transaction {
        return Err(format!("several registers know txn, and not {}", operation.function));
    }
    let returned = match &operation.outcome {
        Outcome::Ok(returned) => Some(returned),
        Outcome::Failed | Outcome::Unknown => None,
    };
    let steps = returned.unwrap_or(&operation.input).as_list().unwrap_or(&[]);
    let mut action = Vec::with_capacity(steps.len());
    for step in steps {
        let Some([Value::Text(what), register, value]) = step.as_list() else {
            return Err(format!("a step is [:read register value] or [:write register value], and not {step}"));
        };
        let writes = match what.as_ref() {
            "write" | "w" => true,
            "read" | "r" => false,
            other => return Err(format!("a step is a read or a write; `{other}` is neither")),
        };
        let register = registers.of(register);
        // What an unknown one read is not known.
        if writes || (returned.is_some() && *value != Value::Nil) {
            action.push(Step { register, value: values.of(value), writes });
        }
    }
    Ok((!action.is_empty()).then_some(action))
}

/// The registers at first: all the same, or by a map.
pub(in super::super) fn initial(init: &Value, registers: &mut Numbers, values: &mut Numbers) -> Arc<[u32]> {
    if let Value::Map(entries) = init {
        for (register, _) in entries {
            registers.of(register);
        }
    }
    let of = |register: &Value| match init {
        Value::Map(entries) => {
            entries.iter().find(|(name, _)| name == register).map_or(&Value::Nil, |(_, value)| value)
        }
        other => other,
    };
    registers.names.iter().map(|register| values.of(of(register))).collect()
}

impl Model for MultiRegister {
    type State = Arc<[u32]>;
    type Action = Vec<Step>;
    type Foresight = ();

    fn initial(&self) -> Arc<[u32]> {
        self.initial.clone()
    }

    fn step(&self, state: &Arc<[u32]>, action: &Vec<Step>) -> Option<Arc<[u32]>> {
        if self.changes_nothing(action) {
            let sees = |step: &Step| state[step.register as usize] == step.value;
            return action.iter().all(sees).then(|| state.clone());
        }
        let mut next: Vec<u32> = state.to_vec();
        for step in action {
            let place = &mut next[step.register as usize];
            if step.writes {
                *place = step.value;
            } else if *place != step.value {
                return None;
            }
        }
        Some(next.into())
    }

    /// Leaves out the registers that no required operation reads, what others read, and others that write nothing that is read. All
    /// values of a register that are not read are one.
    fn narrowed(&self, operations: &[Asked<'_, Vec<Step>>]) -> Option<Vec<Option<Vec<Step>>>> {
        let steps = operations.iter().filter(|asked| asked.required).flat_map(|asked| asked.action);
        let mut read: Vec<(u32, u32)> =
            steps.filter(|step| !step.writes).map(|step| (step.register, step.value)).collect();
        read.sort_unstable();
        let is_read = |step: &Step| read.binary_search(&(step.register, step.value)).is_ok();
        let matters = |step: &Step| read.binary_search_by_key(&step.register, |(register, _)| *register).is_ok();
        let narrow = |asked: &Asked<'_, Vec<Step>>| {
            let steps = asked.action.iter().filter(|step| matters(step) && (asked.required || step.writes));
            let named = |step: &Step| if is_read(step) { *step } else { Step { value: OTHER, ..*step } };
            let steps: Vec<Step> = steps.map(named).collect();
            let idle = !asked.required && !steps.iter().any(is_read);
            (!steps.is_empty() && !idle).then_some(steps)
        };
        Some(operations.iter().map(narrow).collect())
    }

    fn changes_nothing(&self, action: &Vec<Step>) -> bool {
        action.iter().all(|step| !step.writes)
    }

    fn heap_bytes(&self, state: &Arc<[u32]>) -> u64 {
        4 * state.len() as u64 + 32
    }

    fn tell(&self, state: &Arc<[u32]>) -> String {
        let word = |register: &Value| register.as_text().map_or_else(|| register.to_string(), str::to_owned);
        let mut registers: Vec<(&Value, &u32)> = self.registers.iter().zip(state.iter()).collect();
        registers.sort();
        let held = |(register, value): (&Value, &u32)| format!("{} {}", word(register), self.values[*value as usize]);
        let held: Vec<String> = registers.into_iter().map(held).collect();
        format!("{{{}}}", held.join(", "))
    }
}
