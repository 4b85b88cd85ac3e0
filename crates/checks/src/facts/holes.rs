//! Holes: durable data that sites found damaged, as they told it, and what refilled them.

use firedrill_model::{Observation, SiteId, StorageArea, Time};

/// A hole, or what is left of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hole {
    /// When it was found; the first time, if a restarted site found it again.
    pub(crate) found: Time,
    pub(crate) site: SiteId,
    pub(crate) area: StorageArea,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// A run's holes.
#[derive(Debug, Default)]
pub(crate) struct Holes {
    /// How often one was found.
    pub(crate) count: u64,
    /// What nothing refilled, in the order in which it was found last.
    pub(crate) open: Vec<Hole>,
}

impl Holes {
    /// Takes what a site told.
    pub(crate) fn take(&mut self, t: Time, site: SiteId, observation: &Observation) {
        match observation {
            Observation::HoleFound { area, from, to } => {
                self.count += 1;
                let hole = Hole { found: t, site, area: *area, from: *from, to: *to };
                // A restarted site finds the same hole again.
                let known = self.open.iter().filter(|open| open.overlaps(&hole)).map(|open| open.found).min();
                self.close(&hole);
                self.open.push(Hole { found: known.unwrap_or(t), ..hole });
            }
            Observation::HoleRefilled { area, from, to, .. } => {
                self.close(&Hole { found: t, site, area: *area, from: *from, to: *to });
            }
            _ => {}
        }
    }

    /// Takes what was refilled out of what is open.
    fn close(&mut self, refilled: &Hole) {
        let (overlapping, mut left): (Vec<Hole>, Vec<Hole>) =
            self.open.drain(..).partition(|open| open.overlaps(refilled));
        for hole in overlapping {
            if hole.from < refilled.from {
                left.push(Hole { to: refilled.from - 1, ..hole });
            }
            if hole.to > refilled.to {
                left.push(Hole { from: refilled.to + 1, ..hole });
            }
        }
        self.open = left;
    }
}

impl Hole {
    fn overlaps(&self, other: &Hole) -> bool {
        self.site == other.site && self.area == other.area && self.from <= other.to && other.from <= self.to
    }
}
