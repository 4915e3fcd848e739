//! `POST /v1/preview`

use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{Ask, Preview};

use super::ApiState;
use super::caller::Known;
use super::input::Json;
use super::operation::Operation;
use super::refusal::Refusal;

pub(super) fn operation() -> Operation {
    Operation::post("/v1/preview", "preview", handle)
        .says(
            "What would happen, who would be asked, and why.",
            "The request is played through with the flow's own functions, and nothing is recorded.",
        )
        .body::<Ask>()
        .answers::<Preview>(StatusCode::OK, "What would happen.")
        .problem(&["no_such_flow", "source_not_allowed", "may_not_ask", "out_of_scope"])
        .problem(&["nothing", "hook_failed", "unavailable", "not_an_approver", "unknown_user"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Json(ask): Json<Ask>,
) -> Result<axum::Json<Preview>, Refusal> {
    Ok(axum::Json(state.desk.preview(&caller, &ask).await?))
}
