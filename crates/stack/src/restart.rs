//! What a start read of the disk, which is what a restart costs.

use firedrill_model::LogIndex;
use serde::{Deserialize, Serialize};

/// What was read of the disk when the process started. Of the replicated log it is what follows the last snapshot, whatever was committed before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadAtStart {
    /// The entry as of which a snapshot was read; 0: there was none.
    pub snapshot: LogIndex,
    /// Records of the replicated log, those that others supersede included.
    pub entries: u64,
    /// Bytes of metadata, snapshot and replicated log.
    pub bytes: u64,
    /// Bytes of the transaction log: all that it retains.
    pub transaction_log_bytes: u64,
}
