//! A disk in memory: what was written, and what of it is synced.

use firedrill_model::{Rng, SiteId, Term};
use firedrill_stack::FileId;
use firedrill_stack::entry::{Entry, Payload};
use firedrill_stack::storage::format::{self, LOG_FILE, MetaView};
use firedrill_stack::storage::recover::{Found, Recovered, recover};
use std::collections::BTreeMap;

/// A disk in memory.
#[derive(Clone, Default)]
pub struct Disk {
    pub written: BTreeMap<FileId, Vec<u8>>,
    pub synced: BTreeMap<FileId, Vec<u8>>,
}

impl Disk {
    /// A disk that holds, synced, a log with entries of these terms, and metadata.
    pub fn with_log(terms: &[u64], term: u64, voted_for: Option<SiteId>) -> Disk {
        let mut log = Vec::new();
        let mut prev_term = Term(0);
        for (at, term) in terms.iter().enumerate() {
            let entry =
                Entry { index: firedrill_model::LogIndex(at as u64 + 1), term: Term(*term), payload: Payload::Noop };
            let offset = log.len() as u64;
            format::encode_record(&mut log, offset, &entry, prev_term, offset);
            prev_term = entry.term;
        }
        let meta =
            MetaView { version: 1, term: Term(term), voted_for, log_synced: log.len() as u64, ..MetaView::default() };
        let mut disk = Disk::default();
        for file in [FileId::MetaA, FileId::MetaB] {
            disk.write(file, 0, &format::encode_meta(file, &meta));
        }
        disk.write(LOG_FILE, 0, &log);
        disk.synced = disk.written.clone();
        disk
    }

    /// What a restart after a loss of power would make of it.
    pub fn recovered(&self) -> Recovered {
        recover(self.found())
    }

    /// What a restart after a loss of power would read.
    pub fn found(&self) -> Found {
        let numbers =
            self.synced.keys().filter_map(|file| if let FileId::Log(number) = file { Some(*number) } else { None });
        Found::read(numbers, |file| self.synced.get(&file).cloned())
    }

    pub fn write(&mut self, file: FileId, offset: usize, bytes: &[u8]) {
        let contents = self.written.entry(file).or_default();
        let end = offset + bytes.len();
        contents.resize(contents.len().max(end), 0);
        contents[offset..end].copy_from_slice(bytes);
    }

    /// Only what is synced stays. Files stay: the stack syncs their creation first.
    pub fn lose_unsynced(&mut self) {
        self.written = self.synced.clone();
    }

    /// What is synced stays, and of the rest any part: up to some byte, or in pieces with zeroes between.
    pub fn tear_unsynced(&mut self, rng: &mut Rng) {
        let files: Vec<FileId> = self.written.keys().copied().collect();
        for file in files {
            let written = self.written.remove(&file).unwrap_or_default();
            let old = self.synced.get(&file).cloned().unwrap_or_default();
            let torn = torn(rng, &old, &written);
            self.written.insert(file, torn.clone());
            self.synced.insert(file, torn);
        }
    }
}

/// A mixture of what is synced and what is written.
fn torn(rng: &mut Rng, old: &[u8], written: &[u8]) -> Vec<u8> {
    let len = rng.between(old.len().min(written.len()) as u64, written.len().max(old.len()) as u64);
    let piece = rng.between(1, 400) as usize;
    let scattered = rng.chance(300);
    let cut = rng.below(len + 1) as usize;
    (0..len as usize)
        .map(|at| {
            let (before, after) = (old.get(at), written.get(at));
            let arrived = if scattered { (at / piece).is_multiple_of(2) } else { at < cut };
            let byte = if arrived { after.or(before) } else { before };
            byte.copied().unwrap_or(0)
        })
        .collect()
}
