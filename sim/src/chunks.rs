//! A list that grows at its end and is cheap to clone: full chunks are shared.

use std::sync::Arc;

/// Items in a chunk.
const CHUNK: usize = 1024;

/// A list of small items in shared chunks. A clone costs one count per chunk; the first write to a shared chunk copies that chunk.
#[derive(Clone, Debug)]
pub(crate) struct Chunks<T> {
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T: Copy> Chunks<T> {
    /// An empty list.
    pub(crate) fn new() -> Chunks<T> {
        Chunks { chunks: Vec::new(), len: 0 }
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The item at a place.
    pub(crate) fn get(&self, at: usize) -> Option<T> {
        if at < self.len { Some(self.chunks[at / CHUNK][at % CHUNK]) } else { None }
    }

    /// Adds an item at the end.
    pub(crate) fn push(&mut self, item: T) {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        Arc::make_mut(&mut self.chunks[self.len / CHUNK]).push(item);
        self.len += 1;
    }

    /// Keeps the first `len` items.
    pub(crate) fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        self.chunks.truncate(len.div_ceil(CHUNK));
        if !len.is_multiple_of(CHUNK) {
            Arc::make_mut(&mut self.chunks[len / CHUNK]).truncate(len % CHUNK);
        }
        self.len = len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::Rng;

    #[test]
    fn a_chunked_list_is_a_list_and_its_clones_are_apart() {
        let mut rng = Rng::new(3, "chunks");
        let (mut chunks, mut plain) = (Chunks::new(), Vec::new());
        let mut kept = Vec::new();
        for round in 0..200 {
            for _ in 0..rng.below(300) {
                let item = rng.bits();
                chunks.push(item);
                plain.push(item);
            }
            if rng.chance(300) {
                let len = rng.below(plain.len() as u64 + 2) as usize;
                chunks.truncate(len);
                plain.truncate(len);
            }
            if round % 20 == 0 {
                kept.push((chunks.clone(), plain.clone()));
            }
        }
        kept.push((chunks, plain));
        for (chunks, plain) in kept {
            assert_eq!((0..=plain.len()).map(|i| chunks.get(i)).collect::<Vec<_>>(), {
                let mut all: Vec<_> = plain.iter().copied().map(Some).collect();
                all.push(None);
                all
            });
            assert_eq!(chunks.last(), plain.last().copied());
            assert_eq!(chunks.len(), plain.len());
        }
    }
}
