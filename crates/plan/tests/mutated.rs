//! Valid files, damaged at random: never a panic; either taken, or refused with places that are in the file and a text that names them.

use firedrill_plan::{Diagnostics, Plan, Scenario};
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

fn shipped(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(file);
    std::fs::read_to_string(path).unwrap()
}

static PLAN_TEXT: LazyLock<String> = LazyLock::new(|| shipped("plans/erlmcp-v3.toml"));
/// What a run needs, with a seventh of the other sections each.
static PLAN_PARTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let (needed, others) = PLAN_TEXT.split_once("[edition]").unwrap();
    let others = format!("[edition]{others}");
    let sections: Vec<&str> = others.split("\n\n").collect();
    let part = |part: &[&str]| format!("{needed}{}\n", part.join("\n\n"));
    sections.chunks(sections.len().div_ceil(7)).map(part).collect()
});
static PLAN: LazyLock<Plan> = LazyLock::new(|| Plan::parse("plan.toml", &PLAN_TEXT).unwrap());
static SCENARIO_TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let files = ["weekly/site-failure.toml", "weekly/frozen-primary.toml", "daily/node-crashes.toml"];
    files.map(shipped).to_vec()
});

/// One damage. Places are shares of the text, so that they fit any.
#[derive(Clone, Debug)]
enum Damage {
    /// A byte is replaced.
    Byte(usize, u8),
    /// Text is put in.
    Insert(usize, String),
    /// Bytes are taken out.
    Cut(usize, usize),
    /// A line is taken out.
    DropLine(usize),
    /// A line is there twice.
    DoubleLine(usize),
    /// A line is somewhere else.
    MoveLine(usize, usize),
    /// What is right of the `=` is something else.
    Value(usize, String),
    /// A letter of a key or name is another one.
    Letter(usize, char),
}

