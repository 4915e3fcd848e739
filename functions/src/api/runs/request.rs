//! `POST /v1/runs`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use countersign::desk::{Ask, RunView};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::headers::Wish;
use super::super::input::Json;
use super::super::operation::Operation;
use super::super::refusal::Refusal;
use super::super::reply::{Recorded, reply};

pub(super) fn operation() -> Operation {
    Operation::post("/v1/runs", "request", handle)
        .says(
            "Asks for access.",
            "The request is recorded and answered at once; with `Prefer: wait=10` as soon as the \
             run rests: when somebody has to decide, when access is there, or when it is over.",
        )
        .body::<Ask>()
        .command()
        .answers::<RunView>(StatusCode::CREATED, "With `Prefer: wait`: the run, at rest.")
        .answers::<Recorded>(StatusCode::ACCEPTED, "Recorded; it will be handled.")
        .problem(&["no_such_flow", "source_not_allowed", "may_not_ask", "duplicate"])
        .problem(&["out_of_scope", "hook_failed", "unavailable"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    wish: Wish,
    Json(ask): Json<Ask>,
) -> Result<Response, Refusal> {
    let span = tracing::error_span!("request", run = Empty, flow = %ask.flow, event = Empty);
    let asked = async {
        let accepted = state.desk.request(&caller, &ask, wish.key.as_deref()).await?;
        reply(&state, &caller, &accepted, &wish, true).await
    };
    asked.instrument(span).await
}
