//! The stack's own defences and batch sizes, and the physics: each drawn from a stream of its own.

use super::method::within;
use crate::world::Physics;
use firedrill_model::{Rng, StackConfig};
use firedrill_plan::scenario::{Defence, Defences, PhysicsRange};

/// Draws which defences are on, and how large batches are. A defence that the draw left out is listed by name.
pub(super) fn draw_defences(defences: &Defences, seed: u64, config: &mut StackConfig, left_out: &mut Vec<String>) {
    config.raft.pre_vote = is_on(defences.pre_vote, "pre-vote", seed, left_out);
    config.raft.check_quorum = is_on(defences.check_quorum, "check-quorum", seed, left_out);
    if let Some(entries) = Rng::new(seed, "max-batch").pick(&defences.max_batch) {
        config.raft.max_batch = *entries;
    }
    if let Some(messages) = Rng::new(seed, "max-in-flight").pick(&defences.max_in_flight) {
        config.raft.max_in_flight = *messages;
    }
}

fn is_on(defence: Defence, name: &str, seed: u64, left_out: &mut Vec<String>) -> bool {
    match defence {
        Defence::On => true,
        Defence::Off => false,
        Defence::Drawn { on_per_mille } => {
            let on = Rng::new(seed, &format!("defence-{name}")).chance(on_per_mille);
            if !on {
                left_out.push(name.to_owned());
            }
            on
        }
    }
}

/// Draws the physics. The shortest sync is the range's, the longest is drawn from it, so that some seeds have even disks and others uneven ones.
pub(super) fn draw_physics(range: &PhysicsRange, seed: u64) -> Physics {
    let per_mille = |label: &str, (low, high): (u32, u32)| {
        let drawn = Rng::new(seed, label).between(u64::from(low), u64::from(high.max(low)));
        u32::try_from(drawn).unwrap_or(high)
    };
    Physics {
        sync_min: range.sync.low,
        sync_max: within(&mut Rng::new(seed, "physics-sync"), range.sync),
        jitter_per_mille: per_mille("physics-jitter", range.jitter_per_mille),
        loss_per_mille: per_mille("physics-loss", range.loss_per_mille),
    }
}
