//! Findings as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the lines.

use super::Region;
use crate::analysis::rules::RULES;
use crate::analysis::{Finding, Mark, Severity};
use crate::diagnostic::Diagnostic;
use serde::Serialize;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A log with one run.
#[derive(Debug, Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Message,
    full_description: Message,
}

#[derive(Debug, Serialize)]
struct Message {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: &'static str,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<SarifRegion>,
}

#[derive(Debug, Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: usize,
    start_column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

impl Log {
    /// Without results yet.
    pub fn new() -> Log {
        let descriptor = |rule: &crate::analysis::rules::Rule| Descriptor {
            id: rule.code,
            short_description: Message { text: rule.title.to_owned() },
            full_description: Message { text: rule.about.to_owned() },
        };
        let driver = Driver {
            name: "firedrill",
            version: env!("CARGO_PKG_VERSION"),
            rules: RULES.into_iter().map(descriptor).collect(),
        };
        let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results: Vec::new() };
        Log { schema: SCHEMA, version: "2.1.0", runs: [run] }
    }

    /// Adds a finding on the plan `text` in `file`.
    pub fn add(&mut self, file: &str, text: &str, finding: &Finding) {
        let located = |id: Option<usize>, mark: &Mark| {
            let region = Region::of(text, &mark.span);
            let region = SarifRegion {
                start_line: region.line,
                start_column: region.column,
                end_line: Some(region.end_line),
                end_column: Some(region.end_column),
            };
            location(file, id, Some(region), Some(mark.says.clone()))
        };
        let mut text = vec![finding.message.clone()];
        text.extend(finding.arithmetic.iter().cloned());
        if !finding.mend.is_empty() {
            text.push(format!("Mend: {}", finding.mend));
        }
        let mut marks = finding.marks.iter();
        let first = marks.next().map_or_else(|| location(file, None, None, None), |mark| located(None, mark));
        let suppression = |accepted: &crate::analysis::Accepted| Suppression {
            kind: "inSource",
            justification: format!("until {}: {}", accepted.until, accepted.reason),
        };
        self.runs[0].results.push(SarifResult {
            rule_id: finding.code,
            level: finding.severity.name(),
            message: Message { text: text.join("\n") },
            locations: vec![first],
            related_locations: marks.enumerate().map(|(place, mark)| located(Some(place + 1), mark)).collect(),
            suppressions: finding.accepted.iter().map(suppression).collect(),
        });
    }

    /// Adds what is wrong with a file that could not be read well.
    pub fn add_diagnostic(&mut self, diagnostic: &Diagnostic) {
        let region = diagnostic.position.map(|at| SarifRegion {
            start_line: at.line,
            start_column: at.column,
            end_line: None,
            end_column: None,
        });
        let suggestion = diagnostic.suggestion.iter().map(|suggestion| format!("Mend: {suggestion}"));
        let text: Vec<String> = std::iter::once(diagnostic.message.clone()).chain(suggestion).collect();
        self.runs[0].results.push(SarifResult {
            rule_id: "FD0000",
            level: Severity::Error.name(),
            message: Message { text: text.join("\n") },
            locations: vec![location(&diagnostic.file, None, region, None)],
            related_locations: Vec::new(),
            suppressions: Vec::new(),
        });
    }
}

impl Default for Log {
    fn default() -> Log {
        Log::new()
    }
}

fn location(file: &str, id: Option<usize>, region: Option<SarifRegion>, message: Option<String>) -> Location {
    Location {
        id,
        physical_location: PhysicalLocation { artifact_location: ArtifactLocation { uri: uri(file) }, region },
        message: message.map(|text| Message { text }),
    }
}

/// A path as a reference to it: what a URI may not hold is escaped (RFC 3986).
fn uri(file: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let escaped = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    file.bytes().map(escaped).collect()
}
