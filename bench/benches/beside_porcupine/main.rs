//! Verdicts on public histories beside Porcupine, each on one core, in one run: the etcd logs of Jepsen and the key-value histories.
//!
//!     PORCUPINE_DIR=/path/to/porcupine cargo bench -p firedrill-bench --bench beside_porcupine
//!
//! `PORCUPINE_DIR` is a checkout of github.com/anishathalye/porcupine: its histories are judged (`test_data`), and its checker is
//! built with `go` (Debian: `apt-get install golang-go`). Without it, the histories of `crates/checks/tests/histories` are judged, and
//! Porcupine's figures are those that were written down elsewhere, and said to be.
//!
//! What is timed is the verdict alone, from the history in memory on: reading files is apart for both, and so is explaining a failure.
//! Each file is judged over and over, and the median is shown. Both stop at the first object without an order.
//!
//! - `ours`, `porcupine`: how each is run
//! - `porcupine.go`: the program around its checker: reads the files, and has the models

mod ours;
mod porcupine;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// What a file was judged to be, and how long that took.
#[derive(Clone, Copy)]
struct Judged {
    linearizable: bool,
    took: Duration,
}

/// By file.
type Table = BTreeMap<PathBuf, Judged>;

/// A file is judged again and again for so long, and at least [`ROUNDS`] times.
const EACH: Duration = Duration::from_millis(60);
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    // `cargo test --benches` only wants to know that it builds and starts.
    if std::env::args().any(|arg| arg == "--test") {
        return ExitCode::SUCCESS;
    }
    match compare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("beside_porcupine: {why}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<(), String> {
    let theirs = std::env::var_os("PORCUPINE_DIR").map(PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/checks/tests/histories/porcupine");
    let files = match &theirs {
        Some(folder) => {
            [histories(&folder.join("test_data/jepsen"))?, histories(&folder.join("test_data/kv"))?].concat()
        }
        None => histories(&own)?,
    };
    let ours = ours::judge_files(&files)?;
    match theirs.map(|folder| porcupine::judge_files(&folder, &files)) {
        Some(Ok(table)) => side_by_side(&ours, &table),
        Some(Err(why)) => {
            println!("Porcupine was not run: {why}\n");
            alone(&ours);
            Ok(())
        }
        None => {
            println!("Porcupine was not run: PORCUPINE_DIR does not say where its source is\n");
            alone(&ours);
            Ok(())
        }
    }
}

fn histories(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let listed = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let paths = listed.filter_map(|entry| Some(entry.ok()?.path()));
    // One of the etcd logs is empty.
    let is_history = |path: &PathBuf| {
        let says_something = path.metadata().is_ok_and(|metadata| metadata.len() > 0);
        says_something && path.extension().is_some_and(|end| end == "log" || end == "txt")
    };
    let mut files: Vec<PathBuf> = paths.filter(is_history).collect();
    files.sort();
    Ok(files)
}

fn is_etcd(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "log")
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn side_by_side(ours: &Table, theirs: &Table) -> Result<(), String> {
    println!("{:14} {:>10} {:>12} {:>13} {:>8}", "file", "verdict", "firedrill", "porcupine", "ratio");
    let (mut sums, mut ratios, mut differ) = ([Duration::ZERO; 2], Vec::new(), Vec::new());
    for (path, our) in ours {
        let their = theirs.get(path).ok_or_else(|| format!("Porcupine said nothing of {}", path.display()))?;
        let ratio = their.took.as_secs_f64() / our.took.as_secs_f64();
        let verdict = if our.linearizable { "pass" } else { "fail" };
        println!("{:14} {verdict:>10} {:>9.1} µs {:>10.1} µs {ratio:>7.1}x", name(path), us(our.took), us(their.took));
        if our.linearizable != their.linearizable {
            differ.push(name(path));
        }
        if is_etcd(path) {
            sums = [sums[0] + our.took, sums[1] + their.took];
            ratios.push((ratio, name(path)));
        }
    }
    ratios.sort_by(|one, two| one.0.total_cmp(&two.0));
    if let (Some(lowest), Some(median)) = (ratios.first(), ratios.get(ratios.len() / 2)) {
        let [our, their] = sums.map(us);
        println!("\n{} etcd logs: {our:.0} µs beside {their:.0} µs, {:.1}x in sum", ratios.len(), their / our);
        println!("  file by file: median {:.1}x, lowest {:.1}x ({})", median.0, lowest.0, lowest.1);
        println!("  below 3x: {}", ratios.iter().filter(|(ratio, _)| *ratio < 3.0).count());
    }
    if differ.is_empty() { Ok(()) } else { Err(format!("the verdicts differ: {}", differ.join(", "))) }
}

/// Beside figures from another machine, measured with Go 1.19 when this project began.
fn alone(ours: &Table) {
    for (path, our) in ours {
        let verdict = if our.linearizable { "pass" } else { "fail" };
        println!("{:14} {verdict:>10} {:>9.1} µs", name(path), us(our.took));
    }
    println!(
        "\nPorcupine's figures, written down elsewhere and not measured in this run: all 102 etcd logs 485 ms, of which five"
    );
    println!(
        "take 92 %, median 115 µs; c50-ok 162-202 ms; c50-bad 26-36 ms. No ratio is told of what was not measured."
    );
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
