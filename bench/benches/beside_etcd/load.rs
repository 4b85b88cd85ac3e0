//! Closed-loop clients, and what they measured.

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

/// The bytes of a value.
pub(crate) const VALUE: [u8; 256] = [b'v'; 256];

/// A client's way to one system.
pub(crate) trait Writer: Send + 'static {
    /// Writes once; returns when the write is acknowledged.
    fn write(&mut self) -> impl Future<Output = Result<(), String>>;
}

/// What was measured with one number of clients.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    p50: Duration,
    p99: Duration,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        write!(f, "{:>6.0}/s {:>6.1} {:>6.1} ms", self.per_second, ms(self.p50), ms(self.p99))
    }
}

/// Lets so many clients write for so long, after a second that does not count.
pub(crate) async fn run<W: Writer, F: Future<Output = Result<W, String>>>(
    connect: impl Fn(usize) -> F,
    clients: usize,
    lasts: Duration,
) -> Result<Measured, String> {
    let mut writers = Vec::new();
    for number in 0..clients {
        writers.push(connect(number).await?);
    }
    let begin = Instant::now() + Duration::from_secs(1);
    let end = begin + lasts;
    let local = tokio::task::LocalSet::new();
    let mut times = local
        .run_until(async {
            let tasks: Vec<_> =
                writers.into_iter().map(|writer| tokio::task::spawn_local(client(writer, begin, end))).collect();
            let mut times: Vec<Duration> = Vec::new();
            for task in tasks {
                times.extend(task.await.map_err(|error| error.to_string())??);
            }
            Ok::<_, String>(times)
        })
        .await?;
    times.sort();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    Ok(Measured { per_second: times.len() as f64 / lasts.as_secs_f64(), p50: at(50), p99: at(99) })
}

async fn client<W: Writer>(mut writer: W, begin: Instant, end: Instant) -> Result<Vec<Duration>, String> {
    let mut times = Vec::new();
    loop {
        let asked = Instant::now();
        if asked >= end {
            return Ok(times);
        }
        writer.write().await?;
        if asked >= begin {
            times.push(asked.elapsed());
        }
    }
}
