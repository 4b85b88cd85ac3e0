//! Registers whose written values are distinct, without compare-and-set: judged in the time that sorting takes.
//!
//! A value's *zone* lies between the first return and the last invocation among its write and its reads: *forward* if the
//! return is first (the value must be held throughout), *backward* otherwise. The register is linearizable if no read
//! returns before its write is invoked, no two forward zones overlap, and no backward zone lies within a forward one
//! (Gibbons & Korach 1997, "Testing shared memories"; arXiv 2410.04581, 2509.17795).

use super::registers::{ABSENT, Action, Register, RegisterOp};
use crate::facts::At;

/// What is known of a value.
#[derive(Clone, Copy)]
struct Zone {
    write_invoked: Option<Point>,
    first_return: Point,
    last_invocation: Point,
    first_read_return: Point,
    read: bool,
}

/// A point in time: before all, at an instant, after all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    Before,
    At(At),
    After,
}

/// Whether this path can judge a register.
pub(super) fn apply_to(register: &Register) -> bool {
    let mut written = vec![false; register.values as usize + 1];
    written[ABSENT as usize] = true;
    register.ops.iter().all(|op| match op.action {
        Action::Read(_) => true,
        Action::Write(value) => !std::mem::replace(&mut written[value as usize], true),
        Action::Cas(..) | Action::Missed(_) => false,
    })
}

/// Whether such a register is linearizable.
pub(super) fn linearizable(ops: impl Iterator<Item = RegisterOp>, values: u32) -> bool {
    let empty = Zone {
        write_invoked: None,
        first_return: Point::After,
        last_invocation: Point::Before,
        first_read_return: Point::After,
        read: false,
    };
    let mut zones = vec![empty; values as usize + 1];
    zones[ABSENT as usize] = Zone { write_invoked: Some(Point::Before), first_return: Point::Before, ..empty };
    for op in ops {
        let (invoked, returned) = (Point::At(op.invoked), op.returned.map_or(Point::After, Point::At));
        match op.action {
            Action::Write(value) => {
                let zone = &mut zones[value as usize];
                zone.write_invoked = Some(invoked);
                zone.first_return = zone.first_return.min(returned);
                zone.last_invocation = zone.last_invocation.max(invoked);
                // A write that never returned and that nobody saw need not have happened.
                zone.read |= op.returned.is_some();
            }
            Action::Read(value) if op.returned.is_some() => {
                let zone = &mut zones[value as usize];
                zone.first_return = zone.first_return.min(returned);
                zone.first_read_return = zone.first_read_return.min(returned);
                zone.last_invocation = zone.last_invocation.max(invoked);
                zone.read = true;
            }
            Action::Read(_) | Action::Cas(..) | Action::Missed(_) => {}
        }
    }
    let mut apart = Zones::default();
    for zone in zones.iter().filter(|zone| zone.read) {
        if zone.write_invoked.is_none_or(|write| zone.first_read_return < write) {
            return false;
        }
        apart.add(zone.first_return, zone.last_invocation);
    }
    apart.have_an_order()
}

/// Zones of which each must be held alone.
#[derive(Default)]
pub(super) struct Zones {
    forward: Vec<(Point, Point)>,
    backward: Vec<(Point, Point)>,
}

impl Zones {
    /// By the first return and the last invocation.
    pub(super) fn add(&mut self, first_return: Point, last_invocation: Point) {
        if first_return < last_invocation {
            self.forward.push((first_return, last_invocation));
        } else {
            self.backward.push((last_invocation, first_return));
        }
    }

    /// Whether no two forward ones overlap, and no backward one lies within a forward one.
    pub(super) fn have_an_order(mut self) -> bool {
        self.forward.sort_unstable();
        let forward = &self.forward;
        let apart = forward.windows(2).all(|pair| pair[0].1 < pair[1].0);
        apart
            && self.backward.iter().all(|(low, high)| {
                let after = forward.partition_point(|(from, _)| from < low);
                after == 0 || *high > forward[after - 1].1
            })
    }
}
