//! A site's machine: power, disk, clock, and at most one process.

use crate::disk::Disk;
use crate::process::Process;
use firedrill_model::{FaultId, Time};
use firedrill_stack::io::Input;
use std::collections::VecDeque;
use std::time::Duration;

/// Messages and requests that wait at most for a frozen process; more are lost.
pub(crate) const INBOX: usize = 10_000;

/// A site's machine.
#[derive(Clone)]
pub(crate) struct Host<P> {
    pub(crate) disk: Disk,
    pub(crate) process: Option<Running<P>>,
    /// How many processes were started here.
    pub(crate) starts: u32,
    /// How often the power failed here.
    pub(crate) outages: u32,
    /// Faults that keep the power off.
    pub(crate) unpowered_by: Vec<FaultId>,
    /// Faults that keep the process down.
    pub(crate) crashed_by: Vec<FaultId>,
    /// Crashes that strike after some more outputs.
    pub(crate) armed: Vec<Armed>,
    /// The site's clock is off by so many nanoseconds.
    pub(crate) skew: i64,
    /// Syncs take longer by so many nanoseconds.
    pub(crate) slow_sync: u64,
    /// What the process is told takes it so long.
    pub(crate) load: Load,
}

/// How long a process needs for what it is told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    /// So many nanoseconds for each thing.
    pub(crate) each: u64,
    /// It is done with all that it was told so far by then.
    busy_until: Time,
    /// So many things wait.
    waiting: usize,
}

impl Load {
    /// Something is told now. `None`: the process gets to it at once; else then.
    pub(crate) fn takes(&mut self, now: Time) -> Option<Time> {
        if !self.takes_time(now) {
            return None;
        }
        self.busy_until = self.busy_until.max(now) + Duration::from_nanos(self.each);
        self.waiting += 1;
        Some(self.busy_until)
    }

    /// Whether what is told now has to wait.
    pub(crate) fn takes_time(&self, now: Time) -> bool {
        self.each > 0 || self.busy_until > now
    }

    /// Whether too much waits for anything from the network to be taken on.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting >= INBOX
    }

    /// The process gets to something that waited.
    pub(crate) fn comes_to_one(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Another process begins; what waited is void.
    pub(crate) fn begin_anew(&mut self) {
        (self.busy_until, self.waiting) = (Time::ZERO, 0);
    }
}

/// A process that runs, or is frozen.
#[derive(Clone)]
pub(crate) struct Running<P> {
    pub(crate) process: P,
    /// The fault that froze it.
    pub(crate) frozen_by: Option<FaultId>,
    /// What reached it since it froze.
    inbox: VecDeque<Input>,
    /// How much of that is messages and requests.
    from_network: usize,
}

/// A crash that strikes after some more outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Armed {
    pub(crate) fault: FaultId,
    pub(crate) outputs_left: u32,
}

impl<P: Process> Host<P> {
    /// A machine with power, an empty disk and no process.
    pub(crate) fn new(disk: Disk) -> Host<P> {
        Host {
            disk,
            process: None,
            starts: 0,
            outages: 0,
            unpowered_by: Vec::new(),
            crashed_by: Vec::new(),
            armed: Vec::new(),
            skew: 0,
            slow_sync: 0,
            load: Load::default(),
        }
    }

    /// Whether it has power.
    pub(crate) fn powered(&self) -> bool {
        self.unpowered_by.is_empty()
    }

    /// Whether a process runs and is not frozen.
    pub(crate) fn up(&self) -> bool {
        self.process.as_ref().is_some_and(|running| running.frozen_by.is_none())
    }

    /// The site's own clock.
    pub(crate) fn clock(&self, now: Time) -> Time {
        now.offset_by(self.skew)
    }

    /// When the process is to be woken, by the world's clock; [`Time::MAX`]: never, as things are.
    pub(crate) fn wake(&self) -> Time {
        let Some(running) = &self.process else {
            return Time::MAX;
        };
        if running.frozen_by.is_some() {
            return Time::MAX;
        }
        running.process.poll_deadline().map_or(Time::MAX, |deadline| deadline.offset_by(self.skew.saturating_neg()))
    }

    /// Counts an output. Returns the crashes that are left armed, the one that strikes now first, if one does.
    pub(crate) fn count_output(&mut self) -> Option<Vec<Armed>> {
        for armed in &mut self.armed {
            armed.outputs_left = armed.outputs_left.saturating_sub(1);
        }
        let due = self.armed.iter().position(|armed| armed.outputs_left == 0)?;
        self.armed.swap(0, due);
        Some(std::mem::take(&mut self.armed))
    }
}

impl<P> Running<P> {
    /// A process that runs.
    pub(crate) fn new(process: P) -> Running<P> {
        Running { process, frozen_by: None, inbox: VecDeque::new(), from_network: 0 }
    }

    /// Keeps something for a frozen process until it thaws. What comes from the network finds a bounded queue; false: it was full.
    pub(crate) fn keep(&mut self, input: Input) -> bool {
        if matches!(input, Input::MessageReceived { .. } | Input::RequestReceived { .. }) {
            if self.from_network == INBOX {
                return false;
            }
            self.from_network += 1;
        }
        self.inbox.push_back(input);
        true
    }

    /// Thaws the process: what it is to be told now, in the order in which it came.
    pub(crate) fn thaw(&mut self) -> VecDeque<Input> {
        self.frozen_by = None;
        self.from_network = 0;
        std::mem::take(&mut self.inbox)
    }
}
