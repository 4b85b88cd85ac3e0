//! Keys whose texts can be told apart, with append: judged in about the time that reading their texts takes.
//!
//! Where no text that is put or appended begins another, what a get returned says which of them made it, and in which order: a
//! *chain*, begun by a put or by what the key held at first, and appended to. All gets of a chain must be
//! beginnings of its longest, and nothing else can take effect between a chain's first write and its last. So a chain is a value
//! of a register, written once: it has a zone, like there (`zones`), and within it an order, which is that
//! of its text. What nobody saw is a chain of its own. After "Elle" (Kingsbury & Alvaro 2020), which infers the order of
//! appends from what was read, and Gibbons & Korach 1997.

use super::models::kv::Action;
use super::problem::Span;
use super::zones::{Point, Zones};

/// A text that was put or appended.
struct Token<'t> {
    text: &'t str,
    /// The operation that puts it.
    put: Option<u32>,
    /// The operation that appends it.
    append: Option<u32>,
}

/// The texts of a key, in their order.
struct Tokens<'t> {
    sorted: Vec<Token<'t>>,
}

impl<'t> Tokens<'t> {
    /// `None` if they can't be told apart: one is empty, or begins another, or was put or appended twice.
    fn of(initial: &str, ops: &'t [(Action<'_>, Span)]) -> Option<Tokens<'t>> {
        let mut sorted: Vec<Token<'t>> = Vec::with_capacity(ops.len());
        for (number, (action, _)) in (0..).zip(ops) {
            match action {
                Action::Put(text) => sorted.push(Token { text, put: Some(number), append: None }),
                Action::Append(text) => sorted.push(Token { text, put: None, append: Some(number) }),
                Action::Got(_) => {}
            }
        }
        sorted.sort_unstable_by_key(|token| token.text);
        let mut twice = false;
        sorted.dedup_by(|second, first| {
            let same = first.text == second.text;
            if same {
                twice |= (first.put.is_some() && second.put.is_some())
                    || (first.append.is_some() == second.append.is_some());
                first.put = first.put.or(second.put);
                first.append = first.append.or(second.append);
            }
            same
        });
        let begins = |pair: &[Token<'_>]| pair[1].text.starts_with(pair[0].text);
        let like_initial = |token: &Token<'_>| token.text.starts_with(initial) || initial.starts_with(token.text);
        let empty = sorted.first().is_some_and(|token| token.text.is_empty());
        let told_apart = !twice
            && !empty
            && !sorted.windows(2).any(begins)
            && (initial.is_empty() || !sorted.iter().any(like_initial));
        told_apart.then_some(Tokens { sorted })
    }

    /// The one that a text begins with: none of them begins another, so it is the last that is not greater.
    fn beginning(&self, text: &str) -> Option<&Token<'t>> {
        let after = self.sorted.partition_point(|token| token.text <= text);
        self.sorted[..after].last().filter(|token| text.starts_with(token.text))
    }
}

/// A write in its chain, with the gets that saw it last.
#[derive(Clone, Copy)]
struct Link {
    invoked: Point,
    returned: Point,
    /// The last invocation of those gets, and their first return.
    got_invoked: Point,
    got_returned: Point,
}

impl Link {
    const INITIAL: Link = Link {
        invoked: Point::Before,
        returned: Point::Before,
        got_invoked: Point::Before,
        got_returned: Point::After,
    };

    fn of(span: Span) -> Link {
        Link {
            invoked: Point::At(span.invoked),
            returned: span.returned.map_or(Point::After, Point::At),
            ..Link::INITIAL
        }
    }

    fn got(&mut self, span: Span) {
        self.got_invoked = self.got_invoked.max(Point::At(span.invoked));
        self.got_returned = self.got_returned.min(span.returned.map_or(Point::After, Point::At));
    }
}

/// What a put, or the initial text, became.
struct Chain<'t> {
    /// The longest text that was got.
    text: &'t str,
    /// By link: where its text ends.
    ends: Vec<usize>,
    links: Vec<Link>,
}

impl Chain<'_> {
    /// Whether its order is one that could be: each link and each get as early as those before it allow.
    fn has_an_order(&self) -> bool {
        let mut now = Point::Before;
        self.links.iter().all(|link| {
            now = now.max(link.invoked);
            let possible = now <= link.returned && now <= link.got_returned;
            now = now.max(link.got_invoked);
            possible
        })
    }

    fn zone(&self) -> (Point, Point) {
        let returns = self.links.iter().map(|link| link.returned.min(link.got_returned));
        let invocations = self.links.iter().map(|link| link.invoked.max(link.got_invoked));
        (returns.min().unwrap_or(Point::After), invocations.max().unwrap_or(Point::Before))
    }
}

/// A part of a key's history, with its chains.
struct Chains<'t> {
    initial: &'t str,
    tokens: Tokens<'t>,
    /// By operation: when, if it is in the part.
    spans: &'t [Option<Span>],
    all: Vec<Chain<'t>>,
    /// By operation: the chain that it begins, or the one that it is a link of.
    chain_of: Vec<Option<u32>>,
    /// The chain that the initial text begins.
    first: Option<u32>,
    /// The first return of a put: what is invoked later is not appended to the initial text.
    first_put: Point,
}

