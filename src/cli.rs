//! What the command line offers.

use crate::commands::SiteCount;
use clap::{Args, Parser, Subcommand, ValueEnum};
use firedrill_model::Hazard;
use firedrill_plan::analysis::Date;
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

const CHECK_HELP: &str = "\
Examples:
  firedrill check scenarios/plans/*.toml scenarios/weekly/*.toml
      what is wrong with the files, and what the plans promise that their own figures forbid
  firedrill check scenarios/plans/erlmcp-v3.toml --html plan.html
      the map of sites and links, and the matrix of losses against objectives
  firedrill check plan.toml --format sarif > findings.sarif
      for code hosts and editors
Exit codes: 0 no error (warnings, notes and accepted errors may be), 1 a plan is refuted, 64 a file can't be read or is wrong.
A finding is accepted in the plan: [[accept]] with code, reason, until (a day), and about (a part of its message, if it is not all of a code).";

const DRILLS_HELP: &str = "\
Example:
  firedrill plan drills scenarios/plans/erlmcp-v3.toml --out drills --run
      a scenario for each loss of the plan's matrix, tightest first; each is run in the simulator, and compared with the arithmetic
Exit codes: 0 plan, model and run agree (or nothing was run), 1 they disagree, 2 a run could not tell, 64 bad input.";

const COST_HELP: &str = "\
Runs one workload twice, on all sites and on the first alone, and compares medians and what was answered a second, with a 95 % confidence
interval, against the plan's [[baseline]] `latency` and `throughput`.
Examples:
  firedrill plan cost scenarios/plans/erlmcp-v3.toml
      as the simulator models it
  firedrill plan cost scenarios/plans/erlmcp-v3.toml --in live --seconds 120
      as measured in containers
Exit codes: 0 measured (a claim that is refuted is told, and no failure), 2 a figure is unknown, 64 bad input.";

const REPORT_EXAMPLES: &str = "\
Examples:
  firedrill run scenarios/weekly/site-failure.toml --out drill && firedrill report drill
      writes drill/junit.xml and drill/report.html, the same bytes as the run did
  firedrill report drill/journal.jsonl.zst --format html --out for-the-board

The exit code is that of the verdict: the journal is judged again.";

const JUDGE_EXAMPLES: &str = "\
Examples:
  firedrill judge etcd_000.log --model cas-register
      one register, nil at first, in Jepsen's log lines; says which operation fits nowhere
  firedrill judge history.edn --format knossos-edn --model cas-register --init 0 --html why.html
      with the page that shows it
  firedrill judge c*.txt --model kv --jobs 4 --time-limit 30s --memory-limit 512MiB
      several files, one line each; the exit code is the worst: 1 (fail), 2 (unknown), 0 (pass)
  firedrill judge appends.edn --format elle-edn --order real-time
      transactions that append to lists: which anomalies (G0, G1a, G1b, G1c, G-single, G2-item), strictly serializable or not
JSON Lines: {\"process\": 0, \"type\": \"invoke\", \"f\": \"write\", \"key\": \"x\", \"value\": 3}, and the same with type ok, fail
(it did not happen) or info (nobody knows); f is read, write, cas, add, enqueue, dequeue, acquire, release, txn, ...";

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
    /// Make the reports of a kept run again, from its journal alone
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Check plan and scenario files: all errors in one go; and refute plans by arithmetic
    #[command(after_help = CHECK_HELP)]
    Check(CheckArgs),
    /// Tell what a finding's code means; without a code, list them
    #[command(after_help = "Example:\n  firedrill explain FD1103")]
    Explain(ExplainArgs),
    /// Work with a plan
    Plan(PlanArgs),
    /// Judge other people's histories: linearizable or not, and why not
    #[command(after_help = JUDGE_EXAMPLES)]
    Judge(JudgeArgs),
    /// Write a commented plan to begin with, after a few questions
    #[command(
        after_help = "Examples:\n  firedrill init\n      asks, and writes plan.toml\n  firedrill init --yes --sites 2 --out cards.toml\n      asks nothing: two sites and a witness"
    )]
    Init(InitArgs),
    /// Print the JSON Schema of plan or scenario files, for editors and validators
    #[command(after_help = "Example:\n  firedrill schema plan > plan.schema.json")]
    Schema(SchemaArgs),
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
    /// Keep report.html, junit.xml, verdict.json and journal.jsonl.zst here; of many seeds those that did not pass, in a folder each
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

/// A format of `report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// junit.xml, for CI servers
    Junit,
    /// report.html, one self-contained page
    Html,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A folder that `run --out` wrote, or a journal
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Only this format; by default all
    #[arg(long = "format", value_enum, value_name = "FORMAT")]
    pub formats: Vec<ReportFormat>,
    /// Write here; by default beside the journal
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Plan and scenario files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// One JSON object per finding on standard output: short for --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// How findings are told
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub format: CheckFormat,
    /// Draw the plan (one only) into this HTML file: its map, and its matrix of losses against objectives
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// The day for which acceptances are judged; by default the system's, in UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,
}

/// How `check` tells its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// As a compiler tells them: errors on standard error, findings on standard output
    Text,
    /// One JSON object a line
    Json,
    /// SARIF 2.1.0, one log for all files
    Sarif,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code of a finding
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// What to do with it
    #[command(subcommand)]
    pub command: PlanCommand,
}

/// The subcommands of `plan`.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Write the scenarios that exercise the plan's matrix of losses
    #[command(after_help = DRILLS_HELP)]
    Drills(DrillsArgs),
    /// Measure what the plan's other sites cost in latency and throughput while nothing goes wrong
    #[command(after_help = COST_HELP)]
    Cost(CostArgs),
}

/// Where `plan cost` measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CostWorld {
    /// As the deterministic simulator models it
    Sim,
    /// As containers on this machine show it
    Live,
}

/// Arguments of `plan cost`.
#[derive(Debug, Args)]
pub struct CostArgs {
    /// The plan's file
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// Where the stack runs
    #[arg(long = "in", value_enum, default_value = "sim", value_name = "WORLD")]
    pub world: CostWorld,
    /// How long is measured
    #[arg(long, default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u64).range(50..=3600))]
    pub seconds: u64,
    /// Closed-loop clients in each region
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub clients: u32,
    /// Operations a second of each client, where it does not have to wait
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate: u32,
    /// The seed of both runs
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// One JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `plan drills`.
#[derive(Debug, Args)]
pub struct DrillsArgs {
    /// The plan's file
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// The folder that receives a copy of the plan and the scenarios; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Run each in the simulator and compare it with the arithmetic
    #[arg(long)]
    pub run: bool,
    /// The seed of the runs
    #[arg(long, default_value_t = 1, value_name = "N", requires = "run")]
    pub seed: u64,
    /// Write so many of the tightest at most
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub most: usize,
    /// One JSON object per loss on standard output
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `judge`.
#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// Histories
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How they are written; guessed from what is in them where that is obvious
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<FormatName>,
    /// What the operations are on (needed but for elle-edn; porcupine-kv is kv, a journal session)
    #[arg(long, value_enum, value_name = "MODEL")]
    pub model: Option<ModelArg>,
    /// What it holds at first, as JSON; text that is no JSON stands for itself
    #[arg(long, value_name = "V")]
    pub init: Option<String>,
    /// Which order transactions must respect besides what they saw of each other (elle-edn)
    #[arg(long, value_enum, default_value = "none", value_name = "ORDER")]
    pub order: OrderArg,
    /// Unknown after this long a file
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = parse_time)]
    pub time_limit: std::time::Duration,
    /// Unknown beyond this much memory a file
    #[arg(long, default_value = "1GiB", value_name = "SIZE", value_parser = parse_size)]
    pub memory_limit: u64,
    /// Objects judged at a time; 0: as many as there are cores. The answer is the same
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub jobs: usize,
    /// One JSON object a file on standard output
    #[arg(long)]
    pub json: bool,
    /// Write the page that shows it here; of several files into this folder
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
}

/// How a history is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// Jepsen's log lines; a failed cas saw another value
    JepsenLog,
    /// EDN operations as Knossos reads them; what failed did not happen
    KnossosEdn,
    /// Porcupine's key-value files
    PorcupineKv,
    /// EDN transactions as Elle reads them (list-append)
    ElleEdn,
    /// One JSON object a line
    Jsonl,
    /// Firedrill's own: journal.jsonl.zst, or the folder that it is in
    Journal,
}

/// Which order transactions must respect besides what they saw of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderArg {
    /// No other: serializability
    None,
    /// That of each process: strong session serializability
    Process,
    /// That of real time: strict serializability
    RealTime,
}

/// What the operations are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelArg {
    /// read, write; nil at first
    Register,
    /// read, write, cas; nil at first
    CasRegister,
    /// txn of reads and writes; each register nil at first
    MultiRegister,
    /// get, put, append of strings by key; "" at first
    Kv,
    /// acquire, release; free at first
    Mutex,
    /// add, read; 0 at first
    Counter,
    /// add, remove, read; empty at first
    Set,
    /// enqueue, dequeue; empty at first
    Queue,
    /// Our sessions: read, write, cas by key; absent at first
    Session,
}

/// `60s`, `500ms`, `2m`, `1h`.
fn parse_time(text: &str) -> Result<std::time::Duration, String> {
    let split = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let per_unit = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("a time is like 500ms, 60s, 2m or 1h, and not `{text}`")),
    };
    let number: u64 = number.parse().map_err(|_| format!("a time is like 60s, and not `{text}`"))?;
    let ms = number.checked_mul(per_unit).ok_or("that is too long")?;
    Ok(std::time::Duration::from_millis(ms))
}

/// `1GiB`, `512MiB`, `64KiB`, `1000000`, `2GB`.
fn parse_size(text: &str) -> Result<u64, String> {
    let split = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let per_unit: u64 = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(format!("a size is like 512MiB or 1GiB, and not `{text}`")),
    };
    let number: u64 = number.parse().map_err(|_| format!("a size is like 1GiB, and not `{text}`"))?;
    number.checked_mul(per_unit).ok_or_else(|| "that is too much".to_owned())
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// How many sites serve (with two, a witness has the third vote); asked for if not given, 3 with --yes
    #[arg(long, value_name = "N")]
    pub sites: Option<SiteCount>,
    /// Ask nothing
    #[arg(long, short)]
    pub yes: bool,
    /// Where the plan goes
    #[arg(long, short, default_value = "plan.toml", value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of which files
    #[arg(value_enum)]
    pub of: SchemaOf,
}

/// What there is a JSON Schema of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// Plan files
    Plan,
    /// Scenario files
    Scenario,
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
