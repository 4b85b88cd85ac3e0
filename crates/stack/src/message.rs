//! What sites tell each other. Any of it may be lost, late, doubled or out of order.

use crate::entry::{Entry, LIMIT};
use crate::snapshot::MAX_PIECE;
use crate::storage::identity::DiskId;
use crate::storage::standing::Standing;
use crate::wal::message::LogMessage;
use alloc::vec::Vec;
use firedrill_model::{Epoch, LogIndex, Request, Response, Term, Time};
use serde::{Deserialize, Serialize};

/// A message between sites.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// Consensus.
    Raft(RaftMessage),
    /// Are you there?
    HealthCheck {
        /// To be echoed.
        nonce: u64,
    },
    /// I am here.
    HealthReply {
        /// From the check.
        nonce: u64,
    },
    /// A client's request, passed on to the leader.
    Forward {
        /// Names the request at the sender, for ever.
        id: u64,
        /// The term in which the receiver leads, as the sender knows. In no other term will it take the request on, so that a copy that comes late can do nothing.
        term: Term,
        /// The request.
        request: Request,
    },
    /// The leader's answer.
    ForwardReply {
        /// The request's name.
        id: u64,
        /// The answer.
        response: Response,
    },
    /// About the transaction log.
    Log(LogMessage),
}

/// A message of the Raft algorithm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RaftMessage {
    /// When a site could become leader: asks for a vote, or (pre-vote) whether one would be given.
    VoteRequest {
        /// The candidate's term; for a pre-vote the one that it would have.
        term: Term,
        /// The candidate's last entry.
        last_index: LogIndex,
        /// That entry's term.
        last_term: Term,
        /// Only asking whether.
        pre_vote: bool,
        /// The leader itself asked for this election, so that its lease does not count.
        transfer: bool,
    },
    /// When a vote was asked for: the answer.
    VoteResponse {
        /// The term of the request if granted, else the voter's own.
        term: Term,
        /// Whether the vote is given.
        granted: bool,
        /// The request was a pre-vote.
        pre_vote: bool,
    },
    /// When a leader has entries for a follower, or wants to be heard.
    Append {
        /// The leader's term.
        term: Term,
        /// The entry before the first of `entries`.
        prev_index: LogIndex,
        /// That entry's term.
        prev_term: Term,
        /// Entries to append; none in a heartbeat.
        entries: Vec<Entry>,
        /// Committed up to here.
        commit: LogIndex,
        /// The leader's fencing epoch.
        epoch: Epoch,
        /// The number of the leader's round of acceptance.
        round: u64,
        /// When it was sent, by the leader's clock. Echoed.
        sent: Time,
        /// The disk of the follower that the leader has heard of.
        disk: DiskId,
        /// The latest incarnation of the follower that the leader has heard of. `commit` covers all that was ever committed with the help of an
        /// earlier one.
        incarnation: u64,
        /// Since it has heard of that one, a quorum accepted the leader.
        confirmed: bool,
    },
    /// When a follower has what a leader sent, on its disk, or can't take it.
    AppendResponse {
        /// The follower's term.
        term: Term,
        /// If ok, the follower's log agrees with the leader's up to `index`, and that is durable; else it does not agree at the message's
        /// `prev_index`.
        ok: bool,
        /// If ok, up to here; else the `prev_index` that did not fit.
        index: LogIndex,
        /// If not ok, where to try next: the last entry that may agree.
        hint: LogIndex,
        /// If not ok, the follower's term there.
        hint_term: Term,
        /// Echoed.
        round: u64,
        /// Echoed.
        sent: Time,
        /// The leader's epoch is not lower than the highest that this follower has stored.
        accepted: bool,
        /// What of this may be counted.
        standing: Standing,
        /// Which disk of the follower speaks.
        disk: DiskId,
        /// Which start of the follower's process on that disk. Answers of an earlier one say nothing about what is on its disk now.
        incarnation: u64,
    },
    /// When a follower needs entries that the leader has dropped: a piece of the leader's snapshot.
    InstallSnapshot {
        /// The leader's term.
        term: Term,
        /// The snapshot is as of this entry.
        index: LogIndex,
        /// That entry's term.
        last_term: Term,
        /// Where the piece begins.
        at: u64,
        /// The piece.
        piece: Vec<u8>,
        /// The leader's fencing epoch.
        epoch: Epoch,
        /// The number of the leader's round of acceptance.
        round: u64,
        /// When it was sent, by the leader's clock. Echoed.
        sent: Time,
    },
    /// When a piece of a snapshot arrived. (That the whole is on the disk an [`RaftMessage::AppendResponse`] says.)
    InstallResponse {
        /// The follower's term.
        term: Term,
        /// The snapshot is as of this entry.
        index: LogIndex,
        /// The piece that it wants next; none if it has all.
        next: Option<u64>,
        /// Echoed.
        round: u64,
        /// Echoed.
        sent: Time,
        /// The leader's epoch is not lower than the highest that this follower has stored.
        accepted: bool,
        /// What of this may be counted.
        standing: Standing,
        /// Which disk of the follower speaks.
        disk: DiskId,
        /// Which start of the follower's process on that disk.
        incarnation: u64,
    },
    /// When a site has a new disk: asks whether it is its first.
    JoinRequest {
        /// The disk.
        disk: DiskId,
    },
    /// When a site asked whether its new disk is its first: the answer.
    JoinResponse {
        /// The disk that was asked about.
        disk: DiskId,
        /// The first disk of the asking site, as far as the sender knows, and durably keeps.
        first: DiskId,
        /// The sender's own disk.
        own: DiskId,
    },
    /// When the leader wants another site to lead: hold an election now.
    TimeoutNow {
        /// The leader's term.
        term: Term,
    },
}

