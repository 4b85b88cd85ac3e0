//! The service level of one service for one region, watched while the run goes on: so that probers know when to hurry, and the director
//! what to wait for. The verdict is not given here, but by the checks, from the journal.
//!
//! DESIGN.md: an outage ends with the first operation after which, for 60 s and at least 1,000 probes, at least 99.9 % succeed within the bound.

use firedrill_model::{ServiceLevel, Time};
use std::collections::VecDeque;
use std::time::Duration;

/// So many misses in a row open an outage.
const MISSES_IN_A_ROW: u32 = 3;

/// Service is back when probes have been good for so long. Not proof of the level: only where no outage is judged is it enough.
const BACK: Duration = Duration::from_secs(10);

/// The service level of one service for one region.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    sustain: Duration,
    probes: u64,
    /// Misses in a thousand that are let pass.
    tolerated_per_mille: u64,
    /// Since then the level has yet to be shown to hold.
    doubt: Option<Time>,
    /// When the first of several misses in a row was sent, until the level is shown to hold.
    open: Option<Time>,
    last_success: Time,
    misses_in_a_row: u32,
    first_miss: Time,
    window: Window,
}

/// The stretch of probes that may turn out to be good enough.
#[derive(Clone, Debug, Default)]
struct Window {
    /// The number of the next probe.
    next: u64,
    /// Its first operation, a success: its number and when it was sent.
    start: Option<(u64, Time)>,
    /// Its misses, and for each the first success after it.
    misses: VecDeque<Option<(u64, Time)>>,
}

impl Watch {
    /// At first the level counts as shown: the steady state is the checks' matter.
    pub(crate) fn new(level: &ServiceLevel) -> Watch {
        Watch {
            sustain: level.sustain,
            probes: u64::from(level.probes.max(1)),
            tolerated_per_mille: u64::from(1000_u32.saturating_sub(level.success_per_mille)),
            doubt: None,
            open: None,
            last_success: Time::ZERO,
            misses_in_a_row: 0,
            first_miss: Time::ZERO,
            window: Window::default(),
        }
    }

    /// From now on the level must be shown anew, because something was done to the world.
    pub(crate) fn upset(&mut self, at: Time) {
        self.doubt = Some(at);
        self.window = Window::default();
    }

    /// What became of a probe. Probes are told in the order in which they were sent.
    pub(crate) fn told(&mut self, sent: Time, good: bool) {
        if good {
            self.misses_in_a_row = 0;
            self.last_success = sent;
        } else {
            self.missed(sent);
        }
        // A probe from before the upset says nothing about after it.
        if self.doubt.is_some_and(|since| sent >= since) {
            self.window.push(sent, good, self.probes, self.tolerated_per_mille);
            if self.window.is_enough(sent, self.sustain, self.probes) {
                self.doubt = None;
                self.open = None;
                self.window = Window::default();
            }
        }
    }

    fn missed(&mut self, sent: Time) {
        if self.misses_in_a_row == 0 {
            self.first_miss = sent;
        }
        self.misses_in_a_row += 1;
        if self.misses_in_a_row >= MISSES_IN_A_ROW && self.open.is_none() {
            self.open = Some(self.first_miss);
        }
        if self.doubt.is_none() {
            self.upset(sent);
        }
    }

    /// Whether the level is shown to hold, with no miss and nothing done since.
    pub(crate) fn is_settled(&self) -> bool {
        self.doubt.is_none()
    }

    /// Whether an outage is open.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether no outage is open, or service has been back for some seconds, so that the outage could turn out to have ended.
    pub(crate) fn is_serving(&self) -> bool {
        let back = |(_, since): (u64, Time)| self.last_success.since(since) >= BACK;
        self.open.is_none() || self.window.start.is_some_and(back)
    }

    /// When the last good probe was sent; the start of the run if there was none.
    pub(crate) fn last_success(&self) -> Time {
        self.last_success
    }
}

