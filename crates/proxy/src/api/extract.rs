//! Parts of a request, with refusals in the API's own shape.

use crate::error::Error;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The names in the path, percent-decoded.
pub(super) struct Names<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Names<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        // A path that is not UTF-8 names nothing.
        let Path(names) = Path::from_request_parts(parts, state).await.map_err(|_| Error::NoRoute)?;
        Ok(Names(names))
    }
}

/// The body, parsed as JSON.
pub(super) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let bytes = Bytes::from_request(request, state).await.map_err(refusal)?;
        serde_json::from_slice(&bytes).map(Body).map_err(|error| Error::BadBody(error.to_string()))
    }
}

fn refusal(rejection: BytesRejection) -> Error {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::BodyTooLarge,
        _ => Error::BadBody(rejection.body_text()),
    }
}
