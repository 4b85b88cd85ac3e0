//! A cluster of three sites in one process, and a client that needs no library.

pub mod load;

use crate::settings::config;
use firedrill_model::StackConfig;
use firedrill_node::NodeConfig;
use firedrill_node::http::handlers::SiteStatus;
use firedrill_node::run;
use firedrill_node::shell::{self, Running};
use firedrill_node::tokio_host::TokioNet;
use firedrill_node::tokio_host::clock::monotonic_ns;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PAUSE: Duration = Duration::from_millis(20);

/// What sites observe, by site.
#[derive(Clone, Debug, Default)]
pub struct Heard(Arc<Mutex<Vec<u8>>>);

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Http {
    method: &'static str,
    path: String,
    service: String,
    headers: String,
    body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub result: String,
    pub body: Vec<u8>,
}

impl Http {
    fn new(method: &'static str, path: String, body: &[u8]) -> Http {
        Http { method, path, service: "?service=sessions".into(), headers: String::new(), body: body.to_vec() }
    }

    pub fn get(key: &str) -> Http {
        Http::new("GET", format!("/v1/sessions/{key}"), b"")
    }

    pub fn put(key: &str, value: &[u8]) -> Http {
        Http::new("PUT", format!("/v1/sessions/{key}"), value)
    }

    pub fn cas(key: &str, body: &str) -> Http {
        Http::new("POST", format!("/v1/sessions/{key}/cas"), body.as_bytes())
    }

    pub fn named(self, session: u64, seq: u64) -> Http {
        self.with_header(&format!("firedrill-session: {session}")).with_header(&format!("firedrill-seq: {seq}"))
    }

    pub fn with_header(mut self, header: &str) -> Http {
        self.headers += &format!("{header}\r\n");
        self
    }

    pub fn with_service(mut self, service: &str) -> Http {
        self.service = format!("?service={service}");
        self
    }

    /// The path as it was given to [`Http::get`], and nothing else.
    pub fn raw(mut self) -> Http {
        self.path = self.path.replacen("/v1/sessions/", "", 1);
        self.service.clear();
        self
    }
}

pub struct Cluster {
    configs: Vec<NodeConfig>,
    running: Vec<Option<Running>>,
    heard: Vec<Heard>,
    _dir: tempfile::TempDir,
}

impl Cluster {
    pub async fn start() -> Cluster {
        Cluster::start_with(|_| {}).await
    }

    /// The same, with other settings of the stack.
    pub async fn start_with(change: impl Fn(&mut StackConfig)) -> Cluster {
        let dir = tempfile::tempdir().unwrap();
        let start = monotonic_ns();
        let mut configs: Vec<NodeConfig> = (0..3).map(|me| config(me as u8, dir.path(), start)).collect();
        let mut listeners = Vec::new();
        for config in &mut configs {
            change(&mut config.stack);
            let pair = shell::listen(&TokioNet, config).await.unwrap();
            config.peer_listen = firedrill_node::host::Listener::local_addr(&pair.peers).unwrap().to_string();
            config.http_listen = firedrill_node::host::Listener::local_addr(&pair.clients).unwrap().to_string();
            listeners.push(pair);
        }
        let peers: Vec<String> = configs.iter().map(|config| config.peer_listen.clone()).collect();
        let heard: Vec<Heard> = configs.iter().map(|_| Heard::default()).collect();
        let mut running = Vec::new();
        for ((config, pair), heard) in configs.iter_mut().zip(listeners).zip(&heard) {
            config.peers.clone_from(&peers);
            running.push(Some(run::start_on(config, pair, heard.clone()).unwrap()));
        }
        Cluster { configs, running, heard, _dir: dir }
    }

    /// Ends the third site, and puts something else in its place, to which the others are sent when they have started again.
    pub async fn replace_third(&mut self, third: SocketAddr, patience: Duration) {
        for site in 0..3 {
            self.kill(site);
            self.configs[site].peers[2] = third.to_string();
        }
        for site in 0..2 {
            self.restart(site, patience).await;
        }
    }

