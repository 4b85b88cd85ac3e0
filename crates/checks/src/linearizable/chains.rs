//! Keys whose texts can be told apart, with append: judged in about the time that reading their texts takes.
//!
//! Where no text that is put or appended begins another, what a get returned says which of them made it, and in which order: a
//! *chain*, begun by a put or by what the key held at first, and appended to. All gets of a chain must be
//! beginnings of its longest, and nothing else can take effect between a chain's first write and its last. So a chain is a value
//! of a register, written once: it has a zone, like there (`zones`), and within it an order, which is that
//! of its text. What nobody saw is a chain of its own. After "Elle" (Kingsbury & Alvaro 2020), which infers the order of
//! appends from what was read, and Gibbons & Korach 1997.
//!
//! A text that was put or appended more than once is one of several operations'. It counts only those that time allows at its
//! place in the chain; where these are still several, this way can't tell, and the search must.
//!
//! - `tokens`: the texts that were put and appended
//! - `chain`: one chain's links, with their gets

mod chain;
mod tokens;

use super::models::kv::Action;
use super::problem::Span;
use super::zones::{Point, Zones};
use chain::{Chain, Link};
use std::ops::Range;
use tokens::Tokens;

/// A part of a key's history, with its chains.
struct Chains<'t> {
    initial: &'t str,
    tokens: Tokens<'t>,
    /// By operation: when, if it is in the part.
    spans: &'t [Option<Span>],
    all: Vec<Chain<'t>>,
    /// By put: the chain that it begins.
    begun: Vec<Option<u32>>,
    /// By append: whether it is a link.
    linked: Vec<bool>,
    /// The chain that the initial text begins.
    first: Option<u32>,
    /// The first return of a put: what is invoked later has nothing to do with the initial text.
    first_put: Point,
    puts: Vec<(u32, Span)>,
}

/// Why no chains were made.
enum Ended {
    /// What was said can't be.
    Impossible,
    /// It could have come about in several ways.
    Ambiguous,
}

