//! Seeded random streams. One per component, split from the seed of the run by a label, so that a draw more in one component
//! changes nothing in another.

use core::time::Duration;
use rand_core::{Rng as _, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A seeded random stream (PCG-64 MCG, O'Neill 2014). Not for secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng(Pcg64Mcg);

impl Rng {
    /// The stream of this seed and label.
    pub fn new(seed: u64, label: &str) -> Rng {
        // FNV-1a over the label, so that streams differ by name and not by order of creation.
        let hash =
            label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Rng(Pcg64Mcg::seed_from_u64(mix(seed ^ mix(hash))))
    }

    /// A stream split from this one by a number; this one is not moved.
    pub fn split(&self, number: u64) -> Rng {
        let mut copy = self.0.clone();
        Rng(Pcg64Mcg::seed_from_u64(mix(copy.next_u64() ^ mix(number.wrapping_add(1)))))
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, which must not be 0. (Multiply-shift; the bias is below 2^-32 for the bounds used here.)
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no number is below 0");
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "the range must not be empty");
        match (high - low).checked_add(1) {
            Some(width) => low + self.below(width),
            None => self.bits(),
        }
    }

    /// A duration from `low` to `high`, to the nanosecond.
    pub fn duration(&mut self, low: Duration, high: Duration) -> Duration {
        Duration::from_nanos(self.between(crate::time::nanos(low), crate::time::nanos(high)))
    }

    /// True in `per_mille` of a thousand cases.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    /// One of the items, or `None` if there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { items.get(self.below(items.len() as u64) as usize) }
    }
}

/// A bijection of 64 bits that scatters (the finaliser of SplitMix64, Steele et al. 2014).
pub const fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
