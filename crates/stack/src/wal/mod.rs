//! The transaction log: one writer per fencing epoch, synchronous copies that hold a record before it is acknowledged, other copies that are shipped what is
//! acknowledged.
//!
//! - [`writer`]: appends, acknowledgements, the set of synchronous copies
//! - `ship`: what each copy is sent
//! - [`copy`]: what a copy does with it; where its log diverged, it is cut by incarnation
//! - `refill`: records that were lost come from a site that has them
//! - `scan`: reading
//! - [`segment`], [`key`], `gzip`: sealed segments
//! - [`store`], [`frame`], [`recover`], `aside`, `tail`: the log on the disk
//! - `history`, `dedup`: what is known of the records without reading them
//! - [`message`]: what sites tell each other
//!
//! *Authority.* Who writes is a decision of the replicated log ([`crate::control::log`]): the entry that raises the epoch names the site, the entry by which its process
//! opens the log names the process, and its index is the writer's [incarnation](segment::Incarnation). A copy accepts the incarnation that it has applied and no other, and
//! none at all while its replicated log holds an entry that may name another, committed or not. So a majority that commits such an entry accepts no older writer.
//! A writer and its copies that do not intersect every majority are not enough for a reply: then it also waits for a round of the quorum, begun after the record was
//! durable (or the request arrived), in which the leader finds it still the writer.

mod aside;
pub mod copy;
pub mod dedup;
pub mod frame;
mod gzip;
mod history;
pub mod key;
pub mod message;
pub mod recover;
mod refill;
mod scan;
pub mod segment;
mod ship;
pub mod store;
pub mod writer;

mod tail;

use crate::control::log::{LogState, Open};
use crate::entry::ControlCommand;
use crate::io::{DiskError, DiskToken, FileId, Output};
use crate::message::Message;
use crate::site::requests::Origin;
use crate::switches::Switches;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use copy::Copy;
use core::time::Duration;
use firedrill_model::{
    Epoch, LogIndex, NotApplied, Observation, Position, Response, Rng, SiteId, StackConfig, StorageArea, Time,
    TransactionLogConfig,
};
use gzip::Gzip;
use key::{Cipher, LogKey};
use message::LogMessage;
use refill::Refill;
use segment::Incarnation;
use store::{Failure, Progress, Store};
use writer::Writer;

/// What the log works on besides its own state.
pub(crate) struct Context<'a> {
    /// Now, by the site's clock.
    pub(crate) now: Time,
    /// The control state's part of the log.
    pub(crate) state: LogState,
    /// The fencing epoch.
    pub(crate) epoch: Epoch,
    /// Nothing that this site knows speaks against the writer that the control state names, and what it promises counts.
    pub(crate) accepts: bool,
    /// No process was here before: the disk is new.
    pub(crate) new_disk: bool,
    /// Where outputs go.
    pub(crate) out: &'a mut VecDeque<Output>,
    /// Hazards.
    pub(crate) switches: &'a mut Switches,
}

/// A site's part in the transaction log.
#[derive(Clone, Debug)]
pub(crate) struct Wal {
    me: SiteId,
    sites: usize,
    settings: Option<TransactionLogConfig>,
    heartbeat: Duration,
    patience: Duration,
    key: Option<LogKey>,
    started: bool,
    /// Drawn once, so that the process knows itself among those that opened the log.
    token: u64,
    store: Store,
    gzip: Gzip,
    writer: Option<Writer>,
    copy: Copy,
    refill: Refill,
    /// A decision that is wanted, and when it may be proposed again.
    wanted: Option<ControlCommand>,
    propose_at: Time,
    replies: Vec<(Origin, Response)>,
    /// A damage that was told.
    told_hole: bool,
}

impl Wal {
    /// The log of the site `me`. Does nothing before it is given a key.
    pub(crate) fn new(config: &Arc<StackConfig>, me: SiteId, rng: &Rng) -> Wal {
        Wal {
            me,
            sites: config.sites.len(),
            settings: config.transaction_log.clone(),
            heartbeat: config.raft.heartbeat,
            patience: config.raft.election_timeout,
            key: None,
            started: false,
            token: rng.split(u64::from(me.0)).bits(),
            store: Store::default(),
            gzip: Gzip::default(),
            writer: None,
            copy: Copy::default(),
            refill: Refill::default(),
            wanted: None,
            propose_at: Time::ZERO,
            replies: Vec::new(),
            told_hole: false,
        }
    }

    /// The key was given.
    pub(crate) fn key_given(&mut self, key: LogKey, out: &mut VecDeque<Output>) {
        self.key = Some(key);
        self.begin_reading(out);
    }

