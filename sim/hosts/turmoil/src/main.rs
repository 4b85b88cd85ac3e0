//! Serves one world on turmoil over standard input and output, for `firedrill run --in turmoil`.

use firedrill_drill::remote::server;
use std::io::{stdin, stdout};
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "firedrill-turmoil [TICK-MS]: serves one world on turmoil over standard input and output.
It is started by `firedrill run --in turmoil`; there is no other use for it.";

fn main() -> ExitCode {
    let tick = match std::env::args().nth(1) {
        None => Some(firedrill_turmoil::TICK),
        Some(text) => text.parse().ok().filter(|tick| (1..=1000).contains(tick)).map(Duration::from_millis),
    };
    let Some(tick) = tick else {
        eprintln!("{USAGE}");
        return ExitCode::from(64);
    };
    let make = |begin: &_| firedrill_turmoil::world(begin, tick);
    match server::serve(&firedrill_turmoil::capabilities(), make, stdin().lock(), stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("firedrill-turmoil: {error}");
            ExitCode::from(70)
        }
    }
}
