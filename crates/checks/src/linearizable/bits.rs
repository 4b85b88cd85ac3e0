//! Sets of small numbers, of a fixed size, that can be copied and hashed.

/// A set of numbers below `64 * W`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bits<const W: usize>([u64; W]);

impl<const W: usize> Bits<W> {
    /// The empty set.
    pub(crate) const EMPTY: Bits<W> = Bits([0; W]);

    /// Whether `number` is in it.
    pub(crate) fn has(&self, number: u32) -> bool {
        self.0[number as usize / 64] & (1 << (number % 64)) != 0
    }

    /// Puts `number` in.
    pub(crate) fn put(&mut self, number: u32) {
        self.0[number as usize / 64] |= 1 << (number % 64);
    }

    /// Takes `number` out.
    pub(crate) fn take(&mut self, number: u32) {
        self.0[number as usize / 64] &= !(1 << (number % 64));
    }

    /// The numbers in it that are not in `other`, in order.
    pub(crate) fn without(self, other: Bits<W>) -> impl Iterator<Item = u32> {
        (0..W).flat_map(move |word| {
            let mut rest = self.0[word] & !other.0[word];
            std::iter::from_fn(move || {
                let lowest = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(word as u32 * 64 + lowest)
            })
        })
    }
}
