//! Anomalies, by the names of Adya's thesis (1999) and of Elle's paper.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What went wrong. In the order of how weak an isolation level already rules it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Anomaly {
    /// A read held something that nobody appended.
    #[serde(rename = "garbage-read")]
    GarbageRead,
    /// A read held an element twice, though it was appended once.
    #[serde(rename = "duplicate-elements")]
    DuplicateElements,
    /// Two reads of a list, neither of which is a prefix of the other: there is no one order of its elements.
    #[serde(rename = "incompatible-order")]
    IncompatibleOrder,
    /// A transaction did not see its own appends, or saw two states of a list between which it did nothing.
    #[serde(rename = "internal")]
    Internal,
    /// Dirty write: a cycle of write dependencies.
    #[serde(rename = "G0")]
    G0,
    /// Aborted read: something of a failed transaction was read.
    #[serde(rename = "G1a")]
    G1a,
    /// Intermediate read: the state in the middle of another transaction was read.
    #[serde(rename = "G1b")]
    G1b,
    /// Circular information flow: a cycle of write and read dependencies.
    #[serde(rename = "G1c")]
    G1c,
    /// A cycle with exactly one anti-dependency (read skew, lost update).
    #[serde(rename = "G-single")]
    GSingle,
    /// A cycle with two or more anti-dependencies on items (write skew).
    #[serde(rename = "G2-item")]
    G2Item,
    /// As G0, with the order of processes or real time.
    #[serde(rename = "G0-order")]
    G0Order,
    /// As G1c, with the order of processes or real time.
    #[serde(rename = "G1c-order")]
    G1cOrder,
    /// As G-single, with the order of processes or real time (a stale read).
    #[serde(rename = "G-single-order")]
    GSingleOrder,
    /// As G2-item, with the order of processes or real time.
    #[serde(rename = "G2-item-order")]
    G2ItemOrder,
}

impl Anomaly {
    /// Its name, as Elle's users know it.
    pub fn name(self) -> &'static str {
        match self {
            Anomaly::GarbageRead => "garbage-read",
            Anomaly::DuplicateElements => "duplicate-elements",
            Anomaly::IncompatibleOrder => "incompatible-order",
            Anomaly::Internal => "internal",
            Anomaly::G0 => "G0",
            Anomaly::G1a => "G1a",
            Anomaly::G1b => "G1b",
            Anomaly::G1c => "G1c",
            Anomaly::GSingle => "G-single",
            Anomaly::G2Item => "G2-item",
            Anomaly::G0Order => "G0-order",
            Anomaly::G1cOrder => "G1c-order",
            Anomaly::GSingleOrder => "G-single-order",
            Anomaly::G2ItemOrder => "G2-item-order",
        }
    }

    /// The weakest isolation level that rules it out (Adya's PL-1, PL-2, PL-2+, PL-3, and those with order).
    pub fn ruled_out_by(self) -> &'static str {
        match self {
            Anomaly::GarbageRead | Anomaly::DuplicateElements | Anomaly::IncompatibleOrder | Anomaly::Internal => {
                "any level"
            }
            Anomaly::G0 => "read uncommitted",
            Anomaly::G1a | Anomaly::G1b | Anomaly::G1c => "read committed",
            Anomaly::GSingle => "consistent view, and so by snapshot isolation",
            Anomaly::G2Item => "repeatable read, and so by serializability",
            Anomaly::G0Order | Anomaly::G1cOrder | Anomaly::GSingleOrder | Anomaly::G2ItemOrder => {
                "the level with the order that was asked for"
            }
        }
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
