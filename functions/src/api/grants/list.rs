//! `GET /v1/grants`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{Filter, GrantView, ListPage};
use countersign::model::{TargetName, UserId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::Query;
use super::super::operation::Operation;
use super::super::refusal::Refusal;

/// Which access.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Whose.
    user: Option<UserId>,
    /// To what.
    target: Option<TargetName>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// At most so many: 50 if left out, 200 at the most.
    limit: Option<usize>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/v1/grants", "list_grants", handle)
        .says(
            "Who has what now, newest first.",
            "Those that the caller may see. A page may hold fewer than `limit`, even none, and \
             still have a next one: `next` alone tells.",
        )
        .query::<Which>()
        .answers::<ListPage<GrantView>>(StatusCode::OK, "Some of them.")
        .problem(&["out_of_scope"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Query(Which { user, target, cursor, limit }): Query<Which>,
) -> Result<Json<ListPage<GrantView>>, Refusal> {
    let filter = Filter { requester: user, target, cursor, limit, ..Filter::default() };
    Ok(Json(state.desk.grants(&caller, &filter).await?))
}
