//! A queue, first in first out: enqueue, which returns nothing, and dequeue, which returns the front, or nil of an empty one.

use super::super::model::{Asked, Model};
use super::super::problem::Span;
use super::register::Numbers;
use firedrill_history::import::{Function, Operation, Outcome, Value};
use std::sync::Arc;

/// A queue of numbered elements, by their names.
pub(in super::super) struct Queue {
    pub(in super::super) initial: Arc<[u32]>,
    pub(in super::super) names: Vec<Value>,
}

/// What was asked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in super::super) enum Action {
    Enqueue(u32),
    /// Took this.
    Dequeue(u32),
    /// Found nothing.
    Empty,
    /// Took the front, if there was one.
    Lost,
}

/// Elements as they stand.
pub(in super::super) fn elements(value: &Value, numbers: &mut Numbers) -> Result<Vec<u32>, String> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(list) => Ok(list.iter().map(|element| numbers.of(element)).collect()),
        other => Err(format!("a queue is a list of its elements, and {other} is none")),
    }
}

pub(in super::super) fn action(operation: &Operation, numbers: &mut Numbers) -> Result<Option<Action>, String> {
    match (operation.function, &operation.outcome) {
        (Function::Enqueue, _) => Ok(Some(Action::Enqueue(numbers.of(&operation.input)))),
        (Function::Dequeue, Outcome::Ok(Value::Nil)) => Ok(Some(Action::Empty)),
        (Function::Dequeue, Outcome::Ok(taken)) => Ok(Some(Action::Dequeue(numbers.of(taken)))),
        (Function::Dequeue, _) => Ok(Some(Action::Lost)),
        (other, _) => Err(format!("a queue knows enqueue and dequeue, and not {other}")),
    }
}

/// Who takes what. An element that is put in once and taken once, for certain, can be taken by nobody else; and of two, the one in
/// front must not be taken later.
#[derive(Default)]
pub(in super::super) struct Foresight {
    /// By element: when it is taken, if it is known by whom.
    taken: Vec<Option<Span>>,
    /// How many other dequeues there are that may take one.
    takers: usize,
    /// Whether something is taken more often than it is put in.
    impossible: bool,
}

impl Foresight {
    fn of(initial: &[u32], elements: usize, operations: &[Asked<'_, Action>]) -> Foresight {
        let mut puts = vec![0_u32; elements];
        let mut takes = vec![(0_u32, None); elements];
        initial.iter().for_each(|element| puts[*element as usize] += 1);
        let mut takers = 0;
        for asked in operations {
            match *asked.action {
                Action::Enqueue(element) => puts[element as usize] += 1,
                Action::Dequeue(element) if asked.required => {
                    let (times, span) = &mut takes[element as usize];
                    (*times, *span) = (*times + 1, Some(asked.span));
                }
                // Those that need not happen may take what is taken for certain only in vain.
                Action::Dequeue(_) | Action::Lost => takers += 1,
                Action::Empty => {}
            }
        }
        let impossible = puts.iter().zip(&takes).any(|(puts, (times, _))| times > puts);
        let known = |puts: u32, times: u32| puts == 1 && times == 1;
        let unknown =
            |(puts, (times, _)): (&u32, &(u32, Option<Span>))| if known(*puts, *times) { 0 } else { *times as usize };
        takers += puts.iter().zip(&takes).map(unknown).sum::<usize>();
        let taken = puts.into_iter().zip(takes).map(|(puts, (times, span))| span.filter(|_| known(puts, times)));
        Foresight { taken: taken.collect(), takers, impossible }
    }

    /// Whether an element can stand at the end of this queue.
    fn may_join(&self, queue: &[u32], element: u32) -> bool {
        let Some(taken) = self.taken[element as usize] else {
            return true;
        };
        let mut by_others = 0;
        for before in queue {
            match self.taken[*before as usize] {
                Some(first) if taken.returned.is_some_and(|returned| returned < first.invoked) => return false,
                Some(_) => {}
                None => by_others += 1,
            }
        }
        by_others <= self.takers
    }
}

impl Model for Queue {
    type State = Arc<[u32]>;
    type Action = Action;
    type Foresight = Foresight;

    fn initial(&self) -> Arc<[u32]> {
        self.initial.clone()
    }

    fn step(&self, state: &Arc<[u32]>, action: &Action) -> Option<Arc<[u32]>> {
        match action {
            Action::Enqueue(element) => Some([state, &[*element][..]].concat().into()),
            Action::Dequeue(taken) => (state.first() == Some(taken)).then(|| state[1..].into()),
            Action::Empty => state.is_empty().then(|| state.clone()),
            Action::Lost => Some(state.get(1..).unwrap_or(&[]).into()),
        }
    }

    fn foresee(&self, operations: &[Asked<'_, Action>]) -> Foresight {
        Foresight::of(&self.initial, self.names.len(), operations)
    }

    fn step_ahead(&self, foresight: &Foresight, state: &Arc<[u32]>, action: &Action) -> Option<Arc<[u32]>> {
        match action {
            _ if foresight.impossible => None,
            Action::Enqueue(element) if !foresight.may_join(state, *element) => None,
            Action::Lost if state.first().is_some_and(|front| foresight.taken[*front as usize].is_some()) => None,
            _ => self.step(state, action),
        }
    }

    fn changes_nothing(&self, action: &Action) -> bool {
        matches!(action, Action::Empty)
    }

    fn heap_bytes(&self, state: &Arc<[u32]>) -> u64 {
        4 * state.len() as u64 + 32
    }

    fn tell(&self, state: &Arc<[u32]>) -> String {
        let names: Vec<String> = state.iter().map(|element| self.names[*element as usize].to_string()).collect();
        format!("[{}]", names.join(" "))
    }
}
