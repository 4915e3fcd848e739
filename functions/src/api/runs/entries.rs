//! `GET /v1/runs/{id}/events`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{EntryView, ListPage};
use countersign::model::RunId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::{Path, Query, not_ours};
use super::super::openapi::EntrySchema;
use super::super::operation::Operation;
use super::super::refusal::Refusal;

/// Which part of a run's story.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    /// Where the page before ended.
    cursor: Option<String>,
    /// At most so many: 50 if left out, 200 at the most.
    limit: Option<usize>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/v1/runs/{id}/events", "list_run_events", handle)
        .says(
            "What happened in a run, in order.",
            "The entries of its audit chain, as they are hashed.",
        )
        .names::<RunId>("id", "The run.")
        .query::<Part>()
        .answers::<ListPage<EntrySchema>>(StatusCode::OK, "Some of them.")
        .problem(&["invalid_path", "no_such_run", "out_of_scope"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(id): Path<RunId>,
    Query(part): Query<Part>,
) -> Result<Json<ListPage<EntryView>>, Refusal> {
    let after = part.cursor.map(|cursor| cursor.parse()).transpose().map_err(|_| not_ours())?;
    let limit = countersign::desk::limit(part.limit)?;
    let (items, next) = state.desk.entries(&caller, &id, after, limit).await?;
    Ok(Json(ListPage { items, next: next.map(|seq| seq.to_string()) }))
}
