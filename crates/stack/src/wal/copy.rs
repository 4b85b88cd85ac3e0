//! A copy: keeps what the writer ships, byte for byte, and says what it holds durably.
//!
//! Where its log has a record of another incarnation than the writer's log has, it diverged: from there on it is cut. What is cut is first put aside, in a file of its
//! own, and told. Where it diverged may be older than what one of the two retains; then no record is left in which they agree, and it begins anew.

use super::message::{LogMessage, NOBODY};
use super::segment::{self, Incarnation, Segment};
use super::store::Reading;
use super::{Context, Wal};
use crate::control::log::LogState;
use crate::io::Output;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::time::Duration;
use firedrill_model::{Epoch, Hazard, Observation, Position, SiteId, StorageArea, Time};

/// What it holds is told at most this often.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// So many bytes are put aside at a time.
const ASIDE: usize = 1 << 20;

/// An answer that waits for the disk.
#[derive(Clone, Copy, Debug)]
struct Owed {
    round: u64,
    sent: Time,
}

/// A cut under way.
#[derive(Clone, Copy, Debug)]
struct Cut {
    after: Position,
    /// Nothing stays, not even what is known to agree: it lies before what the writer retains.
    whole: bool,
    /// Put aside up to here.
    aside: Position,
    syncing: bool,
}

/// The state of a copy.
#[derive(Clone, Debug, Default)]
pub struct Copy {
    /// The writer that it follows.
    writer: Incarnation,
    from: SiteId,
    /// Its log agrees with the writer's up to here.
    matched: Position,
    /// It told the writer that it holds this.
    told_writer: Position,
    confirmed: Position,
    writer_end: Position,
    owed: Option<Owed>,
    cut: Option<Cut>,
    told: Position,
    tell_at: Time,
}

impl Copy {
    pub(super) fn confirmed(&self) -> Position {
        self.confirmed
    }

    /// Whether a cut is under way.
    pub(super) fn cuts(&self) -> bool {
        self.cut.is_some()
    }

    /// The records after a position are no more.
    pub(super) fn shrink_to(&mut self, end: Position) {
        self.matched = self.matched.min(end);
        self.told_writer = self.told_writer.min(end);
        self.told = self.told.min(end);
        self.confirmed = self.confirmed.min(end);
    }

    /// What it confirmed as the writer is acknowledged.
    pub(super) fn confirmed_as_writer(&mut self, confirmed: Position) {
        self.confirmed = self.confirmed.max(confirmed);
    }

    /// When what it holds is to be told.
    pub(super) fn tells_at(&self, durable: Position) -> Time {
        if self.matched.min(durable) > self.told { self.tell_at } else { Time::MAX }
    }

    /// Follows the control state: with another writer, nothing is known of where the logs agree.
    pub(super) fn follow(&mut self, state: &LogState) {
        let writer = state.opened.unwrap_or(NOBODY);
        if writer != self.writer {
            self.writer = writer;
            self.from = state.writer.unwrap_or_default();
            self.matched = Position(0);
            self.told_writer = Position(0);
            self.owed = None;
        }
    }
}

impl Wal {
    /// The writer shipped something, or wants to be heard.
    pub(super) fn shipped(&mut self, ctx: &mut Context<'_>, from: SiteId, message: LogMessage) {
        let LogMessage::Ship { writer, changed, prev, prev_incarnation, segments, confirmed, end, base, round, sent } =
            message
        else {
            return;
        };
        let current = writer == self.copy.writer && writer != NOBODY && from == self.copy.from;
        if !ctx.accepts || !current || self.copy.cuts() || self.writer.is_some() {
            return;
        }
        if changed == ctx.state.changed && ctx.state.members.contains(self.me) && confirmed > self.store.end() {
            // Nothing is confirmed that a member does not hold; so it held this, and its disk forgot it.
            self.store.forgot(confirmed);
        }
        let owed = Owed { round, sent };
        self.restart_at(ctx, prev, prev_incarnation, base);
        if self.nothing_agrees(ctx, prev, prev_incarnation, base) {
            return self.begin_anew(ctx, prev, prev_incarnation);
        }
        let history = self.store.history();
        if history.incarnation(prev) != Some(prev_incarnation) {
            let position = history.last_up_to(prev, prev_incarnation);
            let incarnation = history.incarnation(position).unwrap_or_default();
            return self.tell_writer(ctx, false, position, incarnation, owed);
        }
        let Some(cursor) = self.take(ctx, prev, &segments) else {
            return;
        };
        self.copy.matched = self.copy.matched.max(cursor);
        self.copy.confirmed = self.copy.confirmed.max(confirmed.min(cursor));
        self.copy.writer_end = end;
        let diverged = self.store.history().incarnation(cursor.next()).is_some_and(|next| next != writer);
        if cursor >= ctx.state.start && diverged {
            return self.begin_cut(ctx, cursor);
        }
        if segments.is_empty() || self.store.durable() >= self.copy.matched {
            let held = self.copy.matched.min(self.store.durable());
            self.tell_writer(ctx, true, held, NOBODY, owed);
        } else {
            self.copy.owed = Some(match self.copy.owed {
                Some(before) if before.round > owed.round => before,
                _ => owed,
            });
        }
    }

