//! Draws that depend on names, not on order: a number hashed from the seed, what is drawn for, and how many were drawn for it
//! before. So leaving out a fault or a message reshuffles nothing elsewhere.

use firedrill_model::rng::mix;

/// What is drawn for.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(crate) enum For {
    /// A message on a link.
    Link = 0x6c69_6e6b,
    /// The duration of a sync.
    Sync = 0x7379_6e63,
    /// What survives a loss of power.
    Survivors = 0x7375_7276,
    /// Whether timers or the inbound queue come first at a thaw.
    Thaw = 0x7468_6177,
    /// What faults do to a disk.
    DiskTrouble = 0x6469_736b,
}

/// The salt of one thing that is drawn for.
pub(crate) fn salt(seed: u64, what: For, name: u64) -> u64 {
    mix(mix(seed ^ what as u64) ^ name)
}

/// A number below `bound` from 64 random bits; 0 if the bound is 0.
pub(crate) fn below(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

/// A number from `low` to `high` from 64 random bits; `low` if the range is empty.
pub(crate) fn between(bits: u64, low: u64, high: u64) -> u64 {
    low.saturating_add(below(bits, high.saturating_sub(low).saturating_add(1)))
}

/// A number from `-by` to `by`, added to `to` and held at 0.
pub(crate) fn swing(bits: u64, to: u64, by: u64) -> u64 {
    to.saturating_add(between(bits, 0, by.saturating_mul(2))).saturating_sub(by)
}

/// So many thousandths of a number.
pub(crate) fn per_mille(of: u64, thousandths: u32) -> u64 {
    u64::try_from(u128::from(of) * u128::from(thousandths) / 1000).unwrap_or(u64::MAX)
}

/// Half-life 1 in thousandths: half of the numbers lie in 0..1000, a quarter in 1000..2000, and so on. (An exponential distribution
/// drawn with whole numbers, piecewise linear between its half-lives, so that no platform's logarithm decides.)
pub(crate) fn halving(bits: u64) -> u64 {
    let halves = u64::from((bits >> 32).leading_zeros() - 32);
    halves * 1000 + below(bits << 32, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_stay_in_their_range_and_reach_both_ends() {
        let drawn: Vec<u64> = (0..1_000).map(|n| between(mix(n), 10, 15)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&10), Some(&15)));
        assert_eq!(between(u64::MAX, 7, 3), 7);
        assert_eq!(below(u64::MAX, 0), 0);
        let swung: Vec<u64> = (0..1_000).map(|n| swing(mix(n), 5, 3)).collect();
        assert_eq!((swung.iter().min(), swung.iter().max()), (Some(&2), Some(&8)));
        assert_eq!(swing(0, 1, 3), 0);
    }

    #[test]
    fn half_of_the_halving_draws_lie_below_one_half_life() {
        let drawn: Vec<u64> = (0..10_000).map(|n| halving(mix(n))).collect();
        let below_one = drawn.iter().filter(|x| **x < 1000).count();
        let below_two = drawn.iter().filter(|x| **x < 2000).count();
        assert!((4_800..5_200).contains(&below_one), "{below_one}");
        assert!((7_300..7_700).contains(&below_two), "{below_two}");
    }
}
