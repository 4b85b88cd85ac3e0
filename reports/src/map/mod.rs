//! A plan as a page for people: the map of its sites and links, the matrix of losses against objectives, coloured by what survives, and
//! the findings. Self-contained: no script, no font, no picture from elsewhere; a cell opens its arithmetic by the browser's own means.
//!
//! - `chart`: the sites and links, as SVG
//! - `table`: the matrix
//! - `page`: the whole, with `page.css`

mod chart;
mod page;
mod table;

pub use page::html;

use serde::{Deserialize, Serialize};

/// All that the page shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// What the plan is called.
    pub title: String,
    /// Its file.
    pub file: String,
    /// The sites, in the order of succession.
    pub pins: Vec<Pin>,
    /// The links.
    pub lines: Vec<Line>,
    /// The columns.
    pub heads: Vec<Head>,
    /// The rows; each has a cell for each column.
    pub rows: Vec<Row>,
    /// What arithmetic found.
    pub findings: Vec<FindingBox>,
    /// What was not looked at, in words.
    pub left_out: Vec<String>,
}

/// A site.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pin {
    /// Its name.
    pub name: String,
    /// `primary`, `successor 1`.
    pub role: String,
    /// Of the production load.
    pub capacity_percent: u32,
    /// What else is to know, a line each.
    pub facts: Vec<String>,
}

/// A link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// One site, by place.
    pub a: usize,
    /// The other.
    pub b: usize,
    /// Its round trip: `80 ms`.
    pub label: String,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// What it is about.
    pub name: String,
    /// What it belongs to; columns of a group stand together.
    pub group: String,
    /// `15 min`.
    pub objective: String,
}

/// What is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A site.
    OneSite,
    /// Several sites at once.
    Sites,
    /// A direction of links.
    Cut,
    /// A link.
    Link,
    /// What the plan needs from others.
    Dependency,
    /// The data.
    Corruption,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What sort of loss.
    pub kind: Kind,
    /// What is lost, in words.
    pub loss: String,
    /// Who goes on.
    pub after: String,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// Whether an objective survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Yes.
    Survives,
    /// By parameters, or with the plan's claims, but not both; or it depends on the moment.
    Disputed,
    /// The plan does not say enough.
    Unstated,
    /// No.
    Lost,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Its colour.
    pub state: State,
    /// Its text: `155 s`.
    pub text: String,
    /// Its sums, a line each.
    pub arithmetic: Vec<String>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weight {
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// A note.
    Note,
    /// Accepted by the plan.
    Accepted,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingBox {
    /// `FD1103`.
    pub code: String,
    /// How bad it is.
    pub weight: Weight,
    /// What is wrong.
    pub message: String,
    /// Where, and what it says there.
    pub places: Vec<String>,
    /// The sums.
    pub arithmetic: Vec<String>,
    /// What mends it.
    pub mend: String,
}

/// Text as HTML has it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
