//! Removes what a run left that could not clean up after itself: one that was killed.

use crate::engine::owner::Life;
use crate::engine::sweep::{self, Swept};
use crate::engine::{self};
use crate::error::LiveError;
use bollard::Docker;

/// Removes containers, networks, volumes and images of ours whose run is dead; with `all`, also those of runs that still go on, or
/// that belong to a process which can't be seen from here. Returns a line for each thing that was removed or, because its run goes
/// on, kept.
///
/// # Errors
/// If no engine answers, or something could not be removed.
pub fn cleanup(all: bool) -> Result<Vec<String>, LiveError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| LiveError::NoEngine(error.to_string()))?;
    runtime.block_on(async {
        let docker = engine::connect().await?;
        let (swept, kept) = sweep_leftovers(&docker, all).await?;
        let mut lines: Vec<String> = swept.all()?.into_iter().map(|line| format!("removed {line}")).collect();
        lines.extend(kept);
        Ok(lines)
    })
}

/// Removes the leftovers of dead runs, or everything of ours. Also returns a line for each thing that was kept.
pub(crate) async fn sweep_leftovers(docker: &Docker, all: bool) -> Result<(Swept, Vec<String>), LiveError> {
    let (leftovers, in_use): (Vec<_>, Vec<_>) =
        sweep::find(docker).await?.into_iter().partition(|thing| all || thing.life == Life::Dead);
    let kept = in_use.iter().map(|thing| match thing.life {
        Life::Elsewhere => format!("kept {thing}: its process can't be seen from here (--all removes it)"),
        Life::Alive | Life::Dead => format!("kept {thing}: it still goes on (--all removes it)"),
    });
    let kept = kept.collect();
    Ok((sweep::remove(docker, leftovers).await, kept))
}
