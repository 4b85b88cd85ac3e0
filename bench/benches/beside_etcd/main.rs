//! Durable linearizable writes beside etcd: three sites of Firedrill's stack and three members of etcd, as processes on loopback, asked by the same
//! client program in one run. `cargo build --release && cargo bench -p firedrill-bench --bench beside_etcd` (needs etcd: `apt-get install etcd-server etcd-client`).
//!
//! Clients are closed loops: each writes a 256-byte value to a key of its own, waits for the answer, and writes again. Both systems are asked at their
//! leader, over connections that stay open, each in its own protocol: HTTP/1.1 here, gRPC over HTTP/2 there. A write counts when it was
//! acknowledged. The two take turns at each number of clients, and the median of the rounds is shown.
//!
//! - `ours`, `etcd`: how each is started and asked
//! - `load`: the clients, and what they measured
//! - `disk`: what a sync costs here

mod disk;
mod etcd;
mod load;
mod ours;

use load::Measured;
use std::time::Duration;

const CLIENTS: [usize; 4] = [1, 16, 64, 256];
/// `cargo bench -p firedrill-bench --bench beside_etcd -- [--rounds N] [--seconds S] [--clients N]`
struct Args {
    rounds: usize,
    seconds: u64,
    clients: Vec<usize>,
}

fn args() -> Args {
    let given: Vec<String> = std::env::args().collect();
    let number = |name: &str| -> Option<u64> {
        let place = given.iter().position(|arg| arg == name);
        place.and_then(|place| given.get(place + 1)).and_then(|text| text.parse().ok())
    };
    Args {
        rounds: number("--rounds").unwrap_or(3) as usize,
        seconds: number("--seconds").unwrap_or(5),
        clients: number("--clients").map_or(CLIENTS.to_vec(), |clients| vec![clients as usize]),
    }
}

fn main() -> std::process::ExitCode {
    // `cargo test --benches` only wants to know that it builds and starts.
    if std::env::args().any(|arg| arg == "--test") {
        return std::process::ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(compare(&args()))) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("beside_etcd: {why}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn compare(args: &Args) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| format!("a folder for the data: {error}"))?;
    let sync = disk::sync_time(folder.path())?;
    println!("a sync of 4 KiB takes {:.2} ms here (median of 200)", sync.as_secs_f64() * 1e3);
    let ours = ours::Cluster::start(folder.path()).await?;
    let theirs = etcd::Cluster::start(folder.path()).await?;
    println!("\n{:>7}  {:>24}  {:>24}  {:>6}", "clients", "firedrill", "etcd", "ratio");
    for &clients in &args.clients {
        let (mut of_ours, mut of_theirs) = (Vec::new(), Vec::new());
        for _ in 0..args.rounds {
            of_ours.push(load::run(|number| ours.writer(number), clients, Duration::from_secs(args.seconds)).await?);
            of_theirs
                .push(load::run(|number| theirs.writer(number), clients, Duration::from_secs(args.seconds)).await?);
        }
        let (ours, theirs) = (median(of_ours), median(of_theirs));
        let ratio = ours.per_second / theirs.per_second;
        println!("{clients:>7}  {ours}  {theirs}  {ratio:>5.2}x");
    }
    Ok(())
}

/// The round in the middle, by throughput.
fn median(mut rounds: Vec<Measured>) -> Measured {
    rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    rounds.swap_remove(rounds.len() / 2)
}
