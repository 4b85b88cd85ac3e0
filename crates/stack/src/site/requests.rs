//! What clients asked, until it is answered. A follower passes requests on to the leader; a leader answers once the operation is applied *and* a quorum has accepted
//! the leader, in the current epoch, in a round that began after the request arrived.

use super::Site;
use crate::entry::{self, Payload, SessionCommand};
use crate::io::{Output, Ticket};
use crate::message::Message;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use firedrill_model::{Key, LogIndex, NotApplied, Op, Request, Response, Role, SiteId, Term, Time};

/// More requests than that are not taken on.
const MOST: usize = 10_000;
/// So many of the latest requests of a peer's process are remembered, so that a copy of one is known for what it is.
const REMEMBERED: usize = 256;
/// Of so many processes of a peer; of the requests of an earlier one nothing is known.
const PROCESSES: usize = 8;

/// Who asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    Client(Ticket),
    Peer(SiteId, u64),
}

#[derive(Clone, Debug)]
struct Read {
    origin: Origin,
    key: Key,
    /// Answered from the state as of this entry or later.
    index: LogIndex,
    round: u64,
}

#[derive(Clone, Debug)]
struct Write {
    origin: Origin,
    index: LogIndex,
    round: u64,
    response: Option<Response>,
}

/// The open requests of a site. `reads` and `writes` are a leader's, in the order of their rounds and entries.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    patience: Duration,
    reads: VecDeque<Read>,
    writes: VecDeque<Write>,
    forwarded: BTreeMap<u64, (Ticket, Time)>,
    next_forward: u64,
    /// The term in which this process began: what was asked of an earlier one in that term or before is not known.
    first_term: Term,
    /// By peer, and the process that its requests are named after.
    taken: BTreeMap<(SiteId, u64), Taken>,
}

/// The requests of a peer's process that were taken on. Their names rise.
#[derive(Clone, Debug, Default)]
struct Taken {
    ids: BTreeSet<u64>,
    /// Of those up to here it is forgotten.
    forgotten: Option<u64>,
    /// How many processes were known before it.
    number: usize,
}

/// The process that a request is named after.
fn process(id: u64) -> u64 {
    id >> 32
}

impl Taken {
    fn has_forgotten(&self, id: u64) -> bool {
        self.forgotten.is_some_and(|last| id <= last)
    }

    fn insert(&mut self, id: u64) {
        self.ids.insert(id);
        if self.ids.len() > REMEMBERED {
            self.forgotten = self.ids.pop_first();
        }
    }
}

impl Requests {
    /// With no request; a leader that does not answer for `patience` leaves the client in doubt.
    pub fn new(patience: Duration) -> Requests {
        let (reads, writes) = (VecDeque::new(), VecDeque::new());
        Requests {
            patience,
            reads,
            writes,
            forwarded: BTreeMap::new(),
            next_forward: 0,
            first_term: Term(0),
            taken: BTreeMap::new(),
        }
    }

    /// About how many bytes the requests take in memory.
    pub fn memory(&self) -> usize {
        let open = self.reads.len() * size_of::<Read>() + self.writes.len() * size_of::<Write>();
        let forwarded = self.forwarded.len() * size_of::<(u64, (Ticket, Time))>();
        let taken: usize =
            self.taken.values().map(|taken| size_of::<Taken>() + taken.ids.len() * size_of::<u64>()).sum();
        open + forwarded + taken
    }

    /// A process begins, of this name and in this term. What it passes on is named apart from all that an earlier one passed on, whose answers may still come.
    pub fn begin(&mut self, process: u32, term: Term) {
        self.next_forward = u64::from(process) << 32;
        self.first_term = term;
    }

    /// Names a request of a client that is passed on.
    pub fn forward(&mut self, ticket: Ticket, now: Time) -> u64 {
        let id = self.next_forward;
        self.next_forward += 1;
        self.forwarded.insert(id, (ticket, now + self.patience));
        id
    }

    /// Takes on a request of a peer: whether it is new; `None` if that is forgotten.
    pub fn take(&mut self, from: SiteId, id: u64) -> Option<bool> {
        let key = (from, process(id));
        if !self.taken.contains_key(&key) {
            self.remember(from, process(id));
        }
        let taken = self.taken.get_mut(&key)?;
        if taken.ids.contains(&id) {
            return Some(false);
        }
        if taken.has_forgotten(id) {
            return None;
        }
        taken.insert(id);
        Some(true)
    }

    /// A process of a peer passes on its first request. Of the one that was the first of many before it, all is forgotten now.
    fn remember(&mut self, from: SiteId, process: u64) {
        let number = self.taken.len();
        self.taken.insert((from, process), Taken { number, ..Taken::default() });
        let known =
            self.taken.iter_mut().filter(|((site, _), taken)| *site == from && taken.forgotten != Some(u64::MAX));
        let mut known: Vec<&mut Taken> = known.map(|(_, taken)| taken).collect();
        if known.len() > PROCESSES
            && let Some(first) = known.iter_mut().min_by_key(|taken| taken.number)
        {
            first.ids.clear();
            first.forgotten = Some(u64::MAX);
        }
    }

    fn taken(&self, from: SiteId, id: u64) -> Option<&Taken> {
        self.taken.get(&(from, process(id)))
    }

    /// Whether no more requests are taken on.
    pub fn full(&self) -> bool {
        self.len() >= MOST
    }

    fn len(&self) -> usize {
        self.reads.len() + self.writes.len() + self.forwarded.len()
    }

    /// When the first forwarded request is given up.
    pub fn deadline(&self) -> Time {
        self.forwarded.first_key_value().map_or(Time::MAX, |(_, (_, deadline))| *deadline)
    }

