//! What the command line offers.

use clap::{Args, Parser, Subcommand, ValueEnum};
use firedrill_model::Hazard;
use std::path::PathBuf;

/// Proves that a disaster-recovery plan meets its RTO and RPO before the disaster does.
#[derive(Debug, Parser)]
#[command(name = "firedrill", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 pass, 1 fail, 2 unknown, 3 beyond the plan, 64 bad input or usage, 70 our own error,
75 refused (for safety, or no container engine), 130 halted. Over several runs the worst counts: 1, 2, 3, 0.";

const RUN_EXAMPLES: &str = "\
Examples:
  firedrill run scenarios/weekly/site-failure.toml
      New York is lost, in the simulator; the verdict, the RTO in phases, and the line that runs it again
  firedrill run scenarios/daily/node-crashes.toml --seeds 1000
      a thousand seeds on all cores; what did not pass, and what the campaign bounds
  firedrill run scenarios/weekly/site-failure.toml --in live --time-scale 10
      for real, in three containers, with detection and DNS lifetime ten times as fast
  firedrill run scenarios/weekly/frozen-primary.toml --seeds 100 --hazard no-fencing
      with a documented mistake switched on: does the harness find it?";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios and judge them
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Run a reproduce line again, and see that it gives the same journal
    #[command(
        after_help = "Example:\n  firedrill replay 'firedrill run scenarios/daily/node-crashes.toml --seed 7 --expect-digest 1f0c'"
    )]
    Replay(ReplayArgs),
    /// Check plan and scenario files: all errors in one go
    #[command(after_help = "Example:\n  firedrill check scenarios/plans/*.toml scenarios/weekly/*.toml")]
    Check(CheckArgs),
    /// Be one site of the stack (what the containers run)
    Node(NodeArgs),
    /// Be a TCP proxy with Toxiproxy's HTTP API
    #[command(after_help = "Example:\n  firedrill proxy --listen 127.0.0.1:8474")]
    Proxy(ProxyArgs),
    /// Remove the containers, networks, volumes and images that a killed run left behind
    Cleanup(CleanupArgs),
}

/// Where the stack runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WorldName {
    /// The deterministic simulator
    Sim,
    /// The node's own shell on turmoil, deterministic
    Turmoil,
    /// The node's own shell on madsim, deterministic
    Madsim,
    /// Containers on this machine
    Live,
}

/// Arguments of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Scenario files
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// Where the stack runs
    #[arg(long = "in", value_enum, default_value = "sim", value_name = "WORLD")]
    pub world: WorldName,
    /// The seed; with --seeds the first one
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Run so many seeds, one after the other
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub seeds: Option<u64>,
    /// Seeds at a time; 0: as many as there are cores
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub jobs: usize,
    /// Switch a documented mistake on: its number in HAZARDS.md, or its name
    #[arg(long = "hazard", value_name = "N", value_parser = parse_hazard)]
    pub hazards: Vec<Hazard>,
    /// Divide the plan's scalable figures (detection, DNS lifetime, RTO) by this
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub time_scale: u32,
    /// One JSON object per run on standard output
    #[arg(long)]
    pub json: bool,
    /// Keep verdict.json and journal.jsonl.zst here; of many seeds those that did not pass, in a folder each
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Say what would be made and done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Fail with our own error unless the journal's digest begins with this (reproduce lines carry it)
    #[arg(long, value_name = "HEX")]
    pub expect_digest: Option<String>,
}

fn parse_hazard(text: &str) -> Result<Hazard, String> {
    text.parse().map_err(|error: firedrill_model::hazard::UnknownHazard| error.to_string())
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The line, in quotes or not
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "LINE")]
    pub line: Vec<String>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Plan and scenario files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// One JSON object per finding on standard output
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `node`.
#[derive(Debug, Args)]
pub struct NodeArgs {
    /// The configuration's file (JSON)
    #[arg(long, value_name = "FILE", required_unless_present = "config_env", conflicts_with = "config_env")]
    pub config: Option<PathBuf>,
    /// The environment variable that holds the configuration (JSON)
    #[arg(long, value_name = "NAME")]
    pub config_env: Option<String>,
    /// Run although the configuration switches hazards on
    #[arg(long)]
    pub allow_hazards: bool,
}

/// Arguments of `proxy`.
#[derive(Debug, Args)]
pub struct ProxyArgs {
    /// Where the HTTP API listens
    #[arg(long, default_value = "127.0.0.1:8474", value_name = "ADDR")]
    pub listen: std::net::SocketAddr,
    /// Proxies to begin with: a JSON list as for POST /populate
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Arguments of `cleanup`.
#[derive(Debug, Args)]
pub struct CleanupArgs {
    /// Also what belongs to runs that are still going on
    #[arg(long)]
    pub all: bool,
}
