//! The writer: appends, acknowledgements, the set of synchronous copies.
//!
//! A record is acknowledged when it is durable here and at every synchronous copy, by answers in this incarnation that are not old; and, where the writer and its
//! copies do not intersect every majority, when a round of the quorum, begun after that, confirmed the epoch. A copy that does not answer leaves the set by a decision before
//! anything is acknowledged without it; one that is to enter is waited for from before the decision on, so that it holds all that is acknowledged when it is made.

use super::dedup::Last;
use super::segment::{self, Incarnation, Label, MAX_BATCH, Record};
use super::ship::Follower;
use super::{Context, Wal};
use crate::control::log::LogState;
use crate::entry::ControlCommand;
use crate::site::requests::Origin;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use firedrill_model::{
    LogIndex, NotApplied, Op, OpResult, Position, Request, Response, SessionId, SiteId, SiteSet, Time, Value,
    WithoutCopy,
};

/// More requests than that are not taken on.
const MOST: usize = 10_000;
/// More bytes of records than that do not wait to be sealed.
const MOST_BYTES: usize = 4 << 20;

/// An append that waits to be acknowledged.
#[derive(Clone, Debug)]
struct Waiting {
    origin: Origin,
    position: Position,
    until: Time,
}

/// What a read asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    /// Whether the record here, which was appended before, is acknowledged.
    Appended(Position),
    /// The records after this one.
    Scan(Position),
}

/// A read that waits for acceptance.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) origin: Origin,
    pub(super) asked: Asked,
    /// Answered once the log is confirmed to here.
    need: Position,
    round: u64,
    question: u64,
    until: Time,
}

/// A question to the quorum that is under way.
#[derive(Clone, Copy, Debug)]
struct Question {
    number: u64,
    /// What was held when it was first asked.
    upto: Position,
    asked: Time,
    ask_again: Time,
}

/// A change of the set that was decided upon here, and is not applied yet.
#[derive(Clone, Copy, Debug)]
struct Change {
    since: LogIndex,
    members: SiteSet,
}

/// The state of a writer.
#[derive(Clone, Debug)]
pub struct Writer {
    incarnation: Incarnation,
    start: Position,
    /// Segments that were sealed.
    pub(super) number: u64,
    pending: Vec<Record>,
    pending_bytes: usize,
    /// By site; the own is not used.
    pub(super) followers: Vec<Follower>,
    change: Option<Change>,
    confirmed: Position,
    pub(super) round: u64,
    pub(super) round_wanted: bool,
    question: Option<Question>,
    questions: u64,
    answered: u64,
    appends: VecDeque<Waiting>,
    reads: VecDeque<Read>,
    pub(super) scans: VecDeque<Read>,
    pub(super) beat_at: Time,
    pub(super) ship_at: Time,
    pub(super) look_at: Time,
}

impl Writer {
    pub(super) fn new(incarnation: Incarnation, state: &LogState, now: Time, sites: usize) -> Writer {
        Writer {
            incarnation,
            start: state.start,
            number: 0,
            pending: Vec::new(),
            pending_bytes: 0,
            followers: (0..sites).map(|_| Follower::new(state.start, now)).collect(),
            change: None,
            confirmed: Position(0),
            round: 0,
            round_wanted: true,
            question: None,
            questions: 0,
            answered: 0,
            appends: VecDeque::new(),
            reads: VecDeque::new(),
            scans: VecDeque::new(),
            beat_at: now,
            ship_at: now,
            look_at: now,
        }
    }

    pub(super) fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    pub(super) fn confirmed_to(&self) -> Position {
        self.confirmed
    }

    pub(super) fn memory(&self) -> usize {
        let under_way: usize = self.followers.iter().map(Follower::memory).sum();
        let asked =
            self.appends.len() * size_of::<Waiting>() + (self.reads.len() + self.scans.len()) * size_of::<Read>();
        self.pending_bytes + under_way + asked
    }

