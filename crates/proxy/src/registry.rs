//! The proxies of a server, by name. One lock: what the API does is done one after the other.

use crate::error::Error;
use crate::metrics::Sample;
use crate::proxy::{Proxy, Shown, resolve};
use crate::toxic::Toxic;
use firedrill_model::Rng;
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// The proxies.
#[derive(Debug)]
pub(crate) struct Registry {
    proxies: Mutex<Proxies>,
    seed: u64,
}

#[derive(Debug, Default)]
struct Proxies {
    by_name: BTreeMap<String, Proxy>,
    closed: bool,
}

/// A proxy as it is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Its name, not empty.
    pub name: String,
    /// Where to listen.
    pub listen: String,
    /// Where to dial, not empty.
    pub upstream: String,
    /// Whether it listens.
    pub enabled: bool,
    /// Exactly these toxics; none says nothing about toxics. Their names differ.
    pub toxics: Vec<Toxic>,
}

/// What is to change in a proxy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    /// Where to listen.
    pub listen: Option<String>,
    /// Where to dial.
    pub upstream: Option<String>,
    /// Whether it listens.
    pub enabled: Option<bool>,
}

impl Registry {
    /// No proxies; the seed decides whom toxics strike and by how much.
    pub fn new(seed: u64) -> Registry {
        Registry { proxies: Mutex::default(), seed }
    }

    /// All of them.
    pub async fn list(&self) -> BTreeMap<String, Shown> {
        let proxies = self.proxies.lock().await;
        proxies.by_name.iter().map(|(name, proxy)| (name.clone(), proxy.show())).collect()
    }

    /// What all of them have to report.
    pub async fn samples(&self) -> Vec<Sample> {
        self.proxies.lock().await.by_name.values().flat_map(Proxy::samples).collect()
    }

    /// Does something with the proxy of this name.
    pub async fn with<T>(&self, name: &str, act: impl FnOnce(&Proxy) -> Result<T, Error>) -> Result<T, Error> {
        act(self.proxies.lock().await.get(name)?)
    }

    /// Makes a new one.
    pub async fn create(&self, wanted: Wanted) -> Result<Shown, Error> {
        let mut proxies = self.proxies.lock().await;
        proxies.refuse_if_closed()?;
        resolve(&wanted.listen).await?;
        if proxies.by_name.contains_key(&wanted.name) {
            return Err(Error::ProxyExists(wanted.name));
        }
        let mut proxy = self.make(&wanted);
        if wanted.enabled {
            proxy.start().await?;
        }
        let shown = proxy.show();
        proxies.by_name.insert(wanted.name, proxy);
        Ok(shown)
    }

    /// Makes those that are missing, replaces those that have other addresses, leaves the others and their connections alone. Stops
    /// at the first that fails; gives those done before, too.
    pub async fn populate(&self, wanted: Vec<Wanted>) -> (Vec<Shown>, Result<(), Error>) {
        let mut proxies = self.proxies.lock().await;
        let mut done = Vec::new();
        for one in wanted {
            match self.ensure(&mut proxies, one).await {
                Ok(shown) => done.push(shown),
                Err(error) => return (done, Err(error)),
            }
        }
        (done, Ok(()))
    }

    /// Changes one. Other addresses end its connections; its toxics stay.
    pub async fn update(&self, name: &str, changes: Changes) -> Result<Shown, Error> {
        let mut proxies = self.proxies.lock().await;
        proxies.refuse_if_closed()?;
        let proxy = proxies.get_mut(name)?;
        let listen = changes.listen.unwrap_or_else(|| proxy.listen().to_owned());
        let upstream = changes.upstream.unwrap_or_else(|| proxy.upstream().to_owned());
        let enabled = changes.enabled.unwrap_or_else(|| proxy.is_enabled());
        if !proxy.has_addresses(&listen, &upstream).await {
            resolve(&listen).await?;
            proxy.relocate(&listen, &upstream).await;
        }
        if enabled {
            proxy.start().await?;
        } else {
            proxy.stop().await;
        }
        Ok(proxy.show())
    }

    /// Ends one and forgets it.
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        let mut proxies = self.proxies.lock().await;
        proxies.get_mut(name)?.stop().await;
        proxies.by_name.remove(name);
        Ok(())
    }

    /// Removes every toxic and enables every proxy. Goes on past those that can't be enabled and gives the first such error.
    pub async fn reset(&self) -> Result<(), Error> {
        let mut proxies = self.proxies.lock().await;
        proxies.refuse_if_closed()?;
        let mut result = Ok(());
        for proxy in proxies.by_name.values_mut() {
            proxy.toxics().replace(Vec::new());
            let started = proxy.start().await;
            result = result.and(started);
        }
        result
    }

    /// Ends all and starts none any more.
    pub async fn close(&self) {
        let mut proxies = self.proxies.lock().await;
        proxies.closed = true;
        for proxy in proxies.by_name.values_mut() {
            proxy.stop().await;
        }
        proxies.by_name.clear();
    }

    async fn ensure(&self, proxies: &mut Proxies, wanted: Wanted) -> Result<Shown, Error> {
        proxies.refuse_if_closed()?;
        resolve(&wanted.listen).await?;
        if let Some(proxy) = proxies.by_name.get_mut(&wanted.name) {
            if proxy.has_addresses(&wanted.listen, &wanted.upstream).await {
                if !wanted.toxics.is_empty() {
                    proxy.toxics().replace(wanted.toxics);
                }
                return Ok(proxy.show());
            }
            proxy.stop().await;
        }
        let proxy = proxies.by_name.entry(wanted.name.clone()).insert_entry(self.make(&wanted)).into_mut();
        if wanted.enabled {
            proxy.start().await?;
        }
        Ok(proxy.show())
    }

    fn make(&self, wanted: &Wanted) -> Proxy {
        let rng = Rng::new(self.seed, &wanted.name);
        let proxy = Proxy::new(&wanted.name, &wanted.listen, &wanted.upstream, rng);
        proxy.toxics().replace(wanted.toxics.clone());
        proxy
    }
}

impl Proxies {
    fn get(&self, name: &str) -> Result<&Proxy, Error> {
        self.by_name.get(name).ok_or_else(|| Error::ProxyNotFound(name.into()))
    }

    fn get_mut(&mut self, name: &str) -> Result<&mut Proxy, Error> {
        self.by_name.get_mut(name).ok_or_else(|| Error::ProxyNotFound(name.into()))
    }

    fn refuse_if_closed(&self) -> Result<(), Error> {
        if self.closed { Err(Error::Closed) } else { Ok(()) }
    }
}
