//! The API as a function: the same router as on one machine, behind API Gateway.
//!
//! No user code runs here. Where an answer needs it, the router's own answer is the plain one, and
//! the function `form` is asked for the full one within a deadline; a slow or crashing flow takes the
//! entrance down for nobody.

use std::sync::Arc;

use aws_sdk_lambda::error::DisplayErrorContext;
use aws_sdk_lambda::primitives::Blob;
use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use countersign::desk::Problem;
use tower::ServiceExt;

use super::form::{Answer, Question};
use super::metrics::{self, Metric};
use super::system::{Function, System, Unusable};
use crate::api::Vouched;
use crate::machine;

/// More than any question to a form has.
const LARGEST: usize = 256 * 1024;

/// What an answer needs user code for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// The plain answer will do.
    Nothing,
    /// The plain answer is good, and the full one better.
    IfThere,
    /// Only the full answer is true.
    Always,
    /// Where the plain answer is that there is nothing to see, the flow may say otherwise.
    IfHidden,
}

/// Answers a request.
pub async fn answer(
    function: &Function,
    lambda: &aws_sdk_lambda::Client,
    request: Request,
) -> Response {
    let system = match function.system().await {
        Ok(system) => system,
        Err(unusable) => return refuse(&unusable),
    };
    if request.uri().path().starts_with("/slack/") {
        return slack(function, &system, request).await;
    }
    let needs = needs(request.method(), request.uri().path(), &system);
    if needs == Needs::Nothing {
        return plain(&system, request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        let problem = Problem::new(413, "too_large", format!("at most {LARGEST} bytes are taken"));
        return problem_response(&problem);
    };
    let mut question = Question::of(&parts, &body);
    let request = Request::from_parts(parts, Body::from(body));
    let mut response = plain(&system, request).await;
    let Some(Vouched(caller)) = response.extensions_mut().remove() else { return response };
    let asks = match needs {
        Needs::Nothing => false,
        Needs::IfThere | Needs::Always => response.status().is_success(),
        Needs::IfHidden => response.status() == StatusCode::NOT_FOUND,
    };
    if !asks {
        return response;
    }
    question.caller = Some(caller);
    let form = function.config.form.as_deref().unwrap_or_default();
    match ask(lambda, form, &question).await {
        Ok(answer) => answer.into_response(),
        Err(why) if needs == Needs::Always => {
            tracing::error!("the form function does not answer: {why}");
            let problem = Problem::new(503, "unavailable", "the flow's own code does not answer");
            problem_response(&problem.hint("try again in a minute"))
        }
        Err(why) => {
            tracing::error!("the form function does not answer, so the plain form is shown: {why}");
            response
        }
    }
}

fn needs(method: &Method, path: &str, system: &System) -> Needs {
    let parts: Vec<_> = path.trim_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        (&Method::GET, ["v1", "flows"] | ["v1", "flows", _, "form"]) => Needs::IfThere,
        (&Method::POST, ["v1", "preview"]) => Needs::Always,
        (&Method::GET, ["v1", "runs", _, ..]) if system.has_viewers() => Needs::IfHidden,
        _ => Needs::Nothing,
    }
}

/// Answers Slack. What it did not send is counted.
async fn slack(function: &Function, system: &System, request: Request) -> Response {
    let response = match system.slack().router().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.status() == StatusCode::UNAUTHORIZED {
        metrics::note(&function.config.environment, machine::now(), &[(Metric::SlackForged, 1)]);
    }
    response
}

async fn plain(system: &Arc<System>, request: Request) -> Response {
    match system.router().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Asks the function that runs user code for forms.
pub(super) async fn ask(
    lambda: &aws_sdk_lambda::Client,
    name: &str,
    question: &Question,
) -> Result<Answer, String> {
    let payload = serde_json::to_vec(question).map_err(|error| error.to_string())?;
    let answered = lambda.invoke().function_name(name).payload(Blob::new(payload)).send().await;
    let answered = answered.map_err(|error| DisplayErrorContext(error).to_string())?;
    let payload = answered.payload.map(Blob::into_inner).unwrap_or_default();
    if let Some(error) = answered.function_error {
        return Err(format!("{error}: {}", String::from_utf8_lossy(&payload)));
    }
    serde_json::from_slice(&payload).map_err(|error| error.to_string())
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let mut response = (status, Bytes::from(self.body)).into_response();
        if let Some(kind) = self.content_type.and_then(|kind| HeaderValue::try_from(kind).ok()) {
            response.headers_mut().insert(CONTENT_TYPE, kind);
        }
        response
    }
}

/// Says that the settings cannot be used, and which.
pub(super) fn refuse(unusable: &Unusable) -> Response {
    let problem = Problem::new(503, "settings_unusable", unusable.to_string());
    problem_response(&problem.hint("mend the settings and apply the Terraform module again"))
}

fn problem_response(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = (status, Json(problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}
