//! One handler for each request.

use super::answer;
use super::body::Cas;
use super::{DEADLINE, Front, MAX_VALUE, SEQ_HEADER, SESSION_HEADER};
use crate::core::Ask;
use crate::host::Clock;
use crate::machine::Status;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response as HttpResponse};
use firedrill_model::{Key, NotApplied, Op, Position, Request, Response, ServiceId, SessionId, SiteId, Value};
use serde::{Deserialize, Serialize};
use std::sync::PoisonError;
use tokio::sync::{mpsc::error::TrySendError, oneshot};

/// The longest key, in bytes.
const MAX_KEY: usize = 255;

/// What stands after the `?`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    service: Option<String>,
    after: Option<u64>,
}

/// `GET /v1/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteStatus {
    /// The site's place in the plan.
    pub site: SiteId,
    /// The plan's name for it.
    pub name: String,
    /// How it stands.
    #[serde(flatten)]
    pub status: Status,
}

type KeyPath = Result<Path<String>, PathRejection>;
type Service = Result<Query<Asked>, QueryRejection>;
type Body = Result<Bytes, BytesRejection>;

/// Reads a session.
pub async fn read<C: Clock>(
    State(front): State<Front<C>>,
    key: KeyPath,
    service: Service,
    headers: HeaderMap,
) -> HttpResponse {
    let op = key_of(key).map(|key| Op::Read { key });
    answered(&front, service, &headers, op).await
}

/// Sets a session.
pub async fn write<C: Clock>(
    State(front): State<Front<C>>,
    key: KeyPath,
    service: Service,
    headers: HeaderMap,
    body: Body,
) -> HttpResponse {
    let op = key_of(key).and_then(|key| Ok(Op::Write { key, value: Value::new(&bytes_of(body)?) }));
    answered(&front, service, &headers, op).await
}

/// Sets a session if it is what is expected.
pub async fn cas<C: Clock>(
    State(front): State<Front<C>>,
    key: KeyPath,
    service: Service,
    headers: HeaderMap,
    body: Body,
) -> HttpResponse {
    let op = key_of(key).and_then(|key| {
        let cas: Cas = serde_json::from_slice(&bytes_of(body)?).map_err(|error| format!("body: {error}"))?;
        let expected = cas.expected.map(|content| content.into_value()).transpose()?;
        let value = cas.value.into_value()?;
        let longest = expected.iter().chain([&value]).map(|v| v.as_bytes().len()).max();
        if longest > Some(MAX_VALUE) {
            return Err(format!("a value may have at most {MAX_VALUE} bytes"));
        }
        Ok(Op::Cas { key, expected, value })
    });
    answered(&front, service, &headers, op).await
}

/// Appends a record to the transaction log.
pub async fn append<C: Clock>(
    State(front): State<Front<C>>,
    service: Service,
    headers: HeaderMap,
    body: Body,
) -> HttpResponse {
    let op = bytes_of(body).map(|bytes| Op::Append { record: Value::new(&bytes) });
    answered(&front, service, &headers, op).await
}

/// Scans the transaction log.
pub async fn scan<C: Clock>(State(front): State<Front<C>>, service: Service, headers: HeaderMap) -> HttpResponse {
    let after = service.as_ref().ok().and_then(|Query(asked)| asked.after).unwrap_or(0);
    answered(&front, service, &headers, Ok(Op::Scan { after: Position(after) })).await
}

/// How the site stands.
pub async fn status<C: Clock>(State(front): State<Front<C>>) -> HttpResponse {
    let (reply, answer) = oneshot::channel();
    let asked = async {
        front.asks.send(Ask::Status(reply)).await.ok()?;
        answer.await.ok()
    };
    let status = tokio::select! {
        biased;
        status = asked => status,
        () = front.clock.sleep_until(front.clock.now() + DEADLINE) => None,
    };
    match status {
        Some(status) => Json(SiteStatus { site: front.me, name: front.name.to_string(), status }).into_response(),
        None => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

async fn answered<C: Clock>(
    front: &Front<C>,
    service: Service,
    headers: &HeaderMap,
    op: Result<Op, String>,
) -> HttpResponse {
    match op.and_then(|op| request_of(front, service, headers, op)) {
        Ok(request) => answer::of(ask(front, request).await),
        Err(detail) => answer::invalid(&detail),
    }
}

fn request_of<C>(front: &Front<C>, service: Service, headers: &HeaderMap, op: Op) -> Result<Request, String> {
    let Query(asked) = service.map_err(|error| error.body_text())?;
    let service = match asked.service {
        None => 0,
        Some(name) => front
            .services
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| format!("service: there is no {name}; there are {}", front.services.join(", ")))?,
    };
    let service = ServiceId(u8::try_from(service).map_err(|_| "service: too many".to_owned())?);
    let (session, seq) = match (number(headers, SESSION_HEADER)?, number(headers, SEQ_HEADER)?) {
        (Some(session), Some(seq)) => (SessionId(session), seq),
        (None, None) => (fresh_session(front), 1),
        _ => {
            return Err(format!("give both of the headers {SESSION_HEADER} and {SEQ_HEADER}, or neither"));
        }
    };
    Ok(Request { session, seq, service, op })
}

fn fresh_session<C>(front: &Front<C>) -> SessionId {
    let mut rng = front.fresh.lock().unwrap_or_else(PoisonError::into_inner);
    // The upper half of the numbers; clients that name their sessions count from 0.
    SessionId(rng.bits() | 1 << 63)
}

async fn ask<C: Clock>(front: &Front<C>, request: Request) -> Response {
    let (reply, answer) = oneshot::channel();
    match front.asks.try_send(Ask::Request(request, reply)) {
        Ok(()) => {}
        Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {
            return Response::NotApplied(NotApplied::Busy);
        }
    }
    tokio::select! {
        biased;
        // The core ended with the request in its hands: it may have been applied.
        response = answer => response.unwrap_or(Response::Unknown),
        () = front.clock.sleep_until(front.clock.now() + DEADLINE) => Response::Unknown,
    }
}

fn key_of(key: KeyPath) -> Result<Key, String> {
    let Path(key) = key.map_err(|error| format!("key: {}", error.body_text()))?;
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(format!("key: {} bytes; there must be 1 to {MAX_KEY}", key.len()));
    }
    Ok(Key::new(&key))
}

fn bytes_of(body: Body) -> Result<Bytes, String> {
    body.map_err(|error| format!("body: {}", error.body_text()))
}

fn number(headers: &HeaderMap, name: &str) -> Result<Option<u64>, String> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| format!("{name}: not a number from 0 to {}", u64::MAX))
}
