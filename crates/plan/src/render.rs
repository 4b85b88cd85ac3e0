//! Diagnostics for people: the source line, a caret under the exact place, what is wrong, what to do.

use crate::diagnostic::{Diagnostic, Diagnostics};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};
use std::fmt::Write;

/// All of them, and a last line that counts them.
pub(crate) fn render(diagnostics: &Diagnostics, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in &diagnostics.diagnostics {
        text.push_str(&one(&renderer, diagnostic));
        text.push_str("\n\n");
    }
    let count = diagnostics.count();
    // Writing to a string cannot fail.
    let _ = write!(text, "{count} {} found", if count == 1 { "error" } else { "errors" });
    if diagnostics.omitted > 0 {
        let _ = write!(text, "; the first {} are shown", diagnostics.diagnostics.len());
    }
    text.push('\n');
    text
}

/// One of them.
fn one(renderer: &Renderer, diagnostic: &Diagnostic) -> String {
    let mut group = Group::with_title(Level::ERROR.primary_title(&diagnostic.message));
    let (file, snippet) = (diagnostic.file.as_str(), snippet(diagnostic));
    group = match diagnostic.position {
        Some(_) if diagnostic.excerpt.whole => group.element(snippet.path(file)),
        // The column cannot be seen from a part of the line.
        Some(at) => group.element(Origin::path(file).line(at.line).char_column(at.column)).element(snippet),
        None => group.element(Origin::path(file)),
    };
    if let Some(suggestion) = &diagnostic.suggestion {
        group = group.element(Level::HELP.message(normalize_untrusted_str(suggestion)));
    }
    renderer.render(&[group])
}

/// The source line with a caret.
fn snippet(diagnostic: &Diagnostic) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let excerpt = &diagnostic.excerpt;
    Snippet::source(&excerpt.line)
        .line_start(diagnostic.position.map_or(1, |at| at.line))
        .annotation(AnnotationKind::Primary.span(excerpt.from..excerpt.to))
}
