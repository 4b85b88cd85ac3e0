//! `firedrill replay`: a reproduce line again.

use crate::cli::{Cli, Command, ReplayArgs};
use crate::exit::Exit;
use clap::Parser;

/// Runs the line, which must be a `firedrill run`.
pub fn replay(args: &ReplayArgs) -> Exit {
    let words = match args.line.as_slice() {
        [line] => shlex::split(line),
        words => Some(words.to_vec()),
    };
    let Some(mut words) = words else {
        super::complain("the line's quotes don't match");
        return Exit::Usage;
    };
    // The program's name is whatever it was called as: `firedrill`, `target/release/firedrill`.
    if words.first().is_some_and(|word| word == "run") {
        words.insert(0, "firedrill".to_owned());
    }
    match Cli::try_parse_from(words) {
        Ok(Cli { command: Command::Run(args) }) => super::run::run(&args),
        Ok(_) => {
            super::complain("only a `firedrill run …` line can be replayed");
            Exit::Usage
        }
        Err(error) => {
            let _ = error.print();
            Exit::Usage
        }
    }
}