    /// What this log lacks is no longer there at the writer: if all that it has is known to agree, it begins anew where the writer's log does.
    fn restart_at(&mut self, ctx: &mut Context<'_>, prev: Position, incarnation: Incarnation, base: Position) {
        if prev == base && prev > self.store.end() && self.store.idle() && self.ends_with(incarnation) {
            self.store.restart_at(base, incarnation, ctx.out);
        }
    }

    /// Whether nobody else wrote this log's last record, if it has one: then it agrees with any log in which this incarnation goes on behind it.
    fn ends_with(&self, incarnation: Incarnation) -> bool {
        let history = self.store.history();
        history.is_empty() || history.incarnation(history.end()) == Some(incarnation)
    }

    /// Whether no record is left, here and at the writer, in which the logs could agree. Where two logs agree, they agree in all that both have before; so it is enough
    /// that they differ where one of them begins, or that this one ends before that and somebody else wrote its last record. A message that comes late says nothing
    /// else: what a writer's log has at a position never changes.
    fn nothing_agrees(&self, ctx: &Context<'_>, prev: Position, incarnation: Incarnation, base: Position) -> bool {
        let history = self.store.history();
        let begins = history.base();
        let differs = history.incarnation(prev).is_some_and(|ours| ours != incarnation);
        let ends_before = prev == base && prev > history.end() && !self.ends_with(incarnation);
        // Behind where it started, nobody but the writer has written its log.
        let started = ctx.state.opened == Some(self.copy.writer) && begins > ctx.state.start;
        let other = started && history.incarnation(begins) != Some(self.copy.writer);
        differs && (prev == base || prev == begins) || ends_before || other
    }

    /// Takes over segments that follow `prev`, where the logs agree. Returns up to where they agree then; `None`: the log diverged, and a cut began.
    fn take(&mut self, ctx: &mut Context<'_>, prev: Position, segments: &[Arc<[u8]>]) -> Option<Position> {
        let mut cursor = prev;
        let cipher = self.store.cipher().cloned()?;
        for bytes in segments {
            let Some(segment) = Segment::of(bytes.clone()) else {
                break;
            };
            let header = segment.header;
            if header.first != cursor.next() || Some(header.before) != self.store.history().incarnation(cursor) {
                break;
            }
            match self.store.history().incarnation(header.first) {
                Some(ours) if ours == header.incarnation && self.store.end() >= header.last() => {}
                Some(_) => {
                    self.begin_cut(ctx, cursor);
                    return None;
                }
                None => match segment::open(&cipher, &segment) {
                    Some(records) => self.store.append(segment, &records),
                    None => break,
                },
            }
            cursor = header.last();
        }
        Some(cursor)
    }

    fn tell_writer(&mut self, ctx: &mut Context<'_>, ok: bool, position: Position, at: Incarnation, owed: Owed) {
        if ok {
            self.copy.told_writer = position;
        }
        let Owed { round, sent } = owed;
        let message = LogMessage::Held { writer: self.copy.writer, ok, position, incarnation: at, round, sent };
        Wal::send(ctx, self.copy.from, message);
    }

