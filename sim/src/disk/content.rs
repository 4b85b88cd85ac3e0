//! The bytes of a file in shared pages: an append copies neither the file nor, unless a fork shares it, the page.

use std::sync::Arc;

/// Bytes in a page.
const PAGE: usize = 32 * 1024;

/// The bytes of a file. A clone costs one count per page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pages: Vec<Arc<Vec<u8>>>,
    len: usize,
}

impl Content {
    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Writes bytes from `offset` on; grows as needed, a gap is zeroes.
    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        if offset > self.len {
            self.resize(offset);
        }
        let (mut at, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            if at / PAGE == self.pages.len() {
                self.pages.push(Arc::default());
            }
            let page = Arc::make_mut(&mut self.pages[at / PAGE]);
            let start = at % PAGE;
            let (now, later) = rest.split_at(rest.len().min(PAGE - start));
            let over = now.len().min(page.len() - start);
            page[start..start + over].copy_from_slice(&now[..over]);
            page.extend_from_slice(&now[over..]);
            at += now.len();
            rest = later;
        }
        self.len = self.len.max(at);
    }

    /// Cuts, or grows with zeroes, to `len` bytes.
    pub(crate) fn resize(&mut self, len: usize) {
        self.pages.truncate(len.div_ceil(PAGE));
        while self.pages.len() < len.div_ceil(PAGE) {
            if let Some(last) = self.pages.last_mut() {
                Arc::make_mut(last).resize(PAGE, 0);
            }
            self.pages.push(Arc::default());
        }
        if let Some(last) = self.pages.last_mut() {
            let in_last = len - (len - 1) / PAGE * PAGE;
            if last.len() != in_last {
                Arc::make_mut(last).resize(in_last, 0);
            }
        }
        self.len = len;
    }

    /// The byte at `at`, if the file is that long.
    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        self.pages.get(at / PAGE)?.get(at % PAGE).copied()
    }

    /// The bytes from `start` to the end.
    pub(crate) fn tail(&self, start: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len.saturating_sub(start));
        let mut at = start;
        while at < self.len {
            let page = &self.pages[at / PAGE];
            bytes.extend_from_slice(&page[at % PAGE..]);
            at += page.len() - at % PAGE;
        }
        bytes
    }

    /// All bytes.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.tail(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::Rng;

    #[test]
    fn pages_hold_what_a_plain_vector_would() {
        for seed in 0..40 {
            let mut rng = Rng::new(seed, "content");
            let (mut content, mut plain) = (Content::default(), Vec::new());
            let mut fork = None;
            for round in 0..60 {
                let bytes = vec![round as u8 + 1; rng.below(if round % 9 == 0 { 80_000 } else { 200 }) as usize];
                match rng.below(10) {
                    0 => {
                        let len = rng.below(plain.len() as u64 + 70_000) as usize;
                        content.resize(len);
                        plain.resize(len, 0);
                    }
                    1 => {
                        let at = rng.below(plain.len() as u64 + 40_000) as usize;
                        overwrite(&mut plain, at, &bytes);
                        content.write(at, &bytes);
                    }
                    _ => {
                        content.write(plain.len(), &bytes);
                        plain.extend_from_slice(&bytes);
                    }
                }
                if round == 30 {
                    fork = Some((content.clone(), plain.clone()));
                }
            }
            for (content, plain) in fork.into_iter().chain([(content, plain)]) {
                assert_eq!(content.len(), plain.len());
                assert_eq!(content.to_vec(), plain);
                let start = rng.below(plain.len() as u64 + 1) as usize;
                assert_eq!(content.tail(start), &plain[start..]);
            }
        }
    }

    fn overwrite(plain: &mut Vec<u8>, at: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            // A write of nothing beyond the end still leaves a file that long here; nobody issues one.
            plain.resize(plain.len().max(at), 0);
            return;
        }
        plain.resize(plain.len().max(at + bytes.len()), 0);
        plain[at..at + bytes.len()].copy_from_slice(bytes);
    }
}
