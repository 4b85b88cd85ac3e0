//! How to run it again, what was simulated and what was real, and the definitions that the figures follow.

use super::Run;
use crate::page;
use maud::{Markup, html};

/// All of it.
pub(super) fn section(run: &Run<'_>) -> Markup {
    let manifest = run.manifest();
    html! {
        h2 { "Run it again" }
        (page::command(&run.reproduce))
        h2 { "What was simulated and what was real" }
        @for line in reality(run) { p { (line) } }
        @if !manifest.left_out.is_empty() {
            p { "The seed's draw left out, and nothing is claimed about: " (manifest.left_out.join(", ")) "." }
        }
        h2 { "How the figures are defined" }
        @for (word, meaning) in DEFINITIONS { p { strong { (word) } " " (meaning) } }
        h2 { "Identity of this run" }
        (page::table(&["", ""], &html! {
            @for (name, value) in identity(run) { tr { td { (name) } td.why { code { (value) } } } }
        }))
        details { summary { "The plan's text" } pre.scroll { code { (manifest.plan) } } }
        details { summary { "The scenario's text" } pre.scroll { code { (manifest.scenario) } } }
    }
}

fn reality(run: &Run<'_>) -> Vec<String> {
    let manifest = run.manifest();
    let mut lines = Vec::new();
    if manifest.world == "live" {
        lines.push("The sites ran as containers of one machine: real processes, real files, real TCP, but one kernel, one clock and one physical disk. A killed process keeps the kernel's page cache, so a crash here is no loss of power. Distances between sites were imitated by proxies.".to_owned());
    } else {
        lines.push(format!("The stack's own code ran in a deterministic simulator ({}): network, disks, clocks and clients were simulated, and nothing outside the process was touched. What the simulator assumes of networks and disks is its model, and not a measurement.", manifest.world));
    }
    if manifest.time_scale != 1 {
        lines.push(format!("Detection, grace periods and DNS lifetime were divided by {}, and the objectives with them. Latencies and elections were not. Only a run at time scale 1 may claim the unscaled objective.", manifest.time_scale));
    }
    lines
}

/// From the definitions that every report quotes.
const DEFINITIONS: [(&str, &str); 5] = [
    (
        "Outage",
        "of a service for a client region: an interval in which the service level is violated, from the fault's onset (or the first violation) to the first operation after which, for the sustain time and at least the plan's number of probes, 99.9 % succeed within the region's bound. Latency counts from the intended send. Overlapping outages merge; no violation is an outage of 0.",
    ),
    (
        "RTO achieved",
        "is the longest outage, split into detect, decide, isolate, promote, redirect and verify. Still open at the end: failed if past the target, else unknown. An outage that ends only when the fault is healed is not a recovery, unless the scenario says that it must wait.",
    ),
    (
        "RPO achieved",
        "per data class: records acknowledged before onset and lost: how many, and onset minus the acknowledgement of the oldest. Records acknowledged after onset and lost are split-brain loss, and fail the class. A class with target 0 passes only with no record lost.",
    ),
    (
        "Unknown",
        "an operation without an answer, a check that could not judge, nothing to judge: it never counts as a pass.",
    ),
    ("Beyond the plan", "more was destroyed than the plan claims to survive; the report shows what was lost."),
];

fn identity(run: &Run<'_>) -> Vec<(&'static str, String)> {
    let manifest = run.manifest();
    let environment = &run.journal.environment;
    let mut rows = vec![
        ("Digest of the journal (SHA-256)", run.digest.to_owned()),
        ("Scenario", manifest.scenario_path.clone()),
        ("Seed", manifest.seed.to_string()),
        ("World", manifest.world.clone()),
        ("Events in the journal", run.journal.events.len().to_string()),
        ("Version of Firedrill", environment.version.clone()),
    ];
    if !environment.host.is_empty() {
        rows.push(("Host", environment.host.clone()));
    }
    if environment.began_unix_s > 0 {
        rows.push(("Began (seconds since 1970, UTC)", environment.began_unix_s.to_string()));
    }
    rows
}
