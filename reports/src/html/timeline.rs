//! A lane per site: when it led, what it told; above them the faults, below them the steps of failovers.

use super::Run;
use firedrill_history::{Event, Phase};
use firedrill_model::{Fault, FaultId, Observation, Role, SiteId, Time};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

const WIDTH: f64 = 1072.0;
const LEFT: f64 = 132.0;
const ROW: f64 = 30.0;
/// More rows of faults than that are not drawn; the list of faults has them all.
const FAULT_ROWS: usize = 8;
/// More marks in a lane than that are thinned out.
const MARKS: usize = 300;

/// Something that lasts.
struct Bar {
    from: Time,
    to: Time,
    class: &'static str,
    text: String,
    told: String,
}

/// Something that happened at an instant.
struct Mark {
    t: Time,
    class: &'static str,
    told: String,
}

/// A row of the picture.
struct Lane {
    name: String,
    bars: Vec<Bar>,
    marks: Vec<Mark>,
}

/// The picture and its legend.
pub(super) fn section(run: &Run<'_>) -> Markup {
    let mut lanes = fault_lanes(run);
    lanes.extend(site_lanes(run));
    lanes.push(failover_lane(run));
    lanes.retain(|lane| !lane.name.is_empty());
    html! {
        h2 { "What happened, site by site" }
        ul.legend {
            li { i style="background:var(--down)" {} "fault" }
            li { i style="background:var(--leader)" {} "leads" }
            li { i style="background:var(--b)" {} "step of a failover, as a site told it" }
            li { i style="background:var(--c)" {} "another telling (point at it to read it)" }
        }
        figure.scroll {
            (picture(run, &lanes))
            figcaption { "Seconds since the run's start. Dashed lines: where the faults begin, and where they are healed." }
        }
    }
}

fn picture(run: &Run<'_>, lanes: &[Lane]) -> Markup {
    let height = lanes.len() as f64 * ROW + 40.0;
    let bottom = lanes.len() as f64 * ROW + 8.0;
    let at = |t: Time| LEFT + (WIDTH - LEFT - 8.0) * (t.as_nanos() as f64 / run.end.as_nanos().max(1) as f64);
    let number = |value: f64| format!("{value:.1}");
    html! {
        svg viewBox={ "0 0 " (number(WIDTH)) " " (number(height)) } role="img" aria-label="Timeline of the run, a lane per site" {
            @for tick in ticks(run.end) {
                line.grid x1=(number(at(tick))) x2=(number(at(tick))) y1="4" y2=(number(bottom)) {}
                text.muted x=(number(at(tick))) y=(number(bottom + 16.0)) font-size="12" text-anchor="middle" { (tick.as_nanos() / 1_000_000_000) }
            }
            @for (t, name) in phases(run) {
                line x1=(number(at(t))) x2=(number(at(t))) y1="4" y2=(number(bottom)) stroke="var(--soft)" stroke-dasharray="5 4" { title { (name) " phase begins at " (t) } }
            }
            @for (place, lane) in lanes.iter().enumerate() {
                @let y = place as f64 * ROW + 6.0;
                text x="0" y=(number(y + 15.0)) font-size="13" { (lane.name) }
                line.grid x1=(number(LEFT)) x2=(number(WIDTH - 8.0)) y1=(number(y + 22.0)) y2=(number(y + 22.0)) {}
                @for bar in &lane.bars {
                    @let width = (at(bar.to) - at(bar.from)).max(3.0);
                    g {
                        title { (bar.told) }
                        rect x=(number(at(bar.from))) y=(number(y + 2.0)) width=(number(width)) height="18" rx="3" fill=(bar.class) fill-opacity="0.85" {}
                        @if width > 9.0 * bar.text.len() as f64 {
                            text x=(number(at(bar.from) + 6.0)) y=(number(y + 15.0)) font-size="12" style="fill:var(--paper)" { (bar.text) }
                        }
                    }
                }
                @for mark in &lane.marks {
                    rect x=(number(at(mark.t) - 2.0)) y=(number(y + 4.0)) width="4" height="14" fill=(mark.class) { title { (mark.told) } }
                }
            }
        }
    }
}