    pub(super) fn deadline(&self) -> Time {
        let question = self.question.map_or(Time::MAX, |question| question.ask_again);
        let append = self.appends.front().map_or(Time::MAX, |waiting| waiting.until);
        let read = self.reads.front().map_or(Time::MAX, |read| read.until);
        self.beat_at.min(self.ship_at).min(self.look_at).min(question).min(append).min(read)
    }

    /// Everybody who waits, and whether it is for a read.
    pub(super) fn give_up(self) -> impl Iterator<Item = (Origin, bool)> {
        let appends = self.appends.into_iter().map(|waiting| (waiting.origin, false));
        let reads = self.reads.into_iter().chain(self.scans);
        // Where a record is that was asked for again is as open as before.
        appends.chain(reads.map(|read| (read.origin, matches!(read.asked, Asked::Scan(_)))))
    }

    /// The copies that must hold a record before it is acknowledged: the set, and who is about to enter it.
    pub(super) fn required(&self, state: &LogState) -> SiteSet {
        let change = self.change.filter(|change| change.since == state.changed);
        state.members.iter().chain(change.map_or(SiteSet::EMPTY, |change| change.members).iter()).collect()
    }

    /// The decision that is wanted.
    pub(super) fn wants(&self, state: &LogState) -> Option<ControlCommand> {
        let change = self.change.filter(|change| change.since == state.changed)?;
        Some(ControlCommand::SetCopies { since: change.since, members: change.members })
    }
}

impl Wal {
    /// A request about the log reached its writer.
    pub(crate) fn request(&mut self, ctx: &mut Context<'_>, origin: Origin, request: &Request) {
        let until = ctx.now + self.patience;
        let Some(writer) = &mut self.writer else {
            return self.replies.push((origin, Response::NotApplied(NotApplied::NoLeader)));
        };
        let (round, question) = (writer.round + 1, writer.questions + 1);
        let read = |asked, need| Read { origin, asked, need, round, question, until };
        let record = match &request.op {
            Op::Scan { after } => {
                if writer.reads.len() + writer.scans.len() >= MOST {
                    return self.replies.push((origin, Response::NotApplied(NotApplied::Busy)));
                }
                writer.reads.push_back(read(Asked::Scan(*after), writer.start));
                writer.round_wanted = true;
                return;
            }
            Op::Append { record } => record,
            _ => return self.replies.push((origin, Response::NotApplied(NotApplied::Invalid))),
        };
        match self.store.dedup().last(request.session) {
            Some(Last { seq, position }) if seq == request.seq => {
                writer.reads.push_back(read(Asked::Appended(position), position.max(writer.start)));
                writer.round_wanted = true;
            }
            Some(Last { seq, .. }) if seq > request.seq => self.replies.push((origin, Response::Unknown)),
            _ => self.append(ctx, origin, request.session, request.seq, record),
        }
    }

    fn append(&mut self, ctx: &mut Context<'_>, origin: Origin, session: SessionId, seq: u64, value: &Value) {
        let stops = self.stopped(ctx);
        let Some(writer) = &mut self.writer else {
            return;
        };
        if stops || writer.appends.len() >= MOST || writer.pending_bytes >= MOST_BYTES {
            return self.replies.push((origin, Response::NotApplied(NotApplied::Busy)));
        }
        let record = Record { session, seq, value: value.clone() };
        self.store.will_append(&record);
        let position = Position(self.store.end().0 + writer.pending.len() as u64 + 1);
        writer.pending_bytes += value.as_bytes().len() + 32;
        writer.pending.push(record);
        writer.appends.push_back(Waiting { origin, position, until: ctx.now + self.patience });
    }

    /// Whether a copy is out that the plan says the writer does not go on without.
    fn stopped(&self, ctx: &Context<'_>) -> bool {
        let (Some(writer), Some(settings)) = (&self.writer, &self.settings) else {
            return true;
        };
        let must = settings.without_copy == WithoutCopy::Stop && !settings.synchronous.is_empty();
        let answered = |site: SiteId| writer.followers[site.index()].answered_at;
        let fresh = |site: SiteId| ctx.now.since(answered(site)) <= settings.copy_timeout;
        must && (ctx.state.members.is_empty() || !ctx.state.members.iter().all(fresh))
    }

