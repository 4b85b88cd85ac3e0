//! Spawned tasks that end with their owner, on any runtime. (Of tokio's `JoinSet` the simulated runtimes know nothing.)

use tokio::task::JoinHandle;

/// Tasks that are aborted when this is dropped.
#[derive(Default)]
pub struct Tasks {
    handles: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").field("handles", &self.handles.len()).finish()
    }
}

impl Tasks {
    /// Spawns one. Those that have ended are let go.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.handles.retain(|handle| !handle.is_finished());
        self.handles.push(tokio::spawn(task));
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.handles.iter().for_each(JoinHandle::abort);
    }
}
