//! A record of the transaction log that the writer acknowledges is durable there and at every synchronous copy of the set that the writer knows (DESIGN.md,
//! Authority).
//!
//! Looked at when an acknowledgement leaves the writer, for records beyond all that were acknowledged before. A disk that was damaged since counts: what was promised on it was
//! true. Does not check whether the set is right: `one-log-writer-per-epoch` and the clients' view do.

use super::durable_log::Logs;
use crate::process::Writes;
use firedrill_model::{Position, SiteId};

pub(crate) const NAME: &str = "acknowledged-durable-at-copies";

/// The last record that was acknowledged in each incarnation is all that has to be remembered: the newest.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AcknowledgedDurableAtCopies {
    newest: Position,
}

impl AcknowledgedDurableAtCopies {
    /// Whether there is something to judge.
    pub(crate) fn is_new(&mut self, position: Position) -> bool {
        let new = position > self.newest;
        self.newest = self.newest.max(position);
        new
    }
}

/// The writer acknowledges a record.
pub(crate) fn acknowledged(logs: &Logs, writer: SiteId, writes: &Writes, position: Position) -> Option<String> {
    let incarnation = writes.incarnation_of(position)?;
    let must = writes.members.with(writer);
    let lacks = |site: &SiteId| logs.at(*site).at(position).is_none_or(|kept| kept.incarnation != incarnation);
    let lacking: Vec<SiteId> = must.iter().filter(lacks).collect();
    (!lacking.is_empty()).then(|| {
        format!(
            "{writer} acknowledges {position}, written in the incarnation of {}, which {lacking:?} lack",
            incarnation.0
        )
    })
}
