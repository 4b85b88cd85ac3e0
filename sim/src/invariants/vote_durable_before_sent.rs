//! A granted vote leaves a site only when a loss of power could no longer take it back (Ongaro & Ousterhout 2014, figure 2: persistent
//! state is updated on stable storage before responding).
//!
//! A vote in a term that durable metadata is already past is in order: the site can never vote in that term again.
//! Does not check a candidate's vote for itself, which is never sent: `one-leader-per-term` sees what comes of it.

use super::durable::Durable;
use firedrill_model::{SiteId, Term};
use firedrill_stack::message::{Message, RaftMessage};

pub(crate) const NAME: &str = "vote-durable-before-sent";

/// The term of the vote that a message gives.
pub(crate) fn granted(message: &Message) -> Option<Term> {
    match message {
        Message::Raft(RaftMessage::VoteResponse { term, granted: true, pre_vote: false }) => Some(*term),
        _ => None,
    }
}

/// A site sends its vote in `term` to `candidate`.
pub(crate) fn sent(durable: &Durable, term: Term, candidate: SiteId) -> Option<String> {
    let meta = durable.meta();
    let safe = meta.term > term || (meta.term == term && meta.voted_for == Some(candidate));
    (!safe).then(|| {
        let vote = meta.voted_for.map_or("nobody".to_owned(), |site| site.to_string());
        format!("a vote for {candidate} in {term} left; durable are {} and a vote for {vote}", meta.term)
    })
}
