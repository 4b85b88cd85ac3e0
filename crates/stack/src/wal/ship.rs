//! What each copy is sent: the synchronous copies, and those that are to be, everything at once; the others, at the plan's interval, what is acknowledged. What a copy
//! lacks and is no longer in memory is read from the disk, as much as may be under way.

use super::message::LogMessage;
use super::store::Reading;
use super::{Context, Wal};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use firedrill_model::{Position, SiteId, SiteSet, Time};

/// A message holds no more bytes of segments than this, unless a single one is larger.
const MAX_MESSAGE: usize = 256 << 10;
/// So many bytes may be under way to a copy.
const WINDOW: usize = 4 << 20;

/// What a writer knows of a copy.
#[derive(Clone, Debug)]
pub(super) struct Follower {
    /// It was sent everything up to here.
    next: Position,
    /// Its log agrees up to here, durably.
    pub(super) held: Position,
    /// Where its log agrees is not known: it is sent one message at a time.
    pub(super) probing: bool,
    /// While probing: a message is under way.
    probe_sent: bool,
    /// The last records of messages under way, and their bytes.
    in_flight: VecDeque<(Position, usize)>,
    in_flight_bytes: usize,
    /// The latest time of sending, by the writer's clock, that it echoed.
    pub(super) answered_at: Time,
    /// When something was last sent, or something under way was answered.
    moved_at: Time,
    /// The latest round in which it accepted the writer.
    pub(super) accepted_round: u64,
}

impl Follower {
    pub(super) fn new(start: Position, now: Time) -> Follower {
        Follower {
            next: start,
            held: Position(0),
            probing: true,
            probe_sent: false,
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            answered_at: now,
            moved_at: now,
            accepted_round: 0,
        }
    }

    /// What is remembered of messages under way, in bytes. The segments are the store's.
    pub(super) fn memory(&self) -> usize {
        self.in_flight.len() * size_of::<(Position, usize)>()
    }

    fn may_send(&self) -> bool {
        if self.probing { !self.probe_sent } else { self.in_flight_bytes < WINDOW }
    }

    fn sent(&mut self, now: Time, last: Position, bytes: usize) {
        if self.in_flight.is_empty() {
            self.moved_at = now;
        }
        self.probe_sent = true;
        self.next = last;
        self.in_flight.push_back((last, bytes));
        self.in_flight_bytes += bytes;
    }

    fn holds(&mut self, now: Time, position: Position) {
        self.held = self.held.max(position);
        self.next = self.next.max(self.held);
        self.probing = false;
        self.probe_sent = false;
        while self.in_flight.front().is_some_and(|(last, _)| *last <= self.held) {
            let bytes = self.in_flight.pop_front().map_or(0, |(_, bytes)| bytes);
            self.in_flight_bytes -= bytes;
            self.moved_at = now;
        }
    }

    /// Begins anew after a position.
    fn probe(&mut self, after: Position) {
        self.next = after;
        self.probing = true;
        self.probe_sent = false;
        self.in_flight.clear();
        self.in_flight_bytes = 0;
    }
}

impl Wal {
    /// Sends what is due.
    pub(super) fn ship(&mut self, ctx: &mut Context<'_>) {
        let (Some(writer), Some(settings)) = (&mut self.writer, &self.settings) else {
            return;
        };
        let now = ctx.now;
        let required = writer.required(&ctx.state);
        let at_once: SiteSet = required.iter().chain(ctx.state.eligible.iter()).collect();
        let beat = now >= writer.beat_at;
        if beat {
            writer.beat_at = now + self.heartbeat.min(settings.copy_timeout / 4);
        }
        // A round begins when the one before it is over, or when all are heard anyway.
        let over = required.iter().all(|site| writer.followers[site.index()].accepted_round >= writer.round);
        let begin = writer.round_wanted && (over || beat);
        if begin {
            writer.round += 1;
            writer.round_wanted = false;
        }
        let interval = now >= writer.ship_at;
        let confirmed = writer.confirmed_to();
        let resend = self.heartbeat.max(settings.copy_timeout / 2);
        let send_interval = settings.send_interval;
        let end = self.store.end();
        let mut behind = false;
        for to in SiteSet::first(self.sites).without(self.me).iter() {
            let close = at_once.contains(to);
            let upto = if close { end } else { confirmed };
            self.send_again(ctx, to, resend);
            self.skip_dropped(to);
            let sent = (close || interval) && self.send_segments(ctx, to, upto);
            if !sent && (beat || begin && required.contains(to)) {
                self.send_empty(ctx, to);
            }
            behind |= !close && self.writer.as_ref().is_some_and(|writer| writer.followers[to.index()].next < upto);
        }
        if let Some(writer) = &mut self.writer
            && (interval || behind && writer.ship_at == Time::MAX)
        {
            writer.ship_at = if behind { now + send_interval } else { Time::MAX };
        }
    }

