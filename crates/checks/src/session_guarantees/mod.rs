//! Session guarantees: what one client may rely on, though standbys that lag serve its reads (Terry et al., "Session
//! Guarantees for Weakly Consistent Replicated Data", 1994).
//!
//! - `read_your_writes`, `monotonic_reads`: over one client's operations on a session
//! - `monotonic_writes`, `writes_follow_reads`: over what one site served, whoever asked
//! - `newest`: what each client knows of a session
//! - `versions`: which of two values of a session is older
//! - `floors`: how new a site's answers must be, for what it has served already
//!
//! All four go over the journal once, in the order of invocations and returns: what returned before a read was invoked binds
//! it. A read breaks a guarantee if what it returned is certainly older than it may be. Where two values can't be compared
//! (their writes overlapped), some order of them satisfies the guarantee, and the read passes.
//!
//! A value that was written twice, or by nobody, can't be placed: then a guarantee that is not broken is unknown. A guarantee
//! that never bound a read is not listed.
//!
//! Does not check reads against other clients' writes (`linearizable` does, where reads are to be linearizable; these four
//! follow from it), nor reads that have no answer.

mod floors;
mod monotonic_reads;
mod monotonic_writes;
mod newest;
mod read_your_writes;
mod versions;
mod writes_follow_reads;

use crate::facts::calls::Call;
use crate::facts::{At, Facts};
use crate::judgement::CheckResult;
use crate::verdict::Verdict;
use firedrill_model::{Op, OpResult, Outcome, SiteId};
use monotonic_reads::MonotonicReads;
use monotonic_writes::MonotonicWrites;
use read_your_writes::ReadYourWrites;
use versions::{Version, Versions};
use writes_follow_reads::WritesFollowReads;

/// An answered read, or an acknowledged write, of a session.
#[derive(Clone, Copy)]
struct Answer {
    /// The client's number.
    client: u32,
    /// The session's number.
    key: u32,
    site: Option<SiteId>,
    /// What was read, or written.
    version: Version,
    is_read: bool,
    invoked: At,
    returned: At,
    /// Its place among the run's calls.
    call: u32,
}

/// One of the four.
trait Guarantee {
    const NAME: &'static str;

    /// A read is invoked: what it returns must be no older than this.
    fn binds(&self, read: &Answer, versions: &Versions<'_>) -> Option<Version>;

    /// An operation returns, and binds what is invoked from now on.
    fn returned(&mut self, answer: &Answer, versions: &Versions<'_>);
}

/// What a guarantee came to.
struct Tally<G> {
    guarantee: G,
    judged: u64,
    broken: u64,
    first: Option<(Answer, Version)>,
}

/// Judges all four; those that never bound a read are left out.
pub(crate) fn judge(facts: &Facts<'_>) -> Vec<CheckResult> {
    let (versions, answers) = versions::sort_out(facts);
    let mut own = Tally::of(ReadYourWrites::default());
    let mut reads = Tally::of(MonotonicReads::default());
    let mut writes = Tally::of(MonotonicWrites::default());
    let mut following = Tally::of(WritesFollowReads::default());
    for (number, invoked) in in_order(facts, &answers) {
        let answer = &answers[number as usize];
        if invoked {
            if answer.is_read {
                own.read(answer, &versions);
                reads.read(answer, &versions);
                writes.read(answer, &versions);
                following.read(answer, &versions);
            }
        } else {
            own.guarantee.returned(answer, &versions);
            reads.guarantee.returned(answer, &versions);
            writes.guarantee.returned(answer, &versions);
            following.guarantee.returned(answer, &versions);
        }
    }
    let results = [
        own.result(facts, &versions),
        reads.result(facts, &versions),
        writes.result(facts, &versions),
        following.result(facts, &versions),
    ];
    results.into_iter().flatten().collect()
}

/// Invocations and returns in the order in which they happened: the number of the answer, and whether it is its invocation.
fn in_order(facts: &Facts<'_>, answers: &[Answer]) -> Vec<(u32, bool)> {
    // Each has a place of its own in the journal, so that there is nothing to sort where its times rise.
    let mut by_place: Vec<Option<(u32, bool)>> = vec![None; facts.journal.events.len()];
    for (number, answer) in (0..).zip(answers) {
        by_place[answer.invoked.place] = Some((number, true));
        by_place[answer.returned.place] = Some((number, false));
    }
    let mut instants: Vec<(u32, bool)> = by_place.into_iter().flatten().collect();
    let at = |(number, invoked): &(u32, bool)| {
        let answer = &answers[*number as usize];
        if *invoked { answer.invoked } else { answer.returned }
    };
    if !instants.is_sorted_by_key(at) {
        instants.sort_by_key(at);
    }
    instants
}

impl<G: Guarantee> Tally<G> {
    fn of(guarantee: G) -> Tally<G> {
        Tally { guarantee, judged: 0, broken: 0, first: None }
    }

    fn read(&mut self, read: &Answer, versions: &Versions<'_>) {
        let Some(bound) = self.guarantee.binds(read, versions) else { return };
        self.judged += 1;
        if versions.older(read.version, bound) {
            self.broken += 1;
            self.first.get_or_insert((*read, bound));
        }
    }

    fn result(&self, facts: &Facts<'_>, versions: &Versions<'_>) -> Option<CheckResult> {
        let (name, judged) = (G::NAME, self.judged);
        if let Some((read, bound)) = &self.first {
            let call = &facts.calls[read.call as usize];
            let more = if self.broken > 1 { format!(" (and {} more)", self.broken - 1) } else { String::new() };
            let site = read.site.map_or_else(|| "nobody".to_owned(), |site| facts.names.site(site));
            let why = format!(
                "{} read {} in session {} at {} from {site}, which is older than {}{more}",
                call.client,
                versions.shown(read.version),
                call.op.key().map_or("", |key| key.as_str()),
                read.invoked.t,
                versions.shown(*bound),
            );
            return Some(CheckResult::client(name, Verdict::Fail, judged, why));
        }
        if judged == 0 {
            return None;
        }
        Some(match &versions.doubt {
            Some(doubt) => CheckResult::client(name, Verdict::Unknown, judged, doubt.clone()),
            None => {
                CheckResult::client(name, Verdict::Pass, judged, format!("{judged} reads, none older than it may be"))
            }
        })
    }
}

/// What was read or written, if it was answered.
fn seen<'j>(call: &Call<'j>) -> Option<(Option<&'j firedrill_model::Value>, bool)> {
    match (call.op, call.outcome()) {
        (Op::Read { .. }, Outcome::Ok(OpResult::Value(value))) => Some((value.as_ref(), true)),
        (Op::Write { value, .. }, Outcome::Ok(OpResult::Written))
        | (Op::Cas { value, .. }, Outcome::Ok(OpResult::Cas { swapped: true })) => Some((Some(value), false)),
        _ => None,
    }
}
