//! The whole page.

use super::{FindingBox, Picture, State, Weight, chart, escaped, table};
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");

/// Writing to a string cannot fail.
macro_rules! put {
    ($html:expr, $($what:tt)*) => { let _ = write!($html, $($what)*); };
}

/// The page of a plan.
pub fn html(picture: &Picture) -> String {
    let title = escaped(&picture.title);
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}: what survives which loss</title><style>{STYLE}</style></head><body><header><div><h1>{title}</h1>\
         <p>What the plan's own figures say, before a disaster does. {}</p></div>",
        escaped(&picture.file)
    );
    counts(&mut html, picture);
    html.push_str("</header><main><section class=\"top\">");
    put!(
        html,
        "<figure>{}<figcaption>Sites by capacity, links by round trip</figcaption></figure>",
        chart::svg(picture)
    );
    worst(&mut html, picture);
    html.push_str("</section><section><div class=\"line\"><h2>What survives which loss</h2>");
    legend(&mut html);
    html.push_str("</div>");
    html.push_str(&table::html(picture));
    for left_out in &picture.left_out {
        put!(html, "<p class=\"left-out\">Not shown: {}.</p>", escaped(left_out));
    }
    html.push_str("</section>");
    if !picture.findings.is_empty() {
        html.push_str("<section><h2>Findings</h2>");
        picture.findings.iter().enumerate().for_each(|(place, finding)| whole(&mut html, place, finding));
        html.push_str("</section>");
    }
    html.push_str("</main></body></html>\n");
    html
}

fn counts(html: &mut String, picture: &Picture) {
    let cells = || picture.rows.iter().flat_map(|row| &row.cells);
    let met = cells().filter(|cell| cell.state == State::Survives).count();
    let count = |weight: Weight| picture.findings.iter().filter(|finding| finding.weight == weight).count();
    let boxes = [
        (met, "of the cells below hold", "good", cells().count()),
        (count(Weight::Error), "errors", "error", 0),
        (count(Weight::Warning), "warnings", "warning", 0),
        (count(Weight::Note), "notes", "note", 0),
    ];
    html.push_str("<div class=\"counts\">");
    for (number, what, class, of) in boxes {
        let of = if of > 0 { format!("<small> / {of}</small>") } else { String::new() };
        put!(html, "<div class=\"{class}\"><b>{number}{of}</b>{what}</div>");
    }
    html.push_str("</div>");
}

/// The findings that a board should see first.
fn worst(html: &mut String, picture: &Picture) {
    const MOST: usize = 9;
    html.push_str("<div class=\"worst\"><h2>What the plan promises and cannot keep</h2><ul>");
    let open = picture.findings.iter().enumerate().filter(|(_, finding)| finding.weight == Weight::Error);
    for (place, finding) in open.clone().take(MOST) {
        put!(
            html,
            "<li><a href=\"#f{place}\"><code>{}</code> {}</a></li>",
            escaped(&finding.code),
            escaped(&finding.message)
        );
    }
    html.push_str("</ul>");
    match open.count() {
        0 => html.push_str("<p>Nothing that arithmetic can refute.</p>"),
        count if count > MOST => {
            put!(html, "<p>and {} more, below</p>", count - MOST);
        }
        _ => {}
    }
    html.push_str("</div>");
}

fn legend(html: &mut String) {
    html.push_str("<p class=\"legend\">");
    let states = [
        (State::Survives, "survives"),
        (State::Disputed, "disputed"),
        (State::Unstated, "unstated"),
        (State::Lost, "lost"),
    ];
    for (state, class) in states {
        put!(html, "<span class=\"{class}\"></span>{} ", table::words(state));
    }
    html.push_str("</p>");
}

fn whole(html: &mut String, place: usize, finding: &FindingBox) {
    let class = match finding.weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "note",
        Weight::Accepted => "accepted",
    };
    put!(
        html,
        "<details id=\"f{place}\" class=\"finding {class}\"><summary><code>{}</code> <i>{class}</i> {}</summary>",
        escaped(&finding.code),
        escaped(&finding.message)
    );
    let list = |html: &mut String, items: &[String], class: &str| {
        if !items.is_empty() {
            put!(html, "<ul class=\"{class}\">");
            for item in items {
                put!(html, "<li>{}</li>", escaped(item));
            }
            html.push_str("</ul>");
        }
    };
    list(html, &finding.places, "places");
    list(html, &finding.arithmetic, "sums");
    if !finding.mend.is_empty() {
        put!(html, "<p><b>Mend:</b> {}</p>", escaped(&finding.mend));
    }
    html.push_str("</details>");
}