impl Window {
    fn push(&mut self, sent: Time, good: bool, least: u64, tolerated_per_mille: u64) {
        let this = (self.next, sent);
        self.next += 1;
        if good {
            self.start.get_or_insert(this);
            self.misses.iter_mut().rev().take_while(|next| next.is_none()).for_each(|next| *next = Some(this));
            return;
        }
        let Some((first, _)) = self.start else { return };
        self.misses.push_back(None);
        // The window will hold at least that many probes when it is enough. The last does not count: the stretch may have ended before it.
        let count = (self.next - first - 1).max(least);
        while self.misses.len() as u64 * 1000 > count * tolerated_per_mille {
            let Some(next) = self.misses.pop_front() else {
                break;
            };
            self.start = next;
            if next.is_none() {
                self.misses.clear();
                break;
            }
        }
    }

    fn is_enough(&self, last: Time, sustain: Duration, least: u64) -> bool {
        self.start.is_some_and(|(number, sent)| last.since(sent) >= sustain && self.next - number >= least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level() -> ServiceLevel {
        ServiceLevel {
            sustain: Duration::from_secs(60),
            probes: 1000,
            success_per_mille: 999,
            latency_bound: vec![vec![Duration::from_millis(300); 3]],
        }
    }

    /// Tells probes, 20 a second, from `from_s` to before `to_s`; the instant at which the watch settled.
    fn tell(watch: &mut Watch, from_s: u64, to_s: u64, good: impl Fn(u64) -> bool) -> Option<Time> {
        let mut settled = None;
        for number in from_s * 20..to_s * 20 {
            let sent = Time::from_millis(number * 50);
            watch.told(sent, good(number));
            if watch.is_settled() {
                settled = settled.or(Some(sent));
            } else {
                settled = None;
            }
        }
        settled
    }

    #[test]
    fn three_misses_in_a_row_open_an_outage_and_two_do_not() {
        let mut watch = Watch::new(&level());
        tell(&mut watch, 0, 1, |number| number % 3 == 0);
        assert!(!watch.is_open() && !watch.is_settled());
        tell(&mut watch, 1, 2, |_| false);
        assert!(watch.is_open());
    }

    #[test]
    fn an_outage_closes_after_sixty_good_seconds() {
        let mut watch = Watch::new(&level());
        tell(&mut watch, 0, 10, |_| false);
        assert_eq!(tell(&mut watch, 10, 71, |_| true), Some(Time::from_secs(70)));
        assert!(!watch.is_open());
    }

    #[test]
    fn one_miss_in_a_thousand_is_let_pass_and_a_second_moves_the_window() {
        let mut one = Watch::new(&level());
        one.upset(Time::ZERO);
        assert_eq!(tell(&mut one, 0, 100, |number| number != 600), Some(Time::from_secs(60)));
        let mut two = Watch::new(&level());
        two.upset(Time::ZERO);
        let settled = tell(&mut two, 0, 100, |number| number != 600 && number != 700);
        assert_eq!(settled, Some(Time::from_millis(601 * 50 + 60_000)), "from the first success after the first miss");
    }

    #[test]
    fn with_few_probes_a_minute_it_waits_for_a_thousand() {
        let mut watch = Watch::new(&level());
        watch.upset(Time::ZERO);
        for second in 0..999 {
            watch.told(Time::from_secs(second), true);
        }
        assert!(!watch.is_settled());
        watch.told(Time::from_secs(999), true);
        assert!(watch.is_settled());
    }

    #[test]
    fn misses_with_none_tolerated_start_the_window_again() {
        let mut watch = Watch::new(&ServiceLevel { success_per_mille: 1000, ..level() });
        watch.upset(Time::ZERO);
        assert_eq!(tell(&mut watch, 0, 100, |number| number != 600), Some(Time::from_millis(601 * 50 + 60_000)));
    }

    #[test]
    fn an_upset_asks_for_the_whole_stretch_again() {
        let mut watch = Watch::new(&level());
        watch.upset(Time::ZERO);
        tell(&mut watch, 0, 50, |_| true);
        watch.upset(Time::from_secs(50));
        watch.told(Time::from_secs(49), false);
        assert_eq!(tell(&mut watch, 50, 120, |_| true), Some(Time::from_secs(110)));
    }
}
