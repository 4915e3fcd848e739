//! A body of JSON.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use countersign::desk::Problem;
use serde::de::DeserializeOwned;

use super::super::ApiState;
use super::super::headers::single;
use super::super::refusal::Refusal;
use super::{misfit, strict};

/// The most that a body may hold, in bytes.
const LARGEST: usize = 128 * 1024;

/// A body of JSON.
#[derive(Debug)]
pub(in crate::api) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<ApiState> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &ApiState) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let read = async {
            is_json(&parts.headers)?;
            read(&text(&parts.headers, body).await?)
        };
        read.await.map(Self).map_err(Refusal::malformed)
    }
}

/// A body of JSON that may be left out, as for a decision without a remark.
#[derive(Debug)]
pub(in crate::api) struct MaybeJson<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<ApiState> for MaybeJson<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &ApiState) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let read = async {
            let text = text(&parts.headers, body).await?;
            if text.is_empty() {
                return Ok(T::default());
            }
            is_json(&parts.headers)?;
            read(&text)
        };
        read.await.map(Self).map_err(Refusal::malformed)
    }
}

/// Reads JSON strictly: see [`strict`].
///
/// # Errors
///
/// What is wrong with it: the syntax with line and column, or the field that does not fit.
pub(in crate::api) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    strict::check(text).map_err(|error| {
        let message = error.to_string();
        let message = message.replace(" at line ", ", at line ");
        Problem::new(400, "malformed_json", format!("this is no JSON that is taken: {message}"))
            .hint("send one JSON object; each key once, at most 32 levels deep")
    })?;
    // A list would be taken for the fields in their order.
    if !text.trim_start().starts_with('{') {
        return Err(Problem::field(
            "body",
            "it is no JSON object",
            "send `{\"field\": value, ..}`",
        ));
    }
    let mut document = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut document).map_err(|error| misfit(&error))
}

async fn text(headers: &HeaderMap, body: Body) -> Result<String, Problem> {
    let too_large = || {
        Problem::new(413, "body_too_large", format!("the body has more than {LARGEST} bytes"))
            .hint("attach a link instead of what is large")
    };
    let said = single(headers, &CONTENT_LENGTH)?.and_then(|length| length.parse::<usize>().ok());
    if said.is_some_and(|length| length > LARGEST) {
        return Err(too_large());
    }
    // One byte more tells what is too large from what broke off.
    let bytes = to_bytes(body, LARGEST.saturating_add(1)).await.map_err(|error| {
        let is_too_large = std::error::Error::source(&error)
            .is_some_and(|source| source.to_string().contains("length limit"));
        if is_too_large {
            return too_large();
        }
        Problem::new(400, "body_unreadable", "the body did not arrive whole").hint("send it again")
    })?;
    if bytes.len() > LARGEST {
        return Err(too_large());
    }
    String::from_utf8(bytes.into()).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Problem::new(400, "malformed_json", format!("the body is no UTF-8: see byte {at}"))
            .hint("JSON is written in UTF-8")
    })
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let unsupported = |detail: &str| {
        Problem::new(415, "unsupported_media_type", detail)
            .hint("send `Content-Type: application/json`")
    };
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(unsupported("encoded bodies are not taken"));
    }
    let Some(value) = single(headers, &CONTENT_TYPE)? else {
        return Err(unsupported("the body has no content type"));
    };
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|parameter| {
        parameter.eq_ignore_ascii_case("charset=utf-8")
            || parameter.eq_ignore_ascii_case("charset=\"utf-8\"")
    });
    match (is_json, is_utf8) {
        (true, true) => Ok(()),
        (true, false) => Err(unsupported("the body is not in UTF-8")),
        (false, _) => Err(unsupported("the body is not JSON")),
    }
}
