//! A client's session with the stack: who asks, and the number of its operation. At most one operation is under way in it.

use firedrill_model::{ClientId, SessionId};

/// The sessions of one client, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    client: ClientId,
    incarnation: u32,
    seq: u64,
}

impl Session {
    pub(crate) fn new(client: ClientId) -> Session {
        Session { client, incarnation: 0, seq: 0 }
    }

    /// Its name: the client's number and how many sessions it has had, so no two are ever alike.
    pub(crate) fn id(&self) -> SessionId {
        SessionId(u64::from(self.client.0) << 32 | u64::from(self.incarnation))
    }

    /// The number of the operation under way, or of the last one.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// Begins a new operation.
    pub(crate) fn advance(&mut self) {
        self.seq += 1;
    }

    /// Opens a new session: in this one an operation may still be under way.
    pub(crate) fn renew(&mut self) {
        self.incarnation += 1;
        self.seq = 0;
    }
}
