//! The switches of hazards: which are on, and whether their line was reached.

use firedrill_model::{Hazard, HazardSet};

/// Hazards that are on, and those whose line ran.
#[derive(Clone, Copy, Debug, Default)]
pub struct Switches {
    on: HazardSet,
    reached: HazardSet,
    told: HazardSet,
}

impl Switches {
    /// With these on.
    pub fn new(on: HazardSet) -> Switches {
        Switches { on, ..Switches::default() }
    }

    /// To be asked at the line of the mistake, and only where the mistake would make a difference: whether to make it.
    pub fn on(&mut self, hazard: Hazard) -> bool {
        let on = self.on.contains(hazard);
        if on {
            self.reached.insert(hazard);
        }
        on
    }

    /// A hazard that was reached and not yet told of.
    pub fn newly_reached(&mut self) -> Option<Hazard> {
        if self.reached == self.told {
            return None;
        }
        let hazard = self.reached.iter().find(|hazard| !self.told.contains(*hazard))?;
        self.told.insert(hazard);
        Some(hazard)
    }
}
