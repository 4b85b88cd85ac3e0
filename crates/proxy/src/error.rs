//! Why a request to the API was refused, in Toxiproxy's words and status codes, followed by what to do about it.

use crate::toxic::Effect;
use std::fmt;
use std::io;

/// A refusal. Nothing was changed unless the variant says so.
#[derive(Debug)]
pub(crate) enum Error {
    /// The body is not what the route reads.
    BadBody(String),
    /// The body is longer than the server reads.
    BodyTooLarge,
    /// A field that has no default is missing or empty; where.
    MissingField(String),
    /// Neither `upstream` nor `downstream`.
    InvalidStream(String),
    /// Not one of [`Effect::TYPES`].
    InvalidType(String),
    /// No proxy of that name.
    ProxyNotFound(String),
    /// A proxy of that name exists.
    ProxyExists(String),
    /// The proxy has no toxic of that name.
    ToxicNotFound(String),
    /// The proxy has a toxic of that name.
    ToxicExists(String),
    /// The address to listen on is none.
    BadAddress(String, io::Error),
    /// The address can't be listened on now. A proxy that existed, or was populated, stays and is disabled.
    Listen(String, io::Error),
    /// The server is shutting down.
    Closed,
    /// No such route.
    NoRoute,
    /// The route has no such method.
    NoMethod,
    /// A web browser asked. Pages of other sites must not be able to drive a proxy on somebody's machine.
    Browser,
}

impl Error {
    /// The HTTP status code.
    pub fn status(&self) -> u16 {
        match self {
            Error::BadBody(_)
            | Error::MissingField(_)
            | Error::InvalidStream(_)
            | Error::InvalidType(_)
            | Error::BadAddress(..) => 400,
            Error::Browser => 403,
            Error::ProxyNotFound(_) | Error::ToxicNotFound(_) | Error::NoRoute => 404,
            Error::NoMethod => 405,
            Error::ProxyExists(_) | Error::ToxicExists(_) => 409,
            Error::BodyTooLarge => 413,
            Error::Listen(..) => 500,
            Error::Closed => 503,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::BadBody(why) => write!(f, "bad request body: {why}"),
            Error::BodyTooLarge => {
                write!(f, "request body too large: at most {} bytes", crate::api::BODY_LIMIT)
            }
            Error::MissingField(field) => write!(f, "missing required field: {field}"),
            Error::InvalidStream(given) => {
                write!(f, "stream was invalid, can be either upstream or downstream: {given:?}")
            }
            Error::InvalidType(given) => {
                write!(f, "invalid toxic type: {given:?}; one of {}", Effect::TYPES.join(", "))
            }
            Error::ProxyNotFound(name) => {
                write!(f, "proxy not found: {name:?}; GET /proxies lists them")
            }
            Error::ProxyExists(name) => {
                write!(f, "proxy already exists: {name:?}; POST /proxies/{{name}} changes it")
            }
            Error::ToxicNotFound(name) => write!(f, "toxic not found: {name:?}"),
            Error::ToxicExists(name) => {
                write!(f, "toxic already exists: {name:?}; give it another name")
            }
            Error::BadAddress(address, error) => {
                write!(f, "bad listen address {address:?}: {error}; write host:port")
            }
            Error::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Error::Closed => write!(f, "the server is shutting down"),
            Error::NoRoute => write!(f, "no such route"),
            Error::NoMethod => write!(f, "no such method on this route"),
            Error::Browser => write!(f, "user agent not allowed: browsers are refused"),
        }
    }
}
