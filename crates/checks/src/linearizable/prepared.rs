//! A partition of a history, ready to be searched whole or in part.

use super::chains;
use super::model::{Asked, Model, Numbered};
use super::models::generic_register::GenericRegister;
use super::models::kv::{self, Kv};
use super::object::Object;
use super::problem::{Problem, Span};
use super::register_rules::RegisterObject;
use super::registers::{ABSENT, Action, Register, RegisterOp};
use super::search::{Found, Limit, Told, tell};
use super::zones;
use crate::facts::At;
use firedrill_history::import::Value;
use std::borrow::Cow;

/// Which part of a history is looked at.
pub(super) struct Part<'p> {
    /// Up to this instant: what had not returned by then may have taken effect, or will, or never.
    pub(super) end: Option<At>,
    /// By operation: whether it must have happened as told; others may have happened or not.
    pub(super) held: Option<&'p [bool]>,
}

/// Whether a part of a history is linearizable, as fast as that can be told.
pub(super) fn told(prepared: &dyn Prepared, part: &Part<'_>, limit: Limit<'_>) -> Told {
    match prepared.told_at_once(part) {
        Some(linearizable) => Told::without_search(linearizable, prepared.len()),
        None => prepared.search(part, limit, Manner::Fast),
    }
}

impl Part<'_> {
    /// All of it.
    pub(super) const WHOLE: Part<'static> = Part { end: None, held: None };

    /// An operation's span in it; `None` if it says nothing here.
    fn span(&self, number: usize, span: Span, pure: bool) -> Option<Span> {
        let by_then = |at: &At| self.end.is_none_or(|end| *at <= end);
        let held = self.held.is_none_or(|held| held[number]);
        let returned = span.returned.filter(|at| by_then(at) && held);
        let says_nothing = returned.is_none() && pure;
        (by_then(&span.invoked) && !says_nothing).then_some(Span { invoked: span.invoked, returned })
    }
}

/// How a search goes about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// As fast as it can.
    Fast,
    /// Keeping to what is known at each place in time, and keeping orders up to the last.
    Forward,
    /// As fast as it can, with the order.
    Witness,
}

/// Operations on one object.
pub(super) trait Prepared: Send + Sync {
    /// How many operations there are.
    fn len(&self) -> usize;

    /// When an operation was under way.
    fn span(&self, number: usize) -> Span;

    /// Whether it leaves every state as it is.
    fn changes_nothing(&self, number: usize) -> bool;

    /// Whether a part is linearizable, if that can be told without a search.
    fn told_at_once(&self, part: &Part<'_>) -> Option<bool> {
        let _ = part;
        None
    }

    /// Searches a part. Operations in what is told are by their numbers in the whole.
    fn search(&self, part: &Part<'_>, limit: Limit<'_>, manner: Manner) -> Told;

    /// Searches a part for a window: only the operations that are held must have happened as told, others within their own time or
    /// not at all, whatever they saw.
    fn search_window(&self, part: &Part<'_>, limit: Limit<'_>) -> Told;

    /// The state at first, and after each operation of an order.
    fn replay(&self, order: &[u32]) -> Vec<String>;

    /// The value that an operation saw, and the one that it set, as numbers, where that makes sense.
    fn values(&self, number: usize) -> (Option<u32>, Option<u32>);
}

/// Searches, and keeps orders up to the last return if it goes forward.
fn run(object: &mut impl Object, problem: &Problem, limit: Limit<'_>, manner: Manner, numbers: &[u32]) -> Told {
    let last = (problem.timeline.len() as u32).checked_sub(1);
    let mut told = tell(object, problem, ABSENT, limit, last.filter(|_| manner == Manner::Forward));
    let whole = |op: &mut u32| *op = numbers.get(*op as usize).copied().unwrap_or(*op);
    told.order.iter_mut().for_each(whole);
    told.partial.iter_mut().flat_map(|(order, _)| order).for_each(whole);
    whole(&mut told.furthest.1);
    if let Found::GaveUp { at, why } = told.found {
        told.found = Found::GaveUp { at: numbers[at] as usize, why };
    }
    told
}

