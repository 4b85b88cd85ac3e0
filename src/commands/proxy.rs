//! `firedrill proxy`: a TCP proxy with Toxiproxy's HTTP API.

use crate::cli::ProxyArgs;
use crate::exit::Exit;
use firedrill_proxy::{Config, Server};
use std::sync::mpsc;

/// Serves until Ctrl-C or SIGTERM.
pub fn proxy(args: &ProxyArgs) -> Exit {
    let (told, stop) = mpsc::channel();
    let tell = move || {
        // Nobody listens any more: the server is ending already.
        let _ = told.send(());
    };
    if let Err(error) = ctrlc::set_handler(tell) {
        super::complain(format!("signals can't be handled: {error}"));
        return Exit::Internal;
    }
    let config = Config { file: args.config.clone(), ..Config::new(args.listen) };
    let server = match Server::start(config) {
        Ok(server) => server,
        Err(error) => {
            super::complain(error);
            return Exit::Usage;
        }
    };
    eprintln!("the API listens on http://{}", server.api());
    // The sender lives as long as the handler, so this ends with a signal only.
    let _ = stop.recv();
    match server.stop() {
        Ok(()) => Exit::OK,
        Err(error) => {
            super::complain(error);
            Exit::Internal
        }
    }
}
