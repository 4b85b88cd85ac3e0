//! One loss of the matrix as a scenario file, ready to run.

use firedrill_model::SiteSet;
use firedrill_plan::analysis::{Loss, Matrix};

/// The plan's file, beside the scenarios.
pub const PLAN_FILE: &str = "plan.toml";

/// The scenario that exercises a row of the matrix; why not, if no kind of fault does what is lost there.
pub fn of(matrix: &Matrix, row: usize) -> Result<String, String> {
    let (loss, after) = &matrix.rows[row];
    let model = &matrix.model;
    let method = match loss {
        Loss::Sites(sites) => method("site-loss", &model.names(*sites), &[], ""),
        Loss::Link(a, b) => method("partition", &[model.sites[*a].name.clone()], &[model.sites[*b].name.clone()], ""),
        Loss::Cut(from) => {
            let others: SiteSet = model.all().iter().filter(|site| !from.contains(*site)).collect();
            method("partition-one-way", &model.names(*from), &model.names(others), "direction = \"to\"\n")
        }
        Loss::Dependency(_) => return Err("there is no kind of fault that takes a dependency away".to_owned()),
        Loss::Corruption => {
            return Err("there is no kind of fault that corrupts what all replicas then copy".to_owned());
        }
    };
    let words = loss.words(model);
    let said: Vec<String> = (0..model.services.len())
        .flat_map(|place| {
            let column = firedrill_plan::analysis::Column::Service(place);
            let lines = matrix.arithmetic(row, column);
            std::iter::once(format!("{}:", model.services[place].name))
                .chain(lines.into_iter().map(|line| format!("  {line}")))
        })
        .map(|line| format!("# {line}\n"))
        .collect();
    let failover = if after.failover() { "failovers_expected = 1\n" } else { "" };
    Ok(format!(
        "# Made by `firedrill plan drills`: {words}. What the plan's own figures say:\n#\n{}\n\
         title = \"{words}\"\nplan = \"{PLAN_FILE}\"\ntags = [\"drill\", \"generated\"]\n\n\
         [workload]\nclients_per_region = 2\noperations_per_s = 1.0\nkeys = 10\nread_percent = 60\ncas_percent = 10\ndeadline_s = 5\n\
         probes_per_s = 20\nprobes_calm_per_s = 1\n\n[steady_state]\nwarmup_s = 30\n\n{method}\n\
         # What is lost stays lost: recovery must come from what is left.\n[rollbacks]\nundo = \"none\"\n\n\
         [objectives]\nrto = true\n{failover}",
        said.concat()
    ))
}

fn method(action: &str, target: &[String], peers: &[String], more: &str) -> String {
    let list = |names: &[String]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        format!("[{}]", quoted.join(", "))
    };
    let peers = if peers.is_empty() { String::new() } else { format!("peers = {}\n", list(peers)) };
    format!(
        "[[method]]\nname = \"loss\"\naction = \"{action}\"\ntarget = {}\n{peers}{more}at_s = [10, 20]\n",
        list(target)
    )
}
