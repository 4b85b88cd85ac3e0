//! `firedrill`: proves that a disaster-recovery plan meets its RTO and RPO before the disaster does.
//!
//! - [`cli`]: what the command line offers
//! - [`exit`]: what the exit code means
//! - [`commands`]: one file per subcommand
//! - [`out`]: standard output

// First, so that its macros are those of all that follows.
#[macro_use]
mod out;

mod cli;
mod commands;
mod exit;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::Cli::try_parse() {
        Ok(cli) => commands::dispatch(cli).into(),
        Err(error) => {
            // Help and version are asked for and no error; all else is bad usage.
            let _ = error.print();
            if error.use_stderr() { exit::Exit::Usage.into() } else { ExitCode::SUCCESS }
        }
    }
}