    /// Gives up forwarded requests that the leader did not answer.
    pub fn expire(&mut self, now: Time, out: &mut VecDeque<Output>) {
        while let Some(first) = self.forwarded.first_entry()
            && first.get().1 <= now
        {
            let (ticket, _) = first.remove();
            out.push_back(Output::Reply { ticket, response: Response::Unknown });
        }
    }

    /// The leader answered a forwarded request.
    pub fn forward_answered(&mut self, id: u64, response: Response, out: &mut VecDeque<Output>) {
        if let Some((ticket, _)) = self.forwarded.remove(&id) {
            out.push_back(Output::Reply { ticket, response });
        }
    }

    /// An entry was applied with this response.
    pub fn applied(&mut self, index: LogIndex, response: Response) {
        if let Ok(at) = self.writes.binary_search_by_key(&index, |write| write.index) {
            self.writes[at].response = Some(response);
        }
    }
}

impl Site {
    /// A request arrived that a peer passed on. It may be a copy, so it is refused only if no copy of it was or will ever be taken on.
    pub(super) fn forward_received(&mut self, now: Time, from: SiteId, id: u64, term: Term, request: Request) {
        let origin = Origin::Peer(from, id);
        let known = self.requests.taken(from, id).is_some_and(|taken| taken.ids.contains(&id));
        let forgotten = self.requests.taken(from, id).is_some_and(|taken| taken.has_forgotten(id));
        if known {
            return;
        }
        if forgotten || term <= self.requests.first_term {
            return self.reply(origin, Response::Unknown);
        }
        if self.raft.role() != Role::Leader || self.raft.term() != term {
            return self.reply(origin, Response::NotApplied(NotApplied::NoLeader));
        }
        self.requests.take(from, id);
        self.request_received(now, origin, request);
    }

    /// A request arrived, from a client or from a peer that passed it on.
    pub(super) fn request_received(&mut self, now: Time, origin: Origin, request: Request) {
        if request.op.is_of_log() {
            return self.log_request(now, origin, request);
        }
        if let Err(why) = self.admit(&origin, &request) {
            return self.reply(origin, Response::NotApplied(why));
        }
        if self.raft.role() == Role::Leader {
            return self.lead(now, origin, request);
        }
        match (origin, self.raft.leader()) {
            (Origin::Client(ticket), Some(to)) => {
                let id = self.requests.forward(ticket, now);
                self.out
                    .push_back(Output::Send { to, message: Message::Forward { id, term: self.raft.term(), request } });
            }
            // A request is passed on once: leaders may not agree with followers about who leads.
            _ => self.reply(origin, Response::NotApplied(NotApplied::NoLeader)),
        }
    }

    /// Whether a request can be taken on.
    fn admit(&self, origin: &Origin, request: &Request) -> Result<(), NotApplied> {
        if !self.recovered() {
            return Err(NotApplied::NoLeader);
        }
        let Some(service) = self.control.service(request.service) else {
            return Err(NotApplied::Invalid);
        };
        if !entry::fits(&request.op) {
            return Err(NotApplied::Invalid);
        }
        if !request.op.is_read() && self.raft.hands_over() {
            return Err(NotApplied::NoLeader);
        }
        if self.requests.full() {
            return Err(NotApplied::Busy);
        }
        // Where it is served is asked where the client knocked; the leader takes on what a peer has admitted.
        if matches!(origin, Origin::Client(_)) && !service.sites.contains(self.me) {
            return Err(NotApplied::NotPromoted);
        }
        Ok(())
    }

    /// Takes on a request as the leader.
    fn lead(&mut self, now: Time, origin: Origin, request: Request) {
        let round = self.raft.want_round();
        if let Op::Read { key } = request.op {
            let index = self.raft.commit().max(self.raft.term_start());
            self.requests.reads.push_back(Read { origin, key, index, round });
            return;
        }
        let command = SessionCommand { session: request.session, seq: request.seq, op: request.op };
        let (raft, mut ctx) = self.context(now);
        let index = raft.propose(&mut ctx, Payload::Session(Arc::new(command)));
        self.requests.writes.push_back(Write { origin, index, round, response: None });
    }

    /// Answers what can be answered now.
    pub(super) fn answer(&mut self, now: Time) {
        if self.raft.role() != Role::Leader {
            return self.give_up_leading();
        }
        while let Some(read) = self.requests.reads.front() {
            let (index, round) = (read.index, read.round);
            if self.applied < index || !self.accepted(now, round) {
                break;
            }
            let Some(read) = self.requests.reads.pop_front() else {
                break;
            };
            let result = self.sessions.read(&read.key);
            self.reply(read.origin, Response::Done(result));
        }
        while let Some(write) = self.requests.writes.front() {
            let round = write.round;
            if write.response.is_none() || !self.accepted(now, round) {
                break;
            }
            let Some(write) = self.requests.writes.pop_front() else {
                break;
            };
            self.reply(write.origin, write.response.unwrap_or(Response::Unknown));
        }
    }

    pub(super) fn accepted(&mut self, now: Time, round: u64) -> bool {
        let (raft, mut ctx) = self.context(now);
        raft.accepted(&mut ctx, round)
    }

    /// A site that no longer leads: its reads did not take place; its writes may yet.
    fn give_up_leading(&mut self) {
        while let Some(read) = self.requests.reads.pop_front() {
            self.reply(read.origin, Response::NotApplied(NotApplied::NoLeader));
        }
        while let Some(write) = self.requests.writes.pop_front() {
            self.reply(write.origin, Response::Unknown);
        }
    }

    pub(super) fn reply(&mut self, origin: Origin, response: Response) {
        self.out.push_back(match origin {
            Origin::Client(ticket) => Output::Reply { ticket, response },
            Origin::Peer(to, id) => Output::Send { to, message: Message::ForwardReply { id, response } },
        });
    }
}
