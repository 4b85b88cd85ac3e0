//! Findings for people: as a compiler tells them.

use crate::analysis::{Analysis, Broken, Finding, Severity};
use crate::source::Source;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};
use std::fmt::Write;

/// All findings, and a last line that counts them.
pub fn render(file: &str, text: &str, analysis: &Analysis, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for finding in &analysis.findings {
        out.push_str(&one(&renderer, file, text, finding));
        out.push_str("\n\n");
    }
    out.push_str(&summary(file, analysis));
    out
}

/// How many there are.
pub fn summary(file: &str, analysis: &Analysis) -> String {
    let counted = |severity: Severity| {
        let count = analysis.count(severity);
        format!("{count} {}{}", severity.name(), if count == 1 { "" } else { "s" })
    };
    let parts = [Severity::Error, Severity::Warning, Severity::Note].map(counted);
    let mut out = format!("{file}: {}", parts.join(", "));
    let accepted = analysis.findings.iter().filter(|finding| finding.accepted.is_some()).count();
    // Writing to a string cannot fail.
    if accepted > 0 {
        let _ = write!(out, "; {accepted} accepted by the plan");
    }
    if !analysis.findings.is_empty() {
        out.push_str("; `firedrill explain CODE` tells what a code means");
    }
    for left_out in &analysis.matrix.left_out {
        let _ = write!(out, "\n{file}: not looked at: {left_out}");
    }
    out.push('\n');
    out
}

fn one(renderer: &Renderer, file: &str, text: &str, finding: &Finding) -> String {
    let level = match finding.severity {
        _ if finding.accepted.is_some() => Level::NOTE.with_name("accepted"),
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = normalize_untrusted_str(&finding.message);
    let mut group = Group::with_title(level.primary_title(message).id(finding.code));
    if !finding.marks.is_empty() {
        let mut snippet = Snippet::source(text).line_start(1).path(file);
        for (place, mark) in finding.marks.iter().enumerate() {
            let kind = if place == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let span = one_line(text, &mark.span);
            snippet = snippet.annotation(kind.span(span).label(normalize_untrusted_str(&mark.says)));
        }
        group = group.element(snippet);
    }
    for line in &finding.arithmetic {
        group = group.element(Level::NOTE.with_name("sum").message(normalize_untrusted_str(line)));
    }
    if let Some(broken) = finding.broken {
        group = group.element(Level::NOTE.message(breaks(broken)));
    }
    if let Some(accepted) = &finding.accepted {
        let why = format!("accepted until {}: {}", accepted.until, accepted.reason);
        group = group.element(Level::NOTE.message(normalize_untrusted_str(&why)));
    }
    if !finding.mend.is_empty() {
        group = group.element(Level::HELP.message(normalize_untrusted_str(&finding.mend)));
    }
    renderer.render(&[group])
}

/// Which figures break the objective, in words.
pub(crate) fn breaks(broken: Broken) -> &'static str {
    match broken {
        Broken::Parameters => "parameters alone break it: a run can confirm or refute this",
        Broken::Claims => "only the plan's claims break it: no run turns a claim into a delay, so none can refute this",
    }
}

/// A mark is on the first line of its place, so that a whole section is its header.
fn one_line(text: &str, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let source = Source { file: "", text };
    let start = source.boundary(span.start.min(text.len()));
    let line_end = text[start..].find(['\n', '\r']).map_or(text.len(), |end| start + end);
    let end = source.boundary(span.end.clamp(start, line_end));
    start..end
}