/// Five to ten round instants.
fn ticks(end: Time) -> Vec<Time> {
    let seconds = (end.as_nanos() / 1_000_000_000).max(1);
    let steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 86_400];
    let step = steps.into_iter().find(|step| seconds / step <= 10).unwrap_or(seconds / 8 + 1);
    (0..=seconds / step).map(|count| Time::from_secs(count * step)).collect()
}

fn phases<'a>(run: &'a Run<'_>) -> impl Iterator<Item = (Time, &'static str)> + 'a {
    run.journal.events.iter().filter_map(|event| match event {
        Event::PhaseBegan { t, phase: Phase::Hurt } => Some((*t, "hurt")),
        Event::PhaseBegan { t, phase: Phase::Heal } => Some((*t, "heal")),
        _ => None,
    })
}

/// Faults packed into as few rows as they need.
fn fault_lanes(run: &Run<'_>) -> Vec<Lane> {
    let mut rows: Vec<Vec<Bar>> = Vec::new();
    let mut left_out = 0;
    for bar in fault_bars(run) {
        let row = rows.iter().position(|row| row.last().is_none_or(|last| last.to <= bar.from));
        match row {
            Some(row) => rows[row].push(bar),
            None if rows.len() < FAULT_ROWS => rows.push(vec![bar]),
            None => left_out += 1,
        }
    }
    let name = |place: usize| match (place, left_out) {
        (0, _) => "faults".to_owned(),
        (place, more) if place + 1 == FAULT_ROWS && more > 0 => format!("  and {more} more"),
        _ => "\u{a0}".to_owned(),
    };
    rows.into_iter().enumerate().map(|(place, bars)| Lane { name: name(place), bars, marks: Vec::new() }).collect()
}

fn fault_bars(run: &Run<'_>) -> Vec<Bar> {
    let mut ends: BTreeMap<FaultId, Vec<Time>> = BTreeMap::new();
    for event in &run.journal.events {
        if let Event::FaultEnded { t, fault } = event {
            ends.entry(*fault).or_default().push(*t);
        }
    }
    let bar = |event: &Event| {
        let Event::FaultBegan { t, fault, struck, mechanism, .. } = event else {
            return None;
        };
        let end = ends.get(fault).and_then(|ends| ends.iter().find(|end| *end >= t)).copied();
        let name = run.fault(fault.index());
        let how = match mechanism {
            Some(mechanism) if *struck => mechanism.clone(),
            Some(mechanism) => format!("{mechanism}; it struck nothing"),
            None => "no mechanism here".to_owned(),
        };
        let until = end.map_or_else(|| "for good".to_owned(), |end| format!("until {end}"));
        let told = format!("{name}: {t} {until} ({how})");
        Some(Bar { from: *t, to: end.unwrap_or(run.end), class: "var(--down)", text: name.to_owned(), told })
    };
    run.journal.events.iter().filter_map(bar).collect()
}

fn site_lanes(run: &Run<'_>) -> Vec<Lane> {
    let sites = u8::try_from(run.manifest().config.sites.len()).unwrap_or(u8::MAX);
    (0..sites).map(|site| site_lane(run, SiteId(site))).collect()
}

fn site_lane(run: &Run<'_>, site: SiteId) -> Lane {
    let mut lane = Lane { name: run.site(site).to_owned(), bars: Vec::new(), marks: Vec::new() };
    let mut led: Option<(Time, String)> = None;
    let close = |led: &mut Option<(Time, String)>, to: Time, bars: &mut Vec<Bar>| {
        if let Some((from, term)) = led.take() {
            let told = format!("leads in {term} from {from} to {to}");
            bars.push(Bar { from, to, class: "var(--leader)", text: term, told });
        }
    };
    for event in &run.journal.events {
        if let Event::FaultBegan { t, fault, struck: true, .. } = event
            && run.manifest().schedule.get(fault.index()).is_some_and(|fault| ends_process(&fault.fault, site))
        {
            close(&mut led, *t, &mut lane.bars);
        }
        let Event::Observed { t, site: told_by, observation, .. } = event else {
            continue;
        };
        if *told_by != site {
            continue;
        }
        match observation {
            Observation::RoleChanged { role: Role::Leader, term } => {
                close(&mut led, *t, &mut lane.bars);
                led = Some((*t, term.to_string()));
            }
            Observation::RoleChanged { .. } => close(&mut led, *t, &mut lane.bars),
            Observation::Started => {
                close(&mut led, *t, &mut lane.bars);
                lane.marks.push(Mark { t: *t, class: "var(--c)", told: format!("{t}: its process started") });
            }
            other => lane.marks.extend(mark(run, *t, other)),
        }
    }
    close(&mut led, run.end, &mut lane.bars);
    thin(&mut lane.marks);
    lane
}

