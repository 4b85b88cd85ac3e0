//! What a restarted site finds of its transaction log, file by file in their order.
//!
//! A frame that follows what was read is taken. The first frame of a file may begin earlier: it supersedes what was cut from there on. Bad data after the last
//! durable mark, with no later file, is a torn tail and is cut; any other is a hole (Alagappan et al., Protocol-Aware Recovery, FAST'18).

use super::dedup::Dedup;
use super::frame;
use super::history::History;
use super::key::{Cipher, LogKey};
use super::segment::{self, Incarnation, Record, Segment};
use super::tail::Tail;
use crate::switches::Switches;
use alloc::vec::Vec;
use firedrill_model::{Hazard, Position, SessionId, Time, Value};

/// Data that were durable and are not any more: these records, both included, and maybe others behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The first record that is lost.
    pub from: Position,
    /// The last record that is known to have been there.
    pub to: Position,
}

/// A file of the log, as far as it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) number: u32,
    /// Its first record comes after this one.
    pub(super) after: Position,
    /// When its newest segment was sealed.
    pub(super) newest: Time,
    /// Its good part ends here.
    pub(super) len: u64,
}

/// Where what is wrong begins.
#[derive(Clone, Copy, Debug)]
struct Gap {
    from: Position,
    to: Position,
    file: u32,
    offset: u64,
}

/// Reads the files of a log.
#[derive(Clone, Debug, Default)]
pub(super) struct Replay {
    pub(super) history: History,
    pub(super) dedup: Dedup,
    pub(super) tail: Tail,
    pub(super) files: Vec<File>,
    /// The good bytes of the last file.
    last: Vec<u8>,
    /// Where frames of the last file end, by their last record.
    ends: Vec<(Position, u64)>,
    /// Every record up to here was synced.
    mark: Position,
    gap: Option<Gap>,
    /// Sealed with a key of this number, and not with the one that was given.
    pub(super) other_key: Option<u32>,
}

/// What to do about the end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is good.
    Good,
    /// This file is to be cut to so many bytes.
    Torn { file: u32, len: u64 },
    /// Data are lost.
    Hole(Hole),
}

impl Replay {
    /// The next file.
    pub(super) fn file(&mut self, number: u32, bytes: &[u8], cipher: &Cipher, switches: &mut Switches) {
        self.files.push(File { number, after: self.history.end(), newest: Time::ZERO, len: 0 });
        self.ends.clear();
        let (mut at, mut first) = (0, true);
        while at < bytes.len() {
            let Some(frame) = frame::read(number, bytes, at, switches) else {
                self.wrong(number, at, Position(0));
                match frame::next_good(number, bytes, at, switches) {
                    Some(next) => at = next,
                    None => break,
                }
                continue;
            };
            if let Some(segment) = frame.segment {
                first &= !self.take((segment, frame.sound), first, at, cipher);
            }
            self.mark = self.mark.max(frame.mark);
            at = frame.end;
            if self.gap.is_none()
                && let Some(file) = self.files.last_mut()
            {
                file.len = at as u64;
                self.ends.push((self.history.end(), at as u64));
            }
        }
        let good = self.files.last().map_or(0, |file| file.len as usize);
        self.last = bytes.get(..good).unwrap_or_default().to_vec();
    }

    /// What of the last file is not known to have been synced: from this byte on, these. It may have been read from pages that a failed sync left
    /// clean, so that a later sync succeeds without having written them ("fsyncgate", PostgreSQL 2018): only writing it again makes a sync mean anything.
    /// All of an earlier file was synced before there was a later one.
    pub(super) fn unproven(&self) -> (u64, Vec<u8>) {
        let proven = self.ends.iter().filter(|(last, _)| *last <= self.mark).map(|(_, end)| *end).max().unwrap_or(0);
        (proven, self.last.get(proven as usize..).unwrap_or_default().to_vec())
    }

