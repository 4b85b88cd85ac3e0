//! The transaction log that became durable at each site: its segments, as they were promised. What is damaged or lost later was true when it was promised.

use crate::chunks::Chunks;
use crate::disk::{Disk, Touched};
use firedrill_model::{Position, SiteId};
use firedrill_stack::io::FileId;
use firedrill_stack::switches::Switches;
use firedrill_stack::wal::frame;
use firedrill_stack::wal::segment::{Incarnation, Segment};
use std::collections::BTreeMap;

/// A segment that became durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) first: Position,
    pub(crate) last: Position,
    pub(crate) incarnation: Incarnation,
    /// A checksum of all its bytes.
    pub(crate) sum: u32,
}

impl Kept {
    fn of(segment: &Segment) -> Kept {
        let header = segment.header;
        let sum =
            segment.bytes.iter().fold(0x811c_9dc5, |sum: u32, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        Kept { first: header.first, last: header.last(), incarnation: header.incarnation, sum }
    }
}

/// The durable log of one site.
#[derive(Clone, Debug)]
pub(crate) struct DurableLog {
    segments: Chunks<Kept>,
    /// How far each file was read.
    read: BTreeMap<u32, usize>,
}

impl DurableLog {
    fn new() -> DurableLog {
        DurableLog { segments: Chunks::new(), read: BTreeMap::new() }
    }

    /// The segment with the record at a position.
    pub(crate) fn at(&self, position: Position) -> Option<Kept> {
        let (mut low, mut high) = (0, self.segments.len());
        while low < high {
            let middle = (low + high) / 2;
            if self.segments.get(middle).is_some_and(|kept| kept.last < position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.segments.get(low).filter(|kept| kept.first <= position)
    }

    /// Follows what became durable; returns the segments that are new.
    pub(crate) fn follow(&mut self, disk: &Disk, touched: Touched) -> Vec<Kept> {
        let mut new = Vec::new();
        match touched {
            Touched::File(FileId::Wal(number), _) => self.read_on(disk, number, &mut new),
            Touched::Anything => {
                let first = self.read.keys().next().copied().unwrap_or(1);
                let last = self.read.keys().next_back().copied().unwrap_or(0);
                (first..=last + 1).for_each(|number| self.read_on(disk, number, &mut new));
            }
            Touched::Nothing | Touched::File(..) => {}
        }
        new
    }

    fn read_on(&mut self, disk: &Disk, number: u32, new: &mut Vec<Kept>) {
        let Some(content) = disk.durable(FileId::Wal(number)) else {
            return;
        };
        let mut at = self.read.get(&number).copied().unwrap_or(0);
        if content.len() < at {
            // Another disk.
            at = 0;
            self.read.split_off(&number);
        }
        let part = content.tail(at);
        let base = at;
        let mut switches = Switches::default();
        while let Some(frame) = frame::read_part(number, &part, at - base, base as u64, &mut switches) {
            at = base + frame.end;
            if let Some(segment) = frame.segment {
                let kept = Kept::of(&segment);
                self.keep(kept);
                new.push(kept);
            }
        }
        self.read.insert(number, at);
    }

    /// A segment supersedes all from its first record on.
    fn keep(&mut self, kept: Kept) {
        let mut len = self.segments.len();
        while len > 0 && self.segments.get(len - 1).is_some_and(|last| last.last >= kept.first) {
            len -= 1;
        }
        self.segments.truncate(len);
        self.segments.push(kept);
    }
}

/// The durable logs of all sites.
#[derive(Clone, Debug)]
pub(crate) struct Logs(Vec<DurableLog>);

impl Logs {
    /// So many empty logs.
    pub(crate) fn new(sites: usize) -> Logs {
        Logs(vec![DurableLog::new(); sites])
    }

    /// The log of a site.
    pub(crate) fn at(&self, site: SiteId) -> &DurableLog {
        &self.0[site.index()]
    }

    /// The same, to follow on.
    pub(crate) fn at_mut(&mut self, site: SiteId) -> &mut DurableLog {
        &mut self.0[site.index()]
    }
}
