//! What a site sees of a file, and what the disk has of it: a page cache of ours, which no sync but the site's own empties.
//!
//! A change is seen at once and reaches the disk at the next sync of the file. A sync that fails leaves it to count as written; one that lies leaves
//! it in the disk's own cache; a loss of power takes what is in either. All of a file is held, for the files of a site are small.

use firedrill_model::Rng;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// A disk writes this many bytes, from a multiple of it on, or none of them.
const TORN_UNIT: usize = 512;
/// So many beginnings of writes are remembered, for one that is misdirected to land at.
const STARTS: usize = 8;

/// A change of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Bytes from an offset on.
    Write(usize, Vec<u8>),
    /// Cut, or filled up with zeroes, to a length.
    Resize(usize),
}

/// What the disk makes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Landing {
    /// What it should.
    Done,
    /// Nothing.
    Dropped,
    /// It lands at this byte instead.
    At(usize),
}

#[derive(Clone, Debug)]
struct Pending {
    change: Change,
    landing: Landing,
}

impl Pending {
    fn land(&self, disk: &File) -> io::Result<()> {
        match &self.change {
            Change::Write(at, bytes) => match self.landing.place(*at) {
                Some(at) => disk.write_all_at(bytes, at as u64),
                None => Ok(()),
            },
            Change::Resize(len) if self.landing == Landing::Done => disk.set_len(*len as u64),
            Change::Resize(_) => Ok(()),
        }
    }
}

impl Landing {
    /// Where a write at `at` lands.
    fn place(self, at: usize) -> Option<usize> {
        match self {
            Landing::Done => Some(at),
            Landing::Dropped => None,
            Landing::At(elsewhere) => Some(elsewhere),
        }
    }
}

/// A file as a site sees it, and what of it is not on the disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache {
    seen: Vec<u8>,
    /// Said to be durable, and in the disk's own cache.
    said: VecDeque<Pending>,
    /// Not synced yet.
    pending: VecDeque<Pending>,
    /// Where the last writes began.
    starts: VecDeque<usize>,
}

impl Cache {
    /// Of a file that is on the disk with these bytes.
    pub(super) fn of(bytes: Vec<u8>) -> Cache {
        Cache { seen: bytes, ..Cache::default() }
    }

    /// How long the file is.
    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }

    /// Up to `size` bytes from `offset` on.
    pub(super) fn read(&self, offset: usize, size: usize) -> &[u8] {
        let from = offset.min(self.seen.len());
        &self.seen[from..from.saturating_add(size).min(self.seen.len())]
    }

    /// A change is seen from now on, and lands at the next sync.
    pub(super) fn issue(&mut self, change: Change, landing: Landing) {
        match &change {
            Change::Write(offset, bytes) => {
                write(&mut self.seen, *offset, bytes);
                if self.starts.len() == STARTS {
                    self.starts.pop_front();
                }
                self.starts.push_back(*offset);
            }
            Change::Resize(len) => self.seen.resize(*len, 0),
        }
        self.pending.push_back(Pending { change, landing });
    }

    /// Where a write that begins at `offset` may land instead: where an earlier one began.
    pub(super) fn elsewhere(&self, offset: usize, draws: &mut Rng) -> Option<usize> {
        let others: Vec<usize> = self.starts.iter().copied().filter(|start| *start != offset).collect();
        draws.pick(&others).copied()
    }

    /// Everything reaches the disk. If it takes no more, what it did not take is still to come.
    ///
    /// # Errors
    /// As the disk reports them.
    pub(super) fn settle(&mut self, disk: &File) -> io::Result<()> {
        while let Some(said) = self.said.front() {
            said.land(disk)?;
            self.said.pop_front();
        }
        while let Some(pending) = self.pending.front() {
            pending.land(disk)?;
            self.pending.pop_front();
        }
        disk.sync_data()
    }

    /// Everything counts as written, and is in the disk's own cache.
    pub(super) fn pretend(&mut self) {
        self.said.append(&mut self.pending);
    }

    /// Everything that is not synced counts as written, and will never be.
    pub(super) fn forsake(&mut self) {
        self.pending.iter_mut().for_each(|pending| pending.landing = Landing::Dropped);
    }

    /// A bit of the disk flipped; what is seen of it too, for the file is read again before long.
    pub(super) fn flip(&mut self, byte: usize, bit: u32) {
        if let Some(byte) = self.seen.get_mut(byte) {
            *byte ^= 1 << (bit % 8);
        }
    }

    /// The power fails: the disk gets the first of the changes that it does not have, so many as are drawn, and no more. With `tears`, the first write that is lost
    /// is lost only in part, if that is possible; whether it was.
    ///
    /// # Errors
    /// As the disk reports them.
    pub(super) fn cut_off(self, disk: &File, draws: &mut Rng, tears: bool) -> io::Result<bool> {
        let mut changes = self.said.into_iter().chain(self.pending);
        let (most, _) = changes.size_hint();
        if most == 0 {
            return Ok(false);
        }
        let survivors = draws.below(most as u64 + 1) as usize;
        for change in changes.by_ref().take(survivors) {
            change.land(disk)?;
        }
        let torn = match changes.next() {
            Some(Pending { change: Change::Write(at, bytes), landing }) if tears => match landing.place(at) {
                Some(at) => write_partly(disk, at, &bytes, draws)?,
                None => false,
            },
            _ => false,
        };
        if survivors > 0 || torn {
            disk.sync_data()?;
        }
        Ok(torn)
    }
}

fn write(seen: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if seen.len() < end {
        seen.resize(end, 0);
    }
    seen[offset..end].copy_from_slice(bytes);
}

