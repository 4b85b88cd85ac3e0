//! The session store: values by key, and the client sessions by which a retried operation applies once (Raft dissertation §6.3).
//!
//! Client sessions are kept for good, in snapshots too. To forget one safely a client would have to open its session by an entry of its own:
//! the first operation of an unknown session can't be told from a late copy of one that was forgotten.

use crate::entry::SessionCommand;
use crate::pages::{PAGES, Pages};
use alloc::vec::Vec;
use firedrill_model::{Key, NotApplied, Op, OpResult, Response, SessionId, Value};
use serde::{Deserialize, Serialize};

/// The state that session entries change.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    values: Pages<Key, Value>,
    clients: Pages<SessionId, Last>,
}

/// The last operation of a client session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    seq: u64,
    result: OpResult,
}

impl Last {
    fn weight(&self) -> usize {
        match &self.result {
            OpResult::Value(Some(value)) => 32 + value.as_bytes().len(),
            _ => 32,
        }
    }
}

/// A part of the state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    values: Vec<(Key, Value)>,
    clients: Vec<(SessionId, Last)>,
}

impl Sessions {
    /// How many keys have a value.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no key has a value.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// What a read of this key sees.
    pub fn read(&self, key: &Key) -> OpResult {
        OpResult::Value(self.values.get(key).cloned())
    }

    /// Applies an operation, unless it was applied before. An operation older than the session's last can no longer be answered.
    pub fn apply(&mut self, command: &SessionCommand) -> Response {
        if let Some(last) = self.clients.get(&command.session) {
            if last.seq == command.seq {
                return Response::Done(last.result.clone());
            }
            if last.seq > command.seq {
                return Response::Unknown;
            }
        }
        let Some(result) = self.perform(&command.op) else {
            return Response::NotApplied(NotApplied::Invalid);
        };
        self.clients.insert(command.session, Last { seq: command.seq, result: result.clone() });
        Response::Done(result)
    }

    /// A bounded part of the state, from a place on; and the place where the next part begins, if there is more.
    pub fn part(&self, from: u64, mut budget: usize) -> (Part, Option<u64>) {
        let mut part = Part::default();
        let (mut page, mut skip) = ((from >> 32) as usize, (from & u64::from(u32::MAX)) as usize);
        while page < 2 * PAGES {
            let before = skip;
            if page < PAGES {
                for (key, value) in self.values.page_at(page).skip(before) {
                    part.values.push((key.clone(), value.clone()));
                    budget = budget.saturating_sub(key.as_str().len() + value.as_bytes().len() + 8);
                    skip += 1;
                    if budget == 0 {
                        return (part, Some(((page as u64) << 32) | skip as u64));
                    }
                }
            } else {
                for (session, last) in self.clients.page_at(page - PAGES).skip(before) {
                    part.clients.push((*session, last.clone()));
                    budget = budget.saturating_sub(last.weight());
                    skip += 1;
                    if budget == 0 {
                        return (part, Some(((page as u64) << 32) | skip as u64));
                    }
                }
            }
            (page, skip) = (page + 1, 0);
        }
        (part, None)
    }

    /// Takes a part over.
    pub fn add(&mut self, part: Part) {
        for (key, value) in part.values {
            self.values.insert(key, value);
        }
        for (session, last) in part.clients {
            self.clients.insert(session, last);
        }
    }

    /// `None`: this is not for the session store.
    fn perform(&mut self, op: &Op) -> Option<OpResult> {
        Some(match op {
            Op::Read { key } => self.read(key),
            Op::Write { key, value } => {
                self.values.insert(key.clone(), value.clone());
                OpResult::Written
            }
            Op::Cas { key, expected, value } => {
                let swapped = self.values.get(key) == expected.as_ref();
                if swapped {
                    self.values.insert(key.clone(), value.clone());
                }
                OpResult::Cas { swapped }
            }
            Op::Append { .. } | Op::Scan { .. } => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(seq: u64, op: Op) -> SessionCommand {
        SessionCommand { session: SessionId(1), seq, op }
    }

    fn cas(expected: Option<&str>, value: &str) -> Op {
        let expected = expected.map(|text| Value::new(text.as_bytes()));
        Op::Cas { key: Key::new("k"), expected, value: Value::new(value.as_bytes()) }
    }

    #[test]
    fn a_retried_operation_applies_once_and_answers_the_same() {
        let mut sessions = Sessions::default();
        let first = sessions.apply(&command(1, cas(None, "a")));
        assert_eq!(first, Response::Done(OpResult::Cas { swapped: true }));
        assert_eq!(sessions.apply(&command(1, cas(None, "a"))), first);
        let second = sessions.apply(&command(2, cas(None, "b")));
        assert_eq!(second, Response::Done(OpResult::Cas { swapped: false }));
        assert_eq!(sessions.apply(&command(1, cas(None, "a"))), Response::Unknown, "too old to be answered");
        assert_eq!(sessions.read(&Key::new("k")), OpResult::Value(Some(Value::new(b"a"))));
    }
}
