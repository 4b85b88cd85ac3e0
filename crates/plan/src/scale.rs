//! The time scale: live runs may divide the figures that are marked scalable, so that an hour of waiting takes minutes.

use crate::orderings::{self, ms};
use crate::plan::Plan;
use std::fmt;
use std::time::Duration;

/// No scalable figure may become shorter: timers are no finer.
const SHORTEST: Duration = Duration::from_millis(1);

/// A time scale that the plan does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleRefused {
    /// The factor that was asked for.
    pub factor: u32,
    /// Each reason, with its arithmetic.
    pub reasons: Vec<String>,
    /// The largest factor that the plan allows.
    pub largest: u32,
}

impl fmt::Display for ScaleRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "time scale {} is refused: {}", self.factor, self.reasons.join("; "))?;
        write!(f, "; the largest that this plan allows is {}", self.largest)
    }
}

impl std::error::Error for ScaleRefused {}

impl Plan {
    /// The plan with its scalable figures divided by `factor`: the detection interval and timeout, the DNS lifetime, the RTOs. Never
    /// latencies, heartbeats, elections, nor the service level. Only factor 1 may claim the unscaled objective.
    ///
    /// # Errors
    /// If an ordering would break (election against round trips, detection against election), a figure would become shorter than
    /// 1 ms, or `factor` is 0.
    pub fn scaled(&self, factor: u32) -> Result<Plan, ScaleRefused> {
        let refused = |reasons: Vec<String>| {
            let largest = self.largest_scale(factor);
            ScaleRefused { factor, reasons, largest }
        };
        if factor == 0 {
            return Err(refused(vec!["a figure cannot be divided by 0".to_owned()]));
        }
        let Some(time_scale) = self.time_scale.checked_mul(factor) else {
            return Err(refused(vec![format!("the plan is scaled by {} already", self.time_scale)]));
        };
        let plan = self.divided(factor, time_scale);
        let reasons = plan.reasons();
        if reasons.is_empty() { Ok(plan) } else { Err(refused(reasons)) }
    }

    /// Divided, whatever breaks.
    fn divided(&self, factor: u32, time_scale: u32) -> Plan {
        let mut plan = self.clone();
        plan.scalable().into_iter().for_each(|(_, figure)| *figure /= factor);
        plan.time_scale = time_scale;
        plan
    }

    /// The figures that a time scale divides, with their names.
    fn scalable(&mut self) -> Vec<(String, &mut Duration)> {
        let mut figures = vec![
            ("the detection interval".to_owned(), &mut self.detection.interval),
            ("the detection timeout".to_owned(), &mut self.detection.timeout),
            ("the DNS lifetime".to_owned(), &mut self.dns_ttl),
        ];
        figures
            .extend(self.services.iter_mut().map(|service| (format!("the RTO of {}", service.name), &mut service.rto)));
        figures
    }

    /// Why the plan, as scaled, cannot be run.
    fn reasons(&self) -> Vec<String> {
        let orders = orderings::violations(self).into_iter().map(|violation| violation.why);
        let mut plan = self.clone();
        let short = |(name, figure): (String, &mut Duration)| {
            (*figure < SHORTEST).then(|| format!("{name} would be {}, less than {}", ms(*figure), ms(SHORTEST)))
        };
        orders.chain(plan.scalable().into_iter().filter_map(short)).collect()
    }

    /// The largest factor up to `below` that is allowed. (What a larger factor divides gets smaller, and every condition asks for not less
    /// than something that is not divided: once refused, always refused.)
    fn largest_scale(&self, below: u32) -> u32 {
        let allowed = |factor: u32| {
            let scale = self.time_scale.checked_mul(factor);
            scale.is_some_and(|scale| self.divided(factor, scale).reasons().is_empty())
        };
        let (mut low, mut high) = (1, below.max(2));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if allowed(middle) { low = middle } else { high = middle }
        }
        low
    }
}
