//! JUnit XML, as CI servers read it.
//!
//! A run is a suite; each objective, check and fault is a case. *Fail* is a failure; *unknown* is an error and *beyond the plan* a failure, for
//! neither may look green. A campaign is a suite with a case for the whole and one for each seed that did not pass.

use crate::campaign::CampaignReport;
use crate::reproduce;
use crate::run::RunReport;
use firedrill_checks::judgement::CheckKind;
use firedrill_checks::{Judgement, Verdict};
use firedrill_history::{Event, Journal};
use junit_report::{Duration, ReportBuilder, TestCase, TestCaseBuilder, TestSuiteBuilder};

/// One run, from its journal alone. The same journal and judgement give the same bytes.
///
/// # Errors
/// If the XML can't be made.
pub fn run(journal: &Journal, judgement: &Judgement, digest: &str) -> Result<String, String> {
    let manifest = &journal.manifest;
    let end = journal.events.iter().map(Event::t).max().unwrap_or_default();
    let length = Duration::nanoseconds(i64::try_from(end.as_nanos()).unwrap_or(i64::MAX));
    let mut cases = vec![case("verdict", "run", judgement.verdict, length, &reproduce::line(manifest, digest))];
    for of in &judgement.objectives {
        let achieved = of.achieved.map_or_else(|| "not known".to_owned(), |value| format!("{value:.3} {}", of.unit));
        let why = format!("{} (target {:.3} {}, achieved {achieved})", of.why, of.target, of.unit);
        cases.push(case(&format!("{} of {}", of.name, of.subject), "objective", of.verdict, Duration::ZERO, &why));
    }
    for of in &judgement.checks {
        let class = if of.kind == CheckKind::Client { "check" } else { "invariant" };
        cases.push(case(&of.name, class, of.verdict, Duration::ZERO, &of.why));
    }
    for of in &judgement.faults {
        let why = format!(
            "scheduled {}, struck {}: {}",
            of.scheduled,
            of.struck,
            of.mechanism.as_deref().unwrap_or("no mechanism here")
        );
        cases.push(case(&of.name, "fault", of.verdict, Duration::ZERO, &why));
    }
    let name = format!("{} seed {} in {}", manifest.scenario_path, manifest.seed, manifest.world);
    let began = i64::try_from(journal.environment.began_unix_s).unwrap_or(0);
    write(&name, began, cases)
}

/// A campaign: `troubled` are the seeds that did not pass.
///
/// # Errors
/// If the XML can't be made.
pub fn campaign(report: &CampaignReport, troubled: &[RunReport]) -> Result<String, String> {
    let name = format!("{} from seed {} in {}", report.scenario, report.first_seed, report.world);
    let summary = serde_json::to_string(&report.summary).map_err(|error| error.to_string())?;
    let mut cases = vec![case(
        "campaign",
        "campaign",
        report.summary.verdict,
        Duration::seconds_f64(report.wall_seconds),
        &summary,
    )];
    for run in troubled {
        let first = run.checks.iter().map(|of| (of.verdict, &of.name, &of.why));
        let first = first.chain(run.objectives.iter().map(|of| (of.verdict, &of.name, &of.why)));
        let why =
            first.filter(|(verdict, ..)| *verdict != Verdict::Pass).map(|(_, name, why)| format!("{name}: {why}\n"));
        let destroyed = run.beyond_plan.iter().map(|destruction| format!("{}\n", destruction.why));
        let why = format!("{}{}", destroyed.chain(why).collect::<String>(), run.reproduce);
        cases.push(case(
            &format!("seed {}", run.seed),
            "seed",
            run.verdict,
            Duration::seconds_f64(run.wall_seconds),
            &why,
        ));
    }
    write(&name, 0, cases)
}

fn case(name: &str, class: &str, verdict: Verdict, time: Duration, why: &str) -> TestCase {
    let mut case = match verdict {
        Verdict::Pass => TestCaseBuilder::success(name, time).set_system_out(why).to_owned(),
        Verdict::Fail => TestCaseBuilder::failure(name, time, "fail", why),
        Verdict::BeyondPlan => TestCaseBuilder::failure(name, time, "beyond-plan", why),
        Verdict::Unknown => TestCaseBuilder::error(name, time, "unknown", why),
    };
    case.set_classname(&format!("firedrill.{class}")).build()
}

fn write(name: &str, began_unix_s: i64, cases: Vec<TestCase>) -> Result<String, String> {
    let began = junit_report::OffsetDateTime::from_unix_timestamp(began_unix_s).map_err(|error| error.to_string())?;
    let suite = TestSuiteBuilder::new(name).set_timestamp(began).add_testcases(cases).build();
    let mut xml = Vec::new();
    ReportBuilder::new().add_testsuite(suite).build().write_xml(&mut xml).map_err(|error| error.to_string())?;
    String::from_utf8(xml).map_err(|error| error.to_string())
}
