//! What is durable at each site, followed as it becomes so: the metadata, and the log behind its snapshot.

use crate::disk::{Content, Disk, Touched};
use firedrill_model::{LogIndex, SiteId, Term};
use firedrill_stack::entry::{Entry, Payload};
use firedrill_stack::io::FileId;
use firedrill_stack::log::Log;
use firedrill_stack::storage::format::{self, MetaView};
use firedrill_stack::storage::recover::{Found, recover};

/// What a loss of power would leave of a site.
#[derive(Clone, Debug)]
pub(crate) struct Durable {
    /// The copies of the metadata that are good.
    copies: [Option<MetaView>; 2],
    /// The entries.
    log: Log,
    /// The position where the good records end.
    parsed: u64,
    /// The snapshot and the first segment that were read.
    start: Start,
    /// What the disk holds is damaged where it was known to be durable: a site that reads it must notice, and may promise nothing on it.
    damaged: bool,
    /// All files were lost once.
    replaced: bool,
    /// The log as it was told to be durable, before the disk was found to be damaged or empty; nothing if it is sound.
    told: Log,
}

impl Durable {
    /// Of an empty disk.
    pub(crate) fn new() -> Durable {
        Durable {
            copies: [None; 2],
            log: Log::default(),
            parsed: 0,
            start: (1, LogIndex(0)),
            damaged: false,
            replaced: false,
            told: Log::default(),
        }
    }

    /// The copy of the metadata that counts: of those that are good, the one with the higher version.
    pub(crate) fn meta(&self) -> MetaView {
        let newest = self.copies.iter().flatten().max_by_key(|copy| copy.version);
        newest.copied().unwrap_or_default()
    }

    /// Whether the site would vote, and stand for election.
    pub(crate) fn votes(&self) -> bool {
        self.is_sound() && self.copies.iter().any(Option::is_some) && !self.meta().standing.abstains()
    }

    /// Whether the disk holds what a site would go by: nothing damaged; and if it was replaced, metadata. A site with a new disk has nothing to vote by; what it
    /// makes of that is seen when it has written some.
    fn is_sound(&self) -> bool {
        !(self.damaged || self.replaced && self.copies.iter().all(Option::is_none))
    }

    /// All files of the disk are gone.
    pub(crate) fn lost(&mut self) {
        let told = std::mem::take(&mut self.log);
        if self.is_sound() {
            self.told = told;
        }
        *self = Durable { told: std::mem::take(&mut self.told), replaced: true, ..Durable::new() };
    }

    /// The last entry.
    pub(crate) fn last(&self) -> (Term, LogIndex) {
        (self.log.last_term(), self.log.last_index())
    }

    /// Whether the log has this entry.
    pub(crate) fn has(&self, index: LogIndex, term: Term) -> bool {
        holds(&self.log, index, term)
    }

    /// Whether the site could truthfully say that it has this entry: it has, or its disk told that it had, and has only just been found to be damaged or lost.
    pub(crate) fn promised(&self, index: LogIndex, term: Term) -> bool {
        self.has(index, term) || holds(&self.told, index, term)
    }

    /// Follows what became durable.
    pub(crate) fn follow(&mut self, disk: &Disk, touched: Touched) {
        match touched {
            Touched::Nothing => {}
            Touched::Anything => self.read_again(disk),
            // It may have been repaired.
            Touched::File(..) if !self.is_sound() => self.read_again(disk),
            Touched::File(file @ (FileId::MetaA | FileId::MetaB), _) => {
                self.copies[usize::from(file == FileId::MetaB)] = meta(disk, file);
                self.follow_start(disk);
            }
            Touched::File(FileId::Log(number), from) => {
                let from = format::position(number, from as u64);
                let read = format::segment(self.parsed);
                if from < self.parsed || number > read + 1 {
                    self.read_again(disk);
                } else {
                    self.parse_on(disk, number);
                }
            }
            Touched::File(..) => {}
        }
    }

    /// The metadata may name another snapshot: of an entry that is in the log it says nothing new, any other takes the place of the log.
    fn follow_start(&mut self, disk: &Disk) {
        let start = start(&self.meta());
        if start == self.start {
            return;
        }
        self.start = start;
        let view = self.meta().snapshot.unwrap_or_default();
        if self.log.term(view.index) == Some(view.term) {
            self.log.compact(view.index);
        } else {
            self.read_again(disk);
        }
    }

    fn read_again(&mut self, disk: &Disk) {
        let (before, was_sound) = (std::mem::take(&mut self.log), self.is_sound());
        self.copies = [FileId::MetaA, FileId::MetaB].map(|file| meta(disk, file));
        self.start = start(&self.meta());
        let there = |number: &u32| disk.durable(FileId::Log(*number)).is_some();
        let segments = (self.meta().first_segment.max(1)..).take_while(there);
        let found = recover(Found::read(segments, |file| disk.durable(file).map(Content::to_vec)));
        (self.log, self.parsed) = (found.log, found.log_end);
        self.damaged = found.hole.is_some() || meta_lost(disk);
        if self.is_sound() {
            self.told = Log::default();
        } else if was_sound {
            self.told = before;
        }
    }

    fn parse_on(&mut self, disk: &Disk, number: u32) {
        let Some(content) = disk.durable(FileId::Log(number)) else {
            return;
        };
        let base = self.parsed.max(format::position(number, 0));
        let part = content.tail(format::offset(base) as usize);
        for record in format::decode_log_part(&part, base) {
            let before = record.index.prev();
            if record.index.0 == 0 || before > self.log.last_index() {
                // A hole: whatever comes after it is not part of a log.
                break;
            }
            self.parsed = base + record.end as u64;
            if before < self.log.base() {
                continue;
            }
            self.log.truncate(before);
            if record.term < self.log.last_term() {
                break;
            }
            // What it says is of no interest.
            self.log.push(Entry { index: record.index, term: record.term, payload: Payload::Noop });
        }
    }
}

/// Which snapshot and segment a log begins with.
type Start = (u32, LogIndex);

fn start(meta: &MetaView) -> Start {
    (meta.first_segment.max(1), meta.snapshot.unwrap_or_default().index)
}

fn holds(log: &Log, index: LogIndex, term: Term) -> bool {
    index < log.base() || log.term(index) == Some(term)
}

fn meta_lost(disk: &Disk) -> bool {
    [FileId::MetaA, FileId::MetaB]
        .into_iter()
        .all(|file| disk.durable(file).is_some_and(|content| content.len() > 0) && meta(disk, file).is_none())
}

fn meta(disk: &Disk, file: FileId) -> Option<MetaView> {
    format::decode_meta(file, &disk.durable(file)?.to_vec())
}

/// The durable logs of all sites.
#[derive(Clone, Debug)]
pub(crate) struct Disks(Vec<Durable>);

impl Disks {
    /// So many empty disks.
    pub(crate) fn new(sites: usize) -> Disks {
        Disks(vec![Durable::new(); sites])
    }

    /// What is durable at a site.
    pub(crate) fn at(&self, site: SiteId) -> &Durable {
        &self.0[site.index()]
    }

    /// The same, to follow on.
    pub(crate) fn at_mut(&mut self, site: SiteId) -> &mut Durable {
        &mut self.0[site.index()]
    }

    /// Every site with what is durable at it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SiteId, &Durable)> {
        self.0.iter().enumerate().map(|(site, durable)| (SiteId(site as u8), durable))
    }

    /// More than half of the sites.
    pub(crate) fn quorum(&self) -> usize {
        self.0.len() / 2 + 1
    }
}
