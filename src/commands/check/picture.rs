//! What the HTML page shows of a plan, in words and numbers.

use firedrill_plan::Plan;
use firedrill_plan::analysis::{Analysis, Column, Finding, Loss, Matrix, Severity, Survives};
use firedrill_reports::map::{Cell, FindingBox, Head, Kind, Line, Picture, Pin, Row, State, Weight};
use std::path::Path;
use std::time::Duration;

/// More rows than this are no picture: the worst are shown.
const MOST_ROWS: usize = 120;

/// The picture of a plan and its analysis.
pub fn of(path: &Path, plan: &Plan, analysis: &Analysis) -> Picture {
    let matrix = &analysis.matrix;
    let columns = matrix.columns();
    let head = |column: &Column| Head {
        name: matrix.name(*column).to_owned(),
        group: match column {
            Column::Service(_) => "Recovery time of services",
            Column::Class(_) => "Recovery point of data",
            Column::Capacity => "Load",
        }
        .to_owned(),
        objective: matrix.objective(*column).map_or_else(|| "100 %".to_owned(), short),
    };
    let mut rows: Vec<usize> = (0..matrix.rows.len()).collect();
    let mut left_out = matrix.left_out.clone();
    if rows.len() > MOST_ROWS {
        left_out.push(format!("{} losses of more sites at once, to keep the page readable", rows.len() - MOST_ROWS));
        let weight = |row: &usize| match &matrix.rows[*row].0 {
            Loss::Sites(sites) | Loss::Cut(sites) => sites.len(),
            _ => 1,
        };
        rows.sort_by_key(weight);
        rows.truncate(MOST_ROWS);
        rows.sort_unstable();
    }
    Picture {
        title: plan.title.clone(),
        file: path.display().to_string(),
        pins: pins(matrix),
        lines: lines(matrix),
        heads: columns.iter().map(head).collect(),
        rows: rows.into_iter().map(|row| row_of(matrix, row, &columns)).collect(),
        findings: analysis.findings.iter().map(|finding| finding_box(&plan.text, finding)).collect(),
        left_out,
    }
}

fn pins(matrix: &Matrix) -> Vec<Pin> {
    let model = &matrix.model;
    let pin = |(place, site): (usize, &firedrill_plan::analysis::model::Site)| Pin {
        name: site.name.clone(),
        role: match place {
            0 => "primary".to_owned(),
            place => format!("successor {place}"),
        },
        capacity_percent: site.capacity_percent,
        facts: [
            site.readiness.map(|readiness| format!("ready after {} (claimed)", short(readiness))),
            site.lag.filter(|lag| !lag.is_zero()).map(|lag| format!("data {} behind (claimed)", short(lag))),
            (!site.votes).then(|| "does not vote".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    model.sites.iter().enumerate().map(pin).collect()
}

fn lines(matrix: &Matrix) -> Vec<Line> {
    let model = &matrix.model;
    let count = model.sites.len();
    let line = |a: usize, b: usize| Line { a, b, label: short(model.round_trips[a][b]) };
    (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))).map(|(a, b)| line(a, b)).collect()
}

fn row_of(matrix: &Matrix, row: usize, columns: &[Column]) -> Row {
    let (loss, after) = &matrix.rows[row];
    let leader = after.leader.map(|leader| matrix.model.sites[leader].name.clone());
    Row {
        kind: match loss {
            Loss::Sites(sites) if sites.len() == 1 => Kind::OneSite,
            Loss::Sites(_) => Kind::Sites,
            Loss::Cut(_) => Kind::Cut,
            Loss::Link(..) => Kind::Link,
            Loss::Dependency(_) => Kind::Dependency,
            Loss::Corruption => Kind::Corruption,
        },
        loss: loss.words(&matrix.model),
        after: match leader {
            _ if matches!(loss, Loss::Dependency(_) | Loss::Corruption) => String::new(),
            Some(leader) if after.failover() => format!("{leader} takes over"),
            Some(leader) => format!("{leader} goes on"),
            None => "no quorum".to_owned(),
        },
        cells: columns.iter().map(|column| cell_of(matrix, row, *column)).collect(),
    }
}

fn cell_of(matrix: &Matrix, row: usize, column: Column) -> Cell {
    use firedrill_plan::analysis::bounds::Bound;
    let cell = matrix.cell(row, column);
    let text = match (column, cell.bounds) {
        (Column::Capacity, _) => format!("{} %", matrix.capacity(row).ready),
        (_, None) => String::new(),
        (_, Some(bounds)) => match (bounds.parameters, bounds.claims) {
            (_, Bound::Within(span)) | (Bound::Within(span), _) if !span.at_most.is_zero() => short(span.at_most),
            (Bound::Never, _) => "never".to_owned(),
            (Bound::Unstated, Bound::Unstated) => "?".to_owned(),
            _ => "0 s".to_owned(),
        },
    };
    Cell {
        state: match cell.survives {
            Survives::Yes => State::Survives,
            Survives::Disputed => State::Disputed,
            Survives::Unstated => State::Unstated,
            Survives::No => State::Lost,
        },
        text,
        arithmetic: matrix.arithmetic(row, column),
    }
}

fn finding_box(text: &str, finding: &Finding) -> FindingBox {
    let line = |mark: &firedrill_plan::analysis::Mark| {
        let line = text.as_bytes()[..mark.span.start.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line}: {}", mark.says)
    };
    FindingBox {
        code: finding.code.to_owned(),
        weight: match finding.severity {
            _ if finding.accepted.is_some() => Weight::Accepted,
            Severity::Error => Weight::Error,
            Severity::Warning => Weight::Warning,
            Severity::Note => Weight::Note,
        },
        message: finding.message.clone(),
        places: finding.marks.iter().map(line).collect(),
        arithmetic: finding.arithmetic.clone(),
        mend: finding.mend.clone(),
    }
}

/// A time in few characters, cut to the second above a minute.
fn short(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.as_millis());
    match seconds {
        0 if millis > 0 => format!("{millis} ms"),
        s if s >= 2 * 86_400 => format!("{} d", s / 86_400),
        s if s >= 7200 && s.is_multiple_of(3600) => format!("{} h", s / 3600),
        s if s >= 120 && s.is_multiple_of(60) => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}
