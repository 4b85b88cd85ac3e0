//! The programs of a run's containers, for the tests of this crate, which can't use those of the root package; and a run that waits
//! to be killed.

use crate::setup;
use firedrill_live::{Live, LiveOptions, Storage};
use firedrill_node::{NodeConfig, RunArgs};
use std::error::Error;
use std::process::ExitCode;

/// `HOLD NAME [--failing-disks]`: brings a run up, prints `up`, and waits.
pub const HOLD: &str = "hold-a-run";

/// Runs what the command line asks for: `node --config-env NAME [--allow-hazards]`, `proxy --listen ADDRESS`, or [`HOLD`]. `None`: it
/// asks for tests.
pub fn run_if_asked() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["node", "--config-env", name, rest @ ..] => node(name, rest.contains(&"--allow-hazards")),
        ["proxy", "--listen", address] => proxy(address),
        [HOLD, run] => hold(run, Storage::Volumes),
        [HOLD, run, "--failing-disks"] => hold(run, Storage::FailingDisks),
        _ => return None,
    };
    Some(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(64)
        }
    })
}

fn node(variable: &str, allow_hazards: bool) -> Result<(), Box<dyn Error>> {
    let config = NodeConfig::from_env(variable)?.with_log_key()?;
    Ok(firedrill_node::run(RunArgs { config, allow_hazards })?)
}

fn proxy(address: &str) -> Result<(), Box<dyn Error>> {
    let config = firedrill_proxy::Config::new(address.parse()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    Ok(runtime.block_on(firedrill_proxy::run(config, std::future::pending()))?)
}

fn hold(run: &str, storage: Storage) -> Result<(), Box<dyn Error>> {
    let options = LiveOptions { run: run.to_owned(), storage, ..LiveOptions::default() };
    let _live = Live::start(&setup::setup(), options)?;
    println!("up");
    loop {
        std::thread::park();
    }
}
