//! `POST /v1/preview`

use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{Ask, Preview};
use schemars::JsonSchema;
use serde::Deserialize;

use super::ApiState;
use super::caller::Known;
use super::input::{Json, Query};
use super::operation::Operation;
use super::refusal::Refusal;

/// How finished the request is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Unfinished {
    /// Whether it is still being written: what is missing is not looked at.
    #[serde(default)]
    draft: bool,
}

pub(super) fn operation() -> Operation {
    Operation::post("/v1/preview", "preview", handle)
        .says(
            "What would happen, who would be asked, and why.",
            "The request is played through with the flow's own functions, and nothing is recorded.",
        )
        .query::<Unfinished>()
        .body::<Ask>()
        .answers::<Preview>(StatusCode::OK, "What would happen.")
        .problem(&["no_such_flow", "source_not_allowed", "may_not_ask", "out_of_scope"])
        .problem(&["nothing", "hook_failed", "unavailable", "not_an_approver", "unknown_user"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Query(Unfinished { draft }): Query<Unfinished>,
    Json(ask): Json<Ask>,
) -> Result<axum::Json<Preview>, Refusal> {
    let preview = if draft {
        state.desk.preview_draft(&caller, &ask).await
    } else {
        state.desk.preview(&caller, &ask).await
    };
    Ok(axum::Json(preview?))
}
