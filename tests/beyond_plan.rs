//! What the plan does not claim to survive, run in the simulator: disks that rot, lie or are lost at a majority of the sites.

mod support {
    pub mod program;
    pub mod scenario;
}

use std::fmt::Write;
use support::program::firedrill;
use support::scenario::scenario;

const HEAD: &str = r#"
[workload]
clients_per_region = 2
operations_per_s = 2.0
keys = 6
read_percent = 50
cas_percent = 10
append_percent = 20
deadline_s = 5
probes_per_s = 2
probes_calm_per_s = 1
[steady_state]
warmup_s = 30
[rollbacks]
undo = "all"
[objectives]
rto = false
recovery_may_wait_for_heal = true
convergence_deadline_s = 120
"#;

/// Of 20 seeds, how many ended beyond the plan; and all that was said.
fn beyond(name: &str, method: &str) -> (u64, String) {
    let file = scenario(&format!("beyond-{name}"), "More than the plan survives", &format!("{HEAD}{method}"));
    let output = firedrill(&["run", &file.display().to_string(), "--seeds", "20", "--json"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code().is_some_and(|code| code < 64), "{}", String::from_utf8_lossy(&output.stderr));
    (told.lines().filter(|line| line.contains("\"verdict\":\"beyond_plan\",\"beyond_plan\":")).count() as u64, told)
}

fn step(method: &mut String, name: &str, rest: &str) {
    let _ = write!(method, "[[method]]\nname = \"{name}\"\n{rest}\n");
}

/// A fault of files at sites, in all classes of files that the stack relies on, and then their power fails.
fn at_all_files(action: &str, more: &str, sites: &[&str]) -> String {
    let mut method = String::new();
    for site in sites {
        for files in ["log", "wal", "metadata"] {
            let rest = format!("action = \"{action}\"\ntarget = \"{site}\"\nfiles = \"{files}\"\n{more}");
            step(&mut method, &format!("{site}-{files}"), &rest);
        }
        let rest = format!("action = \"power-loss\"\ntarget = \"{site}\"\nat_s = 40\nduration_s = 5");
        step(&mut method, &format!("{site}-power"), &rest);
    }
    method
}

#[test]
fn disks_lost_at_two_sites_are_beyond_the_plan() {
    let mut method = String::new();
    step(&mut method, "one", "action = \"disk-loss\"\ntarget = \"new-york\"\nat_s = 10\nduration_s = 20");
    let one = method.clone();
    step(&mut method, "two", "action = \"disk-loss\"\ntarget = \"london\"\nat_s = 12\nduration_s = 20");
    assert_eq!(beyond("one-disk", &one).0, 0);
    let (beyond, told) = beyond("two-disks", &method);
    assert_eq!(beyond, 20, "{told}");
    assert!(told.contains("new-york's disk was lost at 40.000s, london's disk was lost at 42.000s"), "{told}");
}

#[test]
fn disks_that_lie_at_two_sites_are_beyond_the_plan() {
    let lies = "at_s = 5\nduration_s = 60";
    let (beyond, told) = beyond("liars", &at_all_files("lying-fsync", lies, &["new-york", "london"]));
    assert_eq!(beyond, 20, "{told}");
}

#[test]
fn disks_that_rot_at_two_sites_are_beyond_the_plan_and_at_one_they_are_refilled() {
    let rot = "bits = 50\nat_s = 20";
    assert_eq!(beyond("one-rots", &at_all_files("bit-rot", rot, &["london"])).0, 0);
    let (beyond, told) = beyond("two-rot", &at_all_files("bit-rot", rot, &["new-york", "london"]));
    assert_eq!(beyond, 20, "{told}");
}
