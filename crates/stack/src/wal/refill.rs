//! Records that were lost come from a site that has them. A copy is refilled by the writer, which ships what it lacks; a site that is to write asks those that
//! hold all that was acknowledged, and opens the log only when it has what one of them has.

use super::message::LogMessage;
use super::segment::{self, Incarnation, Segment};
use super::store::Reading;
use super::{Context, Wal};
use crate::io::Output;
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{Observation, Position, SiteId, StorageArea, Time};

/// An answer holds no more bytes of segments than this, unless a single one is larger.
const MAX_ANSWER: usize = 1 << 20;

/// A refill under way.
#[derive(Clone, Debug)]
pub(super) struct Refill {
    ask_at: Time,
    /// What a site that holds the log has, and which.
    source: Option<(SiteId, Position)>,
    asked: usize,
}

impl Default for Refill {
    fn default() -> Refill {
        Refill { ask_at: Time::MAX, source: None, asked: 0 }
    }
}

impl Refill {
    pub(super) fn deadline(&self) -> Time {
        self.ask_at
    }
}

impl Wal {
    /// Asks for what was lost, if this site is to write.
    pub(super) fn go_on_refilling(&mut self, ctx: &mut Context<'_>) {
        let Some(hole) = self.store.hole().filter(|_| ctx.state.writer == Some(self.me) && ctx.accepts) else {
            self.refill = Refill::default();
            return;
        };
        if let Some((source, upto)) = self.refill.source
            && self.store.durable() >= upto
        {
            self.store.refilled();
            self.refill = Refill::default();
            let (area, from, to) = (StorageArea::TransactionLog, hole.from.0, hole.to.0);
            ctx.out.push_back(Output::Observe(Observation::HoleRefilled { area, from, to, source }));
            return;
        }
        if self.refill.ask_at == Time::MAX || ctx.now >= self.refill.ask_at {
            let holders: Vec<SiteId> = ctx.state.holders.without(self.me).iter().collect();
            self.refill.ask_at = ctx.now + self.heartbeat;
            if let Some(to) = holders.get(self.refill.asked % holders.len().max(1)) {
                self.refill.asked += 1;
                self.ask(ctx, *to);
            }
        }
    }

    fn ask(&self, ctx: &mut Context<'_>, to: SiteId) {
        let after = self.store.end();
        let incarnation = self.store.history().incarnation(after).unwrap_or_default();
        Wal::send(ctx, to, LogMessage::Fetch { after, incarnation });
    }

    /// Another site lost records.
    pub(super) fn fetch_asked(&mut self, ctx: &mut Context<'_>, from: SiteId, after: Position, at: Incarnation) {
        let agrees = self.store.history().incarnation(after) == Some(at);
        if !agrees || self.store.hole().is_some() || self.copy.cuts() {
            return;
        }
        let end = self.store.durable();
        let Reading::There(segments) = self.store.read(after, end, MAX_ANSWER, ctx.out) else {
            // It will ask again, when what it asks for is in memory.
            return;
        };
        let segments = segments.into_iter().map(|segment| segment.bytes).collect();
        Wal::send(ctx, from, LogMessage::Fetched { after, segments, end });
    }

    /// A site sent what it has.
    pub(super) fn fetched(
        &mut self,
        ctx: &mut Context<'_>,
        from: SiteId,
        after: Position,
        segments: Vec<Arc<[u8]>>,
        end: Position,
    ) {
        let wanted = self.store.hole().is_some() && ctx.state.writer == Some(self.me) && ctx.accepts;
        if !wanted || !ctx.state.holders.contains(from) || after != self.store.end() {
            return;
        }
        let Some(cipher) = self.store.cipher().cloned() else {
            return;
        };
        for bytes in segments {
            let Some(segment) = Segment::of(bytes) else { break };
            let header = segment.header;
            let before = self.store.history().incarnation(self.store.end());
            if header.first != self.store.end().next() || Some(header.before) != before {
                break;
            }
            let Some(records) = segment::open(&cipher, &segment) else { break };
            self.store.append(segment, &records);
        }
        if self.store.end() >= end {
            self.refill.source = Some((from, end));
        } else if self.store.end() > after {
            self.ask(ctx, from);
        }
    }
}