    /// The process started.
    pub(crate) fn start(&mut self, out: &mut VecDeque<Output>) {
        self.started = true;
        self.begin_reading(out);
    }

    fn begin_reading(&mut self, out: &mut VecDeque<Output>) {
        if let (true, Some(key), Some(_)) = (self.started, &self.key, &self.settings)
            && self.store.cipher().is_none()
        {
            self.store.start(Cipher::new(key), out);
        }
    }

    /// The files were listed.
    pub(crate) fn files_listed(
        &mut self,
        token: DiskToken,
        result: Result<Vec<FileId>, DiskError>,
        out: &mut VecDeque<Output>,
    ) -> Option<String> {
        let progress = self.store.files_listed(token, result, out);
        self.progressed(progress, out)
    }

    /// A file was read.
    pub(crate) fn file_read(
        &mut self,
        token: DiskToken,
        result: Result<Option<Vec<u8>>, DiskError>,
        switches: &mut Switches,
        out: &mut VecDeque<Output>,
    ) -> Option<String> {
        let progress = self.store.file_read(token, result, switches, out);
        self.progressed(progress, out)
    }

    /// A sync succeeded.
    pub(crate) fn synced(&mut self, now: Time, token: DiskToken) {
        self.store.synced(now, token);
    }

    /// The file that a sync under way makes durable.
    pub(crate) fn syncing(&self, token: DiskToken) -> Option<FileId> {
        self.store.syncing(token)
    }

    /// Why the site must stop, if it must.
    fn progressed(&mut self, progress: Progress, out: &mut VecDeque<Output>) -> Option<String> {
        match progress {
            Progress::None | Progress::More => None,
            Progress::Recovered => {
                self.store.begin(out);
                None
            }
            Progress::Failed(Failure::Disk(error)) => Some(format!("{error:?}")),
            Progress::Failed(Failure::Key { needed, given }) => {
                Some(format!("the transaction log is sealed with key {needed}, and key {given} was given"))
            }
        }
    }

    /// When the log wants to be woken.
    pub(crate) fn deadline(&self) -> Time {
        if !self.store.ready() {
            return Time::MAX;
        }
        let proposal = if self.wanted.is_some() { self.propose_at } else { Time::MAX };
        let writer = self.writer.as_ref().map_or(Time::MAX, Writer::deadline);
        let tell = self.copy.tells_at(self.store.durable());
        proposal.min(writer).min(self.store.deadline()).min(self.refill.deadline()).min(tell)
    }

    /// A peer's message arrived. Requests are the site's to route.
    pub(crate) fn receive(&mut self, ctx: &mut Context<'_>, from: SiteId, message: LogMessage) {
        if !self.store.ready() {
            return;
        }
        match message {
            LogMessage::Ship { .. } => self.shipped(ctx, from, message),
            LogMessage::Held { .. } => self.held(ctx, from, &message),
            LogMessage::Confirmed { writer, number } => self.confirmed(ctx, writer, number),
            LogMessage::Fetch { after, incarnation } => self.fetch_asked(ctx, from, after, incarnation),
            LogMessage::Fetched { after, segments, end } => self.fetched(ctx, from, after, segments, end),
            LogMessage::Forward { .. } | LogMessage::Propose { .. } | LogMessage::Confirm { .. } => {}
        }
    }

    /// After every input: follows the control state, goes on with what is under way, writes and sends what that made due.
    pub(crate) fn settle(&mut self, ctx: &mut Context<'_>) {
        if !self.store.ready() {
            return;
        }
        self.follow(ctx);
        self.tell_hole(ctx);
        self.go_on_refilling(ctx);
        self.go_on_cutting(ctx);
        self.go_on_writing(ctx);
        self.store.flush(ctx.now, ctx.out);
        self.acknowledge_held(ctx);
        self.drop_old(ctx);
    }

