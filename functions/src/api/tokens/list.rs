//! `GET /v1/tokens`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign::desk::{ListPage, TokenView};

use super::super::ApiState;
use super::super::caller::Known;
use super::super::input::{Nothing, Query};
use super::super::operation::Operation;
use super::super::refusal::Refusal;

pub(super) fn operation() -> Operation {
    Operation::get("/v1/tokens", "list_tokens", handle)
        .says("All tokens, without the tokens themselves.", "Administrators.")
        .answers::<ListPage<TokenView>>(StatusCode::OK, "All of them.")
        .problem(&["admins_only"])
}

async fn handle(
    State(state): State<ApiState>,
    Known(caller): Known,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<ListPage<TokenView>>, Refusal> {
    Ok(Json(state.desk.tokens(&caller).await?))
}
