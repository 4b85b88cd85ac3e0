//! Registers, read out of imported histories: read, write, compare-and-set; a mutex is one that is free or held.

use super::super::registers::Action;
use super::ModelName;
use firedrill_history::import::{Function, Operation, Outcome, Value};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Numbers a register's values; that at first is 0.
pub(in super::super) struct Numbers {
    numbers: HashMap<Value, u32, BuildHasherDefault<super::super::memory::Mixer>>,
    pub(in super::super) names: Vec<Value>,
}

impl Numbers {
    /// Without any.
    pub(in super::super) fn none() -> Numbers {
        Numbers { numbers: HashMap::default(), names: Vec::new() }
    }

    pub(in super::super) fn from(initial: &Value) -> Numbers {
        let mut numbers = Numbers::none();
        numbers.of(initial);
        numbers
    }

    pub(in super::super) fn of(&mut self, value: &Value) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(value.clone(), number);
        self.names.push(value.clone());
        number
    }
}

/// What a mutex that is held holds.
fn held() -> Value {
    Value::text("held")
}

/// What a mutex holds at first.
pub(in super::super) fn free() -> Value {
    Value::text("free")
}

/// What an operation did or may have done; `None` if it says nothing.
pub(in super::super) fn action(
    operation: &Operation,
    model: ModelName,
    numbers: &mut Numbers,
) -> Result<Option<Action>, String> {
    let Operation { function, input, outcome, .. } = operation;
    if model == ModelName::Mutex {
        let (from, to) = (numbers.of(&free()), numbers.of(&held()));
        return match function {
            Function::Acquire => Ok(Some(Action::Cas(from, to))),
            Function::Release => Ok(Some(Action::Cas(to, from))),
            other => Err(format!("a mutex knows acquire and release, and not {other}")),
        };
    }
    match (function, outcome) {
        (Function::Read, Outcome::Ok(seen)) => Ok(Some(Action::Read(numbers.of(seen)))),
        (Function::Read, _) => Ok(None),
        (Function::Write, _) => Ok(Some(Action::Write(numbers.of(input)))),
        (Function::Cas, outcome) if matches!(model, ModelName::CasRegister | ModelName::Session) => {
            let Some([expected, new]) = input.as_list() else {
                return Err(format!("a cas is handed [expected new], and not {input}"));
            };
            let missed = *outcome == Outcome::Ok(Value::Bool(false));
            let (expected, new) = (numbers.of(expected), numbers.of(new));
            Ok(Some(if missed { Action::Missed(expected) } else { Action::Cas(expected, new) }))
        }
        (Function::Cas, _) => Err("a register knows no cas; say --model cas-register".to_owned()),
        (other, _) => Err(format!("a register knows read, write and cas, and not {other}")),
    }
}
