//! A snapshot from the leader to a follower whose next entry the leader no longer has (Raft §7).
//!
//! It goes piece by piece, a few under way at a time. The follower says which it wants next; what is lost is sent again with a heartbeat. The leader makes each piece
//! from the state that it holds in memory, so nothing that rots on its disk spreads. The follower acknowledges once snapshot and metadata are on its disk.

use super::replication::{AckOwed, Answer};
use super::{Context, Raft};
use crate::control::Control;
use crate::io::Output;
use crate::log::Log;
use crate::message::RaftMessage;
use crate::snapshot::{Assembly, Image};
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{LogIndex, Observation, SiteId, Term};

/// So many pieces are under way to a follower.
const WINDOW: u32 = 4;
/// A follower that has not got on for so many heartbeats is sent again what it wants.
const PATIENCE: u32 = 3;

/// A snapshot on its way to a follower, as the leader knows it.
#[derive(Clone, Debug)]
pub struct Install {
    image: Arc<Image>,
    /// The next piece to send; `None`: all are sent.
    next: Option<u64>,
    /// The piece that the follower wants; `None`: it has all.
    wanted: Option<u64>,
    in_flight: u32,
    /// So many heartbeats have passed since the follower got on.
    stalled: u32,
}

/// A snapshot that arrives, as the follower knows it.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    from: SiteId,
    index: LogIndex,
    term: Term,
    assembly: Assembly,
    answer: Answer,
    complete: Option<Arc<Image>>,
}

/// What a message with a piece says of it.
struct Parcel {
    index: LogIndex,
    term: Term,
    at: u64,
    piece: Vec<u8>,
}

impl Raft {
    /// The state as of which the log may be dropped, durable at this site; the log keeps some entries before it, for followers that are a little behind.
    pub fn set_image(&mut self, image: Arc<Image>) {
        let keep = self.config.raft.snapshot_threshold / 4;
        self.log.compact(LogIndex(image.head.index.0.saturating_sub(keep)));
        self.image = Some(image);
    }

    /// Whether a snapshot arrives.
    pub fn receives_snapshot(&self) -> bool {
        self.incoming.is_some()
    }

    /// A snapshot that has just taken the place of the log.
    pub fn take_installed(&mut self) -> Option<Arc<Image>> {
        self.installed.take()
    }

    /// Whether a follower needs what the log no longer has.
    pub(super) fn needs_snapshot(&self, to: SiteId) -> bool {
        self.progress[to.index()].next.prev() < self.log.base()
    }

    /// A heartbeat is due: what did not get on is sent again.
    pub(super) fn resend_pieces(&mut self) {
        for install in self.progress.iter_mut().filter_map(|progress| progress.install.as_mut()) {
            install.stalled += 1;
            if install.stalled > PATIENCE {
                // One that had all and did not say that it is on its disk may have lost it.
                install.wanted = install.wanted.or(Some(0));
                (install.next, install.in_flight, install.stalled) = (install.wanted, 0, 0);
            }
        }
    }

    /// Sends the pieces that a follower may be sent.
    pub(super) fn send_pieces(&mut self, ctx: &mut Context<'_>, to: SiteId) {
        let Some(current) = &self.image else {
            return;
        };
        let fresh = || Install { image: current.clone(), next: Some(0), wanted: Some(0), in_flight: 0, stalled: 0 };
        let mut install = self.progress[to.index()].install.take().unwrap_or_else(fresh);
        while install.in_flight < WINDOW
            && let Some(at) = install.next
        {
            let (piece, next) = install.image.piece(at);
            let message = RaftMessage::InstallSnapshot {
                term: self.term,
                index: install.image.head.index,
                last_term: install.image.head.term,
                at,
                piece,
                epoch: ctx.storage.epoch(),
                round: self.round,
                sent: ctx.now,
            };
            self.send(ctx, to, message);
            install.next = next;
            install.in_flight += 1;
        }
        self.progress[to.index()].install = Some(install);
    }

    /// A follower says which piece it wants.
    pub(super) fn piece_answered(&mut self, from: SiteId, index: LogIndex, wanted: Option<u64>) {
        let Some(install) = &mut self.progress[from.index()].install else {
            return;
        };
        if install.image.head.index != index || install.wanted.is_none() {
            return;
        }
        let further = wanted.is_none_or(|wanted| install.wanted.is_some_and(|before| wanted > before));
        if further {
            install.wanted = wanted;
            install.stalled = 0;
            install.in_flight = install.in_flight.saturating_sub(1);
        } else if wanted < install.wanted {
            // It began anew.
            (install.wanted, install.next, install.in_flight) = (wanted, wanted, 0);
        }
    }

