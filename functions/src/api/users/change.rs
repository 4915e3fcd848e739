//! `PUT /v1/users/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{UserChange, UserView};
use countersign::model::UserId;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::{Json, Path};
use super::super::operation::Operation;
use super::super::refusal::Refusal;

pub(super) fn operation() -> Operation {
    Operation::put("/v1/users/{id}", "change_user", handle)
        .says("Changes what is stored of a user.", "Administrators. What is left out stays.")
        .names::<UserId>("id", "The user: a mail address in lowercase, or `bot:` and a name.")
        .body::<UserChange>()
        .answers::<UserView>(StatusCode::OK, "The user as they are now.")
        .problem(&["invalid_path", "admins_only", "unknown_user", "changed_meanwhile"])
        .problem(&["unavailable"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(id): Path<UserId>,
    Json(change): Json<UserChange>,
) -> Result<axum::Json<UserView>, Refusal> {
    Ok(axum::Json(state.desk.change_user(&caller, &id, change).await?))
}
