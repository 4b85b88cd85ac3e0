//! The plan that the answers make.

use super::answers::{Answers, SiteCount};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

const TEMPLATE: &str = include_str!("template.toml");
/// From clients to the nearest site, in milliseconds.
const LOCAL_MS: u64 = 5;
/// What is not critical waits longer.
const SLOW_RTO: Duration = Duration::from_secs(8 * 3600);
/// What is not critical may lose more.
const SLOW_RPO: Duration = Duration::from_secs(3600);

/// The text of the plan; `file` is what it is going to be called.
pub fn plan(answers: &Answers, file: &Path) -> String {
    let timing = Timing::of(answers);
    let (rto, rpo) = (answers.rto.as_secs(), answers.rpo.as_secs());
    // A backup that is made less often than the RPO could not keep it.
    let backup_kind = if rpo == 0 { "stream" } else { "incremental" };
    let slow_rto = SLOW_RTO.max(answers.rto * 2);
    let values = [
        ("file", file.display().to_string()),
        ("title", answers.title.clone()),
        ("sites", sites(answers)),
        ("links", links(answers)),
        ("regions", regions(answers)),
        ("rto_s", rto.to_string()),
        ("rpo_s", rpo.to_string()),
        ("slow_rto_s", slow_rto.as_secs().to_string()),
        ("slow_rpo_s", SLOW_RPO.max(answers.rpo).as_secs().to_string()),
        ("heartbeat_ms", (timing.election_ms / 5).to_string()),
        ("election_ms", timing.election_ms.to_string()),
        ("check_ms", timing.check_ms.to_string()),
        ("copy_ms", timing.check_ms.to_string()),
        ("retries", Timing::RETRIES.to_string()),
        ("detection_s", Duration::from_millis(timing.check_ms * (Timing::RETRIES + 1)).as_secs_f64().to_string()),
        ("second", answers.sites[1].clone()),
        ("backup_s", rpo.to_string()),
        ("backup_kind", backup_kind.to_owned()),
        // Detection, readiness, old DNS answers and a restore fit into the RTO together.
        ("dns_s", (rto / 20).clamp(1, 30).to_string()),
        ("restore_s", (rto / 4).to_string()),
        ("slow_restore_s", (slow_rto.as_secs() / 4).to_string()),
    ];
    fill(TEMPLATE, &values)
}

/// Each `{name}` of these names by its value, in one walk: a value is never filled in itself.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        text.push_str(before);
        let value =
            values.iter().find(|(name, _)| from[1..].strip_prefix(name).is_some_and(|end| end.starts_with('}')));
        match value {
            Some((name, value)) => {
                text.push_str(value);
                rest = &from[name.len() + 2..];
            }
            None => {
                text.push('{');
                rest = &from[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// Figures that must be in order with the round trips: an election timeout is at least 4 of them (here 10), a health check waits for at least 4,
/// and detection takes longer than an election may (2 election timeouts and 2 round trips).
struct Timing {
    election_ms: u64,
    check_ms: u64,
}

impl Timing {
    /// Detection takes four times a check's timeout, which is at least an election timeout.
    const RETRIES: u64 = 3;

    fn of(answers: &Answers) -> Timing {
        let longest = answers.round_trips_ms.iter().copied().max().unwrap_or_default();
        let election_ms = (longest * 10).max(1000);
        Timing { election_ms, check_ms: election_ms.max(2000) }
    }
}

fn sites(answers: &Answers) -> String {
    let mut text = String::new();
    for (place, name) in answers.sites.iter().enumerate() {
        let (role, capacity, comment) = match (place, answers.count) {
            (0, _) => ("primary", 100, ""),
            (1, _) => ("secondary", 100, ""),
            (_, SiteCount::Three) => ("tertiary", 50, ""),
            (_, SiteCount::Two) => ("witness", 1, WITNESS),
        };
        let _ =
            write!(text, "\n{comment}[[site]]\nname = \"{name}\"\nrole = \"{role}\"\ncapacity_percent = {capacity}\n");
        if role == "secondary" {
            let readiness = (answers.rto.as_secs() / 4).min(60);
            let _ = writeln!(text, "readiness_s = {readiness} # measure: from the decision until it serves");
        }
    }
    text
}

/// Why two sites need a third vote.
const WITNESS: &str = "\
# Two sites alone can't tell a lost site from a lost link. The witness is the third vote: it may be small, and must be elsewhere, so that nothing
# takes it and another site at once. It serves nobody.
";

/// The pairs of sites, in the order of the answers' round trips.
pub fn pairs() -> [(usize, usize); 3] {
    [(0, 1), (0, 2), (1, 2)]
}

fn links(answers: &Answers) -> String {
    let mut text = String::new();
    for ((a, b), round_trip) in pairs().into_iter().zip(&answers.round_trips_ms) {
        let (a, b) = (&answers.sites[a], &answers.sites[b]);
        let _ = write!(text, "\n[[link]]\nbetween = [\"{a}\", \"{b}\"]\nround_trip_ms = {round_trip}\n");
    }
    text
}

/// Clients near each site that serves.
fn regions(answers: &Answers) -> String {
    let serving = match answers.count {
        SiteCount::Two => 2,
        SiteCount::Three => 3,
    };
    let mut text = String::new();
    for (near, name) in answers.sites.iter().enumerate().take(serving) {
        let trip = |to: usize| {
            let link = pairs().iter().position(|pair| *pair == (near.min(to), near.max(to)));
            LOCAL_MS + link.map_or(0, |link| answers.round_trips_ms[link])
        };
        let trips: Vec<String> =
            answers.sites.iter().enumerate().map(|(to, site)| format!("{site} = {}", trip(to))).collect();
        let _ = write!(text, "\n[[region]]\nname = \"near-{name}\"\nround_trip_ms = {{ {} }}\n", trips.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_plan::Plan;

    fn answers(count: SiteCount, round_trips_ms: [u64; 3], rto_s: u64, rpo_s: u64) -> Answers {
        Answers {
            round_trips_ms,
            rto: Duration::from_secs(rto_s),
            rpo: Duration::from_secs(rpo_s),
            ..Answers::usual(count)
        }
    }

    #[test]
    fn whatever_is_answered_makes_a_plan_that_is_right() {
        for count in [SiteCount::Two, SiteCount::Three] {
            for trips in [[1, 1, 1], [12, 8, 10], [80, 250, 170], [2000, 1, 2000]] {
                for (rto, rpo) in [(300, 0), (900, 5), (86_400, 3600), (2_592_000 / 2, 86_400)] {
                    let text = plan(&answers(count, trips, rto, rpo), Path::new("plan.toml"));
                    let plan = Plan::parse("plan.toml", &text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
                    assert_eq!((plan.sites.len(), plan.services[0].rto), (3, Duration::from_secs(rto)));
                }
            }
        }
    }

    #[test]
    fn answers_are_not_filled_in_themselves() {
        let values = [("a", "{b}".to_owned()), ("b", "x".to_owned())];
        assert_eq!(fill("{a} {b} {c} {", &values), "{b} x {c} {");
    }
}
