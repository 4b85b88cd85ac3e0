//! The page of a plan: self-contained, and whatever is in a plan stays text.

use firedrill_reports::map::{Cell, FindingBox, Head, Kind, Line, Picture, Pin, Row, State, Weight, html};

fn picture(sites: usize, name: &str) -> Picture {
    let pin = |place: usize| Pin {
        name: format!("{name}{place}"),
        role: if place == 0 { "primary".to_owned() } else { format!("successor {place}") },
        capacity_percent: 80,
        facts: vec![name.to_owned()],
    };
    let cell =
        Cell { state: State::Lost, text: "never".to_owned(), arithmetic: vec!["1 < 2".to_owned(), name.to_owned()] };
    Picture {
        title: name.to_owned(),
        file: "plan.toml".to_owned(),
        pins: (0..sites).map(pin).collect(),
        lines: (1..sites).map(|b| Line { a: 0, b, label: "80 ms".to_owned() }).collect(),
        heads: vec![Head { name: name.to_owned(), group: "Recovery time".to_owned(), objective: "15 min".to_owned() }],
        rows: vec![Row {
            kind: Kind::OneSite,
            loss: name.to_owned(),
            after: "no quorum".to_owned(),
            cells: vec![cell],
        }],
        findings: vec![FindingBox {
            code: "FD1001".to_owned(),
            weight: Weight::Error,
            message: name.to_owned(),
            places: vec![name.to_owned()],
            arithmetic: vec![name.to_owned()],
            mend: name.to_owned(),
        }],
        left_out: vec![name.to_owned()],
    }
}

#[test]
fn nothing_comes_from_elsewhere_and_nothing_runs() {
    let page = html(&picture(3, "site"));
    for elsewhere in ["<script", "src=", "http:", "https:", "@import", "url(", "<link ", "<iframe"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn every_cell_opens_its_arithmetic() {
    let page = html(&picture(3, "site"));
    assert!(page.contains("<button popovertarget=\"c0-0\">never</button>"));
    assert!(page.contains("<div popover id=\"c0-0\""));
    assert!(page.contains("<li>1 &lt; 2</li>"));
}

#[test]
fn whatever_a_plan_says_stays_text() {
    for hostile in ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' & \u{0}"] {
        for sites in [0, 1, 2, 3, 4, 12, 16] {
            let page = html(&picture(sites, hostile));
            assert!(!page.contains(hostile));
            assert!(!page.contains("<script") && !page.contains("<img"));
        }
    }
}

#[test]
fn lines_to_sites_that_are_not_there_are_not_drawn() {
    let mut picture = picture(2, "site");
    picture.lines.push(Line { a: 7, b: 9, label: "1 ms".to_owned() });
    assert_eq!(html(&picture).matches("<line ").count(), 1);
}