/// Whether a part of a key's history, given by the spans of the operations in it, is linearizable; `None`: that can't be told this
/// way.
pub(super) fn linearizable(initial: &str, ops: &[(Action<'_>, Span)], spans: &[Option<Span>]) -> Option<bool> {
    let tokens = Tokens::of(initial, ops, spans)?;
    let mut gets: Vec<(&str, Span)> = Vec::with_capacity(ops.len());
    let mut puts = Vec::new();
    for ((number, (action, _)), span) in (0..).zip(ops).zip(spans) {
        match (action, span) {
            (Action::Got(text), Some(span)) if span.returned.is_some() => gets.push((text, *span)),
            (Action::Put(_), Some(span)) => puts.push((number, *span)),
            _ => {}
        }
    }
    // The longest first, so that each chain is read once.
    gets.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    let first_put = puts.iter().filter_map(|(_, span)| span.returned).min().map_or(Point::After, Point::At);
    let (all, begun, linked) = (Vec::new(), vec![None; ops.len()], vec![false; ops.len()]);
    let mut chains = Chains { initial, tokens, spans, all, begun, linked, first: None, first_put, puts };
    let made = gets.iter().try_for_each(|(text, span)| chains.got(text, *span)).and_then(|()| chains.resolve());
    match made {
        Ok(()) => Some(chains.have_an_order(ops)),
        Err(Ended::Impossible) => Some(false),
        Err(Ended::Ambiguous) => None,
    }
}

impl<'t> Chains<'t> {
    fn got(&mut self, text: &'t str, span: Span) -> Result<(), Ended> {
        let (put, begins) = self.begun_by(text, span)?;
        let chain = put.map_or(self.first, |put| self.begun[put as usize]);
        let Some(number) = chain else {
            return self.read(text, put, begins, span);
        };
        let chain = &mut self.all[number as usize];
        match (chain.text.starts_with(text), chain.ends.binary_search(&text.len())) {
            (true, Ok(link)) => chain.links[link].got(span),
            _ => return Err(Ended::Impossible),
        }
        Ok(())
    }

    /// The put that begins the chain of a text that was got then, with the length of what it put; `None`: the initial text does.
    fn begun_by(&self, text: &str, got: Span) -> Result<(Option<u32>, usize), Ended> {
        if text.is_empty() || (!self.initial.is_empty() && text.starts_with(self.initial)) {
            let initial = text.starts_with(self.initial);
            return if initial { Ok((None, self.initial.len())) } else { Err(Ended::Impossible) };
        }
        let same = self.tokens.beginning(text).ok_or(Ended::Impossible)?;
        let length = self.tokens.text(&same).len();
        let before_puts = |span: Span| Point::At(span.invoked) < self.first_put;
        let appended = self.appends(&same).any(|(_, span)| before_puts(span));
        let initial = (self.initial.is_empty() && appended && before_puts(got)).then_some(None);
        let puts = self.tokens.puts(&same).filter_map(|put| Some((put, self.spans[put as usize]?)));
        let mut ways: Vec<Option<u32>> = puts.clone().map(|(put, _)| Some(put)).chain(initial).collect();
        if ways.len() > 1 {
            let could_be = puts.filter(|(_, span)| self.holds(*span, got)).map(|(put, _)| Some(put));
            ways = could_be.chain(initial).collect();
        }
        match ways[..] {
            [] => Err(Ended::Impossible),
            [put] => Ok((put, if put.is_some() { length } else { 0 })),
            _ => Err(Ended::Ambiguous),
        }
    }

    /// Whether time allows that a get saw a put: it was invoked before the get returned, and no other put is certainly between.
    fn holds(&self, put: Span, got: Span) -> bool {
        let between = |(_, other): &(u32, Span)| {
            put.returned.is_some_and(|at| at < other.invoked) && other.returned.is_some_and(|at| at < got.invoked)
        };
        got.returned.is_none_or(|at| put.invoked < at) && !self.puts.iter().any(between)
    }

    /// The appends of a text that are in the part.
    fn appends(&self, same: &Range<usize>) -> impl Iterator<Item = (u32, Span)> {
        self.tokens.appends(same).filter_map(|append| Some((append, self.spans[append as usize]?)))
    }

    /// Reads the longest text of a chain.
    fn read(&mut self, text: &'t str, put: Option<u32>, begins: usize, span: Span) -> Result<(), Ended> {
        let first = put.and_then(|put| self.spans[put as usize]).map_or(Link::INITIAL, Link::of);
        let mut chain = Chain { text, ends: vec![begins], links: vec![first], open: Vec::new() };
        let mut end = begins;
        while end < text.len() {
            let same = self.tokens.beginning(&text[end..]).ok_or(Ended::Impossible)?;
            end += self.tokens.text(&same).len();
            let mut appends = self.appends(&same);
            let (one, other) = (appends.next(), appends.next());
            drop(appends);
            let (op, span) = one.ok_or(Ended::Impossible)?;
            if other.is_some() {
                chain.open.push((chain.links.len(), same));
                chain.links.push(Link::OPEN);
            } else if std::mem::replace(&mut self.linked[op as usize], true) {
                return Err(Ended::Impossible);
            } else {
                chain.links.push(Link::of(span));
            }
            chain.ends.push(end);
        }
        if let Some(last) = chain.links.last_mut() {
            last.got(span);
        }
        let number = Some(self.all.len() as u32);
        match put {
            Some(put) => self.begun[put as usize] = number,
            None => self.first = number,
        }
        self.all.push(chain);
        Ok(())
    }

    /// Finds out which of several appends is a link, by when it could be; until that says nothing more.
    fn resolve(&mut self) -> Result<(), Ended> {
        let mut open = true;
        let mut found = true;
        while open && found {
            (open, found) = (false, false);
            for number in 0..self.all.len() {
                let places = std::mem::take(&mut self.all[number].open);
                for (place, same) in places {
                    let (from, to) = self.all[number].window(place);
                    let fits = |(op, span): &(u32, Span)| {
                        let returned = span.returned.map_or(Point::After, Point::At);
                        !self.linked[*op as usize] && Point::At(span.invoked) <= to && from <= returned
                    };
                    let mut ways = self.appends(&same).filter(fits);
                    let (one, other) = (ways.next(), ways.next());
                    drop(ways);
                    let (op, span) = one.ok_or(Ended::Impossible)?;
                    if other.is_some() {
                        self.all[number].open.push((place, same));
                        open = true;
                        continue;
                    }
                    self.linked[op as usize] = true;
                    self.all[number].links[place].is(span);
                    found = true;
                }
            }
        }
        if open { Err(Ended::Ambiguous) } else { Ok(()) }
    }

    fn have_an_order(&self, ops: &[(Action<'_>, Span)]) -> bool {
        let mut zones = Zones::default();
        for chain in &self.all {
            if !chain.has_an_order() {
                return false;
            }
            let (first_return, last_invocation) = chain.zone();
            zones.add(first_return, last_invocation);
        }
        for (number, ((action, _), span)) in ops.iter().zip(self.spans).enumerate() {
            let unseen = match action {
                Action::Put(_) => self.begun[number].is_none(),
                Action::Append(_) => !self.linked[number],
                Action::Got(_) => false,
            };
            // What nobody saw and never returned need not have happened.
            if let (true, Some(Span { invoked, returned: Some(returned) })) = (unseen, span) {
                zones.add(Point::At(*returned), Point::At(*invoked));
            }
        }
        zones.have_an_order()
    }
}
