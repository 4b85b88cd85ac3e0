//! `firedrill plan cost`: the same workload on all sites of a plan and on its first site alone, compared.

use crate::cli::{CostArgs, CostWorld};
use crate::commands::run::{journal_of, listen_for_halt};
use crate::exit::Exit;
use firedrill_checks::baseline::Claims;
use firedrill_checks::baseline::recovery_cost::{self, Seen};
use firedrill_checks::{ClaimVerdict, Verdict};
use firedrill_model::Time;
use firedrill_plan::{Plan, Scenario};
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Until a leader is elected and has moved to the first site, and the probes, which are many until then, have shown the service level. What is asked
/// before is not measured.
const WARM_UP: u64 = 60;

/// Measures and tells.
pub fn cost(args: &CostArgs) -> Exit {
    let plan = match firedrill_plan::load_plan(&args.plan) {
        Ok(plan) => plan,
        Err(diagnostics) => {
            anstream::eprint!("{}", diagnostics.render(crate::commands::colour_on_stderr()));
            return Exit::Usage;
        }
    };
    if plan.sites.len() < 2 {
        crate::commands::complain("the plan has one site, so that there is nothing to compare it with");
        return Exit::Usage;
    }
    match measured(args, &plan) {
        Ok(seen) => tell(args, &seen),
        Err(exit) => exit,
    }
}

fn measured(args: &CostArgs, plan: &Plan) -> Result<Vec<Seen>, Exit> {
    let scenario = workload(args, plan)?;
    let halted = Arc::new(AtomicBool::new(false));
    listen_for_halt(&halted);
    let with = journal_of(args.world, plan, &scenario, args.seed, &halted)?;
    let without = journal_of(args.world, &plan.first_site_alone(), &scenario, args.seed, &halted)?;
    let from = Time::from_secs(WARM_UP);
    Ok(recovery_cost::compare(&without, &with, from, from + Duration::from_secs(args.seconds), claims(plan)))
}

/// Clients at work, and nothing that goes wrong.
fn workload(args: &CostArgs, plan: &Plan) -> Result<Scenario, Exit> {
    // As many sessions as clients, so that they seldom wait for one another's.
    let keys = (u64::from(args.clients) * plan.regions.len() as u64).clamp(1, 1000);
    let append = if plan.transaction_log.is_some() { 20 } else { 0 };
    let text = format!(
        "title = \"What disaster recovery costs\"\nplan = \"plan.toml\"\n\n[workload]\nclients_per_region = {}\n\
         operations_per_s = {}.0\nkeys = {keys}\nread_percent = 50\ncas_percent = 10\nappend_percent = {append}\ndeadline_s = 5\n\
         probes_per_s = 20\nprobes_calm_per_s = 1\n\n[steady_state]\nwarmup_s = {}\n\n[objectives]\nrto = false\n",
        args.clients,
        args.rate,
        // Past the stretch by more than an operation may take.
        WARM_UP + args.seconds + 10,
    );
    Scenario::parse_workload("the workload", &text, plan).map_err(|diagnostics| {
        anstream::eprint!("{}", diagnostics.render(crate::commands::colour_on_stderr()));
        Exit::Internal
    })
}

/// The plan's own, or else the seed's.
fn claims(plan: &Plan) -> Claims {
    let stated = |name: &str| {
        let found = plan.document.baselines.iter().find(|baseline| &*baseline.name.value == name)?;
        Some(found.impact_percent.as_ref()?.value.as_f64())
    };
    let usual = Claims::default();
    Claims {
        latency_percent: stated("latency").unwrap_or(usual.latency_percent),
        throughput_percent: stated("throughput").map_or(usual.throughput_percent, |impact| -impact),
    }
}

#[derive(Serialize)]
struct Told<'s> {
    plan: String,
    world: &'static str,
    seconds: u64,
    seed: u64,
    seen: &'s [Seen],
}

fn tell(args: &CostArgs, seen: &[Seen]) -> Exit {
    let world = match args.world {
        CostWorld::Sim => "simulator",
        CostWorld::Live => "containers",
    };
    if args.json {
        let plan = args.plan.display().to_string();
        match serde_json::to_string(&Told { plan, world, seconds: args.seconds, seed: args.seed, seen }) {
            Ok(json) => println!("{json}"),
            Err(error) => {
                crate::commands::complain(format!("the figures can't be written as JSON: {error}"));
                return Exit::Internal;
            }
        }
    } else {
        let (seconds, seed) = (args.seconds, args.seed);
        println!("one site alone -> all sites of the plan; {seconds} s in the {world}, seed {seed}");
        seen.iter().for_each(show);
    }
    // Only the claim about all clients is the plan's.
    let unknown = seen[0].compared.iter().any(|comparison| comparison.claim.verdict == ClaimVerdict::Unknown);
    Exit::Done(if unknown { Verdict::Unknown } else { Verdict::Pass })
}

fn show(seen: &Seen) {
    let ms = |median: Option<f64>| median.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
    let whose =
        seen.region.as_deref().map_or_else(|| "all clients".to_owned(), |region| format!("clients in {region}"));
    let ([before, after], [less, more]) = (seen.median_ms, seen.answered_per_s);
    let (before, after) = (ms(before), ms(after));
    println!("\x1b[1m{whose}\x1b[0m: median {before} -> {after} ms, {less:.1} -> {more:.1} operations/s");
    for comparison in &seen.compared {
        let (mark, verdict) = match comparison.claim.verdict {
            ClaimVerdict::Held => ("\x1b[32m", "held"),
            ClaimVerdict::Refuted => ("\x1b[31m", "refuted"),
            ClaimVerdict::Unknown => ("\x1b[33m", "unknown"),
        };
        println!("  {mark}{verdict}\x1b[0m: {}: {}", comparison.claim.name, comparison.why);
    }
}
