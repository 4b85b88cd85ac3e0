//! `[[method]]`: what goes wrong, and when.

use super::{LONGEST, Places, SHORTEST, fault, range_or};
use crate::read::{Field, Name, Names, Table};
use crate::scenario::Step;
use crate::suggest;
use firedrill_model::FaultKind;
use std::time::Duration;

/// The most steps that a method may have.
const MAX_STEPS: usize = 1000;

/// Reads the steps.
pub(super) fn read(root: &Table<'_>, places: &Places<'_>) -> Vec<Step> {
    let mut tables = root.tables("method", "[[method]]");
    if let Some(table) = tables.get(MAX_STEPS) {
        root.sink.error(
            &table.span,
            format!("there are {} steps; a method has at most {MAX_STEPS}", tables.len()),
            None,
        );
    }
    tables.truncate(MAX_STEPS);
    let mut given = Vec::new();
    let mut steps: Vec<Step> = tables.into_iter().filter_map(|table| step(table, places, &mut given)).collect();
    Names::new(root.sink, "step", "steps", &given);
    name_the_rest(&mut steps);
    steps
}

/// A step without a name is called by its action, and numbered from the second on.
fn name_the_rest(steps: &mut [Step]) {
    for place in 0..steps.len() {
        if steps[place].name.is_empty() {
            let action = steps[place].fault.kind().name();
            let free = |name: &String| steps.iter().all(|step| step.name != *name);
            let numbered =
                (1..).map(|number| if number == 1 { action.to_owned() } else { format!("{action}-{number}") });
            steps[place].name = numbered.into_iter().find(free).unwrap_or_default();
        }
    }
}

fn step(table: Table<'_>, places: &Places<'_>, given: &mut Vec<Name>) -> Option<Step> {
    let name = Name::optional(&table);
    given.extend(name.clone());
    let at = range_or(&table, "at_s", (Duration::ZERO, Duration::ZERO), Duration::ZERO);
    let lasts = table.optional("duration_s").and_then(|field| field.time_range(SHORTEST, LONGEST));
    let Some(kind) = table.required("action").and_then(|field| action(&field)) else {
        // Which other keys it may have is not known; names are names.
        for key in fault::KEYS {
            let _ = table.optional(key);
        }
        for field in ["target", "peers"].into_iter().filter_map(|key| table.optional(key)) {
            places.endpoints(&field);
        }
        table.done();
        return None;
    };
    let fault = fault::read(&table, places, kind);
    table.done();
    Some(Step { name: name.unwrap_or_default().text, fault, at, lasts })
}

/// The kind of fault that a field names.
pub(super) fn action(field: &Field<'_>) -> Option<FaultKind> {
    let text = field.text()?;
    let found = FaultKind::ALL.into_iter().find(|kind| kind.name() == text);
    if found.is_none() {
        let names = FaultKind::ALL.map(FaultKind::name);
        field.sink.error(
            &field.span,
            format!("there is no action `{text}`"),
            suggest::among(text, &names, "actions are"),
        );
    }
    found
}
