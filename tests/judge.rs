//! `firedrill judge` as its users meet it: exit codes, one line a file, JSON, pages, errors.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HISTORIES: &str = "crates/checks/tests/histories";

fn judge(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .arg("judge")
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the program ended by itself")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("each line is an object")).collect()
}

fn known(file: &str) -> String {
    format!("{HISTORIES}/{file}")
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// A file of this test's own.
fn file(name: &str, content: &[u8]) -> String {
    let path = folder(name).join(name);
    std::fs::write(&path, content).expect("a file can be written");
    path.display().to_string()
}

#[test]
fn what_has_an_order_is_0_and_what_has_none_is_1_and_the_worst_of_several_counts() {
    let (good, bad) = (known("porcupine/etcd_002.log"), known("porcupine/etcd_000.log"));
    let output = judge(&[&good, "--model", "cas-register"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 1, "{}", stdout(&output));
    let output = judge(&[&good, &bad, "--model", "cas-register"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.starts_with("pass "), "{text}");
    assert!(text.contains("\nfail ") && text.contains("fits nowhere") && text.contains("window"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours where there is no terminal");
}

#[test]
fn machines_are_told_what_fits_nowhere_and_by_which_line() {
    let output = judge(&[&known("porcupine/etcd_000.log"), "--model", "cas-register", "--json"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let told = &json(&output)[0];
    assert_eq!((&told["verdict"], &told["model"]), (&"fail".into(), &"cas-register".into()));
    assert!(told["why"]["fits_nowhere"]["invoked_line"].as_u64().is_some_and(|line| line > 0), "{told}");
    assert!(told["why"]["window"].as_array().is_some_and(|window| !window.is_empty()), "{told}");
}

#[test]
fn what_the_file_holds_at_first_decides() {
    let read = "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":0}\n";
    let history = file("read.jsonl", read.as_bytes());
    let told = |init: &str| code(&judge(&[&history, "--model", "cas-register", "--init", init]));
    assert_eq!((told("0"), told("77")), (0, 1));
}

/// Forty additions to a counter whose answers were lost, all of even numbers, and a read of an odd sum.
fn explosive() -> String {
    let mut lines = String::new();
    for process in 0..40_u64 {
        let added = 2 * (process.pow(4) * 7919 + process * 104_729 + 1);
        lines += &format!("{{\"process\":{process},\"type\":\"invoke\",\"f\":\"add\",\"value\":{added}}}\n");
    }
    lines
        + "{\"process\":40,\"type\":\"invoke\",\"f\":\"read\"}\n{\"process\":40,\"type\":\"ok\",\"f\":\"read\",\"value\":100001}\n"
}

#[test]
fn what_is_not_searched_to_the_end_is_2_and_says_what_was_used_up() {
    let history = file("explosive.jsonl", explosive().as_bytes());
    let output = judge(&[&history, "--model", "counter", "--memory-limit", "24MiB", "--time-limit", "60s"]);
    assert_eq!(code(&output), 2, "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("--memory-limit"), "{}", stdout(&output));
    let output = judge(&[&history, "--model", "counter", "--time-limit", "0s", "--json"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert_eq!(json(&output)[0]["undecided"][0]["exhausted"], "time");
}

#[test]
fn an_empty_history_is_no_pass() {
    let output = judge(&[&file("empty.jsonl", b""), "--model", "register", "--format", "jsonl"]);
    assert_eq!(code(&output), 2, "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn what_is_no_history_is_64_with_its_line() {
    let cut = b"{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n{\"process\":0,\"ty";
    let cases: [(&str, &[u8], &[&str], &str); 5] = [
        ("cut.jsonl", cut, &["--model", "register"], "cut.jsonl:2"),
        ("binary.jsonl", b"\xff\xfe\x00\x01", &["--model", "register", "--format", "jsonl"], "binary.jsonl:1"),
        ("binary.edn", b"{:type \xff\x00", &["--model", "register", "--format", "knossos-edn"], "binary.edn:1"),
        ("no-model.jsonl", cut, &["--format", "jsonl"], "no-model.jsonl"),
        (
            "queue.jsonl",
            b"{\"process\":0,\"type\":\"invoke\",\"f\":\"dequeue\"}\n",
            &["--model", "register"],
            "queue.jsonl:1",
        ),
    ];
    for (name, content, args, place) in cases {
        let path = file(name, content);
        let output = judge(&[&[path.as_str()], args].concat());
        assert_eq!(code(&output), 64, "{name}: {}{}", stdout(&output), stderr(&output));
        assert!(stderr(&output).contains(place), "{name}: {}", stderr(&output));
    }
    for args in [&["nowhere.log", "--model", "register"][..], &["src", "--model", "register"], &["--model", "register"]]
    {
        let output = judge(args);
        assert_eq!(code(&output), 64, "{}", stderr(&output));
    }
}

#[test]
fn a_page_is_one_file_and_several_histories_have_a_folder_of_them() {
    let (good, bad) = (known("porcupine/c10-ok.txt"), known("porcupine/c10-bad.txt"));
    let out = folder("judge-pages");
    let page = out.join("why.html");
    let output = judge(&[&bad, "--html", &page.display().to_string()]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let text = std::fs::read_to_string(&page).expect("the page is there");
    assert!(text.contains("The first operation that fits nowhere") && text.contains("id=\"data\""));
    assert!(!text.contains("src=\"http") && !text.contains("href=\"http"), "nothing from elsewhere");
    let pages = out.join("both");
    let output = judge(&[&good, &bad, "--html", &pages.display().to_string()]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert_eq!(std::fs::read_dir(&pages).expect("the folder is there").count(), 2);
}

/// Write skew: each read what the other appended to before it did.
const SKEW: &str = "\
{:type :invoke, :f :txn, :value [[:r 1 nil] [:append 2 1]], :process 0}
{:type :invoke, :f :txn, :value [[:r 2 nil] [:append 1 1]], :process 1}
{:type :ok, :f :txn, :value [[:r 1 []] [:append 2 1]], :process 0}
{:type :ok, :f :txn, :value [[:r 2 []] [:append 1 1]], :process 1}
{:type :invoke, :f :txn, :value [[:r 1 nil] [:r 2 nil]], :process 2}
{:type :ok, :f :txn, :value [[:r 1 [1]] [:r 2 [1]]], :process 2}
";

#[test]
fn transactions_past_a_limit_are_unknown() {
    let mut text = String::new();
    for number in 0..2000 {
        for kind in ["invoke", "ok"] {
            text += &format!("{{:process 0, :type :{kind}, :f :txn, :value [[:append {number} 1] [:r x nil]]}}\n");
        }
    }
    let long = file("long.edn", text.as_bytes());
    let output = judge(&[&long, "--format", "elle-edn", "--time-limit", "0s"]);
    assert_eq!(code(&output), 2, "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("out of time: 0 of 2000 transactions"), "{}", stdout(&output));
    let output = judge(&[&long, "--format", "elle-edn", "--time-limit", "0s", "--json"]);
    assert_eq!(json(&output)[0]["exhausted"], "time");
    let output = judge(&[&long, "--format", "elle-edn", "--memory-limit", "1MiB"]);
    assert_eq!(code(&output), 64, "what can't even be read is refused: {}", stdout(&output));
    assert!(stderr(&output).contains("memory limit"), "{}", stderr(&output));
}

/// What reads the other end has gone before anything is written, as `firedrill ... | head -0` has.
#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let commands: [&[&str]; 4] = [
        &["judge", "--model", "cas-register", "crates/checks/tests/histories/porcupine/etcd_000.log"],
        &["judge", "--json", "--model", "kv", "crates/checks/tests/histories/porcupine/c10-bad.txt"],
        &["schema", "plan"],
        &["explain"],
    ];
    for command in commands {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        let mut program = Command::new(env!("CARGO_BIN_EXE_firedrill"));
        program.args(command).current_dir(env!("CARGO_MANIFEST_DIR")).stdout(writer);
        let output = program.stderr(std::process::Stdio::piped()).output().expect("the program starts");
        assert_eq!((code(&output), stderr(&output).as_str()), (141, ""), "{command:?}");
    }
}

#[test]
fn transactions_are_judged_by_their_anomalies() {
    let skew = file("skew.edn", SKEW.as_bytes());
    let output = judge(&[&skew, "--format", "elle-edn", "--json"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let told = &json(&output)[0];
    assert_eq!(told["anomalies"][0]["name"], "G2-item", "{told}");
    assert_eq!(told["anomalies"][0]["lines"].as_array().map(Vec::len), Some(2), "{told}");
    let output = judge(&[&skew, "--format", "elle-edn", "--model", "register"]);
    assert_eq!(code(&output), 64, "{}", stderr(&output));
    // Serializable, and yet the last read is stale in real time.
    let stale = "\
{:type :invoke, :f :txn, :value [[:append 1 1]], :process 0}
{:type :ok, :f :txn, :value [[:append 1 1]], :process 0}
{:type :invoke, :f :txn, :value [[:r 1 nil]], :process 1}
{:type :ok, :f :txn, :value [[:r 1 []]], :process 1}
{:type :invoke, :f :txn, :value [[:r 1 nil]], :process 2}
{:type :ok, :f :txn, :value [[:r 1 [1]]], :process 2}
";
    let stale = file("stale.edn", stale.as_bytes());
    assert_eq!(code(&judge(&[&stale, "--format", "elle-edn"])), 0);
    let output = judge(&[&stale, "--format", "elle-edn", "--order", "real-time"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stdout(&output).contains("not strict serializable"), "{}", stdout(&output));
}