impl RaftMessage {
    /// Whether a peer could have sent it, in a group of so many sites. What is not plausible is damage or mischief, and is not looked at.
    pub fn is_plausible(&self, sites: usize) -> bool {
        match self {
            RaftMessage::VoteRequest { term, last_index, last_term, .. } => {
                term.0.max(last_index.0).max(last_term.0) < LIMIT
            }
            RaftMessage::VoteResponse { term, .. } | RaftMessage::TimeoutNow { term } => term.0 < LIMIT,
            RaftMessage::JoinRequest { disk } => *disk != DiskId::NONE,
            RaftMessage::JoinResponse { disk, first, own } => ![*disk, *first, *own].contains(&DiskId::NONE),
            RaftMessage::Append { term, prev_index, prev_term, entries, commit, epoch, .. } => {
                let numbers = [term.0, prev_index.0, prev_term.0, commit.0, epoch.0];
                numbers.into_iter().all(|number| number < LIMIT)
                    && follow_on(*prev_index, *prev_term, entries, *term)
                    && entries.iter().all(|entry| entry.is_plausible(sites))
            }
            RaftMessage::InstallSnapshot { term, index, last_term, piece, epoch, .. } => {
                let numbers = [term.0, index.0, last_term.0, epoch.0];
                numbers.into_iter().all(|number| number < LIMIT)
                    && last_term <= term
                    && index.0 > 0
                    && piece.len() <= MAX_PIECE
            }
            RaftMessage::InstallResponse { term, index, incarnation, .. } => {
                term.0.max(index.0).max(*incarnation) < LIMIT
            }
            RaftMessage::AppendResponse { term, index, hint, incarnation, .. } => {
                term.0.max(index.0).max(hint.0).max(*incarnation) < LIMIT
            }
        }
    }
}

/// Whether entries follow each other without a gap, in terms that never fall and end at the leader's or before.
fn follow_on(index: LogIndex, term: Term, entries: &[Entry], last: Term) -> bool {
    let step = |(index, term): (LogIndex, Term), entry: &Entry| {
        let follows = entry.index == index.next() && entry.term >= term;
        follows.then_some((entry.index, entry.term))
    };
    let end = entries.iter().try_fold((index, term), step);
    end.is_some_and(|(_, term)| term <= last)
}
