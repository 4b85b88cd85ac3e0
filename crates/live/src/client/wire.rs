//! Requests and answers as HTTP, as the site's process has them. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use firedrill_model::{Key, NotApplied, Op, OpResult, Position, Request, Response, Value};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST};
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;

/// The header by which a site's answer is known: what became of the request.
const RESULT: &str = "firedrill-result";

/// A request as HTTP. `service` is the plan's name for the service that is asked.
///
/// # Errors
/// None that a plan's names could cause; the HTTP library's otherwise.
pub fn request(
    request: &Request,
    service: &str,
    host: &str,
) -> Result<hyper::Request<Full<Bytes>>, hyper::http::Error> {
    const OCTETS: Option<&str> = Some("application/octet-stream");
    let session = |key: &Key| format!("sessions/{}", escaped(key.as_str()));
    let octets = |value: &Value| Bytes::copy_from_slice(value.as_bytes());
    let (method, path, more, body, kind) = match &request.op {
        Op::Read { key } => ("GET", session(key), String::new(), Bytes::new(), None),
        Op::Write { key, value } => ("PUT", session(key), String::new(), octets(value), OCTETS),
        Op::Cas { key, expected, value } => {
            let body = json!({ "expected": expected.as_ref().map(content), "value": content(value) });
            let body = Bytes::from(body.to_string());
            ("POST", format!("{}/cas", session(key)), String::new(), body, Some("application/json"))
        }
        Op::Append { record } => ("POST", "log".to_owned(), String::new(), octets(record), OCTETS),
        Op::Scan { after } => ("GET", "log".to_owned(), format!("&after={}", after.0), Bytes::new(), None),
    };
    let mut http = hyper::Request::builder()
        .method(method)
        .uri(format!("/v1/{path}?service={}{more}", escaped(service)))
        .header(HOST, host)
        .header("firedrill-session", request.session.0)
        .header("firedrill-seq", request.seq);
    if let Some(kind) = kind {
        http = http.header(CONTENT_TYPE, kind);
    }
    http.body(Full::new(body))
}

/// What a site answered. `None`: this is no site's answer, so that nothing is known of what became of the request.
pub fn response(head: &hyper::http::response::Parts, body: &[u8]) -> Option<Response> {
    Some(match head.headers.get(RESULT)?.to_str().ok()? {
        "value" => Response::Done(OpResult::Value(Some(Value::new(body)))),
        "absent" => Response::Done(OpResult::Value(None)),
        "written" => Response::Done(OpResult::Written),
        "swapped" => Response::Done(OpResult::Cas { swapped: true }),
        "not-swapped" => Response::Done(OpResult::Cas { swapped: false }),
        "appended" => {
            let Appended { position } = serde_json::from_slice(body).ok()?;
            Response::Done(OpResult::Appended { position })
        }
        "records" => Response::Done(records(serde_json::from_slice(body).ok()?)?),
        "not-applied" => Response::NotApplied(serde_json::from_slice::<Reason>(body).ok()?.reason),
        "unknown" => Response::Unknown,
        _ => return None,
    })
}

#[derive(Deserialize)]
struct Reason {
    reason: NotApplied,
}

#[derive(Deserialize)]
struct Appended {
    position: Position,
}

#[derive(Deserialize)]
struct Records {
    first: Position,
    records: Vec<String>,
    end: Position,
}

fn records(told: Records) -> Option<OpResult> {
    let value = |text: &String| STANDARD.decode(text).ok().map(|bytes| Value::new(&bytes));
    let records = told.records.iter().map(value).collect::<Option<Vec<Value>>>()?;
    Some(OpResult::Records { first: told.first, records, end: told.end })
}

fn content(value: &Value) -> serde_json::Value {
    json!({ "base64": STANDARD.encode(value.as_bytes()) })
}

/// Text in a URL: all but letters, digits, `-`, `.`, `_` and `~` as `%XX` (RFC 3986, section 2.3).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing into a string can't fail.
            let _: std::fmt::Result = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::{ServiceId, SessionId};

    #[test]
    fn names_are_escaped() {
        let op = Op::Read { key: Key::new("a/b c?ü") };
        let asked = Request { session: SessionId(7), seq: 2, service: ServiceId(0), op };
        let http = request(&asked, "core mcp", "ny").unwrap();
        assert_eq!(http.uri(), "/v1/sessions/a%2Fb%20c%3F%C3%BC?service=core%20mcp");
        assert_eq!(
            (http.headers()["firedrill-session"].as_bytes(), http.headers()["firedrill-seq"].as_bytes()),
            (&b"7"[..], &b"2"[..])
        );
    }

    #[test]
    fn what_no_site_said_is_no_answer() {
        let head = |result: Option<&str>| {
            let mut builder = hyper::Response::builder();
            if let Some(result) = result {
                builder = builder.header(RESULT, result);
            }
            builder.body(()).unwrap().into_parts().0
        };
        assert_eq!(response(&head(None), b"{}"), None);
        assert_eq!(response(&head(Some("maybe")), b"{}"), None);
        assert_eq!(response(&head(Some("not-applied")), b"gibberish"), None);
        let busy = response(&head(Some("not-applied")), br#"{"reason":"busy"}"#);
        assert_eq!(busy, Some(Response::NotApplied(NotApplied::Busy)));
        assert_eq!(response(&head(Some("value")), b"x"), Some(Response::Done(OpResult::Value(Some(Value::new(b"x"))))));
    }
}