    /// Follows the control state: begins or ceases to write.
    fn follow(&mut self, ctx: &mut Context<'_>) {
        let state = ctx.state;
        self.copy.follow(&state);
        if self.writer.as_ref().is_some_and(|writer| state.opened != Some(writer.incarnation())) {
            self.resign();
        }
        let mine = state.writer == Some(self.me);
        let opened = state.opened.filter(|_| mine && state.token == self.token);
        if mine && opened.is_none() && state.opened.is_some() && ctx.new_disk && self.store.end() == Position(0) {
            // An earlier process of this site wrote, on another disk.
            self.store.forgot(Position(1));
        }
        if let Some(incarnation) = opened {
            let fits = self.store.end() == state.start && self.store.hole().is_none();
            match &self.writer {
                None if fits => self.writer = Some(Writer::new(incarnation, &state, ctx.now, self.sites)),
                // It found a hole meanwhile, so it opens anew when that is refilled.
                None => self.renew(),
                Some(_) => {}
            }
        }
        let opened = opened.filter(|_| self.writer.is_some());
        let whole = self.store.hole().is_none() && self.store.durable() == self.store.end() && self.store.idle();
        self.wanted = if mine && opened.is_none() && whole && ctx.accepts && !self.copy.cuts() {
            let (since, end) = (state.changed, self.store.end());
            Some(ControlCommand::OpenLog(Open { since, writer: self.me, token: self.token, end }))
        } else if state.asks(self.me) {
            let end = self.store.durable();
            let incarnation = self.incarnation_at(end).unwrap_or(Incarnation(LogIndex(0)));
            Some(ControlCommand::LogEnd { failover: state.asked, site: self.me, incarnation, end })
        } else if self.store.hole().is_some() && !mine && state.holders.contains(self.me) {
            Some(ControlCommand::RecordsLost { site: self.me })
        } else {
            self.writer.as_ref().and_then(|writer| writer.wants(&state))
        };
    }

    /// A decision that is due to be proposed to the leader.
    pub(crate) fn take_proposal(&mut self, now: Time) -> Option<ControlCommand> {
        let wanted = self.wanted.filter(|_| now >= self.propose_at)?;
        self.propose_at = now + self.heartbeat;
        Some(wanted)
    }

    /// What to answer to whom.
    pub(crate) fn take_replies(&mut self) -> Vec<(Origin, Response)> {
        core::mem::take(&mut self.replies)
    }

    /// Ceases to write: what was asked may yet be acknowledged by another, or never be.
    fn resign(&mut self) {
        let Some(writer) = self.writer.take() else {
            return;
        };
        self.copy.confirmed_as_writer(writer.confirmed_to());
        for (origin, read) in writer.give_up() {
            let response = if read { Response::NotApplied(NotApplied::NoLeader) } else { Response::Unknown };
            self.replies.push((origin, response));
        }
        self.store.forget_unwritten();
    }

    fn tell_hole(&mut self, ctx: &mut Context<'_>) {
        match self.store.hole() {
            Some(hole) if !self.told_hole => {
                self.told_hole = true;
                if self.writer.is_some() {
                    self.renew();
                }
                self.copy.shrink_to(self.store.end());
                let (from, to) = (hole.from.0, hole.to.0);
                let area = StorageArea::TransactionLog;
                ctx.out.push_back(Output::Observe(Observation::HoleFound { area, from, to }));
            }
            None => self.told_hole = false,
            Some(_) => {}
        }
    }

    fn drop_old(&mut self, ctx: &mut Context<'_>) {
        if let Some(settings) = &self.settings {
            let upto = self.writer.as_ref().map_or(self.copy.confirmed(), Writer::confirmed_to);
            self.store.expire(ctx.now - settings.retention, upto, ctx.out);
        }
    }

    fn send(ctx: &mut Context<'_>, to: SiteId, message: LogMessage) {
        ctx.out.push_back(Output::Send { to, message: Message::Log(message) });
    }
}

/// What the log looks like inside: for invariants and reports.
impl Wal {
    /// Whether this process writes the log, as far as it knows, and in which incarnation.
    pub(crate) fn writes(&self) -> Option<Incarnation> {
        self.writer.as_ref().map(Writer::incarnation)
    }

    /// Acknowledged, or confirmed, up to here, as far as this site knows.
    pub(crate) fn confirmed_position(&self) -> Position {
        self.writer.as_ref().map_or(self.copy.confirmed(), Writer::confirmed_to)
    }

    /// The last record, durable or not.
    pub(crate) fn end(&self) -> Position {
        self.store.end()
    }

    /// Every record up to here is durable.
    pub(crate) fn durable(&self) -> Position {
        self.store.durable()
    }

    /// Whether records are lost that it had promised to hold.
    pub(crate) fn damaged(&self) -> bool {
        self.store.hole().is_some()
    }

    /// About how many bytes there are of the operations by which retries are known.
    pub(crate) fn retries_memory(&self) -> usize {
        self.store.dedup().memory()
    }

    /// Bytes that were read when this process started.
    pub(crate) fn bytes_read_at_start(&self) -> u64 {
        self.store.bytes_read_at_start()
    }

    /// Who wrote the record at a position.
    pub(crate) fn incarnation_at(&self, position: Position) -> Option<Incarnation> {
        self.store.history().incarnation(position)
    }

    /// Bytes in memory that grow with what is asked of the log.
    pub(crate) fn memory(&self) -> usize {
        self.store.memory() + self.writer.as_ref().map_or(0, Writer::memory)
    }
}
