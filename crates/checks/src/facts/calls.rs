//! Operations, each with its end.

use super::{At, Malformed};
use firedrill_history::{Event, Purpose};
use firedrill_model::{ClientId, Key, Op, OpId, Outcome, RegionId, ServiceId, SiteId};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

/// Looked up, never gone over; and the same in every process.
pub(crate) type Lookup<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// An operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'j> {
    pub(crate) id: OpId,
    pub(crate) client: ClientId,
    pub(crate) region: RegionId,
    pub(crate) service: ServiceId,
    pub(crate) purpose: Purpose,
    pub(crate) op: &'j Op,
    /// The number of the session that it is about, from 0 on, in the order in which sessions were first used; `None`: it is about the transaction log.
    pub(crate) session: Option<u32>,
    pub(crate) invoked: At,
    /// `None` if the journal ends before.
    pub(crate) returned: Option<Returned<'j>>,
}

/// The end of an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Returned<'j> {
    pub(crate) at: At,
    pub(crate) site: Option<SiteId>,
    pub(crate) outcome: &'j Outcome,
}

impl<'j> Call<'j> {
    /// What became of it; an operation that never returned is unknown.
    pub(crate) fn outcome(&self) -> &'j Outcome {
        self.returned.map_or(&Outcome::Unknown, |returned| returned.outcome)
    }
}

/// Gathers operations from events.
pub(crate) struct Calls<'j> {
    calls: Vec<Call<'j>>,
    sessions: Vec<&'j Key>,
    /// Of the sessions.
    numbers: Lookup<&'j Key, u32>,
    /// Where a call stands, by its number, as long as numbers are as dense as a run's are; else in
    /// `sparse`.
    dense: Vec<u32>,
    dense_limit: u64,
    sparse: BTreeMap<OpId, u32>,
}

/// No call has this number yet.
const NONE: u32 = u32::MAX;

impl<'j> Calls<'j> {
    /// For a journal of so many events.
    pub(crate) fn with_capacity(events: usize) -> Calls<'j> {
        let dense_limit = 2 * events as u64 + 1024;
        let calls = Vec::with_capacity(events / 2);
        let (sessions, numbers) = (Vec::new(), Lookup::default());
        Calls { calls, sessions, numbers, dense: Vec::new(), dense_limit, sparse: BTreeMap::new() }
    }

    /// Takes an invocation or a return.
    pub(crate) fn take(&mut self, place: usize, event: &'j Event, malformed: &mut Malformed) {
        match event {
            Event::Invoked { t, id, client, region, service, purpose, op } => {
                if self.find(*id).is_some() {
                    return malformed.note(|| format!("{id} was invoked twice"));
                }
                self.index(*id);
                let invoked = At { t: *t, place };
                let (client, region, service, purpose) = (*client, *region, *service, *purpose);
                let session = op.key().map(|key| self.session(key));
                self.calls.push(Call {
                    id: *id,
                    client,
                    region,
                    service,
                    purpose,
                    op,
                    session,
                    invoked,
                    returned: None,
                });
            }
            Event::Returned { t, id, site, outcome, .. } => {
                let Some(call) = self.find(*id).and_then(|number| self.calls.get_mut(number as usize)) else {
                    return malformed.note(|| format!("{id} returned without having been invoked"));
                };
                if call.returned.is_some() {
                    malformed.note(|| format!("{id} returned twice"));
                } else if *t < call.invoked.t {
                    malformed.note(|| format!("{id} returned before it was invoked"));
                } else {
                    call.returned = Some(Returned { at: At { t: *t, place }, site: *site, outcome });
                }
            }
            _ => {}
        }
    }

    /// The calls, in the order of the journal, and the sessions that they are about, by their numbers.
    pub(crate) fn finish(self) -> (Vec<Call<'j>>, Vec<&'j Key>) {
        (self.calls, self.sessions)
    }

    fn session(&mut self, key: &'j Key) -> u32 {
        *self.numbers.entry(key).or_insert_with(|| {
            self.sessions.push(key);
            self.sessions.len() as u32 - 1
        })
    }

    fn find(&self, id: OpId) -> Option<u32> {
        if id.0 < self.dense_limit {
            self.dense.get(id.index()).copied().filter(|number| *number != NONE)
        } else {
            self.sparse.get(&id).copied()
        }
    }

    fn index(&mut self, id: OpId) {
        let number = u32::try_from(self.calls.len()).unwrap_or(NONE);
        if id.0 < self.dense_limit {
            if self.dense.len() <= id.index() {
                self.dense.resize(id.index() + 1, NONE);
            }
            self.dense[id.index()] = number;
        } else {
            self.sparse.insert(id, number);
        }
    }
}
