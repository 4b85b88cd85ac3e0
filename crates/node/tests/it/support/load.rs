//! Many writes over connections that are kept: each connection is one client's, in one session.

use super::Cluster;
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// So many clients write at a time.
pub const CLIENTS: u64 = 512;
/// Every client writes under its own key.
const VALUE: usize = 16;

impl Cluster {
    /// Lets every client write so many times, one after the other, as operations `from` and on of its session.
    pub async fn write_many(&self, site: usize, from: u64, times: u64) {
        let mut clients = JoinSet::new();
        for client in 1..=CLIENTS {
            let addr = self.configs[site].http_listen.clone();
            clients.spawn(async move { write_on(&addr, client, from..from + times).await });
        }
        while let Some(ended) = clients.join_next().await {
            ended.unwrap().unwrap();
        }
    }
}

async fn write_on(addr: &str, client: u64, numbers: std::ops::Range<u64>) -> io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(addr).await?);
    for number in numbers {
        let request = format!(
            "PUT /v1/sessions/client-{client}?service=sessions HTTP/1.1\r\nhost: site\r\nfiredrill-session: {client}\r\n\
             firedrill-seq: {number}\r\ncontent-length: {VALUE}\r\n\r\n{number:0VALUE$}"
        );
        // What is in doubt is asked again: it applies once.
        while !written(&mut stream, &request).await? {}
    }
    Ok(())
}

/// Asks, and whether the answer is that it was written.
async fn written(stream: &mut BufReader<TcpStream>, request: &str) -> io::Result<bool> {
    stream.get_mut().write_all(request.as_bytes()).await?;
    let (mut written, mut length) = (false, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim_end().split_once(": ") {
            Some(("firedrill-result", result)) => written = result == "written",
            Some(("content-length", bytes)) => length = bytes.parse().map_err(|_| io::ErrorKind::InvalidData)?,
            None if line.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    Ok(written)
}
