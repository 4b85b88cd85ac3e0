//! Throughput and latency over time, per region, from all that clients and probers asked.

use super::Run;
use firedrill_history::{Event, Purpose};
use firedrill_model::{OpId, Outcome, RegionId, Time};
use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;
use std::collections::BTreeMap;

/// The run is cut into so many intervals.
const BINS: usize = 160;
const SIZE: (u32, u32) = (1072, 250);
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x2f, 0x6f, 0xd0),
    RGBColor(0xc4, 0x62, 0x12),
    RGBColor(0x13, 0x8f, 0x83),
    RGBColor(0x8a, 0x3f, 0xa8),
    RGBColor(0x9a, 0x7a, 0x10),
    RGBColor(0x6b, 0x74, 0x85),
];

/// What one region saw in one interval.
#[derive(Clone, Default)]
struct Bin {
    succeeded: u32,
    probes: u32,
    probes_succeeded: u32,
    /// Of those that succeeded, in milliseconds.
    latencies: Vec<f64>,
}

/// What is plotted.
struct Series {
    /// Seconds of an interval.
    width: f64,
    regions: Vec<(RegionId, Vec<Bin>)>,
}

/// Both charts.
pub(super) fn section(run: &Run<'_>) -> Markup {
    let series = series(run);
    let throughput = |bin: &Bin| Some(f64::from(bin.succeeded) / series.width);
    let p99 = |bin: &Bin| percentile(&bin.latencies, 99);
    html! {
        h2 { "What clients saw over time" }
        @if series.regions.is_empty() {
            p { "No client asked for anything." }
        } @else {
            ul.legend {
                @for (place, (region, _)) in series.regions.iter().enumerate() {
                    @let RGBColor(r, g, b) = COLOURS[place % COLOURS.len()];
                    li { i style={ "background:rgb(" (r) "," (g) "," (b) ")" } {} (run.region(*region)) }
                }
                li { i style="background:var(--shade)" {} "less than 99.9 % of a region's probes succeeded" }
            }
            (chart(run, &series, "Operations that succeeded, a second", "operations / s", &throughput))
            (chart(run, &series, "Latency that 99 % of the operations stayed within", "ms", &p99))
        }
    }
}

fn series(run: &Run<'_>) -> Series {
    let width = (run.end.as_nanos() as f64 / 1e9 / BINS as f64).max(1e-3);
    let place = |t: Time| ((t.as_nanos() as f64 / 1e9 / width) as usize).min(BINS - 1);
    let mut open: BTreeMap<OpId, (Time, RegionId, Purpose)> = BTreeMap::new();
    let mut regions: BTreeMap<RegionId, Vec<Bin>> = BTreeMap::new();
    for event in &run.journal.events {
        match event {
            Event::Invoked { t, id, region, purpose, .. } => {
                open.insert(*id, (*t, *region, *purpose));
            }
            Event::Returned { t, id, outcome, .. } => {
                let Some((invoked, region, purpose)) = open.remove(id) else {
                    continue;
                };
                let bins = regions.entry(region).or_insert_with(|| vec![Bin::default(); BINS]);
                let probe = purpose == Purpose::Probe;
                // A probe counts where it was meant to be sent, an answer where it arrived.
                bins[place(invoked)].probes += u32::from(probe);
                if matches!(outcome, Outcome::Ok(_)) {
                    bins[place(invoked)].probes_succeeded += u32::from(probe);
                    let bin = &mut bins[place(*t)];
                    bin.succeeded += 1;
                    bin.latencies.push(t.since(invoked).as_secs_f64() * 1e3);
                }
            }
            _ => {}
        }
    }
    Series { width, regions: regions.into_iter().collect() }
}

fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied()
}

/// The intervals in which some region's level was violated.
fn shaded(series: &Series) -> Vec<(f64, f64)> {
    let violated = |bin: &Bin| bin.probes > 0 && u64::from(bin.probes_succeeded) * 1000 < u64::from(bin.probes) * 999;
    let any = |place: &usize| series.regions.iter().any(|(_, bins)| violated(&bins[*place]));
    (0..BINS).filter(any).map(|place| (place as f64 * series.width, (place + 1) as f64 * series.width)).collect()
}

fn chart(run: &Run<'_>, series: &Series, title: &str, unit: &str, value: &dyn Fn(&Bin) -> Option<f64>) -> Markup {
    let end = run.end.as_nanos() as f64 / 1e9;
    let mut svg = String::new();
    let drawn = draw(&mut svg, series, end, unit, value);
    html! {
        figure.scroll role="img" aria-label=(title) {
            @match drawn {
                Ok(()) => (PreEscaped(scalable(&svg))),
                Err(why) => p { "The chart could not be drawn: " (why) },
            }
            figcaption { (title) " (" (unit) "), over seconds since the run's start." }
        }
    }
}

/// The picture takes the width that it is given, and the page's colour for its text.
fn scalable(svg: &str) -> String {
    let fixed = format!("width=\"{}\" height=\"{}\" ", SIZE.0, SIZE.1);
    svg.replacen(&fixed, "", 1).replace("fill=\"#000000\"", "").replace("stroke=\"#000000\"", "stroke=\"currentColor\"")
}

fn draw(
    svg: &mut String,
    series: &Series,
    end: f64,
    unit: &str,
    value: &dyn Fn(&Bin) -> Option<f64>,
) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    // Where there is nothing to show, the line is broken.
    let line = |bins: &[Bin]| -> Vec<Vec<(f64, f64)>> {
        let mut pieces = vec![Vec::new()];
        for (place, bin) in bins.iter().enumerate() {
            match (value(bin), pieces.last_mut()) {
                (Some(value), Some(piece)) => piece.push(((place as f64 + 0.5) * series.width, value)),
                (None, Some(piece)) if !piece.is_empty() => pieces.push(Vec::new()),
                _ => {}
            }
        }
        pieces
    };
    let lines: Vec<Vec<Vec<(f64, f64)>>> = series.regions.iter().map(|(_, bins)| line(bins)).collect();
    let highest = lines.iter().flatten().flatten().map(|(_, value)| *value).fold(1.0, f64::max) * 1.08;
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(6)
        .x_label_area_size(26)
        .y_label_area_size(58)
        .build_cartesian_2d(0.0..end, 0.0..highest)
        .map_err(|error| told(&error))?;
    let outages = shaded(series);
    chart
        .draw_series(outages.iter().map(|(from, to)| {
            Rectangle::new([(*from, 0.0), (*to, highest)], RGBAColor(0xd6, 0x45, 0x50, 0.16).filled())
        }))
        .map_err(|error| told(&error))?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBAColor(0x80, 0x88, 0x98, 0.35))
        .x_labels(10)
        .y_labels(5)
        .x_label_formatter(&|value| format!("{value:.0}"))
        .y_label_formatter(&|value| format!("{value:.0}"))
        .y_desc(unit)
        .label_style(("sans-serif", 13))
        .draw()
        .map_err(|error| told(&error))?;
    for (place, pieces) in lines.into_iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        for piece in pieces {
            chart.draw_series(LineSeries::new(piece, colour.stroke_width(2))).map_err(|error| told(&error))?;
        }
    }
    root.present().map_err(|error| told(&error))
}
