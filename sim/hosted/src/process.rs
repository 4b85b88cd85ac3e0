//! The stack at a site, where the world can look at it and end it between any two outputs.

use crate::stage::Stage;
use firedrill_drill::world::WorldEvent;
use firedrill_model::{Observation, SiteId, Time};
use firedrill_node::machine::{Machine, Status};
use firedrill_node::observe::Observer;
use firedrill_stack::Site;
use firedrill_stack::io::{Input, Output};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) struct Process {
    pub(crate) stage: Stage,
    pub(crate) me: SiteId,
    pub(crate) site: Arc<Mutex<Site>>,
}

impl Process {
    fn site(&self) -> MutexGuard<'_, Site> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an output; whether the process is still there after it.
    fn survives(&self) -> bool {
        let mut state = self.stage.lock();
        let machine = &mut state.machines[self.me.index()];
        for (_, left) in &mut machine.armed {
            *left = left.saturating_sub(1);
        }
        let Some(due) = machine.armed.iter().position(|(_, left)| *left == 0) else { return true };
        machine.dying_of = Some(machine.armed.remove(due).0);
        false
    }

    fn is_dying(&self) -> bool {
        self.stage.lock().machines[self.me.index()].dying_of.is_some()
    }
}

impl Machine for Process {
    fn handle(&mut self, now: Time, input: Input) {
        if self.is_dying() {
            return;
        }
        self.site().handle(now, input);
        if self.site().has_stopped() {
            self.stage.lock().machines[self.me.index()].stopped = true;
            self.stage.comes_up();
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        if self.is_dying() {
            return None;
        }
        let output = self.site().poll_output()?;
        let armed = !self.stage.lock().machines[self.me.index()].armed.is_empty();
        if armed && !matches!(output, Output::Observe(_)) && !self.survives() {
            // This one still leaves.
            self.stage.comes_up();
        }
        Some(output)
    }

    fn poll_deadline(&self) -> Option<Time> {
        if self.is_dying() { None } else { self.site().poll_deadline() }
    }

    fn status(&self) -> Status {
        Machine::status(&*self.site())
    }

    /// Never: the world buries a process whose site has stopped, and starts another.
    fn has_stopped(&self) -> bool {
        false
    }
}

/// Tells the world what the site observes.
pub(crate) struct Telling {
    pub(crate) stage: Stage,
    pub(crate) me: SiteId,
}

impl Observer for Telling {
    fn observe(&mut self, site_t: Time, observation: Observation) {
        self.stage.tell(WorldEvent::Observed { site: self.me, site_t, observation });
    }
}
