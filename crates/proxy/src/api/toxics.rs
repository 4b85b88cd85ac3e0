//! `/proxies/{proxy}/toxics`, `/proxies/{proxy}/toxics/{toxic}`.

use super::body::ToxicBody;
use super::extract::{Body, Names};
use crate::error::Error;
use crate::registry::Registry;
use crate::toxic::Toxic;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

type Proxies = State<Arc<Registry>>;
type ProxyAndToxic = Names<(String, String)>;

pub(super) async fn list(State(registry): Proxies, Names(name): Names<String>) -> Result<Json<Vec<Toxic>>, Error> {
    registry.with(&name, |proxy| Ok(Json(proxy.toxics().list()))).await
}

pub(super) async fn create(
    State(registry): Proxies,
    Names(name): Names<String>,
    Body(body): Body<ToxicBody>,
) -> Result<Json<Toxic>, Error> {
    registry.with(&name, |proxy| Ok(Json(proxy.toxics().add(body.toxic()?)?))).await
}

pub(super) async fn show(State(registry): Proxies, Names((name, toxic)): ProxyAndToxic) -> Result<Json<Toxic>, Error> {
    registry.with(&name, |proxy| Ok(Json(proxy.toxics().get(&toxic)?))).await
}

pub(super) async fn update(
    State(registry): Proxies,
    Names((name, toxic)): ProxyAndToxic,
    Body(body): Body<ToxicBody>,
) -> Result<Json<Toxic>, Error> {
    registry.with(&name, |proxy| Ok(Json(proxy.toxics().change(&toxic, |old| body.edit(old))?))).await
}

pub(super) async fn delete(State(registry): Proxies, Names((name, toxic)): ProxyAndToxic) -> Result<StatusCode, Error> {
    registry.with(&name, |proxy| proxy.toxics().remove(&toxic)).await?;
    Ok(StatusCode::NO_CONTENT)
}