/// What a get says.
enum Said {
    /// What fits.
    Fits,
    /// What can't be.
    Impossible,
    /// It could have come about in two ways.
    Ambiguous,
}

/// Whether a part of a key's history, given by the spans of the operations in it, is linearizable; `None`: that can't be told this
/// way.
pub(super) fn linearizable(initial: &str, ops: &[(Action<'_>, Span)], spans: &[Option<Span>]) -> Option<bool> {
    let tokens = Tokens::of(initial, ops)?;
    let mut gets: Vec<(&str, Span)> = Vec::with_capacity(ops.len());
    let mut first_put = Point::After;
    for ((action, _), span) in ops.iter().zip(spans) {
        match (action, span) {
            (Action::Got(text), Some(span)) if span.returned.is_some() => gets.push((text, *span)),
            (Action::Put(_), Some(Span { returned: Some(at), .. })) => first_put = first_put.min(Point::At(*at)),
            _ => {}
        }
    }
    // The longest first, so that each chain is read once.
    gets.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    let (all, chain_of) = (Vec::new(), vec![None; ops.len()]);
    let mut chains = Chains { initial, tokens, spans, all, chain_of, first: None, first_put };
    for (text, span) in gets {
        match chains.got(text, span) {
            Said::Fits => {}
            Said::Impossible => return Some(false),
            Said::Ambiguous => return None,
        }
    }
    Some(chains.have_an_order(ops))
}

impl<'t> Chains<'t> {
    fn got(&mut self, text: &'t str, span: Span) -> Said {
        let (chain, begun) = match self.begun_by(text) {
            Ok(found) => found,
            Err(said) => return said,
        };
        let Some(number) = chain else {
            return self.read(text, begun, span);
        };
        let chain = &mut self.all[number as usize];
        match (chain.text.starts_with(text), chain.ends.binary_search(&text.len())) {
            (true, Ok(link)) => chain.links[link].got(span),
            _ => return Said::Impossible,
        }
        Said::Fits
    }

    /// The chain of a text, if it was met, and the put that begins it; `None`: the initial text does.
    fn begun_by(&self, text: &str) -> Result<(Option<u32>, Option<u32>), Said> {
        let initial = Ok((self.first, None));
        if text.is_empty() || (!self.initial.is_empty() && text.starts_with(self.initial)) {
            return if text.starts_with(self.initial) { initial } else { Err(Said::Impossible) };
        }
        let token = self.tokens.beginning(text).ok_or(Said::Impossible)?;
        let present = |op: &u32| self.spans[*op as usize].is_some();
        let appended = token.append.filter(present).and_then(|op| self.spans[op as usize]);
        let to_initial =
            self.initial.is_empty() && appended.is_some_and(|span| Point::At(span.invoked) < self.first_put);
        match (token.put.filter(present), to_initial) {
            (Some(_), true) => Err(Said::Ambiguous),
            (Some(put), false) => Ok((self.chain_of[put as usize], Some(put))),
            (None, true) => initial,
            (None, false) => Err(Said::Impossible),
        }
    }

    /// Reads the longest text of a chain.
    fn read(&mut self, text: &'t str, put: Option<u32>, span: Span) -> Said {
        let number = self.all.len() as u32;
        let begins = put.map_or(self.initial.len(), |put| match self.tokens.beginning(text) {
            Some(token) => {
                self.chain_of[put as usize] = Some(number);
                token.text.len()
            }
            None => 0,
        });
        let first = put.and_then(|put| self.spans[put as usize]).map_or(Link::INITIAL, Link::of);
        let mut chain = Chain { text, ends: vec![begins], links: vec![first] };
        let mut end = begins;
        while end < text.len() {
            let token = self.tokens.beginning(&text[end..]);
            let append = token.and_then(|token| Some((token.text.len(), token.append?)));
            let Some((length, op)) = append else { return Said::Impossible };
            let taken = self.chain_of[op as usize].replace(number).is_some();
            let (Some(span), false) = (self.spans[op as usize], taken) else { return Said::Impossible };
            end += length;
            chain.ends.push(end);
            chain.links.push(Link::of(span));
        }
        if let Some(last) = chain.links.last_mut() {
            last.got(span);
        }
        self.all.push(chain);
        if put.is_none() {
            self.first = Some(number);
        }
        Said::Fits
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
        for (((action, _), span), chain) in ops.iter().zip(self.spans).zip(&self.chain_of) {
            // What nobody saw and never returned need not have happened.
            if let (Action::Put(_) | Action::Append(_), Some(Span { invoked, returned: Some(returned) }), None) =
                (action, span, chain)
            {
                zones.add(Point::At(*returned), Point::At(*invoked));
            }
        }
        zones.have_an_order()
    }
}
