//! The matrix of losses against objectives.

use super::bounds::{self, Bound, Bounds, Capacity, Met};
use super::{Loss, Model, Situation};
use std::time::Duration;

/// All losses, and who is left after each. Cells are worked out when they are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// What it is worked out from.
    pub model: Model,
    /// Its rows, and who is left.
    pub rows: Vec<(Loss, Situation)>,
    /// The losses that were left out, in words.
    pub left_out: Vec<String>,
}

/// What a cell is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The recovery time of a service.
    Service(usize),
    /// The recovery point of a data class.
    Class(usize),
    /// Capacity against the production load.
    Capacity,
}

/// Whether an objective survives a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Survives {
    /// By parameters and with the claims.
    Yes,
    /// The plan does not say enough.
    Unstated,
    /// By parameters, or with the claims, but not both.
    Disputed,
    /// It does not.
    No,
}

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The verdict.
    pub survives: Survives,
    /// The bounds, but for capacity.
    pub bounds: Option<Bounds>,
    /// By parameters alone.
    pub by_parameters: Met,
    /// With claims.
    pub with_claims: Met,
    /// What is left between the worst that the parameters allow and the objective, if it is met.
    pub margin: Option<Duration>,
}

impl Matrix {
    /// Of all losses.
    pub fn new(model: Model) -> Matrix {
        let (losses, left_out) = super::loss::all(&model);
        let rows = losses.into_iter().map(|loss| {
            let after = Situation::after(&model, &loss);
            (loss, after)
        });
        let rows = rows.collect();
        Matrix { model, rows, left_out }
    }

    /// Its columns.
    pub fn columns(&self) -> Vec<Column> {
        let services = (0..self.model.services.len()).map(Column::Service);
        let classes = (0..self.model.classes.len()).map(Column::Class);
        services.chain(classes).chain([Column::Capacity]).collect()
    }

    /// A column's name.
    pub fn name(&self, column: Column) -> &str {
        match column {
            Column::Service(place) => &self.model.services[place].name,
            Column::Class(place) => &self.model.classes[place].name,
            Column::Capacity => "capacity",
        }
    }

    /// A column's objective, if that is a time.
    pub fn objective(&self, column: Column) -> Option<Duration> {
        match column {
            Column::Service(place) => Some(self.model.services[place].rto),
            Column::Class(place) => Some(self.model.classes[place].rpo),
            Column::Capacity => None,
        }
    }

    /// The cell of a row and a column.
    pub fn cell(&self, row: usize, column: Column) -> Cell {
        let (loss, after) = &self.rows[row];
        match column {
            Column::Service(place) => {
                let bounds = bounds::recovery_time(&self.model, loss, after, place);
                Cell::of(bounds, self.model.services[place].rto)
            }
            Column::Class(place) => {
                let bounds = bounds::recovery_point(&self.model, loss, after, place);
                Cell::of_point(bounds, self.model.classes[place].rpo)
            }
            Column::Capacity => Cell::of_capacity(self.capacity(row)),
        }
    }

    /// The capacity that is left.
    pub fn capacity(&self, row: usize) -> Capacity {
        bounds::capacity(&self.model, &self.rows[row].1)
    }

    /// The sums behind a cell, a line each.
    pub fn arithmetic(&self, row: usize, column: Column) -> Vec<String> {
        let (loss, after) = &self.rows[row];
        match column {
            Column::Service(place) => bounds::time_in_words(&self.model, loss, after, place),
            Column::Class(place) => bounds::point_in_words(&self.model, loss, after, place),
            Column::Capacity => {
                let serving = after.serving.iter().filter_map(|site| self.model.sites.get(usize::from(site.0)));
                let serving = serving.filter(|site| site.serves);
                let terms: Vec<String> =
                    serving.map(|site| format!("{} {} %", site.name, site.capacity_percent)).collect();
                let capacity = self.capacity(row);
                if after.leader.is_none() {
                    return vec!["without a quorum nothing is served".to_owned()];
                }
                let mut lines = vec![format!("{} = {} %", terms.join(" + "), capacity.parameters)];
                if capacity.ready != capacity.parameters {
                    lines.push(format!("ready within the shortest RTO, as claimed: {} %", capacity.ready));
                }
                if capacity.with_burst != capacity.ready {
                    lines.push(format!("with the claimed bursting: up to {} %", capacity.with_burst));
                }
                lines.push(format!("load: {} %", capacity.load));
                if capacity.degraded != capacity.load {
                    lines.push(format!("what is left of it when all is shed that may be: {} %", capacity.degraded));
                }
                lines
            }
        }
    }
}

impl Cell {
    fn of(bounds: Bounds, objective: Duration) -> Cell {
        let (by_parameters, with_claims) = (bounds.parameters.meets(objective), bounds.claims.meets(objective));
        Cell::new(Some(bounds), by_parameters, with_claims, objective)
    }

    /// A recovery point is promised for every moment: what may be lost counts in full.
    fn of_point(bounds: Bounds, objective: Duration) -> Cell {
        let promised = |bound: Bound| match bound.meets(objective) {
            Met::Depends => Met::No,
            met => met,
        };
        Cell::new(Some(bounds), promised(bounds.parameters), promised(bounds.claims), objective)
    }

    fn of_capacity(capacity: Capacity) -> Cell {
        let met = |percent: u32| if percent >= capacity.load { Met::Yes } else { Met::No };
        let (by_parameters, ready) = (met(capacity.parameters), met(capacity.ready));
        // What is hired, or shed, comes on top of what is there.
        let helped = ready == Met::No && capacity.with_burst >= capacity.degraded;
        let with_claims = if helped { Met::Depends } else { ready };
        Cell::new(None, by_parameters, with_claims, Duration::ZERO)
    }

    fn new(bounds: Option<Bounds>, by_parameters: Met, with_claims: Met, objective: Duration) -> Cell {
        let survives = match (by_parameters, with_claims) {
            (Met::Yes, Met::Yes) => Survives::Yes,
            // What the stack does not do at all is as the plan claims.
            (Met::Unstated, Met::Yes) => Survives::Disputed,
            (Met::No, Met::No) | (Met::Unstated, Met::No) => Survives::No,
            (Met::Unstated, _) | (_, Met::Unstated) => Survives::Unstated,
            _ => Survives::Disputed,
        };
        let margin = match bounds.map(|bounds| bounds.parameters) {
            Some(Bound::Within(span)) => objective.checked_sub(span.at_most),
            _ => None,
        };
        Cell { survives, bounds, by_parameters, with_claims, margin }
    }
}
