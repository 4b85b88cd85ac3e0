//! One probe, in a session of its own, and what may become of it.

use crate::session::Session;
use crate::world::RequestId;
use firedrill_model::{ClientId, NotApplied, Op, OpId, Outcome, Response, SiteId, Time};

/// One session of a prober.
#[derive(Clone, Debug)]
pub(super) struct ProbeSession {
    pub(super) client: ClientId,
    pub(super) prober: u32,
    pub(super) session: Session,
    pub(super) probe: Option<Probe>,
}

/// A probe under way.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) id: Option<OpId>,
    /// Its number among its prober's.
    pub(super) number: u64,
    pub(super) generation: u32,
    pub(super) sent: Time,
    /// It is given up then.
    pub(super) until: Time,
    pub(super) op: Op,
    /// `None`: there was nobody to ask.
    pub(super) request: Option<(RequestId, SiteId)>,
}

/// What a client learns of its request.
#[derive(Clone, Debug)]
pub(crate) enum News {
    Answered(Response),
    Refused,
    Broken,
}

impl News {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            News::Answered(Response::Done(result)) => Outcome::Ok(result),
            News::Answered(Response::NotApplied(why)) => Outcome::Failed(why),
            News::Refused => Outcome::Failed(NotApplied::Refused),
            News::Answered(Response::Unknown) | News::Broken => Outcome::Unknown,
        }
    }
}
