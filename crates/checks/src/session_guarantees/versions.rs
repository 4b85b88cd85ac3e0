//! Values of sessions as versions, and which of two is older.
//!
//! Known from the history alone: "there is none" is older than all; what was acknowledged before another's write was invoked is
//! older, for sessions have one writer at a time; what a compare-and-set found is older than what it set.

use super::{Answer, seen};
use crate::facts::calls::Lookup;
use crate::facts::{At, Facts};
use firedrill_model::{ClientId, Op, OpResult, Outcome, Value};

/// A value, by the number of its write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32);

/// There is no value.
pub(super) const ABSENT: Version = Version(u32::MAX);

/// A write, or a compare-and-set that swapped or may have.
struct Write<'j> {
    value: &'j Value,
    client: u32,
    invoked: At,
    /// `None`: nobody knows.
    returned: Option<At>,
    /// What a compare-and-set found.
    found: Option<&'j Value>,
}

pub(super) struct Versions<'j> {
    writes: Vec<Write<'j>>,
    /// Why some value could not be placed.
    pub(super) doubt: Option<String>,
}

impl Versions<'_> {
    /// Whether the first is certainly older than the second.
    pub(super) fn older(&self, one: Version, other: Version) -> bool {
        if one == other || other == ABSENT {
            return false;
        }
        if one == ABSENT {
            return true;
        }
        let (one, other) = (self.write(one), self.write(other));
        one.returned.is_some_and(|returned| returned < other.invoked) || other.found == Some(one.value)
    }

    /// Of two, the one that binds more: more is certainly older than it.
    pub(super) fn newer(&self, one: Version, other: Version) -> Version {
        if self.begun(one) >= self.begun(other) { one } else { other }
    }

    /// Who wrote it, and when it was invoked.
    pub(super) fn written(&self, version: Version) -> Option<(u32, At)> {
        (version != ABSENT).then(|| (self.write(version).client, self.write(version).invoked))
    }

    pub(super) fn shown(&self, version: Version) -> String {
        if version == ABSENT { "nothing".to_owned() } else { format!("{:?}", self.write(version).value) }
    }

    fn write(&self, version: Version) -> &Write<'_> {
        &self.writes[version.0 as usize]
    }

    fn begun(&self, version: Version) -> Option<At> {
        self.written(version).map(|(_, at)| at)
    }
}

/// The versions, and what was answered, in the order of the journal.
pub(super) fn sort_out<'j>(facts: &Facts<'j>) -> (Versions<'j>, Vec<Answer>) {
    let mut versions = Versions { writes: Vec::new(), doubt: None };
    let mut numbers = Numbers::default();
    for call in &facts.calls {
        let Some(session) = call.session else {
            continue;
        };
        let (value, found) = match call.op {
            Op::Write { value, .. } => (value, None),
            Op::Cas { expected, value, .. } => (value, expected.as_ref()),
            _ => continue,
        };
        let happened = !matches!(call.outcome(), Outcome::Failed(_) | Outcome::Ok(OpResult::Cas { swapped: false }));
        if happened {
            let client = numbers.client(call.client);
            let acknowledged = seen(call).and(call.returned).map(|returned| returned.at);
            let number = Version(versions.writes.len() as u32);
            versions.writes.push(Write { value, client, invoked: call.invoked, returned: acknowledged, found });
            if numbers.values.insert((session, value.as_bytes()), number).is_some() {
                versions
                    .doubt
                    .get_or_insert_with(|| format!("{value:?} was written twice, so who read it is in doubt"));
            }
        }
    }
    let answers = answers(facts, &mut versions, &mut numbers);
    (versions, answers)
}

fn answers<'j>(facts: &Facts<'j>, versions: &mut Versions<'j>, numbers: &mut Numbers<'j>) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(facts.calls.len());
    // Mostly a session still has the value that it had.
    let mut last: Vec<Option<(&'j Value, Version)>> = vec![None; facts.sessions.len()];
    for (place, call) in (0..).zip(&facts.calls) {
        let (Some((value, is_read)), Some(returned), Some(key)) = (seen(call), call.returned, call.session) else {
            continue;
        };
        let version = match value {
            None => ABSENT,
            Some(value) => {
                let same = last[key as usize].filter(|(last, _)| *last == value).map(|(_, version)| version);
                let Some(version) = same.or_else(|| numbers.values.get(&(key, value.as_bytes())).copied()) else {
                    let doubt = || format!("{} read {value:?}, which nobody wrote", call.client);
                    versions.doubt.get_or_insert_with(doubt);
                    continue;
                };
                last[key as usize] = Some((value, version));
                version
            }
        };
        let client = numbers.client(call.client);
        let (invoked, site) = (call.invoked, returned.site);
        answers.push(Answer { client, key, site, version, is_read, invoked, returned: returned.at, call: place });
    }
    answers
}

/// Clients and values as numbers.
#[derive(Default)]
struct Numbers<'j> {
    clients: Lookup<ClientId, u32>,
    values: Lookup<(u32, &'j [u8]), Version>,
}

impl<'j> Numbers<'j> {
    fn client(&mut self, client: ClientId) -> u32 {
        let next = self.clients.len() as u32;
        *self.clients.entry(client).or_insert(next)
    }
}
