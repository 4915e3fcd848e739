//! What a command is answered with.

use axum::Json;
use axum::http::header::LOCATION;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use countersign::desk::{Accepted, Caller, RunView};
use countersign::model::{CommandId, RunId, Status};
use schemars::JsonSchema;
use serde::Serialize;
use tracing::Span;
use tracing::field::display;

use super::ApiState;
use super::headers::Wish;
use super::refusal::Refusal;

const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// A command that was recorded: it will be handled, whatever happens.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Recorded {
    /// The run.
    id: RunId,
    /// Where it stands, as far as is known.
    status: Status,
    /// Where its page is.
    url: String,
    /// The command: `GET /v1/events/{event}` says what became of it.
    event: CommandId,
}

/// Answers with the run once it rests, if the caller would wait for it, and else with what was
/// recorded. `created`: the command made the run.
pub(super) async fn reply(
    state: &ApiState,
    caller: &Caller,
    accepted: &Accepted,
    wish: &Wish,
    created: bool,
) -> Result<Response, Refusal> {
    Span::current().record("run", display(&accepted.id)).record("event", display(&accepted.event));
    tracing::info!("recorded");
    let settled = match wish.wait {
        Some(wait) => state.desk.settled(caller, accepted, wait).await?,
        None => None,
    };
    let mut response = match settled {
        Some(run) => {
            let at = format!("/v1/runs/{}", run.id);
            let body = Json(absolute(state, run));
            if created {
                with(&LOCATION, &at, (StatusCode::CREATED, body).into_response())
            } else {
                body.into_response()
            }
        }
        None => recorded(state, accepted).await?,
    };
    if let Some(wait) = wish.wait {
        response = with(&PREFERENCE_APPLIED, &format!("wait={}", wait.as_secs()), response);
    }
    Ok(response)
}

async fn recorded(state: &ApiState, accepted: &Accepted) -> Result<Response, Refusal> {
    let Accepted { id, event } = accepted.clone();
    let run = state.desk.runner.run(&id).await?;
    let status = run.map_or(Status::Pending, |run| run.status());
    let (url, at) = (state.url(&format!("/runs/{id}")), format!("/v1/events/{event}"));
    let body = Json(Recorded { id, status, url, event });
    Ok(with(&LOCATION, &at, (StatusCode::ACCEPTED, body).into_response()))
}

/// A run whose address works from outside.
pub(super) fn absolute(state: &ApiState, run: RunView) -> RunView {
    RunView { url: state.url(&run.url), ..run }
}

fn with(name: &HeaderName, value: &str, mut response: Response) -> Response {
    // Ids and numbers: nothing that a header could not hold.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}
