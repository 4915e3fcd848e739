//! `GET /v1/events/{id}`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::EventView;
use countersign::model::CommandId;

use super::ApiState;
use super::caller::Known;
use super::input::{Nothing, Path, Query};
use super::operation::Operation;
use super::refusal::Refusal;

pub(super) fn operation() -> Operation {
    Operation::get("/v1/events/{id}", "show_event", handle)
        .says(
            "What became of a command.",
            "`pending` until it is handled; then `success`, `ignored` where there was nothing to do \
             any more, or `error` where it was refused, with its code.",
        )
        .names::<CommandId>("id", "The command: `event` in the answer to it.")
        .answers::<EventView>(StatusCode::OK, "What became of it.")
        .problem(&["invalid_path", "no_such_event", "out_of_scope"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(id): Path<CommandId>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<EventView>, Refusal> {
    Ok(Json(state.desk.event(&caller, &id).await?))
}
