//! Which incarnation wrote which records: by that two logs are compared, and never by lengths (KIP-101).

use super::segment::Incarnation;
use alloc::vec::Vec;
use firedrill_model::{Epoch, Position};

/// Where an incarnation begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Begin {
    incarnation: Incarnation,
    epoch: Epoch,
    after: Position,
}

/// The incarnations of a log, in order, and its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    begins: Vec<Begin>,
    /// The records up to here are no longer there.
    base: Position,
    /// The incarnation of the record at `base`.
    base_incarnation: Incarnation,
    end: Position,
}

impl History {
    /// The last record's position.
    pub(super) fn end(&self) -> Position {
        self.end
    }

    /// The records after this one are there.
    pub(super) fn base(&self) -> Position {
        self.base
    }

    /// Whether no record is there.
    pub(super) fn is_empty(&self) -> bool {
        self.base == self.end
    }

    /// The incarnation that wrote the record at a position; `None` if there is none, or it is not known any more.
    pub(super) fn incarnation(&self, at: Position) -> Option<Incarnation> {
        self.begin(at).map(|begin| begin.incarnation).or((at == self.base).then_some(self.base_incarnation))
    }

    /// The epoch in which the record at a position was written.
    pub(super) fn epoch(&self, at: Position) -> Option<Epoch> {
        self.begin(at).map(|begin| begin.epoch)
    }

    fn begin(&self, at: Position) -> Option<&Begin> {
        if at <= self.base || at > self.end {
            return None;
        }
        self.begins.iter().rev().find(|begin| begin.after < at)
    }

    /// Appends records up to `last`.
    pub(super) fn append(&mut self, incarnation: Incarnation, epoch: Epoch, last: Position) {
        if self.begins.last().is_none_or(|begin| begin.incarnation < incarnation) {
            self.begins.push(Begin { incarnation, epoch, after: self.end });
        }
        self.end = last;
    }

    /// Forgets the records after a position.
    pub(super) fn cut(&mut self, after: Position) {
        self.end = self.end.min(after);
        while self.begins.last().is_some_and(|begin| begin.after >= self.end) {
            self.begins.pop();
        }
    }

    /// The records up to a position are no longer there.
    pub(super) fn drop_to(&mut self, base: Position) {
        if base <= self.base {
            return;
        }
        self.base_incarnation = self.incarnation(base).unwrap_or_default();
        self.base = base;
        let passed = self.begins.iter().take_while(|begin| begin.after <= base).count();
        self.begins.drain(..passed.saturating_sub(1));
        if base >= self.end {
            self.end = base;
            self.begins.clear();
        }
    }

    /// An empty log that goes on after a record of some incarnation.
    pub(super) fn begin_at(base: Position, base_incarnation: Incarnation) -> History {
        History { begins: Vec::new(), base, base_incarnation, end: base }
    }

    /// The last record at or before `at` that an incarnation not later than `incarnation` wrote; the base if there is none.
    pub(super) fn last_up_to(&self, at: Position, incarnation: Incarnation) -> Position {
        let later = self.begins.iter().find(|begin| begin.incarnation > incarnation);
        let end = later.map_or(self.end, |begin| begin.after);
        end.min(at).max(self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::LogIndex;

    fn incarnation(number: u64) -> Incarnation {
        Incarnation(LogIndex(number))
    }

    fn written(parts: &[(u64, u64)]) -> History {
        let mut history = History::default();
        for (number, last) in parts {
            history.append(incarnation(*number), Epoch(*number), Position(*last));
        }
        history
    }

    #[test]
    fn logs_agree_up_to_where_an_incarnation_that_only_one_has_begins() {
        let ours = written(&[(3, 10), (7, 20)]);
        let theirs = written(&[(3, 8), (9, 30)]);
        // What the writer of incarnation 9 tries first, and the answers.
        let hint = ours.last_up_to(Position(30), incarnation(9));
        assert_eq!((hint, ours.incarnation(hint)), (Position(20), Some(incarnation(7))));
        let next = theirs.last_up_to(hint, incarnation(7));
        assert_eq!((next, theirs.incarnation(next)), (Position(8), Some(incarnation(3))));
        assert_eq!(ours.incarnation(next), Some(incarnation(3)), "here they agree");
    }

    #[test]
    fn a_cut_and_a_drop_forget_what_they_should() {
        let mut history = written(&[(3, 10), (7, 20)]);
        history.cut(Position(10));
        assert_eq!((history.end(), history.incarnation(Position(11))), (Position(10), None));
        history.append(incarnation(9), Epoch(9), Position(12));
        history.drop_to(Position(11));
        assert_eq!(history.incarnation(Position(11)), Some(incarnation(9)), "what lies before the first is known");
        assert_eq!(history.epoch(Position(12)), Some(Epoch(9)));
        assert_eq!(history.incarnation(Position(10)), None);
        history.drop_to(Position(12));
        assert_eq!(history, History::begin_at(Position(12), incarnation(9)));
    }
}
