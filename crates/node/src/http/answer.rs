//! How a site's answers look in HTTP.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response as HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use firedrill_model::{NotApplied, OpResult, Response};
use serde_json::json;

/// The header that says what became of the request. Only a site sets it, so that a client can tell its answers from a proxy's.
pub const RESULT_HEADER: &str = "firedrill-result";
/// 200: a read saw the value that is the body.
pub const VALUE: &str = "value";
/// 404: a read saw that there is no such session.
pub const ABSENT: &str = "absent";
/// 200: a write took place.
pub const WRITTEN: &str = "written";
/// 200: a compare-and-set found what it expected.
pub const SWAPPED: &str = "swapped";
/// 409: a compare-and-set did not find what it expected.
pub const NOT_SWAPPED: &str = "not-swapped";
/// 200: a record was appended at the body's `position`.
pub const APPENDED: &str = "appended";
/// 200: a scan read the body's `records` (in base64), the first of them at `first`, of a log that ends at `end`.
pub const RECORDS: &str = "records";
/// 503, or 400 if the reason is `invalid`: not applied, and never will be. The body's `reason` is the name of the [`NotApplied`].
pub const NOT_APPLIED: &str = "not-applied";
/// 504: the site can't tell.
pub const UNKNOWN: &str = "unknown";

/// The answer to a request.
pub fn of(response: Response) -> HttpResponse {
    match response {
        Response::Done(result) => done(result),
        Response::NotApplied(reason) => not_applied(reason, reason_text(reason)),
        Response::Unknown => {
            let text = "the site can't tell whether it was or will be applied; retry with the same Firedrill-Seq";
            answer(StatusCode::GATEWAY_TIMEOUT, UNKNOWN, Json(json!({ "result": UNKNOWN, "detail": text })))
        }
    }
}

/// The answer to a request that is malformed.
pub fn invalid(detail: &str) -> HttpResponse {
    not_applied(NotApplied::Invalid, detail)
}

fn done(result: OpResult) -> HttpResponse {
    let (status, name) = match result {
        OpResult::Value(Some(value)) => {
            return answer(StatusCode::OK, VALUE, value.as_bytes().to_vec());
        }
        OpResult::Value(None) => (StatusCode::NOT_FOUND, ABSENT),
        OpResult::Written => (StatusCode::OK, WRITTEN),
        OpResult::Cas { swapped: true } => (StatusCode::OK, SWAPPED),
        OpResult::Cas { swapped: false } => (StatusCode::CONFLICT, NOT_SWAPPED),
        OpResult::Appended { position } => {
            return answer(StatusCode::OK, APPENDED, Json(json!({ "result": APPENDED, "position": position })));
        }
        OpResult::Records { first, records, end } => {
            let records: Vec<String> = records.iter().map(|record| STANDARD.encode(record.as_bytes())).collect();
            let body = json!({ "result": RECORDS, "first": first, "records": records, "end": end });
            return answer(StatusCode::OK, RECORDS, Json(body));
        }
    };
    answer(status, name, Json(json!({ "result": name })))
}

fn not_applied(reason: NotApplied, detail: &str) -> HttpResponse {
    let status = if reason == NotApplied::Invalid { StatusCode::BAD_REQUEST } else { StatusCode::SERVICE_UNAVAILABLE };
    answer(status, NOT_APPLIED, Json(json!({ "result": NOT_APPLIED, "reason": reason, "detail": detail })))
}

fn reason_text(reason: NotApplied) -> &'static str {
    match reason {
        NotApplied::NotPromoted => "the service is not promoted at this site; ask the site that its DNS record names",
        NotApplied::NoLeader => "the site knows no leader; retry after the election",
        NotApplied::Busy => "the site has too much to do; retry later",
        NotApplied::Invalid => "the request is malformed or too large",
        NotApplied::Refused => "the connection was refused",
        NotApplied::NoAddress => "the service's record names no site",
    }
}

fn answer(status: StatusCode, name: &'static str, body: impl IntoResponse) -> HttpResponse {
    (status, [(RESULT_HEADER, name)], body).into_response()
}
