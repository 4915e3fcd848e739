//! The function that runs user code for those who only look: forms, previews, who may see a run.
//! It can write nothing, and its caller can do without it.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use countersign::desk::Caller;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

use super::system::Function;
use crate::api::Vouched;

/// A request to the API, with whoever it was recognised to come from.
#[derive(Debug, Serialize, Deserialize)]
pub struct Question {
    method: String,
    uri: String,
    content_type: Option<String>,
    body: String,
    /// Who asks.
    pub caller: Option<Caller>,
}

/// What the API would have answered.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// What the body is.
    pub content_type: Option<String>,
    /// The body.
    pub body: String,
}

impl Question {
    pub(super) fn of(parts: &Parts, body: &[u8]) -> Self {
        let content_type = parts.headers.get(CONTENT_TYPE);
        Self {
            method: parts.method.to_string(),
            uri: parts.uri.to_string(),
            content_type: content_type.and_then(|kind| kind.to_str().ok()).map(str::to_owned),
            body: String::from_utf8_lossy(body).into_owned(),
            caller: None,
        }
    }

    /// That somebody reads something.
    pub(super) fn get(caller: &Caller, path: &str, query: &[(&str, &str)]) -> Self {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(query);
        let (method, uri) = ("GET".to_owned(), format!("{path}?{}", pairs.finish()));
        let (content_type, body) = (None, String::new());
        Self { method, uri, content_type, body, caller: Some(caller.clone()) }
    }

    /// That somebody has something played through.
    pub(super) fn post(caller: &Caller, uri: &str, body: String) -> Self {
        let (method, uri) = ("POST".to_owned(), uri.to_owned());
        let content_type = Some("application/json".to_owned());
        Self { method, uri, content_type, body, caller: Some(caller.clone()) }
    }
}

/// Answers a question.
///
/// # Errors
///
/// If the settings cannot be used, or it is no question.
pub async fn handle(function: &Function, question: Question) -> Result<Answer, String> {
    let system = function.system().await.map_err(|error| error.to_string())?;
    let caller = question.caller.ok_or("nobody asks")?;
    let mut request = Request::builder().method(question.method.as_str()).uri(question.uri);
    if let Some(kind) = question.content_type {
        request = request.header(CONTENT_TYPE, kind);
    }
    let mut request = request.body(Body::from(question.body)).map_err(|error| error.to_string())?;
    request.extensions_mut().insert(Vouched(caller));
    let response = match system.router().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
    let content_type = parts.headers.get(CONTENT_TYPE);
    Ok(Answer {
        status: parts.status.as_u16(),
        content_type: content_type.and_then(|kind| kind.to_str().ok()).map(str::to_owned),
        body: String::from_utf8(body.to_vec()).map_err(|error| error.to_string())?,
    })
}