    /// After every input, as the writer.
    pub(super) fn go_on_writing(&mut self, ctx: &mut Context<'_>) {
        if self.writer.is_none() {
            return;
        }
        self.seal_pending(ctx);
        self.confirm(ctx);
        self.change_copies(ctx);
        self.answer(ctx);
        self.ship(ctx);
    }

    /// Seals what waits, once the disk takes it.
    fn seal_pending(&mut self, ctx: &mut Context<'_>) {
        let (Some(writer), Some(cipher)) = (&mut self.writer, self.store.cipher().cloned()) else {
            return;
        };
        if !self.store.idle() {
            return;
        }
        let mut records = core::mem::take(&mut writer.pending).into_iter().peekable();
        writer.pending_bytes = 0;
        while records.peek().is_some() {
            let (mut batch, mut bytes) = (Vec::new(), 0);
            while let Some(record) =
                records.next_if(|next| bytes + next.value.as_bytes().len() <= MAX_BATCH || bytes == 0)
            {
                bytes += record.value.as_bytes().len() + 32;
                batch.push(record);
            }
            writer.number += 1;
            let end = self.store.end();
            let label = Label {
                epoch: ctx.epoch,
                incarnation: writer.incarnation,
                number: writer.number,
                before: self.store.history().incarnation(end).unwrap_or_default(),
                first: end.next(),
                at: ctx.now,
            };
            match segment::seal(&cipher, &mut self.gzip, label, &batch) {
                Some(segment) => self.store.append_known(segment),
                // Its numbers are used up. It opens the log anew.
                None => return self.renew(),
            }
        }
    }

    /// Takes another incarnation: the numbers of this one are used up, or the log was found damaged.
    pub(super) fn renew(&mut self) {
        self.resign();
        self.token = firedrill_model::rng::mix(self.token);
    }

    /// Confirms what is held, as far as the copies and, where they do not suffice, the quorum say.
    fn confirm(&mut self, ctx: &mut Context<'_>) {
        let (Some(writer), Some(settings)) = (&mut self.writer, &self.settings) else {
            return;
        };
        let must = settings.without_copy == WithoutCopy::Stop && !settings.synchronous.is_empty();
        if !ctx.accepts || must && ctx.state.members.is_empty() {
            return;
        }
        let required = writer.required(&ctx.state);
        // A process that slept finds answers that say nothing about now.
        let fresh = required
            .iter()
            .all(|site| ctx.now.since(writer.followers[site.index()].answered_at) <= settings.copy_timeout);
        if !fresh {
            return;
        }
        let held = required.iter().map(|site| writer.followers[site.index()].held).min();
        let held = held.unwrap_or(Position(u64::MAX)).min(self.store.durable());
        if !needs_quorum(ctx.state.members, self.sites) {
            writer.confirmed = writer.confirmed.max(held);
        }
        let reads = writer.reads.iter().any(|read| read.question > writer.answered);
        let wants = needs_quorum(ctx.state.members, self.sites) && (held > writer.confirmed || reads);
        if wants && writer.question.is_none() {
            writer.questions += 1;
            let (number, asked) = (writer.questions, ctx.now);
            writer.question = Some(Question { number, upto: held, asked, ask_again: asked });
        }
    }

    /// A question for the leader that is due.
    pub(crate) fn take_question(&mut self, now: Time) -> Option<(Incarnation, u64)> {
        let heartbeat = self.heartbeat;
        let writer = self.writer.as_mut()?;
        let question = writer.question.as_mut().filter(|question| now >= question.ask_again)?;
        question.ask_again = now + heartbeat;
        Some((writer.incarnation, question.number))
    }

