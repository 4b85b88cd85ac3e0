//! Requests of clients that wait for an answer.

use firedrill_drill::world::RequestId;
use firedrill_model::{RegionId, SiteId};
use firedrill_stack::io::Ticket;
use std::collections::BTreeMap;

/// All requests of which the client still waits for the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    next: u64,
    open: BTreeMap<Ticket, Open>,
    tickets: BTreeMap<RequestId, Ticket>,
}

/// A request of which the client still waits for the end.
#[derive(Clone, Copy, Debug)]
struct Open {
    id: RequestId,
    region: RegionId,
    site: SiteId,
    received: bool,
}

impl Requests {
    /// A client sends a request. One of the same name that it still waited for is forgotten.
    pub(crate) fn send(&mut self, id: RequestId, region: RegionId, site: SiteId) -> Ticket {
        self.forget(id);
        let ticket = Ticket(self.next);
        self.next += 1;
        self.open.insert(ticket, Open { id, region, site, received: false });
        self.tickets.insert(id, ticket);
        ticket
    }

    /// The client no longer waits.
    pub(crate) fn forget(&mut self, id: RequestId) {
        if let Some(ticket) = self.tickets.remove(&id) {
            self.open.remove(&ticket);
        }
    }

    /// The site has the connection: whatever becomes of its process is what becomes of the request.
    pub(crate) fn received(&mut self, ticket: Ticket) {
        if let Some(open) = self.open.get_mut(&ticket) {
            open.received = true;
        }
    }

    /// An answer or a refusal leaves the site. Returns the region that it goes to, unless nobody waits for it or one left before.
    pub(crate) fn ends(&mut self, ticket: Ticket) -> Option<RegionId> {
        let open = self.open.get_mut(&ticket)?;
        std::mem::take(&mut open.received).then_some(open.region)
    }

    /// The end of a request reached the client.
    pub(crate) fn ended(&mut self, ticket: Ticket) -> Option<RequestId> {
        let open = self.open.remove(&ticket)?;
        self.tickets.remove(&open.id);
        Some(open.id)
    }

    /// The site no longer has the connection, and the client does not learn of it.
    pub(crate) fn lost(&mut self, ticket: Ticket) {
        if let Some(open) = self.open.get_mut(&ticket) {
            open.received = false;
        }
    }

    /// All requests of a region to a site of which the client still waits for the end.
    pub(crate) fn between(&self, region: RegionId, site: SiteId) -> Vec<Ticket> {
        let theirs = self.open.iter().filter(|(_, open)| (open.region, open.site) == (region, site));
        theirs.map(|(ticket, _)| *ticket).collect()
    }

    /// All requests that a site has and has not answered.
    pub(crate) fn held_by(&self, site: SiteId) -> Vec<Ticket> {
        let theirs = self.open.iter().filter(|(_, open)| open.site == site && open.received);
        theirs.map(|(ticket, _)| *ticket).collect()
    }
}
