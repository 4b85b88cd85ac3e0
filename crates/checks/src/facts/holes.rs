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
                let found = self.close(&hole).unwrap_or(t);
                self.open.push(Hole { found, ..hole });
            }
            Observation::HoleRefilled { area, from, to, .. } => {
                self.close(&Hole { found: t, site, area: *area, from: *from, to: *to });
            }
            _ => {}
        }
    }

    /// Takes a range out of what is open; when the first of what was open there was found.
    fn close(&mut self, range: &Hole) -> Option<Time> {
        let (overlapping, mut left): (Vec<Hole>, Vec<Hole>) =
            self.open.drain(..).partition(|open| open.overlaps(range));
        let first = overlapping.iter().map(|hole| hole.found).min();
        for hole in overlapping {
            if hole.from < range.from {
                left.push(Hole { to: range.from - 1, ..hole });
            }
            if hole.to > range.to {
                left.push(Hole { from: range.to + 1, ..hole });
            }
        }
        self.open = left;
        first
    }
}

impl Hole {
    fn overlaps(&self, other: &Hole) -> bool {
        self.site == other.site && self.area == other.area && self.from <= other.to && other.from <= self.to
    }
}
