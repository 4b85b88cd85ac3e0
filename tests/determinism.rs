//! Same seed, same bytes: in any process, in debug and in release. (On any number of threads: see `command_line.rs`.)
//!
//! `ci/test` names the release build in `FIREDRILL_BIN`; without it the debug build is compared with itself, process by process.

use std::process::Command;

/// The digests of a few seeds of a scenario, by a program in a process of its own.
fn digests(program: &str, scenario: &str) -> Vec<String> {
    (1..=3)
        .map(|seed: u64| {
            let output = Command::new(program)
                .args(["run", scenario, "--json", "--seed", &seed.to_string()])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .output()
                .expect("the program starts");
            let run: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one object");
            run["journal_digest"].as_str().expect("a digest").to_owned()
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_journal_in_any_process_and_build() {
    let other = std::env::var("FIREDRILL_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_firedrill").to_owned());
    let same = |scenario: &str| {
        let here = digests(env!("CARGO_BIN_EXE_firedrill"), scenario);
        assert_eq!(here, digests(&other, scenario), "{scenario}");
        assert!(here[0] != here[1] && here[1] != here[2], "another seed is another journal");
    };
    let same = &same;
    // Side by side, for a debug build is slow.
    std::thread::scope(|scope| {
        for scenario in [
            "scenarios/weekly/site-failure.toml",
            "scenarios/weekly/frozen-primary.toml",
            "scenarios/daily/node-crashes.toml",
        ] {
            scope.spawn(move || same(scenario));
        }
    });
}
