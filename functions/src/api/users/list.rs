//! `GET /v1/users`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{ListPage, UserView};
use countersign::model::UserId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::{Query, not_ours};
use super::super::operation::Operation;
use super::super::refusal::Refusal;

/// Which part of the list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    /// Where the page before ended.
    cursor: Option<String>,
    /// At most so many: 50 if left out, 200 at the most.
    limit: Option<usize>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/v1/users", "list_users", handle)
        .says("The users who have been here, by name.", "Guests see nobody but themselves.")
        .query::<Part>()
        .answers::<ListPage<UserView>>(StatusCode::OK, "Some of them.")
        .problem(&["not_for_guests", "out_of_scope"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Query(part): Query<Part>,
) -> Result<Json<ListPage<UserView>>, Refusal> {
    state.desk.may_see_users(&caller)?;
    let limit = countersign::desk::limit(part.limit)?;
    let after = part.cursor.map(UserId::parse).transpose().map_err(|_| not_ours())?;
    let after = after.map(|user| user.to_string());
    Ok(Json(state.desk.users(after, limit).await?))
}
