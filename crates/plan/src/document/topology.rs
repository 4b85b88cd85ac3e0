//! Sites, links, client regions, data-centre requirements, load.

use super::record::records;
use super::{DataName, Decimal, List, Mode, Name, Pair, Role, RoundTrips, ServiceName, Standby};
use std::time::Duration;

records! {
    /// A site. Sites stand in the order of succession, the primary first.
    Site in [[site]] {
        /// what it is called
        name: "name" must Name;
        /// the first site is the primary
        role: "role" must Role;
        /// of the primary's; the site's weight in the weighted round robin
        capacity_percent: "capacity_percent" must u64 [1, 100] => Parameter;
        /// whether it votes; without the key, it does. The stack lets every site vote
        votes: "votes" may bool => Parameter;
        /// in which state it waits for its turn
        state: "state" may Standby;
        /// the facility
        location: "location" may String;
        /// the area whose data may be kept here, as the residency rules call it
        area: "area" may Name;
        /// the country, as two letters
        country: "country" may String;
        /// until it serves, from the decision that it takes over
        readiness: "readiness_s" may Duration => Claim;
        /// how data reaches it
        mode: "replication_mode" may Mode;
        /// from one synchronisation of its data to the next; 0 is real time
        sync_interval: "sync_interval_s" may Duration => Parameter;
        /// of its connection
        bandwidth_mbps: "bandwidth_mbps" may u64 => Physics;
        /// its power supply
        power: "power" may String;
        /// how long its generators run without refuelling
        fuel: "fuel_h" may Duration => Claim;
        /// its cooling
        cooling: "cooling" may String;
        /// who is there
        staff: "staff" may String;
    }

    /// A link between two sites. Every pair has one.
    Link in [[link]] {
        /// the two sites
        between: "between" must Pair;
        /// between two sites
        round_trip: "round_trip_ms" must Duration [0.001, 60_000] => Physics;
        /// of the link
        bandwidth_mbps: "bandwidth_mbps" may u64 => Physics;
        /// whether what it carries is encrypted
        encrypted: "encrypted" may bool => Claim;
        /// ways that share no duct, equipment or provider
        diverse_paths: "diverse_paths" may u64 => Claim;
    }

    /// A region of clients.
    Region in [[region]] {
        /// what it is called
        name: "name" must Name;
        /// from the region's clients to each site
        round_trips: "round_trip_ms" must RoundTrips => Physics;
        /// the area whose residency rules its clients' data follow
        area: "area" may Name;
        /// of all load, so much comes from here
        share_percent: "share_percent" may Decimal => Claim;
    }

    /// What every data centre must have.
    Requirement in [[requirement]] {
        /// what is required
        name: "name" must Name;
        /// how much or which
        specification: "specification" must String => Claim;
        /// the standards that ask for it
        standards: "standards" may List<String>;
    }

    /// The load that must be served.
    Load in [load] {
        /// at the worst time, of the primary's capacity
        peak_percent: "peak_percent" must Decimal [0, 10_000] => Claim;
        /// on average, of the primary's capacity
        mean_percent: "mean_percent" may Decimal [0, 10_000] => Claim;
    }

    /// What may be left out while capacity is short.
    DegradedMode in [[degraded_mode]] {
        /// what it is called
        name: "name" must Name;
        /// the load that is left, of the primary's capacity
        load_percent: "load_percent" must Decimal [0, 10_000] => Claim;
        /// services that are not served meanwhile
        sheds: "sheds" may List<ServiceName> => Claim;
        /// no longer than this
        at_most: "at_most_s" may Duration => Objective;
        /// data that may be stale meanwhile
        stale: "stale" may List<DataName> => Claim;
    }
}
