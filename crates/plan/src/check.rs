//! `firedrill check FILE…`: is a file right, and what is it.

use crate::diagnostic::Diagnostics;
use crate::document::PlanDocument;
use crate::load::{scenario_and_plan, text_of};
use crate::plan::Plan;
use crate::scenario::Scenario;
use crate::source::Source;
use std::path::Path;
use toml::de::DeTable;

/// Keys and sections that only scenarios have.
const OF_SCENARIOS: [&str; 10] =
    ["plan", "tags", "workload", "steady_state", "method", "swarm", "defences", "physics", "rollbacks", "objectives"];

/// A file in which nothing is wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Checked {
    /// A plan.
    Plan(Box<Plan>),
    /// A scenario, with the plan that it names.
    Scenario(Box<Plan>, Box<Scenario>),
}

impl Checked {
    /// What it is, in a line.
    pub fn summary(&self) -> String {
        match self {
            Checked::Plan(plan) => format!("plan \"{}\": {}", plan.title, of_plan(plan)),
            Checked::Scenario(plan, scenario) => {
                format!("scenario \"{}\" on plan \"{}\": {}", scenario.title, plan.title, of_scenario(scenario))
            }
        }
    }
}

/// Reads a plan or a scenario (with its plan), whichever it is.
///
/// # Errors
/// If a file cannot be read, is neither, or all that is wrong with it.
pub fn check_file(path: &Path) -> Result<Checked, Diagnostics> {
    let file = path.display().to_string();
    let text = text_of(path, &file)?;
    let source = Source { file: &file, text: &text };
    let (root, _) = DeTable::parse_recoverable(&text);
    let count = |keys: &[&str]| root.get_ref().keys().filter(|key| keys.contains(&key.get_ref().as_ref())).count();
    let (plans, scenarios) = (count(of_plans()), count(&OF_SCENARIOS));
    if plans == 0 && scenarios == 0 {
        let advice =
            "a plan has `[[site]]`, `[raft]`, `[detection]` …; a scenario has `plan`, and `[[method]]` or `[swarm]`"
                .to_owned();
        let diagnostic = source.diagnostic(&(0..0), "this is neither a plan nor a scenario".to_owned(), Some(advice));
        return Err(Diagnostics::from_list(vec![diagnostic]));
    }
    if plans > scenarios {
        Plan::parse(&file, &text).map(|plan| Checked::Plan(Box::new(plan)))
    } else {
        scenario_and_plan(path, source).map(|(plan, scenario)| Checked::Scenario(Box::new(plan), Box::new(scenario)))
    }
}

/// Keys and sections that only plans have: all but the title.
fn of_plans() -> &'static [&'static str] {
    &PlanDocument::ROOT[1..]
}

fn of_plan(plan: &Plan) -> String {
    let detection = crate::orderings::detection_total(plan);
    format!(
        "{}, {}, {}; detection {} s; {} ours",
        counted(plan.sites.len(), "site"),
        counted(plan.regions.len(), "region"),
        counted(plan.services.len(), "service"),
        detection.as_secs_f64(),
        counted(plan.assumptions.len(), "figure")
    )
}

fn of_scenario(scenario: &Scenario) -> String {
    let mut parts = Vec::new();
    if !scenario.method.is_empty() {
        let names: Vec<&str> = scenario.method.iter().map(|step| step.name.as_str()).collect();
        parts.push(format!("{} ({})", counted(names.len(), "step"), names.join(", ")));
    }
    if let Some(swarm) = &scenario.swarm {
        parts.push(format!("a swarm of {} for {} s", counted(swarm.kinds.len(), "kind"), swarm.lasts.as_secs_f64()));
    }
    parts.join(" and ")
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