/// A register.
pub(super) struct PreparedRegister {
    pub(super) register: Register,
    /// Whether its zones decide.
    pub(super) zones: bool,
    pub(super) names: Vec<Value>,
    /// Whether its states are words of ours, and not a client's text.
    pub(super) words: bool,
}

impl PreparedRegister {
    fn name(&self, value: u32) -> String {
        match self.names.get(value as usize) {
            Some(Value::Text(word)) if self.words => word.to_string(),
            Some(value) => value.to_string(),
            None => String::new(),
        }
    }

    fn part<'a>(&'a self, part: &'a Part<'_>) -> impl Iterator<Item = (u32, RegisterOp)> + 'a {
        (0..).zip(&self.register.ops).filter_map(|(number, op): (u32, &RegisterOp)| {
            let span = Span { invoked: op.invoked, returned: op.returned };
            let span = part.span(number as usize, span, self.changes_nothing(number as usize))?;
            Some((number, RegisterOp { returned: span.returned, ..*op }))
        })
    }
}

impl Prepared for PreparedRegister {
    fn len(&self) -> usize {
        self.register.ops.len()
    }

    fn span(&self, number: usize) -> Span {
        let op = &self.register.ops[number];
        Span { invoked: op.invoked, returned: op.returned }
    }

    fn changes_nothing(&self, number: usize) -> bool {
        matches!(self.register.ops[number].action, Action::Read(_) | Action::Missed(_))
    }

    fn told_at_once(&self, part: &Part<'_>) -> Option<bool> {
        self.zones.then(|| zones::linearizable(self.part(part).map(|(_, op)| op), self.register.values))
    }

    fn search(&self, part: &Part<'_>, limit: Limit<'_>, manner: Manner) -> Told {
        let values = self.register.values;
        let (numbers, ops): (Vec<u32>, Vec<RegisterOp>) = self.part(part).unzip();
        let register = Register { ops, values, first: 0 };
        let (mut object, problem) = RegisterObject::of(&register, manner != Manner::Forward);
        run(&mut object, &problem, limit, manner, &numbers)
    }

    fn search_window(&self, part: &Part<'_>, limit: Limit<'_>) -> Told {
        if self.zones {
            return told(self, part, limit);
        }
        let op = |op: &RegisterOp| (op.action, Span { invoked: op.invoked, returned: op.returned });
        PreparedModel { model: GenericRegister, ops: self.register.ops.iter().map(op).collect() }
            .search_window(part, limit)
    }

    fn replay(&self, order: &[u32]) -> Vec<String> {
        let mut states = vec![self.name(ABSENT)];
        let mut state = ABSENT;
        for op in order {
            state = self.values(*op as usize).1.unwrap_or(state);
            states.push(self.name(state));
        }
        states
    }

    fn values(&self, number: usize) -> (Option<u32>, Option<u32>) {
        match self.register.ops[number].action {
            Action::Read(seen) => (Some(seen), None),
            Action::Write(set) => (None, Some(set)),
            Action::Cas(seen, set) => (Some(seen), Some(set)),
            Action::Missed(_) => (None, None),
        }
    }
}

/// Any other object.
pub(super) struct PreparedModel<M: Model> {
    pub(super) model: M,
    pub(super) ops: Vec<(M::Action, Span)>,
}

