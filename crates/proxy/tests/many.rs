//! Connections that come and go leave nothing behind: no descriptor, no task.

mod stage;

use stage::*;
use std::fs;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Waits until no more descriptors are open than that.
fn back_to(limit: usize) -> bool {
    let patience = Instant::now() + Duration::from_secs(10);
    while Instant::now() < patience {
        if descriptors() <= limit {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

#[test]
#[cfg(target_os = "linux")]
fn hundreds_of_connections_leave_no_descriptor() {
    let stage = Stage::new();
    let proxy = stage.proxy("many", echo());
    proxy.with_latency("downstream".into(), 1, 0, 1.0);
    for _ in 0..20 {
        ping(&mut dial(&proxy)).unwrap();
    }
    thread::sleep(Duration::from_millis(200));
    let before = descriptors();
    for _ in 0..500 {
        ping(&mut dial(&proxy)).unwrap();
    }
    assert!(back_to(before + 2), "{before} before, {} after", descriptors());
    // Clients that give up while nothing passes must not wait in the proxy for it to pass again.
    for stream in ["upstream", "downstream"] {
        proxy.delete_all_toxics().unwrap();
        proxy.with_timeout(stream.into(), 0, 1.0);
        for _ in 0..100 {
            dial(&proxy).write_all(b"anybody there?").unwrap();
        }
        assert!(back_to(before + 2), "{stream}: {before} before, {} after", descriptors());
    }
    let open: Vec<_> = (0..50).map(|_| dial(&proxy)).collect();
    proxy.disable().unwrap();
    drop(open);
    assert!(back_to(before + 2), "{before} before, {} after disabling", descriptors());
}
