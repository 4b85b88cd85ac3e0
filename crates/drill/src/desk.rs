//! What clients, probers and the director share: the commands for the world, the events for the journal, and what is due when.

use crate::world::{Action, Command, RequestId};
use firedrill_history::Event;
use firedrill_model::{OpId, Time};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The place of a client or a prober's session among all that send requests.
pub(crate) type Actor = u32;

/// Bits of a request's name that hold the actor; the rest is a counter.
const ACTOR_BITS: u32 = 24;

/// What is to be done at an instant. The order settles what comes first at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wake {
    /// When a fault ends.
    FaultEnds(u16),
    /// When a fault begins.
    FaultBegins(u16),
    /// When probers must be at their full rate.
    Alarm,
    /// When the director looks at the phase.
    Director,
    /// When a client or a prober's session has something to do.
    Actor(Actor),
    /// When a prober's next probe is to be sent.
    Prober(u32),
}

/// Instants and what is due at them. Nothing is ever taken out before its time: whoever is woken for nothing ignores it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agenda(BinaryHeap<Reverse<(Time, Wake)>>);

impl Agenda {
    pub(crate) fn push(&mut self, at: Time, wake: Wake) {
        self.0.push(Reverse((at, wake)));
    }

    /// The earliest, if it is not after `limit`.
    pub(crate) fn pop_until(&mut self, limit: Time) -> Option<(Time, Wake)> {
        let Reverse((at, _)) = self.0.peek()?;
        if *at > limit { None } else { self.0.pop().map(|Reverse(due)| due) }
    }

    /// The earliest; [`Time::MAX`] if there is none.
    pub(crate) fn peek(&self) -> Option<(Time, Wake)> {
        self.0.peek().map(|Reverse(due)| *due)
    }

    /// Drops the earliest.
    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }
}

/// Commands out, events out, instants to come back at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    /// For the world, with its next step.
    pub(crate) commands: Vec<Command>,
    /// For the journal.
    pub(crate) journal: Vec<Event>,
    /// What can be handed to the world before it is due.
    pub(crate) early: Agenda,
    /// What must be done at its instant, not before.
    pub(crate) sharp: Agenda,
    /// Operations that were handed over and whose invocation has yet to come: when, a counter, whose.
    planned: BinaryHeap<Reverse<(Time, u64, Actor)>>,
    plans: u64,
    next_op: u64,
    requests: u64,
}

impl Desk {
    /// Tells the world to do something at an instant.
    pub(crate) fn command(&mut self, due: Time, action: Action) {
        self.commands.push(Command { due, action });
    }

    /// A fresh name for a request of this actor.
    pub(crate) fn request(&mut self, actor: Actor) -> RequestId {
        self.requests += 1;
        RequestId(self.requests << ACTOR_BITS | u64::from(actor))
    }

    /// Notes that an operation of this actor is invoked at an instant to come.
    pub(crate) fn plan(&mut self, at: Time, actor: Actor) {
        self.plans += 1;
        self.planned.push(Reverse((at, self.plans, actor)));
    }

    /// The next actor whose planned operation is invoked at or before `limit`.
    pub(crate) fn next_planned(&mut self, limit: Time) -> Option<Actor> {
        let Reverse((at, ..)) = self.planned.peek()?;
        if *at > limit { None } else { self.planned.pop().map(|Reverse((_, _, actor))| actor) }
    }

    /// The name of the next operation, in the order of invocation.
    pub(crate) fn op(&mut self) -> OpId {
        let id = OpId(self.next_op);
        self.next_op += 1;
        id
    }
}

/// Whose request this is.
pub(crate) fn actor(request: RequestId) -> Actor {
    u32::try_from(request.0 & ((1 << ACTOR_BITS) - 1)).unwrap_or(Actor::MAX)
}
