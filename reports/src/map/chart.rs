//! Sites and links as SVG. A plan has no coordinates: the primary stands on the left, the others on an arc around it.

use super::{Picture, escaped};
use std::fmt::Write;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
/// More links than this are drawn without their labels.
const MOST_LABELS: usize = 15;

/// The drawing.
pub(super) fn svg(picture: &Picture) -> String {
    let places: Vec<(f64, f64)> = (0..picture.pins.len()).map(|place| position(place, picture.pins.len())).collect();
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Sites and links of {}\">",
        escaped(&picture.title)
    );
    links(&mut svg, picture, &places);
    for (pin, at) in picture.pins.iter().zip(&places) {
        site(&mut svg, pin, *at, picture.pins.len() > 6);
    }
    svg.push_str("</svg>");
    svg
}

/// Writing to a string cannot fail.
macro_rules! put {
    ($svg:expr, $($what:tt)*) => { let _ = write!($svg, $($what)*); };
}

fn links(svg: &mut String, picture: &Picture, places: &[(f64, f64)]) {
    let labelled = picture.lines.len() <= MOST_LABELS;
    let ends = |line: &super::Line| Some((*places.get(line.a)?, *places.get(line.b)?));
    for (line, (a, b)) in picture.lines.iter().filter_map(|line| Some((line, ends(line)?))) {
        let class = if line.a == 0 || line.b == 0 { "link main" } else { "link" };
        put!(svg, "<line class=\"{class}\" x1=\"{:.0}\" y1=\"{:.0}\" x2=\"{:.0}\" y2=\"{:.0}\"/>", a.0, a.1, b.0, b.1);
        if labelled {
            let middle = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
            let half = 5.0 + 4.0 * line.label.chars().count() as f64;
            put!(
                svg,
                "<rect class=\"tag\" x=\"{:.0}\" y=\"{:.0}\" width=\"{:.0}\" height=\"22\" rx=\"11\"/>",
                middle.0 - half,
                middle.1 - 11.0,
                2.0 * half
            );
            put!(
                svg,
                "<text class=\"trip\" x=\"{:.0}\" y=\"{:.0}\">{}</text>",
                middle.0,
                middle.1 + 4.0,
                escaped(&line.label)
            );
        }
    }
}

/// A circle that is filled as far as the capacity goes, with its name beside it.
fn site(svg: &mut String, pin: &super::Pin, (x, y): (f64, f64), small: bool) {
    let radius = if small { 18.0 } else { 30.0 };
    let around = std::f64::consts::TAU * radius;
    let filled = around * f64::from(pin.capacity_percent.min(100)) / 100.0;
    let class = if pin.role == "primary" { "site primary" } else { "site" };
    put!(svg, "<g class=\"{class}\"><circle class=\"ground\" cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"{radius}\"/>");
    put!(
        svg,
        "<circle class=\"capacity\" cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"{radius}\" stroke-dasharray=\"{filled:.1} {around:.1}\" \
         transform=\"rotate(-90 {x:.0} {y:.0})\"/>"
    );
    put!(svg, "<text class=\"percent\" x=\"{x:.0}\" y=\"{:.0}\">{} %</text>", y + 4.0, pin.capacity_percent);
    let below = y + radius + 18.0;
    put!(svg, "<text class=\"name\" x=\"{x:.0}\" y=\"{below:.0}\">{}</text>", escaped(&pin.name));
    if !small {
        let facts = std::iter::once(pin.role.as_str()).chain(pin.facts.iter().map(String::as_str));
        for (row, fact) in facts.enumerate() {
            let line = below + 15.0 * (row + 1) as f64;
            put!(svg, "<text class=\"fact\" x=\"{x:.0}\" y=\"{line:.0}\">{}</text>", escaped(fact));
        }
    }
    svg.push_str("</g>");
}

/// Two sites stand side by side, three in a triangle, more on an ellipse.
fn position(place: usize, count: usize) -> (f64, f64) {
    match (count, place) {
        (0 | 1, _) => (WIDTH / 2.0, HEIGHT / 2.0 - 20.0),
        (2, 0) | (3, 0) => (105.0, if count == 2 { 150.0 } else { 85.0 }),
        (2, _) => (530.0, 150.0),
        (3, 1) => (535.0, 60.0),
        (3, _) => (315.0, 235.0),
        _ => {
            let angle = std::f64::consts::PI + std::f64::consts::TAU * place as f64 / count as f64;
            let (across, down) = if count > 6 { (265.0, 135.0) } else { (230.0, 105.0) };
            (WIDTH / 2.0 + across * angle.cos(), HEIGHT / 2.0 - 22.0 + down * angle.sin())
        }
    }
}
