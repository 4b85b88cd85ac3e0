//! Bytes that go there and back through the proxy while toxics come and go are the bytes that were sent.

mod stage;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use stage::*;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const CHUNKS: usize = 400;
const CHUNK: usize = 20_000;

#[derive(Clone, Copy, Debug)]
enum Change {
    Latency(u32),
    Bandwidth(u32),
    Slicer(u32),
    Hang,
    RemoveAll,
}

fn change() -> impl Strategy<Value = (bool, Change)> {
    let what = prop_oneof![
        (0..40_u32).prop_map(Change::Latency),
        (3000..50_000_u32).prop_map(Change::Bandwidth),
        (500..5000_u32).prop_map(Change::Slicer),
        Just(Change::Hang),
        Just(Change::RemoveAll),
    ];
    (any::<bool>(), what)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn there_and_back_under_changing_toxics(changes in proptest::collection::vec(change(), 10..30), seed: u64) {
        let stage = Stage::new();
        let proxy = stage.proxy("churn", echo());
        let mut stream = dial(&proxy);
        let mut writer = stream.try_clone().unwrap();
        // A hang turns the end of a stream into a close; so the stream ends only after the last change.
        let (changing, changed) = mpsc::channel::<()>();
        let sending = thread::spawn(move || {
            let (mut rng, mut hash) = (firedrill_model::Rng::new(seed, "bytes"), Sha256::new());
            for _ in 0..CHUNKS {
                let mut chunk = vec![0; rng.between(1, CHUNK as u64) as usize];
                chunk.chunks_mut(8).for_each(|part| part.copy_from_slice(&rng.bits().to_le_bytes()[..part.len()]));
                hash.update(&chunk);
                writer.write_all(&chunk).unwrap();
            }
            assert!(changed.recv().is_err(), "nothing is sent; the channel closes after the last change");
            writer.shutdown(Shutdown::Write).unwrap();
            hash.finalize()
        });
        let receiving = thread::spawn(move || {
            let (mut hash, mut buffer) = (Sha256::new(), vec![0; 65536]);
            loop {
                match stream.read(&mut buffer).unwrap() {
                    0 => return hash.finalize(),
                    read => hash.update(&buffer[..read]),
                }
            }
        });
        for (up, change) in changes {
            let stream = if up { "upstream" } else { "downstream" }.to_owned();
            match change {
                Change::Latency(ms) => drop(proxy.with_latency(stream, ms, ms / 2, 1.0)),
                Change::Bandwidth(rate) => drop(proxy.with_bandwidth(stream, rate, 1.0)),
                Change::Slicer(size) => drop(proxy.with_slicer(stream, size, size / 2, 10, 1.0)),
                Change::Hang => {
                    proxy.with_bandwidth(stream, 0, 1.0);
                    thread::sleep(Duration::from_millis(2));
                    proxy.delete_all_toxics().unwrap();
                }
                Change::RemoveAll => proxy.delete_all_toxics().unwrap(),
            }
            thread::sleep(Duration::from_millis(3));
        }
        proxy.delete_all_toxics().unwrap();
        drop(changing);
        prop_assert_eq!(sending.join().unwrap(), receiving.join().unwrap());
    }
}
