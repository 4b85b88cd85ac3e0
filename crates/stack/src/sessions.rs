//! The session store: values by key, and the client sessions by which a retried operation applies once (Raft dissertation §6.3).
//!
//! Client sessions are kept for good: forgetting them is a decision about time, which comes with snapshots.

use crate::entry::SessionCommand;
use crate::pages::Pages;
use firedrill_model::{Key, NotApplied, Op, OpResult, Response, SessionId, Value};

/// The state that session entries change.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    values: Pages<Key, Value>,
    clients: Pages<SessionId, Last>,
}

/// The last operation of a client session.
#[derive(Clone, Debug)]
struct Last {
    seq: u64,
    result: OpResult,
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
