//! `GET /v1/users/{id}`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::UserView;
use countersign::model::UserId;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::{Nothing, Path, Query};
use super::super::operation::Operation;
use super::super::refusal::Refusal;

pub(super) fn operation() -> Operation {
    Operation::get("/v1/users/{id}", "show_user", handle)
        .says("A user.", "Guests see nobody but themselves.")
        .names::<UserId>("id", "The user: a mail address in lowercase, or `bot:` and a name.")
        .answers::<UserView>(StatusCode::OK, "The user.")
        .problem(&["invalid_path", "unknown_user", "not_for_guests", "out_of_scope", "unavailable"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(id): Path<UserId>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<UserView>, Refusal> {
    if id != caller.user.id {
        state.desk.may_see_users(&caller)?;
    }
    Ok(Json(state.desk.user(&id).await?))
}
