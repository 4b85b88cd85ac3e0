//! What lies in the event queue. (A site's timer does not: see `Sim::wakes`.)

use crate::disk::Completion;
use crate::network::Passage;
use firedrill_drill::world::Action;
use firedrill_model::{Request, Response, SiteId};
use firedrill_stack::Message;
use firedrill_stack::io::{Input, Ticket};

/// Something that is to happen.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A site's process starts: the run begins, or something restarts it.
    Boot(SiteId),
    /// A command of the drill is due.
    Command(Action),
    /// A peer's message arrives.
    Message { from: SiteId, to: SiteId, passage: Passage, message: Message },
    /// A client's request arrives.
    Request { to: SiteId, passage: Passage, ticket: Ticket, request: Request },
    /// The end of a request reaches the client.
    Response { passage: Passage, ticket: Ticket, ending: Ending },
    /// A site's disk is done with something that a certain process asked for, unless the power failed since.
    Disk { site: SiteId, boot: u32, process: u32, completion: Completion },
    /// A certain process, which needs time for what it is told, comes to this.
    Work { site: SiteId, process: u32, input: Input },
}

/// How a request ends for the client.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// With an answer.
    Answered(Response),
    /// The connection was refused.
    Refused,
    /// The connection broke.
    Broken,
}
