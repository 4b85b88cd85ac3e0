//! Many seeds of one scenario, summed up.

use firedrill_checks::distribution::{Campaign, summary::Summary};
use firedrill_history::{Event, Journal};
use firedrill_model::{Hazard, HazardSet, Observation};
use serde::Serialize;
use std::collections::BTreeMap;

/// A campaign. As JSON, this is the last line that `firedrill run --seeds N --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct CampaignReport {
    /// The scenario's file.
    pub scenario: String,
    /// The world.
    pub world: String,
    /// The first seed.
    pub first_seed: u64,
    /// How long the runs took by their own clocks.
    pub virtual_seconds: f64,
    /// How long the campaign took by the clock on the wall.
    pub wall_seconds: f64,
    /// The verdict (unknown if the campaign has a hole: a fault that never struck, a check that never judged), how many seeds came to what, the
    /// distributions, what struck and what judged.
    #[serde(flatten)]
    pub summary: Summary,
    /// Of hazards that were on: in how many runs the line of each was reached. (Found is another matter: that is a check that failed.)
    pub hazards_reached: BTreeMap<&'static str, u64>,
}

/// The hazards whose line was reached in a run.
pub fn hazards_reached(journal: &Journal) -> HazardSet {
    let number = |event: &Event| match event {
        Event::Observed { observation: Observation::HazardReached { hazard }, .. } => Some(*hazard),
        _ => None,
    };
    let told: Vec<u8> = journal.events.iter().filter_map(number).collect();
    Hazard::ALL.into_iter().filter(|hazard| told.contains(&hazard.number())).collect()
}

impl CampaignReport {
    /// One line of JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// The report of a campaign that is over.
pub fn report(
    (scenario, world): (&str, &str),
    first_seed: u64,
    campaign: &Campaign,
    hazards_reached: BTreeMap<&'static str, u64>,
    (virtual_seconds, wall_seconds): (f64, f64),
) -> CampaignReport {
    let (scenario, world, summary) = (scenario.to_owned(), world.to_owned(), campaign.summary());
    CampaignReport { scenario, world, first_seed, virtual_seconds, wall_seconds, summary, hazards_reached }
}
