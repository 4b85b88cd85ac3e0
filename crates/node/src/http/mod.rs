//! The clients' way in, over HTTP/1.1:
//!
//! - `GET /v1/sessions/{key}?service=NAME`: reads a session
//! - `PUT /v1/sessions/{key}?service=NAME`: sets it to the body
//! - `POST /v1/sessions/{key}/cas?service=NAME`: sets it if it is what is expected; the body is [`body::Cas`]
//! - `POST /v1/log?service=NAME`: appends the body to the transaction log
//! - `GET /v1/log?service=NAME&after=N`: scans the transaction log
//! - `GET /v1/status`: how the site stands
//!
//! The headers `Firedrill-Session` and `Firedrill-Seq` name the request, so that a retry applies once; without them each request is
//! a session of its own. Without `service` the plan's first is asked. Every answer of a site carries `Firedrill-Result`, whose
//! values are the constants of [`answer`]; an answer without it was not given by a site.
//!
//! To add a request: a handler in [`handlers`], its route in [`router`], and its answers in [`answer`].

pub mod answer;
pub mod body;
pub mod handlers;
pub mod serve;

use crate::core::Ask;
use crate::host::Clock;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use firedrill_model::{Rng, SiteId};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// The header that names the client's session: a number.
pub const SESSION_HEADER: &str = "firedrill-session";
/// The header that numbers the operation within the session.
pub const SEQ_HEADER: &str = "firedrill-seq";
/// The longest value, in bytes: 1 MiB.
pub const MAX_VALUE: usize = 1 << 20;
/// The longest body of a compare-and-set: two values in base64, and some.
const MAX_CAS_BODY: usize = 3 * MAX_VALUE;
/// A request without an answer from the core for so long is answered as unknown.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct Front<C> {
    /// To the core.
    pub asks: mpsc::Sender<Ask>,
    /// The names of the services, by service.
    pub services: Arc<[String]>,
    /// Which site this is.
    pub me: SiteId,
    /// Its name.
    pub name: Arc<str>,
    /// For deadlines.
    pub clock: C,
    /// Makes up sessions for requests that name none.
    pub fresh: Arc<Mutex<Rng>>,
}

/// The routes.
pub fn router<C: Clock>(front: Front<C>) -> Router {
    let sessions = get(handlers::read::<C>).put(handlers::write::<C>).layer(DefaultBodyLimit::max(MAX_VALUE));
    Router::new()
        .route("/v1/sessions/{key}", sessions)
        .route("/v1/sessions/{key}/cas", post(handlers::cas::<C>).layer(DefaultBodyLimit::max(MAX_CAS_BODY)))
        .route("/v1/log", get(handlers::scan::<C>).post(handlers::append::<C>).layer(DefaultBodyLimit::max(MAX_VALUE)))
        .route("/v1/status", get(handlers::status::<C>))
        .with_state(front)
}
