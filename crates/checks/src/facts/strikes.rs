//! Faults, each with its end.

use super::Malformed;
use firedrill_history::{Event, ScheduledFault};
use firedrill_model::{FaultId, Time};
use std::collections::BTreeMap;

/// A fault that began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strike<'j> {
    pub(crate) id: FaultId,
    /// `None` for one that the schedule does not have.
    pub(crate) scheduled: Option<&'j ScheduledFault>,
    pub(crate) began: Time,
    /// `None` if it never ended.
    pub(crate) ended: Option<Time>,
    pub(crate) mechanism: Option<&'j str>,
    took_effect: bool,
}

impl Strike<'_> {
    /// Whether it took effect on something that was there, by a mechanism that the world has.
    pub(crate) fn struck(&self) -> bool {
        self.took_effect && self.mechanism.is_some()
    }
}

/// Gathers faults from events.
pub(crate) struct Strikes<'j> {
    scheduled: BTreeMap<FaultId, &'j ScheduledFault>,
    strikes: Vec<Strike<'j>>,
    open: BTreeMap<FaultId, usize>,
}

impl<'j> Strikes<'j> {
    /// Of this schedule.
    pub(crate) fn new(schedule: &'j [ScheduledFault]) -> Strikes<'j> {
        let scheduled = schedule.iter().map(|fault| (fault.id, fault)).collect();
        Strikes { scheduled, strikes: Vec::new(), open: BTreeMap::new() }
    }

    /// Takes the begin or the end of a fault.
    pub(crate) fn take(&mut self, event: &'j Event, malformed: &mut Malformed) {
        match event {
            Event::FaultBegan { t, fault, struck, mechanism, .. } => {
                let scheduled = self.scheduled.get(fault).copied();
                if scheduled.is_none() {
                    malformed.note(|| format!("{fault} began, which the schedule does not have"));
                }
                if self.open.insert(*fault, self.strikes.len()).is_some() {
                    malformed.note(|| format!("{fault} began twice without an end between"));
                }
                let mechanism = mechanism.as_deref();
                self.strikes.push(Strike {
                    id: *fault,
                    scheduled,
                    began: *t,
                    ended: None,
                    mechanism,
                    took_effect: *struck,
                });
            }
            // A world may also say that it undid what had no begin.
            Event::FaultEnded { t, fault } => {
                if let Some(number) = self.open.remove(fault) {
                    self.strikes[number].ended = Some(*t);
                }
            }
            _ => {}
        }
    }

    /// The faults, in the order in which they began.
    pub(crate) fn finish(mut self) -> Vec<Strike<'j>> {
        self.strikes.sort_by_key(|strike| strike.began);
        self.strikes
    }
}
