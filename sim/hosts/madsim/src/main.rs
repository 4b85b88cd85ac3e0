//! Serves one world on madsim over standard input and output, for `firedrill run --in madsim`.

#[cfg(madsim)]
fn main() -> std::process::ExitCode {
    use firedrill_drill::remote::server;
    use std::io::{stdin, stdout};
    if std::env::args().len() > 1 {
        eprintln!("firedrill-madsim: serves one world on madsim over standard input and output.");
        eprintln!("It is started by `firedrill run --in madsim`; there is no other use for it.");
        return 64.into();
    }
    match server::serve(&firedrill_madsim::capabilities(), firedrill_madsim::world, stdin().lock(), stdout().lock()) {
        Ok(()) => 0.into(),
        Err(error) => {
            eprintln!("firedrill-madsim: {error}");
            70.into()
        }
    }
}

#[cfg(not(madsim))]
compile_error!("build from within sim/hosts/madsim, whose .cargo/config.toml sets `--cfg madsim`");
