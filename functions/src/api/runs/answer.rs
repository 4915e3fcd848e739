//! `POST /v1/runs/{id}/answer`

use axum::extract::State;
use axum::response::Response;
use countersign::engine::CommandKind;
use countersign::model::{Object, RunId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::headers::Wish;
use super::super::input::{Json, Path};
use super::super::operation::Operation;
use super::super::refusal::Refusal;

/// Answers to a follow-up's questions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Answers {
    /// The answers, by the names of the fields.
    fields: Object,
}

pub(super) fn operation() -> Operation {
    Operation::post("/v1/runs/{id}/answer", "answer", handle)
        .says("Answers a follow-up.", "Whoever was asked.")
        .body::<Answers>()
        .of_run()
        .problem(&["not_yours", "not_begun", "ignored"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(id): Path<RunId>,
    wish: Wish,
    Json(Answers { fields }): Json<Answers>,
) -> Result<Response, Refusal> {
    super::command(&state, &caller, &id, CommandKind::Answer { fields }, &wish).await
}
