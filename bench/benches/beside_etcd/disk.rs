//! What a sync costs on the disk that holds the data.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// The median time of 200 appends of 4 KiB with a data sync each.
pub(crate) fn sync_time(folder: &Path) -> Result<Duration, String> {
    let told = |error: std::io::Error| format!("the time of a sync: {error}");
    let mut file = std::fs::File::create(folder.join("sync-time")).map_err(told)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&[7; 4096]).map_err(told)?;
        file.sync_data().map_err(told)?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}