    /// Takes a segment over if it follows, or supersedes.
    fn take(&mut self, (segment, sound): (Segment, bool), first_of_file: bool, at: usize, cipher: &Cipher) -> bool {
        let Some(file) = self.files.last().map(|file| file.number) else {
            return false;
        };
        let (header, end) = (segment.header, self.history.end());
        let empty = end == Position(0) && self.gap.is_none() && self.files.len() == 1;
        // What lay before it was older than the retention; or it was, and all that is left of what comes before is superseded.
        let begins = empty && header.first > Position(1) || header.first <= self.history.base();
        if first_of_file && begins {
            self.begin_at(header.after(), header.before);
        }
        let end = self.history.end();
        let follows =
            header.first == end.next() || first_of_file && header.first <= end && header.first > self.history.base();
        let agrees = self.history.incarnation(header.after()) == Some(header.before);
        if !follows || !agrees {
            self.wrong(file, at, header.last());
            return false;
        }
        if header.key != cipher.id {
            self.other_key = Some(header.key);
        }
        let records = match segment::open(cipher, &segment) {
            Some(records) => records,
            None if sound => {
                self.wrong(file, at, header.last());
                return false;
            }
            // Who ignores the checksum knows nothing of the records.
            None => {
                alloc::vec![Record { session: SessionId(u64::MAX), seq: 0, value: Value::new(&[]) }; header.count as usize]
            }
        };
        if header.first <= end {
            self.cut(header.after());
            self.mark = self.mark.min(header.after());
        }
        self.gap = None;
        records.iter().for_each(|record| self.dedup.push(record.session, record.seq));
        self.history.append(header.incarnation, header.epoch, header.last());
        self.tail.push(segment);
        self.tail.trim(header.last());
        if let Some(file) = self.files.last_mut() {
            file.after = file.after.min(header.after());
            file.newest = file.newest.max(header.at);
        }
        true
    }

    fn begin_at(&mut self, after: Position, incarnation: Incarnation) {
        self.history = History::begin_at(after, incarnation);
        self.dedup = Dedup::begin_at(after);
        self.tail = Tail::default();
        self.mark = self.mark.min(after);
    }

    fn cut(&mut self, after: Position) {
        self.history.cut(after);
        self.dedup.cut(after);
        self.tail.cut(after);
    }

    fn wrong(&mut self, file: u32, at: usize, to: Position) {
        let from = self.history.end().next();
        let gap = self.gap.get_or_insert(Gap { from, to, file, offset: at as u64 });
        gap.to = gap.to.max(to);
    }

    /// What is at the end, when all files are read.
    pub(super) fn end(&self, switches: &mut Switches) -> End {
        let end = self.history.end();
        let last = self.files.last().map_or(0, |file| file.number);
        let hole = match self.gap {
            // Before a file there is a later one, all was synced; only a mark may be torn there.
            Some(gap) if gap.file < last && gap.to > Position(0) || self.mark > end => {
                Hole { from: gap.from, to: gap.to.max(self.mark).max(gap.from) }
            }
            Some(gap) => return End::Torn { file: gap.file, len: gap.offset },
            None if self.mark > end => Hole { from: end.next(), to: self.mark },
            None => return End::Good,
        };
        if switches.on(Hazard::CorruptionSpreads) { End::Good } else { End::Hole(hole) }
    }

    /// Every record up to here was synced.
    pub(super) fn mark(&self) -> Position {
        self.mark.min(self.history.end())
    }
}

/// What can be read of a log, by nothing but its bytes and the key: for invariants and tests.
#[derive(Clone, Debug, Default)]
pub struct Readable(Replay);

impl Readable {
    /// The last record before anything that can't be read.
    pub fn end(&self) -> Position {
        self.0.history.end()
    }

    /// Who wrote the record at a position.
    pub fn incarnation(&self, at: Position) -> Option<Incarnation> {
        self.0.history.incarnation(at)
    }
}

/// Reads files of a log, in the order of their numbers.
pub fn readable<'a>(files: impl Iterator<Item = (u32, &'a [u8])>, key: &LogKey) -> Readable {
    let (mut replay, cipher) = (Replay::default(), Cipher::new(key));
    files.for_each(|(number, bytes)| replay.file(number, bytes, &cipher, &mut Switches::default()));
    Readable(replay)
}
