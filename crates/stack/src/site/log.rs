//! The transaction log's way through the site: requests to the writer, decisions to the leader, questions to the quorum.

use super::Site;
use super::requests::Origin;
use crate::entry::{ControlCommand, MAX_VALUE, Payload};
use crate::io::Output;
use crate::message::Message;
use crate::wal::message::LogMessage;
use crate::wal::segment::Incarnation;
use crate::wal::{Context, Wal};
use alloc::collections::VecDeque;
use firedrill_model::{LogIndex, NotApplied, Op, Position, Request, Response, Role, SiteId, Time};

/// More questions than that are not taken on.
const MOST_QUESTIONS: usize = 1_000;

/// A writer's question whether it still writes, at the leader. Answered once the entry is applied and the round accepted.
#[derive(Clone, Copy, Debug)]
struct Question {
    from: SiteId,
    writer: Incarnation,
    number: u64,
    index: LogIndex,
    round: u64,
}

/// What a leader does for the log.
#[derive(Clone, Debug, Default)]
pub(super) struct LogDesk {
    questions: VecDeque<Question>,
    /// A decision that was proposed and is not applied yet.
    proposed: LogIndex,
}

impl Site {
    /// The log, and what it works on.
    pub(super) fn log_context(&mut self, now: Time) -> (&mut Wal, Context<'_>) {
        let accepts = self.accepts_writer();
        let new_disk = self.storage.incarnation() == 1;
        let Site { wal, control, out, switches, .. } = self;
        let (state, epoch) = (*control.log(), control.epoch());
        (wal, Context { now, state, epoch, accepts, new_disk, out, switches })
    }

    /// Whether nothing that this site knows speaks against the writer that the applied control state names: no higher epoch was seen, no entry of the replicated log that
    /// is still to be applied, committed or not, may name another; and what this site promises counts.
    fn accepts_writer(&self) -> bool {
        let log = self.raft.log();
        let fences = |index: u64| match log.get(LogIndex(index)).map(|entry| &entry.payload) {
            Some(Payload::Control(command)) => command.fences(),
            _ => false,
        };
        self.raft.accepts_writers()
            && self.storage.established()
            && self.storage.epoch() <= self.control.epoch()
            && !(self.applied.0 + 1..=log.last_index().0).any(fences)
    }

    /// A request about the log arrived, from a client or from a peer that passed it on.
    pub(super) fn log_request(&mut self, now: Time, origin: Origin, request: Request) {
        if let Err(why) = self.admit_log(&origin, &request) {
            return self.reply(origin, Response::NotApplied(why));
        }
        let state = *self.control.log();
        if state.writer == Some(self.me) {
            let (wal, mut ctx) = self.log_context(now);
            return wal.request(&mut ctx, origin, &request);
        }
        match (origin, state.writer, state.opened) {
            (Origin::Client(ticket), Some(to), Some(writer)) => {
                let id = self.requests.forward(ticket, now);
                let message = Message::Log(LogMessage::Forward { id, writer, request });
                self.out.push_back(Output::Send { to, message });
            }
            _ => self.reply(origin, Response::NotApplied(NotApplied::NoLeader)),
        }
    }

    fn admit_log(&self, origin: &Origin, request: &Request) -> Result<(), NotApplied> {
        if !self.recovered() {
            return Err(NotApplied::NoLeader);
        }
        let fits = match &request.op {
            Op::Append { record } => record.as_bytes().len() <= MAX_VALUE,
            _ => true,
        };
        let service = self.control.service(request.service).filter(|_| fits && self.has_log);
        let Some(service) = service else {
            return Err(NotApplied::Invalid);
        };
        if matches!(origin, Origin::Client(_)) && !service.sites.contains(self.me) {
            return Err(NotApplied::NotPromoted);
        }
        if self.requests.full() {
            return Err(NotApplied::Busy);
        }
        Ok(())
    }

    /// A message about the log arrived.
    pub(super) fn log_message_received(&mut self, now: Time, from: SiteId, message: LogMessage) {
        if !self.has_log || !message.is_plausible(self.control.sites()) {
            return;
        }
        match message {
            LogMessage::Forward { id, writer, request } => self.log_forward_received(now, from, id, writer, request),
            LogMessage::Propose { command } => self.log_decision_asked(now, from, command),
            LogMessage::Confirm { writer, number } => self.log_question_asked(from, writer, number),
            message => {
                let (wal, mut ctx) = self.log_context(now);
                wal.receive(&mut ctx, from, message);
            }
        }
    }

    /// A request arrived that a peer passed on, maybe as a copy. An earlier process may have taken it on, so it is never said not to have been.
    fn log_forward_received(&mut self, now: Time, from: SiteId, id: u64, writer: Incarnation, request: Request) {
        let origin = Origin::Peer(from, id);
        if self.wal.writes() != Some(writer) {
            return self.reply(origin, Response::Unknown);
        }
        match self.requests.take(from, id) {
            Some(true) => self.log_request(now, origin, request),
            Some(false) => {}
            None => self.reply(origin, Response::Unknown),
        }
    }

