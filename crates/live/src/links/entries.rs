//! Which entries the proxy has.

use firedrill_model::fault::Endpoint;
use firedrill_model::{RegionId, SiteId};
use firedrill_plan::Plan;
use std::time::Duration;

/// The proxy listens for the first entry here, for the others on the following ports.
pub const FIRST_PORT: u16 = 20_000;
/// The proxy's own interface (Toxiproxy's port).
pub const CONTROL_PORT: u16 = 8474;

/// Sites listen here for peers.
pub const PEERS_PORT: u16 = 7000;
/// Sites listen here for clients.
pub const CLIENTS_PORT: u16 = 8080;

/// One entry of the proxy: a direction of a link between two sites, on which the second never speaks; or the link between a region's
/// clients and a site, with both its directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the proxy: `new-york-to-london`, `clients-us-east-to-new-york`.
    pub name: String,
    /// Who connects.
    pub from: Endpoint,
    /// To this site.
    pub to: SiteId,
    /// The proxy listens here for it.
    pub port: u16,
    /// One-way latency towards the site, in milliseconds.
    pub up_ms: u32,
    /// One-way latency back, in milliseconds; 0 between sites, where nothing goes back.
    pub down_ms: u32,
}

/// The entries of a plan.
///
/// # Errors
/// If there are more than ports.
pub fn entries(plan: &Plan) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    let mut add = |name: String, from: Endpoint, to: usize, up_ms: u32, down_ms: u32| {
        let port = u16::try_from(entries.len()).ok().and_then(|place| FIRST_PORT.checked_add(place));
        let port = port.ok_or("more links than ports")?;
        entries.push(Entry { name, from, to: SiteId(to as u8), port, up_ms, down_ms });
        Ok::<(), String>(())
    };
    for (a, from) in plan.sites.iter().enumerate() {
        for (b, to) in plan.sites.iter().enumerate().filter(|(b, _)| *b != a) {
            let link = plan.links.get(a.min(b)).and_then(|row| row.get(a.max(b))).copied().unwrap_or_default();
            let (there, back) = halves(link.round_trip);
            let one_way = if a < b { there } else { back };
            add(format!("{}-to-{}", from.name, to.name), Endpoint::Site(SiteId(a as u8)), b, one_way, 0)?;
        }
    }
    for (r, region) in plan.regions.iter().enumerate() {
        for (s, site) in plan.sites.iter().enumerate() {
            let (there, back) = halves(region.round_trips.get(s).copied().unwrap_or_default());
            let from = Endpoint::Region(RegionId(r as u8));
            add(format!("clients-{}-to-{}", region.name, site.name), from, s, there, back)?;
        }
    }
    Ok(entries)
}

/// A round trip in two, in whole milliseconds, which is what the proxy's latency is counted in.
fn halves(round_trip: Duration) -> (u32, u32) {
    let ms = round_trip.saturating_add(Duration::from_micros(500)).as_millis();
    let ms = u32::try_from(ms).unwrap_or(u32::MAX);
    (ms.div_ceil(2), ms / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_add_up_to_the_round_trip() {
        assert_eq!(halves(Duration::from_millis(80)), (40, 40));
        assert_eq!(halves(Duration::from_millis(5)), (3, 2));
        assert_eq!(halves(Duration::from_micros(400)), (0, 0));
        assert_eq!(halves(Duration::ZERO), (0, 0));
    }
}
