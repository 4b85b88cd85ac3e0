//! One chain's links, with their gets.

use super::super::problem::Span;
use super::super::zones::Point;
use std::ops::Range;

/// A write in its chain, with the gets that saw it last.
#[derive(Clone, Copy)]
pub(super) struct Link {
    invoked: Point,
    returned: Point,
    /// The last invocation of those gets, and their first return.
    got_invoked: Point,
    got_returned: Point,
}

impl Link {
    /// What the key held at first.
    pub(super) const INITIAL: Link = Link {
        invoked: Point::Before,
        returned: Point::Before,
        got_invoked: Point::Before,
        got_returned: Point::After,
    };
    /// One of several appends: not known yet, and so at any time.
    pub(super) const OPEN: Link = Link { returned: Point::After, ..Link::INITIAL };

    pub(super) fn of(span: Span) -> Link {
        let mut link = Link::OPEN;
        link.is(span);
        link
    }

    pub(super) fn is(&mut self, span: Span) {
        self.invoked = Point::At(span.invoked);
        self.returned = span.returned.map_or(Point::After, Point::At);
    }

    pub(super) fn got(&mut self, span: Span) {
        self.got_invoked = self.got_invoked.max(Point::At(span.invoked));
        self.got_returned = self.got_returned.min(span.returned.map_or(Point::After, Point::At));
    }
}

/// What a put, or the initial text, became.
pub(super) struct Chain<'t> {
    /// The longest text that was got.
    pub(super) text: &'t str,
    /// By link: where its text ends.
    pub(super) ends: Vec<usize>,
    pub(super) links: Vec<Link>,
    /// Links that are one of several appends: their places, and where their texts are.
    pub(super) open: Vec<(usize, Range<usize>)>,
}

impl Chain<'_> {
    /// Whether its order is one that could be: each link and each get as early as those before it allow.
    pub(super) fn has_an_order(&self) -> bool {
        let mut now = Point::Before;
        self.links.iter().all(|link| {
            now = now.max(link.invoked);
            let possible = now <= link.returned && now <= link.got_returned;
            now = now.max(link.got_invoked);
            possible
        })
    }

    /// Between the first return and the last invocation, if these are in this order.
    pub(super) fn zone(&self) -> (Point, Point) {
        let returns = self.links.iter().map(|link| link.returned.min(link.got_returned));
        let invocations = self.links.iter().map(|link| link.invoked.max(link.got_invoked));
        (returns.min().unwrap_or(Point::After), invocations.max().unwrap_or(Point::Before))
    }

    /// When a link can take effect: not before what precedes it was invoked, nor after what follows returned.
    pub(super) fn window(&self, place: usize) -> (Point, Point) {
        let before = self.links[..place].iter().map(|link| link.invoked.max(link.got_invoked)).max();
        let after = self.links[place + 1..].iter().map(|link| link.returned.min(link.got_returned)).min();
        let own = self.links[place].got_returned;
        (before.unwrap_or(Point::Before), after.unwrap_or(Point::After).min(own))
    }
}
