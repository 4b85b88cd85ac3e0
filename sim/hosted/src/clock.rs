//! A site's clock: the world's, off by what faults made of it; a frozen process notices nothing.

use crate::stage::Stage;
use firedrill_model::{SiteId, Time};
use firedrill_node::host::Clock;

#[derive(Clone)]
pub(crate) struct SiteClock {
    pub(crate) stage: Stage,
    pub(crate) me: SiteId,
}

impl SiteClock {
    fn skew(&self) -> i64 {
        self.stage.lock().machines[self.me.index()].skew
    }

    fn is_frozen(&self) -> bool {
        self.stage.lock().machines[self.me.index()].frozen_by.is_some()
    }

    /// Ends once the process is to end, and not frozen.
    pub(crate) async fn told_to_end(&self) {
        loop {
            let changed = self.stage.changed(self.me);
            let told = self.stage.lock().machines[self.me.index()].told_to_end;
            if told && !self.is_frozen() {
                return;
            }
            changed.await;
        }
    }

    /// Ends once the process is not frozen.
    pub(crate) async fn thawed(&self) {
        loop {
            let changed = self.stage.changed(self.me);
            if !self.is_frozen() {
                return;
            }
            changed.await;
        }
    }
}

impl Clock for SiteClock {
    fn now(&self) -> Time {
        self.stage.now().offset_by(self.skew())
    }

    async fn sleep_until(&self, at: Time) {
        loop {
            let changed = self.stage.changed(self.me);
            if self.is_frozen() {
                changed.await;
                continue;
            }
            let now = self.now();
            if now >= at {
                return;
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = sleep_for(&self.stage, at.offset_by(self.skew().saturating_neg()), at == Time::MAX) => {}
            }
        }
    }
}

/// Sleeps until an instant of the world's time.
async fn sleep_for(stage: &Stage, at: Time, for_ever: bool) {
    if for_ever {
        return std::future::pending().await;
    }
    tokio::time::sleep(at.since(stage.now())).await;
}

/// Sleeps until an instant of the world's time, whatever is frozen.
pub(crate) async fn world_reaches(stage: &Stage, at: Time) {
    while stage.now() < at {
        sleep_for(stage, at, at == Time::MAX).await;
    }
}
