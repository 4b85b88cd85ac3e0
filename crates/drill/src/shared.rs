//! What all clients and probers work with.

use crate::desk::Desk;
use crate::keys::Keys;
use crate::log_scan::LogScan;
use crate::schedule::Schedule;
use crate::zone::Zone;
use firedrill_model::Time;
use firedrill_plan::Plan;
use firedrill_plan::scenario::Workload;
use std::time::Duration;

/// An attempt without an answer for this long, on top of the largest round trip, is given up and tried again.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);

/// What clients are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The workload.
    Work,
    /// Nothing, once the operation under way has returned.
    Stop,
    /// Read every written key once, and the transaction log to its end; each read may take until an instant, or the usual deadline if that is later.
    Scan {
        /// This instant; no read begins at or after it.
        until: Time,
    },
}

/// The figures that clients obey.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) workload: Workload,
    pub(crate) services: u8,
    pub(crate) regions: u8,
    pub(crate) dns_lifetime: Duration,
    /// From the begin of one operation of a client to the next, on average.
    pub(crate) gap: Duration,
    pub(crate) attempt_timeout: Duration,
}

/// What all clients and probers work with.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) desk: Desk,
    pub(crate) zone: Zone,
    pub(crate) keys: Keys,
    pub(crate) mode: Mode,
    /// The place of the next key to scan among all written.
    pub(crate) next_scan: usize,
    /// How far the scan of the transaction log is.
    pub(crate) log_scan: LogScan,
    pub(crate) figures: Figures,
}

impl Shared {
    pub(crate) fn new(schedule: &Schedule) -> Shared {
        let plan = &schedule.setup.plan;
        let workload = schedule.scenario.workload.clone();
        let figures = Figures {
            services: at_most_255(plan.services.len()),
            regions: at_most_255(plan.regions.len()),
            dns_lifetime: plan.dns_ttl,
            gap: gap(workload.rate_per_client),
            attempt_timeout: ATTEMPT_TIMEOUT + largest_round_trip(plan),
            workload,
        };
        Shared {
            desk: Desk::default(),
            zone: Zone::new(plan.services.len(), plan.sites.len()),
            keys: Keys::new(figures.workload.keys),
            mode: Mode::Work,
            next_scan: 0,
            log_scan: LogScan::default(),
            figures,
        }
    }
}

/// Service and region ids are bytes.
fn at_most_255(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}

/// A second divided by the rate; a rate of nothing, or of no number, is one operation in a million seconds.
fn gap(rate: f64) -> Duration {
    let seconds = 1.0 / rate;
    let sane = if seconds.is_finite() && seconds > 0.0 { seconds.clamp(1e-6, 1e6) } else { 1e6 };
    Duration::from_secs_f64(sane)
}

fn largest_round_trip(plan: &Plan) -> Duration {
    let to_clients = plan.regions.iter().flat_map(|region| region.round_trips.iter().copied());
    let between_sites = plan.links.iter().flatten().map(|link| link.round_trip);
    to_clients.chain(between_sites).max().unwrap_or_default()
}