    /// What was under way for too long is taken for lost.
    fn send_again(&mut self, ctx: &Context<'_>, to: SiteId, after: core::time::Duration) {
        let Some(writer) = &mut self.writer else {
            return;
        };
        let follower = &mut writer.followers[to.index()];
        if !follower.in_flight.is_empty() && ctx.now.since(follower.moved_at) > after {
            follower.probe(follower.held.max(self.store.history().base()));
        }
    }

    /// What a copy is to be sent next is older than what is retained: it is offered what is left, behind which it begins anew.
    fn skip_dropped(&mut self, to: SiteId) {
        let base = self.store.history().base();
        if let Some(writer) = &mut self.writer
            && let follower = &mut writer.followers[to.index()]
            && follower.next < base
            && follower.in_flight.is_empty()
        {
            follower.probe(base);
        }
    }

    /// Sends all the segments up to a record that a copy may be sent; true if any.
    fn send_segments(&mut self, ctx: &mut Context<'_>, to: SiteId, upto: Position) -> bool {
        let mut any = false;
        loop {
            let Some(writer) = &self.writer else {
                return any;
            };
            let follower = &writer.followers[to.index()];
            let after = follower.next;
            if after >= upto || !follower.may_send() {
                return any;
            }
            let segments = match self.store.read(after, upto, MAX_MESSAGE, ctx.out) {
                Reading::There(segments) => segments,
                Reading::Wait => return any,
            };
            let Some(last) = segments.last().map(|segment| segment.header.last()) else {
                return any;
            };
            let bytes = segments.iter().map(|segment| segment.bytes.len()).sum();
            let segments = segments.into_iter().map(|segment| segment.bytes).collect();
            self.send_ship(ctx, to, after, segments);
            if let Some(writer) = &mut self.writer {
                writer.followers[to.index()].sent(ctx.now, last, bytes);
            }
            any = true;
        }
    }

    fn send_empty(&mut self, ctx: &mut Context<'_>, to: SiteId) {
        if let Some(writer) = &self.writer {
            self.send_ship(ctx, to, writer.followers[to.index()].next, Vec::new());
        }
    }

    fn send_ship(&self, ctx: &mut Context<'_>, to: SiteId, prev: Position, segments: Vec<alloc::sync::Arc<[u8]>>) {
        let Some(writer) = &self.writer else {
            return;
        };
        let message = LogMessage::Ship {
            writer: writer.incarnation(),
            changed: ctx.state.changed,
            prev,
            prev_incarnation: self.store.history().incarnation(prev).unwrap_or_default(),
            segments,
            confirmed: writer.confirmed_to(),
            end: self.store.end(),
            base: self.store.history().base(),
            round: writer.round,
            sent: ctx.now,
        };
        Wal::send(ctx, to, message);
    }

    /// A copy answered.
    pub(super) fn held(&mut self, ctx: &mut Context<'_>, from: SiteId, message: &LogMessage) {
        let LogMessage::Held { writer: incarnation, ok, position, incarnation: at, round, sent } = *message else {
            return;
        };
        let end = self.store.end();
        let Some(writer) = self.writer.as_mut().filter(|writer| writer.incarnation() == incarnation) else {
            return;
        };
        let now = ctx.now;
        let current_round = writer.round;
        let Some(follower) = writer.followers.get_mut(from.index()) else {
            return;
        };
        follower.answered_at = follower.answered_at.max(sent.min(now));
        follower.accepted_round = follower.accepted_round.max(round.min(current_round));
        if ok {
            if position <= end {
                follower.holds(now, position);
            }
            return;
        }
        // It lacks what it held, or never agreed there: the next is tried at once.
        let history = self.store.history();
        let next = history.last_up_to(position, at);
        // Or its log begins only behind that: it agrees where it begins, or not at all.
        let begins = follower.probing && position > follower.next && position <= end;
        if next < follower.next || begins {
            follower.held = follower.held.min(next);
            follower.probe(if begins { position.max(history.base()) } else { next });
            self.send_empty(ctx, from);
            if let Some(writer) = &mut self.writer {
                writer.followers[from.index()].probe_sent = true;
            }
        }
    }
}
