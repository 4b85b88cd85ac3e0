//! The newest version of each session that each client knows of.

use super::Answer;
use super::versions::{Version, Versions};

/// By session: per client, of whom few use a session.
#[derive(Default)]
pub(super) struct Newest {
    known: Vec<Vec<(u32, Version)>>,
}

impl Newest {
    /// What the client of this operation knows of its session.
    pub(super) fn of(&self, answer: &Answer) -> Option<Version> {
        let clients = self.known.get(answer.key as usize)?;
        clients.iter().find(|(client, _)| *client == answer.client).map(|(_, version)| *version)
    }

    /// The client of this operation knows what it read or wrote.
    pub(super) fn learn(&mut self, answer: &Answer, versions: &Versions<'_>) {
        let key = answer.key as usize;
        if self.known.len() <= key {
            self.known.resize_with(key + 1, Vec::new);
        }
        let clients = &mut self.known[key];
        match clients.iter_mut().find(|(client, _)| *client == answer.client) {
            Some((_, version)) => *version = versions.newer(answer.version, *version),
            None => clients.push((answer.client, answer.version)),
        }
    }
}
