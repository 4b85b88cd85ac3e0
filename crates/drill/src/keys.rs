//! The keys that clients share. A slot's key is replaced by a new one (its generation rises) before it has seen so many operations or
//! unknowns that the linearizability of its history would be slow to judge.

use firedrill_model::Key;

/// A key sees at most this many operations.
pub const MOST_OPS: u32 = 100;
/// A key sees at most this many unknowns.
pub const MOST_UNKNOWNS: u32 = 8;

/// A key taken for one operation.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
    pub(crate) key: Key,
}

/// The slots, and every key that was ever written.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    slots: Vec<Slot>,
    written: Vec<Key>,
}

#[derive(Clone, Debug)]
struct Slot {
    generation: u32,
    key: Key,
    ops: u32,
    under_way: u32,
    unknowns: u32,
    written: bool,
}

impl Slot {
    fn new(slot: u32, generation: u32) -> Slot {
        let key = Key::new(&format!("k{slot}.{generation}"));
        Slot { generation, key, ops: 0, under_way: 0, unknowns: 0, written: false }
    }

    fn is_worn(&self) -> bool {
        self.ops >= MOST_OPS || self.unknowns >= MOST_UNKNOWNS
    }

    /// Whether it has room for one more operation, even if all under way end as unknown.
    fn has_room(&self) -> bool {
        self.unknowns + self.under_way < MOST_UNKNOWNS
    }
}

impl Keys {
    pub(crate) fn new(slots: u32) -> Keys {
        Keys { slots: (0..slots.max(1)).map(|slot| Slot::new(slot, 0)).collect(), written: Vec::new() }
    }

    /// How many slots there are; at least one.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    /// Takes the key of slot `wish`, or of the next that has room and is `usable` (slot, generation); if there is none, a new key.
    pub(crate) fn take(&mut self, wish: u32, usable: impl Fn(u32, u32) -> bool) -> Taken {
        let count = self.len();
        let from_wish = (0..count).map(|step| (wish % count + step) % count);
        for place in from_wish {
            let slot = &mut self.slots[place as usize];
            if slot.is_worn() {
                *slot = Slot::new(place, slot.generation + 1);
            }
            if slot.has_room() && usable(place, slot.generation) {
                return self.taken(place);
            }
        }
        let place = wish % count;
        let slot = &mut self.slots[place as usize];
        *slot = Slot::new(place, slot.generation + 1);
        self.taken(place)
    }

    fn taken(&mut self, place: u32) -> Taken {
        let slot = &mut self.slots[place as usize];
        slot.ops += 1;
        slot.under_way += 1;
        Taken { slot: place, generation: slot.generation, key: slot.key.clone() }
    }

    /// The operation that the key was taken for may write it.
    pub(crate) fn wrote(&mut self, taken: &Taken) {
        let slot = &mut self.slots[taken.slot as usize];
        if slot.generation == taken.generation && !slot.written {
            slot.written = true;
            self.written.push(taken.key.clone());
        }
    }

    /// The operation that the key was taken for returned.
    pub(crate) fn returned(&mut self, taken: &Taken, unknown: bool) {
        let slot = &mut self.slots[taken.slot as usize];
        if slot.generation == taken.generation {
            slot.under_way -= 1;
            slot.unknowns += u32::from(unknown);
        }
    }

    /// Notes a key of somebody else that is written.
    pub(crate) fn wrote_other(&mut self, key: Key) {
        self.written.push(key);
    }

    /// The `place`-th key that was ever written.
    pub(crate) fn written(&self, place: usize) -> Option<&Key> {
        self.written.get(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_sees_at_most_a_hundred_operations() {
        let mut keys = Keys::new(1);
        let mut of_first = 0;
        for _ in 0..250 {
            let taken = keys.take(0, |_, _| true);
            of_first += u32::from(taken.generation == 0);
            keys.returned(&taken, false);
        }
        assert_eq!(of_first, MOST_OPS);
        assert_eq!(keys.take(0, |_, _| true).key.as_str(), "k0.2");
    }

    #[test]
    fn a_key_never_gets_more_than_eight_unknowns_even_if_all_under_way_end_so() {
        let mut keys = Keys::new(1);
        let taken: Vec<Taken> = (0..20).map(|_| keys.take(0, |_, _| true)).collect();
        for generation in 0..3 {
            let of_it = taken.iter().filter(|taken| taken.generation == generation).count();
            assert!(of_it <= MOST_UNKNOWNS as usize, "{of_it} operations under way on generation {generation}");
        }
        taken.iter().for_each(|taken| keys.returned(taken, true));
        assert_eq!(keys.take(0, |_, _| true).generation, 2, "the third key has had only four");
    }

    #[test]
    fn unknowns_wear_a_key_out_one_after_the_other() {
        let mut keys = Keys::new(1);
        let mut of_first = 0;
        for _ in 0..20 {
            let taken = keys.take(0, |_, _| true);
            of_first += u32::from(taken.generation == 0);
            keys.returned(&taken, true);
        }
        assert_eq!(of_first, MOST_UNKNOWNS);
    }

    #[test]
    fn a_client_gets_another_key_than_one_it_abandoned() {
        let mut keys = Keys::new(2);
        assert_eq!(keys.take(1, |slot, _| slot != 1).slot, 0);
        assert_eq!(keys.take(1, |_, generation| generation > 0).generation, 1, "all abandoned: a new one");
    }

    #[test]
    fn a_written_key_is_listed_once() {
        let mut keys = Keys::new(1);
        for _ in 0..3 {
            let taken = keys.take(0, |_, _| true);
            keys.wrote(&taken);
            keys.returned(&taken, false);
        }
        assert_eq!((keys.written(0).map(Key::as_str), keys.written(1)), (Some("k0.0"), None));
    }
}
