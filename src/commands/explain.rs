//! `firedrill explain`: what the codes of findings mean.

use crate::cli::ExplainArgs;
use crate::exit::Exit;
use firedrill_plan::analysis::rules::{self, Rule};

/// Tells of one code, or lists all.
pub fn explain(args: &ExplainArgs) -> Exit {
    let Some(code) = &args.code else {
        for rule in rules::RULES {
            println!("\x1b[1m{}\x1b[0m  {}", rule.code, rule.title);
        }
        return Exit::OK;
    };
    match rules::find(code) {
        Some(rule) => {
            tell(rule);
            Exit::OK
        }
        None => {
            super::complain(format!("there is no code `{code}`; `firedrill explain` lists them"));
            Exit::Usage
        }
    }
}

fn tell(rule: &Rule) {
    println!("\x1b[1m{}: {}\x1b[0m\n", rule.code, rule.title);
    println!("{}\n", wrapped(rule.about, 100));
    println!("{}", wrapped(&format!("Source: {}.", rule.source), 100));
}

/// Broken between words into lines of at most so many characters, where words allow it.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let line =
            lines.last_mut().filter(|line| line.is_empty() || line.chars().count() + word.chars().count() < width);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
