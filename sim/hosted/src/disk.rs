//! A site's disk: the simulator's, on the host's clock.

use crate::clock::{SiteClock, world_reaches};
use crate::stage::Stage;
use firedrill_drill::world::WorldEvent;
use firedrill_model::{FaultId, SiteId};
use firedrill_node::host::Disk;
use firedrill_stack::io::{DiskOp, Input};

pub(crate) struct SiteDisk {
    pub(crate) stage: Stage,
    pub(crate) me: SiteId,
    pub(crate) clock: SiteClock,
}

impl SiteDisk {
    fn answer(&self) -> Option<Input> {
        let now = self.stage.now();
        let mut state = self.stage.lock();
        let machine = &mut state.machines[self.me.index()];
        if machine.frozen_by.is_some() { None } else { machine.device.answer(now) }
    }
}

impl Disk for SiteDisk {
    fn submit(&mut self, op: DiskOp) {
        let now = self.stage.now();
        let struck = {
            let device = &mut self.stage.lock().machines[self.me.index()].device;
            device.submit(now, op);
            device.take_struck()
        };
        struck.into_iter().for_each(|id| struck_now(&self.stage, id));
    }

    async fn completed(&mut self) -> Option<Input> {
        loop {
            self.clock.thawed().await;
            if let Some(input) = self.answer() {
                return Some(input);
            }
            let due = self.stage.lock().machines[self.me.index()].device.next_due();
            match due {
                Some(due) => world_reaches(&self.stage, due).await,
                // Only the one who waits here submits.
                None => std::future::pending().await,
            }
        }
    }

    fn try_completed(&mut self) -> Option<Input> {
        self.answer()
    }

    fn pending(&self) -> usize {
        self.stage.lock().machines[self.me.index()].device.pending()
    }
}

/// A fault hit something for the first time.
fn struck_now(stage: &Stage, id: FaultId) {
    if stage.lock().waiting.remove(&id) {
        let mechanism = Some(crate::faults::ON_DISK.to_owned());
        stage.tell(WorldEvent::FaultBegan { id, struck: true, mechanism });
    }
}
