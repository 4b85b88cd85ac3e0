//! What the tests stand on: a server, its unmodified client, upstreams, and a second and third try for figures that a busy
//! machine spoils.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test binary uses a part of it, so that no expectation would hold in all"
)]

use firedrill_proxy::{Config, Server};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use toxiproxy_rust::client::Client;
use toxiproxy_rust::proxy::{Proxy, ProxyPack};
use toxiproxy_rust::toxic::ToxicPack;

/// A server and Toxiproxy's client for it.
pub struct Stage {
    pub server: Server,
    pub client: Client,
}

impl Stage {
    pub fn new() -> Stage {
        let mut config = Config::new(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.seed = Some(7);
        let server = Server::start(config).expect("the server starts");
        let client = Client::new(server.api());
        Stage { server, client }
    }

    /// A proxy on a free port in front of this upstream.
    pub fn proxy(&self, name: &str, upstream: SocketAddr) -> Proxy {
        self.populate(pack(name, "127.0.0.1:0", upstream))
    }

    /// The proxy with exactly this toxic, of any type, which the client can only say while populating.
    pub fn hurt(&self, proxy: &Proxy, kind: &str, stream: &str, attributes: &[(&str, u32)]) {
        let listen = &proxy.proxy_pack.listen;
        let upstream = proxy.proxy_pack.upstream.parse().unwrap();
        let mut pack = pack(&proxy.proxy_pack.name, listen, upstream);
        pack.toxics.push(ToxicPack {
            name: format!("{kind}_{stream}"),
            r#type: kind.into(),
            stream: stream.into(),
            toxicity: 1.0,
            attributes: attributes.iter().map(|(name, value)| ((*name).into(), *value)).collect(),
        });
        let populated = self.populate(pack);
        assert_eq!(populated.proxy_pack.toxics[0].r#type, kind);
    }

    pub fn populate(&self, pack: ProxyPack) -> Proxy {
        let mut proxies = self.client.populate(vec![pack]).expect("the proxy is populated");
        assert_eq!(proxies.len(), 1);
        proxies.remove(0)
    }
}

pub fn pack(name: &str, listen: &str, upstream: SocketAddr) -> ProxyPack {
    ProxyPack::new(name.into(), listen.into(), upstream.to_string())
}

/// Connects to the proxy; reads give up after 20 s, so that a hanging test fails instead.
pub fn dial(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(&proxy.proxy_pack.listen).expect("the proxy listens");
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// An upstream that runs this for each connection, on threads that live as long as the test.
pub fn upstream(serve: impl Fn(TcpStream) + Send + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Says everything back, then ends.
pub fn echo() -> SocketAddr {
    upstream(|stream| {
        stream.set_nodelay(true).unwrap();
        let (mut from, mut to) = (&stream, &stream);
        if io::copy(&mut from, &mut to).is_ok() {
            let _ = stream.shutdown(Shutdown::Write);
        }
    })
}

/// Sends this many bytes to whoever connects, then closes.
pub fn fountain(bytes: usize) -> SocketAddr {
    upstream(move |mut stream| {
        let _ = stream.write_all(&vec![7_u8; bytes]);
    })
}

/// One byte there and back.
pub fn ping(stream: &mut TcpStream) -> io::Result<Duration> {
    let start = Instant::now();
    stream.write_all(b"x")?;
    stream.read_exact(&mut [0])?;
    Ok(start.elapsed())
}

/// True if nothing arrives for so long.
pub fn is_silent(stream: &mut TcpStream, time: Duration) -> bool {
    stream.set_read_timeout(Some(time)).unwrap();
    let read = stream.read(&mut [0]);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    matches!(read, Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

/// How a read ends that brings nothing: `Ok(())` is an orderly end.
pub fn ending(stream: &mut TcpStream) -> Result<(), ErrorKind> {
    match stream.read(&mut [0]) {
        Ok(0) => Ok(()),
        Ok(_) => panic!("a byte arrived instead of an end"),
        Err(error) => Err(error.kind()),
    }
}

/// Runs a measurement up to three times, for other work on the machine may spoil it.
pub fn in_three_tries(measure: impl Fn() -> Result<(), String>) {
    let failures: Vec<String> = (0..3).map_while(|_| measure().err()).collect();
    assert!(failures.len() < 3, "three times: {failures:?}");
}

/// Whether `measured` lies between two numbers of milliseconds.
pub fn within(measured: Duration, low_ms: f64, high_ms: f64) -> Result<(), String> {
    let ms = measured.as_secs_f64() * 1000.0;
    println!("measured {ms:.2} ms, bounds {low_ms} to {high_ms}");
    if (low_ms..=high_ms).contains(&ms) { Ok(()) } else { Err(format!("{ms:.2} ms")) }
}
