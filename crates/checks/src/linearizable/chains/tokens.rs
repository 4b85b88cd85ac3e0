//! The texts that were put and appended, none of which begins another.

use super::super::models::kv::Action;
use super::super::problem::Span;
use std::ops::Range;

/// A text that was put or appended.
struct Token<'t> {
    text: &'t str,
    appends: bool,
    op: u32,
}

/// The texts of a key, in their order.
pub(super) struct Tokens<'t> {
    sorted: Vec<Token<'t>>,
}

impl<'t> Tokens<'t> {
    /// Those of the operations that are in a part of the history. `None` if they can't be told apart: one is empty or begins
    /// another.
    pub(super) fn of(initial: &str, ops: &'t [(Action<'_>, Span)], spans: &[Option<Span>]) -> Option<Tokens<'t>> {
        let mut sorted: Vec<Token<'t>> = Vec::with_capacity(ops.len());
        for ((op, (action, _)), _) in (0..).zip(ops).zip(spans).filter(|(_, span)| span.is_some()) {
            match action {
                Action::Put(text) => sorted.push(Token { text, appends: false, op }),
                Action::Append(text) => sorted.push(Token { text, appends: true, op }),
                Action::Got(_) => {}
            }
        }
        sorted.sort_unstable_by_key(|token| (token.text, token.appends, token.op));
        let begins = |pair: &[Token<'_>]| {
            let (one, other) = (pair[0].text, pair[1].text);
            one.len() < other.len() && other.starts_with(one)
        };
        let like_initial = |token: &Token<'_>| token.text.starts_with(initial) || initial.starts_with(token.text);
        let empty = sorted.first().is_some_and(|token| token.text.is_empty());
        let told_apart =
            !empty && !sorted.windows(2).any(begins) && (initial.is_empty() || !sorted.iter().any(like_initial));
        told_apart.then_some(Tokens { sorted })
    }

    /// Where the text is that this one begins with: none of them begins another, so it is the last that is not greater.
    pub(super) fn beginning(&self, text: &str) -> Option<Range<usize>> {
        let end = self.sorted.partition_point(|token| token.text <= text);
        let last = self.sorted[..end].last().filter(|token| text.starts_with(token.text))?;
        let before = self.sorted[..end].iter().rev().take_while(|token| token.text == last.text);
        Some(end - before.count()..end)
    }

    pub(super) fn text(&self, same: &Range<usize>) -> &'t str {
        self.sorted[same.start].text
    }

    /// The operations that put a text.
    pub(super) fn puts(&self, same: &Range<usize>) -> impl Iterator<Item = u32> + Clone {
        self.sorted[same.clone()].iter().filter(|token| !token.appends).map(|token| token.op)
    }

    /// The operations that append a text.
    pub(super) fn appends(&self, same: &Range<usize>) -> impl Iterator<Item = u32> {
        self.sorted[same.clone()].iter().filter(|token| token.appends).map(|token| token.op)
    }
}
