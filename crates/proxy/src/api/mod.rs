//! The HTTP API: routes and answers, one file per kind of thing. All bodies are JSON, whatever their declared type, but for the
//! metrics.
//!
//! To add a route: a handler in the file of its kind, and a line in [`router`].

mod body;
mod extract;
mod proxies;
mod toxics;

pub(crate) use body::populate_list;

use crate::error::Error;
use crate::metrics;
use crate::registry::Registry;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use std::sync::Arc;

/// Bytes of a request's body that are read.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// The version that is reported: the release of Toxiproxy whose API this is, and then our own.
const VERSION: &str = concat!("2.12.0+firedrill.", env!("CARGO_PKG_VERSION"));

/// All routes over these proxies.
pub(crate) fn router(registry: Arc<Registry>) -> Router {
    let proxy = get(proxies::show).post(proxies::update).patch(proxies::update).delete(proxies::delete);
    let toxic = get(toxics::show).post(toxics::update).patch(toxics::update).delete(toxics::delete);
    Router::new()
        .route("/proxies", get(proxies::list).post(proxies::create))
        .route("/proxies/{proxy}", proxy)
        .route("/proxies/{proxy}/toxics", get(toxics::list).post(toxics::create))
        .route("/proxies/{proxy}/toxics/{toxic}", toxic)
        .route("/populate", post(proxies::populate))
        .route("/reset", post(proxies::reset))
        .route("/version", get(|| async { Json(json!({ "version": VERSION })) }))
        .route("/metrics", get(report))
        .fallback(|| async { Error::NoRoute })
        .method_not_allowed_fallback(|| async { Error::NoMethod })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(refuse_browsers))
        .with_state(registry)
}

async fn report(State(registry): State<Arc<Registry>>) -> impl IntoResponse {
    let text = metrics::render(&registry.samples().await);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

async fn refuse_browsers(request: Request, next: Next) -> Response {
    let agent = request.headers().get(header::USER_AGENT);
    match agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/")) {
        true => Error::Browser.into_response(),
        false => next.run(request).await,
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!({ "error": self.to_string(), "status": self.status() }))).into_response()
    }
}
