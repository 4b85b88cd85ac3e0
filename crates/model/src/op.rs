//! What clients ask of the session store and of the transaction log, and what became of it.

use crate::ids::{Position, ServiceId, SiteId};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// The key of a session: text, at most 255 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub Arc<str>);

impl Key {
    /// A key of this text.
    pub fn new(text: &str) -> Key {
        Key(Arc::from(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The contents of a session: bytes, at most 1 MiB.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Value(pub Arc<[u8]>);

impl Value {
    /// A value of these bytes.
    pub fn new(bytes: &[u8]) -> Value {
        Value(Arc::from(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Value {
    /// As text where it is printable ASCII, else as the number of bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match core::str::from_utf8(&self.0) {
            Ok(text) if text.bytes().all(|b| (0x20..0x7f).contains(&b)) => f.write_str(text),
            _ => write!(f, "<{} bytes>", self.0.len()),
        }
    }
}

/// An operation on one session, or on the transaction log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Op {
    /// Reads the session's value.
    Read {
        /// Of this session.
        key: Key,
    },
    /// Sets the session's value.
    Write {
        /// Of this session.
        key: Key,
        /// To this.
        value: Value,
    },
    /// Sets the session's value if it has the expected one (`None`: if there is none).
    Cas {
        /// Of this session.
        key: Key,
        /// Only if it is this.
        expected: Option<Value>,
        /// To this.
        value: Value,
    },
    /// Appends a record to the transaction log.
    Append {
        /// The record. Unique within a run, so that it is known again when the log is scanned.
        record: Value,
    },
    /// Reads the transaction log from a place on, as many records as fit into an answer.
    Scan {
        /// The records after this position; 0: from the first that is retained.
        after: Position,
    },
}

impl Op {
    /// The session that it is about; `None`: it is about the transaction log.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Op::Read { key } | Op::Write { key, .. } | Op::Cas { key, .. } => Some(key),
            Op::Append { .. } | Op::Scan { .. } => None,
        }
    }

    /// Whether it changes nothing.
    pub fn is_read(&self) -> bool {
        matches!(self, Op::Read { .. } | Op::Scan { .. })
    }

    /// Whether it is about the transaction log.
    pub fn is_of_log(&self) -> bool {
        self.key().is_none()
    }
}

/// What an applied operation returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OpResult {
    /// A read saw this value (`None`: there is none).
    Value(Option<Value>),
    /// A write took place.
    Written,
    /// A compare-and-set ran, and did or did not find what it expected.
    Cas {
        /// Whether it did.
        swapped: bool,
    },
    /// A record was appended.
    Appended {
        /// Here.
        position: Position,
    },
    /// A scan read these.
    Records {
        /// The position of the first of `records`.
        first: Position,
        /// The records, at consecutive positions. None: there is none after the position that was asked for.
        records: Vec<Value>,
        /// The log's end: the position of its last record; 0 if there is none.
        end: Position,
    },
}

/// A client's session with the stack (not to be confused with the sessions that are stored): the scope of `seq`, by which a
/// retried write is applied once. Unique for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub u64);

/// A request as it reaches a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The client's session.
    pub session: SessionId,
    /// The number of the operation within the session; rises by one with each new operation, stays with a retry. A session
    /// has at most one operation under way.
    pub seq: u64,
    /// The service that is asked.
    pub service: ServiceId,
    /// What is asked.
    pub op: Op,
}

/// A site's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// It was applied, once.
    Done(OpResult),
    /// It was not applied, and this request never will be.
    NotApplied(NotApplied),
    /// The site can't tell whether it was or will be applied. The client may retry with the same `seq`.
    Unknown,
}

/// Why an operation was certainly not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotApplied {
    /// The service is not promoted at the addressed site.
    NotPromoted,
    /// The addressed site knows no leader.
    NoLeader,
    /// The addressed site has too much to do.
    Busy,
    /// The request is malformed, or too large.
    Invalid,
    /// The connection was refused, so nothing was sent.
    Refused,
    /// The service's record names no site, so there was nobody to ask.
    NoAddress,
}

/// What became of an operation, as the client saw it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It took place between invocation and return, and returned this.
    Ok(OpResult),
    /// It did not and never will take place.
    Failed(NotApplied),
    /// It may have taken place, may yet, or may never.
    Unknown,
}

/// Where an attempt was sent.
pub type Addressed = Option<SiteId>;