    /// After every input: lets the log go on, and carries what it wants to the leader.
    pub(super) fn settle_log(&mut self, now: Time) {
        if !self.has_log {
            return;
        }
        self.answer_questions(now);
        let (wal, mut ctx) = self.log_context(now);
        wal.settle(&mut ctx);
        if let Some(command) = self.wal.take_proposal(now) {
            self.propose_for_log(now, command);
        }
        if let Some((writer, number)) = self.wal.take_question(now) {
            match self.raft.leader() {
                Some(leader) if leader == self.me => self.log_question_asked(leader, writer, number),
                Some(to) => {
                    let message = Message::Log(LogMessage::Confirm { writer, number });
                    self.out.push_back(Output::Send { to, message });
                }
                None => {}
            }
        }
        for (origin, response) in self.wal.take_replies() {
            self.reply(origin, response);
        }
    }

    fn propose_for_log(&mut self, now: Time, command: ControlCommand) {
        match self.raft.leader() {
            Some(leader) if leader == self.me => self.log_decision_asked(now, leader, command),
            Some(to) => {
                let message = Message::Log(LogMessage::Propose { command });
                self.out.push_back(Output::Send { to, message });
            }
            None => {}
        }
    }

    /// A site wants a decision about the log. The leader proposes it, one at a time, if it is the site's to want in the state that is applied.
    fn log_decision_asked(&mut self, now: Time, from: SiteId, command: ControlCommand) {
        if self.raft.role() != Role::Leader {
            self.log_desk.proposed = LogIndex(0);
            return;
        }
        let state = self.control.log();
        let allowed = match command {
            ControlCommand::OpenLog(open) => open.writer == from && open.since == state.changed,
            ControlCommand::SetCopies { since, .. } => state.writer == Some(from) && since == state.changed,
            ControlCommand::LogEnd { failover, site, .. } => {
                site == from && failover == state.asked && state.asks(site) && self.control.up().contains(site)
            }
            ControlCommand::RecordsLost { site } => site == from && state.holders.contains(from),
            _ => false,
        };
        let informed = self.applied >= self.raft.term_start() && self.log_desk.proposed <= self.applied;
        if allowed && informed && !self.raft.hands_over() {
            let (raft, mut ctx) = self.context(now);
            self.log_desk.proposed = raft.propose(&mut ctx, Payload::Control(command));
        }
    }

    /// A writer asks whether it still writes.
    fn log_question_asked(&mut self, from: SiteId, writer: Incarnation, number: u64) {
        if self.raft.role() != Role::Leader || self.log_desk.questions.len() >= MOST_QUESTIONS {
            return;
        }
        let index = self.raft.commit().max(self.raft.term_start());
        let round = self.raft.want_round();
        self.log_desk.questions.push_back(Question { from, writer, number, index, round });
    }

    /// As the leader: answers the questions whose round a quorum accepted. A writer that is none any more is not answered.
    fn answer_questions(&mut self, now: Time) {
        if self.raft.role() != Role::Leader {
            self.log_desk = LogDesk::default();
            return;
        }
        while let Some(question) = self.log_desk.questions.front().copied() {
            if self.applied < question.index || !self.accepted(now, question.round) {
                return;
            }
            self.log_desk.questions.pop_front();
            let Question { from, writer, number, .. } = question;
            if self.control.log().opened != Some(writer) {
                continue;
            }
            if from == self.me {
                let (wal, mut ctx) = self.log_context(now);
                wal.confirmed(&mut ctx, writer, number);
            } else {
                let message = Message::Log(LogMessage::Confirmed { writer, number });
                self.out.push_back(Output::Send { to: from, message });
            }
        }
    }
}

/// What the transaction log looks like inside: for invariants and reports.
impl Site {
    /// Whether this process writes the log, as far as it knows, and in which incarnation.
    pub fn writes_log(&self) -> Option<Incarnation> {
        self.wal.writes()
    }

    /// Acknowledged, or confirmed, up to here, as far as this site knows.
    pub fn log_confirmed(&self) -> Position {
        self.wal.confirmed_position()
    }

    /// The last record, durable or not.
    pub fn log_end(&self) -> Position {
        self.wal.end()
    }

    /// Every record up to here is durable.
    pub fn log_durable(&self) -> Position {
        self.wal.durable()
    }

    /// Whether records are lost that this site had promised to hold.
    pub fn log_damaged(&self) -> bool {
        self.wal.damaged()
    }

    /// Who wrote the record at a position.
    pub fn log_incarnation(&self, position: Position) -> Option<Incarnation> {
        self.wal.incarnation_at(position)
    }

    /// Bytes in memory that grow with what is asked of the log.
    pub fn log_memory(&self) -> usize {
        self.wal.memory()
    }

    /// The control state's part of the log, as far as this site has applied it.
    pub fn log_state(&self) -> crate::control::log::LogState {
        *self.control.log()
    }
}
