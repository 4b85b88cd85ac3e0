//! What faults do to the proxy's entries. Pure: what an entry should be like follows from the entry and the faults that are on.

use super::entries::Entry;
use firedrill_model::Fault;
use firedrill_model::fault::{Direction, Endpoint};
use std::time::Duration;

/// What one direction of an entry should be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// What passes is late by this, in milliseconds.
    pub latency_ms: u32,
    /// Give or take this, in milliseconds.
    pub jitter_ms: u32,
    /// No more than so many kilobytes a second pass; 0: as many as can.
    pub rate_kb: u32,
    /// Nothing passes.
    pub stalled: bool,
}

/// What an entry should be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Towards the site.
    pub up: Stream,
    /// Back from it.
    pub down: Stream,
    /// Connections are refused.
    pub refused: bool,
}

/// What `entry` should be like while `faults` are on.
pub fn state<'a>(entry: &Entry, faults: impl IntoIterator<Item = &'a Fault>) -> State {
    let to = Endpoint::Site(entry.to);
    let mut state = State {
        up: Stream { latency_ms: entry.up_ms, ..Stream::default() },
        down: Stream { latency_ms: entry.down_ms, ..Stream::default() },
        refused: false,
    };
    for fault in faults {
        // The machine of a crashed process lives, and refuses; its container does not, so the proxy refuses in its place.
        state.refused |= matches!(fault, Fault::Crash { site, .. } | Fault::Shutdown { site } if *site == entry.to);
        strike(fault, entry.from, to, &mut state.up);
        // Between sites nothing is said on the way back, which is a link of its own.
        if matches!(entry.from, Endpoint::Region(_)) {
            strike(fault, to, entry.from, &mut state.down);
        }
    }
    state
}

/// Whether `fault` does something to messages from one endpoint to another.
pub fn strikes(fault: &Fault, from: Endpoint, to: Endpoint) -> bool {
    let Some((a, b, direction)) = fault.links() else { return false };
    let there = a.contains(&from) && b.contains(&to);
    let back = b.contains(&from) && a.contains(&to);
    match direction {
        Direction::To => there,
        Direction::From => back,
        Direction::Both => there || back,
    }
}

fn strike(fault: &Fault, from: Endpoint, to: Endpoint, stream: &mut Stream) {
    if !strikes(fault, from, to) {
        return;
    }
    match fault {
        Fault::Partition { .. } => stream.stalled = true,
        Fault::Latency { delay, jitter, .. } => {
            stream.latency_ms = stream.latency_ms.saturating_add(millis(*delay));
            stream.jitter_ms = stream.jitter_ms.saturating_add(millis(*jitter));
        }
        Fault::Bandwidth { bytes_per_s, .. } => {
            let rate = u32::try_from(bytes_per_s.div_ceil(1000)).unwrap_or(u32::MAX).max(1);
            stream.rate_kb = if stream.rate_kb == 0 { rate } else { stream.rate_kb.min(rate) };
        }
        _ => {}
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::{RegionId, SiteId};

    const A: Endpoint = Endpoint::Site(SiteId(0));
    const B: Endpoint = Endpoint::Site(SiteId(1));
    const R: Endpoint = Endpoint::Region(RegionId(0));

    fn entry(from: Endpoint, to: u8) -> Entry {
        Entry { name: String::new(), from, to: SiteId(to), port: 1, up_ms: 40, down_ms: if from == R { 39 } else { 0 } }
    }

    fn stalled(entry: &Entry, fault: &Fault) -> (bool, bool) {
        let state = state(entry, [fault]);
        (state.up.stalled, state.down.stalled)
    }

    #[test]
    fn a_one_way_partition_strikes_one_direction() {
        let (there, back) = (entry(A, 1), entry(B, 0));
        let cut = |direction| Fault::Partition { a: vec![A], b: vec![B], direction };
        assert_eq!(
            (stalled(&there, &cut(Direction::To)), stalled(&back, &cut(Direction::To))),
            ((true, false), (false, false))
        );
        assert_eq!(
            (stalled(&there, &cut(Direction::From)), stalled(&back, &cut(Direction::From))),
            ((false, false), (true, false))
        );
        assert_eq!(
            (stalled(&there, &cut(Direction::Both)), stalled(&back, &cut(Direction::Both))),
            ((true, false), (true, false))
        );
    }

    #[test]
    fn clients_are_cut_off_on_the_stream_that_the_direction_names() {
        let clients = entry(R, 0);
        let cut = |direction| Fault::Partition { a: vec![R], b: vec![A], direction };
        assert_eq!(stalled(&clients, &cut(Direction::To)), (true, false));
        assert_eq!(stalled(&clients, &cut(Direction::From)), (false, true));
        assert_eq!(stalled(&clients, &cut(Direction::Both)), (true, true));
        assert_eq!(stalled(&entry(R, 1), &cut(Direction::Both)), (false, false));
    }

    #[test]
    fn a_crashed_site_refuses() {
        for ended in [Fault::Crash { site: SiteId(1), after_outputs: 0 }, Fault::Shutdown { site: SiteId(1) }] {
            assert!(state(&entry(A, 1), [&ended]).refused && state(&entry(R, 1), [&ended]).refused);
            assert!(!state(&entry(B, 0), [&ended]).refused && !state(&entry(R, 0), [&ended]).refused);
        }
    }

    #[test]
    fn the_narrowest_of_several_limits_counts() {
        let narrow = |bytes_per_s| Fault::Bandwidth { a: vec![A], b: vec![B], direction: Direction::To, bytes_per_s };
        let limited = |faults: &[Fault]| state(&entry(A, 1), faults).up.rate_kb;
        assert_eq!(limited(&[]), 0);
        assert_eq!(limited(&[narrow(20_000), narrow(5_500), narrow(100_000)]), 6);
        assert_eq!(limited(&[narrow(1)]), 1, "0 would let nothing pass");
    }

    #[test]
    fn latencies_add_up_to_those_of_the_plan() {
        let (delay, jitter) = (Duration::from_millis(100), Duration::from_millis(7));
        let slow = Fault::Latency { a: vec![R], b: vec![A], direction: Direction::From, delay, jitter };
        let state = state(&entry(R, 0), [&slow, &slow]);
        assert_eq!(state.up, Stream { latency_ms: 40, jitter_ms: 0, ..Stream::default() });
        assert_eq!(state.down, Stream { latency_ms: 239, jitter_ms: 14, ..Stream::default() });
    }
}
