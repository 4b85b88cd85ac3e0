//! Carries out what the drill commands, each thing at its time.

use crate::client::{Pool, Sent};
use crate::events::Events;
use crate::faults::{Faults, Telling};
use firedrill_drill::world::{Action, Command, RequestId, WorldEvent};
use firedrill_model::{Fault, FaultId, LogIndex, RegionId, Request, SiteId, Time};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;

/// A site that does not report its state within this is not up.
const REPORT_DEADLINE: Duration = Duration::from_secs(3);

/// What carries out commands. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hands(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    events: Events,
    /// The services' names, by service.
    services: Vec<String>,
    /// Through the proxy, by region and site.
    clients: Vec<Vec<Pool>>,
    /// Directly, by site.
    sites: Vec<Pool>,
    faults: Arc<Faults>,
    waiting: Mutex<BTreeMap<RequestId, AbortHandle>>,
    /// Faults that are told to have begun when they strike, and the mechanisms of them.
    untold: Mutex<BTreeMap<FaultId, &'static str>>,
}

/// Whether a fault has struck is looked at this often.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// How a site's process describes its state.
#[derive(Debug, Deserialize)]
struct Status {
    applied: LogIndex,
    digest: String,
    log_digest: String,
}

impl Hands {
    /// `clients`: through the proxy, by region and site; `sites`: directly, by site.
    pub fn new(
        events: Events,
        services: Vec<String>,
        clients: Vec<Vec<Pool>>,
        sites: Vec<Pool>,
        faults: Arc<Faults>,
    ) -> Hands {
        Hands(Arc::new(Inner {
            events,
            services,
            clients,
            sites,
            faults,
            waiting: Mutex::default(),
            untold: Mutex::default(),
        }))
    }

    /// Takes over a command. Must be called within the runtime.
    pub fn take(&self, command: Command) {
        let Command { due, action } = command;
        match action {
            Action::Send { id, region, site, request } => self.send(due, id, (region, site), request),
            Action::Forget { id } => self.at(due, async move |hands| hands.forget(id)),
            Action::Begin { id, fault } => self.at(due, async move |hands| hands.begin(id, fault).await),
            Action::End { id } => self.at(due, async move |hands| hands.end(id).await),
            Action::Report => self.at(due, async move |hands| hands.report().await),
        }
    }

    fn at<F>(&self, due: Time, act: impl FnOnce(Hands) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let hands = self.clone();
        tokio::spawn(async move {
            hands.0.events.clock().sleep_until(due).await;
            act(hands).await;
        });
    }

    fn send(&self, due: Time, id: RequestId, way: (RegionId, SiteId), request: Request) {
        let hands = self.clone();
        // Held while the task is made, so that it can't end before it is known.
        let mut waiting = self.waiting();
        let task = tokio::spawn(async move {
            hands.0.events.clock().sleep_until(due).await;
            let event = hands.sent(id, way, &request).await;
            // One that was forgotten meanwhile has nothing more to tell.
            if hands.waiting().remove(&id).is_some() {
                hands.0.events.tell(event);
            }
        });
        waiting.insert(id, task.abort_handle());
    }

    async fn sent(&self, id: RequestId, (region, site): (RegionId, SiteId), request: &Request) -> WorldEvent {
        let pool = self.0.clients.get(region.index()).and_then(|sites| sites.get(site.index()));
        let (Some(pool), Some(service)) = (pool, self.0.services.get(request.service.index())) else {
            return WorldEvent::Refused { id };
        };
        let sent = pool.send(request, service).await;
        if !matches!(sent, Sent::Answered(_)) && self.0.faults.is_lost(site) {
            // The proxy closes what it can't deliver; a machine that is gone would say nothing, so neither do we.
            return std::future::pending().await;
        }
        match sent {
            Sent::Answered(response) => WorldEvent::Answered { id, response },
            Sent::Refused => WorldEvent::Refused { id },
            Sent::Broken => WorldEvent::Broken { id },
        }
    }

    fn forget(&self, id: RequestId) {
        if let Some(task) = self.waiting().remove(&id) {
            task.abort();
        }
    }