    /// The leader found, by a round of the quorum, that it still writes.
    pub(crate) fn confirmed(&mut self, ctx: &mut Context<'_>, incarnation: Incarnation, number: u64) {
        let (Some(writer), Some(settings)) = (&mut self.writer, &self.settings) else {
            return;
        };
        let Some(question) = writer.question.filter(|asked| asked.number == number) else {
            return;
        };
        if incarnation != writer.incarnation {
            return;
        }
        writer.question = None;
        if ctx.now.since(question.asked) > settings.copy_timeout.max(self.patience) || !ctx.accepts {
            return;
        }
        writer.answered = number;
        // Who entered the set meanwhile was waited for from before on, so what was held then is confirmed as it was.
        writer.confirmed = writer.confirmed.max(question.upto);
    }

    /// Lets copies that are out leave the set, and those that hold the log enter it.
    fn change_copies(&mut self, ctx: &mut Context<'_>) {
        let (Some(writer), Some(settings)) = (&mut self.writer, &self.settings) else {
            return;
        };
        let state = &ctx.state;
        writer.change = writer.change.filter(|change| change.since == state.changed);
        if ctx.now >= writer.look_at {
            writer.look_at = ctx.now + settings.copy_timeout / 4;
        }
        if writer.change.is_some() || !ctx.accepts {
            return;
        }
        let out = |site: SiteId| ctx.now.since(writer.followers[site.index()].answered_at) > settings.copy_timeout;
        let goes_on = settings.without_copy == WithoutCopy::Asynchronous;
        let mut members: SiteSet = state.members.iter().filter(|site| !(goes_on && out(*site))).collect();
        let confirmed = writer.confirmed;
        // What the quorum is asked about may be acknowledged by its answer, without whoever enters meanwhile.
        let promised = writer.question.map_or(confirmed, |question| question.upto.max(confirmed));
        let holds = |site: SiteId| {
            let follower = &writer.followers[site.index()];
            !follower.probing && follower.held >= promised && follower.held >= writer.start && !out(site)
        };
        if members == state.members && (confirmed >= writer.start || state.members.is_empty()) {
            let entering = state.eligible.iter().filter(|site| !state.members.contains(*site) && *site != self.me);
            members = state.members.iter().chain(entering.filter(|site| holds(*site))).collect();
            // Stand-ins are not needed once those that were chosen are all there.
            if state.chosen.iter().all(|site| members.contains(site)) {
                members = members.iter().filter(|site| state.chosen.contains(*site)).collect();
            }
        }
        if members != state.members {
            writer.change = Some(Change { since: state.changed, members });
            self.propose_at = ctx.now;
            self.wanted = self.writer.as_ref().and_then(|writer| writer.wants(state));
        }
    }

    /// Answers what can be answered now.
    fn answer(&mut self, ctx: &mut Context<'_>) {
        let Some(writer) = &mut self.writer else {
            return;
        };
        while let Some(waiting) = writer.appends.front() {
            let response = if ctx.accepts && waiting.position <= writer.confirmed {
                Response::Done(OpResult::Appended { position: waiting.position })
            } else if waiting.until <= ctx.now {
                Response::Unknown
            } else {
                break;
            };
            self.replies.push((waiting.origin, response));
            writer.appends.pop_front();
        }
        let required = writer.required(&ctx.state);
        let round = required.iter().map(|site| writer.followers[site.index()].accepted_round).min();
        let round = round.unwrap_or(u64::MAX);
        let asks = needs_quorum(ctx.state.members, self.sites);
        while let Some(read) = writer.reads.front() {
            let accepted = round >= read.round && (!asks || writer.answered >= read.question);
            if ctx.accepts && accepted && writer.confirmed >= read.need {
                match read.asked {
                    Asked::Appended(position) => {
                        self.replies.push((read.origin, Response::Done(OpResult::Appended { position })));
                    }
                    Asked::Scan(_) => writer.scans.push_back(read.clone()),
                }
            } else if read.until <= ctx.now {
                self.replies.push((read.origin, Response::Unknown));
            } else {
                break;
            }
            writer.reads.pop_front();
        }
        self.scan(ctx);
    }
}

/// Whether a writer and its copies do not intersect every majority, so that their acceptance does not suffice.
fn needs_quorum(members: SiteSet, sites: usize) -> bool {
    members.len() + 1 + (sites / 2 + 1) <= sites
}
