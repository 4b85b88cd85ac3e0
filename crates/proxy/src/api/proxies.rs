//! `/proxies`, `/proxies/{proxy}`, `/populate`, `/reset`.

use super::body::{ProxyBody, populate_list};
use super::extract::{Body, Names};
use crate::error::Error;
use crate::proxy::Shown;
use crate::registry::Registry;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

type Proxies = State<Arc<Registry>>;

pub(super) async fn list(State(registry): Proxies) -> Json<BTreeMap<String, Shown>> {
    Json(registry.list().await)
}

pub(super) async fn create(
    State(registry): Proxies,
    Body(body): Body<ProxyBody>,
) -> Result<(StatusCode, Json<Shown>), Error> {
    Ok((StatusCode::CREATED, Json(registry.create(body.wanted("")?).await?)))
}

pub(super) async fn show(State(registry): Proxies, Names(name): Names<String>) -> Result<Json<Shown>, Error> {
    registry.with(&name, |proxy| Ok(Json(proxy.show()))).await
}

pub(super) async fn update(
    State(registry): Proxies,
    Names(name): Names<String>,
    Body(body): Body<ProxyBody>,
) -> Result<Json<Shown>, Error> {
    let changes = body.changes(&name)?;
    Ok(Json(registry.update(&name, changes).await?))
}

pub(super) async fn delete(State(registry): Proxies, Names(name): Names<String>) -> Result<StatusCode, Error> {
    registry.delete(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn populate(State(registry): Proxies, Body(body): Body<Value>) -> Result<Response, Error> {
    Ok(match registry.populate(populate_list(body)?).await {
        (proxies, Ok(())) => (StatusCode::CREATED, Json(json!({ "proxies": proxies }))).into_response(),
        (proxies, Err(error)) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let body = json!({ "error": error.to_string(), "status": error.status(), "proxies": proxies });
            (status, Json(body)).into_response()
        }
    })
}

pub(super) async fn reset(State(registry): Proxies) -> Result<StatusCode, Error> {
    registry.reset().await?;
    Ok(StatusCode::NO_CONTENT)
}
