//! A site's simulated disk alone, for worlds that bring their own processes, network and clock (the hosts).
//!
//! Nothing happens here by itself: whoever owns it says what time it is. What was due by then takes effect before anything new does.

use crate::disk::{Completion, Disk, Speed, Trouble};
use firedrill_drill::world::Physics;
use firedrill_model::time::nanos;
use firedrill_model::{Fault, FaultId, FileClass, SiteId, Time};
use firedrill_stack::io::{DiskOp, Input};
use std::collections::{BTreeMap, VecDeque};

/// A disk, what it is about to answer, and what it has answered.
#[derive(Clone, Debug)]
pub struct Device {
    disk: Disk,
    due: BTreeMap<(Time, u64), (u64, Completion)>,
    issued: u64,
    process: u64,
    answers: VecDeque<Input>,
    slower: u64,
}

impl Device {
    /// An empty disk.
    pub fn new(seed: u64, site: SiteId, physics: &Physics) -> Device {
        let speed = Speed { sync_min: nanos(physics.sync_min), sync_max: nanos(physics.sync_max), slower: 0 };
        Device {
            disk: Disk::new(seed, u64::from(site.0), speed),
            due: BTreeMap::new(),
            issued: 0,
            process: 0,
            answers: VecDeque::new(),
            slower: 0,
        }
    }

    /// Another process uses it from now on. What the one before had issued is done all the same, and nobody is told.
    pub fn new_process(&mut self, now: Time) {
        self.settle(now);
        self.process += 1;
        self.answers.clear();
    }

    /// Issues an operation.
    pub fn submit(&mut self, now: Time, op: DiskOp) {
        self.settle(now);
        if let Some((at, completion)) = self.disk.issue(now, op) {
            self.issued += 1;
            self.due.insert((at, self.issued), (self.process, completion));
        }
    }

    /// The next answer that is there by now.
    pub fn answer(&mut self, now: Time) -> Option<Input> {
        self.settle(now);
        self.answers.pop_front()
    }

    /// When it does something next.
    pub fn next_due(&self) -> Option<Time> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// How many operations were issued that it has not yet answered.
    pub fn pending(&self) -> usize {
        self.due.len()
    }

    /// The power fails.
    pub fn lose_power(&mut self, now: Time) {
        self.settle(now);
        self.due.clear();
        self.answers.clear();
        self.disk.lose_power();
    }

    /// All files are gone. Whether there were any.
    pub fn wipe(&mut self, now: Time) -> bool {
        self.settle(now);
        self.due.clear();
        self.answers.clear();
        self.disk.wipe()
    }

    /// Syncs that are issued from now on take longer by so many nanoseconds more, or less, than they do now.
    pub fn slow_down(&mut self, by: i64) {
        self.slower = self.slower.saturating_add_signed(by);
        self.disk.slow_down(self.slower);
    }

    /// A fault begins to trouble it; false: it is not one that could.
    pub fn trouble(&mut self, id: FaultId, fault: &Fault) -> bool {
        let Some((files, trouble)) = Trouble::of(fault) else { return false };
        self.disk.trouble(id, files, trouble);
        true
    }

    /// It no longer does.
    pub fn relieve(&mut self, id: FaultId) {
        self.disk.relieve(id);
    }

    /// Whether any fault troubles it.
    pub fn is_troubled(&self) -> bool {
        self.disk.is_troubled()
    }

    /// Faults that hit something for the first time, since they were last taken.
    pub fn take_struck(&mut self) -> Vec<FaultId> {
        self.disk.take_struck()
    }

    /// Bits of durable files flip. How many did.
    pub fn rot(&mut self, now: Time, files: FileClass, bits: u32) -> u32 {
        self.settle(now);
        self.disk.rot(files, bits)
    }

    fn settle(&mut self, now: Time) {
        while let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= now) {
            let (process, completion) = first.remove();
            let (_, input) = self.disk.complete(completion);
            if process == self.process {
                self.answers.push_back(input);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_stack::io::{DiskToken, FileId};
    use std::time::Duration;

    fn device() -> Device {
        let sync = Duration::from_millis(1);
        let physics = Physics { sync_min: sync, sync_max: sync, jitter_per_mille: 0, loss_per_mille: 0 };
        Device::new(1, SiteId(0), &physics)
    }

    fn at(ms: u64) -> Time {
        Time::from_nanos(ms * 1_000_000)
    }

    fn write_and_sync(device: &mut Device) {
        let file = FileId::MetaA;
        device.submit(at(0), DiskOp::Create { file });
        device.submit(at(0), DiskOp::SyncDir { token: DiskToken(1) });
        device.submit(at(0), DiskOp::Write { file, offset: 0, bytes: vec![7] });
        device.submit(at(0), DiskOp::Sync { file, token: DiskToken(2) });
    }

    #[test]
    fn answers_come_when_they_are_due_and_in_order() {
        let mut device = device();
        write_and_sync(&mut device);
        assert_eq!((device.pending(), device.next_due()), (2, Some(at(1))));
        assert_eq!(device.answer(Time::from_nanos(999_999)), None);
        assert_eq!(device.answer(at(5)), Some(Input::Synced { token: DiskToken(1) }));
        assert_eq!(device.answer(at(5)), Some(Input::Synced { token: DiskToken(2) }));
    }

    #[test]
    fn work_of_a_dead_process_is_done_and_told_to_nobody() {
        let mut device = device();
        write_and_sync(&mut device);
        device.new_process(at(0));
        assert_eq!(device.answer(at(9)), None);
        device.lose_power(at(9));
        device.submit(at(9), DiskOp::Read { file: FileId::MetaA, token: DiskToken(3) });
        let read = Input::FileRead { token: DiskToken(3), result: Ok(Some(vec![7])) };
        assert_eq!(device.answer(at(20)), Some(read));
    }
}
