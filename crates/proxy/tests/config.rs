//! Starting from a configuration, as the command line does.

mod stage;

use firedrill_proxy::{Config, Server};
use stage::*;
use std::fs;
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use toxiproxy_rust::client::Client;

fn config(name: &str, text: &str) -> Config {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, text).unwrap();
    let mut config = Config::new(SocketAddr::from(([127, 0, 0, 1], 0)));
    config.file = Some(file);
    config
}

#[test]
fn a_file_sets_up_proxies_with_their_toxics() {
    let text = format!(
        r#"[{{"name": "from file", "upstream": "{}", "toxics": [{{"type": "limit_data", "attributes": {{"bytes": 4}}}}]}}]"#,
        fountain(10)
    );
    let server = Server::start(config("good.json", &text)).unwrap();
    let proxy = Client::new(server.api()).find_proxy("from file").unwrap();
    assert_eq!(dial(&proxy).read_to_end(&mut Vec::new()).unwrap(), 4);
    server.stop().unwrap();
}

#[test]
fn a_wrong_file_is_named_with_what_is_wrong() {
    for (name, text, why) in [
        ("broken.json", "[{", "EOF"),
        ("nameless.json", r#"[{"upstream": "127.0.0.1:9"}]"#, "name at proxy 1"),
        ("number.json", "7", "list of proxies"),
    ] {
        let error = Server::start(config(name, text)).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(why), "{error}");
    }
    let file = Some("/nonexistent/proxies.json".into());
    let absent = Config { file, ..Config::default() };
    assert_eq!(Server::start(absent).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn an_address_in_use_is_an_error_at_the_start() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap();
    let error = Server::start(Config::new(taken)).unwrap_err();
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
    let text = format!(r#"[{{"name": "a", "upstream": "127.0.0.1:9", "listen": "{taken}"}}]"#);
    let error = Server::start(config("taken.json", &text)).unwrap_err();
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
}