/// Values that are wrong nearly everywhere.
fn odd_value() -> impl Strategy<Value = String> {
    let odd = [
        "0",
        "-1",
        "1.5",
        "nan",
        "inf",
        "-inf",
        "1e308",
        "-1e400",
        "0x7fffffffffffffffffff",
        "9223372036854775807",
        "18446744073709551616",
        "true",
        "\"\"",
        "\"30s\"",
        "\"new-york\"",
        "[]",
        "[[]]",
        "{}",
        "[1, 2]",
        "[2, 1]",
        "[1, 2, 3]",
        "{ a = { b = { c = 1 } } }",
        "1979-05-27",
        "\"\u{0}\"",
        "\"🔥\"",
        "'''",
        "\"\"\"",
        "",
        "[[[[[[[[",
        "{ on_percent = 101 }",
        "[\"new-york\", \"new-york\"]",
    ];
    prop_oneof![
        proptest::sample::select(odd.to_vec()).prop_map(str::to_owned),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| format!("{n:?}"))
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<usize>();
    prop_oneof![
        (place, any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (place, "\\PC{0,8}|[\\[\\]{}\"'=.,#\n\r\t\u{0}]{1,6}").prop_map(|(at, text)| Damage::Insert(at, text)),
        (place, 0_usize..40).prop_map(|(at, count)| Damage::Cut(at, count)),
        place.prop_map(Damage::DropLine),
        place.prop_map(Damage::DoubleLine),
        (place, place).prop_map(|(from, to)| Damage::MoveLine(from, to)),
        (place, odd_value()).prop_map(|(at, value)| Damage::Value(at, value)),
        (place, proptest::char::range('a', 'z')).prop_map(|(at, letter)| Damage::Letter(at, letter)),
    ]
}

fn apply(text: &str, damage: &Damage) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = |share: usize, len: usize| share % len.max(1);
    let count = lines.len();
    match damage {
        Damage::Byte(place, byte) if !bytes.is_empty() => {
            let place = at(*place, bytes.len());
            bytes[place] = *byte;
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        Damage::Insert(place, inserted) => {
            let place = text.floor_char_boundary(at(*place, text.len()));
            return format!("{}{inserted}{}", &text[..place], &text[place..]);
        }
        Damage::Cut(place, count) => {
            let place = at(*place, bytes.len());
            bytes.drain(place..(place + count).min(bytes.len()));
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        Damage::Byte(..) => {}
        Damage::DropLine(line) => drop(lines.remove(at(*line, count))),
        Damage::DoubleLine(line) => lines.insert(at(*line, count), lines[at(*line, count)].clone()),
        Damage::MoveLine(from, to) => {
            let line = lines.remove(at(*from, count));
            lines.insert(at(*to, count), line);
        }
        Damage::Value(line, value) => {
            let with_value: Vec<usize> = (0..count).filter(|line| lines[*line].contains('=')).collect();
            if !with_value.is_empty() {
                let line = &mut lines[with_value[at(*line, with_value.len())]];
                let key = line.split('=').next().unwrap_or_default().to_owned();
                *line = format!("{key}= {value}");
            }
        }
        Damage::Letter(place, letter) => {
            let letters: Vec<usize> =
                text.char_indices().filter(|(_, c)| c.is_ascii_lowercase()).map(|(place, _)| place).collect();
            if !letters.is_empty() {
                let place = letters[at(*place, letters.len())];
                return format!("{}{letter}{}", &text[..place], &text[place + 1..]);
            }
        }
    }
    lines.join("\n")
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    damages.iter().fold(text.to_owned(), |text, damage| apply(&text, damage))
}

/// What begins a colour.
const ESCAPE: char = '\u{1b}';

/// Each diagnostic has a place in the text, which the rendering names.
fn sound(text: &str, diagnostics: &Diagnostics) -> Result<(), TestCaseError> {
    let rendered = diagnostics.render(false);
    prop_assert!(!rendered.contains(ESCAPE) && diagnostics.count() > 0);
    for diagnostic in diagnostics.iter() {
        let Some(at) = diagnostic.position else {
            return Err(TestCaseError::fail(format!("no place: {diagnostic:?}")));
        };
        let line = text.split('\n').nth(at.line - 1);
        let Some(line) = line else {
            return Err(TestCaseError::fail(format!("not a line: {diagnostic:?}")));
        };
        prop_assert!((1..=line.chars().count() + 1).contains(&at.column), "not a column: {:?}", diagnostic);
        let place = format!("{}:{}:{}", diagnostic.file, at.line, at.column);
        prop_assert!(rendered.contains(&place), "{} is not in\n{}", place, rendered);
    }
    let lines: Vec<usize> = diagnostics.iter().filter_map(|diagnostic| diagnostic.position).map(|at| at.line).collect();
    prop_assert!(lines.is_sorted());
    // With colours it is the same text.
    prop_assert!(diagnostics.render(true).contains(ESCAPE));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2000), ..ProptestConfig::default() })]

    #[test]
    fn damaged_plans(which in 0_usize..8, damages in proptest::collection::vec(damage(), 1..6)) {
        // The whole of the seed's plan now and then, a part of it otherwise: the parts are quicker, and are damaged more densely.
        let text = if which == 0 { damaged(&PLAN_TEXT, &damages) } else { damaged(&PLAN_PARTS[which - 1], &damages) };
        match Plan::parse("plan.toml", &text) {
            // What is taken can be used.
            Ok(plan) => {
                prop_assert_eq!(plan.latency_bounds().len(), plan.regions.len());
                prop_assert_eq!(plan.stack_config().sites.len(), plan.sites.len());
                let _ = plan.scaled(10);
            }
            Err(diagnostics) => sound(&text, &diagnostics)?,
        }
    }

    #[test]
    fn damaged_scenarios(which in 0_usize..3, damages in proptest::collection::vec(damage(), 1..6)) {
        let text = damaged(&SCENARIO_TEXTS[which], &damages);
        match Scenario::parse("scenario.toml", &text, &PLAN) {
            Ok(scenario) => {
                prop_assert!(!scenario.method.is_empty() || scenario.swarm.is_some());
                prop_assert!(scenario.method.iter().all(|step| step.at.low <= step.at.high && !step.name.is_empty()));
                prop_assert!(scenario.method.iter().all(|step| !step.fault.sites().is_empty()));
                prop_assert_eq!(PLAN.objectives(&scenario).regions.len(), 3);
            }
            Err(diagnostics) => sound(&text, &diagnostics)?,
        }
    }

    #[test]
    fn any_text(text in "\\PC{0,200}|[a-z\\[\\]{}\"'=.,# \n\r\t0-9_-]{0,300}") {
        if let Err(diagnostics) = Plan::parse("any.toml", &text) {
            sound(&text, &diagnostics)?;
        }
        if let Err(diagnostics) = Scenario::parse("any.toml", &text, &PLAN) {
            sound(&text, &diagnostics)?;
        }
    }
}
