//! A map in pages behind `Arc`, so that a clone costs a few hundred reference counts and a write after it copies one page.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// So many pages.
pub const PAGES: usize = 256;

/// A key that knows its page.
pub trait Paged: Ord + Clone {
    /// A hash, the same everywhere.
    fn page_hash(&self) -> u64;
}

impl Paged for firedrill_model::Key {
    fn page_hash(&self) -> u64 {
        hash_bytes(0, self.as_str().as_bytes())
    }
}

impl Paged for firedrill_model::SessionId {
    fn page_hash(&self) -> u64 {
        firedrill_model::rng::mix(self.0)
    }
}

/// FNV-1a over bytes, from a state.
pub fn hash_bytes(state: u64, bytes: &[u8]) -> u64 {
    let step = |h: u64, b: &u8| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3);
    firedrill_model::rng::mix(bytes.iter().fold(state ^ 0xcbf2_9ce4_8422_2325, step))
}

/// A map whose clones share what neither has changed.
#[derive(Clone, Debug)]
pub struct Pages<K, V> {
    pages: Vec<Arc<BTreeMap<K, V>>>,
}

impl<K: Paged, V: Clone> Default for Pages<K, V> {
    fn default() -> Self {
        let empty = Arc::new(BTreeMap::new());
        Pages { pages: (0..PAGES).map(|_| empty.clone()).collect() }
    }
}

impl<K: Paged, V: Clone> Pages<K, V> {
    fn page(key: &K) -> usize {
        (key.page_hash() % PAGES as u64) as usize
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.pages[Self::page(key)].get(key)
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        Arc::make_mut(&mut self.pages[Self::page(&key)]).insert(key, value);
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &K) {
        let page = &mut self.pages[Self::page(key)];
        if page.contains_key(key) {
            Arc::make_mut(page).remove(key);
        }
    }

    /// What lies on a page, in order.
    pub fn page_at(&self, number: usize) -> impl Iterator<Item = (&K, &V)> {
        self.pages.get(number).into_iter().flat_map(|page| page.iter())
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.pages.iter().map(|page| page.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pages.iter().all(|page| page.is_empty())
    }
}
