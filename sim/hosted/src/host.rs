//! What a host does for its world.

use firedrill_model::{Endpoint, SiteId, Time};

/// A runtime with virtual time and a machine for each site and region.
pub trait Host {
    /// How far it has run.
    fn now(&self) -> Time;
    /// Lets it run to the earlier of two instants, or less, if something has come up ([`crate::Stage::has_come_up`]); false: with its resolution it can't
    /// go on without passing `until`.
    fn advance(&mut self, until: Time, due: Time) -> bool;
    /// Starts the process of a site, which has none.
    fn start(&mut self, site: SiteId);
    /// Kills the process of a site, and closes its connections.
    fn kill(&mut self, site: SiteId);
    /// Messages of `from` to `to` are delivered, or not.
    fn link(&mut self, from: Endpoint, to: Endpoint, open: bool);
}
