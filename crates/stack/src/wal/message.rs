//! What sites tell each other about the transaction log. Any of it may be lost, late, doubled or out of order.

use super::segment::Incarnation;
use crate::entry::{ControlCommand, LIMIT};
use alloc::sync::Arc;
use alloc::vec::Vec;
use firedrill_model::{LogIndex, Position, Request, Time};
use serde::{Deserialize, Serialize};

/// A message about the transaction log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LogMessage {
    /// A client's request, passed on to the writer.
    Forward {
        /// Names the request at the sender, for ever.
        id: u64,
        /// The writer that is meant. Another will not take the request on.
        writer: Incarnation,
        /// The request.
        request: Request,
    },
    /// When the writer has records for a copy, or wants to be heard.
    Ship {
        /// Who writes.
        writer: Incarnation,
        /// The last entry about the log that it has applied.
        changed: LogIndex,
        /// The record before the first of `segments`.
        prev: Position,
        /// Who wrote that record.
        prev_incarnation: Incarnation,
        /// Segments, as they were sealed; none in a heartbeat.
        segments: Vec<Arc<[u8]>>,
        /// Acknowledged, or confirmed, up to here.
        confirmed: Position,
        /// The writer's log ends here.
        end: Position,
        /// The records up to here are no longer there at the writer.
        base: Position,
        /// The number of the writer's round of acceptance.
        round: u64,
        /// When it was sent, by the writer's clock. Echoed.
        sent: Time,
    },
    /// When a copy has what the writer shipped, on its disk, or can't take it.
    Held {
        /// The writer that it accepts.
        writer: Incarnation,
        /// Whether its log agrees with the writer's up to `position`, and is durable to there; else it does not agree at the message's `prev`.
        ok: bool,
        /// See `ok`. If not ok: the last record that may agree.
        position: Position,
        /// If not ok: who wrote that record.
        incarnation: Incarnation,
        /// Echoed.
        round: u64,
        /// Echoed.
        sent: Time,
    },
    /// When a writer that does not lead wants a decision: to the leader.
    Propose {
        /// This.
        command: ControlCommand,
    },
    /// When a writer that does not lead wants to know that no other epoch began: to the leader.
    Confirm {
        /// Who asks.
        writer: Incarnation,
        /// The question's number. Echoed.
        number: u64,
    },
    /// When the leader knows, by a round of the quorum begun after the question arrived, that the writer still writes.
    Confirmed {
        /// Who asked.
        writer: Incarnation,
        /// The question.
        number: u64,
    },
    /// When a site that lost records asks another for them.
    Fetch {
        /// It holds the log up to here.
        after: Position,
        /// And this incarnation wrote the record there.
        incarnation: Incarnation,
    },
    /// When a site was asked for records that another lost.
    Fetched {
        /// As asked.
        after: Position,
        /// Segments that follow, as they were sealed.
        segments: Vec<Arc<[u8]>>,
        /// The sender's log is durable up to here.
        end: Position,
    },
}

impl LogMessage {
    /// Whether a peer could have sent it, in a group of so many sites. What is not plausible is damage or mischief, and is not looked at.
    pub fn is_plausible(&self, sites: usize) -> bool {
        let small = |numbers: &[u64]| numbers.iter().all(|number| *number < LIMIT);
        let number = |incarnation: &Incarnation| incarnation.0.0;
        match self {
            LogMessage::Forward { writer, .. } => small(&[number(writer)]),
            LogMessage::Ship { writer, changed, prev, prev_incarnation, confirmed, end, base, round, .. } => small(&[
                number(writer),
                changed.0,
                prev.0,
                number(prev_incarnation),
                confirmed.0,
                end.0,
                base.0,
                *round,
            ]),
            LogMessage::Held { writer, position, incarnation, round, .. } => {
                small(&[number(writer), position.0, number(incarnation), *round])
            }
            LogMessage::Propose { command } => command.is_plausible(sites),
            LogMessage::Confirm { writer, number: n } | LogMessage::Confirmed { writer, number: n } => {
                small(&[number(writer), *n])
            }
            LogMessage::Fetch { after, incarnation } => small(&[after.0, number(incarnation)]),
            LogMessage::Fetched { after, end, .. } => small(&[after.0, end.0]),
        }
    }
}

/// No incarnation: nobody writes.
pub const NOBODY: Incarnation = Incarnation(LogIndex(0));
