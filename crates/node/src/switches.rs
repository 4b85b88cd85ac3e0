//! The switches of the shell's hazards, shared by its tasks: which are on, and whether their line was reached.

use firedrill_model::{Hazard, HazardSet};
use firedrill_stack::switches::Switches as Counted;
use std::sync::{Arc, Mutex, PoisonError};

/// Hazards that are on, and those whose line ran.
#[derive(Clone, Debug, Default)]
pub struct Switches {
    on: HazardSet,
    counted: Arc<Mutex<Counted>>,
}

impl Switches {
    /// With these on. (Those of the stack are the stack's affair.)
    pub fn new(on: HazardSet) -> Switches {
        let on: HazardSet = on.iter().filter(|hazard| hazard.is_of_the_shell()).collect();
        Switches { on, counted: Arc::new(Mutex::new(Counted::new(on))) }
    }

    /// To be asked at the line of the mistake, and only where the mistake would make a difference: whether to make it.
    pub fn on(&self, hazard: Hazard) -> bool {
        self.on.contains(hazard) && self.counted.lock().unwrap_or_else(PoisonError::into_inner).on(hazard)
    }

    /// A hazard that was reached and not yet told of.
    pub fn newly_reached(&self) -> Option<Hazard> {
        if self.on.is_empty() {
            return None;
        }
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).newly_reached()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_and_was_reached_is_told_once() {
        let switches = Switches::new([Hazard::NoReconnect, Hazard::NoFencing].into_iter().collect());
        assert!(!switches.on(Hazard::NoDeadline) && !switches.on(Hazard::NoFencing));
        assert_eq!(switches.newly_reached(), None);
        assert!(switches.clone().on(Hazard::NoReconnect));
        assert_eq!(switches.newly_reached(), Some(Hazard::NoReconnect));
        assert_eq!(switches.newly_reached(), None);
    }
}