    /// Says what is held since the disk went on.
    pub(super) fn acknowledge_held(&mut self, ctx: &mut Context<'_>) {
        let held = self.copy.matched.min(self.store.durable());
        if let Some(owed) = self.copy.owed
            && held > self.copy.told_writer
            && ctx.accepts
        {
            self.copy.owed = None;
            self.tell_writer(ctx, true, held, NOBODY, owed);
        }
        self.look_at_refilled(ctx, held);
        if held > self.copy.told && ctx.now >= self.copy.tell_at {
            self.copy.told = held;
            self.copy.tell_at = ctx.now + TELL_EVERY;
            ctx.out.push_back(Output::Observe(Observation::LogHeld { position: held, epoch: ctx.epoch }));
        }
    }

    /// A hole is refilled once the log agrees with the writer's as far as that is acknowledged, and as far as it was durable here, or as far as the writer's goes.
    fn look_at_refilled(&mut self, ctx: &mut Context<'_>, held: Position) {
        let Some(hole) = self.store.hole() else {
            return;
        };
        if held >= hole.from && held >= self.copy.confirmed && held >= hole.to.min(self.copy.writer_end) {
            self.store.refilled();
            let (area, source) = (StorageArea::TransactionLog, self.copy.from);
            let (from, to) = (hole.from.0, hole.to.0);
            ctx.out.push_back(Output::Observe(Observation::HoleRefilled { area, from, to, source }));
        }
    }

    /// Begins to cut the log after a record: what comes behind it is put aside first.
    fn begin_cut(&mut self, ctx: &mut Context<'_>, agreed: Position) {
        let lower = self.copy.confirmed.min(self.store.end());
        let after = if lower != agreed && ctx.switches.on(Hazard::CutAtHighWaterMark) { lower } else { agreed };
        self.put_aside_after(ctx, after, false);
    }

    /// Begins to give up the whole log. What is not known to agree with the writer's is put aside first: what follows the last record of the incarnation that wrote
    /// the writer's record at `prev`, or everything.
    fn begin_anew(&mut self, ctx: &mut Context<'_>, prev: Position, incarnation: Incarnation) {
        let history = self.store.history();
        let last = history.last_up_to(prev, incarnation);
        let agrees = history.incarnation(last) == Some(incarnation);
        self.put_aside_after(ctx, if agrees { last } else { history.base() }, true);
    }

    fn put_aside_after(&mut self, ctx: &mut Context<'_>, after: Position, whole: bool) {
        self.store.open_aside(ctx.out);
        self.copy.cut = Some(Cut { after, whole, aside: after, syncing: false });
        self.copy.owed = None;
        self.go_on_cutting(ctx);
    }

    /// Puts aside what can be read; when all is, cuts and tells it.
    pub(super) fn go_on_cutting(&mut self, ctx: &mut Context<'_>) {
        let Some(mut cut) = self.copy.cut else {
            return;
        };
        let end = self.store.end();
        while !cut.syncing {
            match self.store.read(cut.aside, end, ASIDE, ctx.out) {
                Reading::Wait => break,
                Reading::There(segments) => {
                    self.store.put_aside(&segments, ctx.out);
                    match segments.last() {
                        Some(last) => cut.aside = last.header.last(),
                        None => {
                            self.store.sync_aside(ctx.out);
                            cut.syncing = true;
                        }
                    }
                }
            }
        }
        self.copy.cut = Some(cut);
        if cut.syncing && self.store.aside.durable() && (self.store.idle() || !cut.whole) {
            self.copy.cut = None;
            self.finish_cut(ctx, cut.after, cut.whole);
        }
    }

    fn finish_cut(&mut self, ctx: &mut Context<'_>, after: Position, whole: bool) {
        let mut cut: BTreeMap<Epoch, u64> = BTreeMap::new();
        let history = self.store.history();
        for at in after.0 + 1..=self.store.end().0 {
            *cut.entry(history.epoch(Position(at)).unwrap_or_default()).or_default() += 1;
        }
        if whole {
            // An empty log: it begins where the writer's does as soon as that is tried.
            self.store.restart_at(Position(0), NOBODY, ctx.out);
        } else {
            self.store.cut(after);
        }
        self.copy.shrink_to(self.store.end());
        let told = cut.into_iter().map(|(epoch, records)| Observation::TailCut { epoch, after, records });
        ctx.out.extend(told.map(Output::Observe));
    }
}
