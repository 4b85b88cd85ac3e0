//! How much an untouched proxy costs: bytes a second through it against bytes a second without it, over loopback, and the time of
//! one byte there and back.
//!
//!     cargo run --release -p firedrill-proxy --example throughput

use firedrill_proxy::{Config, Server};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use toxiproxy_rust::client::Client;
use toxiproxy_rust::proxy::ProxyPack;

const BYTES: usize = 2_000_000_000;
const BUFFER: usize = 256 * 1024;
const ROUNDS: usize = 2000;

fn main() {
    let server = Server::start(Config::new(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
    let (sink, echo) = (upstream(swallow), upstream(answer));
    let pack = |name: &str, to: SocketAddr| ProxyPack::new(name.into(), "127.0.0.1:0".into(), to.to_string());
    let packs = vec![pack("sink", sink), pack("echo", echo)];
    let proxies = Client::new(server.api()).populate(packs).unwrap();
    let listens: Vec<SocketAddr> = proxies.iter().map(|proxy| proxy.proxy_pack.listen.parse().unwrap()).collect();
    for round in 1..=3 {
        let (direct, proxied) = (rate(sink), rate(listens[0]));
        println!("{round}: {direct:.0} MB/s direct, {proxied:.0} MB/s proxied, {:.2} of it", proxied / direct);
    }
    let (direct, proxied) = (median_round(echo), median_round(listens[1]));
    println!("one byte there and back, median of {ROUNDS}: {direct:?} direct, {proxied:?} proxied");
}

/// Millions of bytes a second, until the last has been read at the other end.
fn rate(to: SocketAddr) -> f64 {
    let mut stream = TcpStream::connect(to).unwrap();
    let block = vec![7_u8; BUFFER];
    let start = Instant::now();
    for _ in 0..BYTES / BUFFER {
        stream.write_all(&block).unwrap();
    }
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    stream.read_exact(&mut [0]).unwrap();
    BYTES as f64 / start.elapsed().as_secs_f64() / 1e6
}

fn median_round(to: SocketAddr) -> Duration {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_nodelay(true).unwrap();
    let round = |_| {
        let start = Instant::now();
        stream.write_all(&[7]).unwrap();
        stream.read_exact(&mut [0]).unwrap();
        start.elapsed()
    };
    let mut rounds: Vec<Duration> = (0..ROUNDS).map(round).collect();
    rounds.sort();
    rounds[ROUNDS / 2]
}

fn upstream(serve: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(thread::spawn(move || serve(stream)))));
    address
}

fn swallow(mut stream: TcpStream) {
    let mut buffer = vec![0; BUFFER];
    while stream.read(&mut buffer).unwrap() > 0 {}
    stream.write_all(&[7]).unwrap();
}

fn answer(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut byte = [0];
    while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {}
}
