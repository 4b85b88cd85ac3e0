//! What happened, on its way from the runtime's threads to the drill's.

use crate::clock::RunClock;
use firedrill_drill::world::{Happened, WorldEvent};
use firedrill_model::Time;
use std::sync::mpsc::Sender;

/// Where what happens is told. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Events {
    to: Sender<Happened>,
    clock: RunClock,
}

impl Events {
    /// Tells `to`, in the time of `clock`.
    pub fn new(to: Sender<Happened>, clock: RunClock) -> Events {
        Events { to, clock }
    }

    /// The run's time.
    pub fn clock(&self) -> RunClock {
        self.clock
    }

    /// It happened now.
    pub fn tell(&self, event: WorldEvent) {
        self.tell_at(self.clock.now(), event);
    }

    /// It happened then.
    pub fn tell_at(&self, t: Time, event: WorldEvent) {
        // The drill has gone: nobody is left to be told.
        drop(self.to.send(Happened { t, event }));
    }
}

/// Whether the drill must answer it, so that a step ends.
pub fn ends_step(event: &WorldEvent) -> bool {
    matches!(
        event,
        WorldEvent::Answered { .. }
            | WorldEvent::Refused { .. }
            | WorldEvent::Broken { .. }
            | WorldEvent::Failed { .. }
    )
}
