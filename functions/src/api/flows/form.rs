//! `GET /v1/flows/{flow}/form`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{FormView, Problem};
use countersign::model::{FlowName, Object};
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::{Path, Query, read_json};
use super::super::operation::Operation;
use super::super::refusal::Refusal;

/// How far the form is filled in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filled {
    /// The answers so far: a JSON object.
    fields: Option<String>,
    /// The field that was answered last: others may depend on it.
    changed: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/v1/flows/{flow}/form", "show_form", handle)
        .says(
            "A flow's form, as it opens for the caller.",
            "With `fields` and `changed` as it stands after an answer.",
        )
        .names::<FlowName>("flow", "The flow.")
        .query::<Filled>()
        .answers::<FormView>(StatusCode::OK, "The form.")
        .problem(&["invalid_path", "no_such_flow"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(flow): Path<FlowName>,
    Query(Filled { fields, changed }): Query<Filled>,
) -> Result<Json<FormView>, Refusal> {
    let answers: Object = match fields {
        Some(fields) => read_json(&fields).map_err(|problem| {
            Problem::field("fields", problem.detail, "a JSON object, percent-encoded")
        })?,
        None => Object::new(),
    };
    Ok(Json(state.desk.form(&caller, &flow, &answers, changed.as_deref()).await?))
}
