//! The packet filter and the sockets of a container, reached through its network namespace. Rules vanish with the namespace: when the container
//! ends, whoever ends it.

use super::command;
use serde_json::Value;

/// What the filter does to what leaves for a port, which is that of an entry of the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Names the rule, to find what it counted.
    name: u16,
    port: u16,
    /// So many of a thousand packets are dropped; `None`: all, and all that comes back.
    per_mille: Option<u32>,
}

impl Rule {
    /// Nothing leaves for the port or comes back from it.
    pub const fn cut(port: u16) -> Rule {
        Rule { name: 0, port, per_mille: None }
    }

    /// So many of a thousand packets for the port are lost, and counted under this name.
    pub const fn loss(name: u16, port: u16, per_mille: u32) -> Rule {
        Rule { name, port, per_mille: Some(per_mille) }
    }
}

/// The filter's whole table, which replaces whatever it held.
pub fn ruleset(rules: &[Rule]) -> String {
    let (mut outward, mut inward) = (String::new(), String::new());
    for Rule { name, port, per_mille } in rules {
        match per_mille {
            None => {
                outward += &format!("    tcp dport {port} counter drop\n");
                inward += &format!("    tcp sport {port} counter drop\n");
            }
            Some(lost) => {
                let lose = format!("numgen random mod 1000 < {lost} counter drop comment \"loss-{name}\"");
                outward += &format!("    tcp dport {port} {lose}\n");
            }
        }
    }
    let chain =
        |hook: &str, rules: &str| format!("  chain {hook} {{\n    type filter hook {hook} priority 0;\n{rules}  }}\n");
    let (outward, inward) = (chain("output", &outward), chain("input", &inward));
    // Naming the table before it is deleted makes deleting it no error.
    format!("table inet firedrill\ndelete table inet firedrill\ntable inet firedrill {{\n{outward}{inward}}}\n")
}

/// Whether the process has a network namespace: one that has ended has none, even if nobody has asked for its exit code yet.
pub fn is_there(pid: i64) -> bool {
    std::fs::metadata(format!("/proc/{pid}/ns/net")).is_ok()
}

/// Sets the filter of the process's network namespace.
///
/// # Errors
/// What the filter's own program says.
pub async fn apply(pid: i64, rules: &[Rule]) -> Result<(), String> {
    inside(pid, &["nft", "-f", "-"], ruleset(rules)).await.map(drop)
}

/// How many packets the rules of this name have dropped since they were set.
///
/// # Errors
/// What the filter's own program says.
pub async fn dropped(pid: i64, name: u16) -> Result<u64, String> {
    let listing = inside(pid, &["nft", "-j", "list", "table", "inet", "firedrill"], String::new()).await?;
    let listing: Value = serde_json::from_str(&listing).map_err(|error| format!("nft: {error}"))?;
    Ok(counted(&listing, &format!("loss-{name}")))
}

fn counted(listing: &Value, comment: &str) -> u64 {
    let rules = listing["nftables"].as_array().into_iter().flatten().map(|item| &item["rule"]);
    let ours = rules.filter(|rule| rule["comment"].as_str() == Some(comment));
    let counters = ours.flat_map(|rule| rule["expr"].as_array().into_iter().flatten());
    counters.filter_map(|expression| expression["counter"]["packets"].as_u64()).sum()
}

/// Resets the connections of the process's network namespace to a port. How many there were.
///
/// # Errors
/// What the sockets' own program says.
pub async fn reset(pid: i64, port: u16) -> Result<usize, String> {
    let killed = inside(pid, &["ss", "-H", "-K", "-t", "dport", "=", &format!(":{port}")], String::new()).await?;
    Ok(killed.lines().filter(|line| !line.trim().is_empty()).count())
}

async fn inside(pid: i64, program: &[&str], input: String) -> Result<String, String> {
    let mut arguments = vec!["--target".to_owned(), pid.to_string(), "--net".to_owned()];
    arguments.extend(program.iter().map(|&word| word.to_owned()));
    command::run("nsenter", arguments, input).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_process_that_has_ended_has_no_namespace() {
        let mut child = std::process::Command::new("true").spawn().expect("a program that every system has");
        let pid = i64::from(child.id());
        assert!(is_there(i64::from(std::process::id())));
        child.wait().expect("it ends");
        assert!(!is_there(pid));
    }

    #[test]
    fn the_table_is_replaced_as_a_whole() {
        let rules = ruleset(&[Rule::cut(20_000), Rule::loss(3, 20_001, 300)]);
        assert_eq!(
            rules,
            "table inet firedrill
delete table inet firedrill
table inet firedrill {
  chain output {
    type filter hook output priority 0;
    tcp dport 20000 counter drop
    tcp dport 20001 numgen random mod 1000 < 300 counter drop comment \"loss-3\"
  }
  chain input {
    type filter hook input priority 0;
    tcp sport 20000 counter drop
  }
}
"
        );
    }

    #[test]
    fn what_was_dropped_is_counted_by_the_rules_name() {
        let rule = |comment: &str, packets: u64| json!({"rule": {"comment": comment, "expr": [{"match": {}}, {"counter": {"packets": packets, "bytes": 9}}]}});
        let listing = json!({"nftables": [{"table": {}}, rule("loss-3", 5), rule("loss-4", 7), rule("loss-3", 2)]});
        assert_eq!([counted(&listing, "loss-3"), counted(&listing, "loss-9")], [7, 0]);
    }
}
