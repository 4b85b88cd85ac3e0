//! What is durable at each site, followed as it becomes so: the metadata, and the term of each entry of the log.

use crate::chunks::Chunks;
use crate::disk::{Content, Disk, Touched};
use firedrill_model::{LogIndex, SiteId, Term};
use firedrill_stack::io::FileId;
use firedrill_stack::storage::format::{self, LOG_FILE, MetaView};

/// What a loss of power would leave of a site.
#[derive(Clone, Debug)]
pub(crate) struct Durable {
    /// The copies of the metadata that are good.
    copies: [Option<MetaView>; 2],
    /// The term of each entry; the first is at 0.
    terms: Chunks<Term>,
    /// The good records end here.
    parsed: usize,
    /// What the disk holds is damaged where it was known to be durable: a site that reads it must notice, and may promise nothing on it.
    damaged: bool,
    /// All files were lost once.
    replaced: bool,
    /// The terms as they were told to be durable, before the disk was found to be damaged or empty; nothing if it is sound.
    told: Chunks<Term>,
}

impl Durable {
    /// Of an empty disk.
    pub(crate) fn new() -> Durable {
        Durable {
            copies: [None; 2],
            terms: Chunks::new(),
            parsed: 0,
            damaged: false,
            replaced: false,
            told: Chunks::new(),
        }
    }

    /// The copy of the metadata that counts: of those that are good, the one with the higher version.
    pub(crate) fn meta(&self) -> MetaView {
        let newest = self.copies.iter().flatten().max_by_key(|copy| copy.version);
        newest.copied().unwrap_or_default()
    }

    /// Whether the site would vote, and stand for election.
    pub(crate) fn votes(&self) -> bool {
        self.is_sound() && !self.meta().standing.abstains()
    }

    /// Whether the disk holds what a site would go by: nothing damaged; and if it was replaced, metadata. A site with a new disk has nothing to vote by; what it
    /// makes of that is seen when it has written some.
    fn is_sound(&self) -> bool {
        !(self.damaged || self.replaced && self.copies.iter().all(Option::is_none))
    }

    /// All files of the disk are gone.
    pub(crate) fn lost(&mut self) {
        let told = std::mem::replace(&mut self.terms, Chunks::new());
        if self.is_sound() {
            self.told = told;
        }
        *self = Durable { told: std::mem::replace(&mut self.told, Chunks::new()), replaced: true, ..Durable::new() };
    }

    /// The last entry.
    pub(crate) fn last(&self) -> (Term, LogIndex) {
        (self.terms.last().unwrap_or_default(), LogIndex(self.terms.len() as u64))
    }

    /// Whether the log has this entry.
    pub(crate) fn has(&self, index: LogIndex, term: Term) -> bool {
        index.0.checked_sub(1).is_none_or(|at| self.terms.get(at as usize) == Some(term))
    }

    /// Whether the site could truthfully say that it has this entry: it has, or its disk told that it had, and has only just been found to be damaged or lost.
    pub(crate) fn promised(&self, index: LogIndex, term: Term) -> bool {
        self.has(index, term) || index.0.checked_sub(1).is_some_and(|at| self.told.get(at as usize) == Some(term))
    }

    /// Follows what became durable.
    pub(crate) fn follow(&mut self, disk: &Disk, touched: Touched) {
        match touched {
            Touched::Nothing => {}
            Touched::Anything => self.read_again(disk),
            // It may have been repaired.
            Touched::File(..) if !self.is_sound() => self.read_again(disk),
            Touched::File(FileId::MetaA, _) => self.copies[0] = meta(disk, FileId::MetaA),
            Touched::File(FileId::MetaB, _) => self.copies[1] = meta(disk, FileId::MetaB),
            Touched::File(file, from) if file == LOG_FILE => {
                if from < self.parsed {
                    self.read_again(disk);
                } else {
                    self.parse_on(disk);
                }
            }
            Touched::File(..) => {}
        }
    }

    fn read_again(&mut self, disk: &Disk) {
        let (before, was_sound) = (std::mem::replace(&mut self.terms, Chunks::new()), self.is_sound());
        self.copies = [FileId::MetaA, FileId::MetaB].map(|file| meta(disk, file));
        self.parsed = 0;
        let log = disk.durable(LOG_FILE).map(Content::to_vec).unwrap_or_default();
        self.damaged = self.scan(&log) || meta_lost(disk);
        if self.is_sound() {
            self.told = Chunks::new();
        } else if was_sound {
            self.told = before;
        }
    }

    /// Reads a whole log, and whether anything is missing that was known to be durable. A bad stretch is let pass if a record follows it that supersedes whatever
    /// stood there.
    fn scan(&mut self, log: &[u8]) -> bool {
        let mut mark = self.meta().log_synced as usize;
        let (mut at, mut gap) = (0, None::<usize>);
        while at < log.len() {
            let Some((record, _)) = format::decode_record(log, at) else {
                gap = gap.or(Some(at));
                let Some(next) = format::next_good_record(log, at) else { break };
                at = next;
                continue;
            };
            mark = mark.max(record.durable as usize);
            let before = record.index.prev();
            let known = gap.is_none() || self.has(before, record.prev_term);
            let follows = record.index.0 > 0 && before.0 <= self.terms.len() as u64 && known;
            if follows {
                self.terms.truncate(before.0 as usize);
                self.terms.push(record.term);
                (self.parsed, gap) = (record.end, None);
            } else {
                gap = gap.or(Some(at));
            }
            at = record.end;
        }
        gap.unwrap_or(self.parsed).min(log.len()) < mark
    }

    fn parse_on(&mut self, disk: &Disk) {
        let Some(log) = disk.durable(LOG_FILE) else {
            return;
        };
        let part = log.tail(self.parsed);
        let base = self.parsed;
        for record in format::decode_log_part(&part, base as u64) {
            let before = record.index.prev().0 as usize;
            if record.index.0 == 0 || before > self.terms.len() {
                // A hole: whatever comes after it is not part of a log.
                break;
            }
            self.terms.truncate(before);
            self.terms.push(record.term);
            self.parsed = base + record.end;
        }
    }
}

/// Whether both copies of the metadata are there, and neither is good.
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
