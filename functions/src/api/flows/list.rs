//! `GET /v1/flows`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{ListPage, TargetView};
use countersign::model::FlowName;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::{Nothing, Query};
use super::super::operation::Operation;
use super::super::refusal::Refusal;

/// A flow that the caller may ask for.
#[derive(Debug, Serialize, JsonSchema)]
struct FlowView {
    /// Its name.
    flow: FlowName,
    /// What may be asked for.
    targets: Vec<TargetView>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/v1/flows", "list_flows", handle)
        .says("The flows that the caller may ask for, by name.", "")
        .answers::<ListPage<FlowView>>(StatusCode::OK, "All of them.")
        .problem(&["out_of_scope"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<ListPage<FlowView>>, Refusal> {
    let flows = state.desk.flows(&caller).await;
    let items = flows.into_iter().map(|(flow, targets)| FlowView { flow, targets }).collect();
    Ok(Json(ListPage { items, next: None }))
}
