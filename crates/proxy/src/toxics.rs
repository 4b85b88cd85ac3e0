//! The toxics of one proxy and the live connections that they strike. Both change under one lock, so that a connection gets
//! either the toxics of before a change or of after it, and a change is in force everywhere when it is answered.

use crate::chain::Chain;
use crate::error::Error;
use crate::pump::Link;
use crate::toxic::{Stream, Toxic};
use firedrill_model::Rng;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The toxics of a proxy, in order of addition.
#[derive(Debug)]
pub(crate) struct Toxics {
    state: Mutex<State>,
    rng: Rng,
}

#[derive(Debug, Default)]
struct State {
    list: Vec<Toxic>,
    added: u64,
    accepted: u64,
    live: BTreeMap<u64, Links>,
}

type Links = [(Stream, Arc<Link>); 2];

/// A connection's part in it; leaves when dropped.
#[derive(Debug)]
pub(crate) struct Membership {
    toxics: Arc<Toxics>,
    connection: u64,
    /// From the client to the upstream.
    pub upstream: Arc<Link>,
    /// From the upstream to the client.
    pub downstream: Arc<Link>,
}

impl Drop for Membership {
    fn drop(&mut self) {
        lock(&self.toxics.state).live.remove(&self.connection);
    }
}

impl Toxics {
    /// None yet; `rng` decides who is struck and by how much.
    pub fn new(rng: Rng) -> Toxics {
        Toxics { state: Mutex::default(), rng }
    }

    /// Takes in a new connection.
    pub fn join(self: &Arc<Self>) -> Membership {
        let (upstream, downstream) = (Arc::<Link>::default(), Arc::<Link>::default());
        let links = [(Stream::Upstream, upstream.clone()), (Stream::Downstream, downstream.clone())];
        let mut state = lock(&self.state);
        let connection = state.accepted;
        state.accepted += 1;
        for toxic in &state.list {
            self.strike(toxic, connection, &links, |chain, rule| chain.attach(toxic.id, rule));
        }
        state.live.insert(connection, links);
        Membership { toxics: self.clone(), connection, upstream, downstream }
    }

    /// All of them.
    pub fn list(&self) -> Vec<Toxic> {
        lock(&self.state).list.clone()
    }

    /// The one of this name.
    pub fn get(&self, name: &str) -> Result<Toxic, Error> {
        lock(&self.state).find(name).cloned()
    }

    /// Adds one behind the others.
    pub fn add(&self, toxic: Toxic) -> Result<Toxic, Error> {
        let mut state = lock(&self.state);
        match state.find(&toxic.name) {
            Ok(_) => Err(Error::ToxicExists(toxic.name)),
            Err(_) => Ok(self.append(&mut state, toxic)),
        }
    }

    /// Replaces one by what `edit` makes of it, which may change all but name and stream.
    pub fn change(&self, name: &str, edit: impl FnOnce(&Toxic) -> Result<Toxic, Error>) -> Result<Toxic, Error> {
        let mut state = lock(&self.state);
        let changed = edit(state.find(name)?)?;
        if let Some(place) = state.list.iter_mut().find(|toxic| toxic.name == name) {
            *place = changed.clone();
        }
        for (connection, links) in &state.live {
            self.strike(&changed, *connection, links, |chain, rule| chain.change(changed.id, rule));
        }
        Ok(changed)
    }

    /// Takes one away.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        let mut state = lock(&self.state);
        let id = state.find(name)?.id;
        state.remove(&[id]);
        Ok(())
    }

    /// Takes all away and adds these, as one change.
    pub fn replace(&self, toxics: Vec<Toxic>) {
        let mut state = lock(&self.state);
        let old: Vec<u64> = state.list.iter().map(|toxic| toxic.id).collect();
        state.remove(&old);
        for toxic in toxics {
            self.append(&mut state, toxic);
        }
    }

    fn append(&self, state: &mut State, toxic: Toxic) -> Toxic {
        let toxic = Toxic { id: state.added, ..toxic };
        state.added += 1;
        for (connection, links) in &state.live {
            self.strike(&toxic, *connection, links, |chain, rule| chain.attach(toxic.id, rule));
        }
        state.list.push(toxic.clone());
        toxic
    }

    fn strike(
        &self,
        toxic: &Toxic,
        connection: u64,
        links: &Links,
        act: impl FnOnce(&mut Chain, Box<dyn crate::stage::Rule>),
    ) {
        if let Some((_, link)) = links.iter().find(|(stream, _)| *stream == toxic.stream) {
            let rule = toxic.rule(Instant::now(), self.rng.split(connection).split(toxic.id));
            link.alter(|chain| act(chain, rule));
        }
    }
}

impl State {
    fn find(&self, name: &str) -> Result<&Toxic, Error> {
        self.list.iter().find(|toxic| toxic.name == name).ok_or_else(|| Error::ToxicNotFound(name.into()))
    }

    fn remove(&mut self, ids: &[u64]) {
        self.list.retain(|toxic| !ids.contains(&toxic.id));
        for (_, link) in self.live.values().flatten() {
            link.alter(|chain| ids.iter().for_each(|id| chain.detach(*id)));
        }
    }
}

/// Locks it; what a panicking thread left behind is as good as any, for nothing here is changed in steps that can fail.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_left_is_forgotten() {
        let toxics = Arc::new(Toxics::new(Rng::new(0, "")));
        let (stays, leaves) = (toxics.join(), toxics.join());
        drop(leaves);
        let live: Vec<u64> = lock(&toxics.state).live.keys().copied().collect();
        assert_eq!(live, [stays.connection]);
    }
}
