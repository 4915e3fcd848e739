//! `DELETE /v1/tokens/{id}`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::TokenView;
use countersign::model::CommandId;

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::{Nothing, Path, Query};
use super::super::operation::Operation;
use super::super::refusal::Refusal;

pub(super) fn operation() -> Operation {
    Operation::delete("/v1/tokens/{id}", "revoke_token", handle)
        .says("Takes a token back.", "Administrators. It is good for nothing from then on.")
        .names::<String>("id", "The token's `id`: not the token itself.")
        .answers::<TokenView>(StatusCode::OK, "What is stored of it.")
        .problem(&["invalid_path", "admins_only", "no_such_token", "changed_meanwhile"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Path(id): Path<CommandId>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<TokenView>, Refusal> {
    Ok(Json(state.desk.revoke_token(&caller, id.as_str()).await?))
}