/// Whether a fault ends the process of a site, so that it leads no more and can't say so.
fn ends_process(fault: &Fault, site: SiteId) -> bool {
    match fault {
        Fault::SiteLoss { sites } | Fault::PowerLoss { sites } => sites.contains(site),
        Fault::Crash { site: ended, .. } | Fault::Shutdown { site: ended } | Fault::DiskLoss { site: ended } => {
            *ended == site
        }
        _ => false,
    }
}

/// What deserves a mark.
fn mark(run: &Run<'_>, t: Time, observation: &Observation) -> Option<Mark> {
    if let Some(told) = step(run, observation) {
        return Some(Mark { t, class: "var(--b)", told: format!("{t}: {told}") });
    }
    let told = match observation {
        Observation::PeerUp { peer } => format!("{} answers again", run.site(*peer)),
        Observation::SiteReturned { site } => format!("{} has returned, as a standby", run.site(*site)),
        Observation::Recovered { damaged, .. } if *damaged => "recovered from disk, with damage".to_owned(),
        Observation::Recovered { last_index, .. } => format!("recovered from disk up to {last_index}"),
        Observation::SyncSetChanged { members, .. } => {
            let names: Vec<&str> = members.iter().map(|site| run.site(site)).collect();
            format!(
                "synchronous copies of the log: {}",
                if names.is_empty() { "none".into() } else { names.join(", ") }
            )
        }
        Observation::LossDeclared { after, .. } => format!("goes on after {after} with a declared loss"),
        Observation::TailCut { records, .. } => format!("cut {records} records that another epoch had gone past"),
        Observation::HoleFound { from, to, .. } => format!("found {from} to {to} damaged"),
        Observation::HoleRefilled { from, to, source, .. } => {
            format!("refilled {from} to {to} from {}", run.site(*source))
        }
        Observation::SnapshotInstalled { index, source } => {
            format!("took over a snapshot as of {index} from {}", run.site(*source))
        }
        Observation::DiskReplaced => "its disk is new: refilled as a learner, which does not vote".to_owned(),
        Observation::Diverged { index } => format!("stopped: a leader contradicts {index}"),
        Observation::DiskFailed { error } => format!("stopped: its disk failed ({error})"),
        _ => return None,
    };
    Some(Mark { t, class: "var(--c)", told: format!("{t}: {told}") })
}

/// A step of a failover, in words.
fn step(run: &Run<'_>, observation: &Observation) -> Option<String> {
    Some(match observation {
        Observation::PeerDown { peer } => format!("{} counts as down", run.site(*peer)),
        Observation::FailoverDecided { failed, .. } => format!("failover of {} decided", run.site(*failed)),
        Observation::EpochRaised { epoch, primary } => format!("{epoch}, primary {}", run.site(*primary)),
        Observation::RedirectPrepared { .. } => "redirect prepared".to_owned(),
        Observation::ServicePromoted { service, .. } => format!("{} promoted", run.service(*service)),
        Observation::DnsChanged { service, .. } => format!("DNS of {} changed", run.service(*service)),
        Observation::FailoverCompleted { .. } => "failover completed".to_owned(),
        _ => return None,
    })
}

/// The first telling of each step, whoever told it.
fn failover_lane(run: &Run<'_>) -> Lane {
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut marks = Vec::new();
    for event in &run.journal.events {
        if let Event::Observed { t, observation, .. } = event
            && let Some(text) = step(run, observation)
            && told.insert(text.clone())
        {
            marks.push(Mark { t: *t, class: "var(--b)", told: format!("{t}: {text}") });
        }
    }
    let name = if marks.is_empty() { String::new() } else { "failover".to_owned() };
    thin(&mut marks);
    Lane { name, bars: Vec::new(), marks }
}

/// Every so many-th mark, where there are too many to be told apart.
fn thin(marks: &mut Vec<Mark>) {
    let every = marks.len().div_ceil(MARKS).max(1);
    let mut place = 0;
    marks.retain(|_| {
        place += 1;
        (place - 1) % every == 0
    });
}
