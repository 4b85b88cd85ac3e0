//! A file's insides: what is durable, what was issued after it, and, where a fault made them differ, what is really on the medium.

use super::content::Content;
use super::trouble::TORN_UNIT;
use crate::draw;
use firedrill_model::rng::mix;
use std::collections::VecDeque;

/// A change of a file's bytes that a sync of the file makes durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Bytes from an offset on.
    Write(usize, Vec<u8>),
    /// Cut, or filled up with zeroes, to a length.
    Resize(usize),
}

impl Change {
    /// The first byte that it touches.
    fn start(&self) -> usize {
        match self {
            Change::Write(offset, _) => *offset,
            Change::Resize(len) => *len,
        }
    }

    fn apply(&self, content: &mut Content) {
        match self {
            Change::Write(offset, bytes) => content.write(*offset, bytes),
            Change::Resize(len) => content.resize(*len),
        }
    }
}

/// What the medium makes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// What it should.
    Done,
    /// Nothing: a sync of it failed, after which it counts as written.
    Dropped,
    /// It lands at this byte instead.
    Misdirected(usize),
}

#[derive(Clone, Debug)]
struct Pending {
    change: Change,
    fate: Fate,
    /// So many bytes of the file were durable when it was issued.
    durable_before: usize,
}

impl Pending {
    /// Does it on the medium.
    fn land(&self, medium: &mut Content) {
        match (self.fate, &self.change) {
            (Fate::Done, change) => change.apply(medium),
            (Fate::Misdirected(offset), Change::Write(_, bytes)) => medium.write(offset, bytes),
            (Fate::Misdirected(_), Change::Resize(_)) | (Fate::Dropped, _) => {}
        }
    }
}

/// What is really on the medium, where that is not what the process was told.
#[derive(Clone, Debug)]
struct Medium {
    content: Content,
    /// Told to be durable, and still in the disk's own cache.
    cached: VecDeque<Pending>,
    /// Whether something landed otherwise than it was told.
    differs: bool,
}

impl Medium {
    /// One that holds just this.
    fn like(durable: &Content) -> Medium {
        Medium { content: durable.clone(), cached: VecDeque::new(), differs: false }
    }
}

/// A file without its name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inode {
    /// What the process may believe to be durable.
    durable: Content,
    /// Issued after what is durable, in order.
    pending: VecDeque<Pending>,
    /// How many changes were ever made durable.
    settled: u64,
    /// So many bytes were durable before the last durable write was issued: what its writer can know to be durable.
    known: usize,
    /// Where the last writes began.
    starts: [Option<usize>; 8],
    writes: usize,
    medium: Option<Box<Medium>>,
}

impl Inode {
    /// What survives a loss of power, if the disk did what it said.
    pub(crate) fn durable(&self) -> &Content {
        &self.durable
    }

    /// What a reader sees: everything that was issued.
    pub(crate) fn current(&self) -> Content {
        let mut content = self.durable.clone();
        for pending in &self.pending {
            pending.change.apply(&mut content);
        }
        content
    }

    /// How long the file is for a reader.
    pub(crate) fn len(&self) -> usize {
        self.pending.iter().fold(self.durable.len(), |len, pending| match &pending.change {
            Change::Write(offset, bytes) => len.max(offset + bytes.len()),
            Change::Resize(len) => *len,
        })
    }

    /// Issues a change.
    pub(crate) fn issue(&mut self, change: Change) {
        self.issue_as(change, Fate::Done);
    }

    /// Issues a write that lands where an earlier one began, drawn. `false`, and nothing is issued, if there was no other place.
    pub(crate) fn issue_misdirected(&mut self, change: Change, bits: u64) -> bool {
        let other = |start: &usize| *start != change.start();
        let starts: Vec<usize> = self.starts.iter().flatten().copied().filter(other).collect();
        let Some(start) = starts.get(draw::below(bits, starts.len() as u64) as usize) else { return false };
        self.issue_as(change, Fate::Misdirected(*start));
        true
    }

    /// Issues a change that does not reach the medium, whatever the process is told.
    pub(crate) fn issue_astray(&mut self, change: Change) {
        self.issue_as(change, Fate::Dropped);
    }

    /// What was meant for another file lands on this one's medium.
    pub(crate) fn hit_by(&mut self, offset: usize, bytes: &[u8]) {
        let medium = self.medium.get_or_insert_with(|| Box::new(Medium::like(&self.durable)));
        medium.content.write(offset, bytes);
        medium.differs = true;
    }

    fn issue_as(&mut self, change: Change, fate: Fate) {
        if let Change::Write(offset, _) = change {
            self.starts[self.writes % self.starts.len()] = Some(offset);
            self.writes += 1;
        }
        self.pending.push_back(Pending { change, fate, durable_before: self.durable.len() });
    }

    /// How many changes were ever issued: what a sync issued now will cover.
    pub(crate) fn issued(&self) -> u64 {
        self.settled + self.pending.len() as u64
    }