    /// What the follower has makes the snapshot unnecessary.
    pub(super) fn end_install(&mut self, of: SiteId) {
        let unneeded = !self.needs_snapshot(of);
        let progress = &mut self.progress[of.index()];
        let matched = progress.matched;
        // The log may have been dropped further meanwhile: then a later snapshot follows.
        let arrived = |install: &Install| matched >= install.image.head.index;
        if unneeded || progress.install.as_ref().is_some_and(arrived) {
            progress.install = None;
        }
    }

    /// A piece arrived from the leader.
    pub(super) fn piece_received(&mut self, ctx: &mut Context<'_>, from: SiteId, message: RaftMessage) {
        let RaftMessage::InstallSnapshot { term, index, last_term, at, piece, epoch, round, sent } = message else {
            return;
        };
        let mut answer = Answer { round, sent, accepted: false };
        if term < self.term {
            return self.refuse(ctx, from, LogIndex(0), LogIndex(0), answer);
        }
        self.follow(ctx, term, from);
        answer.accepted = epoch >= ctx.storage.epoch();
        ctx.storage.raise_epoch(epoch);
        if self.has_committed(index, last_term) {
            self.commit = self.commit.max(index);
            self.forget_incoming(ctx);
            return self.acknowledge(ctx, from, index.min(ctx.storage.durable_index()), answer);
        }
        if !ctx.storage.installing() {
            self.take_piece(ctx, from, Parcel { index, term: last_term, at, piece }, answer);
        }
    }

    /// Whether an entry that a leader knows to be committed is here.
    fn has_committed(&self, index: LogIndex, term: Term) -> bool {
        self.commit >= index || self.log.term(index) == Some(term)
    }

    /// What was committed by other means makes a snapshot that arrives unnecessary.
    pub(super) fn overtake_incoming(&mut self, ctx: &mut Context<'_>) {
        if self.incoming.as_ref().is_some_and(|incoming| incoming.index <= self.commit) {
            self.forget_incoming(ctx);
        }
    }

    fn forget_incoming(&mut self, ctx: &mut Context<'_>) {
        if self.incoming.take().is_some() {
            ctx.storage.abandon_snapshot();
        }
    }

    fn take_piece(&mut self, ctx: &mut Context<'_>, from: SiteId, parcel: Parcel, answer: Answer) {
        let Parcel { index, term, at, piece } = parcel;
        let known = |incoming: &Incoming| (incoming.from, incoming.index, incoming.term) == (from, index, term);
        if !self.incoming.as_ref().is_some_and(known) {
            ctx.storage.begin_snapshot(index, term);
            self.incoming = Some(Incoming { from, index, term, assembly: Assembly::new(), answer, complete: None });
        }
        let Some(incoming) = &mut self.incoming else {
            return;
        };
        incoming.answer = answer;
        if incoming.assembly.next() == Some(at) {
            if !incoming.assembly.take(&piece) {
                return self.forget_incoming(ctx);
            }
            ctx.storage.write_piece(&piece);
            if incoming.assembly.next().is_none() {
                let image = incoming.assembly.clone().finish();
                let fits = |image: &Arc<Image>| {
                    let known = (image.head.index, image.head.term) == (index, term);
                    known && Control::restore(self.config.clone(), &image.head.control).is_some()
                };
                incoming.complete = image.filter(fits);
                if incoming.complete.is_none() {
                    return self.forget_incoming(ctx);
                }
                ctx.storage.finish_snapshot();
            }
        }
        let next = incoming.assembly.next();
        let message = RaftMessage::InstallResponse {
            term: self.term,
            index,
            next,
            round: answer.round,
            sent: answer.sent,
            accepted: answer.accepted,
            standing: self.standing,
            disk: ctx.storage.disk(),
            incarnation: ctx.storage.incarnation(),
        };
        self.send_when_durable(ctx, from, message);
    }

    /// What arrived is on the disk: it takes the place of the log, unless that has caught up meanwhile.
    pub fn snapshot_written(&mut self, ctx: &mut Context<'_>) {
        let Some(incoming) = self.incoming.take() else {
            return ctx.storage.abandon_snapshot();
        };
        let Some(image) = incoming.complete.filter(|_| !self.has_committed(incoming.index, incoming.term)) else {
            return ctx.storage.abandon_snapshot();
        };
        let Incoming { from, index, term, answer, .. } = incoming;
        ctx.storage.adopt_snapshot(true);
        self.log = Log::starting_after(index, term);
        self.commit = index;
        self.ack_owed = (self.leader == Some(from)).then(|| AckOwed::new(from, index, answer));
        self.image = Some(image.clone());
        self.installed = Some(image);
        ctx.out.push_back(Output::Observe(Observation::SnapshotInstalled { index, source: from }));
    }
}
