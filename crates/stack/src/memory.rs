//! What a site holds in memory that grows with what is asked of it, in bytes. Estimates: of what is counted here nothing is left out, but the allocator's own share is.
//!
//! Not counted is the state itself, the sessions and the clients' last operations, which grows with how many there are of them and not with how long it runs.

/// Bytes in memory, by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Entries of the replicated log since its base: bounded by the snapshot threshold.
    pub replicated_log: usize,
    /// What waits for the disk or for the metadata to be durable: bounded by what is asked between two syncs.
    pub waiting_for_disk: usize,
    /// Segments of the transaction log: those that wait for the disk, the latest, files that were read for copies that lag.
    pub transaction_log: usize,
    /// The operations by which retried appends are known: bounded by how many records that looks back.
    pub retries: usize,
    /// Requests without an answer, and those of peers by which copies are known.
    pub requests: usize,
}

impl Memory {
    /// All of it.
    pub fn total(&self) -> usize {
        self.replicated_log + self.waiting_for_disk + self.transaction_log + self.retries + self.requests
    }
}