impl<M: Model + Send + Sync> Prepared for PreparedModel<M>
where
    M::Action: Send + Sync,
{
    fn len(&self) -> usize {
        self.ops.len()
    }

    fn span(&self, number: usize) -> Span {
        self.ops[number].1
    }

    fn changes_nothing(&self, number: usize) -> bool {
        self.model.changes_nothing(&self.ops[number].0)
    }

    fn search(&self, part: &Part<'_>, limit: Limit<'_>, manner: Manner) -> Told {
        let (mut numbers, mut asked) = (Vec::new(), Vec::new());
        for (number, (action, span)) in self.ops.iter().enumerate() {
            if let Some(span) = part.span(number, *span, self.model.changes_nothing(action)) {
                numbers.push(number as u32);
                asked.push(Asked { action, span, required: span.returned.is_some() });
            }
        }
        let problem = Problem::of(asked.iter().map(|asked| asked.span), |_| false);
        let mut object = Numbered::of(&self.model, &asked, manner != Manner::Forward);
        run(&mut object, &problem, limit, manner, &numbers)
    }

    fn search_window(&self, part: &Part<'_>, limit: Limit<'_>) -> Told {
        let by_then = |at: &At| part.end.is_none_or(|end| *at <= end);
        let (mut numbers, mut asked) = (Vec::new(), Vec::new());
        for (number, (action, span)) in self.ops.iter().enumerate() {
            let span = Span { invoked: span.invoked, returned: span.returned.filter(by_then) };
            let required = span.returned.is_some() && part.held.is_none_or(|held| held[number]);
            if by_then(&span.invoked) && (required || !self.model.changes_nothing(action)) {
                numbers.push(number as u32);
                asked.push(Asked { action, span, required });
            }
        }
        let narrowed = self.model.narrowed(&asked);
        if let Some(narrowed) = &narrowed {
            let left = numbers.into_iter().zip(asked).zip(narrowed);
            (numbers, asked) = left
                .filter_map(|((number, asked), action)| Some((number, Asked { action: action.as_ref()?, ..asked })))
                .unzip();
        }
        let required = asked.iter().map(|asked| asked.required).collect();
        let problem = Problem::of(asked.iter().map(|asked| asked.span), |_| false).expiring(required);
        run(&mut Numbered::of(&self.model, &asked, true), &problem, limit, Manner::Fast, &numbers)
    }

    fn replay(&self, order: &[u32]) -> Vec<String> {
        let mut state = self.model.initial();
        let mut states = vec![self.model.tell(&state)];
        for op in order {
            state = self.model.step(&state, &self.ops[*op as usize].0).unwrap_or(state);
            states.push(self.model.tell(&state));
        }
        states
    }

    fn values(&self, _number: usize) -> (Option<u32>, Option<u32>) {
        (None, None)
    }
}

/// A key of a map of strings that were appended to.
pub(super) struct PreparedKv<'h> {
    rules: PreparedModel<Kv<'h>>,
}

impl<'h> PreparedKv<'h> {
    pub(super) fn of(initial: Cow<'h, str>, ops: Vec<(kv::Action<'h>, Span)>) -> PreparedKv<'h> {
        PreparedKv { rules: PreparedModel { model: Kv(initial), ops } }
    }
}

impl Prepared for PreparedKv<'_> {
    fn len(&self) -> usize {
        self.rules.len()
    }

    fn span(&self, number: usize) -> Span {
        self.rules.span(number)
    }

    fn changes_nothing(&self, number: usize) -> bool {
        self.rules.changes_nothing(number)
    }

    fn told_at_once(&self, part: &Part<'_>) -> Option<bool> {
        let PreparedModel { model, ops } = &self.rules;
        let span = |(number, (_, span)): (usize, &(_, Span))| part.span(number, *span, self.changes_nothing(number));
        let spans: Vec<Option<Span>> = ops.iter().enumerate().map(span).collect();
        chains::linearizable(&model.0, ops, &spans)
    }

    fn search(&self, part: &Part<'_>, limit: Limit<'_>, manner: Manner) -> Told {
        self.rules.search(part, limit, manner)
    }

    fn search_window(&self, part: &Part<'_>, limit: Limit<'_>) -> Told {
        told(self, part, limit)
    }

    fn replay(&self, order: &[u32]) -> Vec<String> {
        self.rules.replay(order)
    }

    fn values(&self, number: usize) -> (Option<u32>, Option<u32>) {
        self.rules.values(number)
    }
}
