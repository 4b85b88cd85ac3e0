//! Many seeds of one scenario, summed up.

use firedrill_checks::distribution::{Campaign, summary::Summary};
use serde::Serialize;

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
}

impl CampaignReport {
    /// One line of JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// The report of a campaign that is over.
pub fn report(
    scenario: &str,
    first_seed: u64,
    campaign: &Campaign,
    virtual_seconds: f64,
    wall_seconds: f64,
) -> CampaignReport {
    let (scenario, world) = (scenario.to_owned(), "sim".to_owned());
    CampaignReport { scenario, world, first_seed, virtual_seconds, wall_seconds, summary: campaign.summary() }
}