    /// Makes the first `upto` changes ever issued durable. Returns the first byte touched, if any was.
    pub(crate) fn settle(&mut self, upto: u64) -> Option<usize> {
        let first = self.settle_as(upto, true);
        if let Some(medium) = &mut self.medium {
            for pending in std::mem::take(&mut medium.cached) {
                pending.land(&mut medium.content);
            }
            if !medium.differs {
                self.medium = None;
            }
        }
        first
    }

    /// Lets the process believe that the first `upto` changes ever issued are durable, and leaves them in the disk's own cache.
    pub(crate) fn pretend(&mut self, upto: u64) -> Option<usize> {
        self.settle_as(upto, false)
    }

    fn settle_as(&mut self, upto: u64, honest: bool) -> Option<usize> {
        let mut first = None::<usize>;
        while self.settled < upto {
            let Some(pending) = self.pending.pop_front() else {
                break;
            };
            let start = pending.change.start();
            first = Some(first.map_or(start, |first| first.min(start)));
            if self.medium.is_none() && (!honest || pending.fate != Fate::Done) {
                self.medium = Some(Box::new(Medium::like(&self.durable)));
            }
            pending.change.apply(&mut self.durable);
            if let Change::Write(..) = pending.change {
                self.known = self.known.max(pending.durable_before);
            }
            if let Some(medium) = &mut self.medium {
                medium.differs |= pending.fate != Fate::Done;
                medium.cached.push_back(pending);
            }
            self.settled += 1;
        }
        first
    }

    /// A sync of the first `upto` changes ever issued failed: they can be read, count as written, and are not. Whether there were any.
    pub(crate) fn forsake(&mut self, upto: u64) -> bool {
        let count = upto.saturating_sub(self.settled);
        let forsaken = self.pending.iter_mut().take(usize::try_from(count).unwrap_or(usize::MAX));
        forsaken.map(|pending| pending.fate = Fate::Dropped).count() > 0
    }

    /// Loses what was issued after the next `survivors` of the changes that are not on the medium; these are durable from now on. If `tear` gives a
    /// draw, the first write that is lost is lost only in part, where that is possible; returns whether it was.
    pub(crate) fn cut_off(&mut self, survivors: u64, tear: Option<u64>) -> bool {
        let survivors = usize::try_from(survivors).unwrap_or(usize::MAX);
        let (mut content, cached) = match self.medium.take() {
            Some(medium) => (medium.content, medium.cached),
            None => (std::mem::take(&mut self.durable), VecDeque::new()),
        };
        let mut lost = cached.into_iter().chain(std::mem::take(&mut self.pending)).skip_while({
            let (mut left, content) = (survivors, &mut content);
            move |pending| {
                let survives = left > 0;
                if survives {
                    left -= 1;
                    pending.land(content);
                }
                survives
            }
        });
        let first_lost = lost.next();
        drop(lost);
        let torn = match (tear, first_lost) {
            (Some(bits), Some(Pending { change: Change::Write(offset, bytes), fate: Fate::Done, .. })) => {
                write_partly(&mut content, offset, &bytes, bits)
            }
            _ => false,
        };
        self.known = self.known.min(content.len());
        self.durable = content;
        torn
    }

    /// How many changes a loss of power may lose.
    pub(crate) fn unsynced(&self) -> u64 {
        let cached = self.medium.as_ref().map_or(0, |medium| medium.cached.len());
        (cached + self.pending.len()) as u64
    }

    /// So many bytes can rot: those that are durable, and, if `known`, that the last durable write could know to be so.
    pub(crate) fn can_rot(&self, known: bool) -> usize {
        if known { self.known.min(self.durable.len()) } else { self.durable.len() }
    }

    /// A durable bit flips, on the medium too.
    pub(crate) fn rot(&mut self, byte: usize, bit: u32) {
        let flip = |content: &mut Content| {
            if let Some(before) = content.byte(byte) {
                content.write(byte, &[before ^ 1 << (bit % 8)]);
            }
        };
        flip(&mut self.durable);
        if let Some(medium) = &mut self.medium {
            flip(&mut medium.content);
        }
    }
}

/// Writes a part of some bytes: half of the time the first of them, else some sectors, the others being left as they were, or zeroes where the file was
/// shorter. False if that would be all or nothing.
fn write_partly(content: &mut Content, offset: usize, bytes: &[u8], bits: u64) -> bool {
    if bytes.len() < 2 {
        return false;
    }
    let whole_sectors = bits & 1 == 1 && (offset + bytes.len() - 1) / TORN_UNIT > offset / TORN_UNIT;
    if !whole_sectors {
        let len = draw::between(mix(bits), 1, bytes.len() as u64 - 1) as usize;
        content.write(offset, &bytes[..len]);
        return true;
    }
    let (mut at, mut sector, mut lost) = (0, 0_u64, 0);
    if content.len() < offset + bytes.len() {
        content.resize(offset + bytes.len());
    }
    while at < bytes.len() {
        let end = bytes.len().min(at + TORN_UNIT - (offset + at) % TORN_UNIT);
        if mix(bits.wrapping_add(sector)) & 1 == 0 {
            content.write(offset + at, &bytes[at..end]);
        } else {
            lost += 1;
        }
        (at, sector) = (end, sector + 1);
    }
    lost > 0
}