    /// Kills a site where it stands.
    pub fn kill(&mut self, site: usize) {
        self.running[site] = None;
    }

    pub async fn restart(&mut self, site: usize, patience: Duration) {
        let until = Instant::now() + patience;
        loop {
            // Until the killed one has let go of its port and directory.
            match run::start(&self.configs[site], self.heard[site].clone()).await {
                Ok(running) => break self.running[site] = Some(running),
                Err(error) => assert!(Instant::now() < until, "{error}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub async fn stop(&mut self) {
        for running in self.running.iter_mut().filter_map(Option::take) {
            running.stop().await.unwrap();
        }
    }

    pub async fn ask(&self, site: usize, request: &Http) -> io::Result<Answer> {
        ask(&self.configs[site].http_listen, request).await
    }

    /// Repeats a request until the site says that it was done.
    pub async fn until_done(&mut self, patience: Duration, site: usize, request: &Http) -> Answer {
        let until = Instant::now() + patience;
        loop {
            let answer = self.ask(site, request).await;
            match &answer {
                Ok(answer) if !["not-applied", "unknown", ""].contains(&answer.result.as_str()) => {
                    return answer.clone();
                }
                _ => assert!(Instant::now() < until, "{request:?}: {answer:?}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub async fn status(&self, site: usize) -> Option<SiteStatus> {
        let answer = self.ask(site, &Http::get("/v1/status").raw()).await.ok()?;
        serde_json::from_slice(&answer.body).ok()
    }

    pub async fn until_applied_alike(&self, patience: Duration) {
        let until = Instant::now() + patience;
        loop {
            let mut found = Vec::new();
            for site in 0..self.configs.len() {
                found.push(self.status(site).await.map(|s| (s.status.applied, s.status.digest)));
            }
            if found.iter().all(|state| state.is_some() && *state == found[0]) {
                return;
            }
            assert!(Instant::now() < until, "{found:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the site `asked`, or another that lives, leads.
    pub async fn until_leader(&self, patience: Duration, asked: usize) {
        let until = Instant::now() + patience;
        loop {
            for site in (0..self.configs.len()).filter(|site| self.running[*site].is_some()) {
                if self.status(site).await.is_some_and(|s| s.status.role == firedrill_model::Role::Leader) {
                    return;
                }
            }
            assert!(Instant::now() < until, "no leader after site {asked} was asked");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The site that observed something, and the line.
    pub async fn until_observed(&self, patience: Duration, what: &str) -> (usize, String) {
        let until = Instant::now() + patience;
        loop {
            for (site, heard) in self.heard.iter().enumerate() {
                let text = String::from_utf8(heard.0.lock().unwrap().clone()).unwrap();
                if let Some(line) = text.lines().find(|line| line.contains(what)) {
                    return (site, line.to_owned());
                }
            }
            assert!(Instant::now() < until, "nobody observed {what}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether the site ends a peers' connection on which `bytes` arrive.
    pub async fn is_shut_out(&self, site: usize, bytes: &[u8], patience: Duration) -> bool {
        let mut stream = TcpStream::connect(&self.configs[site].peer_listen).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let ended = tokio::time::timeout(patience, stream.read(&mut [0; 1])).await;
        matches!(ended, Ok(Ok(0) | Err(_)))
    }
}

async fn ask(addr: &str, request: &Http) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(addr).await?;
    let Http { method, path, service, headers, body } = request;
    let head = format!(
        "{method} {path}{service} HTTP/1.1\r\nhost: site\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    // A body that is too large may be refused before all of it is sent.
    drop(stream.write_all(body).await);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let result = head.lines().find_map(|line| line.strip_prefix("firedrill-result: ")).unwrap_or_default().to_owned();
    Ok(Answer { status, result, body: answer.split_off(end + 4) })
}