    async fn begin(&self, id: FaultId, fault: Fault) {
        let (events, faults) = (&self.0.events, &self.0.faults);
        let Some(mechanism) = faults.mechanism(&fault) else {
            return events.tell(WorldEvent::FaultBegan { id, struck: false, mechanism: None });
        };
        let began = |struck| WorldEvent::FaultBegan { id, struck, mechanism: Some(mechanism.to_owned()) };
        let failed = |error| WorldEvent::Failed { error: format!("{} can't begin: {error}", fault.kind().name()) };
        let telling = Faults::telling(&fault);
        match telling {
            Telling::Before => match faults.would_strike(&fault).await {
                Ok(struck) => events.tell(began(struck)),
                Err(error) => return events.tell(failed(error)),
            },
            Telling::After => {}
            Telling::WhenItStrikes => drop(self.untold().insert(id, mechanism)),
        }
        match faults.begin(id, &fault).await {
            Ok(struck) if telling == Telling::After => events.tell(began(struck)),
            Ok(_) if telling == Telling::WhenItStrikes => self.tell_when_it_strikes(id, fault),
            Ok(_) => {}
            Err(error) => events.tell(failed(error)),
        }
    }

    /// Looks again and again until the fault has struck or is over.
    fn tell_when_it_strikes(&self, id: FaultId, fault: Fault) {
        let hands = self.clone();
        tokio::spawn(async move {
            while hands.untold().contains_key(&id) {
                if hands.tell_if_struck(id, &fault).await {
                    return;
                }
                tokio::time::sleep(LOOKS_EVERY).await;
            }
        });
    }

    /// Looks whether a fault has struck, and tells it if so. Whether there is nothing more to look for.
    async fn tell_if_struck(&self, id: FaultId, fault: &Fault) -> bool {
        match self.0.faults.struck(id, fault).await {
            Ok(None) => return false,
            Ok(Some(at)) => self.tell_untold(id, Some(at)),
            Err(error) => {
                let error = format!("whether {id} struck can't be seen: {error}");
                self.0.events.tell(WorldEvent::Failed { error });
            }
        }
        true
    }

    /// Tells that a fault began, if that was not told yet: when it struck, in nanoseconds of the monotonic clock, or now, if it did not.
    fn tell_untold(&self, id: FaultId, struck: Option<u64>) {
        if let Some(mechanism) = self.untold().remove(&id) {
            let (events, mechanism) = (&self.0.events, Some(mechanism.to_owned()));
            let t = struck.map_or_else(|| events.clock().now(), |at| events.clock().at(at));
            events.tell_at(t, WorldEvent::FaultBegan { id, struck: struck.is_some(), mechanism });
        }
    }

    async fn end(&self, id: FaultId) {
        let untold = self.untold().contains_key(&id);
        if let (true, Some(fault)) = (untold, self.0.faults.of(id)) {
            self.tell_if_struck(id, &fault).await;
        }
        self.tell_untold(id, None);
        match self.0.faults.end(id).await {
            Ok(()) => self.0.events.tell(WorldEvent::FaultEnded { id }),
            Err(error) => self.0.events.tell(WorldEvent::Failed { error: format!("{id} can't end: {error}") }),
        }
    }

    async fn report(&self) {
        let states = futures_util::future::join_all(self.0.sites.iter().map(status)).await;
        for (index, state) in states.into_iter().enumerate() {
            let up = state.is_some();
            let (applied, digest, log_digest) = state.unwrap_or_default();
            let site = SiteId(index as u8);
            self.0.events.tell(WorldEvent::FinalState { site, up, applied, digest, log_digest });
        }
    }

    fn untold(&self) -> MutexGuard<'_, BTreeMap<FaultId, &'static str>> {
        self.0.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<RequestId, AbortHandle>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far a site has applied the log, and the digest of its state; `None`: it does not answer.
pub async fn status(site: &Pool) -> Option<(LogIndex, u64, u64)> {
    let http = hyper::Request::get("/v1/status").header("host", "site").body(Full::new(Bytes::new())).ok()?;
    let answer = tokio::time::timeout(REPORT_DEADLINE, site.exchange(http)).await.ok()?;
    let (head, body) = answer.ok()?;
    if !head.status.is_success() {
        return None;
    }
    let status: Status = serde_json::from_slice(&body).ok()?;
    let digest = |text: &str| u64::from_str_radix(text, 16).ok();
    Some((status.applied, digest(&status.digest)?, digest(&status.log_digest)?))
}
