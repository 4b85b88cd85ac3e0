//! Runs a program of this machine.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// What `program` writes, given `input`; or, if it fails, what it says about that. Blocks.
///
/// # Errors
/// If it can't be run, or fails.
pub fn run_now(program: &str, arguments: &[&str], input: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{program}: {error}");
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C");
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends without reading all says why in its own words.
        drop(stdin.write_all(input.as_bytes()));
    }
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program} {}: {}", arguments.join(" "), words.trim()))
}

/// The same, in the runtime.
///
/// # Errors
/// If it can't be run, or fails.
pub async fn run(program: &'static str, arguments: Vec<String>, input: String) -> Result<String, String> {
    let work = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run_now(program, &arguments, &input)
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| Err(panic.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_given_its_input_and_says_why_it_failed() {
        assert_eq!(run_now("cat", &[], "abc").as_deref(), Ok("abc"));
        let missing = run_now("ls", &["/no/such/folder"], "").unwrap_err();
        assert!(missing.contains("No such file"), "{missing}");
        assert!(run_now("no-such-program", &[], "").unwrap_err().starts_with("no-such-program: "));
    }
}
