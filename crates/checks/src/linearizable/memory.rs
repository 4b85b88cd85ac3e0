//! Configurations that were found to lead nowhere, in a table whose bytes are counted before it grows.

use hashbrown::HashTable;
use std::hash::{Hash, Hasher};

/// Parts, so that growing one copies little.
const PARTS: usize = 16;

/// A set of configurations.
pub(super) struct Memory<C> {
    parts: [HashTable<C>; PARTS],
    bytes: u64,
}

impl<C: Hash + Eq> Memory<C> {
    pub(super) fn new() -> Memory<C> {
        Memory { parts: std::array::from_fn(|_| HashTable::new()), bytes: 0 }
    }

    pub(super) fn contains(&self, configuration: &C) -> bool {
        let hash = hash(configuration);
        self.parts[part(hash)].find(hash, |other| other == configuration).is_some()
    }

    /// False if that would take more than `limit` bytes, also while a table is copied.
    pub(super) fn insert(&mut self, configuration: C, limit: u64) -> bool {
        let hash = hash(&configuration);
        let table = &mut self.parts[part(hash)];
        let before = table.allocation_size() as u64;
        if table.len() == table.capacity() {
            let grown = before.max(64 * size_of::<C>() as u64) * 2;
            if self.bytes + grown > limit {
                return false;
            }
        }
        table.insert_unique(hash, configuration, self::hash);
        self.bytes += table.allocation_size() as u64 - before;
        true
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The table's own hashing uses the lowest and highest bits.
fn part(hash: u64) -> usize {
    (hash >> 40) as usize % PARTS
}

fn hash(of: &impl Hash) -> u64 {
    let mut mixer = Mixer(0);
    of.hash(&mut mixer);
    // Without this the low bits, which choose the place, hang on few of the input's.
    let mixed = mixer.0 ^ (mixer.0 >> 32);
    mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (mixed >> 29)
}

/// Multiply and rotate: fast, and the same in every process.
#[derive(Default)]
pub(super) struct Mixer(u64);

impl Mixer {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0xf135_7aea_2e62_a9c5);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word) ^ ((chunk.len() as u64) << 56));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.mix(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