/// Writes a part of some bytes: half of the time the first of them, else some sectors, the others being left as they were, or zeroes where the file was
/// shorter. False if that would be all or nothing.
fn write_partly(disk: &File, offset: usize, bytes: &[u8], draws: &mut Rng) -> io::Result<bool> {
    if bytes.len() < 2 {
        return Ok(false);
    }
    let end = offset + bytes.len();
    let whole_sectors = draws.chance(500) && (end - 1) / TORN_UNIT > offset / TORN_UNIT;
    if !whole_sectors {
        let len = draws.between(1, bytes.len() as u64 - 1) as usize;
        disk.write_all_at(&bytes[..len], offset as u64)?;
        return Ok(true);
    }
    if disk.metadata()?.len() < end as u64 {
        disk.set_len(end as u64)?;
    }
    let (mut at, mut lost) = (0, 0);
    while at < bytes.len() {
        let until = bytes.len().min(at + TORN_UNIT - (offset + at) % TORN_UNIT);
        if draws.chance(500) {
            disk.write_all_at(&bytes[at..until], (offset + at) as u64)?;
        } else {
            lost += 1;
        }
        at = until;
    }
    Ok(lost > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    struct Disk(PathBuf, File);

    impl Disk {
        fn new(name: &str) -> Disk {
            let path = std::env::temp_dir().join(format!("firedrill-cache-{}-{name}", std::process::id()));
            let options = fs::OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&path);
            Disk(path, options.unwrap())
        }

        fn bytes(&self) -> Vec<u8> {
            fs::read(&self.0).unwrap()
        }
    }

    impl Drop for Disk {
        fn drop(&mut self) {
            drop(fs::remove_file(&self.0));
        }
    }

    fn append(cache: &mut Cache, bytes: &[u8]) {
        cache.issue(Change::Write(cache.len(), bytes.to_vec()), Landing::Done);
    }

    #[test]
    fn a_change_is_seen_at_once_and_lands_at_the_sync() {
        let disk = Disk::new("sync");
        let mut cache = Cache::default();
        append(&mut cache, b"one");
        append(&mut cache, b"two");
        cache.issue(Change::Resize(5), Landing::Done);
        assert_eq!((cache.read(0, 100), cache.read(1, 2), cache.read(9, 2)), (&b"onetw"[..], &b"ne"[..], &b""[..]));
        assert_eq!(disk.bytes(), b"");
        cache.settle(&disk.1).unwrap();
        assert_eq!(disk.bytes(), b"onetw");
        assert!(!cache.cut_off(&disk.1, &mut Rng::new(1, "power"), true).unwrap());
        assert_eq!(disk.bytes(), b"onetw", "what was synced survives");
    }

    #[test]
    fn what_a_failed_sync_left_is_seen_and_no_later_sync_writes_it() {
        let disk = Disk::new("failed");
        let mut cache = Cache::default();
        append(&mut cache, b"one");
        cache.settle(&disk.1).unwrap();
        append(&mut cache, b"two");
        cache.forsake();
        append(&mut cache, b"six");
        cache.settle(&disk.1).unwrap();
        assert_eq!(cache.read(0, 100), b"onetwosix");
        assert_eq!(disk.bytes(), b"one\0\0\0six");
    }

    #[test]
    fn a_sync_after_one_that_lied_makes_up_for_it() {
        let disk = Disk::new("lied");
        let mut cache = Cache::default();
        append(&mut cache, b"one");
        cache.pretend();
        assert_eq!(disk.bytes(), b"");
        append(&mut cache, b"two");
        cache.settle(&disk.1).unwrap();
        assert_eq!(disk.bytes(), b"onetwo");
    }

    #[test]
    fn a_loss_of_power_leaves_the_first_of_the_changes_and_tears_the_next() {
        let (mut lengths, mut torn) = ([0; 4], 0);
        for seed in 0..200 {
            let disk = Disk::new("power");
            let mut cache = Cache::default();
            append(&mut cache, &[1; 1000]);
            cache.pretend();
            append(&mut cache, &[2; 1000]);
            append(&mut cache, &[3; 1000]);
            let tears = seed % 2 == 0;
            let tore = cache.cut_off(&disk.1, &mut Rng::new(seed, "power"), tears).unwrap();
            let bytes = disk.bytes();
            assert!(tears || !tore && bytes.len().is_multiple_of(1000), "{tore}, {} bytes", bytes.len());
            assert!(bytes.iter().enumerate().all(|(at, byte)| *byte == 0 || usize::from(*byte) == at / 1000 + 1));
            lengths[bytes.len() / 1000] += 1;
            torn += usize::from(tore);
        }
        assert!(lengths.iter().all(|count| *count > 10) && torn > 50, "{lengths:?}, {torn} torn");
    }

    #[test]
    fn a_misdirected_write_lands_where_an_earlier_one_began_and_is_seen_where_it_should_be() {
        let disk = Disk::new("misdirected");
        let (mut cache, mut draws) = (Cache::default(), Rng::new(1, "misdirected"));
        assert_eq!(cache.elsewhere(0, &mut draws), None);
        append(&mut cache, b"one");
        cache.settle(&disk.1).unwrap();
        let at = cache.elsewhere(3, &mut draws).unwrap();
        cache.issue(Change::Write(3, b"two".to_vec()), Landing::At(at));
        cache.settle(&disk.1).unwrap();
        assert_eq!((cache.read(0, 100), disk.bytes()), (&b"onetwo"[..], b"two".to_vec()));
    }

    #[test]
    fn what_a_full_disk_did_not_take_is_still_to_come() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let disk = Disk::new("full");
        let mut cache = Cache::default();
        append(&mut cache, b"one");
        assert_eq!(cache.settle(&full).unwrap_err().kind(), io::ErrorKind::StorageFull);
        cache.settle(&disk.1).unwrap();
        assert_eq!(disk.bytes(), b"one");
    }
}
