//! Findings as JSON, an object each.

use super::Region;
use crate::analysis::{Broken, Finding, Severity};
use serde::Serialize;

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub struct FindingJson<'f> {
    file: &'f str,
    code: &'f str,
    severity: Severity,
    message: &'f str,
    places: Vec<PlaceJson<'f>>,
    arithmetic: &'f [String],
    mend: &'f str,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_by: Option<Broken>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<AcceptedJson<'f>>,
}

#[derive(Clone, Debug, Serialize)]
struct PlaceJson<'f> {
    #[serde(flatten)]
    region: Region,
    says: &'f str,
}

#[derive(Clone, Debug, Serialize)]
struct AcceptedJson<'f> {
    reason: &'f str,
    until: String,
}

/// The object of a finding on the plan `text` in `file`.
pub fn finding<'f>(file: &'f str, text: &str, finding: &'f Finding) -> FindingJson<'f> {
    let place = |mark: &'f crate::analysis::Mark| PlaceJson { region: Region::of(text, &mark.span), says: &mark.says };
    FindingJson {
        file,
        code: finding.code,
        severity: finding.severity,
        message: &finding.message,
        places: finding.marks.iter().map(place).collect(),
        arithmetic: &finding.arithmetic,
        mend: &finding.mend,
        broken_by: finding.broken,
        accepted: finding
            .accepted
            .as_ref()
            .map(|accepted| AcceptedJson { reason: &accepted.reason, until: accepted.until.to_string() }),
    }
}
