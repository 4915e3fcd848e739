//! `GET /v1/runs/{id}`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::RunView;
use countersign::model::RunId;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::{Nothing, Path, Query};
use super::super::operation::Operation;
use super::super::refusal::Refusal;
use super::super::reply::absolute;

pub(super) fn operation() -> Operation {
    Operation::get("/v1/runs/{id}", "show_run", handle)
        .says(
            "A run, with why it stands where it does.",
            "`explain` also says what the caller may do now, or why not.",
        )
        .names::<RunId>("id", "The run.")
        .answers::<RunView>(StatusCode::OK, "The run.")
        .problem(&["invalid_path", "no_such_run", "out_of_scope"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(id): Path<RunId>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<RunView>, Refusal> {
    Ok(Json(absolute(&state, state.desk.view(&caller, &id).await?)))
}
