//! How new a site's answers must be, for what it has served already.

use super::Answer;
use super::versions::{ABSENT, Version, Versions};
use crate::facts::At;
use firedrill_model::SiteId;
use std::collections::BTreeMap;

/// What precedes each client's writes, and how many of these each site has shown to hold.
#[derive(Default)]
pub(super) struct Floors {
    /// By session, one per client.
    precede: Vec<Vec<Precedes>>,
    /// By site, by client: when the last of the client's writes was invoked that the site has served.
    served: BTreeMap<SiteId, Vec<Option<At>>>,
}

/// What precedes a client's writes in a session.
struct Precedes {
    client: u32,
    /// From which instant on its writes come after which version. Later ones bind more.
    known: Vec<(At, Version)>,
}

impl Floors {
    /// Whatever the client writes from now on comes after this.
    pub(super) fn precedes(&mut self, answer: &Answer, versions: &Versions<'_>) {
        if answer.version == ABSENT {
            return;
        }
        let key = answer.key as usize;
        if self.precede.len() <= key {
            self.precede.resize_with(key + 1, Vec::new);
        }
        let clients = &mut self.precede[key];
        let place = clients.iter().position(|of| of.client == answer.client).unwrap_or_else(|| {
            clients.push(Precedes { client: answer.client, known: Vec::new() });
            clients.len() - 1
        });
        let known = &mut clients[place].known;
        let last = known.last().map(|(_, version)| *version);
        let newest = last.map_or(answer.version, |last| versions.newer(answer.version, last));
        if last != Some(newest) {
            known.push((answer.returned, newest));
        }
    }

    /// A site returned this to somebody, so it holds all that precedes it.
    pub(super) fn served(&mut self, answer: &Answer, versions: &Versions<'_>) {
        if let (Some(site), Some((writer, invoked))) = (answer.site, versions.written(answer.version)) {
            let served = self.served.entry(site).or_default();
            let writer = writer as usize;
            if served.len() <= writer {
                served.resize(writer + 1, None);
            }
            served[writer] = served[writer].max(Some(invoked));
        }
    }

    /// What the site of a read is known to hold of its session, the newest; `None`: nothing.
    pub(super) fn of(&self, read: &Answer, versions: &Versions<'_>) -> Option<Version> {
        let served = self.served.get(&read.site?)?;
        let floor = |before: &Precedes| {
            let served = (*served.get(before.client as usize)?)?;
            let known = before.known.partition_point(|(from, _)| *from < served);
            before.known.get(known.checked_sub(1)?).map(|(_, version)| *version)
        };
        let floors = self.precede.get(read.key as usize)?.iter().filter_map(floor);
        floors.reduce(|one, other| versions.newer(one, other))
    }
}
