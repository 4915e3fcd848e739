//! `GET /v1/flows/{flow}/choices`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{ListPage, Problem};
use countersign::flow::Choice;
use countersign::model::{FlowName, Object};
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::{Path, Query, read_json};
use super::super::operation::Operation;
use super::super::refusal::Refusal;

/// What is looked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Looked {
    /// The field.
    field: String,
    /// What was typed in it so far.
    #[serde(default)]
    typed: String,
    /// The answers so far: a JSON object.
    fields: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/v1/flows/{flow}/choices", "list_choices", handle)
        .says(
            "The choices of a field that fit what was typed.",
            "Where the flow computes them, it is asked.",
        )
        .names::<FlowName>("flow", "The flow.")
        .query::<Looked>()
        .answers::<ListPage<Choice>>(StatusCode::OK, "All of them.")
        .problem(&["invalid_path", "no_such_flow", "no_such_field", "may_not_ask", "hook_failed"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(flow): Path<FlowName>,
    Query(Looked { field, typed, fields }): Query<Looked>,
) -> Result<Json<ListPage<Choice>>, Refusal> {
    let answers: Object = match fields {
        Some(fields) => read_json(&fields).map_err(|problem| {
            Problem::field("fields", problem.detail, "a JSON object, percent-encoded")
        })?,
        None => Object::new(),
    };
    let items = state.desk.choices(&caller, &flow, &answers, &field, &typed).await?;
    Ok(Json(ListPage { items, next: None }))
}
