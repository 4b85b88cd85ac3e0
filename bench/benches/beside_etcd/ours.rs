//! Three sites of the stack, and a client of them.

use super::load::{VALUE, Writer};
use firedrill_model::{SiteId, StackConfig};
use firedrill_node::NodeConfig;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

const PLAN: &str = include_str!("../../../scenarios/plans/erlmcp-v3.toml");
const PORT: u16 = 24_100;

/// The three processes; they end with it.
pub(crate) struct Cluster {
    children: Vec<Child>,
    leader: u16,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _: std::io::Result<()> = child.kill();
            let _: std::io::Result<std::process::ExitStatus> = child.wait();
        }
    }
}

/// The plan's figures with etcd's default timers, for both are on one machine, and with batches that fit its clients.
fn figures() -> Result<StackConfig, String> {
    let plan = firedrill_plan::Plan::parse("erlmcp-v3.toml", PLAN).map_err(|error| error.to_string())?;
    let mut config = plan.stack_config();
    config.raft.heartbeat = Duration::from_millis(100);
    config.raft.election_timeout = Duration::from_secs(1);
    config.raft.max_batch = 1024;
    // Sessions are written here; the transaction log would want a key.
    config.transaction_log = None;
    Ok(config)
}

fn program() -> Result<PathBuf, String> {
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = me.ancestors().nth(2).ok_or("the bench is not in a target folder")?;
    let program = folder.join("firedrill");
    if program.exists() {
        Ok(program)
    } else {
        Err(format!("{} is not there: cargo build --release", program.display()))
    }
}

fn http(site: u16) -> u16 {
    PORT + 10 + site
}

impl Cluster {
    /// Starts the sites, and waits until the first one leads.
    pub(crate) async fn start(folder: &Path) -> Result<Cluster, String> {
        let (program, stack) = (program()?, figures()?);
        let mut cluster = Cluster { children: Vec::new(), leader: http(0) };
        for site in 0..3_u16 {
            let config = NodeConfig {
                stack: stack.clone(),
                me: SiteId(site as u8),
                seed: 1,
                data_dir: folder.join(format!("site-{site}")),
                peer_listen: format!("127.0.0.1:{}", PORT + site),
                http_listen: format!("127.0.0.1:{}", http(site)),
                peers: (0..3).map(|peer| format!("127.0.0.1:{}", PORT + peer)).collect(),
                run_start_ns: 0,
                log_key: None,
            };
            let file = folder.join(format!("site-{site}.json"));
            let text = serde_json::to_string(&config).map_err(|error| error.to_string())?;
            std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
            let mut command = Command::new(&program);
            command.arg("node").arg("--config").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
            cluster.children.push(command.spawn().map_err(|error| format!("{}: {error}", program.display()))?);
        }
        cluster.wait().await?;
        Ok(cluster)
    }

    /// Leadership goes to the first site. A leader answers a write without a hop; who leads is in the status.
    async fn wait(&self) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Ok(mut writer) = self.writer(0).await
                && writer.is_led().await
                && writer.write().await.is_ok()
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("the first site did not lead within 30 s".to_owned())
    }

    /// Client `number`.
    pub(crate) async fn writer(&self, number: usize) -> Result<Client, String> {
        let stream = TcpStream::connect(("127.0.0.1", self.leader)).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        // No two clients of a run share a session.
        static SESSIONS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let session = SESSIONS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(Client { sender, key: format!("k{number}"), session, seq: 0 })
    }
}

/// A client on a connection of its own.
pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
    key: String,
    session: u64,
    seq: u64,
}

impl Client {
    async fn ask(&mut self, method: &str, path: &str, body: Bytes) -> Result<(hyper::StatusCode, Bytes), String> {
        self.seq += 1;
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("firedrill-session", self.session)
            .header("firedrill-seq", self.seq)
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        self.sender.ready().await.map_err(|error| error.to_string())?;
        let response = self.sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok((status, body))
    }

    /// Whether the site that is asked leads.
    async fn is_led(&mut self) -> bool {
        let Ok((_, body)) = self.ask("GET", "/v1/status", Bytes::new()).await else {
            return false;
        };
        let status: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        status["role"] == "leader"
    }
}

impl Writer for Client {
    async fn write(&mut self) -> Result<(), String> {
        let path = format!("/v1/sessions/{}", self.key);
        let (status, body) = self.ask("PUT", &path, Bytes::from_static(&VALUE)).await?;
        if status == hyper::StatusCode::OK {
            Ok(())
        } else {
            Err(format!("{status}: {}", String::from_utf8_lossy(&body)))
        }
    }
}
