//! Problems as answers.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use countersign::desk::Problem;
use countersign::store::ReadError;

/// An answer that says what is wrong.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    problem: Box<Problem>,
    /// Nobody has recorded it yet: it was found before the desk was asked.
    is_unrecorded: bool,
    /// A token was sent, and is what is wrong.
    is_of_token: bool,
}

/// Rides along with an answer, so that the refusal of a known caller can be recorded.
#[derive(Debug, Clone)]
pub(super) struct Unrecorded(pub Problem);

impl Refusal {
    /// What came in could not even be given to the desk.
    pub(super) fn malformed(problem: Problem) -> Self {
        Self { problem: Box::new(problem), is_unrecorded: true, is_of_token: false }
    }

    /// The token that came says nobody we know.
    pub(super) fn of_token(problem: Problem) -> Self {
        Self { is_of_token: true, ..Self::from(problem) }
    }

    /// There is no such route.
    pub(super) fn no_route() -> Self {
        let problem = Problem::new(404, "no_such_route", "there is nothing at this address");
        problem.hint("GET /openapi.json lists what there is").into()
    }

    /// The route does not know the method.
    pub(super) fn method(method: &Method) -> Self {
        let detail = format!("this address does not take {method}");
        let problem = Problem::new(405, "method_not_allowed", detail);
        problem.hint("the header `Allow` names what it takes").into()
    }
}

/// The desk's own problems, which it has recorded where they belong into the chain.
impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), is_unrecorded: false, is_of_token: false }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        Problem::from(error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            // RFC 6750, section 3: an error is named only to those who sent a token.
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static(if self.is_of_token {
                    "Bearer realm=\"countersign\", error=\"invalid_token\""
                } else {
                    "Bearer realm=\"countersign\""
                }),
            );
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.is_unrecorded {
            response.extensions_mut().insert(Unrecorded(*self.problem));
        }
        response
    }
}
