//! Three members of etcd, and a client of them: gRPC's unary call as the specification has it (a length-prefixed message over HTTP/2).

use super::load::{VALUE, Writer};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::cell::RefCell;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

const PORT: u16 = 24_200;
/// So many clients share a connection, as the streams of HTTP/2 are meant to.
const CLIENTS_PER_CONNECTION: usize = 16;

/// The three processes; they end with it.
pub(crate) struct Cluster {
    children: Vec<Child>,
    leader: u16,
    connections: RefCell<Vec<SendRequest<Full<Bytes>>>>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _: std::io::Result<()> = child.kill();
            let _: std::io::Result<std::process::ExitStatus> = child.wait();
        }
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

impl Cluster {
    /// Starts the members, and waits until one leads.
    pub(crate) async fn start(folder: &Path) -> Result<Cluster, String> {
        let peers: Vec<String> = (0..3).map(|member| format!("m{member}={}", url(PORT + 10 + member))).collect();
        let mut cluster = Cluster { children: Vec::new(), leader: 0, connections: RefCell::default() };
        for member in 0..3_u16 {
            let (peer, client) = (url(PORT + 10 + member), url(PORT + member));
            let mut command = Command::new("etcd");
            command.args(["--name", &format!("m{member}"), "--data-dir"]).arg(folder.join(format!("etcd-{member}")));
            command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
            command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
            command.args(["--initial-cluster", &peers.join(","), "--initial-cluster-state", "new"]);
            command.args(["--logger", "zap", "--log-level", "error"]).stdout(Stdio::null()).stderr(Stdio::null());
            cluster
                .children
                .push(command.spawn().map_err(|error| format!("etcd: {error} (apt-get install etcd-server)"))?);
        }
        let deadline = Instant::now() + Duration::from_secs(30);
        while cluster.leader == 0 {
            if Instant::now() > deadline {
                return Err("etcd had no leader within 30 s".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            for member in 0..3 {
                if leads(PORT + member)? {
                    cluster.leader = PORT + member;
                }
            }
        }
        Ok(cluster)
    }

    /// Client `number`.
    pub(crate) async fn writer(&self, number: usize) -> Result<Client, String> {
        let place = number / CLIENTS_PER_CONNECTION;
        let known = self.connections.borrow().get(place).cloned();
        let sender = match known {
            Some(sender) => sender,
            None => {
                let sender = connect(self.leader).await?;
                self.connections.borrow_mut().push(sender.clone());
                sender
            }
        };
        let uri = format!("{}/etcdserverpb.KV/Put", url(self.leader));
        Ok(Client { sender, uri, message: put(format!("k{number}").as_bytes(), &VALUE) })
    }
}

async fn connect(port: u16) -> Result<SendRequest<Full<Bytes>>, String> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Whether a member leads: field 4 (`leader`) of its status is its own id, field 2 of field 1 (`header.member_id`).
/// It does not as long as it gives no answer.
fn leads(port: u16) -> Result<bool, String> {
    let output = Command::new("etcdctl")
        .env("ETCDCTL_API", "3")
        .args(["--endpoints", &url(port), "endpoint", "status", "-w", "json"])
        .output()
        .map_err(|error| format!("etcdctl: {error} (apt-get install etcd-client)"))?;
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let status = &told[0]["Status"];
    Ok(status["leader"].is_u64() && status["leader"] == status["header"]["member_id"])
}

/// A `PutRequest` as a gRPC message: not compressed, its length, key (field 1) and value (field 2).
fn put(key: &[u8], value: &[u8]) -> Bytes {
    let mut message = Vec::new();
    for (field, bytes) in [(1_u8, key), (2, value)] {
        message.push(field << 3 | 2);
        // Lengths up to two groups of seven bits.
        let length = bytes.len();
        if length < 128 {
            message.push(length as u8);
        } else {
            message.extend([(length & 127) as u8 | 128, (length >> 7) as u8]);
        }
        message.extend(bytes);
    }
    let mut framed = vec![0];
    framed.extend((message.len() as u32).to_be_bytes());
    framed.extend(message);
    Bytes::from(framed)
}

/// A client on a shared connection.
pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
    uri: String,
    message: Bytes,
}

impl Writer for Client {
    async fn write(&mut self) -> Result<(), String> {
        let request = hyper::Request::builder()
            .method("POST")
            .uri(&self.uri)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::new(self.message.clone()))
            .map_err(|error| error.to_string())?;
        self.sender.ready().await.map_err(|error| error.to_string())?;
        let response = self.sender.send_request(request).await.map_err(|error| error.to_string())?;
        let head = response.headers().get("grpc-status").cloned();
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
        let status = body.trailers().and_then(|trailers| trailers.get("grpc-status")).or(head.as_ref());
        if status.is_some_and(|status| status == "0") { Ok(()) } else { Err(format!("etcd answered {status:?}")) }
    }
}
